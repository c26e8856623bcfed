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
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import io.github.replication.Role;
import io.github.replication.policy.Route;

/**
 * Explains why a read-only unit cannot do what it has tried.
 */
final class ReadOnlyViolations {

	/**
	 * {@code read_only_sql_transaction}, PostgreSQL's error codes, class 25.
	 */
	private static final String READ_ONLY_TRANSACTION = "25006";

	private static final String REMEDY = "Let it run in a read-write transaction (@Transactional instead of @ReadOnly or"
			+ " @Transactional(readOnly = true)), or move that statement to a method that does.";

	/**
	 * {@code feature_not_supported}, PostgreSQL's error codes, class 0A.
	 */
	private static final String NOT_SUPPORTED = "0A000";

	private static final String ADVISORY = "_advisory_";

	private static final Pattern ADVISORY_LOCK = Pattern.compile("\\bpg_(?:try_)?advisory_\\w*lock\\w*\\s*\\(",
			Pattern.CASE_INSENSITIVE);

	private ReadOnlyViolations() {
	}

	static boolean isViolation(SQLException ex) {
		return READ_ONLY_TRANSACTION.equals(ex.getSQLState());
	}

	/**
	 * Refuses an advisory lock. A standby would grant one, but for itself alone, so that
	 * it excludes nobody who runs elsewhere.
	 * @throws SQLException if the statement takes or gives back such a lock
	 */
	static void refuseAdvisoryLock(@Nullable String sql) throws SQLException {
		if (sql != null && HiddenWrites.containsIgnoringCase(sql, ADVISORY) && ADVISORY_LOCK.matcher(sql).find()) {
			throw new SQLException(nameOf(ConnectionSource.unit())
					+ " is read-only, but it takes an advisory lock, which excludes only those who run on"
					+ " the same node. " + REMEDY, READ_ONLY_TRANSACTION);
		}
	}

	/**
	 * Explains an error of a read-only unit, if there is anything to explain.
	 */
	static SQLException explain(SQLException ex, @Nullable String unit, Route route) {
		if (isViolation(ex)) {
			return explained(ex, nameOf(unit) + " is read-only, but it tried to write; it ran on " + where(route) + ": "
					+ ex.getMessage() + ". " + REMEDY);
		}
		if (NOT_SUPPORTED.equals(ex.getSQLState()) && route.node().role() == Role.REPLICA) {
			return explained(ex,
					nameOf(unit) + " ran on " + where(route) + ", and a standby does not support everything: "
							+ ex.getMessage() + ". If it needs the primary, let it run there (@UsePrimary, or"
							+ " Consistency.STRONG); for the isolation level SERIALIZABLE declare it"
							+ " (@ReadOnly(isolation = Isolation.SERIALIZABLE)).");
		}
		return ex;
	}

	private static String where(Route route) {
		return route.node() + " (" + route.reason() + ")";
	}

	private static String nameOf(@Nullable String unit) {
		return (unit != null) ? unit : "This unit of work";
	}

	private static SQLException explained(SQLException ex, String message) {
		SQLException explained = (ex instanceof BatchUpdateException batch) ? new BatchUpdateException(message,
				ex.getSQLState(), ex.getErrorCode(), batch.getLargeUpdateCounts(), ex)
				: new SQLException(message, ex.getSQLState(), ex.getErrorCode(), ex);
		if (ex.getNextException() != null) {
			explained.setNextException(ex.getNextException());
		}
		return explained;
	}

}
