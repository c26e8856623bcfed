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

import org.springframework.transaction.support.TransactionSynchronizationManager;

import io.github.replication.RoutingScope;
import io.github.replication.policy.RouteRequest;

/**
 * Gathers the facts from which the node of a unit is decided. For use by the thread of
 * one session.
 */
final class RouteRequests {

	private final ConnectionSource source;

	private final SessionSettings settings;

	RouteRequests(ConnectionSource source, SessionSettings settings) {
		this.source = source;
		this.settings = settings;
	}

	SessionSettings settings() {
		return this.settings;
	}

	/**
	 * The facts of a unit that begins now.
	 * @param text the classification of its first statement
	 * @param held whether the session is held by a connection
	 */
	RouteRequest of(StatementText text, boolean held) {
		RoutingScope scope = RoutingScope.current();
		boolean inTransaction = !this.settings.isAutoCommit();
		boolean readOnly = this.settings.isReadOnly() || isReadOnlyByContext(scope);
		boolean plainRead = !inTransaction && !readOnly && this.source.isByStatement() && text.isReadForReplica();
		boolean serializable = isSerializable() || text.asksForSerializable();
		return new RouteRequest(scope, readOnly, inTransaction, plainRead, held, serializable,
				this.source.caller().guarantee());
	}

	boolean isReadOnly() {
		return this.settings.isReadOnly() || isReadOnlyByContext(RoutingScope.current());
	}

	/**
	 * Whether the running code is read-only while neither the connection nor a
	 * transaction about this data source is declared to be.
	 */
	boolean isReadOnlyByScope() {
		return !this.settings.isReadOnly() && isReadOnlyByContext(RoutingScope.current())
				&& !(TransactionSynchronizationManager.isActualTransactionActive()
						&& TransactionMembership.isAbout(this.source));
	}

	/**
	 * Whether the transaction about this data source, or else the scope of the running
	 * code, is read-only. A read-write transaction overrules the scope. So does a method
	 * that has suspended the transaction of the scope, as Spring's synchronization says.
	 */
	private boolean isReadOnlyByContext(RoutingScope scope) {
		boolean readOnlyTransaction = TransactionSynchronizationManager.isCurrentTransactionReadOnly();
		if (!scope.readOnly() && !readOnlyTransaction) {
			return false;
		}
		if (!TransactionSynchronizationManager.isActualTransactionActive()) {
			return readOnlyTransaction || !scope.readOnlyByTransaction()
					|| !TransactionSynchronizationManager.isSynchronizationActive();
		}
		return TransactionMembership.isAbout(this.source) ? readOnlyTransaction : scope.readOnly();
	}

	int isolation() {
		Integer isolation = this.settings.getIsolation();
		return (isolation != null) ? isolation : this.source.defaultIsolation();
	}

	/**
	 * Whether that is certain.
	 */
	boolean isIsolationKnown() {
		return this.settings.getIsolation() != null || this.source.isDefaultIsolationKnown();
	}

	boolean isSerializable() {
		return isolation() == Connection.TRANSACTION_SERIALIZABLE;
	}

}
