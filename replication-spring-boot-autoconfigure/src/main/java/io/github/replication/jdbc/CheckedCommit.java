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
import java.sql.Statement;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;
import org.postgresql.jdbc.AutoSave;

import org.springframework.util.ClassUtils;

import io.github.replication.SynchronousCommit;

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

	/**
	 * The setting counts at the commit, whatever it was before.
	 */
	private static final Map<SynchronousCommit, String> CHECK_SET_AND_COMMIT = Arrays.stream(SynchronousCommit.values())
		.collect(Collectors.toUnmodifiableMap(Function.identity(),
				(level) -> "SELECT pg_catalog.pg_current_xact_id_if_assigned() IS NOT NULL,"
						+ " pg_catalog.set_config('synchronous_commit', '" + level.setting() + "', true); COMMIT"));

	private static final boolean POSTGRES = ClassUtils.isPresent("org.postgresql.core.BaseConnection",
			CheckedCommit.class.getClassLoader());

	private CheckedCommit() {
	}

	/**
	 * Commits.
	 * @param connection the connection, in a transaction
	 * @param level what the commit has to wait for, {@code null} for what is set
	 * @return what is known of the transaction
	 */
	static Outcome commit(Connection connection, @Nullable SynchronousCommit level) throws SQLException {
		Outcome possible = POSTGRES ? Driver.possibleOutcome(connection) : Outcome.POSSIBLY_WRITTEN;
		if (possible != null) {
			return commitUnchecked(connection, level, possible);
		}
		Outcome outcome = checkAndCommit(connection,
				(level != null) ? CHECK_SET_AND_COMMIT.getOrDefault(level, CHECK_AND_COMMIT) : CHECK_AND_COMMIT);
		connection.commit();
		return outcome;
	}

	private static Outcome commitUnchecked(Connection connection, @Nullable SynchronousCommit level, Outcome possible)
			throws SQLException {
		if (level == null || !possible.mayHaveWritten()) {
			connection.commit();
			return possible;
		}
		set(connection, level);
		connection.commit();
		return (level == SynchronousCommit.OFF) ? Outcome.WRITTEN_ASYNCHRONOUSLY : Outcome.WRITTEN;
	}

	private static void set(Connection connection, SynchronousCommit level) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("SET LOCAL synchronous_commit TO " + level.setting());
		}
	}

	private static Outcome checkAndCommit(Connection connection, String sql) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(sql)) {
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
		return unknown ? Outcome.POSSIBLY_WRITTEN : Outcome.UNCHANGED;
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
		 * Something may have been changed; how the commit was carried out is not known.
		 */
		POSSIBLY_WRITTEN,

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
				return Outcome.POSSIBLY_WRITTEN;
			}
			BaseConnection driver = connection.unwrap(BaseConnection.class);
			if (driver.getTransactionState() != TransactionState.OPEN) {
				return Outcome.UNCHANGED;
			}
			return (driver.getAutosave() == AutoSave.NEVER) ? null : Outcome.POSSIBLY_WRITTEN;
		}

	}

}
