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
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.support.JdbcUtils;

import io.github.replication.PoolKind;
import io.github.replication.node.ClusterNode;
import io.github.replication.policy.Route;
import io.github.replication.postgres.DriverConnection;
import io.github.replication.postgres.DriverConnection.TransactionState;

/**
 * A connection of a pool while it serves a logical one. Between two units of work it is
 * in auto-commit and not read-only, unless the application has it in its own hands. Goes
 * back to its pool exactly once, in the state in which it was taken.
 */
final class PhysicalConnection {

	private static final String SESSION_READ_ONLY = "default_transaction_read_only";

	private static final String CONFORMING_LITERALS = "standard_conforming_strings";

	private static final int IN_USE = 0;

	private static final int ABORTED = 1;

	private static final int RELEASED = 2;

	/**
	 * An object less for each unit than an
	 * {@link java.util.concurrent.atomic.AtomicInteger}.
	 */
	private static final AtomicIntegerFieldUpdater<PhysicalConnection> USE = AtomicIntegerFieldUpdater
		.newUpdater(PhysicalConnection.class, "use");

	private final Connection connection;

	private final ClusterNode node;

	private final int nodeId;

	/**
	 * That of the thread, which has one: the identity hash of a new object costs a call
	 * into the virtual machine.
	 */
	private final int hash = Thread.currentThread().hashCode();

	private final AppliedSettings settings;

	private final Consumer<PhysicalConnection> onRelease;

	private @Nullable DriverConnection driver;

	private int users;

	private final SessionHold hold = new SessionHold();

	private boolean exposed;

	private boolean inTransaction;

	private boolean mayBeInTransaction;

	private boolean sessionChanged;

	private boolean evicted;

	/**
	 * Whether the connection was broken when it went back.
	 */
	private boolean lost;

	private Route route;

	/**
	 * Other threads may abort and release.
	 */
	private volatile int use = IN_USE;

	/**
	 * Creates the connection.
	 * @param connection a connection that was just taken from a pool
	 * @param route the node and pool that it was taken from
	 * @param initialized whether that pool has executed a statement of the application's
	 * on it
	 * @param defaultIsolation the isolation level that it has, {@code null} if that is
	 * not known
	 * @param onRelease called when the connection goes back
	 */
	PhysicalConnection(Connection connection, Route route, boolean initialized, @Nullable Integer defaultIsolation,
			Consumer<PhysicalConnection> onRelease) throws SQLException {
		this.connection = connection;
		this.node = route.node();
		this.route = route;
		this.nodeId = route.node().idOn(connection);
		this.settings = new AppliedSettings(connection, initialized, defaultIsolation);
		this.onRelease = onRelease;
	}

	Connection connection() {
		return this.connection;
	}

	ClusterNode node() {
		return this.node;
	}

	/**
	 * The id of the server that the connection is open to, as it was known when the
	 * connection was taken.
	 */
	int nodeId() {
		return this.nodeId;
	}

	/**
	 * The kind of pool that the connection was taken from, as every route on it says.
	 */
	PoolKind pool() {
		return this.route.pool();
	}

	boolean isOnWritePool() {
		return pool() == PoolKind.WRITE;
	}

	boolean isOnReadPool() {
		return pool() == PoolKind.READ;
	}

	boolean isOf(ClusterNode node, PoolKind pool) {
		return this.node == node && pool() == pool && !isReleased();
	}

	/**
	 * Where the unit goes that runs on this connection, and why.
	 */
	Route route() {
		return this.route;
	}

	void route(Route route) {
		this.route = route;
	}

	/**
	 * The facts that the driver knows.
	 */
	DriverConnection driver() throws SQLException {
		DriverConnection driver = this.driver;
		if (driver == null) {
			driver = DriverConnection.of(this.connection);
			this.driver = driver;
		}
		return driver;
	}

	/**
	 * Whether the connection was aborted, or its pool has taken it away because it broke.
	 */
	boolean isBroken() throws SQLException {
		return this.use != IN_USE || this.connection.isClosed();
	}

	boolean isHeld() {
		return this.hold.isHeld();
	}

	/**
	 * Whether the session holds state that another session would lack.
	 */
	boolean holdsSession() {
		return this.hold.isOfSession();
	}

	/**
	 * Whether no other connection can replace this one: it has a transaction, or state of
	 * the session.
	 */
	boolean isIrreplaceable() {
		return this.inTransaction || holdsSession();
	}

	/**
	 * Why the connection is kept for the logical one until that is closed, if it is.
	 */
	SessionHold hold() {
		return this.hold;
	}

	/**
	 * The application has the connection in its own hands from now on: each setting
	 * reaches it at once, and its work there is found out from the driver.
	 */
	void expose() {
		this.exposed = true;
		this.mayBeInTransaction = true;
	}

	boolean isExposed() {
		return this.exposed;
	}

	/**
	 * The application may have changed the session in a way that is not known, or
	 * executed something by an object of the driver's own.
	 */
	void sessionMayHaveChanged() {
		this.sessionChanged = true;
	}

	/**
	 * Whether everything that has happened in the session is known.
	 */
	boolean isSessionKnown() {
		return !this.sessionChanged && !this.exposed;
	}

	/**
	 * A text that begins or ends a transaction was executed.
	 */
	void transactionMayHaveChanged() {
		this.mayBeInTransaction = true;
	}

	/**
	 * Whether a transaction is under way that no unit of work has begun, but a text or
	 * the application by means of the driver.
	 */
	boolean isInOwnTransaction() throws SQLException {
		return this.mayBeInTransaction && !this.inTransaction && isTransactionUnderWay();
	}

	/**
	 * Whether a transaction is under way on the server. Where the driver does not know,
	 * every statement of a unit counts as the beginning of one. With the connection its
	 * transaction is lost.
	 */
	boolean isTransactionUnderWay() throws SQLException {
		if (this.connection.isClosed()) {
			return false;
		}
		TransactionState state = driver().transaction();
		return (state != TransactionState.UNKNOWN) ? state != TransactionState.IDLE : this.inTransaction;
	}

	/**
	 * Whether the transaction has failed, so that a commit rolls it back.
	 */
	boolean isTransactionFailed() throws SQLException {
		return driver().transaction() == TransactionState.FAILED;
	}

	/**
	 * Whether the server itself refuses to write on this connection, however a
	 * transaction begins, because the session is read-only.
	 */
	boolean isSessionReadOnly() throws SQLException {
		return isOnReadPool() && this.node.readPool().keepsSessions()
				&& "on".equals(driver().parameter(SESSION_READ_ONLY));
	}

	/**
	 * Whether a backslash in a plain literal is an escape.
	 */
	boolean hasEscapesInLiterals() throws SQLException {
		return "off".equals(driver().parameter(CONFORMING_LITERALS));
	}

	/**
	 * The isolation level of a transaction of a session here, {@code null} if it is not
	 * known.
	 */
	@Nullable Integer isolation(SessionSettings session) {
		return this.settings.isolation(session);
	}

	/**
	 * Applies the settings of a session, in auto-commit where the server has to be asked.
	 */
	void apply(SessionSettings session, boolean readOnly) throws SQLException {
		if (!readOnly) {
			this.settings.setSessionReadWrite();
		}
		this.settings.apply(session, readOnly);
	}

	/**
	 * Has statements run in auto-commit from now on.
	 */
	void useAutoCommit() throws SQLException {
		this.settings.setAutoCommit(true);
	}

	/**
	 * Has the next statement begin a transaction.
	 * @param readOnly whether that must be read-only
	 */
	void useTransaction(boolean readOnly) throws SQLException {
		this.settings.setAutoCommit(false);
		this.inTransaction = true;
		if (readOnly && isOnWritePool() && !beginsReadOnly()) {
			execute("SET TRANSACTION READ ONLY");
		}
	}

	/**
	 * Whether the driver begins a read-only transaction. The read pools see to that
	 * themselves, and another driver is believed.
	 */
	private boolean beginsReadOnly() throws SQLException {
		DriverConnection driver = driver();
		return driver.transaction() == TransactionState.UNKNOWN || driver.beginsReadOnly();
	}

	/**
	 * Begins the transaction on the server, before the application can do so by other
	 * means.
	 */
	void startTransaction() throws SQLException {
		if (driver().transaction() == TransactionState.IDLE) {
			execute("SELECT 1");
		}
	}

	/**
	 * Makes the session read-only for an application that has it in its own hands.
	 * @return {@code false} if sessions are not kept, as behind a connection pooler
	 */
	boolean makeSessionReadOnly() throws SQLException {
		return isSessionReadOnly() || this.settings.setSessionReadOnly(driver().backendPid());
	}

	private void execute(String sql) throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			statement.execute(sql);
		}
	}

	/**
	 * Makes a statement with another holdability than that of the session.
	 */
	Statement createStatement(StatementFactory factory, @Nullable Integer holdability) throws SQLException {
		return this.settings.createStatement(factory, holdability);
	}

	/**
	 * Passes on settings that count from the next statement on.
	 */
	void applyRareSettings(SessionSettings session) throws SQLException {
		this.settings.applyRareSettings(session);
	}

	/**
	 * Sets the isolation level, whatever the session has been given since.
	 */
	void useIsolation(int level) throws SQLException {
		this.settings.useIsolation(level);
	}

	/**
	 * Passes on settings in auto-commit, so that no transaction begins with that.
	 */
	void applyInAutoCommit(SessionSettings session) throws SQLException {
		boolean autoCommit = this.settings.isAutoCommit();
		this.settings.setAutoCommit(true);
		this.settings.applyRareSettings(session);
		this.settings.setAutoCommit(autoCommit);
	}

	/**
	 * A transaction has ended.
	 * @param committed whether its changes are there
	 */
	void transactionEnded(boolean committed) {
		this.inTransaction = false;
		if (committed) {
			this.settings.committed();
		}
		else {
			this.settings.rolledBack();
		}
	}

	void rollbackTo(Savepoint savepoint, SessionSettings.Transactional settings) throws SQLException {
		this.connection.rollback(savepoint);
		this.settings.revertTo(settings);
	}

	/**
	 * Rolls back a transaction that is under way although it has ended here: to switch
	 * auto-commit on would commit it.
	 */
	void rollbackIfOpen() throws SQLException {
		if (isTransactionUnderWay()) {
			rollback();
		}
	}

	/**
	 * Comes to rest when a unit is over and the connection stays: in auto-commit and not
	 * read-only. In the hands of the application it follows the logical connection
	 * instead.
	 */
	void rest(SessionSettings session, boolean readOnly) throws SQLException {
		if (this.exposed) {
			follow(session, readOnly);
		}
		else {
			this.settings.setAutoCommit(true);
			this.settings.setReadOnly(false);
		}
	}

	/**
	 * Brings a connection in the hands of the application to the state of the logical
	 * one.
	 * @param readOnly whether that is read-only, by itself or by the code that runs
	 */
	void follow(SessionSettings session, boolean readOnly) throws SQLException {
		if (!isTransactionUnderWay()) {
			if (!readOnly) {
				this.settings.setSessionReadWrite();
			}
			else if (!makeSessionReadOnly()) {
				throw ReadOnlyViolations.unenforceable(this.node);
			}
			this.settings.apply(session, readOnly);
		}
		this.settings.setAutoCommit(session.isAutoCommit());
	}

	/**
	 * Counts a user in: a statement, or rows of metadata.
	 */
	void retain() {
		this.users++;
	}

	/**
	 * Counts a user out.
	 */
	void leave() {
		this.users--;
	}

	/**
	 * Whether a statement, or rows of metadata, are open on the connection.
	 */
	boolean isUsed() {
		return this.users > 0;
	}

	/**
	 * Whether the connection is needed no longer.
	 */
	boolean isIdle() {
		return !isUsed() && !this.hold.isHeld() && !this.exposed;
	}

	/**
	 * Whether another connection may take its place: at most a finished transaction has
	 * left something behind.
	 */
	boolean isReplaceable() {
		return !isUsed() && !this.hold.isOfSession() && !this.exposed;
	}

	boolean isReleased() {
		return this.use == RELEASED;
	}

	/**
	 * Whether the connection broke, also if it has gone back since.
	 */
	boolean isLost() throws SQLException {
		return isReleased() ? this.lost : isBroken();
	}

	/**
	 * Gives the connection back, which closes the objects created on it.
	 */
	void release() {
		int before = USE.getAndSet(this, RELEASED);
		if (before == RELEASED) {
			return;
		}
		this.lost = before == ABORTED || isClosed();
		this.onRelease.accept(this);
		try {
			if (before == ABORTED || this.evicted || !restore()) {
				abort();
			}
		}
		finally {
			JdbcUtils.closeConnection(this.connection);
			leavePool(this.node, pool());
		}
	}

	private boolean isClosed() {
		try {
			return this.connection.isClosed();
		}
		catch (SQLException | RuntimeException ex) {
			// nobody knows how it is
			evict();
			return true;
		}
	}

	/**
	 * Rolls back the open transaction, then undoes everything else.
	 * @return {@code false} if that failed and the connection must not be used again
	 */
	private boolean restore() {
		if (this.lost) {
			return true;
		}
		try {
			if (!isSessionKnown()) {
				driver().commitsSynchronously(false, 0);
			}
			if ((this.inTransaction || this.mayBeInTransaction) && isTransactionUnderWay()) {
				rollback();
			}
			this.settings.restore();
			return true;
		}
		catch (SQLException | RuntimeException ex) {
			this.lost = true;
			return false;
		}
	}

	private void rollback() throws SQLException {
		if (this.settings.isAutoCommit()) {
			execute("ROLLBACK");
		}
		else {
			this.connection.rollback();
		}
		transactionEnded(false);
	}

	/**
	 * Has the connection closed when the logical one lets go of it.
	 */
	void evict() {
		this.evicted = true;
	}

	/**
	 * Closes the connection under the unit that waits for an answer. Safe for use by
	 * another thread than that of the unit; does nothing if the connection has gone back.
	 * Does not wait: to close an encrypted connection takes as long as the unit is busy
	 * sending.
	 */
	void abortUnderUnit() {
		if (USE.compareAndSet(this, IN_USE, ABORTED)) {
			Thread thread = new Thread(this::abort, "replication-abort");
			thread.setDaemon(true);
			try {
				thread.start();
			}
			catch (OutOfMemoryError ex) {
				// the system has no thread left
				abort();
			}
		}
	}

	/**
	 * Closes the connection and gives it back. Safe for use by another thread.
	 * @param executor closes the connection
	 */
	void abort(Executor executor) throws SQLException {
		if (USE.compareAndSet(this, IN_USE, ABORTED)) {
			try {
				this.connection.abort(executor);
			}
			finally {
				release();
			}
		}
	}

	/**
	 * Closes the connection for good, so that no other unit gets it.
	 */
	void abort() {
		try {
			this.connection.abort(Runnable::run);
		}
		catch (SQLException | RuntimeException ex) {
			JdbcUtils.closeConnection(this.connection);
		}
	}

	static void enterPool(Route route) {
		if (route.pool() == PoolKind.READ) {
			route.node().readPool().acquire();
		}
	}

	static void leavePool(ClusterNode node, PoolKind pool) {
		if (pool == PoolKind.READ) {
			node.readPool().release();
		}
	}

	@Override
	public int hashCode() {
		return this.hash;
	}

	@Override
	public String toString() {
		return "Connection on " + this.node + ": " + this.connection;
	}

}
