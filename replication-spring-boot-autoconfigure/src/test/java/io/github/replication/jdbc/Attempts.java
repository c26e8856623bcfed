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

import java.sql.SQLException;
import java.util.List;

import io.github.replication.node.ClusterNode;
import io.github.replication.node.Topology;

/**
 * Does to the unit of the current thread what connections do.
 */
public final class Attempts {

	private Attempts() {
	}

	/**
	 * Asks the first replica that is not left out, or else the primary.
	 */
	public static ClusterNode use(Topology topology) {
		List<ClusterNode> excluded = RetryAttempt.excluded(topology);
		ClusterNode node = topology.replicas()
			.stream()
			.filter((replica) -> !excluded.contains(replica))
			.findFirst()
			.orElse(topology.primary());
		RetryAttempt.uses(node);
		return node;
	}

	/**
	 * Begins a read-write transaction.
	 */
	public static void write() {
		RetryAttempt.preventRetry();
	}

	/**
	 * Fails as a statement on a node does.
	 */
	public static void fail(ClusterNode node, Throwable failure) {
		for (Throwable link = failure; link != null; link = link.getCause()) {
			if (link instanceof SQLException ex) {
				RetryAttempt.failed(node, ex);
				return;
			}
		}
	}

}
