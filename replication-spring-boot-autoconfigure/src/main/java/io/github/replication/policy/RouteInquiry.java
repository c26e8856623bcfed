/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.replication.policy;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.replication.PoolKind;
import io.github.replication.Reason;
import io.github.replication.caller.CallerRecord;
import io.github.replication.node.Cluster;
import io.github.replication.node.ClusterNode;
import io.github.replication.node.Positions;

/**
 * Finds the node of a unit of work by the known positions. Where these lead to the
 * primary, the nodes are asked again, for no longer than
 * {@code replication.read-your-writes.wait}, or 50 ms where no wait is configured.
 *
 * @since 0.1.0
 */
public final class RouteInquiry {

	private final RoutingPolicy policy;

	private final Cluster cluster;

	/**
	 * Creates an inquiry.
	 * @param policy decides by the known positions
	 * @param cluster the nodes to ask
	 */
	public RouteInquiry(RoutingPolicy policy, Cluster cluster) {
		this.policy = policy;
		this.cluster = cluster;
	}

	/**
	 * Whether statements outside of a transaction are routed one by one.
	 * @return {@code true} if the text of a statement may decide
	 */
	public boolean isByStatement() {
		return this.policy.isByStatement();
	}

	/**
	 * Finds the route of a unit. Connections that are all in use, or a node that the
	 * caller is to leave, are a reason to ask the others as well.
	 * @param request the facts
	 * @param caller the record of the caller, which keeps the findings
	 * @param excluded replicas that must not serve
	 * @return the route
	 * @throws NoReplicaException if no replica may serve and the primary must not
	 */
	public Route find(RouteRequest request, CallerRecord caller, List<ClusterNode> excluded) throws NoReplicaException {
		Route route = findAny(request, caller, excluded);
		List<ClusterNode> left = this.policy.left(route, request);
		return this.policy.require(left.isEmpty() ? route : leave(route, left, request, caller, excluded), request);
	}

	/**
	 * Finds the route of a question that is no unit of its own. The known positions
	 * decide, so that nothing is waited for, and the primary may always serve.
	 * @param request the facts
	 * @param excluded replicas that must not serve
	 * @return the route
	 */
	public Route findAtOnce(RouteRequest request, List<ClusterNode> excluded) {
		return this.policy.route(request, excluded);
	}

	private Route leave(Route route, List<ClusterNode> left, RouteRequest request, CallerRecord caller,
			List<ClusterNode> excluded) {
		List<ClusterNode> more = new ArrayList<>(excluded);
		more.addAll(left);
		Route other = findAny(request, caller, more);
		if (this.policy.leaves(other, left)) {
			return other;
		}
		caller.keepNode();
		return route;
	}

	private Route findAny(RouteRequest request, CallerRecord caller, List<ClusterNode> excluded) {
		Route route = this.policy.route(request, excluded);
		Positions positions = this.cluster.positions();
		Duration maxStaleness = request.scope().maxStaleness();
		if (route.reason() == Reason.TOO_STALE && maxStaleness != null
				&& positions.refresh(this.policy.replicas(request, excluded), maxStaleness)) {
			route = this.policy.route(request, excluded);
		}
		if (route.reason() == Reason.BEHIND || route.reason() == Reason.RECENT_WRITE) {
			positions.catchUp(this.policy.replicas(request, excluded), caller);
			route = this.policy.route(request.with(caller.guarantee()), excluded);
		}
		return route;
	}

	/**
	 * Finds out whether a unit may run on the node and pool that it has a connection of.
	 * @param request the facts
	 * @param caller the record of the caller
	 * @param excluded replicas that must not serve
	 * @param node the node of the connection
	 * @param pool its pool
	 * @return the route there, {@code null} if the unit needs another connection
	 * @throws NoReplicaException if no replica may serve and the primary must not
	 */
	public @Nullable Route findOn(RouteRequest request, CallerRecord caller, List<ClusterNode> excluded,
			ClusterNode node, PoolKind pool) throws NoReplicaException {
		Route route = this.policy.require(findAny(request, caller, excluded), request);
		if (route.pool() != pool) {
			return null;
		}
		if (route.node() == node) {
			return route;
		}
		boolean serves = request.held() ? this.cluster.leadsToPrimary(node)
				: !excluded.contains(node) && this.policy.mayServe(node, route, request);
		return serves ? new Route(node, pool, route.reason()) : null;
	}

	/**
	 * Whether the facts by which a node was chosen still hold, and hold for the server of
	 * a connection.
	 * @param route the decision
	 * @param request the facts that it was made from
	 * @param connection a connection of the node and pool that was decided
	 * @return {@code false} if the unit has to be decided again
	 * @throws SQLException if the connection is closed
	 */
	public boolean stillServes(Route route, RouteRequest request, Connection connection) throws SQLException {
		return leadsToKnownServer(route, request, connection) && this.policy.stillServes(route, request);
	}

	/**
	 * Whether a connection leads to the server whose position has decided.
	 * @param route the decision
	 * @param request the facts that it was made from
	 * @param connection a connection of the node and pool that was decided
	 * @return {@code true} also if no position has decided
	 * @throws SQLException if the connection is closed
	 */
	public boolean leadsToKnownServer(Route route, RouteRequest request, Connection connection) throws SQLException {
		return !this.policy.isDecidedByPosition(route, request) || route.node().isKnownOn(connection);
	}

	/**
	 * Whether the replica of a transaction has reached the caller's required position by
	 * now. Waits for it as any read does.
	 * @param route the route of the transaction
	 * @param request the facts of the next statement
	 * @param caller the record of the caller, which keeps the findings
	 * @return {@code false} if the statement would see the past
	 */
	public boolean catchesUp(Route route, RouteRequest request, CallerRecord caller) {
		if (this.policy.stillServes(route, request)) {
			return true;
		}
		this.cluster.positions().catchUp(List.of(route.node()), caller);
		return this.policy.stillServes(route, request.with(caller.guaranteeOfTransaction()));
	}

	/**
	 * Returns the route of a read that no replica may serve because of the caller's
	 * required position.
	 * @param replica the replica that it cannot go on with
	 * @return the read pool of the primary, with the reason
	 */
	public Route behind(ClusterNode replica) {
		return new Route(this.cluster.topology().primary(), PoolKind.READ,
				this.cluster.positions().reason(List.of(replica)));
	}

}
