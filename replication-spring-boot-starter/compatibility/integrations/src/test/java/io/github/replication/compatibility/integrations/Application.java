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

package io.github.replication.compatibility.integrations;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.RouteDecision;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;
import io.github.replication.test.routing.RoutingRecorder;

/**
 * An application on a cluster, with the integrations that a test asks for alone.
 */
final class Application implements AutoCloseable {

	static final String SERVER = "SELECT current_setting('cluster_name')";

	private final ConfigurableApplicationContext context;

	private final List<RouteDecision> startDecisions;

	private Application(ConfigurableApplicationContext context, List<RouteDecision> startDecisions) {
		this.context = context;
		this.startDecisions = startDecisions;
	}

	static Builder on(PostgresCluster cluster) {
		return new Builder(cluster);
	}

	<T> T bean(Class<T> type) {
		return this.context.getBean(type);
	}

	ConfigurableApplicationContext context() {
		return this.context;
	}

	JdbcTemplate jdbc() {
		return bean(JdbcTemplate.class);
	}

	int port() {
		return this.context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
	}

	/**
	 * Where statements went while the application started.
	 */
	List<RouteDecision> startDecisions() {
		return this.startDecisions;
	}

	/**
	 * The name of the server that serves a transaction, as it says itself.
	 */
	String serverOf(boolean readOnly) {
		TransactionTemplate transaction = new TransactionTemplate(bean(PlatformTransactionManager.class));
		transaction.setReadOnly(readOnly);
		return transaction.execute((status) -> jdbc().queryForObject(SERVER, String.class));
	}

	@Override
	public void close() {
		this.context.close();
	}

	/**
	 * What Spring Boot would configure because it is on the class path.
	 */
	enum Feature {

		FLYWAY("flyway.autoconfigure.FlywayAutoConfiguration"),

		LIQUIBASE("liquibase.autoconfigure.LiquibaseAutoConfiguration"),

		BATCH("batch.autoconfigure.BatchAutoConfiguration", "batch.autoconfigure.BatchJobLauncherAutoConfiguration",
				"batch.jdbc.autoconfigure.BatchJdbcAutoConfiguration"),

		QUARTZ("quartz.autoconfigure.QuartzAutoConfiguration"),

		SESSION("session.autoconfigure.SessionAutoConfiguration",
				"session.jdbc.autoconfigure.JdbcSessionAutoConfiguration"),

		JPA("hibernate.autoconfigure.HibernateJpaAutoConfiguration",
				"data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration"),

		DATA_JDBC("data.jdbc.autoconfigure.DataJdbcRepositoriesAutoConfiguration"),

		JOOQ("jooq.autoconfigure.JooqAutoConfiguration"),

		SECURITY("security.autoconfigure.SecurityAutoConfiguration",
				"security.autoconfigure.UserDetailsServiceAutoConfiguration",
				"security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration",
				"security.autoconfigure.web.servlet.SecurityFilterAutoConfiguration",
				"security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration");

		private final List<String> autoConfigurations;

		Feature(String... autoConfigurations) {
			this.autoConfigurations = List.of(autoConfigurations)
				.stream()
				.map((name) -> "org.springframework.boot." + name)
				.toList();
		}

	}

	static final class Builder {

		private final PostgresCluster cluster;

		private final Map<String, Object> properties = new LinkedHashMap<>();

		private final Set<Feature> excluded = EnumSet.allOf(Feature.class);

		private WebApplicationType type = WebApplicationType.NONE;

		private Builder(PostgresCluster cluster) {
			this.cluster = cluster;
			with("spring.datasource.url", cluster.primary().jdbcUrl());
			with("spring.datasource.username", cluster.username());
			with("spring.datasource.password", cluster.password());
			with("spring.datasource.hikari.maximum-pool-size", "4");
			with("spring.datasource.hikari.minimum-idle", "0");
			with("spring.main.banner-mode", "off");
			for (PostgresNode replica : cluster.replicas()) {
				with("replication.replicas." + replica.name() + ".url", replica.jdbcUrl());
			}
		}

		Builder with(String property, Object value) {
			this.properties.put(property, value);
			return this;
		}

		Builder without(String property) {
			this.properties.remove(property);
			return this;
		}

		Builder with(Feature feature) {
			this.excluded.remove(feature);
			return this;
		}

		Builder web() {
			this.type = WebApplicationType.SERVLET;
			return with("server.port", "0");
		}

		PostgresCluster cluster() {
			return this.cluster;
		}

		Application start(Class<?>... sources) {
			with("spring.autoconfigure.exclude", String.join(",",
					this.excluded.stream().flatMap((each) -> each.autoConfigurations.stream()).toList()));
			RoutingRecorder recorder = new RoutingRecorder();
			try (RoutingRecorder.Recording recording = recorder.start()) {
				ConfigurableApplicationContext context = new SpringApplicationBuilder(Base.class).sources(sources)
					.web(this.type)
					.initializers((starting) -> {
						starting.getEnvironment()
							.getPropertySources()
							.addFirst(new MapPropertySource("test", this.properties));
						starting.getBeanFactory().registerSingleton("recorder", recorder);
						starting.getBeanFactory().registerSingleton("cluster", new ClusterOfTest(this.cluster));
					})
					.run();
				return new Application(context, List.copyOf(recording.decisions()));
			}
		}

	}

	/**
	 * The cluster of the test, wrapped so that it does not become the application's by
	 * itself.
	 *
	 * @param cluster the cluster
	 */
	record ClusterOfTest(PostgresCluster cluster) {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Base {

	}

}
