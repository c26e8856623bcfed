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
package io.github.replication.node;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;

import io.github.replication.node.ServerState.Server;
import io.github.replication.node.ServerState.Streaming;
import io.github.replication.position.WalPosition;
import io.github.replication.postgres.SqlState;

/**
 * Asks a server for its state, in one statement. Where rights are missing or the server
 * does not know a function, it asks for less, and from time to time for more again.
 */
final class ServerStateQuery {

	/**
	 * Has the WAL writer flush to the end of a record, within its
	 * {@code wal_writer_delay}: to the end of an asynchronous commit. A message is the
	 * smallest thing to commit, and allowed to every user.
	 */
	private static final String FLUSH = "SELECT pg_catalog.set_config('synchronous_commit', 'off', true),"
			+ " pg_catalog.pg_logical_emit_message(true, 'replication', '')";

	private static final String SETTINGS = "SELECT pg_catalog.current_setting('default_transaction_isolation'),"
			+ " pg_catalog.current_setting('synchronous_commit')";

	private static final String ROLE = SETTINGS + ", r.recovery, pg_catalog.current_database()";

	/**
	 * After a crash the postmaster may live on and recover, which drops the statistics.
	 * Before PostgreSQL 15 it costs too much to look at them.
	 */
	private static final String STARTED_AT = "GREATEST(pg_catalog.pg_postmaster_start_time(),"
			+ " CASE WHEN pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 150000"
			+ " THEN pg_catalog.pg_stat_get_bgwriter_stat_reset_time() END)";

	private static final String MICROSECONDS = ") * 1000000)::pg_catalog.int8";

	private static final String SERVER = "(EXTRACT(EPOCH FROM pg_catalog.pg_postmaster_start_time()" + MICROSECONDS
			+ ", pg_catalog.inet_server_port()";

	/**
	 * The timeline of a primary is that of the file it writes to:
	 * {@code pg_control_checkpoint()} reports a new one seconds late. A standby reports
	 * it through its receiver, to users that may see other sessions.
	 */
	private static final String POSITION = ROLE + ", (EXTRACT(EPOCH FROM " + STARTED_AT + MICROSECONDS + ", " + SERVER
			+ ","
			+ " CASE WHEN r.recovery THEN w.received_tli ELSE ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name("
			+ "pg_catalog.pg_current_wal_insert_lsn()), 1, 8))::pg_catalog.bit(32)::pg_catalog.int4 END,"
			+ " CASE WHEN r.recovery THEN pg_catalog.pg_last_wal_replay_lsn()"
			+ " ELSE pg_catalog.pg_current_wal_flush_lsn() END,"
			+ " CASE WHEN r.recovery THEN NULL ELSE pg_catalog.pg_current_wal_insert_lsn() END,"
			+ " w.pid IS NOT NULL, COALESCE(pg_catalog.substring(w.conninfo, 'application_name=(\\S+)'),"
			+ " NULLIF(pg_catalog.current_setting('cluster_name'), ''))";

	/**
	 * Identifies the server: its address as the server itself sees it, behind any proxy,
	 * and the time of its start.
	 */
	private static final String IDENTITY = "SELECT pg_catalog.concat_ws(' ', pg_catalog.inet_server_addr(),"
			+ " pg_catalog.inet_server_port(), EXTRACT(EPOCH FROM pg_catalog.pg_postmaster_start_time()))";

	private static final String RECOVERY = " (SELECT pg_catalog.pg_is_in_recovery() AS recovery) r";

	private static final String RECEIVER = " LEFT JOIN pg_catalog.pg_stat_wal_receiver w ON r.recovery";

	/**
	 * The server shows this to users that may see other sessions.
	 */
	private static final String STANDBYS = ", (SELECT pg_catalog.string_agg(s.application_name || '=' || s.sync_state,"
			+ " ';') FROM pg_catalog.pg_stat_replication s WHERE NOT r.recovery)";

	private static final String NO_STANDBYS = ", NULL";

	/**
	 * The control file of a standby shows to every user a timeline that the standby has
	 * come to, minutes late. The standby does not write the file when it begins to replay
	 * a timeline, but at the next restartpoint or when a page has to be written.
	 */
	private static final String CONTROL = ", c.system_identifier, GREATEST(k.timeline_id,"
			+ " m.min_recovery_end_timeline)";

	private static final String NO_CONTROL = ", c.system_identifier, NULL";

	private static final String FROM_SYSTEM = " FROM pg_catalog.pg_control_system() c,";

	private static final String FROM_CONTROL = FROM_SYSTEM
			+ " pg_catalog.pg_control_checkpoint() k, pg_catalog.pg_control_recovery() m,";

	/**
	 * Where the column about a new session stands.
	 */
	private static final String SESSION = " /* session */";

	private static final List<String> FIRST_STATEMENTS = statements(NO_STANDBYS);

	private static final List<String> STATEMENTS = withoutSession(FIRST_STATEMENTS);

	private static final List<String> THOROUGH_STATEMENTS = withoutSession(statements(STANDBYS));

	/**
	 * The number of columns of each statement, without that about a new session.
	 */
	private static final int[] COLUMNS = { 15, 15, 13, 4, 2 };

	private static final int WITH_SYSTEM = 1;

	private static final int WITH_POSITION = 2;

	private static final int WITH_ROLE = 3;

	/**
	 * After how many questions for less than all it asks for all again: rights may have
	 * been granted.
	 */
	private static final int PATIENCE = 60;

	private final AtomicInteger incomplete = new AtomicInteger();

	private volatile int level;

	private static List<String> statements(String standbys) {
		String position = POSITION + standbys;
		return List.of(position + CONTROL + SESSION + FROM_CONTROL + RECOVERY + RECEIVER,
				position + NO_CONTROL + SESSION + FROM_SYSTEM + RECOVERY + RECEIVER,
				position + SESSION + " FROM" + RECOVERY + RECEIVER, ROLE + SESSION + " FROM" + RECOVERY,
				SETTINGS + SESSION);
	}

	private static List<String> withoutSession(List<String> statements) {
		return statements.stream().map((statement) -> statement.replace(SESSION, "")).toList();
	}

	/**
	 * Asks.
	 * @param connection a connection in auto-commit
	 * @param thoroughly whether to ask for the standbys as well
	 * @return the state
	 */
	ServerState ask(Connection connection, boolean thoroughly) throws SQLException {
		List<String> statements = thoroughly ? THOROUGH_STATEMENTS : STATEMENTS;
		return askForLessAndLess((level) -> {
			try (PreparedStatement statement = connection.prepareStatement(statements.get(level));
					ResultSet row = statement.executeQuery()) {
				return read(row, level);
			}
		});
	}

	/**
	 * Asks on a new connection.
	 * @param connection a connection in auto-commit
	 * @param session is made read-only in the same round trip
	 * @return the state
	 */
	ServerState askFirst(Connection connection, ReadOnlySession session) throws SQLException {
		return askForLessAndLess((level) -> {
			String sql = FIRST_STATEMENTS.get(level).replace(SESSION, ", (" + session.expression() + ")");
			try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(sql)) {
				ServerState state = read(row, level);
				session.read(row.getString(COLUMNS[level] + 1));
				return state;
			}
		});
	}

	private ServerState askForLessAndLess(Question question) throws SQLException {
		int level = firstLevel();
		while (true) {
			try {
				ServerState state = question.ask(level);
				this.level = level;
				return state;
			}
			catch (SQLException ex) {
				if (level + 1 == STATEMENTS.size() || !SqlState.isNotAvailable(ex)) {
					throw ex;
				}
				level++;
			}
		}
	}

	/**
	 * Asks the server for its identity.
	 * @param connection a connection in auto-commit
	 * @return the identity, {@code null} if the server does not report it
	 */
	static @Nullable String identify(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(IDENTITY)) {
			return row.next() ? row.getString(1) : null;
		}
		catch (SQLException ex) {
			if (SqlState.isNotAvailable(ex)) {
				return null;
			}
			throw ex;
		}
	}

	/**
	 * Lets a primary flush to the end of a record. Does not wait for that.
	 * @param connection a connection in auto-commit
	 */
	static void flush(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(FLUSH);
		}
	}

	private int firstLevel() {
		int level = this.level;
		return (level > 0 && this.incomplete.incrementAndGet() % PATIENCE == 0) ? 0 : level;
	}

	private static ServerState read(ResultSet row, int level) throws SQLException {
		row.next();
		int isolation = isolation(row.getString(1));
		boolean asynchronous = "off".equals(row.getString(2));
		if (level > WITH_ROLE) {
			return new ServerState(isolation, asynchronous, false, 0, 0, 0, 0, 0, null, Streaming.UNKNOWN);
		}
		boolean inRecovery = row.getBoolean(3);
		String database = row.getString(4);
		if (level > WITH_POSITION) {
			return new ServerState(isolation, asynchronous, inRecovery, 0, 0, 0, 0, 0, database, Streaming.UNKNOWN);
		}
		boolean hasSystem = level <= WITH_SYSTEM;
		long system = hasSystem ? row.getLong(14) : 0;
		int timeline = (inRecovery && hasSystem) ? Math.max(row.getInt(8), row.getInt(15)) : row.getInt(8);
		Streaming streaming = new Streaming(inRecovery ? row.getBoolean(11) : null,
				inRecovery ? row.getString(12) : null, standbys(row.getString(13)));
		return new ServerState(isolation, asynchronous, inRecovery, row.getLong(5), timeline, lsn(row.getString(9)),
				lsn(row.getString(10)), system, database, streaming, new Server(row.getLong(6), row.getInt(7)));
	}

	private static @Nullable Map<String, String> standbys(@Nullable String text) {
		if (text == null) {
			return null;
		}
		Map<String, String> standbys = new HashMap<>();
		for (String standby : text.split(";")) {
			int equals = standby.lastIndexOf('=');
			standbys.put(standby.substring(0, Math.max(0, equals)), standby.substring(equals + 1));
		}
		return standbys;
	}

	private static long lsn(@Nullable String text) {
		return (text != null) ? WalPosition.parseLsn(text) : 0;
	}

	private static int isolation(String name) {
		return switch (name.toLowerCase(Locale.ROOT)) {
			case "serializable" -> Connection.TRANSACTION_SERIALIZABLE;
			case "repeatable read" -> Connection.TRANSACTION_REPEATABLE_READ;
			case "read uncommitted" -> Connection.TRANSACTION_READ_UNCOMMITTED;
			default -> Connection.TRANSACTION_READ_COMMITTED;
		};
	}

	/**
	 * Asks for as much as a level says.
	 */
	@FunctionalInterface
	private interface Question {

		ServerState ask(int level) throws SQLException;

	}

}
