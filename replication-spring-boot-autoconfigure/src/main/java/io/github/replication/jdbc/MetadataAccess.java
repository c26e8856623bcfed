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

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;

import org.jspecify.annotations.Nullable;

import io.github.replication.jdbc.RoutingSession.Question;

/**
 * Answers questions that need no unit of work. A question decides and holds nothing: the
 * connection in use answers, else one that is borrowed for as long as the answer takes.
 * For use by the thread of one session.
 */
final class MetadataAccess {

	private final ConnectionSource source;

	private final RouteRequests requests;

	private final SessionConnections connections;

	MetadataAccess(ConnectionSource source, RouteRequests requests, SessionConnections connections) {
		this.source = source;
		this.requests = requests;
		this.connections = connections;
	}

	<R> R ask(Question<R> question) throws SQLException {
		this.connections.requireOpen();
		PhysicalConnection open = open();
		if (open != null) {
			return ask(open, question);
		}
		PhysicalConnection borrowed;
		try {
			borrowed = borrow();
		}
		catch (SQLTransientConnectionException ex) {
			return ask(heldUnless(ex), question);
		}
		try {
			return ask(borrowed, question);
		}
		finally {
			release(borrowed);
		}
	}

	private <R> R ask(PhysicalConnection physical, Question<R> question) throws SQLException {
		try {
			return question.answer(physical.connection());
		}
		catch (SQLException ex) {
			throw noteFailure(physical, ex);
		}
	}

	/**
	 * Notes an error of something that is not executed.
	 */
	SQLException noteFailure(PhysicalConnection physical, SQLException ex) {
		this.source.failed(physical.node(), ex);
		return ex;
	}

	/**
	 * A connection for metadata that is read row by row: one that is there, so that
	 * questions about the answers need no second one. Its user leaves it.
	 */
	PhysicalConnection connection() throws SQLException {
		this.connections.requireOpen();
		PhysicalConnection physical = open();
		if (physical == null) {
			try {
				physical = borrow();
				this.connections.putAside(physical);
			}
			catch (SQLTransientConnectionException ex) {
				physical = heldUnless(ex);
			}
		}
		physical.retain();
		return physical;
	}

	/**
	 * The connection in the hands of the application, as it may be the last one of its
	 * pool.
	 */
	private PhysicalConnection heldUnless(SQLTransientConnectionException noOther) throws SQLException {
		PhysicalConnection held = this.connections.findUnbroken();
		if (held == null) {
			throw noOther;
		}
		return held;
	}

	/**
	 * A connection that is there. One that broke counts if it is needed: no other one has
	 * its transaction or session. In the hands of the application, on a replica, the
	 * question would begin a transaction that may write.
	 */
	private @Nullable PhysicalConnection open() throws SQLException {
		PhysicalConnection current = this.connections.current();
		if (current != null && current.isIrreplaceable()) {
			return current;
		}
		PhysicalConnection unbroken = this.connections.findUnbroken();
		return (unbroken != null && beginsTransaction(unbroken)) ? null : unbroken;
	}

	private boolean beginsTransaction(PhysicalConnection physical) throws SQLException {
		return physical.isExposed() && !this.requests.settings().isAutoCommit() && !physical.isTransactionUnderWay();
	}

	/**
	 * A connection with the settings of the session, among them the network timeout. That
	 * of a reader leads to where its statements may go.
	 */
	private PhysicalConnection borrow() throws SQLException {
		PhysicalConnection borrowed = this.requests.isReadOnly()
				? this.source.acquireForMetadata(this.requests.of(StatementText.UNKNOWN, false))
				: this.source.acquireForMetadata();
		RetryAttempt.takes(borrowed);
		try {
			borrowed.useAutoCommit();
			SessionSettings settings = this.requests.settings();
			if (settings.hasRareSettings()) {
				borrowed.applyRareSettings(settings);
			}
			return borrowed;
		}
		catch (SQLException | RuntimeException | Error ex) {
			release(borrowed);
			throw ex;
		}
	}

	private static void release(PhysicalConnection borrowed) {
		borrowed.release();
		RetryAttempt.returns(borrowed);
	}

}
