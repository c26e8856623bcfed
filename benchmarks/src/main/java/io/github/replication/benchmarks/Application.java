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

package io.github.replication.benchmarks;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.LongSupplier;

import javax.sql.DataSource;

import com.baomidou.dynamic.datasource.DynamicRoutingDataSource;
import com.baomidou.dynamic.datasource.toolkit.DynamicDataSourceContextHolder;
import com.zaxxer.hikari.HikariDataSource;
import org.apache.shardingsphere.driver.api.ShardingSphereDataSourceFactory;
import org.apache.shardingsphere.infra.algorithm.core.config.AlgorithmConfiguration;
import org.apache.shardingsphere.readwritesplitting.config.ReadwriteSplittingRuleConfiguration;
import org.apache.shardingsphere.readwritesplitting.config.rule.ReadwriteSplittingDataSourceGroupRuleConfiguration;
import org.apache.shardingsphere.readwritesplitting.transaction.TransactionalReadQueryStrategy;
import org.apache.shardingsphere.single.config.SingleRuleConfiguration;

import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.caller.CallerRecords;

/**
 * An application on one of the data sources that are compared. All have the same pools,
 * the same transaction manager and the same template.
 */
final class Application implements AutoCloseable {

	private static final String REPLICA = "replica";

	/**
	 * Connections to each server at most.
	 */
	static final int CONNECTIONS = 16;

	/**
	 * The auto-configuration that {@link JpaApplication} alone has.
	 */
	private static final String WITHOUT = "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration";

	final JdbcTemplate jdbc;

	private final TransactionTemplate readOnly;

	private final TransactionTemplate readWrite;

	private final DataSource dataSource;

	/**
	 * The data source chosen for a read by hand, {@code null} if the data source does so.
	 */
	private final boolean byHand;

	private final AutoCloseable owner;

	private Application(DataSource dataSource, boolean byHand, AutoCloseable owner) {
		this.dataSource = dataSource;
		this.byHand = byHand;
		this.owner = owner;
		this.jdbc = new JdbcTemplate(dataSource);
		this.readWrite = new TransactionTemplate(new JdbcTransactionManager(dataSource));
		this.readOnly = new TransactionTemplate(new JdbcTransactionManager(dataSource));
		this.readOnly.setReadOnly(true);
	}

	static Application of(Contender contender, Servers servers) {
		try {
			return switch (contender) {
				case HIKARI -> hikari(servers);
				case LAZY_PROXY -> lazyProxy(servers);
				case REPLICATION -> replication(servers, Map.of());
				case AWS -> aws(servers);
				case SHARDINGSPHERE -> shardingSphere(servers);
				case DYNAMIC -> dynamic(servers);
			};
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * The data source that this library makes of another, in an application without
	 * messages: with them it names the node to the observation of each statement.
	 * @param properties further settings
	 * @param beans configuration classes of further beans
	 */
	static Application replication(Servers servers, Map<String, Object> properties, Class<?>... beans) {
		Map<String, Object> all = new HashMap<>();
		all.put("spring.datasource.url", servers.primary());
		all.put("spring.datasource.username", servers.username());
		all.put("spring.datasource.password", servers.password());
		all.put("spring.datasource.hikari.maximum-pool-size", CONNECTIONS);
		all.put("spring.autoconfigure.exclude", WITHOUT);
		all.put("replication.read-your-writes.messages", false);
		if (servers == Servers.STUB) {
			all.put("spring.datasource.driver-class-name", StubDriver.class.getName());
		}
		for (int i = 0; i < servers.replicas().size(); i++) {
			all.put("replication.replicas.replica-" + (i + 1) + ".url", servers.replicas().get(i));
		}
		all.putAll(properties);
		ConfigurableApplicationContext context = new SpringApplicationBuilder(Beans.class).sources(beans)
			.web(WebApplicationType.NONE)
			.bannerMode(Banner.Mode.OFF)
			.initializers((created) -> created.getEnvironment()
				.getPropertySources()
				.addFirst(new MapPropertySource("benchmark", all)))
			.run();
		return new Application(context.getBean(DataSource.class), false, context);
	}

	private static Application hikari(Servers servers) {
		HikariDataSource pool = pool("primary", servers.primary(), servers);
		return new Application(pool, false, pool);
	}

	private static Application lazyProxy(Servers servers) {
		HikariDataSource primary = pool("primary", servers.primary(), servers);
		HikariDataSource replica = pool(REPLICA, servers.replicas().get(0), servers);
		LazyConnectionDataSourceProxy proxy = new LazyConnectionDataSourceProxy(primary);
		proxy.setReadOnlyDataSource(replica);
		return new Application(proxy, false, () -> {
			primary.close();
			replica.close();
		});
	}

	/**
	 * The plugin for clusters that are not Aurora's, which finds the replicas in the URL.
	 * Its one pool is for all of them.
	 */
	private static Application aws(Servers servers) {
		HikariDataSource pool = new HikariDataSource();
		pool.setMaximumPoolSize(CONNECTIONS * Math.max(1, servers.replicas().size()));
		pool.setDriverClassName("software.amazon.jdbc.Driver");
		pool.setJdbcUrl("jdbc:aws-wrapper:postgresql://" + servers.hosts() + "/app");
		pool.setUsername(servers.username());
		pool.setPassword(servers.password());
		pool.addDataSourceProperty("wrapperPlugins", "readWriteSplitting");
		pool.addDataSourceProperty("wrapperDialect", "pg");
		pool.addDataSourceProperty("singleWriterConnectionString", "true");
		pool.addDataSourceProperty("readerHostSelectorStrategy", "roundRobin");
		return new Application(pool, false, pool);
	}

	private static Application shardingSphere(Servers servers) throws SQLException {
		Map<String, DataSource> pools = new LinkedHashMap<>();
		pools.put("primary", pool("primary", servers.primary(), servers));
		for (int i = 0; i < servers.replicas().size(); i++) {
			pools.put(REPLICA + i, pool(REPLICA + i, servers.replicas().get(i), servers));
		}
		List<String> replicas = pools.keySet().stream().filter((name) -> name.startsWith(REPLICA)).toList();
		ReadwriteSplittingDataSourceGroupRuleConfiguration group = new ReadwriteSplittingDataSourceGroupRuleConfiguration(
				"app", "primary", replicas, TransactionalReadQueryStrategy.DYNAMIC, "balance");
		ReadwriteSplittingRuleConfiguration splitting = new ReadwriteSplittingRuleConfiguration(List.of(group),
				Map.of("balance", new AlgorithmConfiguration("ROUND_ROBIN", new Properties())));
		DataSource dataSource = ShardingSphereDataSourceFactory.createDataSource("app", pools,
				List.of(splitting, new SingleRuleConfiguration(List.of("*.*.*"), null)), new Properties());
		return new Application(dataSource, false, (AutoCloseable) dataSource);
	}

	private static Application dynamic(Servers servers) {
		DynamicRoutingDataSource dataSource = new DynamicRoutingDataSource(List.of());
		dataSource.setPrimary("primary");
		dataSource.afterPropertiesSet();
		dataSource.addDataSource("primary", pool("primary", servers.primary(), servers));
		for (int i = 0; i < servers.replicas().size(); i++) {
			String name = REPLICA + "_" + i;
			dataSource.addDataSource(name, pool(name, servers.replicas().get(i), servers));
		}
		return new Application(dataSource, !servers.replicas().isEmpty(), dataSource::destroy);
	}

	private static HikariDataSource pool(String name, String url, Servers servers) {
		HikariDataSource pool = new HikariDataSource();
		pool.setPoolName(name);
		pool.setMaximumPoolSize(CONNECTIONS);
		pool.setJdbcUrl(url);
		pool.setUsername(servers.username());
		pool.setPassword(servers.password());
		return pool;
	}

	DataSource dataSource() {
		return this.dataSource;
	}

	/**
	 * A bean of the application.
	 */
	<T> T bean(Class<T> type) {
		return ((ConfigurableApplicationContext) this.owner).getBean(type);
	}

	/**
	 * Makes the current thread work for a caller of whom nothing is remembered, where
	 * anything is.
	 */
	void newCaller() {
		if (this.owner instanceof ConfigurableApplicationContext context) {
			context.getBeanProvider(CallerRecords.class)
				.ifAvailable((records) -> records.bind(records.forRequest(null)));
		}
	}

	/**
	 * Executes a query that returns a number, in a read-only transaction.
	 */
	long read(String sql, Object... arguments) {
		if (this.byHand) {
			DynamicDataSourceContextHolder.push(REPLICA);
		}
		try {
			return this.readOnly.execute((status) -> query(sql, arguments));
		}
		finally {
			if (this.byHand) {
				DynamicDataSourceContextHolder.poll();
			}
		}
	}

	/**
	 * Executes a query that returns a number, in a read-write transaction.
	 */
	long readOnPrimary(String sql, Object... arguments) {
		return this.readWrite.execute((status) -> query(sql, arguments));
	}

	/**
	 * Executes something in a transaction.
	 * @param isReadOnly whether it is read-only
	 */
	long inTransaction(boolean isReadOnly, LongSupplier unit) {
		TransactionTemplate transaction = isReadOnly ? this.readOnly : this.readWrite;
		return transaction.execute((status) -> unit.getAsLong());
	}

	/**
	 * Executes an update in a read-write transaction.
	 */
	int write(String sql, Object... arguments) {
		return this.readWrite.execute((status) -> this.jdbc.update(sql, arguments));
	}

	/**
	 * Reads on the primary several times in one read-write transaction.
	 * @return the sum of the values read
	 */
	long readOnPrimary(List<String> statements, Object argument) {
		return this.readWrite.execute((status) -> {
			long sum = 0;
			for (String sql : statements) {
				sum += query(sql, argument);
			}
			return sum;
		});
	}

	private Long query(String sql, Object... arguments) {
		return this.jdbc.query(sql, (rows) -> rows.next() ? rows.getLong(1) : -1, arguments);
	}

	@Override
	public void close() {
		try {
			this.owner.close();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Beans {

	}

}
