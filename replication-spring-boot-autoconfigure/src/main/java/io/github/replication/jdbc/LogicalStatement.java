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

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.replication.RoutingScope;
import io.github.replication.node.ClusterNode;

/**
 * A statement that is made on a physical connection when it is first needed, which is
 * when the node is decided. It stays on that connection and closes with it; a plain
 * statement in auto-commit may move between two executions.
 */
class LogicalStatement extends DelegatingStatement {

	private static final String OBJECT_NOT_IN_STATE = "55000";

	private final LogicalConnection connection;

	private final @Nullable String sql;

	private final StatementFactory factory;

	private final List<Setting> settings = new ArrayList<>(0);

	private @Nullable Statement delegate;

	private @Nullable Binding binding;

	private @Nullable RoutingScope scope;

	private boolean closed;

	private boolean closeOnCompletion;

	/**
	 * What stands out of a batch, which alone matters for what it may write.
	 */
	private String conspicuous = "";

	LogicalStatement(LogicalConnection connection, @Nullable String sql, StatementFactory factory) {
		this.connection = connection;
		this.sql = sql;
		this.factory = factory;
	}

	/**
	 * Makes the physical statement.
	 * @param sql the text to decide by, {@code null} if it is not known
	 */
	final Statement open(@Nullable String sql) throws SQLException {
		Binding binding = this.connection.bind(sql);
		try {
			Statement statement = this.factory.create(binding.connection());
			for (Setting setting : this.settings) {
				setting.apply(statement);
			}
			this.delegate = statement;
			this.binding = binding;
			this.scope = RoutingScope.current();
			return statement;
		}
		catch (SQLException ex) {
			this.connection.unbind(binding);
			throw this.connection.translate(ex, binding);
		}
	}

	@Override
	Statement delegate() throws SQLException {
		requireOpen();
		return (this.delegate != null) ? this.delegate : open(this.sql);
	}

	/**
	 * Executes something as a unit of work, or as a part of the transaction under way.
	 * @param sql the text to be executed, {@code null} if it is not known
	 * @param execution calls the physical statement
	 */
	final <R> R execute(@Nullable String sql, Execution<R> execution) throws SQLException {
		requireOpen();
		Statement statement = statementFor(sql);
		Binding binding = requireBinding();
		boolean writes = this.connection.beforeExecution(binding, sql);
		ClusterNode node = binding.route().node();
		long start = node.askedAt();
		try {
			R result = binding.needsOwnTransaction() ? executeInOwnTransaction(binding, statement, execution)
					: execution.on(statement);
			node.answeredSince(start);
			this.connection.hasRead(binding);
			return result;
		}
		catch (SQLException ex) {
			throw this.connection.translate(ex, binding);
		}
		finally {
			this.connection.executed(binding, textOf(sql), writes);
		}
	}

	private String textOf(@Nullable String sql) {
		if (sql != null) {
			return sql;
		}
		if (this.sql != null) {
			return this.sql;
		}
		String batch = this.conspicuous;
		this.conspicuous = "";
		return batch;
	}

	private Statement statementFor(@Nullable String sql) throws SQLException {
		Statement statement = this.delegate;
		RoutingScope opened = this.scope;
		this.scope = null;
		if (statement == null) {
			statement = open(sql);
			this.scope = null;
			return statement;
		}
		Binding binding = requireBinding();
		if (this.connection.continues(binding, opened) || this.connection.beginExecution(binding, sql)) {
			return statement;
		}
		return move(binding, statement, sql);
	}

	/**
	 * Makes a statement whose text came with the execution on another connection.
	 */
	private Statement move(Binding binding, Statement statement, @Nullable String sql) throws SQLException {
		if (this.sql != null || this.connection.isInTransaction()) {
			throw new SQLException(
					"This statement was made on " + binding.route().node()
							+ ", which may not serve the unit of work that now runs. Make it anew inside of that unit.",
					OBJECT_NOT_IN_STATE);
		}
		statement.close();
		this.connection.unbind(binding);
		this.delegate = null;
		this.binding = null;
		Statement moved = open(sql);
		this.scope = null;
		return moved;
	}

	private <R> R executeInOwnTransaction(Binding binding, Statement statement, Execution<R> execution)
			throws SQLException {
		int fetchSize = statement.getFetchSize();
		statement.setFetchSize(0);
		try {
			R result = execution.on(statement);
			binding.connection().commit();
			return result;
		}
		catch (SQLException | RuntimeException | Error ex) {
			rollback(binding, ex);
			throw ex;
		}
		finally {
			if (!statement.isClosed()) {
				statement.setFetchSize(fetchSize);
			}
		}
	}

	private static void rollback(Binding binding, Throwable cause) {
		try {
			binding.connection().rollback();
		}
		catch (SQLException ex) {
			cause.addSuppressed(ex);
		}
	}

	private Binding requireBinding() throws SQLException {
		Binding binding = this.binding;
		if (binding == null) {
			throw new SQLException("This statement is closed.", OBJECT_NOT_IN_STATE);
		}
		return binding;
	}

	private void requireOpen() throws SQLException {
		if (this.closed) {
			throw new SQLException("This statement is closed.", OBJECT_NOT_IN_STATE);
		}
		if (this.binding != null) {
			requireBound(this.binding, "statement");
		}
	}

	static void requireBound(Binding binding, String what) throws SQLException {
		if (binding.isReleased()) {
			throw new SQLException(
					"This " + what + " was made on " + binding.route().node()
							+ " and has been closed with the unit of work in which it was made. The connection to "
							+ binding.route().node() + " has gone back to its pool; make the " + what + " anew.",
					OBJECT_NOT_IN_STATE);
		}
	}

	final ResultSet wrap(ResultSet resultSet) throws SQLException {
		return new LogicalResultSet(resultSet, this, requireBinding());
	}

	final @Nullable ResultSet wrapIfPresent(@Nullable ResultSet resultSet) throws SQLException {
		return (resultSet != null) ? wrap(resultSet) : null;
	}

	final void rowChanged(Binding binding) {
		this.connection.rowChanged(binding);
	}

	/**
	 * Closes this statement if its result sets were the last of it.
	 */
	final void resultSetClosed() throws SQLException {
		if (this.closeOnCompletion && this.delegate != null && this.delegate.isClosed()) {
			close();
		}
	}

	private void set(Setting setting) throws SQLException {
		requireOpen();
		this.settings.add(setting);
		if (this.delegate != null) {
			setting.apply(this.delegate);
		}
	}

	@Override
	public ResultSet executeQuery(String sql) throws SQLException {
		return wrap(execute(sql, (statement) -> statement.executeQuery(sql)));
	}

	@Override
	public int executeUpdate(String sql) throws SQLException {
		return execute(sql, (statement) -> statement.executeUpdate(sql));
	}

	@Override
	public int executeUpdate(String sql, int autoGeneratedKeys) throws SQLException {
		return execute(sql, (statement) -> statement.executeUpdate(sql, autoGeneratedKeys));
	}

	@Override
	public int executeUpdate(String sql, int[] columnIndexes) throws SQLException {
		return execute(sql, (statement) -> statement.executeUpdate(sql, columnIndexes));
	}

	@Override
	public int executeUpdate(String sql, String[] columnNames) throws SQLException {
		return execute(sql, (statement) -> statement.executeUpdate(sql, columnNames));
	}

	@Override
	public long executeLargeUpdate(String sql) throws SQLException {
		return execute(sql, (statement) -> statement.executeLargeUpdate(sql));
	}

	@Override
	public long executeLargeUpdate(String sql, int autoGeneratedKeys) throws SQLException {
		return execute(sql, (statement) -> statement.executeLargeUpdate(sql, autoGeneratedKeys));
	}

	@Override
	public long executeLargeUpdate(String sql, int[] columnIndexes) throws SQLException {
		return execute(sql, (statement) -> statement.executeLargeUpdate(sql, columnIndexes));
	}

	@Override
	public long executeLargeUpdate(String sql, String[] columnNames) throws SQLException {
		return execute(sql, (statement) -> statement.executeLargeUpdate(sql, columnNames));
	}

	@Override
	public boolean execute(String sql) throws SQLException {
		return execute(sql, (statement) -> statement.execute(sql));
	}

	@Override
	public boolean execute(String sql, int autoGeneratedKeys) throws SQLException {
		return execute(sql, (statement) -> statement.execute(sql, autoGeneratedKeys));
	}

	@Override
	public boolean execute(String sql, int[] columnIndexes) throws SQLException {
		return execute(sql, (statement) -> statement.execute(sql, columnIndexes));
	}

	@Override
	public boolean execute(String sql, String[] columnNames) throws SQLException {
		return execute(sql, (statement) -> statement.execute(sql, columnNames));
	}

	@Override
	public void addBatch(String sql) throws SQLException {
		super.addBatch(sql);
		if (HiddenWrites.mayContain(sql) || HiddenWrites.isAsynchronous(sql)) {
			this.conspicuous += sql + ";";
		}
	}

	@Override
	public int[] executeBatch() throws SQLException {
		return execute(null, Statement::executeBatch);
	}

	@Override
	public long[] executeLargeBatch() throws SQLException {
		return execute(null, Statement::executeLargeBatch);
	}

	@Override
	public @Nullable ResultSet getResultSet() throws SQLException {
		return wrapIfPresent(delegate().getResultSet());
	}

	@Override
	public @Nullable ResultSet getGeneratedKeys() throws SQLException {
		return wrapIfPresent(delegate().getGeneratedKeys());
	}

	@Override
	public Connection getConnection() throws SQLException {
		requireOpen();
		return this.connection;
	}

	@Override
	public void close() throws SQLException {
		if (this.closed) {
			return;
		}
		this.closed = true;
		Binding binding = this.binding;
		if (this.delegate == null || binding == null || binding.isReleased()) {
			return;
		}
		try {
			this.delegate.close();
		}
		finally {
			this.connection.unbind(binding);
		}
	}

	@Override
	public boolean isClosed() throws SQLException {
		return this.closed || (this.binding != null && this.binding.isReleased())
				|| (this.delegate != null && this.delegate.isClosed());
	}

	@Override
	public void closeOnCompletion() throws SQLException {
		set(Statement::closeOnCompletion);
		this.closeOnCompletion = true;
	}

	@Override
	public boolean isCloseOnCompletion() throws SQLException {
		requireOpen();
		return this.closeOnCompletion;
	}

	@Override
	public void setMaxFieldSize(int max) throws SQLException {
		set((statement) -> statement.setMaxFieldSize(max));
	}

	@Override
	public void setMaxRows(int max) throws SQLException {
		set((statement) -> statement.setMaxRows(max));
	}

	@Override
	public void setLargeMaxRows(long max) throws SQLException {
		set((statement) -> statement.setLargeMaxRows(max));
	}

	@Override
	public void setEscapeProcessing(boolean enable) throws SQLException {
		set((statement) -> statement.setEscapeProcessing(enable));
	}

	@Override
	public void setQueryTimeout(int seconds) throws SQLException {
		set((statement) -> statement.setQueryTimeout(seconds));
	}

	@Override
	public void setCursorName(String name) throws SQLException {
		set((statement) -> statement.setCursorName(name));
	}

	@Override
	public void setFetchDirection(int direction) throws SQLException {
		set((statement) -> statement.setFetchDirection(direction));
	}

	@Override
	public void setFetchSize(int rows) throws SQLException {
		set((statement) -> statement.setFetchSize(rows));
	}

	@Override
	public void setPoolable(boolean poolable) throws SQLException {
		set((statement) -> statement.setPoolable(poolable));
	}

	@Override
	public <T> T unwrap(Class<T> type) throws SQLException {
		return type.isInstance(this) ? type.cast(this) : delegate().unwrap(type);
	}

	@Override
	public boolean isWrapperFor(Class<?> type) throws SQLException {
		return type.isInstance(this) || delegate().isWrapperFor(type);
	}

	@Override
	public String toString() {
		Statement delegate = this.delegate;
		return (delegate != null) ? delegate.toString() : "Statement on no node yet";
	}

	/**
	 * Calls a physical statement.
	 *
	 * @param <R> the type of the result
	 */
	@FunctionalInterface
	interface Execution<R> {

		R on(Statement statement) throws SQLException;

	}

	/**
	 * Something that was set before there was a physical statement.
	 */
	@FunctionalInterface
	private interface Setting {

		void apply(Statement statement) throws SQLException;

	}

}
