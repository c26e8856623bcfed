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

package io.github.replication.twin;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import org.apache.commons.dbcp2.BasicDataSource;
import org.postgresql.PGConnection;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;

/**
 * The pool of the application, for a look at the connections that the next borrowers get.
 */
final class Pool {

	private static final int ATTEMPTS = 10;

	private static final String SETTINGS = """
			SELECT current_setting('search_path') AS schema, nullif(current_setting('app.tenant', true), '') AS tenant,
			current_setting('default_transaction_read_only') AS default_read_only,
			replace(current_setting('default_transaction_isolation'), ' ', '-') AS default_isolation,
			replace(current_setting('application_name'), ' ', '-') AS name,
			current_user AS user, current_setting('statement_timeout') AS timeout,
			current_setting('synchronous_commit') = 'off' AS unsafe,
			(SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r') AS temporary,
			(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks,
			(SELECT count(*) FROM pg_listening_channels()) AS channels,
			(SELECT count(*) FROM pg_cursor() WHERE is_holdable) AS cursors,
			(SELECT coalesce(string_agg(name, '-' ORDER BY name), '-') FROM pg_prepared_statement() WHERE from_sql) AS prepared""";

	private final DataSource dataSource;

	private final boolean remembersSchema;

	private final IntSupplier idle;

	private final IntSupplier active;

	private final String pristine;

	private final String schema;

	private final Runnable evict;

	private Pool(DataSource dataSource, IntSupplier idle, IntSupplier active, Runnable evict) throws SQLException {
		this.dataSource = dataSource;
		this.remembersSchema = dataSource instanceof BasicDataSource;
		this.idle = idle;
		this.active = active;
		this.evict = evict;
		try (Connection connection = borrow(dataSource)) {
			this.pristine = describe(connection);
			this.schema = connection.getSchema();
		}
	}

	static Pool of(DataSource dataSource) throws SQLException {
		if (dataSource.isWrapperFor(HikariDataSource.class)) {
			HikariDataSource pool = dataSource.unwrap(HikariDataSource.class);
			return new Pool(pool, () -> pool.getHikariPoolMXBean().getIdleConnections(),
					() -> pool.getHikariPoolMXBean().getActiveConnections(),
					() -> pool.getHikariPoolMXBean().softEvictConnections());
		}
		BasicDataSource pool = dataSource.unwrap(BasicDataSource.class);
		return new Pool(pool, pool::getNumIdle, pool::getNumActive, () -> invalidate(pool));
	}

	private static void invalidate(BasicDataSource pool) {
		try {
			for (int i = pool.getNumIdle(); i > 0; i--) {
				pool.invalidateConnection(pool.getConnection());
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Whether connections are handed out in auto-commit.
	 */
	boolean isAutoCommit() {
		return this.pristine.startsWith("autoCommit=true");
	}

	/**
	 * Whether a connection is closed after an exception with SQLSTATE 0A000.
	 */
	boolean evictsUnsupported() {
		return this.dataSource instanceof HikariDataSource;
	}

	/**
	 * Closes the idle connections.
	 */
	void evict() {
		this.evict.run();
	}

	/**
	 * Returns how many connections are in use.
	 */
	int active() {
		return this.active.getAsInt();
	}

	/**
	 * Describes each idle connection that is not as a new one, and makes it so.
	 */
	List<String> clean() throws SQLException {
		List<Connection> borrowed = new ArrayList<>();
		List<String> unclean = new ArrayList<>();
		try {
			for (int i = this.idle.getAsInt(); i > 0; i--) {
				borrowed.add(borrow(this.dataSource));
			}
			for (Connection connection : borrowed) {
				String description = describe(connection);
				if (!description.equals(this.pristine)) {
					unclean.add(description);
					clean(connection);
				}
			}
		}
		finally {
			for (Connection connection : borrowed) {
				connection.close();
			}
		}
		unclean.sort(null);
		return unclean;
	}

	/**
	 * Takes a connection. A busy machine may need more time to open one than sequences
	 * are to wait.
	 */
	private static Connection borrow(DataSource dataSource) throws SQLException {
		for (int attempt = 1;; attempt++) {
			try {
				return dataSource.getConnection();
			}
			catch (SQLTransientConnectionException ex) {
				if (attempt == ATTEMPTS) {
					throw ex;
				}
			}
		}
	}

	/**
	 * Whether each property of a description is as in a new connection, or as in one of
	 * other descriptions.
	 */
	boolean isAsNewOrAsIn(String description, List<String> others) {
		String[] values = description.split(" ");
		String[] ofNew = this.pristine.split(" ");
		return others.stream().map((other) -> other.split(" ")).anyMatch((other) -> {
			for (int i = 0; i < values.length; i++) {
				if (!values[i].equals(ofNew[i]) && !values[i].equals(other[i])) {
					return false;
				}
			}
			return true;
		});
	}

	/**
	 * Whether a description is of a connection at rest: nothing that JDBC defines is left
	 * from before.
	 */
	boolean isAtRest(String description) {
		return description.startsWith(this.pristine.substring(0, this.pristine.indexOf(" warnings=")));
	}

	private String describe(Connection connection) throws SQLException {
		BaseConnection driver = connection.unwrap(BaseConnection.class);
		StringBuilder text = new StringBuilder();
		text.append("autoCommit=").append(connection.getAutoCommit());
		text.append(" readOnly=").append(connection.isReadOnly());
		text.append(" holdability=").append(connection.getHoldability());
		text.append(" networkTimeout=").append(driver.getNetworkTimeout());
		text.append(" transaction=").append(driver.getTransactionState());
		if (driver.getTransactionState() != TransactionState.IDLE) {
			try (Statement statement = connection.createStatement()) {
				statement.execute("ROLLBACK");
			}
		}
		if (!connection.getAutoCommit()) {
			connection.setAutoCommit(true);
		}
		text.append(" warnings=").append(connection.getWarnings() != null);
		if (this.remembersSchema) {
			text.append(" remembered=").append(connection.getSchema());
		}
		try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(SETTINGS)) {
			result.next();
			for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
				text.append(' ').append(result.getMetaData().getColumnLabel(i)).append('=').append(result.getString(i));
			}
		}
		return text.toString();
	}

	/**
	 * Not all, for the driver has prepared some.
	 */
	private static void deallocate(Statement statement) throws SQLException {
		List<String> names = new ArrayList<>();
		try (ResultSet prepared = statement.executeQuery("SELECT name FROM pg_prepared_statements WHERE from_sql")) {
			while (prepared.next()) {
				names.add(prepared.getString(1));
			}
		}
		for (String name : names) {
			statement.execute("DEALLOCATE " + name);
		}
	}

	private void clean(Connection connection) throws SQLException {
		connection.setReadOnly(false);
		connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
		connection.setHoldability(ResultSet.CLOSE_CURSORS_AT_COMMIT);
		connection.clearWarnings();
		connection.setNetworkTimeout(Runnable::run, 0);
		// some pools remember it
		connection.setSchema(this.schema);
		try (Statement statement = connection.createStatement()) {
			statement.execute("RESET SESSION AUTHORIZATION");
			statement.execute("RESET ALL");
			// what the driver sets when it connects
			statement.execute("SET application_name = 'PostgreSQL JDBC Driver'; SET extra_float_digits = 3");
			statement.execute("DISCARD TEMP");
			statement.execute("SELECT pg_advisory_unlock_all()");
			statement.execute("UNLISTEN *");
			statement.execute("CLOSE ALL");
			deallocate(statement);
		}
		connection.unwrap(PGConnection.class).getNotifications();
	}

}
