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

import io.github.replication.Role;
import io.github.replication.node.ClusterNode;
import io.github.replication.policy.Route;
import io.github.replication.postgres.DriverConnection;
import io.github.replication.postgres.SqlState;

/**
 * Explains why a statement cannot run in a read-only unit.
 */
final class ReadOnlyViolations {

	private static final String REMEDY = "Let it run in a read-write transaction (@Transactional instead of @ReadOnly or"
			+ " @Transactional(readOnly = true)), or move that statement to a method that does.";

	private ReadOnlyViolations() {
	}

	/**
	 * Refuses a statement that a server would not refuse in every case. A standby grants
	 * an advisory lock, but one that excludes only sessions on the same node. A text that
	 * changes the access mode would let the ones after it write.
	 * @throws SQLException if the statement does not belong in a read-only unit
	 */
	static void refuse(StatementText text, UnitOfWork unit) throws SQLException {
		if (text.takesAdvisoryLock()) {
			throw violation("it takes an advisory lock, which excludes only sessions on the same node");
		}
		if (text.writesLargeObjects()) {
			throw violation("it writes large objects; it ran on " + where(unit.route()));
		}
		if (text.mayChangeAccessMode() && !text.isPlainRead()) {
			throw violation(
					"it changes the access mode of its transaction or session; it ran on " + where(unit.route()));
		}
	}

	/**
	 * The error of a read-only unit in auto-commit that asks for the physical connection
	 * where sessions are not kept, so that nothing on the server would refuse its writes.
	 */
	static SQLException unenforceable(ClusterNode node) {
		return violation("it has the physical connection in its own hands in auto-commit on " + node
				+ ", whose sessions are shared by a connection pooler and cannot be made read-only. Do it in a"
				+ " transaction");
	}

	private static SQLException violation(String cause) {
		return new SQLException(nameOf(ConnectionSource.unit()) + " is read-only, but " + cause + ". " + REMEDY,
				SqlState.READ_ONLY_TRANSACTION);
	}

	/**
	 * Explains an error of a read-only unit, if there is anything to explain.
	 */
	static SQLException explain(SQLException ex, @Nullable String unit, Route route) {
		if (SqlState.isReadOnlyViolation(ex)) {
			return explained(ex, nameOf(unit) + " is read-only, but it tried to write; it ran on " + where(route) + ": "
					+ ex.getMessage() + ". " + REMEDY);
		}
		if (SqlState.isUnsupported(ex) && DriverConnection.isReportedByServer(ex)
				&& !DriverConnection.isOutdatedPlan(ex) && route.node().role() == Role.REPLICA) {
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
