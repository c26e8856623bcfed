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

package io.github.replication.metrics;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import com.zaxxer.hikari.metrics.micrometer.MicrometerMetricsTrackerFactory;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;

/**
 * The meters of the library's own pools, the same as Spring Boot has for pools that are
 * beans: HikariCP's own meters, and the meters of every kind of pool.
 */
final class PoolMetrics {

	private PoolMetrics() {
	}

	/**
	 * Binds the meters of a pool, unless the registry has them.
	 * @param pool the pool
	 * @param registry the registry
	 * @return the meters that were bound now and are to be removed with the pool
	 */
	static List<Registration> bind(HikariDataSource pool, MeterRegistry registry) {
		if (pool.getMetricRegistry() == null && pool.getMetricsTrackerFactory() == null) {
			pool.setMetricsTrackerFactory(new MicrometerMetricsTrackerFactory(registry));
		}
		Tags name = Tags.of("name", pool.getPoolName());
		if (registry.find("jdbc.connections.max").tags(name).gauge() != null) {
			return List.of();
		}
		return List.of(
				gauge("active", pool, registry, name,
						(key) -> connections(key, HikariPoolMXBean::getActiveConnections)),
				gauge("idle", pool, registry, name, (key) -> connections(key, HikariPoolMXBean::getIdleConnections)),
				gauge("max", pool, registry, name, HikariDataSource::getMaximumPoolSize),
				gauge("min", pool, registry, name, HikariDataSource::getMinimumIdle));
	}

	private static Registration gauge(String what, HikariDataSource pool, MeterRegistry registry, Tags name,
			ToDoubleFunction<HikariDataSource> value) {
		return new Registration(registry,
				Gauge.builder("jdbc.connections." + what, pool, value).tags(name).register(registry));
	}

	private static int connections(HikariDataSource pool, ToIntFunction<HikariPoolMXBean> number) {
		HikariPoolMXBean connections = pool.getHikariPoolMXBean();
		return (connections != null) ? number.applyAsInt(connections) : 0;
	}

}
