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

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import io.github.replication.Role;
import io.github.replication.node.ClusterNode;

/**
 * Aborts the connections to replicas that have been silent for
 * {@code replication.monitor.abort-after}, where a unit of work waits for the answer and
 * may run again elsewhere.
 */
final class SilentNodeAborter {

	private static final Log logger = LogFactory.getLog(SilentNodeAborter.class);

	/**
	 * All attempts under way, for the threads that watch the nodes.
	 */
	private static final Set<RetryAttempt> attempts = ConcurrentHashMap.newKeySet();

	private SilentNodeAborter() {
	}

	static void watch(RetryAttempt attempt) {
		attempts.add(attempt);
	}

	static void unwatch(RetryAttempt attempt) {
		attempts.remove(attempt);
	}

	/**
	 * Lets the units fail that wait for a silent node and may run again elsewhere.
	 * @param node the node, nothing is done for a primary
	 */
	static void abortUnitsOn(ClusterNode node) {
		if (node.role() != Role.REPLICA) {
			return;
		}
		for (RetryAttempt attempt : attempts) {
			for (PhysicalConnection connection : attempt.replaceableConnections()) {
				if (connection.node() == node) {
					logger.debug(node + " is silent: the connection of a unit that may run elsewhere is aborted");
					connection.abortUnderUnit();
				}
			}
		}
	}

}
