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

package io.github.replication.node;

import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.replication.NodeState;
import io.github.replication.position.ReadMark;

/**
 * The replicas that serve the reads of one group, replicas of the application's own zone
 * first.
 *
 * @param zone prefers the replicas in rotation that stand in the application's zone
 * @param all every replica in rotation
 * @param tooStale whether no replica is in rotation because the reachable ones are too
 * far behind
 * @since 0.1.0
 */
public record Rotation(ZonePreference zone, List<ClusterNode> all, boolean tooStale) {

	private static final int HASH_FACTOR = 31;

	static final Rotation EMPTY = new Rotation(ZonePreference.NONE, List.of(), false);

	/**
	 * A hash of the nodes, their weights, and which of them are warming up: the same in
	 * every instance of the application that sees the same. Callers that have chosen
	 * their node in another rotation choose again.
	 * @return the hash, neither {@link ReadMark#SPREAD} nor {@link ReadMark#ANY}
	 */
	public int hash() {
		int hash = 1;
		for (int i = 0; i < this.all.size(); i++) {
			ClusterNode node = this.all.get(i);
			int share = node.isWarmingUp() ? -node.weight() : node.weight();
			hash += mixed(node.name().hashCode() * HASH_FACTOR + share);
		}
		return (hash != ReadMark.SPREAD && hash != ReadMark.ANY) ? hash : 1;
	}

	/**
	 * Spreads a number over all bits (the finalizer of MurmurHash3).
	 */
	private static int mixed(int number) {
		int mixed = (number ^ (number >>> 16)) * 0x85ebca6b;
		mixed = (mixed ^ (mixed >>> 13)) * 0xc2b2ae35;
		return mixed ^ (mixed >>> 16);
	}

	/**
	 * Those of several replicas that stand in the application's zone.
	 * @param candidates replicas of this rotation
	 * @return the candidates in the zone, or all of them if there is none
	 */
	public List<ClusterNode> nearest(List<ClusterNode> candidates) {
		return this.zone.nearest(candidates, this.all);
	}

	/**
	 * Creates the rotation of the replicas that have a weight and whose state lets them
	 * serve.
	 */
	static Rotation of(List<ClusterNode> replicasOfGroup, @Nullable String zone) {
		List<ClusterNode> members = replicasOfGroup.stream().filter((node) -> node.weight() > 0).toList();
		List<ClusterNode> replicas = members.stream()
			.filter((node) -> node.state().isInRotation() && !node.isAlias())
			.toList();
		boolean tooStale = replicas.isEmpty() && members.stream().anyMatch((node) -> node.state() == NodeState.LAGGING);
		return new Rotation(ZonePreference.among(replicas, zone), replicas, tooStale);
	}

}
