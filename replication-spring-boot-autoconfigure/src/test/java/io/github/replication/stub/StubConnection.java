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

package io.github.replication.stub;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Array;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;

/**
 * A physical connection to a {@link StubServer}, as strict as pgjdbc: what belongs to a
 * transaction's beginning cannot be changed in the middle of one, and nothing can be
 * asked of a closed connection.
 */
public final class StubConnection {

	private static final Set<String> ALLOWED_WHEN_SHUT = Set.of("close", "isClosed", "abort", "toString", "hashCode",
			"equals", "isValid", "isWrapperFor", "unwrap");

	private final StubServer server;

	private final int number;

	private final Connection proxy;

	private final AtomicInteger aborts = new AtomicInteger();

	private final AtomicInteger closes = new AtomicInteger();

	private volatile boolean shut;

	private volatile boolean inTransaction;

	private boolean autoCommit = true;

	private boolean readOnly;

	private int isolation = Connection.TRANSACTION_READ_COMMITTED;

	private @Nullable String schema;

	private @Nullable String catalog = "app";

	private int holdability = ResultSet.CLOSE_CURSORS_AT_COMMIT;

	private int networkTimeout;

	private Properties clientInfo = new Properties();

	StubConnection(StubServer server, int number) {
		this.server = server;
		this.number = number;
		this.proxy = proxy(Connection.class, this::invoke);
	}

	Connection proxy() {
		return this.proxy;
	}

	/**
	 * Breaks the connection, as a server does that goes away.
	 */
	public void shut() {
		this.shut = true;
	}

	public boolean isShut() {
		return this.shut;
	}

	public boolean isInTransaction() {
		return this.inTransaction;
	}

	public int aborts() {
		return this.aborts.get();
	}

	public int closes() {
		return this.closes.get();
	}

	public boolean isAutoCommit() {
		return this.autoCommit;
	}

	public boolean isReadOnly() {
		return this.readOnly;
	}

	public int isolation() {
		return this.isolation;
	}

	public @Nullable String schema() {
		return this.schema;
	}

	public @Nullable String catalog() {
		return this.catalog;
	}

	public int networkTimeout() {
		return this.networkTimeout;
	}

	public int holdability() {
		return this.holdability;
	}

	public Properties clientInfo() {
		return this.clientInfo;
	}

	private @Nullable Object invoke(Object proxy, Method method, @Nullable Object[] args) throws Throwable {
		String name = method.getName();
		if (this.shut && !ALLOWED_WHEN_SHUT.contains(name)) {
			throw new SQLException("This connection has been closed", "08003");
		}
		this.server.fail(name);
		switch (name) {
			case "close":
				this.closes.incrementAndGet();
				this.shut = true;
				return null;
			case "abort":
				this.aborts.incrementAndGet();
				this.shut = true;
				return null;
			case "isClosed":
				return this.shut;
			case "isValid":
				return !this.shut;
			case "getAutoCommit":
				return this.autoCommit;
			case "setAutoCommit":
				if (this.inTransaction && !this.autoCommit && (Boolean) args[0]) {
					end("COMMIT");
				}
				this.autoCommit = (Boolean) args[0];
				return null;
			case "isReadOnly":
				return this.readOnly;
			case "setReadOnly":
				requireNoTransaction();
				this.readOnly = (Boolean) args[0];
				return null;
			case "getTransactionIsolation":
				return this.isolation;
			case "setTransactionIsolation":
				requireNoTransaction();
				this.isolation = (Integer) args[0];
				return null;
			case "getSchema":
				return (this.schema != null) ? this.schema : "public";
			case "setSchema":
				this.schema = (String) args[0];
				return null;
			case "getCatalog":
				return this.catalog;
			case "setCatalog":
				this.catalog = (String) args[0];
				return null;
			case "getHoldability":
				return this.holdability;
			case "setHoldability":
				this.holdability = (Integer) args[0];
				return null;
			case "getNetworkTimeout":
				return this.networkTimeout;
			case "setNetworkTimeout":
				this.networkTimeout = (Integer) args[1];
				return null;
			case "getClientInfo":
				return (args != null) ? this.clientInfo.getProperty((String) args[0]) : this.clientInfo;
			case "setClientInfo":
				setClientInfo(args);
				return null;
			case "commit":
				end("COMMIT");
				return null;
			case "rollback":
				if (args == null) {
					end("ROLLBACK");
				}
				return null;
			case "setSavepoint":
				execute("SAVEPOINT");
				return proxy(Savepoint.class, (savepoint, called, values) -> 1);
			case "createStatement":
				return new StubStatement(null).create(Statement.class);
			case "prepareStatement":
				return new StubStatement((String) args[0]).create(PreparedStatement.class);
			case "prepareCall":
				return new StubStatement((String) args[0]).create(CallableStatement.class);
			case "createArrayOf":
				return proxy(Array.class, (array, called, values) -> nothing(called.getReturnType()));
			case "nativeSQL":
				return args[0];
			case "getMetaData":
				return proxy(DatabaseMetaData.class, this::invokeMetaData);
			case "unwrap":
				return proxy;
			case "isWrapperFor":
				return ((Class<?>) args[0]).isInstance(proxy);
			case "toString":
				return this.server.host() + "#" + this.number;
			case "hashCode":
				return System.identityHashCode(proxy);
			case "equals":
				return proxy == args[0];
			default:
				return nothing(method.getReturnType());
		}
	}

	private void setClientInfo(Object[] args) {
		if (args.length == 2) {
			this.clientInfo.put(args[0], args[1]);
		}
		else {
			Properties clientInfo = new Properties();
			clientInfo.putAll((Properties) args[0]);
			this.clientInfo = clientInfo;
		}
	}

	private @Nullable Object invokeMetaData(Object proxy, Method method, @Nullable Object[] args) throws SQLException {
		this.server.fail(method.getName());
		return switch (method.getName()) {
			case "getTables" -> {
				execute("(tables)");
				yield rows();
			}
			case "getDatabaseProductName" -> {
				execute("(product)");
				yield "Stub";
			}
			case "getURL" -> this.server.url();
			default -> nothing(method.getReturnType());
		};
	}

	private void requireNoTransaction() throws SQLException {
		if (this.inTransaction) {
			throw new SQLException("Cannot change this in the middle of a transaction.", "25001");
		}
	}

	private void execute(String sql) {
		if (!this.autoCommit && !this.inTransaction) {
			this.inTransaction = true;
			record(this.readOnly ? "BEGIN READ ONLY" : "BEGIN");
		}
		record(sql);
	}

	private void end(String how) throws SQLException {
		if (this.autoCommit) {
			throw new SQLException("Cannot end a transaction in auto-commit", "25P01");
		}
		if (this.inTransaction) {
			this.inTransaction = false;
			record(how);
		}
	}

	private void record(String sql) {
		this.server.record(new StubServer.Executed(this.number, sql, this.autoCommit, this.readOnly, this.isolation,
				this.schema, this.catalog, Map.copyOf(this.clientInfo), this.networkTimeout, this.holdability));
	}

	private ResultSet rows() {
		AtomicInteger row = new AtomicInteger();
		boolean[] closed = new boolean[1];
		return proxy(ResultSet.class, (proxy, method, args) -> switch (method.getName()) {
			case "next" -> row.getAndIncrement() == 0;
			case "getString" -> this.server.isolation();
			case "getInt" -> 1;
			case "close" -> {
				closed[0] = true;
				yield null;
			}
			case "isClosed" -> closed[0] || this.shut;
			case "equals" -> proxy == args[0];
			case "hashCode" -> System.identityHashCode(proxy);
			default -> nothing(method.getReturnType());
		});
	}

	@SuppressWarnings("unchecked")
	private static <T> T proxy(Class<T> type, InvocationHandler handler) {
		return (T) Proxy.newProxyInstance(StubConnection.class.getClassLoader(), new Class<?>[] { type }, handler);
	}

	private static @Nullable Object nothing(Class<?> type) {
		if (!type.isPrimitive() || type == void.class) {
			return null;
		}
		if (type == boolean.class) {
			return false;
		}
		if (type == long.class) {
			return 0L;
		}
		return ClassUtils.isPrimitiveOrWrapper(type) ? 0 : null;
	}

	@SuppressWarnings("unchecked")
	static <E extends Throwable> void sneak(Throwable failure) throws E {
		throw (E) failure;
	}

	/**
	 * A statement on this connection.
	 */
	private final class StubStatement {

		private final @Nullable String sql;

		private final List<String> batch = new ArrayList<>();

		private boolean closed;

		private int fetchSize;

		private int queryTimeout;

		StubStatement(@Nullable String sql) {
			this.sql = sql;
		}

		<T extends Statement> T create(Class<T> type) {
			return proxy(type, this::invoke);
		}

		private @Nullable Object invoke(Object proxy, Method method, @Nullable Object[] args) throws Throwable {
			String name = method.getName();
			if (name.equals("toString")) {
				return "statement " + this.sql;
			}
			if (StubConnection.this.shut && !ALLOWED_WHEN_SHUT.contains(name)) {
				throw new SQLException("This connection has been closed", "08003");
			}
			StubConnection.this.server.fail(name.toLowerCase(Locale.ROOT).startsWith("execute") ? "execute" : name);
			switch (name) {
				case "executeBatch":
					this.batch.forEach(StubConnection.this::execute);
					int[] counts = new int[this.batch.size()];
					this.batch.clear();
					return counts;
				case "executeQuery":
					StubConnection.this.execute((args != null) ? (String) args[0] : this.sql);
					return rows();
				case "execute", "executeUpdate", "executeLargeUpdate":
					StubConnection.this.execute((args != null) ? (String) args[0] : this.sql);
					return nothing(method.getReturnType());
				case "addBatch":
					this.batch.add((args != null) ? (String) args[0] : this.sql);
					return null;
				case "clearBatch":
					this.batch.clear();
					return null;
				case "setFetchSize":
					this.fetchSize = (Integer) args[0];
					return null;
				case "getFetchSize":
					return this.fetchSize;
				case "setQueryTimeout":
					this.queryTimeout = (Integer) args[0];
					return null;
				case "getQueryTimeout":
					return this.queryTimeout;
				case "getGeneratedKeys", "getResultSet":
					return rows();
				case "close":
					this.closed = true;
					return null;
				case "isClosed":
					return this.closed || StubConnection.this.shut;
				case "isWrapperFor":
					return false;
				case "hashCode":
					return System.identityHashCode(proxy);
				case "equals":
					return proxy == args[0];
				default:
					return nothing(method.getReturnType());
			}
		}

	}

}
