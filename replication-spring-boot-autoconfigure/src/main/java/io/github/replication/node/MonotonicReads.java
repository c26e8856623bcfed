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

import io.github.replication.node.ReplicaPosition.Known;
import io.github.replication.position.ReadMark;
import io.github.replication.position.WalPosition;

/**
 * Monotonic reads: a caller reads from the node that it has read from, or from one that
 * has come as far.
 */
final class MonotonicReads {

	private MonotonicReads() {
	}

	/**
	 * Whether a replica is known to have all that the caller has read.
	 * @param node the replica
	 * @param read where and when the caller has read
	 * @param known the positions known at one moment
	 */
	static boolean hasReached(ClusterNode node, ReadMark read, ReplicaQualification known) {
		return isNodeOf(read, node) || known.hasReachedSampleAfter(node, read.tick(), false)
				|| hasReachedNodeOf(read, node, known);
	}

	/**
	 * Whether a replica has reached the position that the replica of the read had in a
	 * sample after the read.
	 */
	private static boolean hasReachedNodeOf(ReadMark read, ClusterNode node, ReplicaQualification known) {
		ClusterNode other = known.inRotation(read.node());
		Known seen = (other != null) ? other.inquiry().position().known() : null;
		return seen != null && seen.tick() > read.tick()
				&& known.hasReplayed(node, new WalPosition(seen.timeline(), seen.lsn()));
	}

	/**
	 * Whether a caller has read from a node, which is a replica.
	 */
	static boolean isNodeOf(ReadMark read, ClusterNode node) {
		return read.node() != ReadMark.PRIMARY && read.node() == node.id();
	}

}
