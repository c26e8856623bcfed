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

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import io.github.replication.Consistency;
import io.github.replication.PoolKind;
import io.github.replication.Reason;
import io.github.replication.balance.LoadBalancer;
import io.github.replication.node.ClusterNode;
import io.github.replication.node.Rotation;
import io.github.replication.node.Topology;

/**
 * Decides where a unit of work goes. Does no I/O and holds no state of its own.
 */
public final class RoutingPolicy {

	private final Supplier<Topology> topology;

	private final LoadBalancer loadBalancer;

	private final boolean byStatement;

	private final Fallback fallback;

	/**
	 * Creates a policy.
	 * @param topology who is what at the moment
	 * @param loadBalancer chooses among the replicas that qualify
	 * @param byStatement whether statements outside of a transaction are routed one by
	 * one
	 * @param fallback what happens where no replica may serve
	 */
	public RoutingPolicy(Supplier<Topology> topology, LoadBalancer loadBalancer, boolean byStatement,
			Fallback fallback) {
		this.topology = topology;
		this.loadBalancer = loadBalancer;
		this.byStatement = byStatement;
		this.fallback = fallback;
	}

	/**
	 * Whether statements outside of a transaction are routed one by one.
	 * @return {@code true} if the text of a statement may decide
	 */
	public boolean isByStatement() {
		return this.byStatement;
	}

	/**
	 * Decides.
	 * @param request the facts
	 * @param excluded replicas that were asked for a connection and could not give one
	 * @return where the unit goes
	 * @throws NoReplicaException if no replica may serve and the primary must not
	 */
	public Route route(RouteRequest request, List<ClusterNode> excluded) throws NoReplicaException {
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
		List<ClusterNode> candidates = candidates(topology.rotation(request.scope().group()), excluded);
		if (candidates.isEmpty()) {
			return fallback(topology, request, Reason.NO_REPLICA);
		}
		if (request.scope().maxStaleness() != null) {
			return fallback(topology, request, Reason.TOO_STALE);
		}
		if (request.written() && request.scope().consistency() == Consistency.SESSION) {
			return read(topology, Reason.RECENT_WRITE);
		}
		return new Route(choose(candidates), PoolKind.READ, Reason.READ_ONLY);
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
				&& this.topology.get().rotation(request.scope().group()).all().contains(node);
	}

	private static Route write(Topology topology, Reason reason) {
		return new Route(topology.primary(), PoolKind.WRITE, reason);
	}

	private static Route read(Topology topology, Reason reason) {
		return new Route(topology.primary(), PoolKind.READ, reason);
	}

	private Route fallback(Topology topology, RouteRequest request, Reason reason) throws NoReplicaException {
		if (this.fallback == Fallback.FAIL) {
			throw new NoReplicaException(reason, request.scope().group(), topology.replicas());
		}
		return read(topology, reason);
	}

	private static List<ClusterNode> candidates(Rotation rotation, List<ClusterNode> excluded) {
		List<ClusterNode> near = without(rotation.near(), excluded);
		return near.isEmpty() ? without(rotation.all(), excluded) : near;
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
		return (idle.size() == 1) ? idle.get(0) : this.loadBalancer.choose(idle);
	}

	/**
	 * The candidates that can give a connection at once, or all of them if none can.
	 */
	private static List<ClusterNode> idle(List<ClusterNode> candidates) {
		List<ClusterNode> idle = without(candidates, busy(candidates));
		return idle.isEmpty() ? candidates : idle;
	}

	/**
	 * The nodes all of whose connections are in use.
	 * @param nodes the nodes to look at
	 * @return those that would let a unit wait
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
