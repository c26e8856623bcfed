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
import java.util.List;
import java.util.Locale;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import io.github.replication.position.WalPosition;

/**
 * Asks a server for its state, in one statement. Where rights are missing or the server
 * does not know a function, it asks for less from then on.
 */
final class ServerStateQuery {

	private static final String SETTINGS = "SELECT pg_catalog.current_setting('default_transaction_isolation'),"
			+ " pg_catalog.current_setting('synchronous_commit')";

	/**
	 * After a crash the postmaster may live on and recover, which drops the statistics.
	 * Before PostgreSQL 15 it costs too much to look at those.
	 */
	private static final String STARTED_AT = "GREATEST(pg_catalog.pg_postmaster_start_time(),"
			+ " CASE WHEN pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 150000"
			+ " THEN pg_catalog.pg_stat_get_bgwriter_stat_reset_time() END)";

	/**
	 * The timeline of a primary is that of the file it writes to:
	 * {@code pg_control_checkpoint()} tells a new one seconds late. A standby tells it
	 * through its receiver, to those who may see other sessions.
	 */
	private static final String POSITION = SETTINGS + ", r.recovery," + " (EXTRACT(EPOCH FROM " + STARTED_AT
			+ ") * 1000000)::pg_catalog.int8,"
			+ " CASE WHEN r.recovery THEN (SELECT w.received_tli FROM pg_catalog.pg_stat_wal_receiver w)"
			+ " ELSE ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name("
			+ "pg_catalog.pg_current_wal_insert_lsn()), 1, 8))::pg_catalog.bit(32)::pg_catalog.int4 END,"
			+ " CASE WHEN r.recovery THEN pg_catalog.pg_last_wal_replay_lsn()"
			+ " ELSE pg_catalog.pg_current_wal_flush_lsn() END,"
			+ " CASE WHEN r.recovery THEN NULL ELSE pg_catalog.pg_current_wal_insert_lsn() END";

	private static final String RECOVERY = " (SELECT pg_catalog.pg_is_in_recovery() AS recovery) r";

	private static final List<String> STATEMENTS = List.of(
			POSITION + ", c.system_identifier FROM pg_catalog.pg_control_system() c," + RECOVERY,
			POSITION + " FROM" + RECOVERY, SETTINGS);

	/**
	 * Insufficient privilege, undefined function, undefined table, undefined column,
	 * undefined object, syntax error, feature not supported.
	 */
	private static final Set<String> NOT_HERE = Set.of("42501", "42883", "42P01", "42703", "42704", "42601", "0A000");

	private volatile int level;

	/**
	 * Asks.
	 * @param connection a connection in auto-commit
	 * @return the state
	 */
	ServerState ask(Connection connection) throws SQLException {
		while (true) {
			int level = this.level;
			try (PreparedStatement statement = connection.prepareStatement(STATEMENTS.get(level))) {
				return read(statement, level);
			}
			catch (SQLException ex) {
				if (level + 1 == STATEMENTS.size() || !NOT_HERE.contains(String.valueOf(ex.getSQLState()))) {
					throw ex;
				}
				this.level = level + 1;
			}
		}
	}

	private static ServerState read(PreparedStatement statement, int level) throws SQLException {
		try (ResultSet row = statement.executeQuery()) {
			row.next();
			int isolation = isolation(row.getString(1));
			boolean asynchronous = "off".equals(row.getString(2));
			if (level == STATEMENTS.size() - 1) {
				return new ServerState(isolation, asynchronous, false, 0, 0, 0, 0, 0);
			}
			return new ServerState(isolation, asynchronous, row.getBoolean(3), row.getLong(4), row.getInt(5),
					lsn(row.getString(6)), lsn(row.getString(7)), (level == 0) ? row.getLong(8) : 0);
		}
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

}
