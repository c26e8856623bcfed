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
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.support.JdbcUtils;

import io.github.replication.postgres.DriverConnection;
import io.github.replication.postgres.DriverConnection.TransactionState;

/**
 * Commits a read-write transaction and finds out whether it has changed anything, where
 * nothing else proves that. Both take the one round trip of a commit.
 * <p>
 * A transaction that has changed something has a transaction id (PostgreSQL
 * documentation, "Transactions and Identifiers"). The commit is the last of the
 * statements sent, so that an error has the meaning that it has for a plain commit. A
 * failed check leaves a transaction that is rolled back, and a deferred constraint fails
 * as ever. Once the server has answered, nothing fails the commit.
 */
final class WriteDetection {

	private static final Log logger = LogFactory.getLog(WriteDetection.class);

	private static final String CHECK_AND_COMMIT = "SELECT pg_catalog.pg_current_xact_id_if_assigned() IS NOT NULL,"
			+ " pg_catalog.current_setting('synchronous_commit'), pg_catalog.pg_backend_pid(); COMMIT";

	/**
	 * A text for each level, of which there are a few.
	 */
	private static final Map<CommitLevel, String> CHECK_SET_AND_COMMIT = new ConcurrentHashMap<>();

	private WriteDetection() {
	}

	/**
	 * Commits.
	 * @param connection the connection, in a transaction
	 * @param driver the facts that its driver knows
	 * @param level the level that the commit needs, {@code null} for the one that is set
	 * @param clock a monotonic clock in nanoseconds if only the session's own settings
	 * decide on the level, so that the answer counts for the next commit, {@code null}
	 * else
	 * @return the known effect of the transaction
	 */
	static CommitEffect commit(Connection connection, DriverConnection driver, @Nullable CommitLevel level,
			@Nullable LongSupplier clock) throws SQLException {
		CommitEffect possible = possibleOutcome(driver);
		if (possible != null) {
			return commitUnchecked(connection, level, possible);
		}
		CommitEffect effect = (level != null) ? checkAndCommit(connection, checkSetAndCommit(level), driver, null)
				: checkAndCommit(connection, CHECK_AND_COMMIT, driver, clock);
		commitInPool(connection);
		return effect;
	}

	/**
	 * Has the pool note that the transaction has ended. Nothing is sent, so that an error
	 * means only that another thread has closed the connection since.
	 */
	private static void commitInPool(Connection connection) {
		try {
			connection.commit();
		}
		catch (SQLException ex) {
			logger.debug("The connection was closed after its commit", ex);
		}
	}

	/**
	 * Only the value of the setting at the commit counts.
	 */
	private static String checkSetAndCommit(CommitLevel level) {
		return CHECK_SET_AND_COMMIT.computeIfAbsent(level,
				(any) -> "SELECT pg_catalog.pg_current_xact_id_if_assigned() IS NOT NULL, " + level.assignment()
						+ "; COMMIT");
	}

	/**
	 * Returns the effect that is known without asking the server, {@code null} if it can
	 * be asked. A transaction that has not begun or has failed changes nothing. Where the
	 * driver sets a savepoint before each statement, the commit must stay a call of its
	 * own.
	 */
	private static @Nullable CommitEffect possibleOutcome(DriverConnection driver) {
		TransactionState state = driver.transaction();
		if (state == TransactionState.UNKNOWN) {
			return CommitEffect.POSSIBLY_WRITTEN;
		}
		if (state != TransactionState.OPEN) {
			return CommitEffect.UNCHANGED;
		}
		return driver.setsSavepoints() ? CommitEffect.POSSIBLY_WRITTEN : null;
	}

	private static CommitEffect commitUnchecked(Connection connection, @Nullable CommitLevel level,
			CommitEffect possible) throws SQLException {
		if (level == null || !possible.mayHaveWritten()) {
			connection.commit();
			return possible;
		}
		set(connection, level);
		connection.commit();
		return level.isOff() ? CommitEffect.WRITTEN_ASYNCHRONOUSLY : CommitEffect.WRITTEN;
	}

	private static void set(Connection connection, CommitLevel level) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("SELECT " + level.assignment());
		}
	}

	private static CommitEffect checkAndCommit(Connection connection, String sql, DriverConnection driver,
			@Nullable LongSupplier clock) throws SQLException {
		PreparedStatement statement = connection.prepareStatement(sql);
		try {
			statement.setFetchSize(0);
			statement.execute();
			return effect(statement, driver, clock);
		}
		finally {
			JdbcUtils.closeStatement(statement);
		}
	}

	/**
	 * Reads the answer. The transaction is committed by now, whatever happens to its
	 * connection.
	 */
	private static CommitEffect effect(Statement statement, DriverConnection driver, @Nullable LongSupplier clock) {
		try (ResultSet row = statement.getResultSet()) {
			row.next();
			boolean synchronous = !"off".equals(row.getString(2));
			if (clock != null) {
				// a connection pooler may serve the next transaction in another session
				driver.commitsSynchronously(synchronous && row.getInt(3) == driver.backendPid(), clock.getAsLong());
			}
			if (!row.getBoolean(1)) {
				return CommitEffect.UNCHANGED;
			}
			return synchronous ? CommitEffect.WRITTEN : CommitEffect.WRITTEN_ASYNCHRONOUSLY;
		}
		catch (SQLException | RuntimeException ex) {
			logger.debug("The connection was closed after its commit, before the effect was known", ex);
			return CommitEffect.POSSIBLY_WRITTEN;
		}
	}

}
