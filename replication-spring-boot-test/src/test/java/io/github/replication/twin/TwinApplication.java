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

package io.github.replication.twin;

import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;

import javax.sql.DataSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;

import io.github.replication.caller.CallerRecords;
import io.github.replication.jdbc.ConnectionPreparer;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * An application with or without replicas.
 */
final class TwinApplication implements AutoCloseable {

	private final ConfigurableApplicationContext context;

	private TwinApplication(ConfigurableApplicationContext context) {
		this.context = context;
	}

	/**
	 * Starts an application on the primary alone, or on the primary and a replica.
	 */
	static TwinApplication start(PostgresCluster cluster, String database, boolean replicated, PoolType pool, int size,
			Map<String, Object> more) {
		Map<String, Object> properties = new LinkedHashMap<>();
		properties.put("spring.datasource.url", url(cluster.primary(), database, primaryOf(database)));
		properties.put("spring.datasource.username", cluster.username());
		properties.put("spring.datasource.password", cluster.password());
		properties.putAll(pool.properties(size));
		properties.put("spring.main.banner-mode", "off");
		properties.put("spring.autoconfigure.exclude",
				"org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,"
						+ "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration,"
						+ "org.springframework.boot.data.jdbc.autoconfigure.DataJdbcRepositoriesAutoConfiguration");
		if (replicated) {
			PostgresNode replica = cluster.replicas().get(0);
			properties.put("replication.replicas.replica-1.url", url(replica, database, replicaOf(database)));
			properties.put("replication.monitor.interval", "100ms");
		}
		properties.putAll(more);
		return new TwinApplication(new SpringApplicationBuilder(Base.class).web(WebApplicationType.NONE)
			.initializers((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new MapPropertySource("twin", properties)))
			.run());
	}

	/**
	 * The driver is not to remember columns, so that a sequence does not depend on the
	 * ones before.
	 */
	private static String url(PostgresNode node, String database, String name) {
		return "jdbc:postgresql://127.0.0.1:" + node.port() + "/" + database
				+ "?databaseMetadataCacheFields=0&databaseMetadataCacheFieldsMiB=0&socketFactory="
				+ CountingSocketFactory.class.getName() + "&socketFactoryArg=" + name;
	}

	/**
	 * Returns the name of the traffic with the primary.
	 */
	static String primaryOf(String database) {
		return database + "@primary";
	}

	/**
	 * Returns the name of the traffic with the replica.
	 */
	static String replicaOf(String database) {
		return database + "@replica";
	}

	DataSource dataSource() {
		return this.context.getBean(DataSource.class);
	}

	/**
	 * Makes the current thread work for a caller of whom nothing is remembered.
	 */
	void newCaller() {
		this.context.getBeanProvider(CallerRecords.class)
			.ifAvailable((records) -> records.bind(records.forRequest(null)));
	}

	@Override
	public void close() {
		this.context.close();
	}

	/**
	 * The pools that applications use.
	 */
	enum PoolType {

		HIKARI {

			@Override
			Map<String, Object> properties(int size) {
				return Map.of("spring.datasource.hikari.maximum-pool-size", size,
						"spring.datasource.hikari.minimum-idle", 0, "spring.datasource.hikari.connection-timeout",
						timeout(size));
			}

		},

		DBCP2 {

			@Override
			Map<String, Object> properties(int size) {
				return Map.of("spring.datasource.type", "org.apache.commons.dbcp2.BasicDataSource",
						"spring.datasource.dbcp2.max-total", size, "spring.datasource.dbcp2.max-wait-millis",
						timeout(size), "spring.datasource.dbcp2.test-on-borrow", true,
						"spring.datasource.dbcp2.access-to-underlying-connection-allowed", true);
			}

		};

		abstract Map<String, Object> properties(int size);

		/**
		 * Where there are more connections than sequences use, nothing is to be waited
		 * for, but a busy machine may need long to open one.
		 */
		private static int timeout(int size) {
			return (size > 1) ? 10_000 : 2000;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Base {

		/**
		 * Sets for each unit of work a setting that no sequence knows.
		 */
		@Bean
		@ConditionalOnProperty("twin.preparer")
		ConnectionPreparer preparer() {
			return (connection, decision) -> {
				try (Statement statement = connection.createStatement()) {
					statement.execute("SET twin.prepared = 'yes'");
				}
			};
		}

	}

}
