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

package io.github.replication.integration;

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * The properties that an application needs to run on a cluster.
 */
public final class ClusterProperties {

	private ClusterProperties() {
	}

	/**
	 * The properties for the nodes as they are now.
	 * @param cluster the cluster
	 */
	public static Map<String, Object> of(PostgresCluster cluster) {
		Map<String, Object> properties = new LinkedHashMap<>();
		properties.put("spring.datasource.url", cluster.primary().jdbcUrl());
		properties.put("spring.datasource.username", cluster.username());
		properties.put("spring.datasource.password", cluster.password());
		properties.put("spring.datasource.hikari.maximum-pool-size", "4");
		properties.put("spring.datasource.hikari.minimum-idle", "0");
		properties.put("spring.datasource.hikari.connection-timeout", "2000");
		// longer than any test keeps a connection on purpose; the check of leaks fails
		// its class
		properties.put("spring.datasource.hikari.leak-detection-threshold", "45000");
		properties.put("spring.jpa.hibernate.ddl-auto", "none");
		properties.put("spring.main.banner-mode", "off");
		for (PostgresNode replica : cluster.replicas()) {
			properties.put("replication.replicas." + replica.name() + ".url", replica.jdbcUrl());
		}
		return properties;
	}

	/**
	 * The properties of an application on which promises are proven: it notices faults
	 * that last for a second, and has no entities.
	 * @param cluster the cluster
	 */
	public static Map<String, Object> ofProof(PostgresCluster cluster) {
		Map<String, Object> properties = of(cluster);
		properties.put("replication.monitor.interval", "250ms");
		properties.put("replication.monitor.timeout", "250ms");
		properties.put("replication.monitor.abort-after", "1s");
		properties.put("replication.max-lag", "2s");
		properties.put("logging.level.com.zaxxer.hikari", "ERROR");
		properties.put("spring.autoconfigure.exclude",
				"org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,"
						+ "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration");
		return properties;
	}

}
