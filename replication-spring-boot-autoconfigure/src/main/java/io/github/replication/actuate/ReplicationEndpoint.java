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
package io.github.replication.actuate;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;

import io.github.replication.NodeState;
import io.github.replication.NodeStatus;
import io.github.replication.Reason;
import io.github.replication.ReplicationCluster;
import io.github.replication.Role;
import io.github.replication.caller.PositionTraffic;
import io.github.replication.node.ClusterNode;

/**
 * Shows the nodes of the cluster and where reads and writes went, and takes replicas out
 * of rotation. Asks no server.
 *
 * @since 0.1.0
 */
@Endpoint(id = "replication")
public class ReplicationEndpoint {

	private final ReplicationCluster cluster;

	private final Supplier<List<ClusterNode>> nodes;

	private final PositionTraffic traffic;

	private final @Nullable String zone;

	/**
	 * Creates the endpoint.
	 * @param cluster the cluster
	 * @param nodes yields its nodes with their counts
	 * @param traffic counts the positions of callers
	 * @param zone the zone of the application, {@code null} for none
	 */
	public ReplicationEndpoint(ReplicationCluster cluster, Supplier<List<ClusterNode>> nodes, PositionTraffic traffic,
			@Nullable String zone) {
		this.cluster = cluster;
		this.nodes = nodes;
		this.traffic = traffic;
		this.zone = zone;
	}

	/**
	 * Returns the known state of the cluster.
	 * @return each node, with the number of units of work that were sent there by reason,
	 * and hints drawn from the counts
	 */
	@ReadOperation
	public Description replication() {
		Map<String, Map<Reason, Long>> decisions = new TreeMap<>();
		List<ClusterNode> nodes = this.nodes.get();
		nodes.forEach((node) -> decisions.put(node.name(), decisions(node)));
		List<NodeStatus> statuses = this.cluster.nodes();
		return new Description(statuses, decisions, Hints.of(Figures.of(nodes, statuses, this.traffic, this.zone)));
	}

	private static Map<Reason, Long> decisions(ClusterNode node) {
		Map<Reason, Long> decisions = new TreeMap<>();
		for (Reason reason : Reason.values()) {
			long number = 0;
			for (Role role : Role.values()) {
				number += node.counts().decisions(role, reason);
			}
			if (number > 0) {
				decisions.put(reason, number);
			}
		}
		return decisions;
	}

	/**
	 * Takes a replica out of rotation, or lets it back, in this instance of the
	 * application until it ends.
	 * @param node the name of the replica
	 * @param state {@link NodeState#DRAINED} or {@link NodeState#ONLINE}
	 * @return the new status of the node
	 * @throws InvalidEndpointRequestException if there is no replica of that name, or the
	 * state cannot be set by hand
	 */
	@WriteOperation
	public NodeStatus change(@Selector String node, NodeState state) {
		try {
			switch (state) {
				case DRAINED -> this.cluster.drain(node);
				case ONLINE -> this.cluster.resume(node);
				default -> throw new IllegalArgumentException(
						"A node cannot be made " + state + " by hand: set DRAINED or ONLINE.");
			}
		}
		catch (IllegalArgumentException | IllegalStateException ex) {
			String problem = String.valueOf(ex.getMessage());
			throw new InvalidEndpointRequestException(problem, problem, ex);
		}
		return this.cluster.node(node);
	}

	/**
	 * A cluster.
	 *
	 * @param nodes its nodes, the primary first
	 * @param decisions how many units of work were sent to each node, by reason
	 * @param hints advice, drawn from the counts since the start
	 */
	public record Description(List<NodeStatus> nodes, Map<String, Map<Reason, Long>> decisions, List<Hint> hints) {

	}

}
