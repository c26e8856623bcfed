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

import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.IntSupplier;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

import io.github.replication.Role;
import io.github.replication.node.ClusterNode.Pools;
import io.github.replication.node.NodeMonitor.Probing;
import io.github.replication.position.SampleClock;

/**
 * The nodes and who of them may serve. Owns the read pools: closing the cluster closes
 * them.
 */
public final class Cluster implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(Cluster.class);

	private static final Duration RETURN_INTERVAL = Duration.ofMillis(500);

	private final ClusterSettings settings;

	private final IntSupplier writeConnections;

	private final ServerDefaults defaults = new ServerDefaults();

	private final SampleClock clock;

	private final Positions positions;

	private final ScheduledThreadPoolExecutor executor;

	private final List<Member> replicas = new ArrayList<>();

	private final Member primary;

	private volatile Topology topology;

	/**
	 * Creates a cluster. Opens no connection.
	 * @param settings what is configured
	 * @param writePool the application's own pool on the primary
	 * @param pool the settings of that pool, from which the read pools are derived
	 * @param clock orders samples of positions and what callers do
	 */
	public Cluster(ClusterSettings settings, DataSource writePool, HikariConfig pool, SampleClock clock) {
		this.settings = settings;
		this.clock = clock;
		this.positions = new Positions(settings.positions(), clock);
		this.writeConnections = (pool instanceof HikariDataSource hikari) ? () -> ReadPool.totalConnections(hikari)
				: () -> 0;
		this.executor = executor(2 * (settings.replicas().size() + 1));
		ReadPoolFactory pools = new ReadPoolFactory(pool, settings.customizers());
		for (NodeDefinition definition : settings.replicas()) {
			this.replicas.add(new Member(definition, Role.REPLICA, (reachability,
					inspection) -> new Pools(pools.replica(definition, reachability, inspection), null)));
		}
		int connections = (settings.fallbackMaxConnections() != null) ? settings.fallbackMaxConnections()
				: Math.max(1, pool.getMaximumPoolSize() / 2);
		this.primary = new Member(
				new NodeDefinition(settings.primaryName(), pool.getJdbcUrl(), null, null, 0, null, null), Role.PRIMARY,
				(reachability, inspection) -> new Pools(
						pools.primary(settings.primaryName(), connections, reachability, inspection), writePool));
		this.positions.follow(this.primary.monitor);
		this.topology = look();
		this.primary.watch();
		this.replicas.forEach(Member::watch);
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
		return this.topology;
	}

	/**
	 * What the servers assume for a session that does not say.
	 * @return the defaults learnt so far
	 */
	public ServerDefaults defaults() {
		return this.defaults;
	}

	/**
	 * Whether the primary can be reached: its write pool holds a connection, or one can
	 * be opened now.
	 * @return {@code false} if a caller of the write pool would wait in vain
	 */
	public boolean isPrimaryReachable() {
		return this.writeConnections.getAsInt() > 0 || this.primary.node.readPool().canConnect();
	}

	/**
	 * Every node, the primary first.
	 * @return the nodes
	 */
	public List<ClusterNode> nodes() {
		List<ClusterNode> nodes = new ArrayList<>();
		nodes.add(this.primary.node);
		this.replicas.forEach((member) -> nodes.add(member.node));
		return nodes;
	}

	@Override
	public void close() {
		this.executor.shutdownNow();
		nodes().forEach((node) -> {
			node.monitor().close();
			node.readPool().close();
		});
	}

	private Topology look() {
		List<ClusterNode> reachable = this.replicas.stream()
			.filter((member) -> member.reachability.isReachable())
			.map((member) -> member.node)
			.toList();
		return new Topology(this.primary.node, this.replicas.stream().map((member) -> member.node).toList(), reachable,
				this.settings.zone());
	}

	private void lookAgain() {
		synchronized (this.replicas) {
			this.topology = look();
		}
	}

	private static ScheduledThreadPoolExecutor executor(int nodes) {
		CustomizableThreadFactory threads = new CustomizableThreadFactory("replication-");
		threads.setDaemon(true);
		ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(nodes, threads,
				new ThreadPoolExecutor.DiscardPolicy());
		executor.setRemoveOnCancelPolicy(true);
		return executor;
	}

	/**
	 * A node and what is known of it.
	 */
	private final class Member {

		private final ClusterNode node;

		private final Reachability reachability = new Reachability(this::lost);

		private final NodeMonitor monitor;

		Member(NodeDefinition definition, Role role, BiFunction<Reachability, Inspection, Pools> opening) {
			ServerStateQuery query = new ServerStateQuery();
			ReplicaPosition position = new ReplicaPosition(definition.name(), Cluster.this.clock::nanoTime,
					() -> warnOfSeveralServers(definition.name()));
			Pools pools = opening.apply(this.reachability,
					new Inspection(query, Cluster.this.clock, (sample) -> told(sample, position)));
			Probe probe = new Probe(opening(definition, pools.read()), query,
					Cluster.this.settings.positions().timeout());
			this.monitor = new NodeMonitor(probe, position, new Probing(Cluster.this.clock, Cluster.this.executor,
					(role == Role.PRIMARY) ? this::primaryAnswered : (sample, failure) -> {
					}));
			this.node = new ClusterNode(definition, role, pools, this.monitor);
		}

		private static Probe.Opening opening(NodeDefinition definition, ReadPool pool) {
			return ReadPoolFactory.isPostgres(definition.url()) ? pool::openBeside : () -> {
				throw new SQLFeatureNotSupportedException("Positions are known of PostgreSQL alone");
			};
		}

		private void primaryAnswered(@Nullable Sample sample, @Nullable Exception failure) {
			if (!Cluster.this.executor.isShutdown()) {
				Cluster.this.positions.primaryAnswered(sample, failure);
			}
		}

		private void told(Sample sample, ReplicaPosition position) {
			Cluster.this.defaults.learnFrom(sample.state());
			position.told(sample);
		}

		private void warnOfSeveralServers(String name) {
			logger.warn("Several servers answer at the URL of " + name + ": how far one of them is says nothing of the"
					+ " others, so that for a while after a write its caller is not served there. Configure"
					+ " replication.replicas." + name + ".url with the address of one server.");
		}

		/**
		 * Asks the node at intervals, the nodes not all at once.
		 */
		void watch() {
			long interval = Cluster.this.settings.positions().interval().toNanos();
			long first = ThreadLocalRandom.current().nextLong(interval);
			Cluster.this.executor.scheduleWithFixedDelay(() -> this.monitor.sampleAfter(Cluster.this.clock.now()),
					first, interval, TimeUnit.NANOSECONDS);
		}

		private void lost(@Nullable SQLException cause) {
			if (Cluster.this.executor.isShutdown()) {
				return;
			}
			logger.warn(this.node + " cannot be reached and serves no reads until it can"
					+ ((cause != null) ? ": " + cause.getMessage() : ""));
			lookAgain();
			tryLater();
		}

		private void tryLater() {
			Cluster.this.executor.schedule(this::tryNow, RETURN_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
		}

		private void tryNow() {
			try {
				this.node.readPool().probe();
			}
			catch (SQLException ex) {
				tryLater();
				return;
			}
			this.reachability.found();
			lookAgain();
			logger.info(this.node + " can be reached again");
		}

	}

}
