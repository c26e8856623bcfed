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
 * Tells whether the transaction of the current thread is about a given connection. Asked
 * only where it matters: when the transaction and the connection or scope disagree.
 */
final class TransactionMembership {

	private TransactionMembership() {
	}

	static boolean isMember(LogicalConnection connection) {
		for (Object resource : TransactionSynchronizationManager.getResourceMap().values()) {
			if (resource instanceof ConnectionHolder holder && holds(holder, connection)) {
				return true;
			}
		}
		return false;
	}

	private static boolean holds(ConnectionHolder holder, LogicalConnection connection) {
		if (holder.getConnectionHandle() == null) {
			return false;
		}
		holder.requested();
		try {
			Connection held = holder.getConnection();
			return held == connection || (held.isWrapperFor(LogicalConnection.class)
					&& held.unwrap(LogicalConnection.class) == connection);
		}
		catch (SQLException ex) {
			return false;
		}
		finally {
			holder.released();
		}
	}

}
