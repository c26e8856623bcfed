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

import java.sql.BatchUpdateException;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

import io.github.replication.policy.Route;

/**
 * Explains the error with which a server refuses to write in a read-only unit.
 */
final class ReadOnlyViolations {

	/**
	 * {@code read_only_sql_transaction}, PostgreSQL's error codes, class 25.
	 */
	private static final String READ_ONLY_TRANSACTION = "25006";

	private ReadOnlyViolations() {
	}

	static boolean isViolation(SQLException ex) {
		return READ_ONLY_TRANSACTION.equals(ex.getSQLState());
	}

	static SQLException explain(SQLException ex, @Nullable String unit, Route route) {
		String name = (unit != null) ? unit : "This unit of work";
		String message = name + " is read-only, but it tried to write; it ran on " + route.node() + " ("
				+ route.reason() + "): " + ex.getMessage()
				+ ". Let it run in a read-write transaction (@Transactional instead of @ReadOnly or"
				+ " @Transactional(readOnly = true)), or move the write to a method that does.";
		SQLException explained = (ex instanceof BatchUpdateException batch) ? new BatchUpdateException(message,
				ex.getSQLState(), ex.getErrorCode(), batch.getLargeUpdateCounts(), ex)
				: new SQLException(message, ex.getSQLState(), ex.getErrorCode(), ex);
		if (ex.getNextException() != null) {
			explained.setNextException(ex.getNextException());
		}
		return explained;
	}

}
