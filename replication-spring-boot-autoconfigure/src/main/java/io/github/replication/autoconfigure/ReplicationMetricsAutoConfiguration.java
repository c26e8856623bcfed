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

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.observation.ObservationRegistry;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.function.SingletonSupplier;

import io.github.replication.cache.CacheProtection;
import io.github.replication.metrics.CacheMetrics;
import io.github.replication.metrics.ObservationRoutingListener;
import io.github.replication.metrics.ReplicationMetrics;

/**
 * Auto-configuration for the meters of the cluster, and for its traces.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = ReplicationAutoConfiguration.class,
		afterName = {
				"org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
				"org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration" })
@ConditionalOnBean(ClusterFactory.class)
public final class ReplicationMetricsAutoConfiguration {

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterRegistry.class)
	static class Meters {

		@Bean
		MeterBinder replicationMetrics(ClusterFactory owner) {
			SingletonSupplier<ReplicationMetrics> metrics = SingletonSupplier
				.of(() -> new ReplicationMetrics(owner.cluster()));
			return (registry) -> {
				if (owner.hasReplicas()) {
					metrics.obtain().bindTo(registry);
				}
			};
		}

		@Bean
		@ConditionalOnBean(CacheProtection.class)
		MeterBinder replicationCacheMetrics(ClusterFactory owner, CacheProtection protection) {
			CacheMetrics metrics = new CacheMetrics(protection);
			return (registry) -> {
				if (owner.hasReplicas()) {
					metrics.bindTo(registry);
				}
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ObservationRegistry.class)
	static class Observations {

		@Bean
		@ConditionalOnBean(ObservationRegistry.class)
		ObservationRoutingListener replicationObservedRoutes(ObservationRegistry registry) {
			return new ObservationRoutingListener(registry);
		}

	}

}
