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

package io.github.replication.test.autoconfigure;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.NoneNestedConditions;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;

import io.github.replication.autoconfigure.ReplicationConnectionDetails;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * Auto-configuration for an application on an embedded cluster: with
 * {@code embedded-cluster.enabled=true} it starts one, and any {@link PostgresCluster}
 * among the beans, such as that of {@code @EmbeddedCluster} on a test, becomes the
 * primary and the replicas of the application, whatever its other properties say.
 *
 * @since 0.1.0
 */
@AutoConfiguration(beforeName = { "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
		"io.github.replication.autoconfigure.ReplicationAutoConfiguration" })
@ConditionalOnClass(JdbcConnectionDetails.class)
@EnableConfigurationProperties(EmbeddedClusterProperties.class)
public final class EmbeddedClusterAutoConfiguration {

	private static final Log logger = LogFactory.getLog(EmbeddedClusterAutoConfiguration.class);

	@Bean(destroyMethod = "close")
	@ConditionalOnProperty("embedded-cluster.enabled")
	@Conditional(OnNoDataSourceUrl.class)
	@ConditionalOnMissingBean
	PostgresCluster embeddedCluster(EmbeddedClusterProperties properties, ApplyDelay applyDelay) {
		PostgresCluster.Builder builder = PostgresCluster.builder()
			.replicas(properties.getReplicas())
			.binaries(properties.getBinaries())
			.closeAtShutdown(false);
		if (properties.getSynchronousCommit() != null) {
			builder.synchronous(properties.getSynchronousCommit());
		}
		properties.getSettings().forEach(builder::setting);
		PostgresCluster cluster = builder.start();
		announce(cluster);
		applyDelay.started(cluster);
		return cluster;
	}

	private static void announce(PostgresCluster cluster) {
		logger.info("Embedded PostgreSQL " + cluster.version() + " cluster for user '" + cluster.username()
				+ "' with password '" + cluster.password() + "':");
		for (PostgresNode node : cluster.nodes()) {
			logger.info("  " + node.name() + (node.isPrimary() ? " takes writes" : " serves reads") + " at "
					+ node.jdbcUrl());
		}
	}

	@Bean
	@ConditionalOnProperty("embedded-cluster.enabled")
	@Conditional(OnNoDataSourceUrl.class)
	ApplyDelay embeddedClusterApplyDelay(EmbeddedClusterProperties properties) {
		return new ApplyDelay(properties.getApplyDelay());
	}

	@Bean
	@ConditionalOnBean(PostgresCluster.class)
	@ConditionalOnMissingBean(JdbcConnectionDetails.class)
	PrimaryConnectionDetails embeddedClusterPrimary(PostgresCluster cluster) {
		return new PrimaryConnectionDetails(cluster.primary());
	}

	@Bean
	@ConditionalOnBean(PostgresCluster.class)
	@ConditionalOnMissingBean(ReplicationConnectionDetails.class)
	@Conditional(OnReplicasCondition.class)
	ReplicaConnectionDetails embeddedClusterReplicas(PostgresCluster cluster) {
		Map<String, ReplicationConnectionDetails.Node> replicas = new LinkedHashMap<>();
		for (PostgresNode node : cluster.replicas()) {
			replicas.put(node.name(),
					new ReplicationConnectionDetails.Node(node.jdbcUrl(), node.username(), node.password()));
		}
		return new ReplicaConnectionDetails(replicas);
	}

	/**
	 * Matches unless the application names a primary of its own.
	 */
	static final class OnNoDataSourceUrl extends NoneNestedConditions {

		OnNoDataSourceUrl() {
			super(ConfigurationPhase.REGISTER_BEAN);
		}

		@ConditionalOnProperty("spring.datasource.url")
		static final class DataSourceUrl {

		}

	}

	/**
	 * Holds the replicas back as soon as they have the writes of the application from
	 * when it was created, and before it serves anybody. Leaves the servers of others as
	 * they are, which an earlier application may have left behind.
	 */
	static final class ApplyDelay implements SmartInitializingSingleton {

		private final Duration delay;

		private @Nullable PostgresCluster cluster;

		ApplyDelay(Duration delay) {
			this.delay = delay;
		}

		/**
		 * Notifies of the servers that this application has started.
		 * @param cluster the servers
		 */
		void started(PostgresCluster cluster) {
			this.cluster = cluster;
		}

		@Override
		public void afterSingletonsInstantiated() {
			PostgresCluster own = this.cluster;
			if (own != null && !this.delay.isZero() && !own.replicas().isEmpty()) {
				own.awaitReplication();
				own.replicas().forEach((replica) -> replica.applyDelay(this.delay));
				logger.info("The replicas replay each commit " + this.delay.toMillis() + " ms after it was made");
			}
		}

	}

	/**
	 * The node that is the primary when the application starts.
	 */
	record PrimaryConnectionDetails(PostgresNode node) implements JdbcConnectionDetails {

		@Override
		public String getJdbcUrl() {
			return this.node.jdbcUrl();
		}

		@Override
		public String getUsername() {
			return this.node.username();
		}

		@Override
		public String getPassword() {
			return this.node.password();
		}

	}

	/**
	 * The nodes that are replicas when the application starts.
	 */
	record ReplicaConnectionDetails(Map<String, Node> getReplicas) implements ReplicationConnectionDetails {

	}

}
