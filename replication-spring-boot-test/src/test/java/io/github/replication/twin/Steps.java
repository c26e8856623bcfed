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

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.StringJoiner;
import java.util.concurrent.CountDownLatch;

import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyManager;

/**
 * Steps of a sequence that are more than one call.
 */
final class Steps {

	private Steps() {
	}

	/**
	 * Reads a result set to its end.
	 */
	static String rows(ResultSet rows) throws SQLException {
		StringJoiner all = new StringJoiner("; ");
		ResultSetMetaData columns = rows.getMetaData();
		StringJoiner head = new StringJoiner(", ");
		for (int i = 1; i <= columns.getColumnCount(); i++) {
			head.add(columns.getColumnLabel(i) + " " + columns.getColumnTypeName(i));
		}
		all.add(head.toString());
		while (rows.next()) {
			StringJoiner row = new StringJoiner(", ");
			for (int i = 1; i <= columns.getColumnCount(); i++) {
				row.add(rows.getString(i));
			}
			all.add(row.toString());
		}
		return all.toString();
	}

	/**
	 * Reads the columns of each table while the list of tables is open.
	 */
	static String columnsOfTables(Connection connection, String schema) throws SQLException {
		StringJoiner all = new StringJoiner("; ");
		try (ResultSet tables = connection.getMetaData().getTables(null, schema, "%", new String[] { "TABLE" })) {
			while (tables.next()) {
				String table = tables.getString("TABLE_NAME");
				try (ResultSet columns = connection.getMetaData().getColumns(null, schema, table, "%")) {
					StringJoiner names = new StringJoiner(", ", table + "(", ")");
					while (columns.next()) {
						names.add(columns.getString("COLUMN_NAME") + " " + columns.getString("TYPE_NAME"));
					}
					all.add(names.toString());
				}
			}
		}
		return all.toString();
	}

	static long copyIn(CopyManager copy, String sql, String rows) throws SQLException, IOException {
		return copy.copyIn(sql, new StringReader(rows));
	}

	/**
	 * Begins a COPY, sends one row, and ends or cancels it.
	 */
	static long copyByHand(CopyManager copy, String sql, boolean cancel) throws SQLException {
		CopyIn in = copy.copyIn(sql);
		byte[] row = "34\tby hand\t1\n".getBytes(StandardCharsets.UTF_8);
		in.writeToCopy(row, 0, row.length);
		if (cancel) {
			in.cancelCopy();
			return -1;
		}
		return in.endCopy();
	}

	static String copyOut(CopyManager copy, String sql) throws SQLException, IOException {
		StringWriter rows = new StringWriter();
		long count = copy.copyOut(sql, rows);
		return count + ": " + rows;
	}

	static String notifications(Connection connection) throws SQLException {
		PGNotification[] notifications = connection.unwrap(PGConnection.class).getNotifications();
		return (notifications == null) ? "null"
				: Arrays.stream(notifications)
					.map((one) -> one.getName() + "=" + one.getParameter())
					.toList()
					.toString();
	}

	/**
	 * Lets another thread cancel a statement that sleeps.
	 */
	static String cancelled(Statement statement) throws SQLException, InterruptedException {
		return whileSleeping(statement, statement::cancel);
	}

	/**
	 * Lets another thread abort a connection while one of its statements sleeps.
	 */
	static String aborted(Connection connection, Statement statement) throws SQLException, InterruptedException {
		try {
			return whileSleeping(statement, () -> connection.abort(Runnable::run));
		}
		finally {
			// the server would notice when the sleep is over
			ThirdSession.current().endSleepers();
		}
	}

	private static String whileSleeping(Statement statement, SqlRunnable action)
			throws SQLException, InterruptedException {
		ThirdSession observer = ThirdSession.current();
		CountDownLatch done = new CountDownLatch(1);
		Thread thread = new Thread(() -> {
			try {
				observer.awaitSleeper();
				action.run();
			}
			catch (SQLException ex) {
				// the statement is closed or lost, and fails or ends by itself
			}
			finally {
				done.countDown();
			}
		}, "twin-other");
		thread.start();
		try {
			statement.execute("SELECT pg_sleep(3)");
			return "slept";
		}
		finally {
			done.await();
		}
	}

	/**
	 * Ends every session of the application's user.
	 */
	static void terminate() throws SQLException {
		ThirdSession.current().terminate();
	}

	/**
	 * Sends a notification from another session.
	 */
	static void notifyFromOutside(String channel) throws SQLException {
		ThirdSession.current().execute("NOTIFY " + channel + ", 'outside'");
	}

	@FunctionalInterface
	private interface SqlRunnable {

		void run() throws SQLException;

	}

}
