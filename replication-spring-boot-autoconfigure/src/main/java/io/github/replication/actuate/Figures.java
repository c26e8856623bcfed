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

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import io.github.replication.NodeStatus;
import io.github.replication.Reason;
import io.github.replication.Role;
import io.github.replication.caller.PositionTraffic;
import io.github.replication.node.ClusterNode;

/**
 * The counts from which hints are drawn.
 *
 * @param nodes the counts of each node
 * @param positionsSent the number of responses with the position of a write
 * @param positionsReceived the number of requests with a position
 * @param zone the zone of the application, {@code null} for none
 */
record Figures(List<NodeFigures> nodes, long positionsSent, long positionsReceived, @Nullable String zone) {

	static Figures of(List<ClusterNode> nodes, List<NodeStatus> statuses, PositionTraffic traffic,
			@Nullable String zone) {
		return new Figures(nodes.stream()
			.flatMap((node) -> statuses.stream()
				.filter((status) -> status.name().equals(node.name()))
				.map((status) -> NodeFigures.of(node, status)))
			.toList(), traffic.sentCount(), traffic.receivedCount(), zone);
	}

	/**
	 * The number of units of work with one of several reasons.
	 */
	long decisions(Reason... reasons) {
		return this.nodes.stream().mapToLong((node) -> node.decisions(reasons)).sum();
	}

	long commits(boolean changed) {
		return this.nodes.stream()
			.mapToLong((node) -> changed ? node.changingCommits() : node.unchangingCommits())
			.sum();
	}

	/**
	 * The counts of one node.
	 *
	 * @param status the node itself
	 * @param place its weight, group and zone
	 * @param decisions the number of units of work by reason
	 * @param changingCommits the number of read-write transactions that may have changed
	 * something
	 * @param unchangingCommits the number of the ones that have changed nothing
	 * @param exhaustions the number of reads that found no free connection
	 */
	record NodeFigures(NodeStatus status, Place place, Map<Reason, Long> decisions, long changingCommits,
			long unchangingCommits, long exhaustions) {

		static NodeFigures of(ClusterNode node, NodeStatus status) {
			Map<Reason, Long> decisions = new EnumMap<>(Reason.class);
			for (Reason reason : Reason.values()) {
				decisions.put(reason,
						node.counts().decisions(Role.PRIMARY, reason) + node.counts().decisions(Role.REPLICA, reason));
			}
			return new NodeFigures(status, new Place(node.weight(), node.group(), node.zone()), decisions,
					node.counts().commits(true), node.counts().commits(false), node.readPool().exhaustions());
		}

		long decisions(Reason... reasons) {
			long number = 0;
			for (Reason reason : reasons) {
				number += this.decisions.getOrDefault(reason, 0L);
			}
			return number;
		}

	}

	/**
	 * The configured share of a node.
	 *
	 * @param weight the weight
	 * @param group the group, {@code null} for none
	 * @param zone the zone, {@code null} for none
	 */
	record Place(int weight, @Nullable String group, @Nullable String zone) {

	}

}
