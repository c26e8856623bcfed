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

package io.github.replication.test.proof;

import java.sql.SQLException;
import java.util.Set;

/**
 * Runs operations of a session on an instance and records their outcomes.
 *
 * @param history where they are recorded
 * @param session the session that they run for
 * @param instance the instance that runs them
 */
record Execution(History history, long session, Instance instance) {

	static final Runnable NOTHING = () -> {
	};

	private static final int LONGEST_MESSAGE = 200;

	private static final String UNKNOWN_COMMIT = "08007";

	/**
	 * SQLSTATE classes of connections that break, after which the outcome is unknown.
	 */
	private static final Set<String> BROKEN = Set.of("", "08", "57");

	/**
	 * Runs an operation. A failure is recorded and goes no further.
	 */
	void attempt(OperationKind kind, int register, Runnable inside) {
		try {
			run(kind, register, inside);
		}
		catch (RuntimeException ex) {
			// It is in the history.
		}
	}

	/**
	 * Runs an operation. A failure is recorded and thrown.
	 */
	void run(OperationKind kind, int register, Runnable inside) {
		History.Running running = this.history.begin(this.session, this.instance.name(), kind, register);
		try {
			running.end(Outcome.OK, this.instance.run(kind, register, inside), null);
		}
		catch (RuntimeException ex) {
			Operation.Error error = new Operation.Error(state(ex), message(ex));
			running.end(isUnknown(kind, error.state()) ? Outcome.UNKNOWN : Outcome.FAILED, null, error);
			throw ex;
		}
	}

	private static boolean isUnknown(OperationKind kind, String state) {
		return UNKNOWN_COMMIT.equals(state) || kind == OperationKind.WRITE_IN_AUTO_COMMIT
				&& BROKEN.contains(state.substring(0, Math.min(2, state.length())));
	}

	private static String state(Throwable thrown) {
		for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
			if (cause instanceof SQLException ex && ex.getSQLState() != null) {
				return ex.getSQLState();
			}
		}
		return "";
	}

	private static String message(Throwable thrown) {
		Throwable root = thrown;
		while (root.getCause() != null) {
			root = root.getCause();
		}
		String message = root.getClass().getSimpleName() + ": " + root.getMessage();
		return message.substring(0, Math.min(LONGEST_MESSAGE, message.length())).replaceAll("\\s+", " ");
	}

}
