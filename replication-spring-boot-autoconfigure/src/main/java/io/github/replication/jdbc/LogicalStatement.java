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

import java.sql.Blob;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.NClob;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import io.github.replication.jdbc.StatementSettings.Kind;
import io.github.replication.jdbc.StatementSettings.Setting;
import io.github.replication.jdbc.UnitOfWork.Execution;
import io.github.replication.postgres.DriverConnection;
import io.github.replication.postgres.SqlState;

/**
 * A statement that is made on a physical connection when it is first executed, which is
 * when the node is decided. It stays there while the units that execute it do, and
 * otherwise is made again where they run. Closes with the unit if that was served by a
 * read pool.
 */
class LogicalStatement implements Statement {

	private final LogicalConnection connection;

	private final RoutingSession session;

	private final StatementFactory factory;

	/**
	 * That of the connection when this was made.
	 */
	private final @Nullable Integer holdability;

	private @Nullable StatementSettings settings;

	/**
	 * Other threads may cancel it.
	 */
	private volatile @Nullable Statement delegate;

	private @Nullable PhysicalConnection physical;

	/**
	 * The unit in which the physical statement was made, until its first execution.
	 */
	private @Nullable UnitOfWork madeIn;

	private @Nullable UnitOfWork executedIn;

	private @Nullable List<String> batch;

	private boolean closed;

	private boolean closeOnCompletion;

	LogicalStatement(LogicalConnection connection, StatementFactory factory) {
		this.connection = connection;
		this.session = connection.session();
		this.factory = factory;
		this.holdability = this.session.settings().getHoldability();
	}

	final RoutingSession session() {
		return this.session;
	}

	/**
	 * Makes the physical statement, in the unit under way or one that begins.
	 * @param text decides where, if a unit begins
	 */
	final Statement open(StatementText text) throws SQLException {
		UnitOfWork unit = this.session.unitFor(text);
		Statement statement = make(unit);
		this.madeIn = unit;
		return statement;
	}

	private Statement make(UnitOfWork unit) throws SQLException {
		PhysicalConnection physical = unit.physical();
		physical.retain();
		try {
			Statement statement = Objects.equals(this.holdability, this.session.settings().getHoldability())
					? this.factory.create(physical.connection())
					: physical.createStatement(this.factory, this.holdability);
			applySettings(statement);
			made(statement, unit);
			this.delegate = statement;
			this.physical = physical;
			return statement;
		}
		catch (SQLException ex) {
			this.session.leave(physical);
			throw unit.translate(ex);
		}
		catch (RuntimeException | Error ex) {
			this.session.leave(physical);
			throw ex;
		}
	}

	/**
	 * Called when a physical statement was made.
	 */
	void made(Statement statement, UnitOfWork unit) throws SQLException {
	}

	/**
	 * Called before each execution.
	 */
	void willExecute() {
	}

	/**
	 * Whether the physical statement can be made again on another connection.
	 */
	boolean isMovable() {
		return true;
	}

	private void requireMovable(PhysicalConnection from) throws SQLException {
		if (!isMovable()) {
			throw from.isLost() ? lostWithItsConnection(from, "statement")
					: new SQLException("This statement was made on " + from.node()
							+ ", which may not serve the unit of work that now runs. Make it anew inside of that unit.",
							SqlState.OBJECT_NOT_IN_STATE);
		}
	}

	/**
	 * The physical statement, made if there is none yet.
	 * @return the statement to call
	 * @throws SQLException if this statement is closed
	 */
	Statement delegate() throws SQLException {
		requireOpen();
		return (this.delegate != null) ? this.delegate : open(StatementText.UNKNOWN);
	}

	/**
	 * Executes something as a unit of work, or as a part of the transaction under way.
	 * @param text the classification of the statement to execute
	 * @param execution calls the physical statement
	 */
	final <R> R execute(StatementText text, Execution<R> execution) throws SQLException {
		requireOpen();
		UnitOfWork unit = this.session.unitToExecute(text, this.physical, this.madeIn);
		this.madeIn = null;
		Statement statement = on(unit);
		this.executedIn = unit;
		willExecute();
		try {
			return unit.execute(text, statement, execution);
		}
		catch (SQLException ex) {
			if (!isRefusedAsRead(unit, ex) || !isMovable()) {
				throw ex;
			}
			this.session.source().texts().refusedAsRead(text);
			return execute(text, execution);
		}
	}

	/**
	 * Whether a standby has refused a supposed read, so that nothing has happened.
	 */
	private static boolean isRefusedAsRead(UnitOfWork unit, SQLException ex) {
		return unit.isReadByText() && (SqlState.isReadOnlyViolation(ex) || SqlState.isUnsupported(ex))
				&& DriverConnection.isReportedByServer(ex) && !DriverConnection.isOutdatedPlan(ex);
	}

	private Statement on(UnitOfWork unit) throws SQLException {
		Statement statement = this.delegate;
		PhysicalConnection physical = this.physical;
		if (statement == null || physical == null) {
			return make(unit);
		}
		if (physical == unit.physical()) {
			return statement;
		}
		requireMovable(physical);
		this.delegate = null;
		this.physical = null;
		statement.close();
		this.session.leave(physical);
		return make(unit);
	}

	final void requireOpen() throws SQLException {
		if (this.session.isAborted()) {
			this.session.requireOpen();
		}
		closeIfCompleted();
		if (this.closed || this.session.isClosed()) {
			throw new SQLException("This statement is closed.", SqlState.OBJECT_NOT_IN_STATE);
		}
		if (this.physical != null && this.physical.isReleased()) {
			throw closedWithItsUnit(this.physical, "statement");
		}
	}

	/**
	 * The error for an object that was closed because its connection went back.
	 */
	static SQLException closedWithItsUnit(PhysicalConnection physical, String object) throws SQLException {
		if (physical.isLost()) {
			return lostWithItsConnection(physical, object);
		}
		return new SQLException(
				"This " + object + " was made on " + physical.node()
						+ " and has been closed with the unit of work in which it was made. The connection to "
						+ physical.node() + " has gone back to its pool; make the " + object + " anew.",
				SqlState.OBJECT_NOT_IN_STATE);
	}

	private static SQLException lostWithItsConnection(PhysicalConnection physical, String object) {
		return new SQLNonTransientConnectionException("The connection to " + physical.node()
				+ " broke, and with it went this " + object + ". Make the " + object + " anew.",
				SqlState.CONNECTION_DOES_NOT_EXIST);
	}

	/**
	 * Changes a row of a result set, which is a statement of its own.
	 */
	final void changeRow(PhysicalConnection physical, Execution<ResultSet> change) throws SQLException {
		StatementText text = this.session.source().text("UPDATE");
		UnitOfWork unit = this.session.unitToExecute(text, physical, null);
		if (unit.physical() != physical) {
			throw physical.isLost() ? lostWithItsConnection(physical, "result set")
					: new SQLException(
							"This row was read on " + physical.node()
									+ " in an earlier unit of work. The unit that now runs has another connection, to "
									+ unit.physical().node() + ". Execute the query again inside of it.",
							SqlState.OBJECT_NOT_IN_STATE);
		}
		unit.execute(text, delegate(), change);
	}

	/**
	 * Notes an error of something that is not executed.
	 */
	final SQLException translate(SQLException ex) {
		UnitOfWork unit = unit();
		return (unit != null) ? unit.translate(ex) : ex;
	}

	/**
	 * The unit that has used the physical statement last.
	 */
	private @Nullable UnitOfWork unit() {
		return (this.madeIn != null) ? this.madeIn : this.executedIn;
	}

	/**
	 * The driver is about to write a large object, which it does before the statement is
	 * executed, in a transaction that it begins without the words that make it read-only.
	 */
	final void willWriteLargeObject() throws SQLException {
		requireOpen();
		if (!this.session.isManualCommit()) {
			// the driver refuses it
			return;
		}
		UnitOfWork unit = this.session.unitToExecute(StatementText.UNKNOWN, this.physical, this.madeIn);
		on(unit);
		this.executedIn = unit;
		unit.use();
		unit.missed();
		if (unit.isReadOnly()) {
			unit.startReadOnly();
		}
	}

	final ResultSet wrap(ResultSet resultSet) throws SQLException {
		UnitOfWork unit = unitOfResults();
		if (this.delegate != null) {
			unit.made(resultSet, this.delegate);
		}
		return new LogicalResultSet(resultSet, this, unit);
	}

	private UnitOfWork unitOfResults() throws SQLException {
		UnitOfWork unit = (this.executedIn != null) ? this.executedIn : this.madeIn;
		if (unit == null) {
			throw new SQLException("This statement was not executed.", SqlState.OBJECT_NOT_IN_STATE);
		}
		return unit;
	}

	/**
	 * Wraps a value if the driver asks the server for its contents when it is used: a
	 * large object, or the rows of a cursor.
	 * @param type the type that was asked for
	 * @param value a value of a row, which may be {@code null}
	 * @param unit the unit in which the row was read
	 */
	final <T> T own(Class<T> type, T value, UnitOfWork unit) throws SQLException {
		Object own = value;
		if (value instanceof ResultSet rows) {
			own = new LogicalResultSet(rows, this, unit);
		}
		else if (value instanceof Blob || (value instanceof Clob && !(value instanceof NClob))) {
			this.session.exposeLargeObject(unit);
			own = (value instanceof Blob blob) ? new LogicalBlob(blob, unit) : new LogicalClob((Clob) value, unit);
		}
		return type.isInstance(own) ? type.cast(own) : value;
	}

	/**
	 * Wraps a value that a call has returned.
	 * @see #own(Class, Object, UnitOfWork)
	 */
	final Object own(Object value) throws SQLException {
		return own(Object.class, value, unitOfResults());
	}

	private @Nullable ResultSet wrapIfPresent(@Nullable ResultSet resultSet) throws SQLException {
		return (resultSet != null) ? wrap(resultSet) : null;
	}

	/**
	 * The object that the application has of this statement.
	 */
	Statement self() {
		return this;
	}

	/**
	 * Closes this statement if its result sets were the last of it.
	 * @see #closeOnCompletion
	 */
	final void closeIfCompleted() throws SQLException {
		if (this.closeOnCompletion && this.delegate != null && this.delegate.isClosed()) {
			close();
		}
	}

	private void set(Kind kind, Setting setting) throws SQLException {
		requireOpen();
		if (this.delegate != null) {
			setting.apply(this.delegate);
		}
		if (this.settings == null) {
			this.settings = new StatementSettings();
		}
		this.settings.put(kind, setting);
	}

	private void applySettings(Statement statement) throws SQLException {
		if (this.settings != null) {
			this.settings.apply(statement);
		}
	}

	/**
	 * Sets a number. The driver alone knows which it accepts, so that it is asked about a
	 * strange one.
	 */
	private void set(Kind kind, long value, Setting setting) throws SQLException {
		requireOpen();
		if (this.delegate == null && value < 0) {
			inspect((statement) -> {
				setting.apply(statement);
				return kind;
			});
		}
		set(kind, setting);
	}

	/**
	 * Asks a physical statement for something that decides nothing: the one there is,
	 * else one that is made for the question.
	 */
	private <R> R inspect(Execution<R> question) throws SQLException {
		requireOpen();
		Statement delegate = this.delegate;
		if (delegate != null) {
			return question.on(delegate);
		}
		return this.session.ask((connection) -> {
			try (Statement statement = this.factory.create(connection)) {
				applySettings(statement);
				return question.on(statement);
			}
		});
	}

	@Override
	public ResultSet executeQuery(String sql) throws SQLException {
		return wrap(execute(text(sql), (statement) -> statement.executeQuery(sql)));
	}

	@Override
	public int executeUpdate(String sql) throws SQLException {
		return execute(text(sql), (statement) -> statement.executeUpdate(sql));
	}

	@Override
	public int executeUpdate(String sql, int autoGeneratedKeys) throws SQLException {
		return execute(text(sql), (statement) -> statement.executeUpdate(sql, autoGeneratedKeys));
	}

	@Override
	public int executeUpdate(String sql, int[] columnIndexes) throws SQLException {
		return execute(text(sql), (statement) -> statement.executeUpdate(sql, columnIndexes));
	}

	@Override
	public int executeUpdate(String sql, String[] columnNames) throws SQLException {
		return execute(text(sql), (statement) -> statement.executeUpdate(sql, columnNames));
	}

	@Override
	public long executeLargeUpdate(String sql) throws SQLException {
		return execute(text(sql), (statement) -> statement.executeLargeUpdate(sql));
	}

	@Override
	public long executeLargeUpdate(String sql, int autoGeneratedKeys) throws SQLException {
		return execute(text(sql), (statement) -> statement.executeLargeUpdate(sql, autoGeneratedKeys));
	}

	@Override
	public long executeLargeUpdate(String sql, int[] columnIndexes) throws SQLException {
		return execute(text(sql), (statement) -> statement.executeLargeUpdate(sql, columnIndexes));
	}

	@Override
	public long executeLargeUpdate(String sql, String[] columnNames) throws SQLException {
		return execute(text(sql), (statement) -> statement.executeLargeUpdate(sql, columnNames));
	}

	@Override
	public boolean execute(String sql) throws SQLException {
		return execute(text(sql), (statement) -> statement.execute(sql));
	}

	@Override
	public boolean execute(String sql, int autoGeneratedKeys) throws SQLException {
		return execute(text(sql), (statement) -> statement.execute(sql, autoGeneratedKeys));
	}

	@Override
	public boolean execute(String sql, int[] columnIndexes) throws SQLException {
		return execute(text(sql), (statement) -> statement.execute(sql, columnIndexes));
	}

	@Override
	public boolean execute(String sql, String[] columnNames) throws SQLException {
		return execute(text(sql), (statement) -> statement.execute(sql, columnNames));
	}

	/**
	 * Returns the classification of a statement to execute. Rows that can be changed are
	 * no plain read.
	 */
	private StatementText text(String sql) throws SQLException {
		StatementText text = this.session.source().text(sql);
		return this.factory.isUpdatable() ? text.asUpdatable() : text;
	}

	@Override
	public void addBatch(String sql) throws SQLException {
		requireOpen();
		if (this.session.source().text(sql).hasSeveralStatements()) {
			requireBatchable(sql);
		}
		if (this.batch == null) {
			this.batch = new ArrayList<>();
		}
		this.batch.add(sql);
	}

	/**
	 * The driver alone knows whether it takes several statements for one of a batch.
	 */
	private void requireBatchable(String sql) throws SQLException {
		inspect((statement) -> {
			statement.addBatch(sql);
			statement.clearBatch();
			return sql;
		});
	}

	@Override
	public void clearBatch() throws SQLException {
		requireOpen();
		this.batch = null;
		if (this.delegate != null) {
			this.delegate.clearBatch();
		}
	}

	@Override
	public int[] executeBatch() throws SQLException {
		return executeBatch(Statement::executeBatch);
	}

	@Override
	public long[] executeLargeBatch() throws SQLException {
		return executeBatch(Statement::executeLargeBatch);
	}

	private <R> R executeBatch(Execution<R> execution) throws SQLException {
		List<String> batch = this.batch;
		this.batch = null;
		try {
			return execute(batchText(batch), (statement) -> {
				if (batch != null) {
					addAll(statement, batch);
				}
				return execution.on(statement);
			});
		}
		finally {
			batchExecuted();
			closeIfCompleted();
		}
	}

	/**
	 * Called when a batch was executed, which empties it.
	 */
	void batchExecuted() {
	}

	private static void addAll(Statement statement, List<String> batch) throws SQLException {
		try {
			for (String sql : batch) {
				statement.addBatch(sql);
			}
		}
		catch (SQLException ex) {
			statement.clearBatch();
			throw ex;
		}
	}

	/**
	 * Returns the classification of a batch.
	 */
	StatementText batchText(@Nullable List<String> batch) {
		return this.session.source().texts().merged((batch != null) ? batch : List.of());
	}

	@Override
	public @Nullable ResultSet getResultSet() throws SQLException {
		requireOpen();
		return (this.delegate != null) ? wrapIfPresent(this.delegate.getResultSet()) : null;
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
	public void cancel() throws SQLException {
		requireOpen();
		Statement delegate = this.delegate;
		if (delegate != null) {
			delegate.cancel();
		}
	}

	@Override
	public void close() throws SQLException {
		if (this.closed) {
			return;
		}
		this.closed = true;
		PhysicalConnection physical = this.physical;
		if (this.delegate == null || physical == null || physical.isReleased()) {
			return;
		}
		try {
			this.delegate.close();
		}
		finally {
			this.session.leave(physical);
		}
	}

	@Override
	public boolean isClosed() throws SQLException {
		return this.closed || this.session.isClosed() || (this.physical != null && this.physical.isReleased())
				|| (this.delegate != null && this.delegate.isClosed());
	}

	@Override
	public void closeOnCompletion() throws SQLException {
		set(Kind.CLOSE_ON_COMPLETION, Statement::closeOnCompletion);
		this.closeOnCompletion = true;
	}

	@Override
	public boolean isCloseOnCompletion() throws SQLException {
		requireOpen();
		return this.closeOnCompletion;
	}

	@Override
	public void setMaxFieldSize(int max) throws SQLException {
		set(Kind.MAX_FIELD_SIZE, max, (statement) -> statement.setMaxFieldSize(max));
	}

	@Override
	public int getMaxFieldSize() throws SQLException {
		return inspect(Statement::getMaxFieldSize);
	}

	@Override
	public void setMaxRows(int max) throws SQLException {
		set(Kind.MAX_ROWS, max, (statement) -> statement.setMaxRows(max));
	}

	@Override
	public int getMaxRows() throws SQLException {
		return inspect(Statement::getMaxRows);
	}

	@Override
	public void setLargeMaxRows(long max) throws SQLException {
		set(Kind.MAX_ROWS, max, (statement) -> statement.setLargeMaxRows(max));
	}

	@Override
	public long getLargeMaxRows() throws SQLException {
		return inspect(Statement::getLargeMaxRows);
	}

	@Override
	public void setEscapeProcessing(boolean enable) throws SQLException {
		set(Kind.ESCAPE_PROCESSING, (statement) -> statement.setEscapeProcessing(enable));
	}

	@Override
	public void setQueryTimeout(int seconds) throws SQLException {
		set(Kind.QUERY_TIMEOUT, seconds, (statement) -> statement.setQueryTimeout(seconds));
	}

	@Override
	public int getQueryTimeout() throws SQLException {
		return inspect(Statement::getQueryTimeout);
	}

	@Override
	public void setCursorName(String name) throws SQLException {
		set(Kind.CURSOR_NAME, (statement) -> statement.setCursorName(name));
	}

	@Override
	public void setFetchDirection(int direction) throws SQLException {
		set(Kind.FETCH_DIRECTION, -1, (statement) -> statement.setFetchDirection(direction));
	}

	@Override
	public int getFetchDirection() throws SQLException {
		return inspect(Statement::getFetchDirection);
	}

	@Override
	public void setFetchSize(int rows) throws SQLException {
		set(Kind.FETCH_SIZE, rows, (statement) -> statement.setFetchSize(rows));
	}

	@Override
	public int getFetchSize() throws SQLException {
		return inspect(Statement::getFetchSize);
	}

	@Override
	public void setPoolable(boolean poolable) throws SQLException {
		set(Kind.POOLABLE, (statement) -> statement.setPoolable(poolable));
	}

	@Override
	public boolean isPoolable() throws SQLException {
		return inspect(Statement::isPoolable);
	}

	@Override
	public int getResultSetType() throws SQLException {
		return inspect(Statement::getResultSetType);
	}

	@Override
	public int getResultSetConcurrency() throws SQLException {
		return inspect(Statement::getResultSetConcurrency);
	}

	@Override
	public int getResultSetHoldability() throws SQLException {
		return inspect(Statement::getResultSetHoldability);
	}

	@Override
	public boolean getMoreResults() throws SQLException {
		requireOpen();
		return this.delegate != null && this.delegate.getMoreResults();
	}

	@Override
	public boolean getMoreResults(int current) throws SQLException {
		requireOpen();
		return this.delegate != null && this.delegate.getMoreResults(current);
	}

	@Override
	public int getUpdateCount() throws SQLException {
		requireOpen();
		return (this.delegate != null) ? this.delegate.getUpdateCount() : -1;
	}

	@Override
	public long getLargeUpdateCount() throws SQLException {
		requireOpen();
		return (this.delegate != null) ? this.delegate.getLargeUpdateCount() : -1;
	}

	@Override
	public @Nullable SQLWarning getWarnings() throws SQLException {
		requireOpen();
		return (this.delegate != null) ? this.delegate.getWarnings() : null;
	}

	@Override
	public void clearWarnings() throws SQLException {
		requireOpen();
		if (this.delegate != null) {
			this.delegate.clearWarnings();
		}
	}

	@Override
	public <T> T unwrap(Class<T> type) throws SQLException {
		if (type.isInstance(this)) {
			return type.cast(this);
		}
		if (this.closed && this.delegate != null) {
			// closed as well, but it still answers questions
			return this.delegate.unwrap(type);
		}
		T unwrapped = delegate().unwrap(type);
		UnitOfWork unit = unit();
		if (unit != null) {
			handOut(type, unit);
		}
		return unwrapped;
	}

	/**
	 * Hands an object of the driver's own to the application.
	 * @param type the type that it was asked for
	 * @param unit the unit in which it was made
	 */
	final void handOut(Class<?> type, UnitOfWork unit) throws SQLException {
		if (Statement.class.isAssignableFrom(type) || ResultSet.class.isAssignableFrom(type)) {
			this.session.expose(unit);
		}
		else {
			unit.physical().sessionMayHaveChanged();
		}
	}

	@Override
	public boolean isWrapperFor(Class<?> type) throws SQLException {
		return type.isInstance(this) || inspect((statement) -> statement.isWrapperFor(type));
	}

	@Override
	public String toString() {
		Statement delegate = this.delegate;
		return (delegate != null) ? delegate.toString() : "Statement on no node yet";
	}

}
