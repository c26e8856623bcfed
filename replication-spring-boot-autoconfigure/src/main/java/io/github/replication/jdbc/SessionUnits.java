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
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.support.TransactionSynchronizationManager;

import io.github.replication.RoutingScope;
import io.github.replication.policy.Route;
import io.github.replication.policy.RouteRequest;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.postgres.SqlState;

/**
 * The units of work of one session: finds the unit in which something runs, or begins one
 * on the connection that it may run on. For use by the thread of that session.
 */
final class SessionUnits {

	private final ConnectionSource source;

	private final SessionSettings settings;

	private final RouteRequests requests;

	private final SessionConnections connections;

	/**
	 * The transaction under way, or the statement in auto-commit that began last.
	 */
	private @Nullable UnitOfWork unit;

	/**
	 * Whether the application had a physical connection in its own hands, and may have
	 * committed writes there.
	 */
	private boolean writesUnseen;

	/**
	 * Where this session is counted while it may hold a connection.
	 */
	private @Nullable AtomicInteger counted;

	SessionUnits(ConnectionSource source, RouteRequests requests, SessionConnections connections) {
		this.source = source;
		this.settings = requests.settings();
		this.requests = requests;
		this.connections = connections;
	}

	/**
	 * The transaction under way, or the statement in auto-commit that began last.
	 */
	@Nullable UnitOfWork current() {
		return this.unit;
	}

	/**
	 * The unit under way has ended, or was left before it has begun on the server.
	 */
	void end() {
		this.unit = null;
	}

	/**
	 * The application has a physical connection in its own hands that is not read-only.
	 */
	void mayWriteUnseen() {
		this.writesUnseen = true;
	}

	/**
	 * Finds the unit in which a statement is to be made. Begins one unless a transaction
	 * is under way.
	 */
	UnitOfWork unitFor(StatementText text) throws SQLException {
		this.connections.requireOpen();
		UnitOfWork unit = this.unit;
		return (unit != null && unit.isTransaction()) ? goOn(unit, text) : begin(text, null);
	}

	/**
	 * Returns the transaction under way, or begins one, and marks it as used.
	 */
	UnitOfWork useTransaction() throws SQLException {
		UnitOfWork unit = unitFor(StatementText.UNKNOWN);
		unit.use();
		return unit;
	}

	/**
	 * Returns the transaction under way wherever it runs, or begins one, and marks it as
	 * used.
	 */
	UnitOfWork useTransactionUnderWay() throws SQLException {
		this.connections.requireOpen();
		UnitOfWork unit = this.unit;
		if (unit == null || !unit.isTransaction()) {
			return useTransaction();
		}
		unit.use();
		return unit;
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
		this.connections.requireOpen();
		UnitOfWork unit = this.unit;
		if (unit != null && unit.isTransaction()) {
			return goOn(unit, text);
		}
		return (unit != null && unit == madeIn && isFresh(unit)) ? unit : begin(text, madeOn);
	}

	/**
	 * Whether the decision of a unit that has not begun yet would be the same now.
	 */
	private boolean isFresh(UnitOfWork unit) {
		return !unit.isUsed() && unit.request().scope() == RoutingScope.current() && this.source.isInPlace(unit)
				&& (!unit.isOnReplica() || unit.isDecidedBy(this.source.caller().guarantee()));
	}

	/**
	 * Goes on with a transaction. A read-only one may run in code that is not read-only
	 * any longer, or that demands more than its node can give.
	 */
	private UnitOfWork goOn(UnitOfWork unit, StatementText text) throws SQLException {
		if (!unit.request().readOnly()) {
			return unit;
		}
		RoutingScope scope = RoutingScope.current();
		boolean stricter = unit.isOnReplica() && scope.demandsMoreThan(unit.request().scope()) && !isSuspended(unit);
		boolean readWrite = unit.isReadOnlyByScope() && !this.requests.isReadOnly();
		if (stricter || readWrite) {
			return hasFailed(unit) ? unit : beginAnew(unit, text, readWrite);
		}
		return unit.isOnReplica() ? followCaller(unit, scope) : unit;
	}

	/**
	 * Whether a declared transaction may be one that Spring has suspended, as when an
	 * entity of it is read in another one: a scope that joins a transaction of Spring's
	 * is checked when it begins.
	 */
	private static boolean isSuspended(UnitOfWork unit) {
		return unit.isUsed() && !unit.isReadOnlyByScope()
				&& TransactionSynchronizationManager.isActualTransactionActive();
	}

	/**
	 * Begins another unit in place of a read-only one. Nothing is lost with the
	 * transaction of that unit, unless the session has state of it. A transaction that
	 * was declared to be read-only stays on its node, and so does one with a snapshot
	 * while it is read-only.
	 * @param readWrite whether the running code is not read-only
	 */
	private UnitOfWork beginAnew(UnitOfWork unit, StatementText text, boolean readWrite) throws SQLException {
		if (!unit.isUsed()) {
			leave(unit);
			return begin(text, null);
		}
		RoutingScope scope = RoutingScope.current();
		boolean bound = isBoundToSession(unit);
		if (!readWrite && (bound || !unit.isReadOnlyByScope() || keepsSnapshot(unit))) {
			throw ImmovableTransaction.stricterScope(unit, scope);
		}
		if (bound) {
			throw ImmovableTransaction.readOnly(unit);
		}
		PhysicalConnection physical = unit.physical();
		if (physical.isOnWritePool() || physical.isExposed()) {
			endRead(unit);
			return begin(text, null);
		}
		this.unit = null;
		this.connections.putAside(physical);
		try {
			return begin(text, null);
		}
		finally {
			if (this.connections.current() != physical) {
				this.connections.releaseWithRows(physical);
			}
		}
	}

	/**
	 * Ends a read-only transaction on a connection that stays.
	 */
	private void endRead(UnitOfWork unit) throws SQLException {
		PhysicalConnection physical = unit.physical();
		try {
			unit.commit();
		}
		catch (SQLException ex) {
			throw unit.translate(ex);
		}
		this.unit = null;
		physical.transactionEnded(true);
		physical.rest(this.settings, this.requests.isReadOnly());
	}

	/**
	 * Leaves a transaction that has not begun on the server.
	 */
	void leave(UnitOfWork unused) throws SQLException {
		PhysicalConnection physical = unused.physical();
		this.unit = null;
		physical.transactionEnded(true);
		if (physical.isIdle() || physical.isBroken()) {
			this.connections.release(physical);
		}
		else {
			physical.useAutoCommit();
		}
	}

	/**
	 * Goes on with a read-only transaction on a replica. It may have been overtaken by
	 * the caller's own write, from another transaction or thread.
	 */
	private UnitOfWork followCaller(UnitOfWork unit, RoutingScope scope) throws SQLException {
		SessionGuarantee guarantee = this.source.caller().guaranteeOfTransaction();
		if (guarantee.write() == unit.seenWrite() && scope.consistency() == unit.request().scope().consistency()) {
			return unit;
		}
		RouteRequest request = unit.request().within(scope).with(guarantee);
		if ((unit.isUsed() && keepsSnapshot(unit)) || this.source.catchesUp(unit, request)) {
			unit.seenWrite(guarantee.write());
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
	private boolean keepsSnapshot(UnitOfWork unit) {
		Integer isolation = unit.physical().isolation(this.settings);
		return isolation != null && isolation >= Connection.TRANSACTION_REPEATABLE_READ;
	}

	/**
	 * Whether the session has state of the transaction that another one would lack.
	 */
	private boolean isBoundToSession(UnitOfWork unit) {
		return unit.isBoundToSession() || this.settings.hasSavepoints();
	}

	private UnitOfWork goOnAtPrimary(UnitOfWork unit, RouteRequest request) throws SQLException {
		if (isBoundToSession(unit)) {
			throw ImmovableTransaction.overtaken(unit, RoutingScope.current());
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
	void recordUnseenWrites() {
		if (this.writesUnseen) {
			this.source.recordUncheckedWrite(false);
		}
	}

	private UnitOfWork begin(StatementText text, @Nullable PhysicalConnection preferred) throws SQLException {
		recordUnseenWrites();
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
			this.connections.requireReplaceable(current);
			this.connections.release(current);
			current = null;
		}
		return ((current != null && current.isHeld()) || preferred == null || preferred.isReleased()) ? current
				: preferred;
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

	/**
	 * Returns the unit under way, or else joins the transaction of a connection in the
	 * hands of the application.
	 */
	UnitOfWork currentOrJoin(PhysicalConnection physical) throws SQLException {
		UnitOfWork unit = this.unit;
		return (unit != null) ? unit : join(physical);
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
		PhysicalConnection physical = this.source.acquire(request, this.connections);
		if (request.serializable() || !this.requests.isSerializable()) {
			return physical;
		}
		if (physical != this.connections.find(physical.node(), physical.pool())) {
			physical.release();
		}
		return this.source.acquire(request.asSerializable(), this.connections);
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
	void countOut() {
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
			if (request.readOnly() && request.inTransaction() && this.requests.isReadOnlyByScope()) {
				unit.readOnlyByScope();
			}
			this.unit = unit;
			physical.hold().begun(unit);
			this.writesUnseen |= physical.isExposed() && !unit.isReadOnly();
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

}
