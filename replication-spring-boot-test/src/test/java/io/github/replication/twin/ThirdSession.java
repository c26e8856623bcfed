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

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * A superuser's session that looks at a side's database from outside: committed rows, the
 * states of the side's sessions and the locks that they hold.
 */
final class ThirdSession implements AutoCloseable {

	private static final ThreadLocal<@Nullable ThirdSession> CURRENT = new ThreadLocal<>();

	private static final String STATES = """
			SELECT coalesce(string_agg(state, ', ' ORDER BY state), 'idle') FROM pg_stat_get_activity(NULL)
			WHERE datid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND state LIKE 'idle in%'
			AND query NOT LIKE '%/* around */'""";

	private static final String VIEW = "SELECT twin.rows(), (" + STATES
			+ """
					), (SELECT coalesce(string_agg(objid::text || mode, ', ' ORDER BY objid, mode), '') FROM pg_locks
					WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))""";

	/**
	 * The commit waits for the replica, so that a transaction there sees none as running
	 * that has ended, whose rollback nobody waits for.
	 */
	private static final String KEEP_ROWS = "ROLLBACK; BEGIN; SELECT pg_current_xact_id(); COMMIT;"
			+ " BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT pg_current_snapshot() /* around */";

	private static final String SESSIONS = "SELECT count(*) FROM pg_stat_get_activity(NULL) WHERE usesysid ="
			+ " (SELECT oid FROM pg_roles WHERE rolname = 'app')"
			+ " AND datid = (SELECT oid FROM pg_database WHERE datname = current_database())";

	/**
	 * Not those of tables that their transaction has created: nobody else can see them.
	 */
	private static final String LOCKS_OF_SIDE = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted"
			+ " AND locktype = 'relation' AND pid IN (SELECT pid FROM pg_stat_get_activity(NULL) WHERE usesysid ="
			+ " (SELECT oid FROM pg_roles WHERE rolname = 'app'))"
			+ " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
			+ " AND relation IN (SELECT oid FROM pg_class)";

	private static final String SHORT_WAIT = "SET lock_timeout = '5ms'";

	private static final String LOCK_NOT_AVAILABLE = "55P03";

	private final Connection primary;

	private final @Nullable Connection replica;

	/**
	 * Has a snapshot, so that no row is removed that a transaction on the replica may
	 * see. The replica would wait for that transaction, and commits for the replica.
	 */
	private final @Nullable Connection keeper;

	private final PreparedStatement view;

	private final @Nullable PreparedStatement replicaStates;

	private final PreparedStatement reset;

	private final String pristine;

	private String statesOnReplica = "idle";

	private int terminated;

	ThirdSession(PostgresCluster cluster, String database, boolean replicated) throws SQLException {
		this.primary = connect(cluster, cluster.primary(), database);
		this.replica = replicated ? connect(cluster, cluster.replicas().get(0), database) : null;
		this.keeper = replicated ? connect(cluster, cluster.primary(), database) : null;
		execute(SHORT_WAIT);
		this.view = this.primary.prepareStatement(VIEW);
		this.replicaStates = (this.replica != null) ? this.replica.prepareStatement(STATES) : null;
		this.reset = this.primary.prepareStatement("SELECT twin.reset()");
		reset();
		this.pristine = look(true).rows();
	}

	private static Connection connect(PostgresCluster cluster, PostgresNode node, String database) throws SQLException {
		return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + node.port() + "/" + database,
				cluster.adminUsername(), cluster.adminPassword());
	}

	static ThirdSession current() {
		ThirdSession current = CURRENT.get();
		if (current == null) {
			throw new IllegalStateException("No sequence is run by this thread");
		}
		return current;
	}

	/**
	 * Looks at the database. A table that is locked by a side hides its rows.
	 * @param replicaToo whether the sessions on the replica may have changed
	 */
	synchronized View look(boolean replicaToo) throws SQLException {
		PreparedStatement replicaStates = this.replicaStates;
		if (replicaStates != null && replicaToo) {
			this.statesOnReplica = single(replicaStates);
		}
		View view = viewUnlessLocked();
		while (view == null && !isLockedBySide()) {
			// by the server itself, for a moment
			view = viewUnlessLocked();
		}
		return (view != null) ? view : new View(View.LOCKED, withReplica("idle in transaction"), "");
	}

	private @Nullable View viewUnlessLocked() throws SQLException {
		try (ResultSet result = this.view.executeQuery()) {
			result.next();
			return new View(result.getString(1), withReplica(result.getString(2)), result.getString(3));
		}
		catch (SQLException ex) {
			if (LOCK_NOT_AVAILABLE.equals(ex.getSQLState())) {
				return null;
			}
			throw ex;
		}
	}

	private boolean isLockedBySide() throws SQLException {
		try (Statement statement = this.primary.createStatement()) {
			return !"0".equals(string(statement, LOCKS_OF_SIDE));
		}
	}

	private String withReplica(String states) {
		String others = this.statesOnReplica;
		if (states.equals("idle") || others.equals("idle")) {
			return (states.equals("idle")) ? others : states;
		}
		return Stream.of((states + ", " + others).split(", ")).sorted().collect(Collectors.joining(", "));
	}

	/**
	 * Puts the tables into their first state.
	 */
	synchronized void reset() throws SQLException {
		execute("SET lock_timeout = '5s'");
		this.reset.execute();
		execute(SHORT_WAIT);
	}

	/**
	 * Keeps the rows of now for a sequence that begins.
	 */
	void keepRows() throws SQLException {
		if (this.keeper != null) {
			try (Statement statement = this.keeper.createStatement()) {
				statement.execute(KEEP_ROWS);
			}
		}
	}

	/**
	 * Begins to count the sessions that are ended.
	 */
	void begin() {
		CURRENT.set(this);
		this.terminated = 0;
	}

	/**
	 * Returns the rows of the first state.
	 */
	String pristine() {
		return this.pristine;
	}

	/**
	 * Ends the sessions of the side.
	 */
	void terminate() throws SQLException {
		terminate("true");
	}

	/**
	 * Ends the sessions of the side that sleep in a statement.
	 */
	void endSleepers() throws SQLException {
		terminate("wait_event = 'PgSleep'");
	}

	private synchronized void terminate(String condition) throws SQLException {
		long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
		for (Connection connection : connections()) {
			try (Statement statement = connection.createStatement()) {
				String ended = string(statement,
						"SELECT coalesce(string_agg(pid::text, ', '), '0') FROM (SELECT pid, pg_terminate_backend(pid)"
								+ " FROM pg_stat_activity WHERE datname = current_database() AND usename = 'app' AND "
								+ condition + " OFFSET 0) t");
				this.terminated += ended.equals("0") ? 0 : ended.split(",").length;
				// the server's own wait looks every 100 ms
				while (!"0".equals(string(statement,
						"SELECT count(*) FROM pg_stat_get_activity(NULL) WHERE pid IN (" + ended + ")"))
						&& System.nanoTime() < end) {
					LockSupport.parkNanos(Side.PAUSE);
				}
			}
		}
	}

	private static String string(Statement statement, String sql) throws SQLException {
		try (ResultSet result = statement.executeQuery(sql)) {
			result.next();
			return result.getString(1);
		}
	}

	/**
	 * Returns how many sessions the side has.
	 */
	synchronized long sessions() throws SQLException {
		long sessions = 0;
		for (Connection connection : connections()) {
			try (Statement statement = connection.createStatement()) {
				sessions += Long.parseLong(string(statement, SESSIONS));
			}
		}
		return sessions;
	}

	/**
	 * Returns how many sessions were ended since the sequence has begun.
	 */
	int terminated() {
		return this.terminated;
	}

	private List<Connection> connections() {
		return (this.replica != null) ? List.of(this.primary, this.replica) : List.of(this.primary);
	}

	synchronized void execute(String sql) throws SQLException {
		try (Statement statement = this.primary.createStatement()) {
			statement.execute(sql);
		}
	}

	/**
	 * Waits until a session of the side sleeps in a statement.
	 */
	void awaitSleeper() throws SQLException {
		long end = System.nanoTime() + 2_000_000_000L;
		while (System.nanoTime() < end) {
			for (Connection connection : connections()) {
				if (isSleeping(connection)) {
					return;
				}
			}
			LockSupport.parkNanos(Side.PAUSE);
		}
	}

	private synchronized boolean isSleeping(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet result = statement.executeQuery("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'"
						+ " AND datname = current_database() AND wait_event = 'PgSleep'")) {
			result.next();
			return result.getInt(1) > 0;
		}
	}

	/**
	 * Returns what the sessions of the side wait for, on each server.
	 */
	synchronized String activity() throws SQLException {
		StringJoiner all = new StringJoiner(" | ");
		for (Connection connection : connections()) {
			try (Statement statement = connection.createStatement()) {
				all.add(string(statement,
						"SELECT string_agg(concat_ws(' ', pid, state, wait_event_type, wait_event, pg_blocking_pids(pid),"
								+ " query), '; ') FROM pg_stat_activity"
								+ " WHERE (datname = current_database() AND usename = 'app') OR backend_type = 'startup'"));
			}
		}
		return all.toString();
	}

	private static String single(PreparedStatement statement) throws SQLException {
		try (ResultSet result = statement.executeQuery()) {
			result.next();
			return result.getString(1);
		}
	}

	@Override
	public void close() throws SQLException {
		for (Connection connection : connections()) {
			connection.close();
		}
		if (this.keeper != null) {
			this.keeper.close();
		}
	}

	/**
	 * The database as seen from outside.
	 *
	 * @param rows the committed rows, the sequences and the large objects
	 * @param states the states of the sessions that are in a transaction
	 * @param locks the advisory locks
	 */
	record View(String rows, String states, String locks) {

		static final View NONE = new View("", "", "");

		static final String LOCKED = " locked";

		boolean isLocked() {
			return this.rows.equals(LOCKED);
		}

		/**
		 * Whether no session is in a transaction, or has an advisory lock.
		 */
		boolean isAtRest() {
			return this.states.equals("idle") && this.locks.isEmpty();
		}

		@Override
		public String toString() {
			return "rows" + this.rows + "; sessions: " + this.states
					+ ((this.locks.isEmpty()) ? "" : "; locks: " + this.locks);
		}

	}

}
