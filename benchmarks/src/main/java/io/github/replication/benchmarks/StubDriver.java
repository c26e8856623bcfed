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
import java.util.stream.IntStream;

import net.bytebuddy.ByteBuddy;
import net.bytebuddy.dynamic.loading.ClassLoadingStrategy;
import net.bytebuddy.implementation.StubMethod;
import net.bytebuddy.matcher.ElementMatchers;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;
import org.postgresql.jdbc.AutoSave;

/**
 * A driver whose answers cost nothing, so that the rest is the cost of the code that
 * stands over it. Takes the place of PostgreSQL's driver, and answers each question for
 * the state of a server as a primary with replicas that have replayed everything. Its
 * connections know the state of their transaction, as those of PostgreSQL's driver do,
 * and nobody has added a function to its catalog.
 * <p>
 * A connection has one statement, and that one result set: nothing is allocated. A query
 * that begins with {@code SELECT ? + n} has n rows of twenty columns. Methods that are
 * not written out do nothing.
 */
public final class StubDriver implements Driver {

	private static final String PREFIX = "jdbc:postgresql:";

	private static final String QUERY = "SELECT ? + ";

	/**
	 * The counts of each batch of up to a thousand updates.
	 */
	private static final int[][] COUNTS = IntStream.rangeClosed(0, 1000)
		.mapToObj((size) -> IntStream.range(0, size).map((entry) -> 1).toArray())
		.toArray(int[][]::new);

	private static final String[] SERVER_STATE = { "read committed", "on", "", "app", "1", "1", "1", "1", "0/100",
			"0/100", "t", "", "", "1", "1", "" };

	/**
	 * The column of the state that distinguishes the servers.
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

	/**
	 * Removes the stub and puts PostgreSQL's driver back.
	 */
	static void uninstall() throws SQLException {
		for (Driver driver : Collections.list(DriverManager.getDrivers())) {
			if (driver instanceof StubDriver) {
				DriverManager.deregisterDriver(driver);
			}
		}
		DriverManager.registerDriver(new org.postgresql.Driver());
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

	abstract static class StubConnection implements BaseConnection {

		private final StubStatement statement = create(STATEMENT);

		private String url = "";

		private boolean autoCommit = true;

		private boolean readOnly;

		private boolean closed;

		private TransactionState transaction = TransactionState.IDLE;

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

		private void executed() {
			if (!this.autoCommit) {
				this.transaction = TransactionState.OPEN;
			}
		}

		@Override
		public TransactionState getTransactionState() {
			return this.transaction;
		}

		@Override
		public void commit() {
			this.transaction = TransactionState.IDLE;
		}

		@Override
		public void rollback() {
			this.transaction = TransactionState.IDLE;
		}

		@Override
		public AutoSave getAutosave() {
			return AutoSave.NEVER;
		}

		@Override
		public boolean hintReadOnly() {
			return this.readOnly;
		}

		@Override
		public boolean isWrapperFor(Class<?> type) {
			return type.isInstance(this);
		}

		@Override
		public <T> T unwrap(Class<T> type) {
			return type.cast(this);
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

		private int batch;

		StubStatement of(String sql) {
			boolean query = sql.startsWith(QUERY);
			this.resultSet.rows = query ? number(sql) : 0;
			this.resultSet.state = !query && sql.contains("synchronous_commit");
			this.resultSet.written = !query && sql.contains("pg_current_xact_id_if_assigned");
			if (this.resultSet.state || sql.contains("server_version_num")) {
				this.resultSet.rows = 1;
			}
			return this;
		}

		private static int number(String sql) {
			int number = 0;
			for (int i = QUERY.length(); i < sql.length() && Character.isDigit(sql.charAt(i)); i++) {
				number = 10 * number + sql.charAt(i) - '0';
			}
			return number;
		}

		@Override
		public Connection getConnection() {
			return Objects.requireNonNull(this.connection);
		}

		@Override
		public ResultSet executeQuery() {
			return again();
		}

		private ResultSet again() {
			Objects.requireNonNull(this.connection).executed();
			return this.resultSet.again();
		}

		@Override
		public ResultSet executeQuery(String sql) {
			return of(sql).executeQuery();
		}

		@Override
		public boolean execute() {
			again();
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
			Objects.requireNonNull(this.connection).executed();
			return 1;
		}

		@Override
		public int executeUpdate(String sql) {
			return of(sql).executeUpdate();
		}

		@Override
		public void addBatch() {
			this.batch++;
		}

		@Override
		public int[] executeBatch() {
			Objects.requireNonNull(this.connection).executed();
			int[] counts = COUNTS[Math.min(this.batch, COUNTS.length - 1)];
			this.batch = 0;
			return counts;
		}

	}

	abstract static class StubResultSet implements ResultSet {

		private int rows;

		private boolean state;

		private boolean written;

		private boolean standby;

		private int port;

		private int left;

		StubResultSet again() {
			this.left = this.rows;
			return this;
		}

		@Override
		public boolean next() {
			this.left--;
			return this.left >= 0;
		}

		@Override
		public @Nullable String getString(int column) {
			return this.state ? SERVER_STATE[column - 1] : "1";
		}

		@Override
		public boolean getBoolean(int column) {
			return this.written || this.standby;
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
