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

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Role;

import io.github.replication.ReplicationCluster;
import io.github.replication.actuate.ReplicationEndpoint;
import io.github.replication.actuate.ReplicationHealthContributor;
import io.github.replication.caller.CallerRecords;
import io.github.replication.policy.Fallback;

/**
 * Auto-configuration for the endpoint and the health indicators.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = ReplicationAutoConfiguration.class)
@ConditionalOnBean(ClusterFactory.class)
public final class ReplicationActuatorAutoConfiguration {

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ CompositeHealthContributor.class, ConditionalOnEnabledHealthIndicator.class })
	@ConditionalOnEnabledHealthIndicator("replication")
	static class HealthContribution {

		@Bean
		@ConditionalOnMissingBean(name = "replicationHealthContributor")
		ReplicationHealthContributor replicationHealthContributor(ReplicationCluster cluster,
				ReplicationProperties properties, ClusterFactory owner) {
			return new ReplicationHealthContributor(cluster, properties.getFallback() == Fallback.PRIMARY,
					owner::nodes);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ CompositeHealthContributor.class, ConditionalOnEnabledHealthIndicator.class })
	@ConditionalOnEnabledHealthIndicator("db")
	static class DatabaseHealth {

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static DatabaseHealthPostProcessor replicationDatabaseHealthPostProcessor(
				ObjectProvider<ClusterFactory> owner) {
			return new DatabaseHealthPostProcessor(owner::getObject);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
	static class EndpointConfiguration {

		@Bean
		@ConditionalOnAvailableEndpoint
		@ConditionalOnMissingBean
		ReplicationEndpoint replicationEndpoint(ReplicationCluster cluster, ClusterFactory owner, CallerRecords callers,
				ReplicationProperties properties) {
			return new ReplicationEndpoint(cluster, owner::nodes, callers.tokens().traffic(), properties.getZone());
		}

	}

}
