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
 * Looks up where the transaction has run so far that a stricter scope joins. Off the hot
 * path: asked only when one does.
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
		if (!(resource instanceof ConnectionHolder holder) || holder.getConnectionHandle() == null) {
			return null;
		}
		holder.requested();
		try {
			Connection connection = holder.getConnection();
			return connection.isWrapperFor(RoutedConnection.class) ? connection.unwrap(RoutedConnection.class).route()
					: null;
		}
		catch (SQLException ex) {
			return null;
		}
		finally {
			holder.released();
		}
	}

	private static String message(RoutingScope scope, RouteDecision route) {
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

}
