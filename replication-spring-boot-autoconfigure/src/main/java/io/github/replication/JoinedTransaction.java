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

package io.github.replication;

import java.sql.Connection;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Looks at the transaction that a scope joins, and at where it has run so far.
 */
final class JoinedTransaction {

	private JoinedTransaction() {
	}

	static void requireNotOnReplica(RoutingScope scope) {
		for (Object resource : TransactionSynchronizationManager.getResourceMap().values()) {
			RouteDecision route = route(resource);
			if (route != null && route.isReplica()) {
				throw new IllegalTransactionStateException(message(scope, route));
			}
		}
	}

	private static @Nullable RouteDecision route(Object resource) {
		return ask(resource, (connection) -> connection.unwrap(RoutedConnection.class).transactionRoute());
	}

	/**
	 * Whether the current thread is in a transaction of a replicated data source. One of
	 * another data source, or of messages, does not count, and neither does a connection
	 * that Spring merely keeps for the length of such a transaction.
	 */
	static boolean isUnderWay() {
		if (!TransactionSynchronizationManager.isActualTransactionActive()) {
			return false;
		}
		for (Object resource : TransactionSynchronizationManager.getResourceMap().values()) {
			if (Boolean.FALSE.equals(ask(resource, Connection::getAutoCommit))) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Asks the connection that a resource leads to, if that is a routed one.
	 */
	private static <R> @Nullable R ask(Object resource, Question<R> question) {
		if (!(resource instanceof ConnectionHolder holder) || holder.getConnectionHandle() == null) {
			return null;
		}
		holder.requested();
		try {
			Connection connection = holder.getConnection();
			return connection.isWrapperFor(RoutedConnection.class) ? question.answer(connection) : null;
		}
		catch (SQLException | RuntimeException ex) {
			// the connection of another data source could not be taken
			return null;
		}
		finally {
			holder.released();
		}
	}

	static String message(RoutingScope scope, RouteDecision route) {
		String outer = (route.unit() != null) ? route.unit() : "an outer method";
		return scope.unit() + " asks for " + demand(scope) + ", but it joins the transaction of " + outer
				+ ", which has already read from " + route.node()
				+ "; a transaction does not change its node. Either give " + scope.unit()
				+ " a transaction of its own (propagation = REQUIRES_NEW), or let " + outer + " ask for "
				+ demand(scope) + " as well, before its first statement.";
	}

	private static String demand(RoutingScope scope) {
		if (scope.primaryForced()) {
			return "the primary (@UsePrimary)";
		}
		return (scope.consistency() == Consistency.STRONG) ? "consistency = STRONG"
				: "maxStaleness = " + scope.maxStaleness();
	}

	/**
	 * Something to ask a connection.
	 *
	 * @param <R> the type of the answer
	 */
	@FunctionalInterface
	private interface Question<R> {

		@Nullable R answer(Connection connection) throws SQLException;

	}

}
