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
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.util.Assert;

import io.github.replication.NodeDefinition;
import io.github.replication.NodeStatus;
import io.github.replication.ReplicationCluster;
import io.github.replication.Role;
import io.github.replication.node.ClusterNode.Pools;
import io.github.replication.node.NodeMonitor.Probing;
import io.github.replication.node.PrimaryHistory.Lag;
import io.github.replication.node.Probe.ConnectionLostException;
import io.github.replication.position.SampleClock;

/**
 * The nodes, their pools and those who watch them. Owns the read pools, and the write
 * pools of nodes that have become the primary: closing the cluster closes them.
 */
public final class Cluster implements ReplicationCluster, AutoCloseable {

	private static final Log logger = LogFactory.getLog(Cluster.class);

	private static final Duration RETURN_INTERVAL = Duration.ofMillis(500);

	/**
	 * Nobody waits longer for units under way, and more could not be measured.
	 */
	private static final Duration LONGEST = Duration.ofDays(36_500);

	/**
	 * By what part of the interval a node is asked again that has not answered.
	 */
	private static final int QUICKER = 4;

	/**
	 * How long a question in the background may take, in milliseconds.
	 */
	private static final int QUESTION_TIMEOUT = 10_000;

	private static final long POLL = Duration.ofMillis(5).toNanos();

	private final ClusterSettings settings;

	private final HikariConfig pool;

	private final ReadPoolFactory pools;

	private final ServerDefaults defaults = new ServerDefaults();

	private final SampleClock clock;

	private final Positions positions;

	private final ScheduledThreadPoolExecutor executor;

	private final Membership membership;

	private volatile Runnable onChange = () -> {
	};

	private volatile Consumer<ClusterNode> onSilence = (node) -> {
	};

	/**
	 * Creates a cluster. Opens no connection.
	 * @param settings what is configured
	 * @param writePool the application's own pool on the primary
	 * @param pool the settings of that pool, from which the read pools are derived
	 * @param clock orders samples of positions and what callers do
	 * @param wallClock the time of day, for what is told to operators
	 */
	public Cluster(ClusterSettings settings, DataSource writePool, HikariConfig pool, SampleClock clock,
			InstantSource wallClock) {
		this.settings = settings;
		this.pool = pool;
		this.pools = new ReadPoolFactory(pool, settings.customizers());
		this.clock = clock;
		this.positions = new Positions(settings.positions(), clock);
		this.executor = executor();
		NodeDefinition definition = new NodeDefinition(settings.primaryName(), pool.getJdbcUrl(), null, null, 1, null,
				null);
		Member primary = new Attendant(definition).build(Role.PRIMARY, writePool);
		this.positions.follow(primary.node().monitor());
		this.membership = new Membership(primary, settings, this.positions, clock, wallClock, this::changePools);
		this.positions.within(this::topology);
		settings.replicas()
			.forEach((replica) -> this.membership.join(new Attendant(replica).build(Role.REPLICA, null)));
		this.membership.members().forEach(this::watch);
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
	 * Asks a node at intervals, the nodes not all at once. One that does not answer keeps
	 * a thread busy with the question, and another with the attempt to connect.
	 */
	private void watch(Member member) {
		this.executor.setCorePoolSize(2 * this.membership.members().size() + 1);
		long interval = this.settings.positions().interval().toNanos();
		long first = ThreadLocalRandom.current().nextLong(interval);
		member.watchedBy(this.executor.scheduleWithFixedDelay(member.node().monitor()::askInTurn, first, interval,
				TimeUnit.NANOSECONDS));
	}

	/**
	 * Who has replayed what.
	 * @return the positions of the nodes
	 */
	public Positions positions() {
		return this.positions;
	}

	/**
	 * Who is what now.
	 * @return the current topology; ask once for each decision
	 */
	public Topology topology() {
		return this.membership.topology();
	}

	/**
	 * What the servers assume for a session that does not say.
	 * @return the defaults learnt so far
	 */
	public ServerDefaults defaults() {
		return this.defaults;
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
	 * Asks the primary something on a connection of its own, in the background. Dropped
	 * if there is no connection, and when the cluster is closed.
	 * @param question what to ask, on a connection in auto-commit
	 * @param delay the time to wait before
	 */
	public void askLater(Question question, Duration delay) {
		this.executor.schedule(() -> ask(question), delay.toNanos(), TimeUnit.NANOSECONDS);
	}

	private void ask(Question question) {
		try (Connection connection = topology().primary().readPool().openBeside()) {
			connection.setNetworkTimeout(Runnable::run, QUESTION_TIMEOUT);
			question.ask(connection);
		}
		catch (SQLException | RuntimeException ex) {
			logger.debug("A question was not answered", ex);
		}
	}

	/**
	 * Sets what is done when a node was added or removed, or a pool was opened.
	 * @param onChange called by a thread of the cluster
	 */
	public void onChange(Runnable onChange) {
		this.onChange = onChange;
	}

	/**
	 * Sets what is done for the units that wait for a node which has been silent for too
	 * long.
	 * @param onSilence told of the node, again and again while it is silent
	 */
	public void onSilence(Consumer<ClusterNode> onSilence) {
		this.onSilence = onSilence;
	}

	/**
	 * Whether the primary can be reached: its write pool holds a connection, or one can
	 * be opened now.
	 * @return {@code false} if a caller of the write pool would wait in vain
	 */
	public boolean isPrimaryReachable() {
		ClusterNode primary = topology().primary();
		HikariDataSource writePool = hikari(primary.writePool());
		return (writePool != null && ReadPool.totalConnections(writePool) > 0) || primary.readPool().canConnect();
	}

	private @Nullable HikariDataSource hikari(@Nullable DataSource writePool) {
		if (writePool instanceof HikariDataSource own) {
			return own;
		}
		return (this.pool instanceof HikariDataSource configured) ? configured : null;
	}

	/**
	 * A request has seen a node fail: it is asked at once, and connections for reads that
	 * may be dead as well are let go.
	 * @param node the node
	 */
	public void suspect(ClusterNode node) {
		if (node.monitor().askForFailure()) {
			node.readPool().evict();
		}
	}

	/**
	 * A request that writes has found that its node is a standby: its connections are let
	 * go, and all nodes are asked at once who the primary is.
	 * @param node the node
	 */
	public void demoted(ClusterNode node) {
		evict(hikari(node.writePool()));
		this.membership.members().stream().map(Member::node).forEach(this::suspect);
	}

	/**
	 * Waits until another node is followed, no longer than for one question to all.
	 * @param demoted the node that was the primary
	 * @return {@code true} if another node is the primary
	 */
	public boolean awaitSuccessor(ClusterNode demoted) {
		long deadline = this.clock.nanoTime() + this.settings.positions().timeout().toNanos();
		while (topology().primary() == demoted && this.clock.nanoTime() - deadline < 0
				&& !Thread.currentThread().isInterrupted()) {
			LockSupport.parkNanos(POLL);
		}
		return topology().primary() != demoted;
	}

	/**
	 * After a failover the application's writes go to the new primary, in a pool like its
	 * own, and so many reads as the primary may serve. What was the primary becomes a
	 * replica as soon as it is a standby.
	 */
	private void changePools(Member before, Member now) {
		evict(hikari(before.node().writePool()));
		before.node().readPool().evict();
		before.node().readPool().resizeForReplica();
		before.node().readPool().patience(0);
		now.node().readPool().resize(new ReadPool.Size(fallbackConnections(), 0));
		now.node().readPool().patience(this.pool.getConnectionTimeout());
		DataSource writePool = now.node().writePool();
		if (writePool == null || (writePool instanceof HikariDataSource hikari && hikari.isClosed())) {
			now.node().writePool(this.pools.writes(now.node().definition()));
		}
		changed();
	}

	private void changed() {
		this.executor.execute(() -> this.onChange.run());
	}

	private int fallbackConnections() {
		Integer configured = this.settings.fallbackMaxConnections();
		return (configured != null) ? configured : Math.max(1, this.pool.getMaximumPoolSize() / 2);
	}

	private static void evict(@Nullable HikariDataSource pool) {
		if (pool != null && pool.getHikariPoolMXBean() != null) {
			pool.getHikariPoolMXBean().softEvictConnections();
		}
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
		Member member = new Attendant(replica).build(Role.REPLICA, null);
		try {
			this.membership.join(member);
		}
		catch (IllegalArgumentException ex) {
			close(member);
			throw ex;
		}
		member.node().warmUp();
		watch(member);
		changed();
		logger.info(member + " was added");
	}

	@Override
	public boolean remove(String name, Duration deadline) {
		Member member = find(name);
		this.membership.leave(member);
		long patience = ((deadline.compareTo(LONGEST) < 0) ? deadline : LONGEST).toNanos();
		boolean idle = awaitIdle(member.node(), this.clock.nanoTime() + patience);
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

	@Override
	public void close() {
		this.executor.shutdownNow();
		this.membership.members().forEach(this::close);
	}

	private void close(Member member) {
		member.remove();
		member.node().monitor().close();
		member.node().readPool().close();
		if (member.node().writePool() instanceof HikariDataSource own && own != this.pool) {
			own.close();
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
	 * Builds a member, and attends to what its parts see.
	 */
	private final class Attendant {

		private final NodeDefinition definition;

		private @Nullable Member member;

		Attendant(NodeDefinition definition) {
			this.definition = definition;
		}

		Member build(Role role, @Nullable DataSource writePool) {
			Cluster cluster = Cluster.this;
			Reachability reachability = new Reachability(this::lost, () -> member().health().isAnswering());
			ServerStateQuery query = new ServerStateQuery();
			Inspection inspection = new Inspection(query, cluster.clock, this::inspected);
			ReadPool readPool = (role == Role.PRIMARY)
					? cluster.pools.primary(this.definition.name(), fallbackConnections(), reachability, inspection)
					: cluster.pools.replica(this.definition, reachability, inspection);
			Duration timeout = cluster.settings.positions().timeout();
			NodeMonitor monitor = new NodeMonitor(new Probe(opening(readPool), query, timeout),
					new ReplicaPosition(this.definition.name(), cluster.clock, this::warnOfSeveralServers),
					new Probing(cluster.clock, cluster.executor, cluster.positions.marks(), this::answered));
			Member member = new Member(
					new ClusterNode(this.definition, role, new Pools(readPool, writePool), monitor,
							cluster.clock::nanoTime),
					new Health(cluster.settings.monitor(), cluster.clock.nanoTime()), reachability);
			this.member = member;
			return member;
		}

		private Probe.Opening opening(ReadPool pool) {
			return JdbcUrls.isPostgres(this.definition.url()) ? pool::openBeside : () -> {
				throw new SQLFeatureNotSupportedException("Positions are known of PostgreSQL alone");
			};
		}

		private Member member() {
			Member member = this.member;
			Assert.state(member != null, "nothing is seen before the member is built");
			return member;
		}

		private boolean isOver() {
			return Cluster.this.executor.isShutdown() || member().isRemoved();
		}

		private void inspected(Connection connection, Sample sample) throws SQLException {
			Cluster.this.defaults.learnFrom(sample.state());
			member().node().monitor().position().reported(connection, sample);
			if (!isOver()) {
				if (!member().isPrimary()) {
					Cluster.this.positions.knowPrimary();
				}
				Cluster.this.membership.inspected(member(), sample);
			}
		}

		private void answered(@Nullable Sample sample, @Nullable Exception failure) {
			if (isOver()) {
				return;
			}
			boolean first = failure != null && member().health().failure() == null;
			member().node().counts().probed(sample != null);
			Cluster.this.membership.answered(member(), sample, failure);
			if (failure instanceof ConnectionLostException) {
				member().node().readPool().evict();
			}
			if (first) {
				askAgainSoon();
				later(this::checkSilence, abortAfter() - silence());
			}
			else if (failure != null) {
				checkSilence();
			}
		}

		private void askAgainSoon() {
			later(member().node().monitor()::askInTurn,
					Cluster.this.settings.positions().interval().toNanos() / QUICKER);
		}

		private long abortAfter() {
			return Cluster.this.settings.monitor().abortAfter().toNanos();
		}

		private void checkSilence() {
			if (!isOver() && member().health().failure() != null && silence() >= abortAfter()) {
				Cluster.this.onSilence.accept(member().node());
			}
		}

		private long silence() {
			return Cluster.this.clock.nanoTime() - member().health().answeredAt();
		}

		private void warnOfSeveralServers() {
			logger.warn("Several servers answer at the URL of " + this.definition
					+ ": the position of one of them says nothing of the others, so that after a write its caller is"
					+ " not served there for the length of replication.read-your-writes.window. Configure"
					+ " replication.replicas." + this.definition + ".url with the address of one server.");
		}

		private void lost() {
			if (!isOver()) {
				member().lost();
				Cluster.this.membership.reachabilityChanged();
				member().node().readPool().evict();
				later(this::tryToReturn, RETURN_INTERVAL.toNanos());
			}
		}

		private void tryToReturn() {
			if (isOver()) {
				return;
			}
			if (!member().isBackAfter(canBeUsed())) {
				later(this::tryToReturn, RETURN_INTERVAL.toNanos());
				return;
			}
			if (!member().isPrimary()) {
				member().node().warmUp();
			}
			member().reachability().found();
			Cluster.this.membership.reachabilityChanged();
		}

		/**
		 * Whether the probe is answered and a connection can be opened. What the pool
		 * keeps is opened here, so that nobody who reads has to wait for it.
		 */
		private boolean canBeUsed() {
			try {
				member().node().readPool().probe();
				if (member().isReturning()) {
					member().node().readPool().warm();
				}
				return !member().health().isFailing();
			}
			catch (SQLException | RuntimeException ex) {
				return false;
			}
		}

		private void later(Runnable task, long nanos) {
			Cluster.this.executor.schedule(task, nanos, TimeUnit.NANOSECONDS);
		}

	}

}
