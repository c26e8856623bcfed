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
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

import io.github.replication.PoolKind;
import io.github.replication.RouteDecision;
import io.github.replication.RoutingScope;
import io.github.replication.jdbc.PhysicalConnection.Hold;
import io.github.replication.node.ClusterNode;
import io.github.replication.policy.Route;
import io.github.replication.policy.RouteRequest;
import io.github.replication.position.Bound;
import io.github.replication.postgres.SqlState;

/**
 * The session behind a logical connection: its settings, the unit of work under way, and
 * the physical connections that serve it.
 * <p>
 * The physical connection of a read pool goes back when its unit ends. A connection of
 * the write pool may hold session state once it has run a read-write transaction, or
 * anything but a plain read in auto-commit. It stays until the logical connection is
 * closed. For use by one thread, as JDBC connections are, except for {@link #abort}.
 */
final class RoutingSession {

	private final ConnectionSource source;

	private final SessionSettings settings;

	private final RouteRequests requests;

	private final SessionConnections connections = new SessionConnections();

	private @Nullable MetadataAccess metadata;

	/**
	 * The transaction under way, or the statement in auto-commit that began last.
	 */
	private @Nullable UnitOfWork unit;

	/**
	 * Whether the application had a physical connection in its own hands in auto-commit,
	 * and may have written there.
	 */
	private boolean writesUnseen;

	private @Nullable SQLWarning warning;

	/**
	 * Where this session is counted while it may hold a connection.
	 */
	private @Nullable AtomicInteger counted;

	/**
	 * Whether the connection broke under a commit, so that its transaction has not ended
	 * before it is rolled back.
	 */
	private boolean lost;

	/**
	 * Whether everything was given back that there was.
	 */
	private boolean over;

	RoutingSession(ConnectionSource source) {
		this.source = source;
		this.settings = new SessionSettings(source.isAutoCommitByDefault());
		this.requests = new RouteRequests(source, this.settings);
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

	@Nullable PhysicalConnection find(ClusterNode node, PoolKind pool) {
		return this.connections.find(node, pool);
	}

	@Nullable RouteDecision route() {
		PhysicalConnection current = this.connections.current();
		return (current != null && !current.isReleased()) ? current.route().decision(ConnectionSource.unit()) : null;
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
	boolean isLost() {
		return this.lost;
	}

	/**
	 * Whether the connection broke that was used last.
	 */
	boolean isBroken() throws SQLException {
		PhysicalConnection current = this.connections.current();
		return current != null && current.isBroken();
	}

	/**
	 * Finds the unit in which a statement is to be made. Begins one unless a transaction
	 * is under way.
	 */
	UnitOfWork unitFor(StatementText text) throws SQLException {
		requireOpen();
		UnitOfWork unit = this.unit;
		return (unit != null && unit.isTransaction()) ? goOn(unit) : begin(text, null);
	}

	/**
	 * Finds the unit in which a statement is executed.
	 * @param text the classification of the statement to execute
	 * @param madeOn the connection that the statement was made on, {@code null} if it has
	 * not been made
	 * @param madeIn the unit in which it was made, if this is its first execution
	 */
	UnitOfWork unitToExecute(StatementText text, @Nullable PhysicalConnection madeOn, @Nullable UnitOfWork madeIn)
			throws SQLException {
		requireOpen();
		UnitOfWork unit = this.unit;
		if (unit != null && unit.isTransaction()) {
			return goOn(unit);
		}
		return (unit != null && unit == madeIn && isFresh(unit)) ? unit : begin(text, madeOn);
	}

	/**
	 * Whether the decision of a unit that has not begun yet would be the same now.
	 */
	private boolean isFresh(UnitOfWork unit) {
		return !unit.isUsed() && unit.request().scope() == RoutingScope.current() && this.source.isInPlace(unit)
				&& (!unit.isOnReplica() || unit.isDecidedBy(this.source.caller().bound()));
	}

	/**
	 * Goes on with a transaction. A read-only one on a replica may have been overtaken by
	 * the caller's own write, from another transaction or thread.
	 */
	private UnitOfWork goOn(UnitOfWork unit) throws SQLException {
		if (!unit.isOnReplica()) {
			return unit;
		}
		Bound bound = this.source.caller().bound();
		RoutingScope scope = RoutingScope.current();
		if (bound.write() == unit.seenWrite() && scope.consistency() == unit.request().scope().consistency()) {
			return unit;
		}
		RouteRequest request = unit.request().within(scope).with(bound);
		if ((unit.isUsed() && keepsSnapshot()) || this.source.catchesUp(unit, request)) {
			unit.seenWrite(bound.write());
			return unit;
		}
		return hasFailed(unit) ? unit : goOnAtPrimary(unit, request);
	}

	/**
	 * Whether the transaction has failed or was lost, so that it ends where it is.
	 */
	private static boolean hasFailed(UnitOfWork unit) throws SQLException {
		return unit.isUsed() && (unit.physical().isBroken() || unit.physical().isTransactionFailed());
	}

	/**
	 * Whether the transaction sees the commits before its first statement and no later
	 * ones, by its isolation level.
	 */
	private boolean keepsSnapshot() {
		return this.requests.isolation() >= Connection.TRANSACTION_REPEATABLE_READ;
	}

	private UnitOfWork goOnAtPrimary(UnitOfWork unit, RouteRequest request) throws SQLException {
		if (unit.isBoundToSession() || this.settings.hasSavepoints()) {
			throw OvertakenTransaction.exception(unit, RoutingScope.current());
		}
		PhysicalConnection replica = unit.physical();
		this.unit = null;
		this.connections.putAside(replica);
		try {
			PhysicalConnection primary = this.source.takeBehind(replica.node());
			return begin(primary, primary.route(), request);
		}
		finally {
			this.connections.releaseWithRows(replica);
		}
	}

	/**
	 * The session does not see the application's work on a connection in its own hands:
	 * it may have written since the last time.
	 */
	private void recordWritesUnseen() {
		if (this.writesUnseen) {
			this.source.recordUncheckedWrite(false);
		}
	}

	private UnitOfWork begin(StatementText text, @Nullable PhysicalConnection preferred) throws SQLException {
		recordWritesUnseen();
		PhysicalConnection current = usable(preferred);
		if (current != null && current.isInOwnTransaction()) {
			return join(current);
		}
		RouteRequest request = request(text);
		Route route = (current != null) ? this.source.routeOn(request, current) : null;
		if (current != null && route != null) {
			return begin(current, route, request);
		}
		if (current != null && current.holdsSession()) {
			throw new SQLNonTransientConnectionException(
					"The session on " + current.node()
							+ " holds settings, locks or temporary tables that this connection needs, but "
							+ current.node() + " is not the primary any more. Close this connection and take another.",
					SqlState.CONNECTION_FAILURE);
		}
		return beginOnAnother(request);
	}

	/**
	 * The connection that the next unit runs on if it may. That is the one that holds the
	 * session, else the one that the statement was made on, else the one used last.
	 */
	private @Nullable PhysicalConnection usable(@Nullable PhysicalConnection preferred) throws SQLException {
		PhysicalConnection current = this.connections.current();
		if (current != null && current.isBroken()) {
			requireReplaceable(current);
			this.connections.release(current);
			current = null;
		}
		return ((current != null && current.isHeld()) || preferred == null || preferred.isReleased()) ? current
				: preferred;
	}

	/**
	 * Only what a finished transaction has left behind may be lost with a connection.
	 */
	private void requireReplaceable(PhysicalConnection broken) throws SQLException {
		if (broken.holdsSession()) {
			throw new SQLNonTransientConnectionException("The connection to " + broken.node()
					+ " broke, and with it went the settings, locks or temporary tables of its session."
					+ " Close this connection and take another.", SqlState.CONNECTION_FAILURE);
		}
		requireNoLostCommit();
	}

	/**
	 * A transaction that a text has begun, or the application by means of the driver, is
	 * a unit of its own. The server knows whether it is read-only.
	 */
	private UnitOfWork join(PhysicalConnection current) throws SQLException {
		RouteRequest request = request(StatementText.UNKNOWN).asReadWriteTransaction();
		UnitOfWork unit = this.source.join(current, request);
		this.connections.use(current);
		if (!this.settings.isAutoCommit()) {
			current.useTransaction(false);
		}
		this.unit = this.settings.isAutoCommit() ? null : unit;
		return unit;
	}

	private UnitOfWork beginOnAnother(RouteRequest request) throws SQLException {
		PhysicalConnection physical = acquire(request);
		return begin(physical, physical.route(), request);
	}

	/**
	 * Takes a connection, and once more if that has shown that the server's default
	 * isolation level is one that a standby does not offer.
	 */
	private PhysicalConnection acquire(RouteRequest request) throws SQLException {
		count();
		PhysicalConnection physical = this.source.acquire(request, this);
		if (request.serializable() || !this.requests.isSerializable()) {
			return physical;
		}
		if (physical != this.connections.find(physical.node(), physical.pool())) {
			physical.release();
		}
		return this.source.acquire(request.asSerializable(), this);
	}

	private void count() {
		if (this.counted == null) {
			AtomicInteger counted = this.source.sessionsOfThread();
			counted.incrementAndGet();
			this.counted = counted;
		}
	}

	/**
	 * Counts this session out. A connection that the thread goes on holding, such as that
	 * of the transaction around this one, is waited for.
	 */
	private void countOut() {
		AtomicInteger counted = this.counted;
		if (counted != null) {
			this.counted = null;
			counted.decrementAndGet();
		}
		if (this.source.sessionsOfThread().get() == 0) {
			this.source.caller().connectionReturned();
		}
	}

	private UnitOfWork begin(PhysicalConnection physical, Route route, RouteRequest request) throws SQLException {
		this.connections.use(physical);
		try {
			UnitOfWork unit = this.source.begin(physical, route, request, this.settings);
			this.unit = unit;
			if (unit.isTransaction() && !unit.isReadOnly()) {
				physical.hold(Hold.TRANSACTION);
			}
			return unit;
		}
		catch (SQLException | RuntimeException | Error ex) {
			this.unit = null;
			if (!physical.isHeld()) {
				physical.abort();
				this.connections.release(physical);
			}
			throw ex;
		}
	}

	private RouteRequest request(StatementText text) {
		PhysicalConnection current = this.connections.current();
		return this.requests.of(text, current != null && current.isHeld());
	}

	/**
	 * The isolation level of the transaction under way, or else of the next one.
	 */
	int isolation() throws SQLException {
		boolean asked = isTransactionUnderWay() || sessionOfTheApplication() != null;
		return asked ? ask(Connection::getTransactionIsolation) : this.requests.isolation();
	}

	/**
	 * Sets the isolation level of transactions to come. A session in which the
	 * application may have set another default gets it at once.
	 */
	void setIsolation(int level) throws SQLException {
		this.settings.setIsolation((level != this.source.defaultIsolation()) ? level : null);
		PhysicalConnection session = sessionOfTheApplication();
		if (session != null) {
			session.useIsolation(level, this.settings.getIsolation());
		}
	}

	/**
	 * The connection whose session the application may have changed by a text or with the
	 * driver, {@code null} for none.
	 */
	private @Nullable PhysicalConnection sessionOfTheApplication() throws SQLException {
		PhysicalConnection current = this.connections.current();
		return (current != null && current.holdsSession() && !current.isSessionKnown() && !current.isBroken()) ? current
				: null;
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
		UnitOfWork unit = this.unit;
		boolean needed = unit != null && unit.isTransaction() && unit.physical() == physical;
		if (!needed && physical.isIdle()) {
			this.connections.release(physical);
		}
	}

	/**
	 * Ends the transaction: its connection is kept for the next unit, or goes back.
	 */
	private void end(PhysicalConnection physical, boolean committed) throws SQLException {
		boolean shared = this.unit != null && this.unit.isOnUsedConnection() && physical.isUsed();
		this.unit = null;
		this.connections.releaseOvertaken();
		if (!committed && !physical.isBroken()) {
			physical.rollbackIfOpen();
		}
		physical.transactionEnded(committed);
		boolean reverted = endSettings(committed);
		if (!physical.isHeld() && !shared && !physical.isExposed()) {
			this.connections.release(physical);
		}
		else if (!physical.isBroken()) {
			physical.rest(this.settings);
			if (reverted) {
				physical.applyReverted(this.settings);
			}
		}
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
		PhysicalConnection current = this.connections.current();
		if (endSettings(committed) && current != null && !current.isBroken()) {
			current.applyReverted(this.settings);
		}
	}

	/**
	 * Whether a transaction is under way on the server.
	 */
	boolean isTransactionUnderWay() throws SQLException {
		PhysicalConnection current = this.connections.current();
		return current != null && current.isTransactionUnderWay();
	}

	void setAutoCommit(boolean autoCommit) throws SQLException {
		requireOpen();
		if (autoCommit != this.settings.isAutoCommit()) {
			if (autoCommit) {
				commit();
			}
			this.settings.setAutoCommit(autoCommit);
			this.unit = null;
		}
		PhysicalConnection current = this.connections.current();
		this.writesUnseen |= autoCommit && current != null && current.isExposed() && current.isHeld();
		follow();
	}

	void commit() throws SQLException {
		PhysicalConnection physical = transactionConnection();
		if (physical == null) {
			requireNoLostCommit();
			endWithoutConnection(true);
			return;
		}
		UnitOfWork unit = unitOn(physical);
		boolean committed = false;
		try {
			boolean failed = this.settings.isChangedInTransaction() && physical.isTransactionFailed();
			unit.commit();
			committed = !failed;
		}
		catch (SQLException ex) {
			this.lost = physical.isBroken() && !unit.isReadOnly();
			throw unit.translate(ex);
		}
		finally {
			endAfter(physical, committed);
		}
	}

	private void requireNoLostCommit() throws SQLException {
		if (this.lost) {
			throw new SQLNonTransientConnectionException(
					"The connection broke under the last commit, and with it went the transaction."
							+ " Roll it back, or close this connection.",
					SqlState.CONNECTION_FAILURE);
		}
	}

	void rollback() throws SQLException {
		PhysicalConnection physical = transactionConnection();
		this.lost = false;
		if (physical == null) {
			endWithoutConnection(false);
			return;
		}
		UnitOfWork unit = unitOn(physical);
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
		UnitOfWork unit = this.unit;
		PhysicalConnection current = this.connections.current();
		if (unit != null && unit.isTransaction()) {
			return unit.physical();
		}
		if (current != null && current.isBroken() && current.holdsSession()) {
			requireReplaceable(current);
		}
		return (current != null && current.isInOwnTransaction()) ? current : null;
	}

	private UnitOfWork unitOn(PhysicalConnection physical) throws SQLException {
		UnitOfWork unit = this.unit;
		return (unit != null) ? unit : join(physical);
	}

	private void endAfter(PhysicalConnection physical, boolean committed) {
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
		if (isTransactionUnderWay()) {
			throw new SQLException("The " + setting + " cannot be changed in the middle of a transaction.",
					SqlState.ACTIVE_TRANSACTION);
		}
		UnitOfWork unit = this.unit;
		if (unit != null && unit.isTransaction()) {
			requireNotLost(unit);
			this.unit = null;
			leaveUnused(unit.physical());
		}
		this.unit = null;
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

	private void leaveUnused(PhysicalConnection physical) throws SQLException {
		physical.transactionEnded(true);
		if (physical.isIdle()) {
			this.connections.release(physical);
		}
		else {
			physical.useAutoCommit();
		}
	}

	/**
	 * Brings a connection in the hands of the application to the settings. A standby has
	 * no serializable transactions: the next one takes another connection.
	 */
	void follow() throws SQLException {
		PhysicalConnection current = this.connections.current();
		if (current != null && current.isExposed() && !(current.isOnReadPool() && this.requests.isSerializable())) {
			current.follow(this.settings);
		}
	}

	/**
	 * Sets the schema. Where a text may have set another one, a rollback leads back to
	 * that, so that the transaction begins with this.
	 */
	void setSchema(String schema) throws SQLException {
		requireOpen();
		if (!this.settings.isAutoCommit() && sessionOfTheApplication() != null) {
			transaction();
		}
		PhysicalConnection current = this.connections.current();
		if (current != null) {
			current.forgetSchema();
		}
		change((settings) -> settings.setSchema(schema));
	}

	/**
	 * Changes a setting that reaches the server. One that the connection in use refuses
	 * stays as it was.
	 */
	private void change(Consumer<SessionSettings> change) throws SQLException {
		SessionSettings.Undo undo = this.settings.undo();
		change.accept(this.settings);
		try {
			applyAtOnce();
		}
		catch (SQLException ex) {
			this.settings.undo(undo);
			throw ex;
		}
	}

	/**
	 * Sets a client property. The driver alone knows which there are: it warns of others.
	 */
	void setClientInfo(String name, String value) throws SQLException {
		boolean known = ask((connection) -> connection.getClientInfo().containsKey(name));
		if (known) {
			boolean inTransaction = isTransactionUnderWay();
			PhysicalConnection current = this.connections.current();
			if (current != null) {
				current.forgetClientInfo(name);
			}
			change((settings) -> settings.setClientInfo(name, value, inTransaction));
		}
		else {
			Optional<SQLWarning> warning = ask((connection) -> warningOf(connection, name, value));
			if (this.connections.current() == null) {
				this.warning = warning.orElse(null);
			}
		}
	}

	private static Optional<SQLWarning> warningOf(Connection connection, String name, String value)
			throws SQLException {
		connection.setClientInfo(name, value);
		return Optional.ofNullable(connection.getWarnings());
	}

	@Nullable SQLWarning warnings() throws SQLException {
		PhysicalConnection current = this.connections.current();
		SQLWarning warning = (current != null) ? current.connection().getWarnings() : null;
		return (warning != null) ? warning : this.warning;
	}

	void clearWarnings() throws SQLException {
		this.warning = null;
		PhysicalConnection current = this.connections.current();
		if (current != null) {
			current.connection().clearWarnings();
		}
	}

	/**
	 * Passes a setting on to the connection in use: it may count for the next statement
	 * of the unit under way.
	 */
	void applyAtOnce() throws SQLException {
		PhysicalConnection current = this.connections.current();
		if (current != null && !current.isBroken()) {
			current.applyRareSettings(this.settings);
		}
	}

	Savepoint setSavepoint(Question<Savepoint> setting) throws SQLException {
		UnitOfWork unit = transaction();
		try {
			Savepoint savepoint = setting.answer(unit.physical().connection());
			this.settings.mark(savepoint);
			return savepoint;
		}
		catch (SQLException ex) {
			throw unit.translate(ex);
		}
	}

	void rollbackTo(Savepoint savepoint) throws SQLException {
		UnitOfWork unit = transaction();
		SessionSettings.Transactional settings = this.settings.at(savepoint);
		try {
			unit.physical().rollbackTo(savepoint, settings);
			this.settings.revertTo(settings);
		}
		catch (SQLException ex) {
			throw unit.translate(ex);
		}
	}

	void releaseSavepoint(Savepoint savepoint) throws SQLException {
		UnitOfWork unit = transaction();
		try {
			unit.physical().connection().releaseSavepoint(savepoint);
		}
		catch (SQLException ex) {
			throw unit.translate(ex);
		}
	}

	/**
	 * The transaction that a savepoint belongs to.
	 */
	private UnitOfWork transaction() throws SQLException {
		UnitOfWork unit = unitFor(StatementText.UNKNOWN);
		unit.use();
		return unit;
	}

	/**
	 * Asks a physical connection something that decides and holds nothing.
	 */
	<R> R ask(Question<R> question) throws SQLException {
		requireOpen();
		return metadata().ask(question);
	}

	/**
	 * Lends a connection for metadata that is read row by row, until it is
	 * {@linkplain #leave left}.
	 */
	PhysicalConnection connectionForMetadata() throws SQLException {
		requireOpen();
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
		if (unit.isReadOnly()) {
			enforceReadOnly(unit);
		}
		else {
			physical.hold(Hold.SESSION);
			this.writesUnseen |= this.settings.isAutoCommit();
		}
		followBetweenTransactions();
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

	private void followBetweenTransactions() throws SQLException {
		if (this.unit == null && !this.settings.isAutoCommit()) {
			follow();
		}
	}

	/**
	 * COPY and large objects begin a transaction without the words that make it
	 * read-only.
	 */
	private static void enforceReadOnly(UnitOfWork unit) throws SQLException {
		if (unit.isTransaction()) {
			unit.startReadOnly();
		}
		else if (!unit.physical().makeSessionReadOnly()) {
			throw ReadOnlyViolations.unenforceable(unit.route().node());
		}
	}

	void close() {
		if (this.over) {
			return;
		}
		this.over = true;
		this.connections.close();
		UnitOfWork unit = this.unit;
		if (unit != null) {
			unit.recordUnseenWrites();
		}
		this.unit = null;
		recordWritesUnseen();
		try {
			this.connections.releaseAll();
		}
		finally {
			countOut();
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
