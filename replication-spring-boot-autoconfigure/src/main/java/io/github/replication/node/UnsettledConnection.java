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
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.replication.postgres.SqlState;

/**
 * A connection of a pool that has yet to learn its default isolation level. HikariCP asks
 * the first connection that it opens, and never again. If that connection is lost
 * meanwhile, the level is missing for good, and every later connection fails with
 * "Transaction isolation level -1 not supported" (HikariCP issues 887 and 1944). HikariCP
 * does ask the next connection after a failure that does not look like a lost connection.
 */
final class UnsettledConnection extends ForwardingConnection {

	private final AtomicBoolean settled;

	/**
	 * Lets a pool ask again if it loses a connection with its first question.
	 * @param connection the physical connection
	 * @param settled whether a connection of the pool has reported its isolation level,
	 * to be set by the first one
	 */
	UnsettledConnection(Connection connection, AtomicBoolean settled) {
		super(connection);
		this.settled = settled;
	}

	@Override
	public int getTransactionIsolation() throws SQLException {
		try {
			int isolation = super.getTransactionIsolation();
			this.settled.set(true);
			return isolation;
		}
		catch (SQLException ex) {
			throw (this.settled.get() || !looksLost(ex)) ? ex
					: new SQLException(
							"A connection of a new pool did not report its isolation level: " + ex.getMessage(),
							SqlState.IO_ERROR, ex);
		}
	}

	/**
	 * Whether HikariCP would go on as if there were no isolation level.
	 */
	private static boolean looksLost(SQLException failure) {
		String state = failure.getSQLState();
		return state == null || state.startsWith("08");
	}

}
