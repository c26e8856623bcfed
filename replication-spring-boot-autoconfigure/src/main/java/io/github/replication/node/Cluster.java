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
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.support.JdbcUtils;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

import io.github.replication.NodeDefinition;
import io.github.replication.NodeStatus;
import io.github.replication.ReplicationCluster;
import io.github.replication.Role;
import io.github.replication.node.PrimaryHistory.Lag;
import io.github.replication.position.SampleClock;

/**
 * The nodes, their pools and their monitors. Owns the read pools, and the write pools of
 * nodes that have become the primary: closing the cluster closes them.
 *
 * @since 0.1.0
 */
public final class Cluster implements ReplicationCluster, AutoCloseable {

	private static final Log logger = LogFactory.getLog(Cluster.class);

	/**
	 * The longest wait for units under way; more could not be measured.
	 */
	private static final Duration LONGEST = Duration.ofDays(36_500);

	/**
	 * How long a question in the background may take, in milliseconds.
	 */
	private static final int QUESTION_TIMEOUT = 10_000;

	/**
	 * How long a question waits that there is no connection for.
	 */
	private static final Duration QUESTION_PAUSE = Duration.ofSeconds(10);

	/**
	 * The time after which units that wait for the primary look again: a connection may
	 * have become idle.
	 */
	private static final long TURN = Duration.ofMillis(20).toNanos();

	private static final long LONGEST_ATTEMPT = Duration.ofSeconds(5).toNanos();

	private static final long POLL = Duration.ofMillis(5).toNanos();

	private final ClusterSettings settings;

	private final Supplier<? extends HikariConfig> pool;

	private final ReadPoolFactory pools;

	private final SampleClock clock;

	private final Positions positions;

	private final ScheduledThreadPoolExecutor executor;

	private final List<NodeMonitor> monitors = new CopyOnWriteArrayList<>();

	private final Membership membership;

	private final ReentrantLock changes = new ReentrantLock();

	private final Condition change = this.changes.newCondition();

	/**
	 * The nodes that were left for another way to the same server.
	 */
	private final Set<ClusterNode> ways = ConcurrentHashMap.newKeySet();

	private volatile @Nullable WritePool applicationPool;

	private volatile boolean started;

	private volatile @Nullable Duration writesCountForAll;

	private volatile Runnable onChange = () -> {
	};

	private volatile Consumer<ClusterNode> onSilence = (node) -> {
	};

	private volatile Consumer<ClusterNode> onGivenUp = (node) -> {
	};

	/**
	 * Creates a cluster. Opens no connection.
	 * @param settings the settings of the cluster
	 * @param writePool the application's own pool on the primary
	 * @param pool yields that pool, or one with its settings, from which the read pools
	 * are derived. It may be another one later, with the same URL.
	 * @param clock orders samples of positions and events of callers
	 * @param wallClock the time of day, for reports to operators
	 */
	public Cluster(ClusterSettings settings, DataSource writePool, Supplier<? extends HikariConfig> pool,
			SampleClock clock, InstantSource wallClock) {
		this.settings = settings;
		this.pool = pool;
		this.pools = new ReadPoolFactory(pool, settings.fallbackMaxConnections(), settings.customizers(),
				this::restingMinimumIdle);
		this.clock = clock;
		this.positions = new Positions(settings.positions(), clock);
		this.executor = executor();
		NodeDefinition definition = new NodeDefinition(settings.primaryName(), pool.get().getJdbcUrl(), null, null, 1,
				null, null);
		Member primary = supervise(definition, Role.PRIMARY, writePool);
		this.positions.follow(primary.node().inquiry());
		this.membership = new Membership(primary, settings, this.positions, clock, wallClock, new PoolSwitch());
		this.membership.onChange(this::stateChanged);
		this.positions.within(this::topology);
		settings.replicas().forEach((replica) -> this.membership.join(supervise(replica, Role.REPLICA, null)));
	}

	/**
	 * How many idle connections the application's own pool is to keep, while that rests.
	 */
	private @Nullable Integer restingMinimumIdle() {
		WritePool writePool = this.applicationPool;
		return (writePool != null) ? writePool.restingMinimumIdle() : null;
	}

	private Member supervise(NodeDefinition definition, Role role, @Nullable DataSource writePool) {
		NodeMonitor monitor = new NodeMonitor(definition, role, writePool, new Monitoring());
		this.monitors.add(monitor);
		return monitor.member();
	}

	/**
	 * Begins to watch the nodes.
	 */
	public void start() {
		this.started = true;
		this.monitors.forEach(this::watch);
	}

	private static ScheduledThreadPoolExecutor executor() {
		CustomizableThreadFactory threads = new CustomizableThreadFactory("replication-");
		threads.setDaemon(true);
		ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, threads,
				new ThreadPoolExecutor.DiscardPolicy());
		executor.setRemoveOnCancelPolicy(true);
		return executor;
	}

	/**
	 * One that does not answer keeps a thread busy with the question, and another with
	 * the attempt to connect.
	 */
	private void watch(NodeMonitor monitor) {
		this.executor.setCorePoolSize(2 * this.monitors.size() + 1);
		monitor.start();
	}

	/**
	 * Returns how far each node has replayed.
	 * @return the positions of the nodes
	 */
	public Positions positions() {
		return this.positions;
	}

	/**
	 * Returns the roles and states of the nodes.
	 * @return the current topology; ask once for each decision
	 */
	public Topology topology() {
		return this.membership.topology();
	}

	/**
	 * The isolation level of a transaction that does not name one, without asking a
	 * server: that of the primary, or else of a replica that is known.
	 * @return a constant of {@link Connection}, {@code null} while no server has reported
	 * it
	 */
	public @Nullable Integer defaultIsolation() {
		Topology topology = topology();
		Integer isolation = topology.primary().defaultIsolation();
		List<ClusterNode> replicas = topology.replicas();
		for (int i = 0; isolation == null && i < replicas.size(); i++) {
			isolation = replicas.get(i).defaultIsolation();
		}
		return isolation;
	}

	/**
	 * Every node.
	 * @return the nodes, the primary first
	 */
	public List<ClusterNode> clusterNodes() {
		return this.membership.members().stream().map(Member::node).toList();
	}

	/**
	 * How long ago the first change was made that a replica has not replayed.
	 * @param node the node
	 * @return the lag, {@code null} for a primary and if it is not known
	 */
	public @Nullable Duration lagOf(ClusterNode node) {
		Lag lag = (node.role() == Role.REPLICA) ? this.positions.lagOf(node) : null;
		return (lag != null) ? Duration.ofNanos(lag.now()) : null;
	}

	/**
	 * How much WAL a replica has not replayed.
	 * @param node the node
	 * @return the number of bytes, {@code null} for a primary and if it is not known
	 */
	public @Nullable Long lagSizeOf(ClusterNode node) {
		Lag lag = (node.role() == Role.REPLICA) ? this.positions.lagOf(node) : null;
		return (lag != null) ? lag.size() : null;
	}

	/**
	 * The clock of the cluster.
	 * @return the clock that orders samples of positions
	 */
	public SampleClock clock() {
		return this.clock;
	}

	/**
	 * Has every read see the writes of the starting application: its migrations change
	 * schemas that other units are about to read.
	 * @param window how long a write counts at most, {@code null} once the application
	 * has started
	 */
	public void rememberWrites(@Nullable Duration window) {
		this.writesCountForAll = window;
		if (window == null) {
			this.positions.resolveForAll();
		}
	}

	/**
	 * The application has written.
	 * @param asynchronous whether the commit has not waited for the log
	 */
	public void wrote(boolean asynchronous) {
		Duration window = this.writesCountForAll;
		if (window != null) {
			this.positions.requireForAll(asynchronous, window);
		}
	}

	/**
	 * Asks the primary a question on a connection of its own, in the background. Tries
	 * again while there is no connection, until the cluster is closed.
	 * @param question the question, asked on a connection in auto-commit
	 * @param delay the time to wait before
	 */
	public void askLater(Question question, Duration delay) {
		this.executor.schedule(() -> ask(question), delay.toNanos(), TimeUnit.NANOSECONDS);
	}

	private void ask(Question question) {
		Connection connection;
		try {
			connection = connectForQuestion();
		}
		catch (SQLException | RuntimeException | Error ex) {
			logger.debug("A question waits for a connection to the primary", ex);
			askLater(question, QUESTION_PAUSE);
			return;
		}
		try (connection) {
			question.ask(connection);
		}
		catch (SQLException | RuntimeException ex) {
			logger.debug("A question was not answered", ex);
		}
	}

	private Connection connectForQuestion() throws SQLException {
		Connection connection = topology().primary().readPool().openBeside();
		try {
			Probe.limit(connection, QUESTION_TIMEOUT);
			return connection;
		}
		catch (SQLException | RuntimeException | Error ex) {
			JdbcUtils.closeConnection(connection);
			throw ex;
		}
	}

	/**
	 * Sets the callback for a node that was added or removed, or a pool that was opened.
	 * @param onChange called by a thread of the cluster
	 */
	public void onChange(Runnable onChange) {
		this.onChange = onChange;
	}

	/**
	 * Sets the callback for a node that has been silent for too long, on behalf of the
	 * units that wait for it.
	 * @param onSilence called with the node, again and again while it is silent
	 */
	public void onSilence(Consumer<ClusterNode> onSilence) {
		this.onSilence = onSilence;
	}

	/**
	 * Sets the callback for a node that is given up, on behalf of the units that use it.
	 * A node is given up when another primary is followed or its address leads to another
	 * server.
	 * @param onGivenUp called with the node
	 */
	public void onGivenUp(Consumer<ClusterNode> onGivenUp) {
		this.onGivenUp = onGivenUp;
	}

	/**
	 * Whether the primary can be reached: its write pool holds a connection, or one can
	 * be opened now.
	 * @return {@code false} if a caller of the write pool would wait in vain
	 */
	public boolean isPrimaryReachable() {
		ClusterNode primary = topology().primary();
		WritePool writePool = primary.writePool();
		if (writePool != null && !writePool.isWorthEntering()) {
			return false;
		}
		return (writePool != null && writePool.isConnected()) || primary.readPool().canConnect();
	}

	/**
	 * How long a unit may wait for a connection to the primary.
	 * @return the connection timeout of the application's own pool, in nanoseconds
	 */
	public long connectionTimeoutNanos() {
		return TimeUnit.MILLISECONDS.toNanos(this.pool.get().getConnectionTimeout());
	}

	/**
	 * Waits until the unavailable primary can serve, or the topology has changed.
	 * @param seen the topology when the primary could not serve
	 * @param deadline when to give up, by the clock of the cluster in nanoseconds
	 * @return {@code false} if the time has passed, the cluster is closed, or the thread
	 * was interrupted
	 */
	public boolean awaitPrimary(Topology seen, long deadline) {
		this.monitors.forEach(NodeMonitor::hurry);
		this.changes.lock();
		try {
			while (true) {
				long left = deadline - this.clock.nanoTime();
				if (left <= 0 || this.executor.isShutdown()) {
					return false;
				}
				if (topology() != seen || isServing(seen.primary())) {
					return true;
				}
				this.change.awaitNanos(Math.min(left, TURN));
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
		finally {
			this.changes.unlock();
		}
	}

	private static boolean isServing(ClusterNode primary) {
		WritePool writePool = primary.writePool();
		return primary.readPool().isReachable() && (writePool == null || writePool.isWorthEntering());
	}

	/**
	 * Notes a change in the known state of a node: units that wait for the primary look
	 * again.
	 */
	private void stateChanged(Member member) {
		restWhileUnavailable(member);
		WritePool writePool = member.node().writePool();
		if (writePool != null && member.isPrimary()) {
			writePool.callOut();
		}
		signal();
	}

	private static void restWhileUnavailable(Member member) {
		WritePool writePool = member.node().writePool();
		if (writePool != null) {
			writePool.restWhileUnavailable();
		}
	}

	private void signal() {
		this.changes.lock();
		try {
			this.change.signalAll();
		}
		finally {
			this.changes.unlock();
		}
	}

	/**
	 * A request has seen a node fail: it is asked at once, and connections for reads that
	 * may be dead as well are let go.
	 * @param node the node
	 */
	public void suspect(ClusterNode node) {
		if (node.inquiry().askForFailure()) {
			node.readPool().evict();
		}
	}

	/**
	 * Notes that a writing request has found its node to be a standby. The node's
	 * connections are let go, and all nodes are asked at once for their role: this one on
	 * a new connection, since its address may lead to another server by now.
	 * @param node the node
	 */
	public void demoted(ClusterNode node) {
		WritePool writePool = node.writePool();
		if (writePool != null) {
			writePool.evict();
		}
		if (node.inquiry().askForFailure()) {
			node.readPool().evict();
			node.inquiry().askForMove();
		}
		this.membership.members().forEach((member) -> member.node().inquiry().askForFailure());
	}

	/**
	 * A write was refused because its transaction is read-only. The application itself
	 * may have caused that, so the server is asked before anything follows from it.
	 * @param node the node
	 */
	public void suspectDemotion(ClusterNode node) {
		node.inquiry().sampleAfter(this.clock.now()).thenAccept((sample) -> {
			if (sample.state().inRecovery()) {
				demoted(node);
			}
		});
	}

	/**
	 * Creates a pool for the application's writes like its own.
	 */
	private void createWritePool(ClusterNode node) {
		WritePool writePool = node.writePool();
		if (writePool == null || writePool.isClosed()) {
			HikariDataSource pool = this.pools.writes(node.definition());
			node.writePool(new WritePool(pool, () -> pool, true, () -> obstacle(node)));
		}
	}

	/**
	 * After a failover the application's writes go to the new primary, and as many reads
	 * as the primary may serve. The former primary becomes a replica as soon as it is a
	 * standby.
	 */
	private void changePools(Member before, Member now) {
		before.node().readPool().resizeForReplica();
		before.node().readPool().maxWait(0);
		now.node().readPool().resize(this.pools.sizeOnPrimary());
		now.node().readPool().maxWait(this.pool.get().getConnectionTimeout());
		restWhileUnavailable(before);
		restWhileUnavailable(now);
		changed();
	}

	/**
	 * Switches the pools on a failover.
	 */
	private final class PoolSwitch implements Membership.FailoverListener {

		@Override
		public void ready(Member now) {
			createWritePool(now.node());
		}

		@Override
		public void prepare(Member before, Member now) {
			changePools(before, now);
		}

		/**
		 * Whoever takes a connection of the former primary from now on sees that it is
		 * not the primary any more.
		 */
		@Override
		public void succeeded(Member before, boolean way) {
			if (way) {
				Cluster.this.ways.add(before.node());
			}
			Cluster.this.executor.execute(() -> leave(before.node(), way));
		}

	}

	/**
	 * Gives up the former primary. If it is another way to the same server, as a member's
	 * own URL is once a load balancer is back, what is under way there may end.
	 */
	private void leave(ClusterNode before, boolean way) {
		if (way) {
			evict(before);
			signal();
		}
		else {
			giveUp(before);
			giveUpWays();
		}
	}

	/**
	 * Gives up what else has led to a server that is the primary no longer.
	 */
	private void giveUpWays() {
		ClusterNode primary = topology().primary();
		List<ClusterNode> ways = List.copyOf(this.ways);
		ways.forEach(this.ways::remove);
		ways.stream().filter((node) -> node != primary).forEach(this::giveUp);
	}

	/**
	 * Gives up every connection to a node, also the connections in use. The node may not
	 * answer, or must not be written to any more.
	 */
	private void giveUp(ClusterNode node) {
		evict(node);
		this.onGivenUp.accept(node);
		signal();
	}

	/**
	 * Lets go of the connections to a node that are not in use, and of the others when
	 * they come back.
	 */
	private static void evict(ClusterNode node) {
		WritePool writePool = node.writePool();
		if (writePool != null) {
			writePool.evict();
			writePool.callOut();
		}
		node.readPool().evict();
	}

	/**
	 * Whether a node is the primary, or another way to the same server.
	 * @param node the node
	 * @return {@code true} if what has run there may be committed
	 */
	public boolean leadsToPrimary(ClusterNode node) {
		return this.membership.leadsToPrimary(node);
	}

	/**
	 * Returns why a write pool cannot open connections, by the answers to the probe of
	 * its node.
	 */
	private @Nullable NodeUnavailableException obstacle(ClusterNode node) {
		Member member = this.membership.primary();
		if (member.node() != node) {
			return NodeUnavailableException.replaced(node.name());
		}
		if (member.health().isFailing()) {
			return NodeUnavailableException.unreachable(node.name(), member.health().failure());
		}
		return member.isStandby() ? NodeUnavailableException.standby(node.name()) : null;
	}

	private void changed() {
		this.executor.execute(() -> this.onChange.run());
	}

	@Override
	public List<NodeStatus> nodes() {
		return this.membership.status();
	}

	@Override
	public NodeStatus node(String name) {
		return nodes().stream().filter((node) -> node.name().equals(name)).findFirst().orElseThrow(() -> unknown(name));
	}

	private Member find(String name) {
		return this.membership.members()
			.stream()
			.filter((member) -> member.node().name().equals(name))
			.findFirst()
			.orElseThrow(() -> unknown(name));
	}

	private IllegalArgumentException unknown(String name) {
		return new IllegalArgumentException(
				"There is no node of the name '" + name + "', only " + this.membership.members() + ".");
	}

	@Override
	public void add(NodeDefinition replica) {
		JdbcUrls.requireOneServer(replica.name(), replica.url());
		NodeMonitor monitor = new NodeMonitor(replica, Role.REPLICA, null, new Monitoring());
		Member member = monitor.member();
		try {
			this.membership.join(member);
		}
		catch (IllegalArgumentException ex) {
			close(member);
			throw ex;
		}
		try {
			this.monitors.add(monitor);
			member.node().warmUp();
			if (this.started) {
				watch(monitor);
			}
		}
		catch (RuntimeException | Error ex) {
			this.membership.leave(member);
			close(member);
			throw ex;
		}
		changed();
		logger.info(member + " was added");
	}

	@Override
	public boolean remove(String name, Duration deadline) {
		Member member = find(name);
		this.membership.leave(member);
		long maxWait = ((deadline.compareTo(LONGEST) < 0) ? deadline : LONGEST).toNanos();
		boolean idle = awaitIdle(member.node(), this.clock.nanoTime() + maxWait);
		close(member);
		changed();
		logger.info(member + " was removed" + (idle ? "" : ", with units of work under way"));
		return idle;
	}

	private boolean awaitIdle(ClusterNode node, long deadline) {
		while (node.activeConnections() > 0) {
			if (this.clock.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
				return false;
			}
			LockSupport.parkNanos(POLL);
		}
		return true;
	}

	@Override
	public void drain(String name) {
		this.membership.drain(find(name), true);
	}

	@Override
	public void resume(String name) {
		this.membership.drain(find(name), false);
	}

	/**
	 * Closes the pools and ends the threads, also the threads of attempts to connect.
	 */
	@Override
	public void close() {
		this.executor.shutdownNow();
		signal();
		this.membership.members().forEach(this::close);
		try {
			if (!this.executor.awaitTermination(LONGEST_ATTEMPT, TimeUnit.NANOSECONDS)) {
				logger.debug("An attempt to connect goes on after the end of the cluster");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void close(Member member) {
		member.remove();
		this.monitors.removeIf((monitor) -> monitor.member() == member);
		member.node().inquiry().close();
		member.node().readPool().close();
		WritePool writePool = member.node().writePool();
		if (writePool != null) {
			writePool.close();
		}
	}

	/**
	 * Something to ask a server.
	 */
	@FunctionalInterface
	public interface Question {

		/**
		 * Asks.
		 * @param connection a connection of which the cluster disposes afterwards
		 * @throws SQLException if there is no answer
		 */
		void ask(Connection connection) throws SQLException;

	}

	/**
	 * The monitors' view of the cluster.
	 */
	private final class Monitoring implements NodeMonitor.Surroundings {

		@Override
		public ClusterSettings settings() {
			return Cluster.this.settings;
		}

		@Override
		public SampleClock clock() {
			return Cluster.this.clock;
		}

		@Override
		public ScheduledExecutorService executor() {
			return Cluster.this.executor;
		}

		@Override
		public TimelineMarks marks() {
			return Cluster.this.positions.marks();
		}

		@Override
		public Membership membership() {
			return Cluster.this.membership;
		}

		@Override
		public boolean isClosed() {
			return Cluster.this.executor.isShutdown();
		}

		@Override
		public boolean isPrimaryAnswering() {
			return Cluster.this.membership.primary().health().isAnswering();
		}

		@Override
		public ReadPool readPool(NodeDefinition definition, Role role, NodeHealth health, Inspection inspection) {
			return (role == Role.PRIMARY) ? Cluster.this.pools.primary(definition, health, inspection)
					: Cluster.this.pools.replica(definition, health, inspection);
		}

		@Override
		public WritePool writePool(ClusterNode node, DataSource pool) {
			WritePool writePool = new WritePool(pool, () -> hikari(pool), false, () -> obstacle(node));
			Cluster.this.applicationPool = writePool;
			return writePool;
		}

		private @Nullable HikariDataSource hikari(DataSource pool) {
			Object hikari = (pool instanceof HikariDataSource) ? pool : Cluster.this.pool.get();
			return (hikari instanceof HikariDataSource own) ? own : null;
		}

		@Override
		public void inspected(Member member, Sample sample) throws SQLException {
			if (!member.isPrimary()) {
				Cluster.this.positions.knowPrimary();
			}
			Cluster.this.membership.inspected(member, sample);
		}

		@Override
		public void primaryFailed(Member primary) {
			Cluster.this.monitors.forEach(NodeMonitor::hurry);
			WritePool writePool = primary.node().writePool();
			restWhileUnavailable(primary);
			if (writePool != null && primary.health().isFailing() && !writePool.isConnected()) {
				writePool.callOut();
			}
		}

		@Override
		public void silent(ClusterNode node) {
			Cluster.this.onSilence.accept(node);
		}

		@Override
		public boolean isWay(Member member) {
			return Cluster.this.ways.contains(member.node());
		}

		@Override
		public void moved(Member member) {
			Cluster.this.executor.execute(() -> {
				giveUp(member.node());
				giveUpWays();
			});
		}

	}

}
