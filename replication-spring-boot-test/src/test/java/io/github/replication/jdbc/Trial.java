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

import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;

import io.github.replication.jdbc.SqlLexer.Kind;

/**
 * One run of a text on a server, and whether that has changed anything.
 */
final class Trial {

	/**
	 * Everything of a session or a transaction that a query can see: settings, locks that
	 * were asked for by name, cursors, prepared statements, channels, temporary objects.
	 */
	private static final String STATE = """
			SELECT concat_ws(E'\\n', current_user, session_user,
				(SELECT string_agg(name || '=' || setting || '/' || source, ',' ORDER BY name) FROM pg_settings),
				(SELECT string_agg(mode || coalesce(relation::text, objid::text), ',' ORDER BY mode, relation, objid)
					FROM pg_locks WHERE pid = pg_backend_pid()
						AND (locktype = 'advisory'
							OR relation = to_regclass('public.note') AND mode <> 'AccessShareLock')),
				(SELECT string_agg(name, ',' ORDER BY name) FROM pg_cursors WHERE name <> ''),
				(SELECT string_agg(name, ',' ORDER BY name) FROM pg_prepared_statements),
				(SELECT string_agg(c, ',' ORDER BY c) FROM pg_listening_channels() c),
				(SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class
					WHERE relnamespace = pg_my_temp_schema()),
				current_setting('app.tenant', true) || '.', current_setting('a.b', true) || '.',
				current_setting('trial.transaction', true) || '.')""";

	private static final Set<String> REFUSED = Set.of("25006", "0A000");

	private final Connection connection;

	private final String sql;

	private @Nullable SQLException error;

	private boolean writing;

	private boolean changing;

	private Trial(Connection connection, String sql) {
		this.connection = connection;
		this.sql = sql;
	}

	/**
	 * Runs a text in a transaction, which is rolled back.
	 * @param begin the command that begins it
	 */
	static Trial inTransaction(Connection connection, String begin, String sql) throws SQLException {
		Trial trial = new Trial(connection, sql);
		trial.prepareSession();
		trial.begin(begin);
		String before = state(connection);
		trial.execute("ROLLBACK");
		trial.begin(begin);
		trial.run();
		if (trial.error == null) {
			trial.changing = trial.transactionState() != TransactionState.OPEN || !state(connection).equals(before);
			trial.writing = !isInRecovery(connection) && hasTransactionId(connection);
		}
		trial.execute("ROLLBACK");
		return trial;
	}

	/**
	 * Runs a text without a transaction around it.
	 */
	static Trial inAutoCommit(Connection connection, String sql) throws SQLException {
		Trial trial = new Trial(connection, sql);
		trial.prepareSession();
		String before = state(connection);
		trial.run();
		if (trial.error == null) {
			trial.changing = trial.transactionState() != TransactionState.IDLE || !state(connection).equals(before);
		}
		return trial;
	}

	private void prepareSession() throws SQLException {
		execute("SET search_path = public, pg_catalog; SET synchronous_commit = local;"
				+ " DEALLOCATE ALL; PREPARE old_statement AS SELECT 1");
		execute("DO $$ BEGIN END $$");
		if (this.sql.contains("LISTEN") && !isInRecovery(this.connection)) {
			execute("LISTEN old_channel");
		}
		if (this.sql.contains("unlock")) {
			execute("SELECT pg_advisory_lock(99)");
		}
	}

	private static boolean isInRecovery(Connection connection) throws SQLException {
		return "t".equals(TextDatabase.single(connection, "SELECT pg_is_in_recovery()"));
	}

	/**
	 * Whether the transaction has changed anything.
	 */
	static boolean hasTransactionId(Connection connection) throws SQLException {
		return TextDatabase.single(connection, "SELECT pg_current_xact_id_if_assigned()") != null;
	}

	/**
	 * Begins a transaction that differs from the next one, without a query, after which
	 * nothing could be said about its mode.
	 */
	private void begin(String begin) throws SQLException {
		execute(begin + "; SET LOCAL trial.transaction = 'first'");
		if (this.sql.contains("old_savepoint")) {
			execute("SAVEPOINT old_savepoint");
		}
		if (this.sql.contains("old_cursor")) {
			execute("DECLARE old_cursor CURSOR FOR SELECT 1");
		}
	}

	private void run() {
		try {
			runOnce();
		}
		catch (SQLException ex) {
			this.error = ex;
		}
	}

	private void runOnce() throws SQLException {
		if (this.sql.startsWith("{")) {
			try (CallableStatement statement = this.connection.prepareCall(this.sql)) {
				if (this.sql.startsWith("{?")) {
					statement.registerOutParameter(1, Types.VARCHAR);
				}
				readAll(statement, statement.execute());
			}
			return;
		}
		int parameters = parameters();
		if (parameters == 0) {
			try (Statement statement = this.connection.createStatement()) {
				readAll(statement, statement.execute(this.sql));
			}
			return;
		}
		try (PreparedStatement statement = this.connection.prepareStatement(this.sql)) {
			for (int i = 1; i <= parameters; i++) {
				if (this.sql.contains("set_config(?")) {
					statement.setString(i, "a.b");
				}
				else if (this.sql.contains("::boolean")) {
					statement.setBoolean(i, false);
				}
				else {
					statement.setNull(i, Types.NULL);
				}
			}
			readAll(statement, statement.execute());
		}
	}

	/**
	 * How many parameters the text has. One with the driver's doubled question mark is
	 * prepared as well.
	 */
	private int parameters() {
		SqlLexer lexer = new SqlLexer(this.sql);
		int parameters = 0;
		for (Kind kind = lexer.next(); kind != Kind.END; kind = lexer.next()) {
			if (kind == Kind.PLACEHOLDER && this.sql.charAt(lexer.contentStart()) == '?') {
				parameters++;
			}
		}
		return parameters;
	}

	private static void readAll(Statement statement, boolean rows) throws SQLException {
		boolean result = rows;
		while (result || statement.getUpdateCount() != -1) {
			if (result) {
				var resultSet = statement.getResultSet();
				while (resultSet.next()) {
					resultSet.getString(1);
				}
			}
			result = statement.getMoreResults();
		}
	}

	private void execute(String sql) throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			statement.execute(sql);
		}
	}

	/**
	 * The state of a session and its transaction.
	 */
	static String state(Connection connection) throws SQLException {
		return TextDatabase.single(connection, STATE);
	}

	private TransactionState transactionState() throws SQLException {
		return this.connection.unwrap(BaseConnection.class).getTransactionState();
	}

	boolean failed() {
		return this.error != null;
	}

	/**
	 * Whether the server has refused the text because it writes.
	 */
	boolean isRefused() {
		return this.error != null && REFUSED.contains(this.error.getSQLState());
	}

	/**
	 * Whether a transaction id was assigned.
	 */
	boolean writes() {
		return this.writing;
	}

	/**
	 * Whether the text has left something behind in its session or transaction.
	 */
	boolean changesState() {
		return this.changing;
	}

	/**
	 * Whether the text was run and has neither written nor left anything behind.
	 */
	boolean isWithoutTrace() {
		return this.error == null && !this.writing && !this.changing;
	}

	@Override
	public String toString() {
		return (this.error != null) ? this.error.getSQLState() + " " + this.error.getMessage()
				: ((this.writing) ? "writes" : "does not write")
						+ ((this.changing) ? ", changes its session" : ", leaves nothing behind");
	}

}
