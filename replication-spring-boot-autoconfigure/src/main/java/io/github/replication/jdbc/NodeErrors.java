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

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

import org.springframework.util.ClassUtils;

/**
 * What an error, or the connection it came from, tells of the node. Decided by SQLSTATE
 * (PostgreSQL documentation, "PostgreSQL Error Codes"), never by a message.
 */
final class NodeErrors {

	/**
	 * Shut down by an administrator, by a crash, not started yet.
	 */
	private static final Set<String> SHUTDOWN = Set.of("57P01", "57P02", "57P03");

	private static final String CONNECTION = "08";

	private static final String STATEMENT_COMPLETION_UNKNOWN = "40003";

	private static final boolean POSTGRES = ClassUtils.isPresent("org.postgresql.PGConnection",
			NodeErrors.class.getClassLoader());

	private NodeErrors() {
	}

	/**
	 * Whether an error may mean that the node is gone.
	 */
	static boolean isSuspicious(SQLException ex) {
		return isSuspicious(ex.getSQLState());
	}

	private static boolean isSuspicious(@Nullable String state) {
		return state != null && (state.startsWith(CONNECTION) || SHUTDOWN.contains(state));
	}

	/**
	 * Whether nobody knows if a commit that ended with an error has taken effect.
	 */
	static boolean leavesCommitOpen(SQLException ex) {
		String state = ex.getSQLState();
		return state == null || isSuspicious(state) || STATEMENT_COMPLETION_UNKNOWN.equals(state);
	}

	/**
	 * Whether a connection leads to a standby, as PostgreSQL 14 and later tell without
	 * being asked.
	 */
	static boolean isOnStandby(Connection connection) throws SQLException {
		return POSTGRES && Driver.isOnStandby(connection);
	}

	private static final class Driver {

		private static boolean isOnStandby(Connection connection) throws SQLException {
			return connection.isWrapperFor(PGConnection.class)
					&& "on".equals(connection.unwrap(PGConnection.class).getParameterStatus("in_hot_standby"));
		}

	}

}
