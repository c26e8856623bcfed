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
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

import io.github.replication.position.WalPosition;

/**
 * A pattern in the commit log of the primary by which a standby of the same history is
 * recognised: transactions that were committed or rolled back at random and did nothing
 * else. A standby that shows the same outcomes has replayed them, and with them the
 * beginning of the primary's timeline. A standby that followed another timeline shows
 * each outcome right by chance alone.
 * <p>
 * PostgreSQL shows the timeline of a standby in {@code received_tli} of
 * {@code pg_stat_wal_receiver}, to users with {@code pg_read_all_stats} only, and minutes
 * late in the control file. The outcome of a transaction is shown to every user
 * ({@code pg_xact_status}, PostgreSQL 13).
 *
 * @param timeline the timeline on which the transactions were run
 * @param transactions the full transaction ids
 * @param outcomes a {@code c} for each that was committed, an {@code a} for each that was
 * rolled back, in the same order
 * @param end a position after all of them. Until the primary has flushed as far, a crash
 * may undo the mark
 */
record HistoryMark(int timeline, List<String> transactions, String outcomes, long end) {

	/**
	 * How many transactions make a mark. One standby in 2^48 is taken for another.
	 */
	private static final int LENGTH = 48;

	private static final char UNKNOWN = '?';

	/**
	 * A transaction that is not completed on the standby is ahead of its snapshot, or
	 * under way.
	 */
	private static final String OUTCOMES = "SELECT pg_catalog.string_agg(CASE"
			+ " WHEN x.id >= pg_catalog.pg_snapshot_xmax(s.snapshot) THEN '?'"
			+ " ELSE CASE pg_catalog.pg_xact_status(x.id) WHEN 'committed' THEN 'c' WHEN 'aborted' THEN 'a'"
			+ " ELSE '?' END END, '' ORDER BY x.n)" + " FROM (SELECT pg_catalog.pg_current_snapshot() AS snapshot) s,"
			+ " pg_catalog.unnest('{%s}'::pg_catalog.xid8[]) WITH ORDINALITY x(id, n)";

	/**
	 * Marks the history of a primary. Changes nothing but the commit log, and waits for
	 * no flush: a transaction without changes never does.
	 * @param connection a connection in auto-commit
	 * @param timeline the timeline of the server
	 * @return the mark
	 * @throws SQLException if the server does not answer or does not let the user
	 */
	static HistoryMark set(Connection connection, int timeline) throws SQLException {
		StringBuilder sql = new StringBuilder();
		StringBuilder outcomes = new StringBuilder();
		for (int i = 0; i < LENGTH; i++) {
			boolean committed = ThreadLocalRandom.current().nextBoolean();
			outcomes.append(committed ? 'c' : 'a');
			sql.append("BEGIN; SELECT pg_catalog.pg_current_xact_id()::pg_catalog.text; ")
				.append(committed ? "COMMIT; " : "ROLLBACK; ");
		}
		sql.append("SELECT pg_catalog.pg_current_wal_insert_lsn()");
		try (Statement statement = connection.createStatement()) {
			List<String> rows = rows(statement, sql.toString());
			return new HistoryMark(timeline, List.copyOf(rows.subList(0, LENGTH)), outcomes.toString(),
					WalPosition.parseLsn(rows.get(LENGTH)));
		}
		catch (SQLException ex) {
			rollBack(connection);
			throw ex;
		}
	}

	private static void rollBack(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute("ROLLBACK");
		}
	}

	private static List<String> rows(Statement statement, String sql) throws SQLException {
		List<String> values = new ArrayList<>(LENGTH + 1);
		boolean rows = statement.execute(sql);
		while (rows || statement.getUpdateCount() != -1) {
			if (rows) {
				try (ResultSet row = statement.getResultSet()) {
					row.next();
					values.add(row.getString(1));
				}
			}
			rows = statement.getMoreResults();
		}
		return values;
	}

	/**
	 * Looks for the mark on a standby.
	 * @param connection a connection in auto-commit
	 * @param lsn a position that the standby has replayed
	 * @return the finding of the comparison
	 * @throws SQLException if the server does not answer or does not let the user
	 */
	Finding find(Connection connection, long lsn) throws SQLException {
		String sql = OUTCOMES.formatted(String.join(",", this.transactions));
		try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(sql)) {
			row.next();
			return compare(row.getString(1), lsn);
		}
	}

	/**
	 * Compares the outcomes of a standby with those of the primary. A standby of the same
	 * history that has come to the end of the mark has replayed all of it.
	 */
	Finding compare(String shown, long lsn) {
		boolean complete = true;
		for (int i = 0; i < this.outcomes.length(); i++) {
			if (shown.charAt(i) == UNKNOWN) {
				complete = false;
			}
			else if (shown.charAt(i) != this.outcomes.charAt(i)) {
				return Finding.OTHER_HISTORY;
			}
		}
		if (complete) {
			return Finding.SAME_HISTORY;
		}
		return (Long.compareUnsigned(lsn, this.end) >= 0) ? Finding.OTHER_HISTORY : Finding.NOT_YET;
	}

	/**
	 * The result of a look at a standby.
	 */
	enum Finding {

		/**
		 * The standby has replayed the mark.
		 */
		SAME_HISTORY,

		/**
		 * The standby has replayed other transactions in place of the transactions of the
		 * mark.
		 */
		OTHER_HISTORY,

		/**
		 * The standby has not come to the end of the mark.
		 */
		NOT_YET

	}

}
