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

package io.github.replication.test;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Properties;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * One server of a {@link PostgresCluster}, and the levers that make it fail or fall
 * behind. It keeps its name, its ports and its URLs whatever becomes of it.
 * <p>
 * Each lever returns when it has taken effect, and fails with an
 * {@link IllegalStateException} that ends with the last lines of the server's log if that
 * takes too long. Safe for use by several threads; levers of one node run one after the
 * other.
 *
 * @since 0.1.0
 */
public final class PostgresNode {

	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	private static final String DRIVER_TIMEOUT = "15";

	private final PostgresCluster cluster;

	private final String name;

	private final int port;

	private final NodeProxy proxy;

	private final PostgresServer server;

	private final AdminSession session = new AdminSession(this::internalConnection);

	private final Set<String> changedSettings = new LinkedHashSet<>();

	private volatile @Nullable PostgresNode upstream;

	private volatile boolean replayPaused;

	private volatile Duration applyDelay = Duration.ZERO;

	private boolean receiverCut;

	PostgresNode(PostgresCluster cluster, String name, Ports ports, PostgresServer server) {
		this.cluster = cluster;
		this.name = name;
		this.port = ports.server();
		this.proxy = new NodeProxy(name, ports.proxy(), ports.server());
		this.server = server;
	}

	/**
	 * The name of the node, which is also the server's {@code cluster_name}.
	 * @return the name
	 */
	public String name() {
		return this.name;
	}

	/**
	 * The port of the server itself, as {@code inet_server_port()} returns it also to
	 * clients that come through the proxy.
	 * @return the port
	 */
	public int port() {
		return this.port;
	}

	/**
	 * The URL for applications: the application's database, through {@link #proxy()}.
	 * @return the JDBC URL, without credentials
	 */
	public String jdbcUrl() {
		return url(this.proxy.port(), this.cluster.database());
	}

	/**
	 * The URL of the application's database past the proxy.
	 * @return the JDBC URL, without credentials
	 */
	public String directUrl() {
		return url(this.port, this.cluster.database());
	}

	private static String url(int port, String database) {
		return "jdbc:postgresql://" + Loopback.HOST + ":" + port + "/" + database;
	}

	/**
	 * The application's user.
	 * @return the name of the user, who is not a superuser
	 */
	public String username() {
		return this.cluster.username();
	}

	/**
	 * The password of the application's user.
	 * @return the password
	 */
	public String password() {
		return this.cluster.password();
	}

	/**
	 * The network in front of the node.
	 * @return the proxy
	 */
	public NodeProxy proxy() {
		return this.proxy;
	}

	/**
	 * Connects to the application's database as a superuser, past the proxy.
	 * @return a new connection, which the caller closes
	 * @throws SQLException if the server does not answer within 5 seconds
	 */
	public Connection adminConnection() throws SQLException {
		Properties properties = adminProperties();
		properties.setProperty("loginTimeout", "5");
		return DriverManager.getConnection(directUrl(), properties);
	}

	private Properties adminProperties() {
		Properties properties = new Properties();
		properties.setProperty("user", this.cluster.adminUsername());
		properties.setProperty("password", this.cluster.adminPassword());
		properties.setProperty("connectTimeout", "5");
		properties.setProperty("ApplicationName", "embedded-cluster");
		return properties;
	}

	/**
	 * Whether the server's process is there. A frozen server runs.
	 * @return {@code true} from its start to its end
	 */
	public boolean isRunning() {
		return this.server.isRunning();
	}

	/**
	 * Whether {@link #freeze()} is in force.
	 * @return {@code true} if the server is there and does not move
	 */
	public boolean isFrozen() {
		return this.server.isFrozen();
	}

	/**
	 * Whether {@link #pauseReplay()} is in force. Asks no server.
	 * @return {@code true} until {@link #resumeReplay()}, {@link #promote()} or the next
	 * start of the server
	 */
	public boolean isReplayPaused() {
		return this.replayPaused;
	}

	/**
	 * The delay that {@link #applyDelay(Duration)} has set. Asks no server.
	 * @return the delay, which a stopped server has again when it starts; zero if there
	 * is none
	 */
	public Duration applyDelay() {
		return this.applyDelay;
	}

	/**
	 * Whether this is the node that the cluster takes for its primary.
	 * @return {@code true} if it is {@link PostgresCluster#primary()}
	 */
	public boolean isPrimary() {
		return this.cluster.primary() == this;
	}

	/**
	 * Asks the server whether it is a standby.
	 * @return the answer of {@code pg_is_in_recovery()}
	 * @throws IllegalStateException if the server does not answer
	 */
	public boolean isInRecovery() {
		return "t".equals(query("SELECT pg_is_in_recovery()"));
	}

	/**
	 * Asks the server for its position in the WAL: the last one that a primary has
	 * written, or a standby replayed.
	 * @return the position in PostgreSQL's notation, such as {@code 0/3000148}
	 * @throws IllegalStateException if the server does not answer
	 */
	public String walPosition() {
		return query(
				"SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END");
	}

	/**
	 * Starts the server and waits until it takes connections. Does nothing if it runs.
	 */
	public void start() {
		synchronized (this.server) {
			if (!isRunning()) {
				this.server.launch();
				awaitReady();
			}
		}
	}

	void launch() {
		this.server.launch();
	}

	void awaitReady() {
		this.server.awaitReady();
		this.replayPaused = false;
		this.proxy.serverUp(true);
	}

	/**
	 * Stops the server the orderly way ("fast"): it ends all sessions and writes a
	 * checkpoint; a primary waits until its replicas have received everything. Does
	 * nothing if it does not run.
	 */
	public void stop() {
		stop("INT");
	}

	/**
	 * Stops the server at once ("immediate"): sessions are broken off, and the next start
	 * recovers from the WAL. Does nothing if it does not run.
	 */
	public void stopImmediately() {
		stop("QUIT");
	}

	private void stop(String signal) {
		this.session.close();
		this.server.stop(signal);
		this.proxy.serverUp(false);
	}

	/**
	 * Kills all processes of the server in the same moment, as the crash of a machine
	 * would, except that clients see their connections closed. Data that the operating
	 * system had already is on disk.
	 */
	public void kill() {
		this.session.close();
		this.server.kill();
		this.proxy.serverUp(false);
	}

	/**
	 * Stops the server the orderly way and starts it again.
	 */
	public void restart() {
		stop();
		start();
	}

	/**
	 * Suspends all processes of the server: connections stay open, new ones are taken by
	 * the operating system, and nothing answers.
	 */
	public void freeze() {
		this.session.close();
		this.server.freeze();
	}

	/**
	 * Lets a frozen server go on. Does nothing if it is not frozen.
	 */
	public void thaw() {
		this.server.thaw();
	}

	/**
	 * Stops replay: the replica goes on receiving WAL and shows none of it.
	 * @throws IllegalStateException if the node follows no other node, as a primary
	 */
	public void pauseReplay() {
		requireUpstream();
		changeReplay("pg_wal_replay_pause", "paused", true);
	}

	/**
	 * Goes on with replay.
	 */
	public void resumeReplay() {
		changeReplay("pg_wal_replay_resume", "not paused", false);
	}

	private void changeReplay(String function, String state, boolean paused) {
		ask(function, (statement) -> {
			single(statement, "SELECT " + function + "()");
			// The server has taken the order, even if it is slow to obey.
			this.replayPaused = paused;
			return await(statement, "SELECT pg_get_wal_replay_pause_state()", state);
		});
	}

	/**
	 * Cuts the replica off from its primary: no WAL arrives any more, and it does not
	 * know how far the primary is.
	 * @throws IllegalStateException if the node follows no other node, as a primary
	 */
	public void cutReceiver() {
		requireUpstream();
		configure("primary_conninfo", "");
		this.receiverCut = true;
		endReceiver();
		awaitAnswer("SELECT count(*) FROM pg_stat_wal_receiver", "0");
	}

	/**
	 * Ends the receiver itself: the server does so only when it wants more WAL, and not
	 * while replay is paused.
	 */
	private void endReceiver() {
		String pid = query("SELECT pid FROM pg_stat_wal_receiver");
		if (!"null".equals(pid)) {
			ProcessHandle.of(Long.parseLong(pid)).ifPresent((receiver) -> Processes.signal("TERM", receiver));
		}
	}

	/**
	 * Connects the replica with its primary again, and waits until it receives WAL if the
	 * primary is able to send any. A replica whose replay is paused or delayed asks for
	 * more only when it has replayed all that it has, so there is no wait for that.
	 * @throws IllegalStateException if the node follows no other node, as a primary
	 */
	public void restoreReceiver() {
		PostgresNode source = requireUpstream();
		configure("primary_conninfo", source.connectionInfo(this.name));
		this.receiverCut = false;
		if (source.isRunning() && !source.isFrozen() && isReplayFree()) {
			awaitAnswer("SELECT status FROM pg_stat_wal_receiver", "streaming");
		}
	}

	private PostgresNode requireUpstream() {
		PostgresNode source = this.upstream;
		if (source == null) {
			throw new IllegalStateException("Node '" + this.name + "' follows no other node: "
					+ (isPrimary() ? "pull this lever on a replica, one of PostgresCluster.replicas()"
							: "make it a replica with rebuild() first"));
		}
		return source;
	}

	private boolean isReplayFree() {
		return "t".equals(query("SELECT pg_get_wal_replay_pause_state() = 'not paused' "
				+ "AND current_setting('recovery_min_apply_delay') = '0'"));
	}

	/**
	 * Lets the replica replay each commit only some time after it was made on the
	 * primary: PostgreSQL's {@code recovery_min_apply_delay}.
	 * @param delay the time, in whole milliseconds, zero to end the delay
	 */
	public void applyDelay(Duration delay) {
		Assert.isTrue(!delay.isNegative(), () -> "delay must not be negative, but was " + delay);
		set("recovery_min_apply_delay", (delay.isZero()) ? null : delay.toMillis() + "ms");
		this.applyDelay = delay;
	}

	/**
	 * Changes a setting of the server with {@code ALTER SYSTEM} and has it read.
	 * @param name the setting
	 * @param value the value, {@code null} for the one it had before
	 */
	public void set(String name, @Nullable String value) {
		configure(name, value);
		if (value != null) {
			this.changedSettings.add(name);
		}
		else {
			this.changedSettings.remove(name);
		}
	}

	/**
	 * Makes the replica the primary. All other standbys that run follow it from now on;
	 * the old primary is left as it is. Stop it before, or there are two; see
	 * {@link #rebuild()}.
	 */
	public void promote() {
		if (!"t".equals(query("SELECT pg_promote(true, " + TIMEOUT.toSeconds() + ")"))) {
			throw new IllegalStateException("Node '" + this.name + "' was not promoted." + this.server.logTail());
		}
		awaitAnswer("SELECT pg_is_in_recovery()", "f");
		this.upstream = null;
		this.replayPaused = false;
		this.cluster.promoted(this);
	}

	/**
	 * Lets a standby receive its WAL from another node. Does not wait until it does.
	 * @param node the node to follow
	 */
	public void follow(PostgresNode node) {
		this.upstream = node;
		configure("primary_conninfo", node.connectionInfo(this.name));
		this.receiverCut = false;
	}

	/**
	 * Throws the data of this node away, whether it runs or not, and starts it as a
	 * standby of the current primary with a new copy of the primary's data. For an old
	 * primary after a failover, or a replica that is too far behind.
	 */
	public void rebuild() {
		PostgresNode primary = this.cluster.primary();
		if (primary == this) {
			throw new IllegalStateException("Node '" + this.name + "' is the primary");
		}
		synchronized (this.server) {
			discard();
			copyFrom(primary);
			start();
		}
	}

	void copyFrom(PostgresNode primary) {
		DataFolder data = new DataFolder(this.server.data());
		try (Connection connection = primary.internalConnection()) {
			data.copyOfRunning(primary.server.data(), connection);
		}
		catch (SQLException | UncheckedIOException ex) {
			throw new IllegalStateException("Node '" + this.name + "' cannot be copied from '" + primary.name + "': "
					+ ex.getMessage() + primary.server.logTail(), ex);
		}
		becomes(primary);
	}

	/**
	 * Fills the data folder with a copy of another one.
	 * @param source a folder whose server was stopped cleanly
	 * @param primary the node to follow, {@code null} to become the primary
	 */
	void copyOfStopped(Path source, @Nullable PostgresNode primary) {
		new DataFolder(this.server.data()).copyOfStopped(source);
		becomes(primary);
	}

	/**
	 * Gives the stopped server its role.
	 * @param primary the node to follow, {@code null} to become the primary
	 */
	void becomes(@Nullable PostgresNode primary) {
		this.upstream = primary;
		this.receiverCut = false;
		this.applyDelay = Duration.ZERO;
		this.changedSettings.clear();
		new DataFolder(this.server.data()).follow((primary != null) ? primary.connectionInfo(this.name) : null);
		this.cluster.own(this.server.data());
	}

	Path data() {
		return this.server.data();
	}

	private String connectionInfo(String follower) {
		return "host=" + Loopback.HOST + " port=" + this.port + " user=" + this.cluster.adminUsername() + " password="
				+ this.cluster.adminPassword() + " application_name=" + follower;
	}

	/**
	 * Ends everything that levers of this node have begun, except for the role.
	 */
	void reset() {
		this.proxy.restore();
		thaw();
		start();
		if (this.replayPaused) {
			resumeReplay();
		}
		for (String setting : Set.copyOf(this.changedSettings)) {
			set(setting, null);
		}
		this.applyDelay = Duration.ZERO;
		if (this.receiverCut) {
			restoreReceiver();
		}
	}

	void prepareDiscard() {
		this.server.prepareDiscard();
	}

	void discard() {
		this.session.close();
		this.server.discard();
		this.proxy.serverUp(false);
	}

	void closeProxy() {
		this.proxy.close();
	}

	String logTail() {
		return this.server.logTail();
	}

	private void configure(String setting, @Nullable String value) {
		Assert.isTrue(setting.matches("[A-Za-z_][A-Za-z0-9_.]*"), () -> "'" + setting + "' is not a setting's name");
		ask("set '" + setting + "'", (statement) -> configure(statement, setting, value));
	}

	private String configure(Statement statement, String setting, @Nullable String value) throws SQLException {
		statement.execute((value != null) ? "ALTER SYSTEM SET " + setting + " = " + DataFolder.quote(value)
				: "ALTER SYSTEM RESET " + setting);
		String before = single(statement, "SELECT pg_conf_load_time()");
		statement.execute("SELECT pg_reload_conf()");
		// A session reads the configuration after the first process has done so and
		// has notified it.
		Waiting.until(TIMEOUT, () -> !before.equals(single(statement, "SELECT pg_conf_load_time()")),
				() -> "Node '" + this.name + "' has not read '" + setting + "'." + this.server.logTail());
		// The first process notifies the sessions before the process that replays, and
		// makes a new session only after all of them.
		internalConnection().close();
		return before;
	}

	private void awaitAnswer(String sql, String expected) {
		ask(sql, (statement) -> await(statement, sql, expected));
	}

	private String await(Statement statement, String sql, String expected) throws SQLException {
		Waiting.until(TIMEOUT, () -> expected.equals(single(statement, sql)),
				() -> "Node '" + this.name + "' does not answer '" + expected + "' to: " + sql + this.server.logTail());
		return expected;
	}

	/**
	 * Asks for one value as a superuser.
	 * @param sql the query
	 * @return the value as text, {@code "null"} for a null or for no row
	 */
	String query(String sql) {
		return ask(sql, (statement) -> single(statement, sql));
	}

	private <T> T ask(String purpose, AdminSession.Question<T> question) {
		try {
			return ask(question);
		}
		catch (SQLException ex) {
			String state = (!isRunning()) ? "is stopped" : (isFrozen()) ? "is frozen" : "runs";
			throw new IllegalStateException("Node '" + this.name + "' (" + state + ") did not " + purpose + ": "
					+ ex.getMessage() + this.server.logTail(), ex);
		}
	}

	static String single(Statement statement, String sql) throws SQLException {
		try (ResultSet result = statement.executeQuery(sql)) {
			return (result.next()) ? String.valueOf(result.getString(1)) : "null";
		}
	}

	/**
	 * Asks the server as a superuser for the cluster's own use: no wait is unbounded, and
	 * no commit waits for a replica.
	 * @param question asks and takes the answer
	 * @return the answer
	 * @throws SQLException if the server does not answer
	 */
	<T> T ask(AdminSession.Question<T> question) throws SQLException {
		return this.session.ask(question);
	}

	/**
	 * Closes the connection that {@link #ask} keeps.
	 */
	void closeSession() {
		this.session.close();
	}

	private Connection internalConnection() throws SQLException {
		Properties properties = adminProperties();
		properties.setProperty("socketTimeout", DRIVER_TIMEOUT);
		properties.setProperty("options", "-c synchronous_commit=local");
		return DriverManager.getConnection(url(this.port, "postgres"), properties);
	}

	@Override
	public String toString() {
		return "PostgresNode[" + this.name + ", " + this.port + "]";
	}

}
