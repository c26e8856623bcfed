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
import java.time.Duration;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.support.JdbcUtils;

import io.github.replication.postgres.SqlState;

/**
 * A connection of its own to one node, for questions about its state. Used by one thread
 * at a time, but for {@link #close}.
 */
final class Probe implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(Probe.class);

	private final Opening opening;

	private final ServerStateQuery query;

	private final Duration timeout;

	private volatile @Nullable Connection connection;

	private volatile boolean closed;

	/**
	 * Creates a probe that opens its connection when it is first asked.
	 * @param opening opens a connection
	 * @param query what to ask
	 * @param timeout how long the server may take to answer
	 */
	Probe(Opening opening, ServerStateQuery query, Duration timeout) {
		this.opening = opening;
		this.query = query;
		this.timeout = timeout;
	}

	/**
	 * Asks the server, on the connection of the last time if that still lives.
	 * @param thoroughly whether to ask for what is rarely needed
	 */
	ServerState ask(boolean thoroughly) throws SQLException {
		Connection connection = this.connection;
		boolean fresh = connection == null;
		try {
			return this.query.ask((connection != null) ? connection : open(), thoroughly);
		}
		catch (SQLException ex) {
			drop();
			if (fresh) {
				throw ex;
			}
			throw new ConnectionLostException(ex);
		}
	}

	/**
	 * Lets a primary flush to the end of a record. That it may not, or cannot, is no
	 * failure.
	 */
	void flush() {
		Connection connection = this.connection;
		try {
			if (connection != null) {
				ServerStateQuery.flush(connection);
			}
		}
		catch (SQLException ex) {
			logger.debug("The primary was not told to flush", ex);
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
	 * @return what the server shows, {@code null} if it does not let the user look
	 */
	HistoryMark.@Nullable Finding find(HistoryMark mark, long lsn) throws SQLException {
		return askAgain((connection) -> mark.find(connection, lsn));
	}

	/**
	 * Asks on the connection that has just answered.
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
			drop();
			throw new ConnectionLostException(ex);
		}
	}

	private Connection open() throws SQLException {
		Connection connection = this.opening.open();
		this.connection = connection;
		if (this.closed) {
			drop();
			throw new SQLException("The probe is closed.");
		}
		connection.setNetworkTimeout(Runnable::run, timeoutInMillis());
		return connection;
	}

	private void drop() {
		Connection connection = this.connection;
		this.connection = null;
		abort(connection);
	}

	/**
	 * Closes a connection without waiting for whoever uses it.
	 */
	static void abort(@Nullable Connection connection) {
		if (connection != null) {
			try {
				connection.abort(Runnable::run);
			}
			catch (SQLException ex) {
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

		T ask(Connection connection) throws SQLException;

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
