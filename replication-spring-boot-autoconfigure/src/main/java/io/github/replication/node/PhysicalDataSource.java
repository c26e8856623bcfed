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
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

import javax.sql.DataSource;

import com.zaxxer.hikari.util.Credentials;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.JdbcUtils;

import io.github.replication.postgres.SqlState;

/**
 * Opens the physical connections of one pool, checks each before its first use, and
 * remembers how the last attempt ended. The credentials are looked up for each: they may
 * change while the application runs.
 */
final class PhysicalDataSource extends DelegatingDataSource {

	private final CredentialsSource credentials;

	private final FirstUse firstUse;

	private final AtomicReference<@Nullable Connection> opened = new AtomicReference<>();

	/**
	 * Whether HikariCP has learned the isolation level of the pool.
	 */
	private final AtomicBoolean settled = new AtomicBoolean();

	private volatile @Nullable SQLException failure;

	private volatile boolean pooled;

	/**
	 * Creates a source of physical connections.
	 * @param driver opens them
	 * @param credentials with which user
	 * @param firstUse makes each ready
	 */
	PhysicalDataSource(DataSource driver, CredentialsSource credentials, FirstUse firstUse) {
		super(driver);
		this.credentials = credentials;
		this.firstUse = firstUse;
	}

	@Override
	public Connection getConnection() throws SQLException {
		Connection connection = this.opened.getAndSet(null);
		return (connection != null) ? connection : open();
	}

	/**
	 * The pool's own idea of its user may be older than that of the source.
	 */
	@Override
	public Connection getConnection(String username, String password) throws SQLException {
		return getConnection();
	}

	@Override
	public void setLoginTimeout(int seconds) {
		// the driver's own properties bound the attempt: DriverManager's timeout is
		// global
	}

	/**
	 * Opens a connection ahead of the pool, which takes it when it asks for one next.
	 */
	void openAhead() throws SQLException {
		JdbcUtils.closeConnection(this.opened.getAndSet(open()));
	}

	/**
	 * Opens a connection that does not belong to the pool.
	 */
	Connection connect() throws SQLException {
		DataSource driver = obtainTargetDataSource();
		Credentials credentials = this.credentials.get();
		String username = credentials.getUsername();
		String password = credentials.getPassword();
		Connection connection = (username != null && password != null) ? driver.getConnection(username, password)
				: driver.getConnection();
		try {
			this.firstUse.endLogin(connection);
			return connection;
		}
		catch (SQLException | RuntimeException | Error ex) {
			JdbcUtils.closeConnection(connection);
			throw ex;
		}
	}

	/**
	 * Closes the connection that was opened ahead and not taken.
	 */
	void closeAhead() {
		JdbcUtils.closeConnection(this.opened.getAndSet(null));
	}

	/**
	 * Whether the settings of a session stay with its connection.
	 */
	boolean keepsSessions() {
		return this.firstUse.inspection() != null && !this.pooled;
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

	private Connection open() throws SQLException {
		try {
			Connection connection = checked(settling(connect()));
			this.failure = null;
			return connection;
		}
		catch (SQLException ex) {
			this.failure = ex;
			throw ex;
		}
	}

	private Connection settling(Connection connection) {
		return this.settled.get() ? connection : new UnsettledConnection(connection, this.settled);
	}

	private Connection checked(Connection connection) throws SQLException {
		try {
			if (!this.firstUse.prepare(connection)) {
				this.pooled = true;
			}
			return connection;
		}
		catch (SQLException | RuntimeException | Error ex) {
			JdbcUtils.closeConnection(connection);
			throw ex;
		}
	}

	/**
	 * Yields the credentials of the next connection.
	 */
	@FunctionalInterface
	interface CredentialsSource {

		/**
		 * Looks the credentials up.
		 * @return the credentials, whose parts may be {@code null}
		 * @throws SQLException if there are none
		 */
		Credentials get() throws SQLException;

	}

}
