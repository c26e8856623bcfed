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

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Makes a new physical connection ready, before it is used: executes the statements that
 * the application has configured for its pool, and has the server asked for its state.
 *
 * @param statements the statements to execute first
 * @param inspection asks the server for its state, {@code null} for a server that does
 * not report it
 * @param timeout how long the server may take for each, in milliseconds
 * @param networkTimeout how long the driver waits for answers once the login is over, in
 * milliseconds; 0 for as long as it takes, {@code null} to keep the driver's own timeout
 */
record FirstUse(List<PoolStatement> statements, @Nullable Inspection inspection, long timeout,
		@Nullable Integer networkTimeout) {

	FirstUse {
		statements = List.copyOf(statements);
	}

	/**
	 * Puts back the timeout that was shorter for the login.
	 */
	void endLogin(Connection connection) throws SQLException {
		if (this.networkTimeout != null) {
			connection.setNetworkTimeout(Runnable::run, this.networkTimeout);
		}
	}

	/**
	 * Makes a connection ready. A server that falls silent after the login is not waited
	 * for without end.
	 * @return {@code false} if the session is not the connection's own
	 */
	boolean prepare(Connection connection) throws SQLException {
		if (this.statements.isEmpty() && this.inspection == null) {
			return true;
		}
		Integer before = limit(connection);
		for (PoolStatement statement : this.statements) {
			statement.executeOn(connection);
		}
		boolean kept = this.inspection == null || this.inspection.inspect(connection);
		if (before != null) {
			connection.setNetworkTimeout(Runnable::run, before);
		}
		return kept;
	}

	private @Nullable Integer limit(Connection connection) throws SQLException {
		try {
			int before = connection.getNetworkTimeout();
			connection.setNetworkTimeout(Runnable::run, (int) Math.min(Integer.MAX_VALUE, this.timeout));
			return before;
		}
		catch (SQLFeatureNotSupportedException ex) {
			return null;
		}
	}

	/**
	 * A statement that the application has configured for a pool.
	 *
	 * @param property the property of the pool
	 * @param sql the statement
	 */
	record PoolStatement(String property, String sql) {

		/**
		 * Executes the statement, and explains a refusal by the property.
		 */
		void executeOn(Connection connection) throws SQLException {
			try (Statement statement = connection.createStatement()) {
				statement.execute(this.sql);
			}
			catch (SQLException ex) {
				throw new SQLException(
						"the " + this.property + " of its pool was refused (" + ex.getMessage()
								+ "): set replication.replicas.<name>.hikari." + this.property
								+ " to a statement that a standby and a read-only session can execute",
						ex.getSQLState(), ex);
			}
		}

	}

}
