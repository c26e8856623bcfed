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

package io.github.replication.jdbc;

import org.jspecify.annotations.Nullable;

import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecord.Requirement;
import io.github.replication.node.Cluster;
import io.github.replication.node.NodeUnavailableException;
import io.github.replication.node.Topology;

/**
 * The time that one unit may wait for a primary before it has done anything. It is the
 * connection timeout of the application's own pool, from the first attempt on. What the
 * caller had written in the window before goes on to count meanwhile.
 */
final class PrimaryWait implements AutoCloseable {

	private final Cluster cluster;

	private final CallerRecord caller;

	private long start;

	private boolean begun;

	private @Nullable Requirement delay;

	PrimaryWait(Cluster cluster, CallerRecord caller) {
		this.cluster = cluster;
		this.caller = caller;
	}

	/**
	 * Notes that the primary is about to be asked for a connection.
	 */
	void begin() {
		if (!this.begun) {
			this.begun = true;
			this.start = this.cluster.clock().nanoTime();
		}
	}

	/**
	 * Waits until it makes sense to try again.
	 * @param failure why the primary gave no connection
	 * @param seen the topology at that moment
	 * @throws NodeUnavailableException if the primary is merely busy, or the time is over
	 */
	void after(NodeUnavailableException failure, Topology seen) throws NodeUnavailableException {
		if (this.delay == null) {
			this.delay = this.caller.delayedSince(this.start);
		}
		boolean busy = !failure.isUnreachable() && this.cluster.topology().primary() == seen.primary();
		long deadline = this.start + this.cluster.connectionTimeoutNanos();
		if (busy || !this.cluster.awaitPrimary(seen, deadline)) {
			throw failure;
		}
	}

	@Override
	public void close() {
		if (this.delay != null) {
			this.delay.release();
		}
	}

}
