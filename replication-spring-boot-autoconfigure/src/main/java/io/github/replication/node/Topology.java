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

import io.github.replication.position.ReadMark;

/**
 * The nodes with their roles and states at one moment. Immutable: a change yields a new
 * one.
 *
 * @since 0.1.0
 */
public final class Topology {

	private final ClusterNode primary;

	private final List<ClusterNode> replicas;

	private final GroupRotations rotations;

	/**
	 * Creates a topology.
	 * @param primary the node that takes writes
	 * @param replicas every replica, in rotation or not
	 * @param zone the application's own zone, {@code null} for none
	 */
	Topology(ClusterNode primary, List<ClusterNode> replicas, @Nullable String zone) {
		this.primary = primary;
		this.replicas = List.copyOf(replicas);
		this.rotations = new GroupRotations(this.replicas, zone);
	}

	/**
	 * The node that takes writes.
	 * @return the primary
	 */
	public ClusterNode primary() {
		return this.primary;
	}

	/**
	 * Every replica, in rotation or not.
	 * @return the replicas in the order in which they were configured
	 */
	public List<ClusterNode> replicas() {
		return this.replicas;
	}

	/**
	 * Finds a replica in rotation.
	 * @param id the {@linkplain ClusterNode#id() id} of a node in marks
	 * @return the replica, {@code null} if none in rotation has the id
	 */
	public @Nullable ClusterNode inRotation(int id) {
		ClusterNode node = replica(id);
		return (node != null && rotation(node.group()).all().contains(node)) ? node : null;
	}

	/**
	 * Finds a replica, in rotation or not.
	 */
	@Nullable ClusterNode replica(int id) {
		for (int i = 0; i < this.replicas.size() && id != ReadMark.PRIMARY; i++) {
			if (this.replicas.get(i).id() == id) {
				return this.replicas.get(i);
			}
		}
		return null;
	}

	/**
	 * The rank of a node by its name, which is the same in every instance that knows the
	 * same nodes, whichever of them is the primary.
	 */
	int rank(ClusterNode node) {
		int rank = (this.primary.name().compareTo(node.name()) < 0) ? 1 : 0;
		for (int i = 0; i < this.replicas.size(); i++) {
			rank += (this.replicas.get(i).name().compareTo(node.name()) < 0) ? 1 : 0;
		}
		return rank;
	}

	/**
	 * The replicas that may serve the reads of a group.
	 * @param group the group, {@code null} for the replicas of none
	 * @return the rotation, empty where there is no such replica
	 */
	public Rotation rotation(@Nullable String group) {
		return this.rotations.of(group);
	}

}
