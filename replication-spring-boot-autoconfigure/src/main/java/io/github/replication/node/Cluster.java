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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.IntSupplier;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.util.Assert;

import io.github.replication.Role;

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

	private final ScheduledThreadPoolExecutor returning;

	private final List<Member> replicas = new ArrayList<>();

	private final Member primary;

	private volatile Topology topology;

	/**
	 * Creates a cluster. Opens no connection.
	 * @param settings what is configured
	 * @param writePool the application's own pool on the primary
	 * @param pool the settings of that pool, from which the read pools are derived
	 */
	public Cluster(ClusterSettings settings, DataSource writePool, HikariConfig pool) {
		this.settings = settings;
		this.writeConnections = (pool instanceof HikariDataSource hikari) ? () -> ReadPool.totalConnections(hikari)
				: () -> 0;
		this.returning = executor(settings.replicas().size() + 1);
		ReadPoolFactory pools = new ReadPoolFactory(pool, this.defaults, settings.customizers());
		for (NodeDefinition definition : settings.replicas()) {
			this.replicas.add(new Member(definition.name(), (reachability) -> new ClusterNode(definition, Role.REPLICA,
					pools.replica(definition, reachability), null)));
		}
		int connections = (settings.fallbackMaxConnections() != null) ? settings.fallbackMaxConnections()
				: Math.max(1, pool.getMaximumPoolSize() / 2);
		this.primary = new Member(settings.primaryName(),
				(reachability) -> new ClusterNode(
						new NodeDefinition(settings.primaryName(), pool.getJdbcUrl(), null, null, 0, null, null),
						Role.PRIMARY, pools.primary(settings.primaryName(), connections, reachability), writePool));
		this.topology = look();
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
		this.returning.shutdownNow();
		nodes().forEach((node) -> node.readPool().close());
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

		private final Reachability reachability;

		Member(String name, Function<Reachability, ClusterNode> node) {
			Assert.hasText(name, "name must have text");
			this.reachability = new Reachability(this::lost);
			this.node = node.apply(this.reachability);
		}

		private void lost(@Nullable SQLException cause) {
			if (Cluster.this.returning.isShutdown()) {
				return;
			}
			logger.warn(this.node + " cannot be reached and serves no reads until it can"
					+ ((cause != null) ? ": " + cause.getMessage() : ""));
			lookAgain();
			tryLater();
		}

		private void tryLater() {
			Cluster.this.returning.schedule(this::tryNow, RETURN_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
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
