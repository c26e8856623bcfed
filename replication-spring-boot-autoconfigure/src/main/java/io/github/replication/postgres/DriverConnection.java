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

package io.github.replication.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;

/**
 * The facts about a physical connection that PostgreSQL's driver knows without asking the
 * server. Nothing is known of the connection of another driver.
 *
 * @since 0.1.0
 */
public class DriverConnection {

	private static final boolean POSTGRES = ClassUtils.isPresent("org.postgresql.core.BaseConnection",
			DriverConnection.class.getClassLoader());

	private static final DriverConnection UNKNOWN = new DriverConnection();

	DriverConnection() {
	}

	/**
	 * Looks behind the wrappers of a connection.
	 * @param connection the connection, as a pool hands it out
	 * @return the facts, of which none is known unless PostgreSQL's driver has opened the
	 * connection
	 * @throws SQLException if the connection is closed
	 */
	public static DriverConnection of(Connection connection) throws SQLException {
		DriverConnection driver = POSTGRES ? PgjdbcConnection.behind(connection) : null;
		return (driver != null) ? driver : UNKNOWN;
	}

	/**
	 * Whether the server has reported an error, and not the driver, which refuses some
	 * calls by itself.
	 * @param ex the error, or one that explains it
	 * @return {@code true} if a message of the server is among the causes
	 */
	public static boolean isReportedByServer(Throwable ex) {
		return POSTGRES && PgjdbcConnection.hasServerMessage(ex);
	}

	/**
	 * Whether the server has refused a prepared statement because its result has changed
	 * since it was prepared. The driver prepares it again the next time.
	 * @param ex the error
	 * @return {@code true} if the same statement will be executed
	 */
	public static boolean isOutdatedPlan(Throwable ex) {
		return POSTGRES && PgjdbcConnection.hasOutdatedPlan(ex);
	}

	/**
	 * The transaction that the connection is in.
	 * @return the state of the session as the server reported it last
	 */
	public TransactionState transaction() {
		return TransactionState.UNKNOWN;
	}

	/**
	 * Whether the driver sets savepoints by itself before statements.
	 * @return {@code true} unless {@code autosave} is {@code never}
	 */
	public boolean setsSavepoints() {
		return false;
	}

	/**
	 * Has the driver prepare a statement anew within a transaction if its plan is
	 * outdated or the server has forgotten it, as it does by itself outside of one. For
	 * that the driver sets a savepoint, together with the statement.
	 * @param statement the statement that is about to be executed
	 * @return whether {@link #stopPreparingAnew()} is to be called after the execution
	 * @throws SQLException if the statement is closed
	 */
	public boolean prepareAnew(Statement statement) throws SQLException {
		return false;
	}

	/**
	 * Has the driver set no savepoints by itself any longer.
	 */
	public void stopPreparingAnew() {
	}

	/**
	 * Whether a transaction that begins now is read-only because the connection was set
	 * so.
	 * @return {@code false} also if that is not known, or if {@code readOnlyMode} is
	 * {@code ignore}
	 */
	public boolean beginsReadOnly() {
		return false;
	}

	/**
	 * A parameter that the server reports whenever it changes.
	 * @param name the name of the parameter
	 * @return its value, {@code null} if the server does not report it
	 */
	public @Nullable String parameter(String name) {
		return null;
	}

	/**
	 * The driver's own connection, the same each time that a pool hands it out.
	 * @return an object to compare by identity, a new one each time if the driver is not
	 * known
	 */
	public Object identity() {
		return new Object();
	}

	/**
	 * Whether the catalog of a connection can be changed.
	 * @return {@code false} for PostgreSQL, whose driver ignores another catalog
	 */
	public boolean hasCatalogs() {
		return true;
	}

	/**
	 * The schema that the server looks in first. A pool may remember one that was set and
	 * rolled back since.
	 * @param connection the connection, as the pool hands it out
	 * @return the name of the schema, {@code null} if there is none
	 * @throws SQLException if the server gives no answer
	 */
	public @Nullable String schema(Connection connection) throws SQLException {
		return connection.getSchema();
	}

	/**
	 * The process that serves the session, as it was named when the connection was
	 * opened. A connection pooler names one of its own.
	 * @return the process id, 0 if it is not known
	 */
	public int backendPid() {
		return 0;
	}

	/**
	 * Whether the session is known to wait at each commit until the log is flushed, as
	 * was {@linkplain #commitsSynchronously(boolean, long) found out} within the last
	 * second: the server's configuration may change while it is open.
	 * @param now the time on a monotonic clock, in nanoseconds
	 * @return {@code false} also if that is not known
	 */
	public boolean commitsSynchronously(long now) {
		return false;
	}

	/**
	 * Remembers whether the session waits at each commit until the log is flushed.
	 * @param known {@code false} if it does not, or may have changed that
	 * @param now the time on a monotonic clock, in nanoseconds
	 */
	public void commitsSynchronously(boolean known, long now) {
	}

	/**
	 * The transaction state of a session.
	 */
	public enum TransactionState {

		/**
		 * In no transaction.
		 */
		IDLE,

		/**
		 * In a transaction.
		 */
		OPEN,

		/**
		 * In a transaction that has failed and can only be rolled back.
		 */
		FAILED,

		/**
		 * Not known.
		 */
		UNKNOWN

	}

}
