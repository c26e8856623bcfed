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

import java.time.Clock;
import java.time.Duration;
import java.util.List;

import com.zaxxer.hikari.HikariDataSource;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.InjectionPoint;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.ConfigurationPropertiesBindHandlerAdvisor;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.context.annotation.Role;
import org.springframework.context.annotation.Scope;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;
import org.springframework.transaction.interceptor.BeanFactoryTransactionAttributeSourceAdvisor;

import io.github.replication.CallerContexts;
import io.github.replication.ReplicationCluster;
import io.github.replication.RoutingListener;
import io.github.replication.balance.LatencyLoadBalancer;
import io.github.replication.balance.LeastConnectionsLoadBalancer;
import io.github.replication.balance.LoadBalancer;
import io.github.replication.balance.RandomLoadBalancer;
import io.github.replication.balance.RoundRobinLoadBalancer;
import io.github.replication.caller.CallerRecords;
import io.github.replication.caller.CallerTokens;
import io.github.replication.interceptor.RouteAdvisor;
import io.github.replication.jdbc.ConnectionPreparer;
import io.github.replication.node.ReplicaPoolCustomizer;
import io.github.replication.position.SampleClock;

/**
 * Auto-configuration for reading from replicas. Does nothing at all unless a replica is
 * configured.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = DataSourceAutoConfiguration.class,
		afterName = "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration")
@ConditionalOnClass(HikariDataSource.class)
@Conditional(OnReplicationCondition.class)
@EnableConfigurationProperties(ReplicationProperties.class)
@ImportRuntimeHints(ReplicationRuntimeHints.class)
@Import({ PositionStoreConfiguration.class, PositionCarrierConfiguration.class, SpringSessionConfiguration.class,
		ReactiveWebConfiguration.class, CacheConfiguration.class, HibernateCacheConfiguration.class,
		ReplicationSslAutoConfiguration.class })
public final class ReplicationAutoConfiguration {

	private static final Log logger = LogFactory.getLog(ReplicationAutoConfiguration.class);

	@Bean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	static ConfigurationPropertiesBindHandlerAdvisor replicationBindHandlerAdvisor(Environment environment) {
		return new ReplicaBindHandlerAdvisor(environment);
	}

	/**
	 * The cluster, unless a parent context has one: its data source is that of its
	 * children as well.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnMissingBean(ClusterFactory.class)
	@Import(CallerPropagationConfiguration.class)
	static final class ClusterConfiguration {

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static ReplicationDataSourcePostProcessor replicationDataSourcePostProcessor(Environment environment) {
			return new ReplicationDataSourcePostProcessor(environment);
		}

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static MigrationPostProcessor replicationMigrationPostProcessor(ObjectProvider<ClusterFactory> clusterFactory,
				Environment environment) {
			return new MigrationPostProcessor(clusterFactory, environment);
		}

		@Bean(destroyMethod = "close")
		CallerRecords replicationWriteRecord(ReplicationProperties properties,
				@Qualifier("replicationClock") ObjectProvider<Clock> clock) {
			Duration window = properties.getReadYourWrites().getWindow();
			PropertyRanges.checkWindow(window);
			CallerRecords records = new CallerRecords(new CallerTokens(new SampleClock(System::nanoTime),
					clock.getIfAvailable(Clock::systemUTC), window));
			CallerContexts.add(records);
			return records;
		}

		@Bean
		@ConditionalOnMissingBean
		LoadBalancer replicationLoadBalancer(ReplicationProperties properties) {
			return switch (properties.getLoadBalancer()) {
				case LEAST_CONNECTIONS -> new LeastConnectionsLoadBalancer();
				case ROUND_ROBIN -> new RoundRobinLoadBalancer();
				case RANDOM -> new RandomLoadBalancer();
				case LATENCY -> new LatencyLoadBalancer();
			};
		}

		@Bean
		ClusterFactory replicationClusterOwner(ReplicationProperties properties,
				ObjectProvider<ReplicationConnectionDetails> details, LoadBalancer loadBalancer, CallerRecords callers,
				ClusterFactory.Extensions extensions, PrimaryPoolConfig primaryPool,
				ReplicationDataSourcePostProcessor postProcessor) {
			return new ClusterFactory(properties, new ReplicaDefinitions(properties, details.orderedStream().toList()),
					loadBalancer, callers, extensions, primaryPool, postProcessor);
		}

		@Bean
		PrimaryPoolConfig replicationPrimaryPool(ObjectProvider<JdbcConnectionDetails> details,
				ObjectProvider<DataSourceProperties> properties, ConfigurableListableBeanFactory beanFactory) {
			return new PrimaryPoolConfig(new DeclaredDataSource(details, properties),
					new UnsupportedDataSources(beanFactory));
		}

		@Bean(autowireCandidate = false)
		@Scope(BeanDefinition.SCOPE_PROTOTYPE)
		static InjectedPool.PoolInjection replicationPoolInjection(InjectionPoint point) {
			return new InjectedPool.PoolInjection(point);
		}

		@Bean
		ReplicationCluster replicationCluster(ClusterFactory owner) {
			return new LazyCluster(owner::hasReplicas, owner::cluster);
		}

		@Bean
		ClusterFactory.Extensions replicationExtensions(ObjectProvider<ConnectionPreparer> preparers,
				ObjectProvider<RoutingListener> listeners, ObjectProvider<ReplicaPoolCustomizer> customizers) {
			return new ClusterFactory.Extensions(preparers, listeners, customizers);
		}

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static RouteAdvisor replicationRouteAdvisor(ApplicationContext context) {
			return new RouteAdvisor(() -> transactionAdvisorOrder(context),
					(group, unit) -> warnOfUnknownGroup(context, group, unit));
		}

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static StartupCheck replicationIneffectiveAnnotations(ConfigurableListableBeanFactory beanFactory,
				ApplicationContext context) {
			return new StartupCheck(context, new IneffectiveAnnotations(beanFactory));
		}

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static StartupCheck replicationUnsupportedTransactions(ConfigurableListableBeanFactory beanFactory,
				ApplicationContext context) {
			return new StartupCheck(context, new UnsupportedTransactions(beanFactory));
		}

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static StartupCheck replicationNumbersWithoutUnit(ApplicationContext context) {
			return new StartupCheck(context, new NumbersWithoutUnit(context.getEnvironment()));
		}

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static StartupCheck replicationAnnotationsWithoutBean(ConfigurableListableBeanFactory beanFactory,
				ApplicationContext context) {
			return new StartupCheck(context, new AnnotationsWithoutBean(beanFactory, context));
		}

		private static void warnOfUnknownGroup(ApplicationContext context, String group, String unit) {
			ReplicationProperties properties = context.getBean(ReplicationProperties.class);
			boolean known = group.equals(properties.getDiscovery().getGroup()) || properties.getReplicas()
				.values()
				.stream()
				.anyMatch((replica) -> group.equals(replica.getGroup()));
			if (!known && OnReplicationCondition.isConfigured(context)) {
				logger.warn("No replica belongs to the group '" + group + "' that " + unit
						+ " asks for: its reads go where replication.fallback says. Set replication.replicas.<name>.group"
						+ " of a replica to '" + group + "', or correct the annotation.");
			}
		}

		private static int transactionAdvisorOrder(ListableBeanFactory beanFactory) {
			List<BeanFactoryTransactionAttributeSourceAdvisor> advisors = beanFactory
				.getBeanProvider(BeanFactoryTransactionAttributeSourceAdvisor.class)
				.stream()
				.toList();
			return advisors.stream()
				.mapToInt(BeanFactoryTransactionAttributeSourceAdvisor::getOrder)
				.min()
				.orElse(Ordered.LOWEST_PRECEDENCE);
		}

	}

}
