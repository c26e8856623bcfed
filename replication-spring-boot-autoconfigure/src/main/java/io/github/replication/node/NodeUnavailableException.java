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

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;

import org.jspecify.annotations.Nullable;

import io.github.replication.postgres.SqlState;

/**
 * A node of the cluster cannot give a connection at the moment, because it cannot be
 * reached or because all connections to it are busy.
 *
 * @since 0.1.0
 */
public class NodeUnavailableException extends SQLTransientConnectionException {

	private static final long serialVersionUID = 1L;

	private final boolean unreachable;

	private NodeUnavailableException(String message, boolean unreachable, @Nullable Exception cause) {
		super(message, SqlState.UNABLE_TO_CONNECT, cause);
		this.unreachable = unreachable;
	}

	static NodeUnavailableException unreachable(String node, @Nullable Exception cause) {
		return new NodeUnavailableException(
				node + " cannot be reached" + ((cause != null) ? ": " + cause.getMessage() : ""), true, cause);
	}

	/**
	 * Creates the exception of a node that was removed, or whose application has ended.
	 */
	static NodeUnavailableException closed(String node) {
		return new NodeUnavailableException("The connections to " + node + " are closed", true, null);
	}

	/**
	 * Creates the exception of a unit that has waited for a connection when the node was
	 * lost, or another one followed.
	 */
	static NodeUnavailableException calledOut(SQLException cause) {
		return new NodeUnavailableException(
				"The wait for a connection to the primary was ended, since that has changed", true, cause);
	}

	/**
	 * Creates the exception of a node that should be the primary.
	 * @param node the name of the node
	 * @return the exception
	 */
	public static NodeUnavailableException standby(String node) {
		return new NodeUnavailableException(node + " is a standby, and no node is known that has become the primary",
				true, null);
	}

	/**
	 * Creates the exception of a node that was the primary when it was asked.
	 * @param node the name of the node
	 * @return the exception
	 */
	public static NodeUnavailableException replaced(String node) {
		return new NodeUnavailableException(node + " is not the primary any more", true, null);
	}

	static NodeUnavailableException exhausted(String node, SQLException cause) {
		return new NodeUnavailableException("All connections to " + node + " are busy: " + cause.getMessage(), false,
				cause);
	}

	/**
	 * Whether the node cannot be reached at all.
	 * @return {@code true} if there is no live connection to the node and the last
	 * attempt to open one failed, {@code false} if all of its connections are busy
	 */
	public boolean isUnreachable() {
		return this.unreachable;
	}

}
