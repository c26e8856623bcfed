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
import java.time.Duration;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.support.JdbcUtils;

import io.github.replication.postgres.DriverConnection;
import io.github.replication.postgres.SqlState;

/**
 * A connection of its own to one node, for questions about its state. Used by one thread
 * at a time, but for {@link #close}.
 */
final class Probe implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(Probe.class);

	private static final String PRODUCT = "PostgreSQL";

	private final Opening opening;

	private final Opening borrowing;

	private final ServerStateQuery query;

	private final Duration timeout;

	private volatile @Nullable Connection connection;

	private volatile boolean closed;

	private boolean postgres;

	private volatile boolean doubted;

	private volatile @Nullable String server;

	private Change change = Change.NONE;

	/**
	 * Creates a probe that opens its connection when it is first asked.
	 * @param opening opens a connection
	 * @param borrowing takes a connection that others use too, for a server that has none
	 * left
	 * @param query the query for the state
	 * @param timeout how long the server may take to answer
	 */
	Probe(Opening opening, Opening borrowing, ServerStateQuery query, Duration timeout) {
		this.opening = opening;
		this.borrowing = borrowing;
		this.query = query;
		this.timeout = timeout;
	}

	/**
	 * Asks the server, on the connection of the last time if that still lives.
	 * @param thoroughly whether to ask for rarely needed values too, on a new connection:
	 * the address may lead to another server by now
	 */
	ServerState ask(boolean thoroughly) throws SQLException {
		Connection connection = this.connection;
		boolean fresh = connection == null;
		try {
			if (connection == null) {
				connection = open();
			}
			else if (thoroughly || this.doubted) {
				connection = renewed(connection);
			}
			return this.postgres ? this.query.ask(connection, thoroughly) : alive(connection);
		}
		catch (SQLException ex) {
			if (fresh && SqlState.isOutOfResources(ex)) {
				return askBorrowed(ex);
			}
			if (SqlState.isAnswer(ex)) {
				throw ex;
			}
			drop();
			if (fresh) {
				throw ex;
			}
			throw new ConnectionLostException(ex);
		}
		catch (RuntimeException | Error ex) {
			drop();
			throw ex;
		}
	}

	/**
	 * Asks a server that has no connection left. What it is further behind than before
	 * would not be known otherwise, while it goes on to serve.
	 */
	private ServerState askBorrowed(SQLException refusal) throws SQLException {
		try (Connection connection = this.borrowing.open()) {
			if (!isPostgres(connection)) {
				return alive(connection);
			}
			ServerState state = askOn(connection);
			compare(inTime(connection, ServerStateQuery::identify));
			return state;
		}
		catch (SQLException ex) {
			refusal.addSuppressed(ex);
			throw refusal;
		}
	}

	/**
	 * Has the next question asked on a new connection.
	 */
	void doubt() {
		this.doubted = true;
	}

	/**
	 * Returns the change of the server since the last call.
	 */
	Change change() {
		Change change = this.change;
		this.change = Change.NONE;
		return change;
	}

	/**
	 * A new connection in place of one that lives, which stays if there is no new one.
	 */
	private Connection renewed(Connection current) throws SQLException {
		this.doubted = false;
		String before = this.server;
		Connection connection;
		try {
			connection = open();
		}
		catch (SQLException | RuntimeException | Error ex) {
			if (this.closed) {
				abort(current);
				throw ex;
			}
			logger.debug("The connection of a probe was not renewed", ex);
			return current;
		}
		try {
			if (this.change == Change.RESTARTED && leadsTo(before, current)) {
				// two servers may call their addresses the same, or have none
				this.change = Change.MOVED;
			}
			return connection;
		}
		finally {
			abort(current);
		}
	}

	/**
	 * Lets a primary flush to the end of a record. If the user may not do that, or the
	 * server cannot, it is no failure.
	 */
	void flush() {
		Connection connection = this.connection;
		try {
			if (connection != null) {
				ServerStateQuery.flush(connection);
			}
		}
		catch (SQLException ex) {
			logger.debug("The primary was not asked to flush", ex);
		}
		catch (RuntimeException | Error ex) {
			drop();
			throw ex;
		}
	}

	/**
	 * Asks the server of another connection, in auto-commit, within the same time.
	 */
	ServerState askOn(Connection connection) throws SQLException {
		boolean autoCommit = connection.getAutoCommit();
		int timeout = connection.getNetworkTimeout();
		connection.setNetworkTimeout(Runnable::run, timeoutInMillis());
		connection.setAutoCommit(true);
		ServerState state = this.query.ask(connection, false);
		connection.setAutoCommit(autoCommit);
		connection.setNetworkTimeout(Runnable::run, timeout);
		return state;
	}

	/**
	 * Asks the server of another connection whether it is the one that was asked last.
	 */
	boolean isServerOf(Connection connection) throws SQLException {
		String known = this.server;
		String server = (known != null) ? inTime(connection, ServerStateQuery::identify) : null;
		return known == null || server == null || withoutAddress(server).equals(withoutAddress(known));
	}

	/**
	 * Asks the server of another connection something within the same time.
	 */
	private <T> @Nullable T inTime(Connection connection, Question<T> question) throws SQLException {
		int timeout = connection.getNetworkTimeout();
		connection.setNetworkTimeout(Runnable::run, timeoutInMillis());
		T answer = question.ask(connection);
		connection.setNetworkTimeout(Runnable::run, timeout);
		return answer;
	}

	/**
	 * Whether it has a connection of its own.
	 */
	boolean isConnected() {
		return this.connection != null;
	}

	private int timeoutInMillis() {
		return (int) Math.min(Integer.MAX_VALUE, this.timeout.toMillis());
	}

	/**
	 * Sets a mark of the history.
	 * @param timeline the timeline of the server
	 * @return the mark, {@code null} if the server does not let the user
	 */
	@Nullable HistoryMark mark(int timeline) throws SQLException {
		return askAgain((connection) -> HistoryMark.set(connection, timeline));
	}

	/**
	 * Looks for a mark of the primary's history.
	 * @param lsn a position that the standby has replayed
	 * @return the finding, {@code null} if the server does not let the user look
	 */
	HistoryMark.@Nullable Finding find(HistoryMark mark, long lsn) throws SQLException {
		return askAgain((connection) -> mark.find(connection, lsn));
	}

	/**
	 * Asks on the connection that has just answered.
	 * @throws ConnectionLostException unless the server has reported an error and goes on
	 */
	private <T> @Nullable T askAgain(Question<T> question) throws SQLException {
		Connection connection = this.connection;
		if (connection == null) {
			throw new SQLException("The probe is closed.");
		}
		try {
			return question.ask(connection);
		}
		catch (SQLException ex) {
			if (SqlState.isNotAvailable(ex)) {
				return null;
			}
			if (DriverConnection.isReportedByServer(ex) && !SqlState.mayMeanServerIsGone(ex)) {
				throw ex;
			}
			drop();
			throw new ConnectionLostException(ex);
		}
		catch (RuntimeException | Error ex) {
			drop();
			throw ex;
		}
	}

	private Connection open() throws SQLException {
		Connection connection = this.opening.open();
		try {
			limit(connection, timeoutInMillis());
			this.postgres = isPostgres(connection);
			if (this.postgres) {
				compare(ServerStateQuery.identify(connection));
			}
		}
		catch (SQLException | RuntimeException | Error ex) {
			abort(connection);
			throw ex;
		}
		this.connection = connection;
		if (this.closed) {
			drop();
			throw new SQLException("The probe is closed.");
		}
		return connection;
	}

	private static boolean isPostgres(Connection connection) throws SQLException {
		return PRODUCT.equals(connection.getMetaData().getDatabaseProductName());
	}

	/**
	 * Bounds how long a server may take to answer, where the driver can.
	 */
	static void limit(Connection connection, int millis) throws SQLException {
		try {
			connection.setNetworkTimeout(Runnable::run, millis);
		}
		catch (SQLFeatureNotSupportedException ex) {
			logger.debug("The driver waits for an answer as long as it takes", ex);
		}
	}

	/**
	 * Another database can only be asked whether it lives.
	 */
	private ServerState alive(Connection connection) throws SQLException {
		if (!connection.isValid((int) Math.max(1, this.timeout.toSeconds()))) {
			throw new SQLException("The server does not answer.", SqlState.CONNECTION_FAILURE);
		}
		return ServerState.UNKNOWN;
	}

	/**
	 * Whether a former connection still leads to its server. Behind a connection pooler
	 * it may lead to the one of a new connection by now.
	 */
	private static boolean leadsTo(@Nullable String server, Connection connection) {
		try {
			return server != null && server.equals(ServerStateQuery.identify(connection));
		}
		catch (SQLException ex) {
			return false;
		}
	}

	/**
	 * A restarted server stands at the same address. One that has several addresses is
	 * known by its port and the time of its start.
	 */
	private void compare(@Nullable String server) {
		String before = this.server;
		if (server != null && before != null && !withoutAddress(server).equals(withoutAddress(before))) {
			this.change = addressOf(server).equals(addressOf(before)) ? Change.RESTARTED : Change.MOVED;
		}
		if (server != null) {
			this.server = server;
		}
	}

	private static String withoutAddress(String server) {
		return server.substring(server.indexOf(' ') + 1);
	}

	private static String addressOf(String server) {
		return server.substring(0, server.lastIndexOf(' ') + 1);
	}

	private void drop() {
		Connection connection = this.connection;
		this.connection = null;
		abort(connection);
	}

	/**
	 * Closes a connection without waiting for its user.
	 */
	static void abort(@Nullable Connection connection) {
		if (connection != null) {
			try {
				connection.abort(Runnable::run);
			}
			catch (SQLException | RuntimeException | AbstractMethodError ex) {
				JdbcUtils.closeConnection(connection);
			}
		}
	}

	@Override
	public void close() {
		this.closed = true;
		JdbcUtils.closeConnection(this.connection);
	}

	/**
	 * The changes of the server that an address leads to.
	 */
	enum Change {

		/**
		 * It is the same.
		 */
		NONE,

		/**
		 * It was started again.
		 */
		RESTARTED,

		/**
		 * It is another one.
		 */
		MOVED

	}

	/**
	 * Opens a connection.
	 */
	@FunctionalInterface
	interface Opening {

		Connection open() throws SQLException;

	}

	/**
	 * Asks a server something.
	 *
	 * @param <T> the type of the answer
	 */
	@FunctionalInterface
	private interface Question<T> {

		@Nullable T ask(Connection connection) throws SQLException;

	}

	/**
	 * A connection that had worked has failed: the server may have been restarted since.
	 */
	static final class ConnectionLostException extends SQLException {

		private static final long serialVersionUID = 1L;

		ConnectionLostException(SQLException cause) {
			super(cause.getMessage(), cause.getSQLState(), cause);
		}

	}

}
