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

import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Finds out whether the transaction of the current thread is about a given data source.
 * Used only where it matters: when the transaction or the scope is read-only and the
 * connection has not been set read-only. A connection that Spring merely keeps for the
 * length of another data source's transaction does not count. It is in auto-commit mode,
 * or as the pool has given it, and was taken while that transaction was active.
 */
final class TransactionMembership {

	private TransactionMembership() {
	}

	static boolean isAbout(ConnectionSource source) {
		for (Object resource : TransactionSynchronizationManager.getResourceMap().values()) {
			if (resource instanceof ConnectionHolder holder && isOf(holder, source)) {
				return true;
			}
		}
		return false;
	}

	private static boolean isOf(ConnectionHolder holder, ConnectionSource source) {
		if (holder.getConnectionHandle() == null) {
			return false;
		}
		holder.requested();
		try {
			Connection connection = holder.getConnection();
			return connection.isWrapperFor(LogicalConnection.class)
					&& connection.unwrap(LogicalConnection.class).session().isInTransactionOf(source)
					&& !isKept(holder, connection);
		}
		catch (SQLException ex) {
			return false;
		}
		finally {
			holder.released();
		}
	}

	/**
	 * A connection inside a proxy may be one that is taken late, in its own transaction.
	 */
	private static boolean isKept(ConnectionHolder holder, Connection connection) {
		return holder.isSynchronizedWithTransaction() && connection instanceof LogicalConnection logical
				&& logical.session().isTakenInTransaction();
	}

}
