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
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;
import org.postgresql.jdbc.AutoSave;

import org.springframework.util.ClassUtils;

/**
 * Commits a read-write transaction and tells whether it has changed anything, in the one
 * round trip that the commit takes anyway.
 * <p>
 * A transaction that has changed something has a transaction id (PostgreSQL
 * documentation, "Transactions and Identifiers"). The commit is the last of the
 * statements sent, so that an error means what it means for a plain commit: a failed
 * check leaves a transaction that is rolled back, a deferred constraint fails as ever.
 */
final class CheckedCommit {

	private static final String CHECK_AND_COMMIT = "SELECT pg_catalog.pg_current_xact_id_if_assigned() IS NOT NULL,"
			+ " pg_catalog.current_setting('synchronous_commit'); COMMIT";

	private static final boolean POSTGRES = ClassUtils.isPresent("org.postgresql.core.BaseConnection",
			CheckedCommit.class.getClassLoader());

	private CheckedCommit() {
	}

	/**
	 * Commits.
	 * @param connection the connection, in a transaction
	 * @return what is known of the transaction
	 */
	static Outcome commit(Connection connection) throws SQLException {
		Outcome possible = POSTGRES ? Driver.possibleOutcome(connection) : Outcome.WRITTEN;
		if (possible != null) {
			connection.commit();
			return possible;
		}
		Outcome outcome = checkAndCommit(connection);
		connection.commit();
		return outcome;
	}

	private static Outcome checkAndCommit(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(CHECK_AND_COMMIT)) {
			statement.setFetchSize(0);
			statement.execute();
			try (ResultSet row = statement.getResultSet()) {
				row.next();
				if (!row.getBoolean(1)) {
					return Outcome.UNCHANGED;
				}
				return "off".equals(row.getString(2)) ? Outcome.WRITTEN_ASYNCHRONOUSLY : Outcome.WRITTEN;
			}
		}
	}

	/**
	 * What is known of a transaction whose commit has failed: if the server said so, it
	 * was rolled back; if the connection was lost, nobody knows.
	 */
	static Outcome outcomeOf(SQLException ex) {
		String state = ex.getSQLState();
		boolean unknown = state == null || state.startsWith("08") || state.startsWith("57") || state.startsWith("40003")
				|| state.startsWith("58") || state.startsWith("XX");
		return unknown ? Outcome.WRITTEN : Outcome.UNCHANGED;
	}

	/**
	 * What a commit tells of its transaction.
	 */
	enum Outcome {

		/**
		 * Nothing was changed.
		 */
		UNCHANGED,

		/**
		 * Something was changed, or may have been.
		 */
		WRITTEN,

		/**
		 * Something was changed, and the commit has not waited for the log to be flushed.
		 */
		WRITTEN_ASYNCHRONOUSLY;

		boolean mayHaveWritten() {
			return this != UNCHANGED;
		}

	}

	/**
	 * What only the driver knows.
	 */
	private static final class Driver {

		/**
		 * What is known without asking the server, {@code null} if it can be asked. A
		 * transaction that has not begun or has failed changes nothing. Where the driver
		 * saves a point before each statement, the commit must stay a call of its own.
		 */
		private static @Nullable Outcome possibleOutcome(Connection connection) throws SQLException {
			if (!connection.isWrapperFor(BaseConnection.class)) {
				return Outcome.WRITTEN;
			}
			BaseConnection driver = connection.unwrap(BaseConnection.class);
			if (driver.getTransactionState() != TransactionState.OPEN) {
				return Outcome.UNCHANGED;
			}
			return (driver.getAutosave() == AutoSave.NEVER) ? null : Outcome.WRITTEN;
		}

	}

}
