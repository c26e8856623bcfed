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

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.support.TransactionSynchronizationManager;

import io.github.replication.RoutingScope;
import io.github.replication.postgres.SqlState;

/**
 * The errors of a read-only transaction that would have to leave its node and cannot: it
 * keeps the node by its declaration, or its session holds state that another session
 * would lack.
 */
final class ImmovableTransaction {

	private ImmovableTransaction() {
	}

	/**
	 * The replica does not have the caller's own write.
	 */
	static SQLException overtaken(UnitOfWork unit, RoutingScope scope) {
		String transaction = nameOf(ConnectionSource.unit(), "The transaction");
		return new SQLException(transaction + " reads from " + unit.route().node()
				+ ", which does not have the write yet that its caller has committed meanwhile, and "
				+ nameOf(scope.unit(), "this statement") + " must see that write. The transaction cannot go on at the"
				+ " primary, because it has open savepoints or has changed its session. Read in a transaction of its"
				+ " own (propagation = REQUIRES_NEW), or let " + transaction + " run on the primary (@UsePrimary).",
				SqlState.OBJECT_NOT_IN_STATE);
	}

	/**
	 * The running code is not read-only.
	 */
	static SQLException readOnly(UnitOfWork unit) {
		return new SQLException(nameOf(unit.request().scope().unit(), "The code around")
				+ " has made the transaction on " + unit.route().node() + " read-only, and has ended. The transaction"
				+ " cannot go on as a read-write one, because it has open savepoints or has changed its session. Commit"
				+ " it or roll it back first.", SqlState.OBJECT_NOT_IN_STATE);
	}

	/**
	 * The running code demands more than the transaction has been decided by.
	 */
	static SQLException stricterScope(UnitOfWork unit, RoutingScope scope) {
		String transaction = TransactionSynchronizationManager.getCurrentTransactionName();
		String outer = (transaction != null) ? transaction : unit.request().scope().unit();
		return new SQLException(scope.refusal(unit.route().decision(outer)), SqlState.OBJECT_NOT_IN_STATE);
	}

	private static String nameOf(@Nullable String unit, String otherwise) {
		return (unit != null) ? unit : otherwise;
	}

}
