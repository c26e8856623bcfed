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

package io.github.replication.autoconfigure;

import java.sql.Connection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationContextAware;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.util.Assert;
import org.springframework.util.unit.DataSize;

import io.github.replication.RoutingListener;
import io.github.replication.autoconfigure.ReplicationProperties.WithoutTransaction;
import io.github.replication.balance.LoadBalancer;
import io.github.replication.caller.CallerRecords;
import io.github.replication.jdbc.ConnectionCallbacks;
import io.github.replication.jdbc.ConnectionDefaults;
import io.github.replication.jdbc.ConnectionPreparer;
import io.github.replication.jdbc.ReplicationDataSource;
import io.github.replication.node.Cluster;
import io.github.replication.node.ClusterNode;
import io.github.replication.node.ClusterSettings;
import io.github.replication.node.Discovery;
import io.github.replication.node.DiscoverySettings;
import io.github.replication.node.JdbcUrls;
import io.github.replication.node.MonitorSettings;
import io.github.replication.node.PositionSettings;
import io.github.replication.node.ReadPool;
import io.github.replication.node.ReplicaPoolCustomizer;
import io.github.replication.policy.RoutingPolicy;

/**
 * Creates the cluster from the properties, puts the replicas beside a primary's data
 * source, and closes their pools after everything that uses it.
 */
final class ClusterFactory
		implements DisposableBean, ApplicationContextAware, ApplicationListener<ContextRefreshedEvent> {

	private static final Pattern SNAPSHOT = Pattern.compile("(?i)repeatable\\s+read|serializable");

	private static final Log logger = LogFactory.getLog(ClusterFactory.class);

	private final ReplicationProperties properties;

	private final ReplicaDefinitions definitions;

	private final LoadBalancer loadBalancer;

	private final CallerRecords callers;

	private final Extensions extensions;

	private final PrimaryPoolConfig primaryPool;

	private final ReplicationDataSourcePostProcessor postProcessor;

	private @Nullable Cluster cluster;

	private @Nullable Discovery discovery;

	private @Nullable ApplicationContext context;

	private volatile @Nullable String initSql;

	private boolean migrated;

	private boolean started;

	ClusterFactory(ReplicationProperties properties, ReplicaDefinitions definitions, LoadBalancer loadBalancer,
			CallerRecords callers, Extensions extensions, PrimaryPoolConfig primaryPool,
			ReplicationDataSourcePostProcessor postProcessor) {
		this.properties = properties;
		this.definitions = definitions;
		this.loadBalancer = loadBalancer;
		this.callers = callers;
		this.extensions = extensions;
		this.primaryPool = primaryPool;
		this.postProcessor = postProcessor;
	}

	/**
	 * Stands replicas beside a primary.
	 * @param primary the data source as the application has defined it
	 * @param beanName the name of its bean
	 */
	DataSource replicate(DataSource primary, String beanName) {
		Supplier<HikariConfig> live = this.primaryPool.configOf(primary, beanName);
		HikariConfig pool = live.get();
		PropertyRanges.check(this.properties);
		Cluster cluster = new Cluster(
				new ClusterSettings(this.properties.getPrimary().getName(), this.definitions.create(pool.getJdbcUrl()),
						this.properties.getZone(), this.properties.getFallbackMaxConnections(), positionSettings(),
						monitorSettings(), customizers()),
				primary, live, this.callers.tokens().clock(), InstantSource.system());
		this.initSql = pool.getConnectionInitSql();
		logTargets(cluster, beanName);
		warnOfWeights(cluster);
		discover(cluster);
		rememberWrites(cluster);
		cluster.start();
		this.callers.tokens().resolveWith(cluster.positions());
		RoutingPolicy policy = new RoutingPolicy(cluster::topology, cluster.positions(), this.loadBalancer,
				this.properties.getWithoutTransaction() == WithoutTransaction.BY_STATEMENT,
				this.properties.getFallback());
		return new ReplicationDataSource(primary, cluster, policy, this.callers, this.extensions.callbacks(),
				new ConnectionDefaults(pool.isAutoCommit(), ReadPool.isolationOf(pool), pool.getConnectionInitSql()));
	}

	/**
	 * Until the application has started its writes count for all reads. It may have begun
	 * to migrate, or have started, before anything needed this data source.
	 */
	private synchronized void rememberWrites(Cluster cluster) {
		this.cluster = cluster;
		cluster.rememberWrites(this.callers.tokens().window());
		if (this.migrated) {
			cluster.wrote(false);
		}
		if (this.started) {
			cluster.rememberWrites(null);
		}
	}

	/**
	 * A bean has changed the database, perhaps on a connection of its own.
	 */
	synchronized void migrated() {
		this.migrated = true;
		if (this.cluster != null) {
			this.cluster.wrote(false);
		}
	}

	private static void logTargets(Cluster cluster, String beanName) {
		List<ClusterNode> nodes = cluster.clusterNodes();
		String replicas = nodes.stream().skip(1).map(ClusterNode::target).collect(Collectors.joining(", "));
		logger.info("Reads of '" + beanName + "' go to " + (replicas.isEmpty() ? "replicas to be discovered" : replicas)
				+ "; writes to " + nodes.get(0).target());
	}

	private void warnOfWeights(Cluster cluster) {
		if (this.properties.getDiscovery().getUrl() == null
				&& cluster.clusterNodes().stream().skip(1).allMatch((node) -> node.weight() == 0)) {
			logger.warn("All replicas have the weight 0, so that none of them serves reads. Set"
					+ " replication.replicas.<name>.weight of one to 1 or more, or remove it.");
		}
	}

	private PositionSettings positionSettings() {
		ReplicationProperties.ReadYourWrites readYourWrites = this.properties.getReadYourWrites();
		ReplicationProperties.Monitor monitor = this.properties.getMonitor();
		return new PositionSettings(readYourWrites.getMode(), this.properties.isMonotonicReads(),
				readYourWrites.getWait(), monitor.getInterval(), monitor.getTimeout());
	}

	private MonitorSettings monitorSettings() {
		Duration maxLag = this.properties.getMaxLag();
		Duration abortAfter = this.properties.getMonitor().getAbortAfter();
		DataSize maxLagSize = this.properties.getMaxLagSize();
		return new MonitorSettings(maxLag, (maxLagSize != null) ? maxLagSize.toBytes() : null, abortAfter,
				this.properties.isFailover());
	}

	private void discover(Cluster cluster) {
		ReplicationProperties.Discovery properties = this.properties.getDiscovery();
		String url = properties.getUrl();
		if (url == null) {
			return;
		}
		Discovery discovery = new Discovery(cluster, discoverySettings(properties, url));
		this.discovery = discovery;
		discovery.start();
	}

	private static DiscoverySettings discoverySettings(ReplicationProperties.Discovery properties, String url) {
		try {
			return new DiscoverySettings(url, properties.getUsername(), properties.getPassword(),
					properties.getWeight(), ReplicaDefinitions.emptyToNull(properties.getGroup()),
					ReplicaDefinitions.emptyToNull(properties.getZone()), properties.getInterval(),
					properties.getDrain());
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidReplicationConfigurationException("replication.discovery.url",
					JdbcUrls.withoutSecrets(url), "This URL names no host to resolve, or cannot be read.",
					"Set a URL of PostgreSQL with one host name that stands for all replicas, for example"
							+ " jdbc:postgresql://replicas/database.");
		}
	}

	/**
	 * Whether there is a replica, or may be one, and a data source. Where there is no
	 * replica the data source stays as it is; that is only known now if the application
	 * was processed ahead of time.
	 */
	boolean hasReplicas() {
		boolean configured = !this.definitions.isEmpty() || this.properties.getDiscovery().getUrl() != null;
		return this.properties.isEnabled() && configured && this.postProcessor.hasDataSource();
	}

	/**
	 * The name of the bean that has the replicas, {@code null} if there is none.
	 */
	@Nullable String dataSourceName() {
		return this.postProcessor.dataSourceName();
	}

	/**
	 * The cluster behind the data source, which is created if it was not needed yet.
	 * @throws IllegalStateException if there are no replicas
	 */
	Cluster cluster() {
		if (this.cluster == null) {
			this.postProcessor.dataSource();
		}
		Cluster cluster = this.cluster;
		Assert.state(cluster != null, "No replica was configured when the application was started");
		return cluster;
	}

	/**
	 * The nodes of the cluster.
	 * @return the nodes, empty without replicas
	 */
	List<ClusterNode> nodes() {
		return hasReplicas() ? cluster().clusterNodes() : List.of();
	}

	/**
	 * Whether a transaction that names no isolation level may see no commit after its
	 * first statement, on any node. The level is that of the pool, or else of the server.
	 */
	boolean keepsSnapshots() {
		return mayChangeIsolation(this.initSql) || nodes().stream().anyMatch(ClusterFactory::keepsSnapshots);
	}

	private static boolean mayChangeIsolation(@Nullable String initSql) {
		return initSql != null && SNAPSHOT.matcher(initSql).find();
	}

	private static boolean keepsSnapshots(ClusterNode node) {
		Integer pool = node.readPool().isolation();
		Integer isolation = (pool != null) ? pool : node.defaultIsolation();
		return isolation != null && isolation >= Connection.TRANSACTION_REPEATABLE_READ;
	}

	private List<ReplicaPoolCustomizer> customizers() {
		List<ReplicaPoolCustomizer> customizers = new ArrayList<>();
		customizers.add(new HikariProperties(this.properties.getReplicas()));
		this.extensions.customizers().orderedStream().forEach(customizers::add);
		return customizers;
	}

	@Override
	public void setApplicationContext(ApplicationContext context) {
		this.context = context;
	}

	/**
	 * The application has started, if it is not only a child of its context that has.
	 */
	@Override
	public synchronized void onApplicationEvent(ContextRefreshedEvent event) {
		if (event.getApplicationContext() == this.context) {
			this.started = true;
			if (this.cluster != null) {
				this.cluster.rememberWrites(null);
			}
		}
	}

	@Override
	public void destroy() {
		if (this.discovery != null) {
			this.discovery.close();
		}
		if (this.cluster != null) {
			this.cluster.close();
		}
	}

	/**
	 * The application's own beans around connections.
	 *
	 * @param preparers the preparers of connections
	 * @param listeners the listeners to notify of decisions
	 * @param customizers the customizers that change the settings of pools last
	 */
	record Extensions(ObjectProvider<ConnectionPreparer> preparers, ObjectProvider<RoutingListener> listeners,
			ObjectProvider<ReplicaPoolCustomizer> customizers) {

		ConnectionCallbacks callbacks() {
			return new ConnectionCallbacks(() -> this.preparers.orderedStream().toList(),
					() -> this.listeners.orderedStream().toList());
		}

	}

}
