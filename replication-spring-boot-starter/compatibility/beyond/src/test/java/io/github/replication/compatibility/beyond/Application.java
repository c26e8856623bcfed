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

package io.github.replication.compatibility.beyond;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;
import io.github.replication.test.routing.RoutingRecorder;

/**
 * An instance of an application on a cluster.
 */
final class Application implements AutoCloseable {

	/**
	 * The auto-configurations of Spring Modulith's publication registry, which keeps
	 * events in a table.
	 */
	static final String MODULITH = "org.springframework.modulith.events.config.EventPublicationAutoConfiguration,"
			+ "org.springframework.modulith.events.config.EventExternalizationAutoConfiguration,"
			+ "org.springframework.modulith.events.jdbc.JdbcEventPublicationAutoConfiguration";

	private final ConfigurableApplicationContext context;

	private Application(ConfigurableApplicationContext context) {
		this.context = context;
	}

	static Builder on(PostgresCluster cluster) {
		return new Builder(cluster);
	}

	/**
	 * Creates the table of the caches anew: classes of tests share a cluster.
	 * @return the administrator's access to the primary
	 */
	static JdbcTemplate createProducts(PostgresCluster cluster) throws Exception {
		JdbcTemplate admin = admin(cluster.primary());
		admin.execute("DROP TABLE IF EXISTS product");
		admin.execute("CREATE TABLE product (id bigint PRIMARY KEY, name text NOT NULL)");
		return admin;
	}

	/**
	 * A connection to the primary that no application knows of.
	 */
	static JdbcTemplate admin(PostgresNode node) throws Exception {
		return new JdbcTemplate(new DriverManagerDataSource(node.directUrl(), node.username(), node.password()));
	}

	<T> T bean(Class<T> type) {
		return this.context.getBean(type);
	}

	ConfigurableApplicationContext context() {
		return this.context;
	}

	/**
	 * Runs work for a caller of its own, as a request does.
	 */
	<T> T as(CallerRecord caller, Callable<T> work) throws Exception {
		CallerRecords records = bean(CallerRecords.class);
		CallerRecord previous = records.bind(caller);
		try {
			return work.call();
		}
		finally {
			records.restore(previous);
		}
	}

	<T> T asNewCaller(Callable<T> work) throws Exception {
		return as(newCaller(), work);
	}

	CallerRecord newCaller() {
		return bean(CallerRecords.class).forRequest(null);
	}

	@Override
	public void close() {
		this.context.close();
	}

	static final class Builder {

		private final Map<String, Object> properties = new LinkedHashMap<>();

		private Builder(PostgresCluster cluster) {
			with("spring.datasource.url", cluster.primary().jdbcUrl());
			with("spring.datasource.username", cluster.username());
			with("spring.datasource.password", cluster.password());
			with("spring.datasource.hikari.maximum-pool-size", "8");
			with("spring.datasource.hikari.minimum-idle", "0");
			with("spring.main.banner-mode", "off");
			with("spring.cache.type", "none");
			with("management.health.redis.enabled", "false");
			with("spring.autoconfigure.exclude",
					"org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration," + MODULITH);
			for (PostgresNode replica : cluster.replicas()) {
				with("replication.replicas." + replica.name() + ".url", replica.jdbcUrl());
			}
		}

		Builder with(String property, Object value) {
			this.properties.put(property, value);
			return this;
		}

		Builder withoutMessaging() {
			return with(WithoutMessaging.PROPERTY, true);
		}

		Application start(Class<?>... sources) {
			return new Application(new SpringApplicationBuilder(Base.class).sources(sources)
				.web(WebApplicationType.NONE)
				.initializers((starting) -> {
					starting.getEnvironment()
						.getPropertySources()
						.addFirst(new MapPropertySource("test", this.properties));
					starting.getBeanFactory().registerSingleton("recorder", new RoutingRecorder());
				})
				.run());
		}

	}

	/**
	 * What every application of the tests has.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Base {

	}

}
