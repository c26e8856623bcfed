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

package io.github.replication.postgres;

import java.sql.SQLException;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The meaning of SQLSTATEs (PostgreSQL documentation, appendix "PostgreSQL Error Codes").
 * Errors are distinguished by these codes and never by their messages, which are
 * translated.
 *
 * @since 0.1.0
 */
public final class SqlState {

	/**
	 * {@code sqlclient_unable_to_establish_sqlconnection}.
	 */
	public static final String UNABLE_TO_CONNECT = "08001";

	/**
	 * {@code connection_does_not_exist}.
	 */
	public static final String CONNECTION_DOES_NOT_EXIST = "08003";

	/**
	 * {@code sqlserver_rejected_establishment_of_sqlconnection}.
	 */
	public static final String CONNECTION_REJECTED = "08004";

	/**
	 * {@code connection_failure}.
	 */
	public static final String CONNECTION_FAILURE = "08006";

	/**
	 * {@code transaction_resolution_unknown}.
	 */
	public static final String TRANSACTION_RESOLUTION_UNKNOWN = "08007";

	/**
	 * {@code feature_not_supported}.
	 */
	public static final String FEATURE_NOT_SUPPORTED = "0A000";

	/**
	 * {@code invalid_parameter_value}.
	 */
	public static final String INVALID_PARAMETER_VALUE = "22023";

	/**
	 * {@code active_sql_transaction}.
	 */
	public static final String ACTIVE_TRANSACTION = "25001";

	/**
	 * {@code read_only_sql_transaction}.
	 */
	public static final String READ_ONLY_TRANSACTION = "25006";

	/**
	 * {@code no_active_sql_transaction}.
	 */
	public static final String NO_ACTIVE_TRANSACTION = "25P01";

	/**
	 * {@code invalid_authorization_specification}.
	 */
	public static final String INVALID_AUTHORIZATION = "28000";

	/**
	 * {@code transaction_rollback}.
	 */
	public static final String TRANSACTION_ROLLBACK = "40000";

	/**
	 * An object is not of the type that was asked for.
	 */
	public static final String WRONG_OBJECT_TYPE = "42809";

	/**
	 * {@code object_not_in_prerequisite_state}.
	 */
	public static final String OBJECT_NOT_IN_STATE = "55000";

	/**
	 * {@code io_error}.
	 */
	public static final String IO_ERROR = "58030";

	private static final String CONNECTION_EXCEPTION = "08";

	private static final String STATEMENT_COMPLETION_UNKNOWN = "40003";

	private static final String QUERY_CANCELED = "57014";

	/**
	 * Shut down by an administrator, by a crash, not started yet.
	 */
	private static final Set<String> SHUTDOWN = Set.of("57P01", "57P02", "57P03");

	/**
	 * The states of {@link #SHUTDOWN}, and a session that was idle for too long.
	 */
	private static final Set<String> ENDED = Set.of("57P01", "57P02", "57P03", "57P05");

	/**
	 * Serialization failure and deadlock, which on a standby are conflicts with recovery.
	 */
	private static final Set<String> RECOVERY_CONFLICT = Set.of("40001", "40P01");

	/**
	 * Connection, insufficient resources, system error, internal error.
	 */
	private static final Set<String> OF_THE_SERVER = Set.of(CONNECTION_EXCEPTION, "53", "58", "XX");

	/**
	 * Operator intervention, system error, internal error: classes of which a server may
	 * report an error although the commit has taken effect.
	 */
	private static final Set<String> AROUND_A_COMMIT = Set.of(CONNECTION_EXCEPTION, "57", "58", "XX");

	/**
	 * Insufficient privilege, undefined function, undefined table, undefined column,
	 * undefined object, syntax error, feature not supported.
	 */
	private static final Set<String> NOT_AVAILABLE = Set.of("42501", "42883", "42P01", "42703", "42704", "42601",
			FEATURE_NOT_SUPPORTED);

	/**
	 * Undefined table, column and function.
	 */
	private static final Set<String> UNDEFINED = Set.of("42P01", "42703", "42883");

	private static final String INSUFFICIENT_RESOURCES = "53";

	/**
	 * Cancelled by a timeout or by a user, and by a conflict with recovery.
	 */
	private static final Set<String> CANCELLED = Set.of(QUERY_CANCELED, "40001", "40P01", "55P03");

	private static final int LENGTH = 5;

	private SqlState() {
	}

	/**
	 * Whether an error may mean that the server is gone.
	 * @param ex the error
	 * @return {@code true} for lost connections and servers that shut down
	 */
	public static boolean mayMeanServerIsGone(SQLException ex) {
		String state = ex.getSQLState();
		return state != null && (state.startsWith(CONNECTION_EXCEPTION) || SHUTDOWN.contains(state));
	}

	/**
	 * Whether a server has answered that it has no connection, memory or disk left for
	 * this one (class 53), which says nothing about the connections that it serves.
	 * @param ex the error
	 * @return {@code true} for insufficient resources
	 */
	public static boolean isOutOfResources(SQLException ex) {
		String state = ex.getSQLState();
		return state != null && INSUFFICIENT_RESOURCES.equals(classOf(state));
	}

	/**
	 * Whether an error is the answer of a server that lives and serves others: it has no
	 * resources for this one, or has cancelled the statement.
	 * @param ex the error of a question about the state of a server
	 * @return {@code false} if the connection may be lost
	 */
	public static boolean isAnswer(SQLException ex) {
		String state = ex.getSQLState();
		return state != null && (isOutOfResources(ex) || CANCELLED.contains(state));
	}

	/**
	 * Whether it is unknown if a commit that failed with an error has taken effect. A
	 * server that cancels a commit has rolled back: where it only ends the wait for a
	 * standby, it gives a warning. A connection that was lost with that answer has
	 * another error after it.
	 * @param ex the error of the commit
	 * @return {@code false} if the server has rolled back, or was never asked because the
	 * connection had been closed before
	 */
	public static boolean leavesCommitInDoubt(SQLException ex) {
		String state = ex.getSQLState();
		if (state == null || STATEMENT_COMPLETION_UNKNOWN.equals(state)) {
			return true;
		}
		if (QUERY_CANCELED.equals(state)) {
			return ex.getNextException() != null && leavesCommitInDoubt(ex.getNextException());
		}
		return !CONNECTION_DOES_NOT_EXIST.equals(state) && AROUND_A_COMMIT.contains(classOf(state));
	}

	/**
	 * Whether a statement was refused because its transaction is read-only.
	 * @param ex the error
	 * @return {@code true} for {@link #READ_ONLY_TRANSACTION}
	 */
	public static boolean isReadOnlyViolation(SQLException ex) {
		return READ_ONLY_TRANSACTION.equals(ex.getSQLState());
	}

	/**
	 * Whether the server does not support a feature, as a standby does not support
	 * unlogged tables.
	 * @param ex the error
	 * @return {@code true} for {@link #FEATURE_NOT_SUPPORTED}
	 */
	public static boolean isUnsupported(SQLException ex) {
		return FEATURE_NOT_SUPPORTED.equals(ex.getSQLState());
	}

	/**
	 * Whether a statement names a table, a column or a function that the server does not
	 * know, which a standby may merely not know yet.
	 * @param ex the error
	 * @return {@code true} for undefined tables, columns and functions
	 */
	public static boolean isUndefined(SQLException ex) {
		return UNDEFINED.contains(String.valueOf(ex.getSQLState()));
	}

	/**
	 * Whether a standby failed, so that another node would not have failed the same way.
	 * @param ex an error of a statement that ran on a standby
	 * @return {@code false} for errors that a statement meets on every node
	 */
	public static boolean isFailureOfStandby(SQLException ex) {
		String state = ex.getSQLState();
		return state != null && state.length() == LENGTH && (OF_THE_SERVER.contains(classOf(state))
				|| ENDED.contains(state) || RECOVERY_CONFLICT.contains(state));
	}

	/**
	 * Whether a question cannot be answered because rights are missing or the server does
	 * not know its parts.
	 * @param ex the error
	 * @return {@code true} if a question for less may be answered
	 */
	public static boolean isNotAvailable(SQLException ex) {
		String state = ex.getSQLState();
		return state != null && NOT_AVAILABLE.contains(state);
	}

	private static @Nullable String classOf(String state) {
		return (state.length() == LENGTH) ? state.substring(0, 2) : null;
	}

}
