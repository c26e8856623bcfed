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

import java.sql.Array;
import java.sql.Blob;
import java.sql.CallableStatement;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.NClob;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Struct;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Executor;

import org.jspecify.annotations.Nullable;

import io.github.replication.RouteDecision;
import io.github.replication.RoutedConnection;
import io.github.replication.jdbc.SessionSettings.NetworkTimeout;
import io.github.replication.postgres.DriverConnection;
import io.github.replication.postgres.SqlState;

/**
 * A connection that takes a physical one when the first statement of a unit of work asks
 * for it. It decides again for the next unit: a transaction, or a statement in
 * auto-commit. The JDBC surface of a {@link RoutingSession}; not safe for use by several
 * threads, as JDBC connections are, except for {@link #abort}.
 */
final class LogicalConnection implements Connection, RoutedConnection {

	private final RoutingSession session;

	LogicalConnection(ConnectionSource source) {
		this.session = new RoutingSession(source);
	}

	RoutingSession session() {
		return this.session;
	}

	@Override
	public @Nullable RouteDecision route() {
		return this.session.route();
	}

	@Override
	public @Nullable RouteDecision transactionRoute() {
		return this.session.transactionRoute();
	}

	private SessionSettings settings() {
		return this.session.settings();
	}

	private void requireManualCommit(String action) throws SQLException {
		this.session.requireOpen();
		if (settings().isAutoCommit()) {
			throw new SQLException("Cannot " + action + " in auto-commit mode.", SqlState.NO_ACTIVE_TRANSACTION);
		}
	}

	@Override
	public void setAutoCommit(boolean autoCommit) throws SQLException {
		this.session.setAutoCommit(autoCommit);
	}

	@Override
	public boolean getAutoCommit() throws SQLException {
		this.session.requireOpen();
		return settings().isAutoCommit();
	}

	@Override
	public void commit() throws SQLException {
		requireManualCommit("commit");
		this.session.commit();
	}

	@Override
	public void rollback() throws SQLException {
		requireManualCommit("roll back");
		this.session.rollback();
	}

	@Override
	public void close() throws SQLException {
		this.session.close();
	}

	@Override
	public boolean isClosed() throws SQLException {
		return this.session.isClosed() || this.session.isBroken();
	}

	@Override
	public void abort(@Nullable Executor executor) throws SQLException {
		if (executor == null) {
			throw new SQLException("The executor must not be null.", SqlState.INVALID_PARAMETER_VALUE);
		}
		this.session.abort(executor);
	}

	@Override
	public boolean isValid(int timeout) throws SQLException {
		return !this.session.isClosed() && !this.session.isCommitLost()
				&& this.session.ask((connection) -> connection.isValid(timeout));
	}

	@Override
	public void setReadOnly(boolean readOnly) throws SQLException {
		this.session.requireNoTransaction("read-only mode");
		settings().setReadOnly(readOnly);
		this.session.follow();
	}

	@Override
	public boolean isReadOnly() throws SQLException {
		this.session.requireOpen();
		return settings().isReadOnly();
	}

	@Override
	public void setTransactionIsolation(int level) throws SQLException {
		this.session.requireNoTransaction("isolation level");
		requireIsolation(level);
		this.session.changes().setIsolation(level);
		this.session.follow();
	}

	private static void requireIsolation(int level) throws SQLException {
		if (level != TRANSACTION_READ_UNCOMMITTED && level != TRANSACTION_READ_COMMITTED
				&& level != TRANSACTION_REPEATABLE_READ && level != TRANSACTION_SERIALIZABLE) {
			throw new SQLException("The transaction isolation level " + level + " is not supported.",
					SqlState.FEATURE_NOT_SUPPORTED);
		}
	}

	@Override
	public int getTransactionIsolation() throws SQLException {
		this.session.requireOpen();
		return this.session.changes().isolation();
	}

	@Override
	public void setCatalog(String catalog) throws SQLException {
		this.session.requireOpen();
		settings().setCatalog(catalog);
		this.session.changes().applyAtOnce();
	}

	@Override
	public String getCatalog() throws SQLException {
		return answer(settings().getCatalog(), Connection::getCatalog);
	}

	@Override
	public void setSchema(String schema) throws SQLException {
		this.session.changes().setSchema(schema);
	}

	/**
	 * A connection in use is asked: texts may have changed the search path as well.
	 */
	@Override
	public @Nullable String getSchema() throws SQLException {
		this.session.requireOpen();
		String schema = (this.session.current() == null) ? settings().getSchema() : null;
		return (schema != null) ? schema : this.session.ask(LogicalConnection::schemaOf).orElse(null);
	}

	private static Optional<String> schemaOf(Connection connection) throws SQLException {
		return Optional.ofNullable(DriverConnection.of(connection).schema(connection));
	}

	@Override
	public void setHoldability(int holdability) throws SQLException {
		this.session.requireOpen();
		settings().setHoldability(holdability);
		this.session.changes().applyAtOnce();
	}

	@Override
	public int getHoldability() throws SQLException {
		return answer(settings().getHoldability(), Connection::getHoldability);
	}

	@Override
	public void setNetworkTimeout(@Nullable Executor executor, int milliseconds) throws SQLException {
		this.session.requireOpen();
		if (milliseconds < 0) {
			throw new SQLException("The network timeout must not be negative, but was " + milliseconds + ".",
					SqlState.INVALID_PARAMETER_VALUE);
		}
		settings().setNetworkTimeout(new NetworkTimeout(executor, milliseconds));
		this.session.changes().applyAtOnce();
	}

	@Override
	public int getNetworkTimeout() throws SQLException {
		NetworkTimeout timeout = settings().getNetworkTimeout();
		return answer((timeout != null) ? timeout.milliseconds() : null, Connection::getNetworkTimeout);
	}

	@Override
	public void setTypeMap(Map<String, Class<?>> map) throws SQLException {
		this.session.requireOpen();
		settings().setTypeMap(map);
		this.session.changes().applyAtOnce();
	}

	/**
	 * The same map with each call, to which applications add their types.
	 */
	@Override
	public Map<String, Class<?>> getTypeMap() throws SQLException {
		this.session.requireOpen();
		Map<String, Class<?>> map = settings().getTypeMap();
		if (map == null) {
			map = new HashMap<>();
			settings().setTypeMap(map);
		}
		return map;
	}

	@Override
	public void setClientInfo(String name, @Nullable String value) throws SQLClientInfoException {
		try {
			this.session.requireOpen();
			this.session.changes().setClientInfo(name, Objects.requireNonNullElse(value, ""));
		}
		catch (SQLException ex) {
			throw clientInfoException(ex);
		}
	}

	/**
	 * A property that is not named is cleared.
	 */
	@Override
	public void setClientInfo(Properties properties) throws SQLClientInfoException {
		try {
			this.session.requireOpen();
			for (String name : getClientInfo().stringPropertyNames()) {
				this.session.changes().setClientInfo(name, properties.getProperty(name, ""));
			}
		}
		catch (SQLException ex) {
			throw clientInfoException(ex);
		}
	}

	private static SQLClientInfoException clientInfoException(SQLException ex) {
		return (ex instanceof SQLClientInfoException known) ? known
				: new SQLClientInfoException(ex.getMessage(), ex.getSQLState(), Map.of(), ex);
	}

	@Override
	public @Nullable String getClientInfo(String name) throws SQLException {
		return getClientInfo().getProperty(name);
	}

	@Override
	public Properties getClientInfo() throws SQLException {
		this.session.requireOpen();
		Properties clientInfo = new Properties();
		clientInfo.putAll(this.session.ask(Connection::getClientInfo));
		if (this.session.current() == null) {
			clientInfo.putAll(settings().getClientInfo());
		}
		return clientInfo;
	}

	/**
	 * Answers with a setting, or else with that of a physical connection.
	 */
	private <T extends @Nullable Object> T answer(@Nullable T setting, RoutingSession.Question<T> question)
			throws SQLException {
		this.session.requireOpen();
		return (setting != null) ? setting : this.session.ask(question);
	}

	@Override
	public DatabaseMetaData getMetaData() throws SQLException {
		this.session.requireOpen();
		return LogicalMetaData.of(this, this.session.source().metadata());
	}

	@Override
	public Statement createStatement() throws SQLException {
		this.session.requireOpen();
		return new LogicalStatement(this, Connection::createStatement);
	}

	@Override
	public Statement createStatement(int type, int concurrency) throws SQLException {
		return createStatement(isValid(type, concurrency),
				StatementFactory.of(concurrency, (connection) -> connection.createStatement(type, concurrency)));
	}

	@Override
	public Statement createStatement(int type, int concurrency, int holdability) throws SQLException {
		boolean valid = holdability == ResultSet.HOLD_CURSORS_OVER_COMMIT
				|| holdability == ResultSet.CLOSE_CURSORS_AT_COMMIT;
		return createStatement(valid && isValid(type, concurrency), StatementFactory.of(concurrency,
				(connection) -> connection.createStatement(type, concurrency, holdability)));
	}

	/**
	 * Creates a statement, or has the driver reject its parameters.
	 */
	private Statement createStatement(boolean valid, StatementFactory factory) throws SQLException {
		this.session.requireOpen();
		if (!valid) {
			this.session.ask(factory::create).close();
		}
		return new LogicalStatement(this, factory);
	}

	private static boolean isValid(int type, int concurrency) {
		return (type == ResultSet.TYPE_FORWARD_ONLY || type == ResultSet.TYPE_SCROLL_INSENSITIVE
				|| type == ResultSet.TYPE_SCROLL_SENSITIVE)
				&& (concurrency == ResultSet.CONCUR_READ_ONLY || concurrency == ResultSet.CONCUR_UPDATABLE);
	}

	@Override
	public PreparedStatement prepareStatement(String sql) throws SQLException {
		return LogicalPreparedStatement.prepare(this, sql, (connection) -> connection.prepareStatement(sql));
	}

	@Override
	public PreparedStatement prepareStatement(String sql, int autoGeneratedKeys) throws SQLException {
		return LogicalPreparedStatement.prepare(this, sql,
				(connection) -> connection.prepareStatement(sql, autoGeneratedKeys));
	}

	@Override
	public PreparedStatement prepareStatement(String sql, int[] columnIndexes) throws SQLException {
		return LogicalPreparedStatement.prepare(this, sql,
				(connection) -> connection.prepareStatement(sql, columnIndexes));
	}

	@Override
	public PreparedStatement prepareStatement(String sql, String[] columnNames) throws SQLException {
		return LogicalPreparedStatement.prepare(this, sql,
				(connection) -> connection.prepareStatement(sql, columnNames));
	}

	@Override
	public PreparedStatement prepareStatement(String sql, int type, int concurrency) throws SQLException {
		return LogicalPreparedStatement.prepare(this, sql,
				StatementFactory.of(concurrency, (connection) -> connection.prepareStatement(sql, type, concurrency)));
	}

	@Override
	public PreparedStatement prepareStatement(String sql, int type, int concurrency, int holdability)
			throws SQLException {
		return LogicalPreparedStatement.prepare(this, sql, StatementFactory.of(concurrency,
				(connection) -> connection.prepareStatement(sql, type, concurrency, holdability)));
	}

	@Override
	public CallableStatement prepareCall(String sql) throws SQLException {
		return LogicalPreparedStatement.prepareCall(this, sql, (connection) -> connection.prepareCall(sql));
	}

	@Override
	public CallableStatement prepareCall(String sql, int type, int concurrency) throws SQLException {
		return LogicalPreparedStatement.prepareCall(this, sql,
				StatementFactory.of(concurrency, (connection) -> connection.prepareCall(sql, type, concurrency)));
	}

	@Override
	public CallableStatement prepareCall(String sql, int type, int concurrency, int holdability) throws SQLException {
		return LogicalPreparedStatement.prepareCall(this, sql, StatementFactory.of(concurrency,
				(connection) -> connection.prepareCall(sql, type, concurrency, holdability)));
	}

	@Override
	public String nativeSQL(String sql) throws SQLException {
		return this.session.ask((connection) -> connection.nativeSQL(sql));
	}

	@Override
	public Savepoint setSavepoint() throws SQLException {
		requireManualCommit("set a savepoint");
		return this.session.setSavepoint(null, Connection::setSavepoint);
	}

	@Override
	public Savepoint setSavepoint(String name) throws SQLException {
		requireManualCommit("set a savepoint");
		return this.session.setSavepoint(name, (connection) -> connection.setSavepoint(name));
	}

	@Override
	public void rollback(Savepoint savepoint) throws SQLException {
		this.session.requireOpen();
		if (settings().isAutoCommit()) {
			// the driver or the server throws the error
			this.session.ask((connection) -> {
				connection.rollback(savepoint);
				return savepoint;
			});
		}
		else {
			this.session.rollbackTo(savepoint);
		}
	}

	@Override
	public void releaseSavepoint(Savepoint savepoint) throws SQLException {
		this.session.requireOpen();
		if (settings().isAutoCommit()) {
			this.session.ask((connection) -> {
				connection.releaseSavepoint(savepoint);
				return savepoint;
			});
		}
		else {
			this.session.releaseSavepoint(savepoint);
		}
	}

	@Override
	public Clob createClob() throws SQLException {
		return this.session.ask(Connection::createClob);
	}

	@Override
	public Blob createBlob() throws SQLException {
		return this.session.ask(Connection::createBlob);
	}

	@Override
	public NClob createNClob() throws SQLException {
		return this.session.ask(Connection::createNClob);
	}

	@Override
	public SQLXML createSQLXML() throws SQLException {
		return this.session.ask(Connection::createSQLXML);
	}

	@Override
	public Array createArrayOf(String typeName, Object[] elements) throws SQLException {
		return this.session.ask((connection) -> connection.createArrayOf(typeName, elements));
	}

	@Override
	public Struct createStruct(String typeName, Object[] attributes) throws SQLException {
		return this.session.ask((connection) -> connection.createStruct(typeName, attributes));
	}

	@Override
	public @Nullable SQLWarning getWarnings() throws SQLException {
		this.session.requireOpen();
		return this.session.warnings();
	}

	@Override
	public void clearWarnings() throws SQLException {
		this.session.requireOpen();
		this.session.clearWarnings();
	}

	@Override
	public <T> T unwrap(Class<T> type) throws SQLException {
		return type.isInstance(this) ? type.cast(this) : this.session.expose().unwrap(type);
	}

	@Override
	public boolean isWrapperFor(Class<?> type) throws SQLException {
		return type.isInstance(this) || this.session.ask((connection) -> connection.isWrapperFor(type));
	}

	@Override
	public String toString() {
		PhysicalConnection current = this.session.current();
		return (current != null) ? current.toString() : "Connection on no node yet";
	}

}
