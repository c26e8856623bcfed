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

import java.sql.SQLTransientConnectionException;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.replication.Reason;
import io.github.replication.node.ClusterNode;
import io.github.replication.postgres.SqlState;

/**
 * No replica may serve a read, and {@code replication.fallback=fail} keeps it from the
 * primary.
 *
 * @since 0.1.0
 */
public class NoReplicaException extends SQLTransientConnectionException {

	private static final long serialVersionUID = 1L;

	NoReplicaException(Reason reason, @Nullable String group, List<ClusterNode> replicas) {
		super(message(reason, group, replicas), SqlState.UNABLE_TO_CONNECT);
	}

	private static String message(Reason reason, @Nullable String group, List<ClusterNode> replicas) {
		return "No replica" + ((group != null) ? " of the group '" + group + "'" : "") + " may serve this read ("
				+ reason + "), and replication.fallback=fail keeps it from the primary. Replicas: "
				+ String.join(", ", replicas.stream().map(ClusterNode::describe).toList());
	}

}
