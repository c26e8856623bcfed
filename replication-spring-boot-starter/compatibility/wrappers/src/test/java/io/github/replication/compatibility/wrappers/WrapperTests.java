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

package io.github.replication.compatibility.wrappers;

import java.sql.Connection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

import javax.sql.DataSource;

import com.p6spy.engine.spy.P6DataSource;
import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.instrumentation.jdbc.datasource.JdbcTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import net.ttddyy.dsproxy.QueryCountHolder;
import net.ttddyy.dsproxy.support.ProxyDataSourceBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.PriorityOrdered;
import org.springframework.core.env.MapPropertySource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.util.ClassUtils;

import io.github.replication.jdbc.ReplicationDataSource;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Data sources that other libraries wrap, before the replicas are added and after.
 */
@EmbeddedCluster
@ExtendWith(OutputCaptureExtension.class)
@Tag("long")
class WrapperTests {

	private static final String SERVER = "SELECT current_setting('cluster_name')";

	private static final Class<?> NODE_OF_QUERY = ClassUtils
		.resolveClassName("io.github.replication.documentation.NodeOfQuery", null);

	private final Map<String, Object> properties = new LinkedHashMap<>();

	@Test
	void starterOfDatasourceProxyAndP6spy(PostgresCluster cluster, CapturedOutput output) throws Exception {
		this.properties.put("decorator.datasource.enabled", "true");
		this.properties.put("decorator.datasource.datasource-proxy.query.log-level", "INFO");
		this.properties.put("logging.level.net.ttddyy", "DEBUG");
		try (ConfigurableApplicationContext context = start(cluster)) {
			assertRouted(context);
			assertThat(context.getBean(DataSource.class)).isNotInstanceOf(ReplicationDataSource.class);
			assertThat(output).contains("cluster_name");
		}
	}

	@Test
	void logOfEachQueryNamesItsNode(PostgresCluster cluster, CapturedOutput output) throws Exception {
		this.properties.put("decorator.datasource.enabled", "true");
		this.properties.put("decorator.datasource.datasource-proxy.query.log-level", "INFO");
		this.properties.put("decorator.datasource.datasource-proxy.multiline", "false");
		this.properties.put("decorator.datasource.p6spy.multiline", "false");
		this.properties.put("logging.pattern.console", "<%X{node}> %logger %msg%n");
		try (ConfigurableApplicationContext context = start(cluster, NODE_OF_QUERY)) {
			String server = serverOf(context, true);
			assertThat(serverOf(context, false)).isEqualTo("primary");
			assertThat(server).startsWith("replica-");
			for (String logger : List.of("net.ttddyy.dsproxy", "p6spy")) {
				assertThat(output.toString().lines())
					.filteredOn((line) -> line.contains(SERVER) && line.contains("> " + logger))
					.extracting((line) -> line.substring(1, line.indexOf('>')))
					.containsExactly(server, "primary");
			}
		}
	}

	@Test
	void spanOfOpenTelemetryNamesItsNode(PostgresCluster cluster) throws Exception {
		try (ConfigurableApplicationContext context = start(cluster, TelemetryAfter.class, NODE_OF_QUERY)) {
			InMemorySpanExporter spans = context.getBean(InMemorySpanExporter.class);
			for (boolean readOnly : List.of(true, false)) {
				spans.reset();
				String server = serverOf(context, readOnly);
				assertThat(spans.getFinishedSpanItems()
					.stream()
					.filter((span) -> String.valueOf(span.getAttributes().asMap()).contains("current_setting")))
					.singleElement()
					.extracting((span) -> span.getAttributes().get(AttributeKey.stringKey("replication.node")))
					.isEqualTo(server);
			}
		}
	}

	@Test
	void starterOfDatasourceMicrometer(PostgresCluster cluster) throws Exception {
		this.properties.put("jdbc.datasource-proxy.enabled", "true");
		try (ConfigurableApplicationContext context = start(cluster, Observed.class)) {
			TestObservationRegistry observations = context.getBean(TestObservationRegistry.class);
			assertRouted(context);
			observations.clear();
			String server = serverOf(context, true);
			assertThat(server).startsWith("replica-");
			assertThat(observations).hasAnObservation((observation) -> observation.hasNameEqualTo("jdbc.query")
				.hasHighCardinalityKeyValue("replication.node", server)
				.hasHighCardinalityKeyValue("replication.reason", "READ_ONLY"));
		}
	}

	@Test
	void eachQueryOfATransactionNamesItsNode(PostgresCluster cluster) throws Exception {
		this.properties.put("jdbc.datasource-proxy.enabled", "true");
		try (ConfigurableApplicationContext context = start(cluster, Observed.class)) {
			TestObservationRegistry observations = context.getBean(TestObservationRegistry.class);
			JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
			TransactionTemplate inner = new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
			inner.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
			TransactionTemplate outer = new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
			outer.setReadOnly(true);
			observations.clear();
			List<String> servers = outer.execute((status) -> List.of(server(jdbc),
					String.valueOf((Object) inner.execute((another) -> server(jdbc))), server(jdbc)));
			assertThat(servers.get(0)).startsWith("replica-").isEqualTo(servers.get(2));
			assertThat(servers.get(1)).isEqualTo("primary");
			for (String server : Set.copyOf(servers)) {
				assertThat(observations).hasNumberOfObservationsWithNameEqualTo("jdbc.query", 3)
					.hasHandledContextsThatSatisfy((contexts) -> assertThat(contexts)
						.filteredOn((one) -> "jdbc.query".equals(one.getName()) && one.getHighCardinalityKeyValues()
							.stream()
							.anyMatch((value) -> value.getKey().equals("replication.node")
									&& value.getValue().equals(server)))
						.hasSize(Collections.frequency(servers, server)));
			}
		}
	}

	/**
	 * A prepared statement is routed before it is executed.
	 */
	private static String server(JdbcTemplate jdbc) {
		return String.valueOf(jdbc.queryForObject("SELECT current_setting(?)", String.class, "cluster_name"));
	}

	@ParameterizedTest
	@ValueSource(classes = { ProxyBefore.class, P6spyBefore.class, TelemetryBefore.class })
	void wrapperThatTheApplicationDefines(Class<?> configuration, PostgresCluster cluster) throws Exception {
		try (ConfigurableApplicationContext context = start(cluster, configuration)) {
			assertRouted(context);
			assertThat(context.getBean(DataSource.class)).isInstanceOf(ReplicationDataSource.class);
		}
	}

	@ParameterizedTest
	@ValueSource(classes = { ProxyAfter.class, P6spyAfter.class, TelemetryAfter.class })
	void wrapperAroundTheReplicas(Class<?> configuration, PostgresCluster cluster) throws Exception {
		try (ConfigurableApplicationContext context = start(cluster, configuration)) {
			assertRouted(context);
			assertThat(context.getBean(DataSource.class)).isNotInstanceOf(ReplicationDataSource.class);
		}
	}

	@ParameterizedTest
	@ValueSource(classes = { ProxyEarly.class, TelemetryEarly.class })
	void wrapperOfAnEarlyPostProcessor(Class<?> configuration, PostgresCluster cluster) throws Exception {
		try (ConfigurableApplicationContext context = start(cluster, configuration)) {
			assertRouted(context);
			assertThat(context.getBean(DataSource.class)).isInstanceOf(ReplicationDataSource.class);
		}
	}

	@Test
	void statementsAreCountedOnceOnEachNode(PostgresCluster cluster) throws Exception {
		try (ConfigurableApplicationContext context = start(cluster, ProxyAfter.class)) {
			serverOf(context, true);
			QueryCountHolder.clear();
			serverOf(context, true);
			assertThat(QueryCountHolder.getGrandTotal().getSelect()).isEqualTo(1);
			QueryCountHolder.clear();
			serverOf(context, false);
			assertThat(QueryCountHolder.getGrandTotal().getSelect()).isEqualTo(1);
		}
	}

	@Test
	void wrapperBetweenTheReplicasAndThePoolSeesThePrimaryAlone(PostgresCluster cluster) throws Exception {
		try (ConfigurableApplicationContext context = start(cluster, ProxyBefore.class)) {
			serverOf(context, true);
			serverOf(context, false);
			QueryCountHolder.clear();
			serverOf(context, true);
			assertThat(QueryCountHolder.getGrandTotal().getSelect()).isZero();
			serverOf(context, false);
			assertThat(QueryCountHolder.getGrandTotal().getSelect()).isEqualTo(1);
		}
	}

	@Test
	void spansOfOpenTelemetryCoverEachStatementOnce(PostgresCluster cluster) throws Exception {
		try (ConfigurableApplicationContext context = start(cluster, TelemetryAfter.class)) {
			InMemorySpanExporter spans = context.getBean(InMemorySpanExporter.class);
			serverOf(context, true);
			spans.reset();
			serverOf(context, true);
			assertThat(spans.getFinishedSpanItems()
				.stream()
				.filter((span) -> String.valueOf(span.getAttributes().asMap()).contains("current_setting"))).hasSize(1);
		}
	}

	private static void assertRouted(ConfigurableApplicationContext context) throws Exception {
		assertThat(serverOf(context, false)).isEqualTo("primary");
		assertThat(serverOf(context, true)).startsWith("replica-");
		assertThat(context.getBean(JdbcTemplate.class).queryForObject(SERVER, String.class)).isEqualTo("primary");
		assertThat(serverOf(context, true)).startsWith("replica-");
		DataSource dataSource = context.getBean(DataSource.class);
		assertThat(dataSource.unwrap(HikariDataSource.class).getJdbcUrl())
			.isEqualTo(context.getEnvironment().getProperty("spring.datasource.url"));
		assertThat(dataSource.unwrap(ReplicationDataSource.class).isWrapperFor(ReplicationDataSource.class)).isTrue();
		try (Connection connection = dataSource.getConnection()) {
			assertThat(connection.isReadOnly()).isFalse();
			assertThat(connection.getMetaData().getDatabaseProductName()).isEqualTo("PostgreSQL");
		}
	}

	private static String serverOf(ConfigurableApplicationContext context, boolean readOnly) {
		TransactionTemplate transaction = new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
		transaction.setReadOnly(readOnly);
		return transaction
			.execute((status) -> context.getBean(JdbcTemplate.class).queryForObject(SERVER, String.class));
	}

	private ConfigurableApplicationContext start(PostgresCluster cluster, Class<?>... sources) {
		this.properties.put("spring.main.banner-mode", "off");
		this.properties.putIfAbsent("decorator.datasource.enabled", "false");
		this.properties.putIfAbsent("jdbc.datasource-proxy.enabled", "false");
		this.properties.put("spring.datasource.url", cluster.primary().jdbcUrl());
		this.properties.put("spring.datasource.username", cluster.username());
		this.properties.put("spring.datasource.password", cluster.password());
		this.properties.put("replication.monitor.timeout", "10s");
		this.properties.put("replication.monotonic-reads", "false");
		this.properties.put("replication.read-your-writes.mode", "off");
		for (PostgresNode replica : cluster.replicas()) {
			this.properties.put("replication.replicas." + replica.name() + ".url", replica.jdbcUrl());
			this.properties.put("replication.replicas." + replica.name() + ".hikari.connection-timeout", "10000");
		}
		return new SpringApplicationBuilder(Base.class).sources(sources)
			.web(WebApplicationType.NONE)
			.properties(this.properties)
			.initializers((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new MapPropertySource("test", this.properties)))
			.run();
	}

	private static HikariDataSource pool(DataSourceProperties properties) {
		return properties.initializeDataSourceBuilder().type(HikariDataSource.class).build();
	}

	private static DataSource proxy(DataSource dataSource) {
		return ProxyDataSourceBuilder.create(dataSource).countQuery().build();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Base {

	}

	@Configuration(proxyBeanMethods = false)
	static class Observed {

		@Bean
		TestObservationRegistry observationRegistry() {
			return TestObservationRegistry.create();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ProxyBefore {

		@Bean
		DataSource dataSource(DataSourceProperties properties) {
			return proxy(pool(properties));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class P6spyBefore {

		@Bean
		DataSource dataSource(DataSourceProperties properties) {
			return new P6DataSource(pool(properties));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TelemetryBefore extends Telemetry {

		@Bean
		DataSource dataSource(DataSourceProperties properties, OpenTelemetrySdk sdk) {
			return JdbcTelemetry.create(sdk).wrap(pool(properties));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ProxyAfter {

		@Bean
		static Wrapping wrapping() {
			return new Wrapping(WrapperTests::proxy);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class P6spyAfter {

		@Bean
		static Wrapping wrapping() {
			return new Wrapping(P6DataSource::new);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TelemetryAfter extends Telemetry {

		@Bean
		static Wrapping wrapping(OpenTelemetrySdk sdk) {
			return new Wrapping((dataSource) -> JdbcTelemetry.create(sdk).wrap(dataSource));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ProxyEarly {

		@Bean
		static EarlyWrapping wrapping() {
			return new EarlyWrapping(WrapperTests::proxy);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TelemetryEarly extends Telemetry {

		@Bean
		static EarlyWrapping wrapping(OpenTelemetrySdk sdk) {
			return new EarlyWrapping((dataSource) -> JdbcTelemetry.create(sdk).wrap(dataSource));
		}

	}

	static class Telemetry {

		@Bean
		static InMemorySpanExporter spans() {
			return InMemorySpanExporter.create();
		}

		@Bean
		static OpenTelemetrySdk sdk(InMemorySpanExporter spans) {
			return OpenTelemetrySdk.builder()
				.setTracerProvider(
						SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(spans)).build())
				.build();
		}

	}

	/**
	 * Wraps data sources, as Spring Boot's and other libraries' post-processors do.
	 *
	 * @param wrapper makes the wrapper
	 */
	record Wrapping(UnaryOperator<DataSource> wrapper) implements BeanPostProcessor, Ordered {

		@Override
		public Object postProcessAfterInitialization(Object bean, String beanName) {
			return (bean instanceof DataSource dataSource) ? this.wrapper.apply(dataSource) : bean;
		}

		@Override
		public int getOrder() {
			return LOWEST_PRECEDENCE;
		}

	}

	/**
	 * The same before other post-processors.
	 *
	 * @param wrapper makes the wrapper
	 */
	record EarlyWrapping(UnaryOperator<DataSource> wrapper) implements BeanPostProcessor, PriorityOrdered {

		@Override
		public Object postProcessAfterInitialization(Object bean, String beanName) {
			return (bean instanceof DataSource dataSource) ? this.wrapper.apply(dataSource) : bean;
		}

		@Override
		public int getOrder() {
			return HIGHEST_PRECEDENCE;
		}

	}

}
