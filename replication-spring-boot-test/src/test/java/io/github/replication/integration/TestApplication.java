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

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import javax.sql.DataSource;

import org.awaitility.Awaitility;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.ReplicationCluster;
import io.github.replication.Role;
import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.jdbc.CatalogReading;
import io.github.replication.jdbc.ReplicationDataSource;
import io.github.replication.test.PostgresCluster;

/**
 * An application on a cluster.
 */
final class TestApplication implements AutoCloseable {

	private final ConfigurableApplicationContext context;

	private TestApplication(ConfigurableApplicationContext context) {
		this.context = context;
	}

	/**
	 * An application in which a caller is remembered by time alone, and each read stands
	 * for itself, so that tests of other things have nodes to themselves.
	 */
	static Builder on(PostgresCluster cluster) {
		return exactly(cluster).with("replication.read-your-writes.mode", "time")
			.with("replication.monotonic-reads", "false")
			.with("replication.monitor.interval", "1h");
	}

	/**
	 * An application with the library's own defaults.
	 */
	static Builder exactly(PostgresCluster cluster) {
		return new Builder(ClusterProperties.of(cluster));
	}

	/**
	 * An application with properties of its own.
	 */
	static Builder with(Map<String, Object> properties) {
		return new Builder(properties);
	}

	/**
	 * Creates the table that tests write to.
	 */
	static void createTable(PostgresCluster cluster) {
		JdbcTemplate admin = new JdbcTemplate(
				new DriverManagerDataSource(cluster.primary().directUrl(), cluster.username(), cluster.password()));
		admin.execute("CREATE TABLE IF NOT EXISTS note (id bigint PRIMARY KEY, text text NOT NULL)");
		admin.execute("CREATE SEQUENCE IF NOT EXISTS note_seq START WITH 1000 INCREMENT BY 50");
		cluster.awaitReplication();
	}

	<T> T bean(Class<T> type) {
		return this.context.getBean(type);
	}

	<T> T bean(String name, Class<T> type) {
		return this.context.getBean(name, type);
	}

	/**
	 * Waits until the application has seen the replicas where the primary is. Those that
	 * it only knows behind would be out of rotation after a second.
	 */
	void awaitLags() {
		Awaitility.await()
			.until(() -> bean(ReplicationCluster.class).nodes()
				.stream()
				.filter((node) -> node.role() == Role.REPLICA)
				.allMatch((node) -> Duration.ZERO.equals(node.lag())));
	}

	JdbcTemplate jdbc() {
		return bean(JdbcTemplate.class);
	}

	Decisions decisions() {
		return bean(Decisions.class);
	}

	TransactionTemplate transaction(boolean readOnly) {
		TransactionTemplate template = new TransactionTemplate(bean(PlatformTransactionManager.class));
		template.setReadOnly(readOnly);
		return template;
	}

	/**
	 * Runs work for a caller of its own, as a request does.
	 */
	void asNewCaller(Runnable work) {
		CallerRecords records = bean(CallerRecords.class);
		CallerRecord previous = records.bind(records.forRequest(null));
		try {
			work.run();
		}
		finally {
			records.restore(previous);
		}
	}

	/**
	 * Makes the current thread work for a caller of whom nothing is remembered.
	 */
	void newCaller() {
		CallerRecords records = bean(CallerRecords.class);
		records.bind(records.forRequest(null));
	}

	/**
	 * As {@link #newCaller()}, where there are replicas.
	 */
	void newCallerIfReplicated() {
		this.context.getBeanProvider(CallerRecords.class)
			.ifAvailable((records) -> records.bind(records.forRequest(null)));
	}

	/**
	 * Waits until nothing of the start goes on in the background, for tests that count
	 * what a server is asked.
	 */
	TestApplication awaitQuiet() {
		DataSource dataSource = bean(DataSource.class);
		if (dataSource instanceof ReplicationDataSource) {
			CatalogReading.await(dataSource);
		}
		return this;
	}

	int port() {
		return this.context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
	}

	@Override
	public void close() {
		this.context.close();
	}

	static final class Builder {

		private final Map<String, Object> properties;

		private WebApplicationType type = WebApplicationType.NONE;

		private Class<?>[] sources = {};

		private Builder(Map<String, Object> properties) {
			this.properties = new LinkedHashMap<>(properties);
		}

		Builder with(String property, Object value) {
			this.properties.put(property, value);
			return this;
		}

		Builder without(String property) {
			this.properties.remove(property);
			return this;
		}

		Builder web() {
			this.type = WebApplicationType.SERVLET;
			return with("server.port", "0");
		}

		/**
		 * With what is left out of applications otherwise: {@code jetty} in place of
		 * Tomcat, {@code security}, {@code session}.
		 */
		Builder using(String... infrastructure) {
			return with(OptionalInfrastructure.PROPERTY, String.join(",", infrastructure));
		}

		/**
		 * JDBC alone: transactions are those of the data source.
		 */
		Builder withoutJpa() {
			return with("spring.autoconfigure.exclude",
					"org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,"
							+ "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration");
		}

		/**
		 * Nothing that asks the data source anything while the application starts.
		 */
		Builder withoutData() {
			withoutJpa();
			return with("spring.autoconfigure.exclude", this.properties.get("spring.autoconfigure.exclude")
					+ ",org.springframework.boot.data.jdbc.autoconfigure.DataJdbcRepositoriesAutoConfiguration");
		}

		TestApplication start(Class<?>... sources) {
			this.sources = sources;
			Class<?>[] all = new Class<?>[this.sources.length + 1];
			all[0] = Base.class;
			System.arraycopy(this.sources, 0, all, 1, this.sources.length);
			return new TestApplication(new SpringApplicationBuilder(all).web(this.type)
				.initializers((context) -> context.getEnvironment()
					.getPropertySources()
					.addFirst(new MapPropertySource("cluster", this.properties)))
				.run());
		}

	}

	/**
	 * What every application of the tests has.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Base {

		@Bean
		Decisions decisions() {
			return new Decisions();
		}

	}

}
