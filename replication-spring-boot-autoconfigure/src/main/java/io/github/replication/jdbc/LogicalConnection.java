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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.Executor;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.support.TransactionSynchronizationManager;

import io.github.replication.Role;
import io.github.replication.RouteDecision;
import io.github.replication.RoutedConnection;
import io.github.replication.RoutingScope;
import io.github.replication.SynchronousCommit;
import io.github.replication.jdbc.SessionSettings.NetworkTimeout;
import io.github.replication.policy.Route;
import io.github.replication.policy.RouteRequest;

/**
 * A connection that takes a physical one when the first statement of a unit of work asks
 * for it, and decides anew for the next unit: a transaction, or a statement in
 * auto-commit.
 * <p>
 * The physical connection of a read pool goes back when its unit ends. One of the write
 * pool that has run a read-write transaction, or in auto-commit anything but a plain
 * read, may hold session state and stays until this connection is closed. Not safe for
 * use by several threads, as JDBC connections are.
 */
final class LogicalConnection implements Connection, RoutedConnection {

	private static final String CONNECTION_DOES_NOT_EXIST = "08003";

	private static final String INVALID_TRANSACTION_STATE = "25001";

	private static final String NO_ACTIVE_TRANSACTION = "25P01";

	private final ConnectionSource source;

	private final SessionSettings session;

	private final List<Binding> bindings = new ArrayList<>(1);

	private @Nullable Binding current;

	private @Nullable RoutingScope scope;

	private boolean inTransaction;

	/**
	 * Whether somebody had the physical connection itself in auto-commit, and may have
	 * written through it.
	 */
	private boolean unwrapped;

	private volatile boolean closed;

	LogicalConnection(ConnectionSource source) {
		this.source = source;
		this.session = new SessionSettings(source.isAutoCommitByDefault());
	}

	@Override
	public @Nullable RouteDecision route() {
		Binding binding = this.current;
		return (binding != null && !binding.isReleased()) ? binding.route().decision(ConnectionSource.unit()) : null;
	}

	/**
	 * Whether this is a connection of a data source that a transaction was begun on.
	 */
	boolean isInTransactionOf(ConnectionSource source) {
		return this.source == source && !this.session.isAutoCommit();
	}

	boolean isInTransaction() {
		return this.inTransaction;
	}

	/**
	 * Finds the physical connection that a new statement is to be made on, and counts the
	 * statement in as a user of it. Begins a unit of work unless a transaction is under
	 * way.
	 * @param sql the text of the statement, {@code null} if it is not known
	 * @return the physical connection, to be returned to {@link #unbind}
	 */
	Binding bind(@Nullable String sql) throws SQLException {
		requireOpen();
		Binding binding = this.current;
		if (!this.inTransaction || binding == null) {
			binding = begin(sql);
		}
		binding.retain();
		return binding;
	}

	/**
	 * Counts a statement out, which gives the physical connection back after the last.
	 */
	void unbind(Binding binding) {
		binding.leave();
		boolean needed = this.inTransaction && binding == this.current;
		if (!needed && binding.isIdle()) {
			binding.release();
			forgetReleased();
		}
	}

	/**
	 * Whether a statement may be executed within the unit of work that was begun last. A
	 * replica may have become too old for the caller since; the primary has everything.
	 * @param binding where the statement was made
	 * @param opened the scope in which it was made if this is its first execution
	 */
	boolean continues(Binding binding, @Nullable RoutingScope opened) {
		if (binding != this.current) {
			return false;
		}
		return this.inTransaction || (opened != null && this.scope == opened && opened == RoutingScope.current()
				&& (binding.route().node().role() == Role.PRIMARY || this.source.caller().bound().write() == null));
	}

	/**
	 * Begins a unit of work on the connection that a statement was made on.
	 * @param binding where the statement was made
	 * @param sql the text to be executed, {@code null} if it is not known
	 * @return {@code false} if the unit must not run there
	 */
	boolean beginExecution(Binding binding, @Nullable String sql) throws SQLException {
		requireOpen();
		return !this.inTransaction && beginOn(binding, request(sql));
	}

	/**
	 * Prepares for one execution.
	 * @return whether the statement may write on its own, outside of a transaction
	 * @throws SQLException if the unit is read-only and the statement does not belong
	 * there
	 */
	boolean beforeExecution(Binding binding, @Nullable String sql) throws SQLException {
		if (binding.isReadOnlyUnit()) {
			ReadOnlyViolations.refuseAdvisoryLock(sql);
		}
		if (this.inTransaction || binding.isReadOnlyUnit() || !binding.isOnWritePool()) {
			return false;
		}
		if (sql != null && PlainReads.isPlainRead(sql)) {
			return false;
		}
		binding.hold();
		return true;
	}

	/**
	 * Remembers that a statement has seen the state of its node.
	 */
	void hasRead(Binding binding) {
		this.source.recordRead(binding);
	}

	/**
	 * Remembers what a statement of the unit under way may have changed, also if it has
	 * failed: the answer may have been lost.
	 * @param writes whether it may have written outside of a transaction
	 */
	void executed(Binding binding, @Nullable String sql, boolean writes) {
		if (writes) {
			this.source.recordUncheckedWrite(isAsynchronous(sql));
		}
		else if (this.inTransaction && !binding.isReadOnlyUnit()) {
			note(binding, sql);
		}
	}

	private void note(Binding binding, @Nullable String sql) {
		if (HiddenWrites.mayContain(sql)) {
			binding.noteHiddenWrites();
		}
		if (isAsynchronous(sql)) {
			binding.noteAsynchronous();
		}
	}

	private boolean isAsynchronous(@Nullable String sql) {
		boolean asynchronous = HiddenWrites.isAsynchronous(sql);
		if (asynchronous) {
			this.source.noteSettings(sql);
		}
		return asynchronous;
	}

	/**
	 * Remembers that a row was changed through a result set, which outside of a
	 * transaction commits by itself.
	 */
	void rowChanged(Binding binding) {
		if (!this.inTransaction && !binding.isReadOnlyUnit()) {
			this.source.recordUncheckedWrite(false);
		}
	}

	/**
	 * Adds to an exception what the server cannot know.
	 */
	SQLException translate(SQLException ex, Binding binding) {
		this.source.failed(binding, ex);
		return binding.isReadOnlyUnit() ? ReadOnlyViolations.explain(ex, ConnectionSource.unit(), binding.route()) : ex;
	}

	private Binding begin(@Nullable String sql) throws SQLException {
		dropBroken();
		RouteRequest request = request(sql);
		Binding binding = this.current;
		return (binding != null && beginOn(binding, request)) ? binding : beginOnAnother(request);
	}

	/**
	 * Lets go of a connection that the pool has taken away because it broke. What its
	 * session held is lost with it.
	 */
	private void dropBroken() throws SQLException {
		Binding binding = this.current;
		if (binding != null && binding.connection().isClosed()) {
			binding.release();
			forgetReleased();
		}
	}

	private boolean beginOn(Binding binding, RouteRequest request) throws SQLException {
		Route route = this.source.routeOn(request, binding);
		if (route == null) {
			return false;
		}
		binding.decidedBy(request.bound().read());
		begin(binding, route, request);
		return true;
	}

	private Binding beginOnAnother(RouteRequest request) throws SQLException {
		Binding binding = acquire(request);
		this.bindings.add(binding);
		try {
			this.source.prepare(binding);
			begin(binding, binding.route(), request);
			return binding;
		}
		catch (SQLException | RuntimeException | Error ex) {
			binding.abort();
			binding.release();
			forgetReleased();
			throw ex;
		}
	}

	/**
	 * Takes a connection, and once more if that has told that the server's default
	 * isolation level is one that a standby does not offer.
	 */
	private Binding acquire(RouteRequest request) throws SQLException {
		Binding binding = this.source.acquire(request);
		if (request.serializable() || !isSerializable()) {
			return binding;
		}
		binding.release();
		return this.source.acquire(request.asSerializable());
	}

	private void begin(Binding binding, Route route, RouteRequest request) throws SQLException {
		this.source.begin(binding, route, this.session, request.readOnly());
		this.current = binding;
		this.scope = request.scope();
		if (!this.session.isAutoCommit()) {
			this.inTransaction = true;
			if (!request.readOnly()) {
				binding.hold();
			}
		}
	}

	private RouteRequest request(@Nullable String sql) {
		RoutingScope scope = RoutingScope.current();
		boolean inTransaction = !this.session.isAutoCommit();
		boolean readOnly = this.session.isReadOnly() || isReadOnlyByContext(scope);
		boolean plainRead = !inTransaction && !readOnly && this.source.isByStatement() && sql != null
				&& PlainReads.isPlainRead(sql);
		return new RouteRequest(scope, readOnly, inTransaction, plainRead,
				this.current != null && this.current.isHeld(), isSerializable(), this.source.caller().bound());
	}

	private boolean isSerializable() {
		return getTransactionIsolation() == TRANSACTION_SERIALIZABLE;
	}

	/**
	 * Whether the transaction about this data source, or else the scope of the running
	 * code, is read-only. A read-write transaction overrules the scope.
	 */
	private boolean isReadOnlyByContext(RoutingScope scope) {
		boolean readOnlyTransaction = TransactionSynchronizationManager.isCurrentTransactionReadOnly();
		if (!scope.readOnly() && !readOnlyTransaction) {
			return false;
		}
		if (!TransactionSynchronizationManager.isActualTransactionActive()) {
			return true;
		}
		return TransactionMembership.isAbout(this.source) ? readOnlyTransaction : scope.readOnly();
	}

	private void abandonTransaction() {
		Binding binding = this.current;
		if (this.inTransaction && binding != null) {
			recordHiddenWrites(binding);
		}
		this.inTransaction = false;
	}

	private void endTransaction() {
		this.inTransaction = false;
		Binding binding = this.current;
		if (binding != null && !binding.isHeld()) {
			binding.release();
			forgetReleased();
		}
	}

	private void forgetReleased() {
		for (int i = this.bindings.size() - 1; i >= 0; i--) {
			if (this.bindings.get(i).isReleased()) {
				this.bindings.remove(i);
			}
		}
		if (this.current != null && this.current.isReleased()) {
			this.current = null;
		}
	}

	private void requireOpen() throws SQLException {
		if (this.closed) {
			throw new SQLException("This connection is closed.", CONNECTION_DOES_NOT_EXIST);
		}
	}

	private void requireNoTransactionUnderWay(String what) throws SQLException {
		requireOpen();
		if (this.inTransaction) {
			throw new SQLException("The " + what + " cannot be changed in the middle of a transaction.",
					INVALID_TRANSACTION_STATE);
		}
	}

	private void requireManualCommit(String what) throws SQLException {
		requireOpen();
		if (this.session.isAutoCommit()) {
			throw new SQLException("Cannot " + what + " in auto-commit mode.", NO_ACTIVE_TRANSACTION);
		}
	}

	@Override
	public void setAutoCommit(boolean autoCommit) throws SQLException {
		requireOpen();
		if (autoCommit != this.session.isAutoCommit()) {
			if (this.inTransaction) {
				commit();
			}
			this.session.setAutoCommit(autoCommit);
			this.scope = null;
		}
	}

	@Override
	public boolean getAutoCommit() throws SQLException {
		requireOpen();
		return this.session.isAutoCommit();
	}

	@Override
	public void commit() throws SQLException {
		requireManualCommit("commit");
		Binding binding = this.current;
		if (!this.inTransaction || binding == null) {
			return;
		}
		try {
			commit(binding);
		}
		catch (SQLException ex) {
			throw translate(ex, binding);
		}
		finally {
			endTransaction();
		}
	}

	/**
	 * Remembers what was committed beside the transaction, whatever becomes of that.
	 */
	private void recordHiddenWrites(Binding binding) {
		if (binding.hasHiddenWrites()) {
			this.source.recordUncheckedWrite(binding.isAsynchronous());
		}
	}

	private void record(CheckedCommit.Outcome outcome, Binding binding) {
		if (outcome == CheckedCommit.Outcome.POSSIBLY_WRITTEN) {
			this.source.recordUncheckedWrite(binding.isAsynchronous());
		}
		else if (outcome.mayHaveWritten()) {
			this.source.caller().recordWrite(outcome == CheckedCommit.Outcome.WRITTEN_ASYNCHRONOUSLY);
		}
		recordHiddenWrites(binding);
	}

	private void commit(Binding binding) throws SQLException {
		if (binding.isReadOnlyUnit()) {
			binding.connection().commit();
			return;
		}
		CheckedCommit.Outcome outcome = CheckedCommit.Outcome.UNCHANGED;
		try {
			this.source.requirePrimary(binding);
			outcome = CheckedCommit.Outcome.POSSIBLY_WRITTEN;
			outcome = CheckedCommit.commit(binding.connection(), levelFor(binding));
		}
		catch (SQLException ex) {
			if (outcome.mayHaveWritten()) {
				outcome = CheckedCommit.outcomeOf(ex);
			}
			throw outcome.mayHaveWritten() && NodeErrors.leavesCommitOpen(ex)
					? new UnknownCommitOutcomeException(ConnectionSource.unit(), binding.route().node().name(), ex)
					: ex;
		}
		finally {
			record(outcome, binding);
		}
	}

	/**
	 * What the commit has to wait for. It counts as well if nobody can tell how it ended.
	 */
	private static @Nullable SynchronousCommit levelFor(Binding binding) {
		SynchronousCommit level = CommitDurability.current();
		if (level == SynchronousCommit.OFF) {
			binding.noteAsynchronous();
		}
		return level;
	}

	@Override
	public void rollback() throws SQLException {
		requireManualCommit("roll back");
		Binding binding = this.current;
		if (!this.inTransaction || binding == null) {
			return;
		}
		try {
			binding.connection().rollback();
		}
		catch (SQLException ex) {
			// a server that has lost a client rolls back, and a read-only unit has
			// nothing to
			// undo: what made it fail tells more
			boolean undone = !binding.isHeld() || binding.connection().isClosed();
			binding.abort();
			if (!undone) {
				throw ex;
			}
		}
		finally {
			recordHiddenWrites(binding);
			endTransaction();
		}
	}

	@Override
	public void close() throws SQLException {
		if (this.closed) {
			return;
		}
		this.closed = true;
		abandonTransaction();
		if (this.unwrapped) {
			this.source.recordUncheckedWrite(false);
		}
		this.bindings.forEach(Binding::release);
		forgetReleased();
		this.source.caller().connectionReturned();
	}

	@Override
	public boolean isClosed() throws SQLException {
		return this.closed;
	}

	@Override
	public void abort(Executor executor) throws SQLException {
		this.closed = true;
		abandonTransaction();
		for (Binding binding : List.copyOf(this.bindings)) {
			binding.connection().abort(executor);
			binding.release();
		}
	}

	@Override
	public boolean isValid(int timeout) throws SQLException {
		if (this.closed) {
			return false;
		}
		Binding binding = bind(null);
		try {
			return binding.connection().isValid(timeout);
		}
		finally {
			unbind(binding);
		}
	}

	@Override
	public void setReadOnly(boolean readOnly) throws SQLException {
		requireOpen();
		if (readOnly != this.session.isReadOnly()) {
			requireNoTransactionUnderWay("read-only mode");
			this.session.setReadOnly(readOnly);
			this.scope = null;
		}
	}

	@Override
	public boolean isReadOnly() throws SQLException {
		requireOpen();
		return this.session.isReadOnly();
	}

	@Override
	public void setTransactionIsolation(int level) throws SQLException {
		requireOpen();
		if (level != getTransactionIsolation()) {
			requireNoTransactionUnderWay("isolation level");
			this.session.setIsolation((level != this.source.defaultIsolation()) ? level : null);
			this.scope = null;
		}
	}

	@Override
	public int getTransactionIsolation() {
		Integer isolation = this.session.getIsolation();
		return (isolation != null) ? isolation : this.source.defaultIsolation();
	}

	@Override
	public void setCatalog(String catalog) throws SQLException {
		requireOpen();
		this.session.setCatalog(catalog);
		applyAtOnce();
	}

	@Override
	public String getCatalog() throws SQLException {
		String catalog = this.session.getCatalog();
		return (catalog != null) ? catalog : ask(Connection::getCatalog);
	}

	@Override
	public void setSchema(String schema) throws SQLException {
		requireOpen();
		this.session.setSchema(schema);
		applyAtOnce();
	}

	@Override
	public String getSchema() throws SQLException {
		String schema = this.session.getSchema();
		return (schema != null) ? schema : ask(Connection::getSchema);
	}

	@Override
	public void setHoldability(int holdability) throws SQLException {
		requireOpen();
		this.session.setHoldability(holdability);
		applyAtOnce();
	}

	@Override
	public int getHoldability() throws SQLException {
		Integer holdability = this.session.getHoldability();
		return (holdability != null) ? holdability : ask(Connection::getHoldability);
	}

	@Override
	public void setNetworkTimeout(@Nullable Executor executor, int milliseconds) throws SQLException {
		requireOpen();
		this.session.setNetworkTimeout(new NetworkTimeout(executor, milliseconds));
		applyAtOnce();
	}

	@Override
	public int getNetworkTimeout() throws SQLException {
		NetworkTimeout timeout = this.session.getNetworkTimeout();
		return (timeout != null) ? timeout.milliseconds() : ask(Connection::getNetworkTimeout);
	}

	@Override
	public void setTypeMap(Map<String, Class<?>> map) throws SQLException {
		requireOpen();
		this.session.setTypeMap(map);
		applyAtOnce();
	}

	@Override
	public Map<String, Class<?>> getTypeMap() throws SQLException {
		requireOpen();
		Map<String, Class<?>> map = this.session.getTypeMap();
		return (map != null) ? map : Map.of();
	}

	@Override
	public void setClientInfo(String name, @Nullable String value) throws SQLClientInfoException {
		Properties clientInfo = new Properties();
		if (this.session.getClientInfo() != null) {
			clientInfo.putAll(this.session.getClientInfo());
		}
		clientInfo.setProperty(name, Objects.requireNonNullElse(value, ""));
		setClientInfo(clientInfo);
	}

	@Override
	public void setClientInfo(Properties properties) throws SQLClientInfoException {
		this.session.setClientInfo(properties);
		try {
			requireOpen();
			applyAtOnce();
		}
		catch (SQLClientInfoException ex) {
			throw ex;
		}
		catch (SQLException ex) {
			throw new SQLClientInfoException(ex.getMessage(), ex.getSQLState(), Map.of(), ex);
		}
	}

	@Override
	public @Nullable String getClientInfo(String name) throws SQLException {
		Properties clientInfo = this.session.getClientInfo();
		String value = (clientInfo != null) ? clientInfo.getProperty(name) : null;
		return (value != null) ? value : ask((connection) -> connection.getClientInfo(name));
	}

	@Override
	public Properties getClientInfo() throws SQLException {
		Properties clientInfo = this.session.getClientInfo();
		return (clientInfo != null) ? clientInfo : ask(Connection::getClientInfo);
	}

	/**
	 * Passes a setting on to the connection in use: it may count for the next statement
	 * of the unit under way.
	 */
	private void applyAtOnce() throws SQLException {
		if (this.current != null) {
			this.current.applyRareSettings(this.session);
		}
	}

	/**
	 * Asks a physical connection something that decides and holds nothing: the one in
	 * use, else one for the length of the question.
	 */
	<R> R ask(Question<R> question) throws SQLException {
		requireOpen();
		Binding binding = this.current;
		if (binding != null) {
			return question.answer(binding.connection());
		}
		Binding borrowed = this.source.acquireForMetadata();
		try {
			return question.answer(borrowed.connection());
		}
		finally {
			borrowed.release();
		}
	}

	@Override
	public DatabaseMetaData getMetaData() throws SQLException {
		requireOpen();
		return LogicalMetaData.of(this, this.source.metadata());
	}

	/**
	 * Takes a connection for metadata that is read row by row.
	 */
	Binding bindForMetadata() throws SQLException {
		requireOpen();
		Binding binding = this.current;
		if (binding == null) {
			binding = this.source.acquireForMetadata();
			this.bindings.add(binding);
		}
		binding.retain();
		return binding;
	}

	@Override
	public Statement createStatement() throws SQLException {
		requireOpen();
		return new LogicalStatement(this, null, Connection::createStatement);
	}

	@Override
	public Statement createStatement(int type, int concurrency) throws SQLException {
		requireOpen();
		return new LogicalStatement(this, null, (connection) -> connection.createStatement(type, concurrency));
	}

	@Override
	public Statement createStatement(int type, int concurrency, int holdability) throws SQLException {
		requireOpen();
		return new LogicalStatement(this, null,
				(connection) -> connection.createStatement(type, concurrency, holdability));
	}

	@Override
	public PreparedStatement prepareStatement(String sql) throws SQLException {
		return prepare(sql, (connection) -> connection.prepareStatement(sql));
	}

	@Override
	public PreparedStatement prepareStatement(String sql, int autoGeneratedKeys) throws SQLException {
		return prepare(sql, (connection) -> connection.prepareStatement(sql, autoGeneratedKeys));
	}

	@Override
	public PreparedStatement prepareStatement(String sql, int[] columnIndexes) throws SQLException {
		return prepare(sql, (connection) -> connection.prepareStatement(sql, columnIndexes));
	}

	@Override
	public PreparedStatement prepareStatement(String sql, String[] columnNames) throws SQLException {
		return prepare(sql, (connection) -> connection.prepareStatement(sql, columnNames));
	}

	@Override
	public PreparedStatement prepareStatement(String sql, int type, int concurrency) throws SQLException {
		return prepare(sql, (connection) -> connection.prepareStatement(sql, type, concurrency));
	}

	@Override
	public PreparedStatement prepareStatement(String sql, int type, int concurrency, int holdability)
			throws SQLException {
		return prepare(sql, (connection) -> connection.prepareStatement(sql, type, concurrency, holdability));
	}

	private PreparedStatement prepare(String sql, StatementFactory factory) throws SQLException {
		LogicalPreparedStatement statement = new LogicalPreparedStatement(this, sql, factory);
		statement.open(sql);
		return statement;
	}

	@Override
	public CallableStatement prepareCall(String sql) throws SQLException {
		return prepareCall(sql, (connection) -> connection.prepareCall(sql));
	}

	@Override
	public CallableStatement prepareCall(String sql, int type, int concurrency) throws SQLException {
		return prepareCall(sql, (connection) -> connection.prepareCall(sql, type, concurrency));
	}

	@Override
	public CallableStatement prepareCall(String sql, int type, int concurrency, int holdability) throws SQLException {
		return prepareCall(sql, (connection) -> connection.prepareCall(sql, type, concurrency, holdability));
	}

	private CallableStatement prepareCall(String sql, StatementFactory factory) throws SQLException {
		LogicalCallableStatement statement = new LogicalCallableStatement(this, sql, factory);
		statement.open(sql);
		return statement;
	}

	@Override
	public String nativeSQL(String sql) throws SQLException {
		return ask((connection) -> connection.nativeSQL(sql));
	}

	@Override
	public Savepoint setSavepoint() throws SQLException {
		requireManualCommit("set a savepoint");
		return inTransaction().setSavepoint();
	}

	@Override
	public Savepoint setSavepoint(String name) throws SQLException {
		requireManualCommit("set a savepoint");
		return inTransaction().setSavepoint(name);
	}

	@Override
	public void rollback(Savepoint savepoint) throws SQLException {
		requireManualCommit("roll back to a savepoint");
		inTransaction().rollback(savepoint);
	}

	@Override
	public void releaseSavepoint(Savepoint savepoint) throws SQLException {
		requireManualCommit("release a savepoint");
		inTransaction().releaseSavepoint(savepoint);
	}

	private Connection inTransaction() throws SQLException {
		Binding binding = this.current;
		return ((this.inTransaction && binding != null) ? binding : begin(null)).connection();
	}

	/**
	 * The physical connection for what is made of it and used beside statements. Stays
	 * until the unit ends: in auto-commit, until this connection is closed.
	 */
	private Connection keep() throws SQLException {
		Binding binding = bind(null);
		return binding.connection();
	}

	@Override
	public Clob createClob() throws SQLException {
		return keep().createClob();
	}

	@Override
	public Blob createBlob() throws SQLException {
		return keep().createBlob();
	}

	@Override
	public NClob createNClob() throws SQLException {
		return keep().createNClob();
	}

	@Override
	public SQLXML createSQLXML() throws SQLException {
		return keep().createSQLXML();
	}

	@Override
	public Array createArrayOf(String typeName, Object[] elements) throws SQLException {
		return keep().createArrayOf(typeName, elements);
	}

	@Override
	public Struct createStruct(String typeName, Object[] attributes) throws SQLException {
		return keep().createStruct(typeName, attributes);
	}

	@Override
	public @Nullable SQLWarning getWarnings() throws SQLException {
		requireOpen();
		return (this.current != null) ? this.current.connection().getWarnings() : null;
	}

	@Override
	public void clearWarnings() throws SQLException {
		requireOpen();
		if (this.current != null) {
			this.current.connection().clearWarnings();
		}
	}

	@Override
	public <T> T unwrap(Class<T> type) throws SQLException {
		if (type.isInstance(this)) {
			return type.cast(this);
		}
		Connection connection = keep();
		Binding binding = this.current;
		if (binding != null && binding.isOnWritePool() && !binding.isReadOnlyUnit()) {
			binding.hold();
			this.unwrapped |= this.session.isAutoCommit();
		}
		return connection.unwrap(type);
	}

	@Override
	public boolean isWrapperFor(Class<?> type) throws SQLException {
		return type.isInstance(this) || ask((connection) -> connection.isWrapperFor(type));
	}

	@Override
	public String toString() {
		Binding binding = this.current;
		return (binding != null) ? "Connection on " + binding.route().node() + ": " + binding.connection()
				: "Connection on no node yet";
	}

	/**
	 * Something to ask a physical connection.
	 *
	 * @param <R> the type of the answer
	 */
	@FunctionalInterface
	interface Question<R> {

		R answer(Connection connection) throws SQLException;

	}

}
