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

import java.time.Duration;

import io.github.replication.node.PrimaryHistory.Point;
import io.github.replication.node.ReplicaPosition.Known;

/**
 * The limit of a scope's {@code maxStaleness}. A replica keeps it if it had reached,
 * within that time, the position that the primary had flushed then.
 *
 * @param limit the greatest age of the data that a read sees
 * @param now the monotonic time in nanoseconds
 */
record MaxStaleness(Duration limit, long now) {

	/**
	 * Whether a replica is known to be fresh enough.
	 * @param node the replica
	 * @param positions the positions known at one moment
	 */
	boolean isKeptBy(ClusterNode node, ReplicaQualification positions) {
		PrimaryHistory history = positions.history();
		Known known = node.inquiry().position().known();
		if (known == null || !positions.isComparable(known, history.timeline())) {
			return false;
		}
		Point reached = history.newestReached(known.lsn());
		return reached != null && this.now - reached.until() <= this.limit.toNanos();
	}

}
