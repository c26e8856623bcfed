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

package io.github.replication.twin;

import java.lang.reflect.InvocationTargetException;
import java.sql.BatchUpdateException;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;

/**
 * The outcome of one step on one side.
 *
 * @param value the value or the exception
 * @param state the SQLSTATE of the exception, {@code null} if there is none
 * @param failed whether an exception was thrown
 * @param message the message of the exception, which is not compared
 * @param unsupported whether it or one that follows it has the SQLSTATE 0A000
 */
record Outcome(String value, @Nullable String state, boolean failed, @Nullable String message, boolean unsupported) {

	private static final String UNSUPPORTED = "0A000";

	static final Outcome SKIPPED = new Outcome("skipped: no such object", null, true, null, false);

	static Outcome returned(String value) {
		return new Outcome(value, null, false, null, false);
	}

	static Outcome thrown(Throwable thrown) {
		Throwable cause = (thrown instanceof InvocationTargetException && thrown.getCause() != null) ? thrown.getCause()
				: thrown;
		return new Outcome(render(cause), (cause instanceof SQLException ex) ? ex.getSQLState() : null, true,
				cause.getMessage(), cause instanceof SQLException ex && isUnsupported(ex));
	}

	private static boolean isUnsupported(SQLException thrown) {
		for (SQLException ex = thrown; ex != null; ex = ex.getNextException()) {
			if (UNSUPPORTED.equals(ex.getSQLState())) {
				return true;
			}
		}
		return false;
	}

	static String render(Throwable thrown) {
		if (!(thrown instanceof SQLException ex)) {
			return thrown.getClass().getName();
		}
		String text = nameOf(ex) + " " + ex.getSQLState();
		if (ex instanceof BatchUpdateException batch) {
			text += " " + Arrays.toString(batch.getUpdateCounts());
		}
		return text;
	}

	/**
	 * Returns the type of exception that JDBC defines; drivers and pools add their own.
	 */
	private static String nameOf(SQLException ex) {
		for (Class<?> type : new Class<?>[] { BatchUpdateException.class, SQLClientInfoException.class,
				SQLFeatureNotSupportedException.class, SQLTimeoutException.class,
				SQLTransientConnectionException.class }) {
			if (type.isInstance(ex)) {
				return type.getSimpleName();
			}
		}
		return "SQLException";
	}

	/**
	 * Whether the connection was lost.
	 */
	boolean isConnectionLost() {
		return this.state != null
				&& (this.state.startsWith("08") || this.state.startsWith("57P") || this.state.equals("25P03"));
	}

	/**
	 * Whether a pool had no connection in time. Of DBCP2 only the message says so.
	 */
	boolean isPoolExhausted() {
		return this.value.startsWith("SQLTransientConnectionException")
				|| (this.failed && String.valueOf(this.message).contains("Timeout waiting for idle object"));
	}

	/**
	 * Whether the call has failed because the connection was lost, now or before. Pools
	 * give no SQLSTATE to the use of a connection that they have closed.
	 */
	boolean isOfLostConnection() {
		return isConnectionLost() || equals(SKIPPED) || this.value.equals("SQLException null");
	}

	/**
	 * Whether the call makes no sense, with any connection: in auto-commit, or for rows
	 * that are read in one direction.
	 */
	boolean isOfWrongUse() {
		return "25P01".equals(this.state) || "24000".equals(this.state);
	}

	String describe() {
		return this.value + ((this.message != null) ? " (" + this.message.replace('\n', ' ') + ")" : "");
	}

}
