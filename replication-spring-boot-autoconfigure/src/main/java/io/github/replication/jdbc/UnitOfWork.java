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
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import io.github.replication.Reason;
import io.github.replication.RouteDecision;
import io.github.replication.node.ClusterNode;
import io.github.replication.policy.Route;
import io.github.replication.policy.RouteRequest;
import io.github.replication.position.ReadMark;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WriteMark;
import io.github.replication.postgres.DriverConnection;
import io.github.replication.postgres.DriverConnection.TransactionState;
import io.github.replication.postgres.SqlState;

/**
 * A transaction, or a statement in auto-commit: where it runs and why, and the changes
 * that it may have made. Ends with the commit or the rollback, regardless of its
 * statements.
 */
final class UnitOfWork {

	private final ConnectionSource source;

	private final PhysicalConnection physical;

	private final Route route;

	private final RouteRequest request;

	private final boolean readOnly;

	/**
	 * Whether statements that were made before the unit are open on its connection.
	 */
	private final boolean onUsedConnection;

	/**
	 * Whether each statement needs a transaction of its own to be read-only: in
	 * auto-commit {@code setReadOnly} enforces nothing, and only the sessions of read
	 * pools are read-only by themselves.
	 */
	private final boolean ownTransactions;

	/**
	 * The caller's read mark when the node was chosen.
	 */
	private final @Nullable ReadMark decidedBy;

	private @Nullable WriteMark seenWrite;

	/**
	 * What listeners are to be informed of with each statement.
	 */
	private @Nullable RouteDecision listenedTo;

	private boolean used;

	private boolean readOnlyByScope;

	private boolean boundToSession;

	private boolean unseenWrites;

	private boolean asynchronous;

	/**
	 * Whether anything was executed that is not known to be a plain read.
	 */
	private boolean mayHaveWritten;

	/**
	 * Whether a statement has reported rows that it has changed.
	 */
	private boolean written;

	private boolean changesCatalog;

	private boolean endedByText;

	UnitOfWork(ConnectionSource source, PhysicalConnection physical, Route route, RouteRequest request)
			throws SQLException {
		this.source = source;
		this.physical = physical;
		this.route = route;
		this.request = request;
		this.readOnly = request.readOnly() || !physical.isOnWritePool();
		this.ownTransactions = this.readOnly && !request.inTransaction() && !physical.isSessionReadOnly();
		this.onUsedConnection = physical.isUsed();
		this.decidedBy = request.guarantee().read();
		this.seenWrite = request.guarantee().write();
	}

	PhysicalConnection physical() {
		return this.physical;
	}

	Route route() {
		return this.route;
	}

	RouteRequest request() {
		return this.request;
	}

	@Nullable ReadMark decidedBy() {
		return this.decidedBy;
	}

	/**
	 * Whether the caller has neither written nor read elsewhere since the node was
	 * chosen.
	 */
	boolean isDecidedBy(SessionGuarantee guarantee) {
		return guarantee.write() == this.seenWrite && Objects.equals(guarantee.read(), this.decidedBy);
	}

	boolean isOnUsedConnection() {
		return this.onUsedConnection;
	}

	boolean isTransaction() {
		return this.request.inTransaction();
	}

	boolean isReadOnly() {
		return this.readOnly;
	}

	/**
	 * Whether the unit is a statement outside of a transaction that runs read-only
	 * because its text looks like a read.
	 */
	boolean isReadByText() {
		return this.readOnly && this.request.plainRead() && !this.request.readOnly();
	}

	/**
	 * Whether a statement of the unit was executed.
	 */
	boolean isUsed() {
		return this.used;
	}

	void use() {
		this.used = true;
	}

	/**
	 * Whether the code around the first statement alone has made this transaction
	 * read-only: neither the application nor a transaction of Spring's has declared that.
	 */
	boolean isReadOnlyByScope() {
		return this.readOnlyByScope;
	}

	void readOnlyByScope() {
		this.readOnlyByScope = true;
	}

	/**
	 * Something may have happened in the transaction that was not seen.
	 */
	void missed() {
		this.mayHaveWritten = true;
	}

	/**
	 * Whether the unit reads from a replica.
	 */
	boolean isOnReplica() {
		return this.route.reason() == Reason.READ_ONLY;
	}

	/**
	 * The caller's own write that the unit is known to see.
	 */
	@Nullable WriteMark seenWrite() {
		return this.seenWrite;
	}

	void seenWrite(@Nullable WriteMark write) {
		this.seenWrite = write;
	}

	/**
	 * Whether the unit cannot go on in another session.
	 */
	boolean isBoundToSession() {
		return this.boundToSession;
	}

	/**
	 * Has listeners informed of each statement.
	 */
	void listenTo(RouteDecision decision) {
		this.listenedTo = decision;
	}

	/**
	 * Executes something within this unit.
	 * @param text its classification
	 * @param statement the statement of this unit's connection
	 * @param execution calls the statement
	 */
	<R> R execute(StatementText text, Statement statement, Execution<R> execution) throws SQLException {
		boolean mayWriteAtOnce = begin(text);
		if (this.listenedTo != null) {
			this.source.executing(this.listenedTo);
		}
		ClusterNode node = this.route.node();
		long start = node.askedAt();
		try {
			R result = this.ownTransactions ? executeInOwnTransaction(statement, execution) : execution.on(statement);
			node.answeredSince(start);
			this.source.recordRead(this);
			this.written |= this.mayHaveWritten && text.changesData() && ChangedRows.isAny(result, statement);
			return result;
		}
		catch (SQLException ex) {
			throw translate(ex);
		}
		finally {
			executed(text, mayWriteAtOnce);
		}
	}

	/**
	 * Prepares for one execution.
	 * @return whether the statement may write on its own, outside of a transaction
	 * @throws SQLException if the unit is read-only and the statement does not belong
	 * there
	 */
	private boolean begin(StatementText text) throws SQLException {
		this.used = true;
		if (this.readOnly) {
			ReadOnlyViolations.refuse(text, this);
			stayReadOnly();
			return false;
		}
		if (isTransaction()) {
			this.mayHaveWritten |= !text.isKnownRead() || mayBeMisread(text);
			return false;
		}
		if (text.isPlainRead() && !mayBeMisread(text)) {
			return text.isDoubtfulRead();
		}
		this.physical.hold().keepSession();
		return true;
	}

	/**
	 * A text may have ended the read-only transaction, so that another one begins.
	 */
	private void stayReadOnly() throws SQLException {
		if (this.endedByText && isTransaction()) {
			this.physical.useTransaction(true);
			this.endedByText = false;
		}
	}

	/**
	 * Begins this read-only transaction on the server, before the driver or the
	 * application begins it without the words that make it read-only.
	 */
	void startReadOnly() throws SQLException {
		stayReadOnly();
		this.physical.startTransaction();
	}

	/**
	 * Whether the server may understand another text than was looked at.
	 */
	private boolean mayBeMisread(StatementText text) throws SQLException {
		return text.hasBackslash() && this.physical.hasEscapesInLiterals();
	}

	/**
	 * Notes the possible changes of a statement, also if it has failed: the answer may
	 * have been lost.
	 */
	private void executed(StatementText text, boolean mayWriteAtOnce) {
		if (text.controlsTransaction()) {
			this.physical.transactionMayHaveChanged();
			this.endedByText = true;
		}
		boolean changesSession = text.changesSession();
		this.boundToSession |= changesSession;
		if (this.physical.isOnWritePool()) {
			noteSession(text, changesSession);
		}
		if (this.readOnly) {
			return;
		}
		if (text.changesCatalog()) {
			this.changesCatalog = true;
			this.source.catalogChanged();
		}
		if (isTransaction() && (text.mayWriteUnseen() || text.controlsTransaction())) {
			this.unseenWrites = true;
			this.source.recordUncheckedWrite(this.asynchronous);
		}
		else if (mayWriteAtOnce) {
			this.source.recordUncheckedWrite(text.mentionsSynchronousCommit());
		}
	}

	/**
	 * Notes the state that a statement may have left in a session of the write pool. A
	 * read-only unit may leave settings as well.
	 */
	private void noteSession(StatementText text, boolean changed) {
		if (changed) {
			this.physical.hold().keepSession();
			this.physical.sessionMayHaveChanged();
		}
		if (text.mentionsSynchronousCommit()) {
			this.asynchronous = true;
			this.source.noteDurability(text);
		}
	}

	private <R> R executeInOwnTransaction(Statement statement, Execution<R> execution) throws SQLException {
		int fetchSize = statement.getFetchSize();
		statement.setFetchSize(0);
		this.physical.useTransaction(true);
		try {
			R result = executePreparedAnew(statement, execution);
			this.physical.connection().commit();
			this.physical.transactionEnded(true);
			this.physical.useAutoCommit();
			setFetchSize(statement, fetchSize);
			return result;
		}
		catch (SQLException | RuntimeException | Error ex) {
			rollbackOwnTransaction(statement, fetchSize, ex);
			throw ex;
		}
	}

	/**
	 * Executes a statement whose transaction the application knows nothing of. An
	 * outdated plan must not fail it: the application does not know of that either.
	 */
	private <R> R executePreparedAnew(Statement statement, Execution<R> execution) throws SQLException {
		DriverConnection driver = this.physical.driver();
		boolean preparesAnew = driver.prepareAnew(statement);
		try {
			return execution.on(statement);
		}
		finally {
			if (preparesAnew) {
				driver.stopPreparingAnew();
			}
		}
	}

	/**
	 * A statement that was to close on completion may have done so.
	 */
	private static void setFetchSize(Statement statement, int fetchSize) throws SQLException {
		if (!statement.isClosed()) {
			statement.setFetchSize(fetchSize);
		}
	}

	/**
	 * Gives rows that were read at once the fetch size of their statement all the same.
	 */
	void made(ResultSet rows, Statement statement) throws SQLException {
		if (this.ownTransactions && !statement.isClosed()) {
			rows.setFetchSize(statement.getFetchSize());
		}
	}

	private void rollbackOwnTransaction(Statement statement, int fetchSize, Throwable cause) {
		try {
			this.physical.connection().rollback();
			this.physical.transactionEnded(false);
			this.physical.useAutoCommit();
			setFetchSize(statement, fetchSize);
		}
		catch (SQLException ex) {
			this.physical.evict();
			cause.addSuppressed(ex);
		}
	}

	/**
	 * Notes an error of the connection, and adds an explanation that the server cannot
	 * give.
	 */
	SQLException translate(SQLException ex) {
		this.source.failed(this, ex);
		return this.readOnly ? ReadOnlyViolations.explain(ex, ConnectionSource.unit(), this.route) : ex;
	}

	/**
	 * Commits this transaction, and records whether it has written.
	 */
	void commit() throws SQLException {
		if (this.readOnly) {
			this.physical.connection().commit();
			return;
		}
		this.source.requirePrimary(this.physical);
		boolean sent = !this.physical.isBroken();
		if (!sent) {
			// another thread may be about to close it
			this.physical.abort();
		}
		CommitEffect effect = CommitEffect.POSSIBLY_WRITTEN;
		try {
			effect = send(level());
		}
		catch (SQLException ex) {
			if (sent && SqlState.leavesCommitInDoubt(ex)) {
				throw new UnknownCommitOutcomeException(ConnectionSource.unit(), this.route.node().name(), ex);
			}
			effect = CommitEffect.UNCHANGED;
			throw ex;
		}
		finally {
			record(effect);
		}
	}

	/**
	 * Sends the commit, and the question whether it writes if nothing else proves that.
	 */
	private CommitEffect send(@Nullable CommitLevel level) throws SQLException {
		Connection connection = this.physical.connection();
		DriverConnection driver = this.physical.driver();
		boolean sessionKnown = this.physical.isSessionKnown();
		boolean durabilityKnown = sessionKnown && level == null && !this.asynchronous
				&& this.source.isDurabilityOfSession();
		if (sessionKnown && driver.transaction() == TransactionState.OPEN) {
			if (!this.mayHaveWritten) {
				connection.commit();
				return CommitEffect.UNCHANGED;
			}
			if (this.written && durabilityKnown && driver.commitsSynchronously(this.source.nanoTime())) {
				connection.commit();
				return CommitEffect.WRITTEN;
			}
		}
		return WriteDetection.commit(connection, driver, level, durabilityKnown ? this.source::nanoTime : null);
	}

	/**
	 * Returns the level that the commit needs. It counts as well if the outcome of the
	 * commit is not known.
	 */
	private @Nullable CommitLevel level() {
		CommitLevel level = CommitDurability.current();
		if (level != null && level.isOff()) {
			this.asynchronous = true;
		}
		return level;
	}

	private void record(CommitEffect effect) {
		this.route.node().counts().committed(effect.mayHaveWritten());
		if (effect == CommitEffect.POSSIBLY_WRITTEN) {
			this.source.recordUncheckedWrite(this.asynchronous);
		}
		else if (effect.mayHaveWritten()) {
			this.source.recordWrite(effect == CommitEffect.WRITTEN_ASYNCHRONOUSLY);
		}
		recordUnseenWrites();
		if (this.changesCatalog) {
			// the catalog as read before the commit did not have it
			this.source.catalogChanged();
		}
	}

	/**
	 * Records writes committed beside this transaction, whether it commits or not.
	 */
	void recordUnseenWrites() {
		if (this.unseenWrites) {
			this.source.recordUncheckedWrite(this.asynchronous);
		}
	}

	/**
	 * Calls a statement of a physical connection.
	 *
	 * @param <R> the type of the result
	 */
	@FunctionalInterface
	interface Execution<R> {

		R on(Statement statement) throws SQLException;

	}

}
