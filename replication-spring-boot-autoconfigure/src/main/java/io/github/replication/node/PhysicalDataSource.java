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

import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicReference;

import javax.sql.DataSource;

import com.zaxxer.hikari.util.Credentials;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.JdbcUtils;

import io.github.replication.postgres.SqlState;

/**
 * Opens the physical connections of one read pool, checks each before its first use, and
 * remembers how the last attempt ended.
 */
final class PhysicalDataSource extends DelegatingDataSource {

	private final @Nullable Inspection inspection;

	private final long timeout;

	private final AtomicReference<@Nullable Connection> opened = new AtomicReference<>();

	private volatile @Nullable SQLException failure;

	private volatile boolean pooled;

	/**
	 * Creates a source of physical connections.
	 * @param driver opens them
	 * @param inspection asks the server of each for its state, {@code null} for a server
	 * that does not tell
	 * @param timeout how long the server may take to tell, in milliseconds
	 */
	PhysicalDataSource(DataSource driver, @Nullable Inspection inspection, long timeout) {
		super(driver);
		this.inspection = inspection;
		this.timeout = timeout;
	}

	@Override
	public Connection getConnection() throws SQLException {
		Connection connection = this.opened.getAndSet(null);
		return (connection != null) ? connection : open(obtainTargetDataSource()::getConnection);
	}

	@Override
	public Connection getConnection(String username, String password) throws SQLException {
		Connection connection = this.opened.getAndSet(null);
		return (connection != null) ? connection
				: open(() -> obtainTargetDataSource().getConnection(username, password));
	}

	@Override
	public void setLoginTimeout(int seconds) {
		// the driver's own properties bound the attempt: DriverManager's timeout is
		// global
	}

	/**
	 * Opens a connection ahead of the pool, which takes it when it asks for one next.
	 */
	void openAhead(Credentials credentials) throws SQLException {
		Connection connection = open(() -> connect(credentials));
		JdbcUtils.closeConnection(this.opened.getAndSet(connection));
	}

	/**
	 * Opens a connection that does not belong to the pool.
	 */
	Connection connect(Credentials credentials) throws SQLException {
		DataSource driver = obtainTargetDataSource();
		String username = credentials.getUsername();
		String password = credentials.getPassword();
		return (username != null && password != null) ? driver.getConnection(username, password)
				: driver.getConnection();
	}

	/**
	 * Closes what was opened ahead and not taken.
	 */
	void closeAhead() {
		JdbcUtils.closeConnection(this.opened.getAndSet(null));
	}

	/**
	 * Whether the settings of a session stay with its connection.
	 */
	boolean keepsSessions() {
		return this.inspection != null && !this.pooled;
	}

	/**
	 * Why the last attempt to open a connection failed, {@code null} if it succeeded or
	 * there was none.
	 */
	@Nullable SQLException failure() {
		return this.failure;
	}

	/**
	 * Whether an attempt to connect has taken too long. pgjdbc names no cause when its
	 * {@code loginTimeout} has passed, and one when it cannot connect for another reason.
	 */
	static boolean isTimeout(SQLException failure) {
		Throwable cause = failure.getCause();
		return cause instanceof SocketTimeoutException
				|| (cause == null && SqlState.UNABLE_TO_CONNECT.equals(failure.getSQLState()));
	}

	private Connection open(Opening opening) throws SQLException {
		try {
			Connection connection = checked(opening.open());
			this.failure = null;
			return connection;
		}
		catch (SQLException ex) {
			this.failure = ex;
			throw ex;
		}
	}

	private Connection checked(Connection connection) throws SQLException {
		if (this.inspection != null) {
			try {
				inspect(connection, this.inspection);
			}
			catch (SQLException | RuntimeException | Error ex) {
				JdbcUtils.closeConnection(connection);
				throw ex;
			}
		}
		return connection;
	}

	/**
	 * A server that falls silent after the login would be waited for without end.
	 */
	private void inspect(Connection connection, Inspection inspection) throws SQLException {
		int before = connection.getNetworkTimeout();
		connection.setNetworkTimeout(Runnable::run, (int) Math.min(Integer.MAX_VALUE, this.timeout));
		if (!inspection.inspect(connection)) {
			this.pooled = true;
		}
		connection.setNetworkTimeout(Runnable::run, before);
	}

	@FunctionalInterface
	private interface Opening {

		Connection open() throws SQLException;

	}

}
