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

package io.github.replication.benchmarks;

import java.lang.invoke.MethodHandles;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.Objects;
import java.util.Properties;
import java.util.logging.Logger;

import net.bytebuddy.ByteBuddy;
import net.bytebuddy.dynamic.loading.ClassLoadingStrategy;
import net.bytebuddy.implementation.StubMethod;
import net.bytebuddy.matcher.ElementMatchers;
import org.jspecify.annotations.Nullable;

/**
 * A driver whose answers cost nothing, so that what remains is the cost of what stands
 * over it. Takes the place of PostgreSQL's driver, and answers each question for the
 * state of a server as a primary with replicas that have replayed everything.
 * <p>
 * A connection has one statement, and that one result set: nothing is allocated. Methods
 * that are not written out do nothing.
 */
public final class StubDriver implements Driver {

	private static final String PREFIX = "jdbc:postgresql:";

	private static final String[] SERVER_STATE = { "read committed", "on", "", "app", "1", "1", "1", "1", "0/100",
			"0/100", "t", "", "", "1", "1", "" };

	/**
	 * The column of the state that tells the servers apart.
	 */
	private static final int PORT = 7;

	private static final Class<? extends StubConnection> CONNECTION = implement(StubConnection.class);

	private static final Class<? extends StubStatement> STATEMENT = implement(StubStatement.class);

	private static final Class<? extends StubResultSet> RESULT_SET = implement(StubResultSet.class);

	private static final Class<? extends StubMetaData> META_DATA = implement(StubMetaData.class);

	private static final StubColumns COLUMNS = create(implement(StubColumns.class));

	/**
	 * Removes PostgreSQL's driver from this virtual machine and puts the stub there.
	 */
	static void install() throws SQLException {
		for (Driver driver : Collections.list(DriverManager.getDrivers())) {
			if (driver.acceptsURL(Servers.STUB.primary())) {
				DriverManager.deregisterDriver(driver);
			}
		}
		DriverManager.registerDriver(new StubDriver());
	}

	@Override
	public @Nullable Connection connect(String url, Properties info) {
		return acceptsURL(url) ? create(CONNECTION).at(url) : null;
	}

	@Override
	public boolean acceptsURL(String url) {
		return url.startsWith(PREFIX);
	}

	@Override
	public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) {
		return new DriverPropertyInfo[0];
	}

	@Override
	public int getMajorVersion() {
		return 42;
	}

	@Override
	public int getMinorVersion() {
		return 7;
	}

	@Override
	public boolean jdbcCompliant() {
		return false;
	}

	@Override
	public Logger getParentLogger() {
		return Logger.getGlobal();
	}

	private static <T> Class<? extends T> implement(Class<T> type) {
		return new ByteBuddy().subclass(type)
			.method(ElementMatchers.isAbstract())
			.intercept(StubMethod.INSTANCE)
			.make()
			.load(type.getClassLoader(), ClassLoadingStrategy.UsingLookup.of(MethodHandles.lookup()))
			.getLoaded();
	}

	private static <T> T create(Class<T> type) {
		try {
			return type.getDeclaredConstructor().newInstance();
		}
		catch (ReflectiveOperationException ex) {
			throw new IllegalStateException(ex);
		}
	}

	abstract static class StubConnection implements Connection {

		private final StubStatement statement = create(STATEMENT);

		private String url = "";

		private boolean autoCommit = true;

		private boolean readOnly;

		private boolean closed;

		StubConnection at(String url) {
			this.url = url;
			this.statement.connection = this;
			this.statement.resultSet.standby = url.contains("replica");
			this.statement.resultSet.port = url.hashCode();
			return this;
		}

		@Override
		public PreparedStatement prepareStatement(String sql) {
			return this.statement.of(sql);
		}

		@Override
		public PreparedStatement prepareStatement(String sql, int type, int concurrency) {
			return prepareStatement(sql);
		}

		@Override
		public PreparedStatement prepareStatement(String sql, int type, int concurrency, int holdability) {
			return prepareStatement(sql);
		}

		@Override
		public Statement createStatement() {
			return this.statement;
		}

		@Override
		public Statement createStatement(int type, int concurrency) {
			return this.statement;
		}

		@Override
		public Statement createStatement(int type, int concurrency, int holdability) {
			return this.statement;
		}

		@Override
		public boolean getAutoCommit() {
			return this.autoCommit;
		}

		@Override
		public void setAutoCommit(boolean autoCommit) {
			this.autoCommit = autoCommit;
		}

		@Override
		public boolean isReadOnly() {
			return this.readOnly;
		}

		@Override
		public void setReadOnly(boolean readOnly) {
			this.readOnly = readOnly;
		}

		@Override
		public int getTransactionIsolation() {
			return TRANSACTION_READ_COMMITTED;
		}

		@Override
		public int getHoldability() {
			return ResultSet.CLOSE_CURSORS_AT_COMMIT;
		}

		@Override
		public boolean isValid(int timeout) {
			return !this.closed;
		}

		@Override
		public boolean isClosed() {
			return this.closed;
		}

		@Override
		public void close() {
			this.closed = true;
		}

		@Override
		public String getCatalog() {
			return "app";
		}

		@Override
		public String getSchema() {
			return "public";
		}

		@Override
		public DatabaseMetaData getMetaData() {
			StubMetaData metaData = create(META_DATA);
			metaData.connection = this;
			return metaData;
		}

	}

	abstract static class StubMetaData implements DatabaseMetaData {

		private @Nullable StubConnection connection;

		private StubConnection connection() {
			return Objects.requireNonNull(this.connection);
		}

		@Override
		public Connection getConnection() {
			return connection();
		}

		@Override
		public String getURL() {
			return connection().url;
		}

		@Override
		public String getUserName() {
			return "app";
		}

		@Override
		public String getDatabaseProductName() {
			return "PostgreSQL";
		}

		@Override
		public String getDatabaseProductVersion() {
			return "18";
		}

		@Override
		public int getDatabaseMajorVersion() {
			return 18;
		}

		@Override
		public String getDriverName() {
			return "stub";
		}

		@Override
		public String getIdentifierQuoteString() {
			return "\"";
		}

		@Override
		public ResultSet getTables(@Nullable String catalog, @Nullable String schema, @Nullable String table,
				String @Nullable [] types) {
			return create(RESULT_SET);
		}

		@Override
		public ResultSet getTypeInfo() {
			return create(RESULT_SET);
		}

		@Override
		public ResultSet getSchemas() {
			return create(RESULT_SET);
		}

	}

	abstract static class StubStatement implements PreparedStatement {

		private final StubResultSet resultSet = create(RESULT_SET);

		private @Nullable StubConnection connection;

		StubStatement of(String sql) {
			this.resultSet.rows = sql.startsWith("SELECT ?");
			this.resultSet.state = sql.contains("synchronous_commit");
			return this;
		}

		@Override
		public Connection getConnection() {
			return Objects.requireNonNull(this.connection);
		}

		@Override
		public ResultSet executeQuery() {
			return this.resultSet.again();
		}

		@Override
		public ResultSet executeQuery(String sql) {
			return of(sql).executeQuery();
		}

		@Override
		public boolean execute() {
			this.resultSet.again();
			return true;
		}

		@Override
		public boolean execute(String sql) {
			return of(sql).execute();
		}

		@Override
		public ResultSet getResultSet() {
			return this.resultSet;
		}

		@Override
		public int executeUpdate() {
			return 1;
		}

	}

	abstract static class StubResultSet implements ResultSet {

		private boolean rows;

		private boolean state;

		private boolean standby;

		private int port;

		private boolean more;

		StubResultSet again() {
			this.more = this.rows || this.state;
			return this;
		}

		@Override
		public boolean next() {
			boolean next = this.more;
			this.more = false;
			return next;
		}

		@Override
		public @Nullable String getString(int column) {
			return this.state ? SERVER_STATE[column - 1] : "1";
		}

		@Override
		public boolean getBoolean(int column) {
			return this.standby;
		}

		@Override
		public ResultSetMetaData getMetaData() {
			return COLUMNS;
		}

		@Override
		public int getInt(int column) {
			return (this.state && column == PORT) ? this.port : 1;
		}

		@Override
		public long getLong(int column) {
			return 1;
		}

	}

	abstract static class StubColumns implements ResultSetMetaData {

		@Override
		public int getColumnCount() {
			return 1;
		}

		@Override
		public String getColumnLabel(int column) {
			return "sum";
		}

		@Override
		public String getColumnName(int column) {
			return "sum";
		}

	}

}
