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
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.util.concurrent.Executor;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.support.TransactionSynchronizationManager;

import io.github.replication.RouteDecision;
import io.github.replication.postgres.SqlState;

/**
 * The session behind a logical connection: ends its transactions, and hands its physical
 * connections out and back. {@link SessionUnits} finds the units of work, and
 * {@link SettingChanges} changes settings.
 * <p>
 * The physical connection of a read pool goes back when its unit ends. A connection of
 * the write pool may hold session state once it has run a read-write transaction, or
 * anything but a plain read in auto-commit. It stays until the logical connection is
 * closed, and so does one that the application has unwrapped. For use by one thread, as
 * JDBC connections are, except for {@link #abort}.
 */
final class RoutingSession {

	private final ConnectionSource source;

	private final SessionSettings settings;

	private final RouteRequests requests;

	private final SessionConnections connections = new SessionConnections();

	private final SessionUnits units;

	/**
	 * Whether a transaction of Spring's was active when the connection was taken. Looked
	 * at only where the pool hands out connections in manual commit.
	 */
	private final boolean takenInTransaction;

	private @Nullable MetadataAccess metadata;

	private @Nullable SettingChanges changes;

	/**
	 * Whether everything was given back that there was.
	 */
	private boolean over;

	RoutingSession(ConnectionSource source) {
		this.source = source;
		this.settings = new SessionSettings(source.isAutoCommitByDefault());
		this.requests = new RouteRequests(source, this.settings);
		this.units = new SessionUnits(source, this.requests, this.connections);
		this.takenInTransaction = isManualCommit() && TransactionSynchronizationManager.isActualTransactionActive();
	}

	ConnectionSource source() {
		return this.source;
	}

	SessionSettings settings() {
		return this.settings;
	}

	/**
	 * Whether statements belong to transactions.
	 */
	boolean isManualCommit() {
		return !this.settings.isAutoCommit();
	}

	@Nullable PhysicalConnection current() {
		return this.connections.current();
	}

	/**
	 * Where the unit under way runs. A connection that an earlier transaction has left
	 * behind does not count.
	 */
	@Nullable RouteDecision route() {
		PhysicalConnection current = this.connections.current();
		boolean underWay = this.settings.isAutoCommit() || this.units.current() != null;
		return (underWay && current != null && !current.isReleased())
				? current.route().decision(ConnectionSource.unit()) : null;
	}

	/**
	 * Where the transaction under way has run, if it does not leave that node.
	 */
	@Nullable RouteDecision transactionRoute() {
		UnitOfWork unit = this.units.current();
		return (unit != null && unit.isTransaction() && unit.isUsed() && !unit.isReadOnlyByScope())
				? unit.route().decision(ConnectionSource.unit()) : null;
	}

	boolean isClosed() {
		return this.connections.isClosed();
	}

	void requireOpen() throws SQLException {
		this.connections.requireOpen();
	}

	boolean isAborted() {
		return this.connections.isAborted();
	}

	/**
	 * Whether the connection broke under a commit, and has not been rolled back since.
	 */
	boolean isCommitLost() {
		return this.connections.isCommitLost();
	}

	/**
	 * Whether the connection broke that was used last.
	 */
	boolean isBroken() throws SQLException {
		PhysicalConnection current = this.connections.current();
		return current != null && current.isBroken();
	}

	/**
	 * Finds the unit in which a statement is to be made.
	 * @see SessionUnits#unitFor
	 */
	UnitOfWork unitFor(StatementText text) throws SQLException {
		return this.units.unitFor(text);
	}

	/**
	 * Finds the unit in which a statement is executed.
	 * @see SessionUnits#unitToExecute
	 */
	UnitOfWork unitToExecute(StatementText text, @Nullable PhysicalConnection madeOn, @Nullable UnitOfWork madeIn)
			throws SQLException {
		return this.units.unitToExecute(text, madeOn, madeIn);
	}

	@Nullable SQLWarning warnings() throws SQLException {
		return this.connections.warnings();
	}

	void clearWarnings() throws SQLException {
		this.connections.clearWarnings();
	}

	/**
	 * Where settings are changed that reach the server.
	 */
	SettingChanges changes() {
		SettingChanges changes = this.changes;
		if (changes == null) {
			changes = new SettingChanges(this.requests, this.connections, this.units, metadata());
			this.changes = changes;
		}
		return changes;
	}

	boolean isTakenInTransaction() {
		return this.takenInTransaction;
	}

	/**
	 * Whether this is a session of a data source that a transaction was begun on.
	 */
	boolean isInTransactionOf(ConnectionSource source) {
		return this.source == source && !this.settings.isAutoCommit();
	}

	/**
	 * Counts a user of a connection out, which gives it back after the last.
	 */
	void leave(PhysicalConnection physical) {
		physical.leave();
		UnitOfWork unit = this.units.current();
		boolean needed = unit != null && unit.isTransaction() && unit.physical() == physical;
		if (!needed && physical.isIdle()) {
			this.connections.release(physical);
		}
	}

	/**
	 * Ends the transaction: its connection is kept for the next unit, or goes back.
	 */
	private void end(PhysicalConnection physical, boolean committed) throws SQLException {
		UnitOfWork unit = this.units.current();
		boolean shared = unit != null && unit.isOnUsedConnection() && physical.isUsed();
		this.units.end();
		this.connections.releaseLeft();
		if (!committed && !physical.isBroken()) {
			physical.rollbackIfOpen();
		}
		physical.transactionEnded(committed);
		boolean reverted = endSettings(committed);
		if (!shared && !keep(physical)) {
			this.connections.release(physical);
		}
		else if (!physical.isBroken()) {
			physical.rest(this.settings, this.requests.isReadOnly());
			if (reverted) {
				physical.applyInAutoCommit(this.settings);
			}
		}
	}

	/**
	 * Keeps a connection that the application has in its own hands. Behind a connection
	 * pooler one that is to be read-only cannot be kept.
	 * @return whether the connection stays with the session, for this or another reason
	 */
	private boolean keep(PhysicalConnection physical) throws SQLException {
		if (physical.isHeld()) {
			return true;
		}
		if (!physical.isExposed() || physical.isOnReadPool()) {
			return physical.isExposed();
		}
		boolean kept = !physical.isBroken() && (!this.requests.isReadOnly() || physical.makeSessionReadOnly());
		if (kept) {
			physical.hold().keepSession();
		}
		return kept;
	}

	/**
	 * Ends the settings of a transaction.
	 * @return whether there were any that do not count any longer
	 */
	private boolean endSettings(boolean committed) {
		if (committed) {
			this.settings.committed();
			return false;
		}
		return this.settings.rolledBack();
	}

	/**
	 * Ends a transaction that has not begun on any connection.
	 */
	private void endWithoutConnection(boolean committed) throws SQLException {
		this.units.recordUnseenWrites();
		PhysicalConnection current = this.connections.current();
		if (endSettings(committed) && current != null && !current.isBroken()) {
			current.applyInAutoCommit(this.settings);
		}
	}

	void setAutoCommit(boolean autoCommit) throws SQLException {
		requireOpen();
		if (autoCommit != this.settings.isAutoCommit()) {
			if (autoCommit) {
				commit();
			}
			this.settings.setAutoCommit(autoCommit);
			this.units.end();
		}
		follow();
	}

	void commit() throws SQLException {
		PhysicalConnection physical = transactionConnection();
		if (physical == null) {
			this.connections.requireNoLostCommit();
			endWithoutConnection(true);
			return;
		}
		UnitOfWork unit = this.units.currentOrJoin(physical);
		boolean committed = false;
		try {
			boolean failed = this.settings.isChangedInTransaction() && physical.isTransactionFailed();
			unit.commit();
			committed = !failed;
		}
		catch (SQLException ex) {
			this.connections.commitLost(physical.isBroken() && !unit.isReadOnly());
			throw unit.translate(ex);
		}
		finally {
			endAfter(physical, committed);
		}
	}

	void rollback() throws SQLException {
		PhysicalConnection physical = transactionConnection();
		this.connections.commitLost(false);
		if (physical == null) {
			endWithoutConnection(false);
			return;
		}
		UnitOfWork unit = this.units.currentOrJoin(physical);
		try {
			physical.connection().rollback();
		}
		catch (SQLException ex) {
			// a server that has lost a client rolls back, and a read-only unit has
			// nothing
			// to undo: the error that broke the connection says more
			boolean undone = unit.isReadOnly() || (physical.isBroken() && !physical.holdsSession());
			physical.abort();
			if (!undone) {
				throw unit.translate(ex);
			}
		}
		finally {
			unit.recordUnseenWrites();
			endAfter(physical, false);
		}
	}

	/**
	 * The connection that a commit or rollback has to reach: that of the unit, and one in
	 * the hands of the application in any case.
	 */
	private @Nullable PhysicalConnection transactionConnection() throws SQLException {
		UnitOfWork unit = this.units.current();
		PhysicalConnection current = this.connections.current();
		if (unit != null && unit.isTransaction()) {
			return unit.physical();
		}
		if (current != null && current.isBroken() && current.holdsSession()) {
			this.connections.requireReplaceable(current);
		}
		return (current != null && current.isInOwnTransaction()) ? current : null;
	}

	private void endAfter(PhysicalConnection physical, boolean committed) {
		this.units.recordUnseenWrites();
		try {
			end(physical, committed);
		}
		catch (SQLException ex) {
			physical.abort();
			if (!physical.holdsSession()) {
				this.connections.release(physical);
			}
		}
	}

	/**
	 * Requires that no transaction is under way on the server, as the driver does before
	 * it changes a setting of transactions. One that has not begun there has not begun.
	 */
	void requireNoTransaction(String setting) throws SQLException {
		requireOpen();
		if (this.connections.isTransactionUnderWay()) {
			throw new SQLException("The " + setting + " cannot be changed in the middle of a transaction.",
					SqlState.ACTIVE_TRANSACTION);
		}
		UnitOfWork unit = this.units.current();
		if (unit != null && unit.isTransaction()) {
			requireNotLost(unit);
			this.units.leave(unit);
		}
		this.units.end();
	}

	/**
	 * A transaction that was lost with its connection has not ended before it is rolled
	 * back, so that nothing of it runs in another session.
	 */
	private static void requireNotLost(UnitOfWork transaction) throws SQLException {
		PhysicalConnection physical = transaction.physical();
		if (transaction.isUsed() && physical.isBroken()) {
			throw new SQLNonTransientConnectionException(
					"The connection to " + physical.node()
							+ " broke, and with it went the transaction. Roll it back, or close this connection.",
					SqlState.CONNECTION_FAILURE);
		}
	}

	/**
	 * Sets a savepoint.
	 * @param name its name, {@code null} for none
	 * @param setting sets it
	 */
	Savepoint setSavepoint(@Nullable String name, Question<Savepoint> setting) throws SQLException {
		UnitOfWork unit = this.units.useTransaction();
		try {
			Savepoint savepoint = setting.answer(unit.physical().connection());
			this.settings.mark(savepoint, name);
			return savepoint;
		}
		catch (SQLException ex) {
			throw unit.translate(ex);
		}
	}

	void rollbackTo(Savepoint savepoint) throws SQLException {
		UnitOfWork unit = this.units.useTransactionUnderWay();
		SessionSettings.Mark mark = this.settings.find(savepoint);
		try {
			unit.physical().rollbackTo(savepoint, (mark != null) ? mark.settings() : this.settings.transactional());
			this.settings.rolledBackTo(mark);
		}
		catch (SQLException ex) {
			throw unit.translate(ex);
		}
	}

	void releaseSavepoint(Savepoint savepoint) throws SQLException {
		UnitOfWork unit = this.units.useTransactionUnderWay();
		SessionSettings.Mark mark = this.settings.find(savepoint);
		try {
			unit.physical().connection().releaseSavepoint(savepoint);
			this.settings.released(mark);
		}
		catch (SQLException ex) {
			throw unit.translate(ex);
		}
	}

	/**
	 * Asks a physical connection something that decides and holds nothing.
	 */
	<R> R ask(Question<R> question) throws SQLException {
		return metadata().ask(question);
	}

	/**
	 * Lends a connection for metadata that is read row by row, until it is
	 * {@linkplain #leave left}.
	 */
	PhysicalConnection connectionForMetadata() throws SQLException {
		return metadata().connection();
	}

	/**
	 * Notes an error of something that is not executed.
	 */
	SQLException noteFailure(PhysicalConnection physical, SQLException ex) {
		return metadata().noteFailure(physical, ex);
	}

	private MetadataAccess metadata() {
		MetadataAccess metadata = this.metadata;
		if (metadata == null) {
			metadata = new MetadataAccess(this.source, this.requests, this.connections);
			this.metadata = metadata;
		}
		return metadata;
	}

	/**
	 * Hands the connection of the unit under way to the application, or of one that
	 * begins with that.
	 * @throws SQLException if the unit is read-only and nothing would enforce that
	 */
	Connection expose() throws SQLException {
		UnitOfWork unit = unitFor(StatementText.UNKNOWN);
		unit.use();
		expose(unit);
		return unit.physical().connection();
	}

	/**
	 * Hands an object of the driver's own to the application, by which it can execute as
	 * by the physical connection itself.
	 * @param unit the unit in which the object was made, which may be over
	 * @throws SQLException if the unit is read-only and nothing would enforce that
	 */
	void expose(UnitOfWork unit) throws SQLException {
		PhysicalConnection physical = unit.physical();
		physical.expose();
		UnitOfWork transaction = transactionOn(physical);
		if (isReadOnly(unit, transaction)) {
			enforceReadOnly(physical, transaction);
		}
		else {
			physical.hold().keepSession();
			this.units.mayWriteUnseen();
		}
		followBetweenTransactions();
	}

	private @Nullable UnitOfWork transactionOn(PhysicalConnection physical) {
		UnitOfWork unit = this.units.current();
		return (unit != null && unit.isTransaction() && unit.physical() == physical) ? unit : null;
	}

	/**
	 * Whether an object that was made in a unit must not write now: a transaction that is
	 * over does not decide that.
	 */
	private boolean isReadOnly(UnitOfWork madeIn, @Nullable UnitOfWork transaction) {
		if (transaction != null) {
			return transaction.isReadOnly();
		}
		return madeIn.isTransaction() ? this.requests.isReadOnly() || !madeIn.physical().isOnWritePool()
				: madeIn.isReadOnly();
	}

	/**
	 * Hands a large object of the driver's own to the application. The application's
	 * writes with it belong to the transaction under way, or else to one that it begins.
	 * @param unit the unit in which the large object was read, which may be over
	 */
	void exposeLargeObject(UnitOfWork unit) throws SQLException {
		if (!unit.isReadOnly()) {
			unit.physical().expose();
			followBetweenTransactions();
		}
	}

	/**
	 * Brings a connection in the hands of the application to the settings. A standby has
	 * no serializable transactions: the next one takes another connection.
	 */
	void follow() throws SQLException {
		PhysicalConnection current = this.connections.current();
		if (current == null || !current.isExposed() || (current.isOnReadPool() && this.requests.isSerializable())) {
			return;
		}
		boolean readOnly = this.requests.isReadOnly();
		current.follow(this.settings, readOnly);
		if (current.isOnWritePool() && !readOnly) {
			this.units.mayWriteUnseen();
		}
	}

	private void followBetweenTransactions() throws SQLException {
		if (this.units.current() == null && !this.settings.isAutoCommit()) {
			follow();
		}
	}

	/**
	 * COPY and large objects begin a transaction without the words that make it
	 * read-only.
	 */
	private static void enforceReadOnly(PhysicalConnection physical, @Nullable UnitOfWork transaction)
			throws SQLException {
		if (transaction != null) {
			transaction.startReadOnly();
		}
		else if (!physical.makeSessionReadOnly()) {
			throw ReadOnlyViolations.unenforceable(physical.node());
		}
		else if (physical.isOnWritePool()) {
			physical.hold().keepSession();
		}
	}

	void close() {
		if (this.over) {
			return;
		}
		this.over = true;
		this.connections.close();
		UnitOfWork unit = this.units.current();
		if (unit != null) {
			unit.recordUnseenWrites();
		}
		this.units.end();
		this.units.recordUnseenWrites();
		try {
			this.connections.releaseAll();
		}
		finally {
			this.units.countOut();
		}
	}

	/**
	 * Closes every connection for good. Safe for use by another thread.
	 */
	void abort(Executor executor) throws SQLException {
		this.connections.abort(executor);
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
