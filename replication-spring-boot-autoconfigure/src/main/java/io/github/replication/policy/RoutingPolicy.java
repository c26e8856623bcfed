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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import io.github.replication.Consistency;
import io.github.replication.PoolKind;
import io.github.replication.Reason;
import io.github.replication.balance.LoadBalancer;
import io.github.replication.node.ClusterNode;
import io.github.replication.node.Positions;
import io.github.replication.node.Rotation;
import io.github.replication.node.Topology;
import io.github.replication.position.ReadMark;
import io.github.replication.position.SessionGuarantee;

/**
 * Decides where a unit of work goes. Does no I/O and holds no state of its own.
 *
 * @since 0.1.0
 */
public final class RoutingPolicy {

	/**
	 * How often a caller that is to leave its node stays with it before the primary
	 * serves it once.
	 */
	private static final int STAYS = 8;

	private final Supplier<Topology> topology;

	private final Positions positions;

	private final LoadBalancer loadBalancer;

	private final boolean byStatement;

	private final Fallback fallback;

	/**
	 * Creates a policy.
	 * @param topology yields the roles and states of the nodes
	 * @param positions the positions of the nodes
	 * @param loadBalancer chooses among the replicas that qualify
	 * @param byStatement whether statements outside of a transaction are routed one by
	 * one
	 * @param fallback how a read is handled if no replica may serve
	 */
	public RoutingPolicy(Supplier<Topology> topology, Positions positions, LoadBalancer loadBalancer,
			boolean byStatement, Fallback fallback) {
		this.topology = topology;
		this.positions = positions;
		this.loadBalancer = loadBalancer;
		this.byStatement = byStatement;
		this.fallback = fallback;
	}

	/**
	 * The guarantee that a unit needs: that of its caller, none unless the unit asks for
	 * {@link Consistency#SESSION}.
	 */
	private static SessionGuarantee required(RouteRequest request) {
		return (request.scope().consistency() == Consistency.SESSION) ? request.guarantee() : SessionGuarantee.NONE;
	}

	/**
	 * Whether statements outside of a transaction are routed one by one.
	 * @return {@code true} if the text of a statement may decide
	 */
	public boolean isByStatement() {
		return this.byStatement;
	}

	/**
	 * Decides by the known facts. A caller that comes and goes stays with the replica
	 * that it has read from last while that may serve it.
	 * @param request the facts
	 * @param excluded replicas that were asked for a connection and could not give one
	 * @return the route of the unit, if {@link #require} allows it
	 */
	public Route route(RouteRequest request, List<ClusterNode> excluded) {
		Topology topology = this.topology.get();
		if (request.scope().primaryForced()) {
			return write(topology, Reason.FORCED);
		}
		if (!request.readOnly() && request.inTransaction()) {
			return write(topology, Reason.READ_WRITE);
		}
		if (!request.readOnly() && !(this.byStatement && request.plainRead())) {
			return write(topology, this.byStatement ? Reason.STATEMENT : Reason.NO_TRANSACTION);
		}
		if (request.held()) {
			return write(topology, Reason.HELD);
		}
		if (request.serializable()) {
			return read(topology, Reason.SERIALIZABLE);
		}
		if (request.scope().consistency() == Consistency.STRONG) {
			return read(topology, Reason.STRONG);
		}
		Rotation rotation = topology.rotation(request.scope().group());
		ClusterNode current = this.positions.nodeOf(required(request));
		if (current != null && !excluded.contains(current) && rotation.all().contains(current)
				&& serves(current, request)) {
			return new Route(current, PoolKind.READ, Reason.READ_ONLY);
		}
		List<ClusterNode> candidates = without(rotation.all(), excluded);
		if (candidates.isEmpty()) {
			return read(topology, rotation.tooStale() ? Reason.TOO_STALE : Reason.NO_REPLICA);
		}
		candidates = fresh(candidates, request);
		if (candidates.isEmpty()) {
			return read(topology, Reason.TOO_STALE);
		}
		List<ClusterNode> qualifying = this.positions.qualifying(candidates, required(request));
		if (qualifying.isEmpty()) {
			return read(topology, this.positions.reason(candidates));
		}
		return new Route(choose(rotation.nearest(qualifying)), PoolKind.READ, Reason.READ_ONLY);
	}

	/**
	 * Returns the nodes that a unit should not use although one of them was decided, if
	 * another fulfils the caller's guarantee. These are the nodes whose connections are
	 * all in use, and the node of a caller that is to move.
	 * @param route the decision
	 * @param request the facts that it was made from
	 * @return the nodes to leave, none to keep the decision
	 */
	List<ClusterNode> left(Route route, RouteRequest request) {
		if (route.reason() != Reason.READ_ONLY || required(request).isEmpty()) {
			return List.of();
		}
		Topology topology = this.topology.get();
		if (route.node().readPool().isBusy()) {
			return busy(topology.replicas());
		}
		return (route.node() == this.positions.nodeOf(required(request)))
				? left(route.node(), topology.rotation(request.scope().group()), required(request).read()) : List.of();
	}

	/**
	 * A caller is to leave its node because that is overloaded, or because a choice in
	 * the rotation as it is now falls on another. That choice stands, so that it leaves
	 * the rest as well: the first of them to be far enough would have more than its
	 * share.
	 */
	private List<ClusterNode> left(ClusterNode node, Rotation rotation, @Nullable ReadMark mark) {
		if (mark == null || mark.rotation() == ReadMark.ANY || rotation.all().size() < 2) {
			return List.of();
		}
		if (this.loadBalancer.isOverloaded(node, rotation.all())) {
			return List.of(node);
		}
		if (mark.rotation() == rotation.hash()) {
			return List.of();
		}
		ClusterNode chosen = choose(rotation.nearest(rotation.all()));
		return (chosen != node) ? without(rotation.all(), List.of(chosen)) : List.of();
	}

	/**
	 * Whether a caller that is to leave its node does so. A caller stays while no other
	 * replica is far enough. From time to time the primary serves such a caller, and it
	 * may use any replica from then on.
	 * @param decided the decision without the nodes to leave
	 * @param left the nodes to leave
	 * @return {@code false} if it stays for now
	 */
	boolean leaves(Route decided, List<ClusterNode> left) {
		return decided.reason() == Reason.READ_ONLY || (decided.reason() == Reason.BEHIND && busy(left).isEmpty()
				&& ThreadLocalRandom.current().nextInt(STAYS) == 0);
	}

	/**
	 * Returns the replicas that may serve a unit, regardless of time and positions.
	 * @param request the facts
	 * @param excluded replicas that could not give a connection
	 * @return the replicas in rotation
	 */
	public List<ClusterNode> replicas(RouteRequest request, List<ClusterNode> excluded) {
		return without(this.topology.get().rotation(request.scope().group()).all(), excluded);
	}

	/**
	 * Requires that a unit may go where it was decided.
	 * @param route the decision
	 * @param request the facts that it was made from
	 * @return the decision
	 * @throws NoReplicaException if no replica may serve and the primary must not
	 */
	public Route require(Route route, RouteRequest request) throws NoReplicaException {
		if (this.fallback == Fallback.FAIL
				&& (route.reason() == Reason.NO_REPLICA || route.reason() == Reason.TOO_STALE)) {
			throw new NoReplicaException(route.reason(), request.scope().group(), this.topology.get().replicas());
		}
		return route;
	}

	/**
	 * Whether a node may serve instead of the one that was decided.
	 * @param node the node
	 * @param decided the decision
	 * @param request the facts that it was made from
	 * @return {@code true} if the load balancer could have chosen that node as well
	 */
	public boolean mayServe(ClusterNode node, Route decided, RouteRequest request) {
		return decided.reason() == Reason.READ_ONLY
				&& this.topology.get().rotation(request.scope().group()).all().contains(node)
				&& stillServes(new Route(node, PoolKind.READ, Reason.READ_ONLY), request);
	}

	/**
	 * Whether the facts by which a replica was chosen still hold. The check of a new
	 * connection may have shown that the server was started again.
	 * @param route a decision
	 * @param request the facts that it was made from
	 * @return {@code false} if the unit has to be decided again
	 */
	public boolean stillServes(Route route, RouteRequest request) {
		return !isDecidedByPosition(route, request) || serves(route.node(), request);
	}

	private boolean serves(ClusterNode replica, RouteRequest request) {
		Duration maxStaleness = request.scope().maxStaleness();
		return (maxStaleness == null || this.positions.isFresh(replica, maxStaleness))
				&& this.positions.qualifies(replica, required(request));
	}

	/**
	 * Whether a position has decided, which holds only for connections to the server that
	 * has reported it.
	 * @param route a decision
	 * @param request the facts that it was made from
	 * @return {@code false} if any connection of the node may serve
	 */
	public boolean isDecidedByPosition(Route route, RouteRequest request) {
		return route.reason() == Reason.READ_ONLY
				&& (this.positions.areRequired(required(request)) || request.scope().maxStaleness() != null);
	}

	private List<ClusterNode> fresh(List<ClusterNode> candidates, RouteRequest request) {
		Duration maxStaleness = request.scope().maxStaleness();
		return (maxStaleness != null) ? this.positions.fresh(candidates, maxStaleness) : candidates;
	}

	private static Route write(Topology topology, Reason reason) {
		return new Route(topology.primary(), PoolKind.WRITE, reason);
	}

	private static Route read(Topology topology, Reason reason) {
		return new Route(topology.primary(), PoolKind.READ, reason);
	}

	private static List<ClusterNode> without(List<ClusterNode> nodes, List<ClusterNode> excluded) {
		if (excluded.isEmpty() || nodes.isEmpty()) {
			return nodes;
		}
		List<ClusterNode> rest = new ArrayList<>(nodes);
		rest.removeAll(excluded);
		return rest;
	}

	private ClusterNode choose(List<ClusterNode> candidates) {
		List<ClusterNode> idle = idle(candidates);
		ClusterNode chosen = chooseAmong(idle);
		if (chosen.isWarmingUp() && idle.size() > 1 && ThreadLocalRandom.current().nextDouble() >= chosen.share()) {
			return chooseAmong(without(idle, List.of(chosen)));
		}
		return chosen;
	}

	private ClusterNode chooseAmong(List<ClusterNode> candidates) {
		return (candidates.size() == 1) ? candidates.get(0) : this.loadBalancer.choose(candidates);
	}

	/**
	 * The candidates that can give a connection at once, or all of them if none can.
	 */
	private static List<ClusterNode> idle(List<ClusterNode> candidates) {
		List<ClusterNode> idle = without(candidates, busy(candidates));
		return idle.isEmpty() ? candidates : idle;
	}

	/**
	 * Returns the nodes whose connections are all in use.
	 * @param nodes the nodes to look at
	 * @return the nodes that would let a unit wait
	 */
	public static List<ClusterNode> busy(List<ClusterNode> nodes) {
		List<ClusterNode> busy = List.of();
		for (int i = 0; i < nodes.size(); i++) {
			if (nodes.get(i).readPool().isBusy()) {
				busy = busy.isEmpty() ? new ArrayList<>() : busy;
				busy.add(nodes.get(i));
			}
		}
		return busy;
	}

}
