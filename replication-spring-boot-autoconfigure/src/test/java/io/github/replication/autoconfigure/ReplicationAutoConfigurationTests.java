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

import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

import javax.net.ssl.SSLContext;
import javax.sql.DataSource;

import com.jayway.jsonpath.JsonPath;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariCredentialsProvider;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.Driver;

import org.springframework.aop.support.AopUtils;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.health.autoconfigure.actuate.endpoint.HealthEndpointAutoConfiguration;
import org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.init.DataSourceScriptDatabaseInitializer;
import org.springframework.boot.sql.init.DatabaseInitializationSettings;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.test.util.ReflectionTestUtils;
import org.springframework.util.Assert;
import org.springframework.web.filter.OncePerRequestFilter;

import io.github.replication.ReadOnly;
import io.github.replication.ReplicationCluster;
import io.github.replication.WriteRecord;
import io.github.replication.balance.LeastConnectionsLoadBalancer;
import io.github.replication.balance.LoadBalancer;
import io.github.replication.balance.RoundRobinLoadBalancer;
import io.github.replication.caller.CallerRecords;
import io.github.replication.interceptor.RouteAdvisor;
import io.github.replication.jdbc.ReplicationDataSource;
import io.github.replication.node.Cluster;
import io.github.replication.node.Node;
import io.github.replication.node.ReplicaPoolCustomizer;
import io.github.replication.position.SessionGuarantee;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Beans, and what replaces them. No connection is opened: the hosts do not exist.
 */
@ExtendWith(OutputCaptureExtension.class)
class ReplicationAutoConfigurationTests {

	private static final String REPLICA = "replication.replicas.replica-1.url=jdbc:postgresql://pg-2/app";

	private static final String SSL_FACTORY = "spring.datasource.hikari.data-source-properties.sslfactory="
			+ SslBundleSocketFactory.class.getName();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, ReplicationAutoConfiguration.class))
		.withPropertyValues("spring.datasource.url=jdbc:postgresql://pg-1/app", "spring.datasource.username=app",
				"spring.datasource.password=secret");

	@Test
	void withoutReplicaThereIsNoBeanAndNoLog(CapturedOutput output) {
		ApplicationContextRunner all = this.runner
			.withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, ReplicationSslAutoConfiguration.class,
					ReplicationActuatorAutoConfiguration.class, ReplicationMetricsAutoConfiguration.class));
		all.run((context) -> {
			assertThat(context).getBean(DataSource.class).isExactlyInstanceOf(HikariDataSource.class);
			assertThat(context).hasSingleBean(SslBundles.class);
			assertThat(context.getBeanDefinitionNames()).noneMatch((name) -> name.contains("eplication"));
			assertThat(context).doesNotHaveBean(RouteAdvisor.class).doesNotHaveBean(WriteRecord.class);
		});
		assertThat(output).doesNotContain("eplica");
	}

	@Test
	void processedAheadOfTimeItIsDecidedAtTheStartWhetherThereIsAReplica() {
		this.runner.withSystemProperties("spring.aot.processing=true").run((context) -> {
			assertThat(context).hasNotFailed().hasSingleBean(RouteAdvisor.class);
			assertThat(context).getBean(DataSource.class).isExactlyInstanceOf(HikariDataSource.class);
			assertThat(context.getBean(ReplicationCluster.class).nodes()).isEmpty();
			assertThatIllegalStateException()
				.isThrownBy(() -> context.getBean(ReplicationCluster.class).drain("replica-1"))
				.withMessage("No replica was configured when the application was started");
		});
	}

	@Test
	void processedAheadOfTimeReplicasAreDisabledAtTheStart(CapturedOutput output) {
		ApplicationContextRunner disabled = this.runner.withSystemProperties("spring.aot.processing=true")
			.withPropertyValues(REPLICA, "replication.enabled=false", "replication.max-lag=30");
		disabled.run((context) -> {
			assertThat(context).hasNotFailed().hasSingleBean(RouteAdvisor.class);
			assertThat(context).getBean(DataSource.class).isExactlyInstanceOf(HikariDataSource.class);
			assertThat(context.getBean(ReplicationCluster.class).nodes()).isEmpty();
		});
		disabled.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class))
			.withUserConfiguration(Reports.class)
			.run((context) -> assertThat(AopUtils.isAopProxy(context.getBean("reports"))).isTrue());
		assertThat(output).doesNotContain(" WARN ");
	}

	@Test
	void disabledThereIsNoBean() {
		this.runner.withPropertyValues(REPLICA, "replication.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(RouteAdvisor.class)
				.getBean(DataSource.class)
				.isExactlyInstanceOf(HikariDataSource.class));
	}

	@Test
	void withReplicaTheDataSourceRoutesAndUnwrapsToThePrimary() {
		this.runner.withPropertyValues(REPLICA).run((context) -> {
			DataSource dataSource = context.getBean(DataSource.class);
			assertThat(dataSource).isInstanceOf(ReplicationDataSource.class);
			assertThat(dataSource.unwrap(HikariDataSource.class).getJdbcUrl()).isEqualTo("jdbc:postgresql://pg-1/app");
			assertThat(context).hasSingleBean(WriteRecord.class).hasSingleBean(RouteAdvisor.class);
			assertThat(context.getBean(LoadBalancer.class)).isInstanceOf(LeastConnectionsLoadBalancer.class);
		});
	}

	@Test
	void connectionIsHandedOutWithoutAServer() {
		this.runner.withPropertyValues(REPLICA).run((context) -> {
			try (var connection = context.getBean(DataSource.class).getConnection()) {
				assertThat(connection.isReadOnly()).isFalse();
				assertThat(connection.getAutoCommit()).isTrue();
			}
			assertThat(context.getBean(DataSource.class).unwrap(HikariDataSource.class).isRunning()).isFalse();
		});
	}

	@Test
	void poolOfThePrimaryIsLeftAlone() {
		AtomicReference<Map<String, Object>> before = new AtomicReference<>();
		this.runner.withPropertyValues("spring.datasource.hikari.data-source-properties.tcpKeepAlive=true")
			.run((context) -> before.set(settings(context.getBean(HikariDataSource.class))));
		this.runner
			.withPropertyValues(REPLICA, "spring.datasource.hikari.data-source-properties.tcpKeepAlive=true",
					"replication.replicas.replica-1.hikari.data-source-properties.prepareThreshold=1")
			.run((context) -> assertThat(settings(context.getBean(DataSource.class).unwrap(HikariDataSource.class)))
				.isEqualTo(before.get()));
	}

	private static Map<String, Object> settings(HikariDataSource pool) {
		return Map.of("size", pool.getMaximumPoolSize(), "timeout", pool.getConnectionTimeout(), "readOnly",
				pool.isReadOnly(), "validation", pool.getValidationTimeout(), "properties",
				Map.copyOf(pool.getDataSourceProperties()), "fail", pool.getInitializationFailTimeout());
	}

	@Test
	void readPoolsAreDerivedFromThePrimarysPool() {
		Seen seen = new Seen();
		this.runner.withPropertyValues(REPLICA, "spring.datasource.hikari.maximum-pool-size=7",
				"spring.datasource.hikari.data-source-properties.options=-c work_mem=8MB",
				"replication.replicas.replica-1.username=reader",
				"replication.replicas.replica-1.hikari.maximum-pool-size=20",
				"replication.replicas.replica-1.hikari.data-source-properties.prepareThreshold=1",
				"replication.replicas.replica-2.url=jdbc:postgresql://pg-3/app?options=-c%20work_mem%3D9MB&ssl=false")
			.withBean(ReplicaPoolCustomizer.class, () -> seen)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(seen.pools).extracting("node")
					.containsExactlyInAnyOrder("replica-1", "replica-2", "primary");
				Seen.Pool first = seen.pool("replica-1");
				assertThat(first.size()).isEqualTo(20);
				assertThat(first.timeout()).isEqualTo(1000);
				assertThat(first.validation()).isEqualTo(500);
				assertThat(first.failTimeout()).isNegative();
				assertThat(first.username()).isEqualTo("reader");
				assertThat(first.properties()).containsEntry("prepareThreshold", "1")
					.containsEntry("options", "-c work_mem=8MB");
				assertThat(seen.pool("replica-2").username()).isEqualTo("app");
				assertThat(seen.pool("replica-2").properties()).doesNotContainKey("prepareThreshold");
				Seen.Pool primary = seen.pool("primary");
				assertThat(primary.size()).isEqualTo(3);
				assertThat(primary.minimumIdle()).isZero();
			});
	}

	@Test
	void parametersInThePrimarysUrlReachTheReplicas() {
		Seen seen = new Seen();
		this.runner
			.withPropertyValues(
					"spring.datasource.url=jdbc:postgresql://pg-1/app?sslmode=verify-full&options=-c%20work_mem%3D8MB"
							+ "&targetServerType=primary&connectTimeout=30",
					"spring.datasource.hikari.data-source-properties.sslmode=require", REPLICA,
					"replication.replicas.replica-2.url=jdbc:postgresql://pg-3/app",
					"replication.replicas.replica-2.hikari.data-source-properties.sslmode=disable")
			.withBean(ReplicaPoolCustomizer.class, () -> seen)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(seen.pool("replica-1").properties()).containsEntry("sslmode", "verify-full")
					.containsEntry("options", "-c work_mem=8MB")
					.doesNotContainKeys("targetServerType", "connectTimeout");
				assertThat(seen.pool("replica-2").properties()).containsEntry("sslmode", "disable");
			});
	}

	@Test
	void credentialsInThePrimarysUrlAreThoseOfReplicasWithoutOwnOnes() {
		Seen seen = new Seen();
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(DataSourceAutoConfiguration.class, ReplicationAutoConfiguration.class))
			.withPropertyValues(
					"spring.datasource.url=jdbc:postgresql://pg-1/app?user=app&password=secret&socketFactory=to.Pg1&sslmode=disable",
					REPLICA, "replication.replicas.replica-2.url=jdbc:postgresql://pg-3/app",
					"replication.replicas.replica-2.username=reader")
			.withBean(ReplicaPoolCustomizer.class, () -> seen)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(seen.pool("replica-1").username()).isEqualTo("app");
				assertThat(seen.pool("replica-2").username()).isEqualTo("reader");
				assertThat(seen.pool("replica-2").properties()).doesNotContainKeys("user", "password", "socketFactory",
						"sslmode");
			});
	}

	@Test
	void propertyThatCannotBeReadIsNoneOfOurs() {
		this.runner
			.withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, ReplicationSslAutoConfiguration.class))
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new UnreadableSource("broker.port", "broker.url")))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	/**
	 * As of a container that was not started.
	 */
	static class UnreadableSource extends EnumerablePropertySource<List<String>> {

		UnreadableSource(String... names) {
			super("unreadable", List.of(names));
		}

		@Override
		public String[] getPropertyNames() {
			return this.source.toArray(String[]::new);
		}

		@Override
		public @Nullable Object getProperty(String name) {
			if (this.source.contains(name)) {
				throw new IllegalStateException("The container is not started");
			}
			return null;
		}

	}

	@Test
	void credentialsOfAReplicaTakePrecedenceOverTheProviderOfThePrimary() {
		Seen seen = new Seen();
		this.runner
			.withPropertyValues(
					"spring.datasource.hikari.credentials-provider-class-name=" + VaultCredentials.class.getName(),
					REPLICA, "replication.replicas.replica-1.username=reader",
					"replication.replicas.replica-2.url=jdbc:postgresql://pg-3/app",
					"replication.replicas.replica-2.hikari.password=hidden",
					"replication.replicas.replica-3.url=jdbc:postgresql://pg-4/app")
			.withBean(ReplicaPoolCustomizer.class, () -> seen)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(seen.pool("replica-1").provided()).isFalse();
				assertThat(seen.pool("replica-2").provided()).isFalse();
				assertThat(seen.pool("replica-3").provided()).isTrue();
			});
	}

	@ParameterizedTest
	@CsvSource({ "org.apache.commons.dbcp2.BasicDataSource, dbcp2", "org.apache.tomcat.jdbc.pool.DataSource, tomcat" })
	void autoCommitIsThatOfAnyPool(String type, String prefix) {
		this.runner
			.withPropertyValues(REPLICA, "spring.datasource.type=" + type,
					"spring.datasource." + prefix + ".default-auto-commit=false")
			.run((context) -> {
				try (Connection connection = context.getBean(DataSource.class).getConnection()) {
					assertThat(connection.getAutoCommit()).isFalse();
				}
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "com.zaxxer.hikari.HikariDataSource", "org.apache.commons.dbcp2.BasicDataSource",
			"org.apache.tomcat.jdbc.pool.DataSource" })
	void credentialsAreThoseOfAnyPool(String type) {
		Seen seen = new Seen();
		this.runner
			.withPropertyValues(REPLICA, "spring.datasource.type=" + type, "spring.datasource.username=app",
					"spring.datasource.password=secret")
			.withBean(ReplicaPoolCustomizer.class, () -> seen)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(seen.pool("replica-1").username()).isEqualTo("app");
				assertThat(seen.pool("replica-1").password()).isEqualTo("secret");
			});
	}

	@Test
	void writesCountForAllUntilTheApplicationHasStarted() {
		this.runner.withPropertyValues(REPLICA).withUserConfiguration(Starting.class).run((context) -> {
			Starting starting = context.getBean(Starting.class);
			assertThat(starting.countedBefore).as("before anything was written").isFalse();
			assertThat(starting.counted).as("after the start of a child").isTrue();
		});
	}

	@Test
	void writesOfALazyApplicationThatHasStartedDoNotCountForAll() {
		this.runner.withPropertyValues(REPLICA)
			.withInitializer(
					(context) -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
			.run((context) -> {
				assertThat(context.getBeanFactory().containsSingleton("dataSource")).isFalse();
				context.getBean(DataSource.class);
				assertThat(countsForAll(context.getBean(ClusterFactory.class).cluster())).isFalse();
			});
	}

	@Test
	void migrationOfALazyApplicationCountsOnce() {
		this.runner.withPropertyValues(REPLICA)
			.withInitializer(
					(context) -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
			.withPropertyValues("spring.sql.init.username=owner")
			.withBean(DataSourceScriptDatabaseInitializer.class, ReplicationAutoConfigurationTests::ofTheOwner)
			.run((context) -> {
				context.getBean(DataSourceScriptDatabaseInitializer.class);
				assertThat(context.getBeanFactory().containsSingleton("dataSource")).isFalse();
				context.getBean(DataSource.class);
				assertThat(
						context.getBean(ClusterFactory.class).cluster().positions().areRequired(SessionGuarantee.NONE))
					.isTrue();
			});
	}

	private static DataSourceScriptDatabaseInitializer ofTheOwner() {
		return new DataSourceScriptDatabaseInitializer(new SimpleDriverDataSource(),
				new DatabaseInitializationSettings());
	}

	/**
	 * Whether a write of anybody is one that all reads must see.
	 */
	private static boolean countsForAll(Cluster cluster) {
		cluster.wrote(false);
		return cluster.positions().areRequired(SessionGuarantee.NONE);
	}

	@Test
	void primaryDataSourceOfSeveralGetsTheReplicas() {
		this.runner.withPropertyValues(REPLICA).withUserConfiguration(TwoDataSources.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean("orders")).isInstanceOf(ReplicationDataSource.class);
			assertThat(context.getBean("archive")).isExactlyInstanceOf(SimpleDriverDataSource.class);
		});
	}

	@Test
	void namedDataSourceOfSeveralGetsTheReplicas() {
		this.runner.withPropertyValues(REPLICA, "replication.data-source=archive")
			.withUserConfiguration(TwoDataSources.class)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean("archive")).isInstanceOf(ReplicationDataSource.class);
				assertThat(context.getBean("orders")).isExactlyInstanceOf(SimpleDriverDataSource.class);
			});
	}

	@Test
	void severalDataSourcesWithoutAPrimaryOneStopTheStart() {
		this.runner.withPropertyValues(REPLICA)
			.withUserConfiguration(TwoEqualDataSources.class)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOf(InvalidReplicationConfigurationException.class)
				.hasMessageContaining("[orders, archive]")
				.hasMessageContaining("@Primary"));
	}

	@Test
	void loadBalancerBeanReplacesTheConfiguredOne() {
		LoadBalancer own = new LoadBalancer() {

			@Override
			public <N extends Node> N choose(List<N> candidates) {
				return candidates.get(0);
			}

		};
		this.runner.withPropertyValues(REPLICA, "replication.load-balancer=random")
			.withBean("own", LoadBalancer.class, () -> own)
			.run((context) -> assertThat(context).getBean(LoadBalancer.class).isSameAs(own));
		this.runner.withPropertyValues(REPLICA, "replication.load-balancer=round-robin")
			.run((context) -> assertThat(context).getBean(LoadBalancer.class)
				.isInstanceOf(RoundRobinLoadBalancer.class));
	}

	@Test
	void connectionDetailsNameTheReplicas() {
		this.runner
			.withBean(ReplicationConnectionDetails.class,
					() -> () -> Map.of("standby",
							new ReplicationConnectionDetails.Node("jdbc:postgresql://pg-9/app", null, null)))
			.run((context) -> assertThat(context).hasNotFailed()
				.getBean(DataSource.class)
				.isInstanceOf(ReplicationDataSource.class));
	}

	@Test
	void requestsGetARecordOfTheirOwn() {
		new WebApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(DataSourceAutoConfiguration.class, ReplicationAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=jdbc:postgresql://pg-1/app", REPLICA)
			.run((context) -> assertThat(context.getBean(FilterRegistrationBean.class).getOrder())
				.isLessThan(Integer.MIN_VALUE + 50));
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void processedAheadOfTimeRequestsGetARecordIfReplicasAreEnabledAtTheStart(boolean enabled) {
		new WebApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(DataSourceAutoConfiguration.class, ReplicationAutoConfiguration.class))
			.withSystemProperties("spring.aot.processing=true")
			.withPropertyValues("spring.datasource.url=jdbc:postgresql://pg-1/app", REPLICA,
					"replication.read-your-writes.carrier=user", "replication.enabled=" + enabled)
			.run((context) -> assertThat(context.getBean(FilterRegistrationBean.class).isEnabled()).isEqualTo(enabled));
	}

	@Test
	void startsWithoutSpringWeb() {
		this.runner.withClassLoader(new FilteredClassLoader(OncePerRequestFilter.class))
			.withPropertyValues(REPLICA)
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(CallerRecords.class));
	}

	@Test
	void nativeImageKeepsWhatIsReflectedOn() {
		RuntimeHints hints = new RuntimeHints();
		new ReplicationRuntimeHints().registerHints(hints, getClass().getClassLoader());
		assertThat(RuntimeHintsPredicates.proxies().forInterfaces(DatabaseMetaData.class)).accepts(hints);
		assertThat(RuntimeHintsPredicates.reflection()
			.onConstructorInvocation(SslBundleSocketFactory.class.getConstructors()[0])).accepts(hints);
	}

	@ParameterizedTest
	@ValueSource(strings = { "io.micrometer", "org.springframework.boot.actuate",
			"org.springframework.boot.health.contributor", "org.springframework.data.redis", "org.springframework.web",
			"jakarta.servlet", "org.postgresql.ssl", "org.springframework.boot.docker", "org.hibernate",
			"jakarta.persistence", "org.springframework.boot.hibernate", "org.springframework.cache.transaction" })
	void startsWithoutAnOptionalLibrary(String library) {
		this.runner
			.withConfiguration(AutoConfigurations.of(ReplicationActuatorAutoConfiguration.class,
					ReplicationMetricsAutoConfiguration.class, ReplicationSslAutoConfiguration.class))
			.withBean(SslBundles.class, () -> mock())
			.withClassLoader(new FilteredClassLoader(library))
			.withPropertyValues(REPLICA, "replication.read-your-writes.carrier=user")
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(CallerRecords.class)
				.getBean(DataSource.class)
				.isInstanceOf(ReplicationDataSource.class));
	}

	@Test
	void healthGroupNamesTheReplicasWhereThereAreSomeOrMembersAreNotValidated() {
		ApplicationContextRunner grouped = this.runner
			.withConfiguration(AutoConfigurations.of(HealthContributorRegistryAutoConfiguration.class,
					HealthEndpointAutoConfiguration.class, ReplicationActuatorAutoConfiguration.class))
			.withPropertyValues("management.endpoint.health.group.readiness.include=replication");
		grouped.withPropertyValues(REPLICA).run((context) -> assertThat(context).hasNotFailed());
		grouped.run((context) -> assertThat(context).getFailure().hasMessageContaining("'replication'"));
		grouped.withPropertyValues("management.endpoint.health.validate-group-membership=false")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void bundlesOfEachApplicationAreKnownWhileItRuns() throws Exception {
		SslBundles bundles = bundles();
		SslBundles others = mock();
		given(others.getBundleNames()).willReturn(List.of());
		ApplicationContextRunner replicated = this.runner.withPropertyValues(REPLICA);
		replicated.withBean(SslBundles.class, () -> bundles)
			.run((context) -> replicated.withBean(SslBundles.class, () -> others)
				.run((other) -> assertThat(new SslBundleSocketFactory("nodes").getSupportedCipherSuites())
					.isNotEmpty()));
		assertThatIllegalStateException().isThrownBy(() -> new SslBundleSocketFactory("nodes"));
	}

	/**
	 * A filtered class loader leaves it to its parent to load the condition.
	 */
	@Test
	void conditionOfBundlesIsLoadedWithoutTheDriver() throws Exception {
		URL[] urls = Stream
			.of(OnSslBundleCondition.class, SpringBootCondition.class, Condition.class, ListableBeanFactory.class,
					Assert.class, LogFactory.class)
			.map((type) -> type.getProtectionDomain().getCodeSource().getLocation())
			.toArray(URL[]::new);
		try (URLClassLoader withoutDriver = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
			Class<?> condition = Class.forName(OnSslBundleCondition.class.getName(), true, withoutDriver);
			assertThat(condition).isNotSameAs(OnSslBundleCondition.class);
			assertThat(ReflectionTestUtils.getField(condition, "FACTORY"))
				.isEqualTo(SslBundleSocketFactory.class.getName());
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "replication.enabled=true", "replication.enabled=false" })
	void bundlesAreKnownToAPoolThatConnectsWhenItIsCreated(String enabled) throws Exception {
		SslBundles bundles = bundles();
		this.runner.withConfiguration(AutoConfigurations.of(ReplicationSslAutoConfiguration.class))
			.withPropertyValues(REPLICA, enabled, SSL_FACTORY)
			.withBean(ConnectingPool.class)
			.withBean(SslBundles.class, () -> bundles)
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(DataSource.class));
		assertThatIllegalStateException().isThrownBy(() -> new SslBundleSocketFactory("nodes"));
	}

	@Test
	void bundlesAreKnownWithoutReplicas() throws Exception {
		SslBundles bundles = bundles();
		this.runner.withConfiguration(AutoConfigurations.of(ReplicationSslAutoConfiguration.class))
			.withPropertyValues(SSL_FACTORY)
			.withBean(SslBundles.class, () -> bundles)
			.run((context) -> assertThat(new SslBundleSocketFactory("nodes").getSupportedCipherSuites()).isNotEmpty());
		assertThatIllegalStateException().isThrownBy(() -> new SslBundleSocketFactory("nodes"));
	}

	@Test
	void bundlesThatNeedTheDataSourceAreKnownOnceBothExist() throws Exception {
		SslBundles bundles = bundles();
		this.runner.withConfiguration(AutoConfigurations.of(ReplicationSslAutoConfiguration.class))
			.withPropertyValues(SSL_FACTORY)
			.withInitializer((context) -> ((GenericApplicationContext) context).registerBean(SslBundles.class, () -> {
				context.getBean(DataSource.class);
				return bundles;
			}))
			.run((context) -> assertThat(new SslBundleSocketFactory("nodes").getSupportedCipherSuites()).isNotEmpty());
	}

	private static SslBundles bundles() throws Exception {
		SslBundle bundle = mock();
		given(bundle.createSslContext()).willReturn(SSLContext.getDefault());
		SslBundles bundles = mock();
		given(bundles.getBundleNames()).willReturn(List.of("nodes"));
		given(bundles.getBundle("nodes")).willReturn(bundle);
		return bundles;
	}

	@Test
	void groupOfDiscoveredReplicasIsKnown(CapturedOutput output) {
		this.runner.withUserConfiguration(Reports.class)
			.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class))
			.withPropertyValues(REPLICA, "replication.discovery.url=jdbc:postgresql://127.0.0.1:1/app",
					"replication.discovery.group=reports")
			.run((context) -> assertThat(AopUtils.isAopProxy(context.getBean("reports"))).isTrue());
		assertThat(output).contains("the group 'misspelt'").doesNotContain("the group 'reports'");
	}

	@Test
	void everyPropertyHasADescription() throws Exception {
		try (InputStream metadata = getClass().getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
			List<Map<String, Object>> properties = JsonPath.<List<Map<String, Object>>>read(metadata, "$.properties")
				.stream()
				.filter((property) -> property.get("name").toString().startsWith("replication."))
				.toList();
			assertThat(properties).hasSizeGreaterThan(30)
				.allSatisfy((property) -> assertThat(property.get("description")).as("%s", property.get("name"))
					.asString()
					.matches("[A-Z0-9].*\\."));
		}
	}

	/**
	 * Needs the bundle as a connection does.
	 */
	static class ConnectingPool extends SimpleDriverDataSource {

		ConnectingPool() {
			super(new Driver(), "jdbc:postgresql://pg-1/app", "app", "secret");
			assertThat(new SslBundleSocketFactory("nodes").getSupportedCipherSuites()).isNotEmpty();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Reports {

		@Bean
		Report reports() {
			return new Report();
		}

	}

	static class Report {

		@ReadOnly(group = "reports")
		public void known() {
		}

		@ReadOnly(group = "misspelt")
		public void unknown() {
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoDataSources {

		@Bean
		@Primary
		DataSource orders() {
			return new SimpleDriverDataSource(new Driver(), "jdbc:postgresql://pg-5/app", "app", "x");
		}

		@Bean
		DataSource archive() {
			return new SimpleDriverDataSource(new Driver(), "jdbc:postgresql://pg-6/app", "app", "x");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoEqualDataSources {

		@Bean
		DataSource orders() {
			return new SimpleDriverDataSource(new Driver(), "jdbc:postgresql://pg-5/app", "app", "x");
		}

		@Bean
		DataSource archive() {
			return new SimpleDriverDataSource(new Driver(), "jdbc:postgresql://pg-6/app", "app", "x");
		}

	}

	/**
	 * Writes while the application starts, after a child of its context has started.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Starting implements SmartInitializingSingleton {

		private final ApplicationContext context;

		private final ClusterFactory clusterFactory;

		private boolean countedBefore;

		private boolean counted;

		Starting(ApplicationContext context, ClusterFactory clusterFactory) {
			this.context = context;
			this.clusterFactory = clusterFactory;
		}

		@Override
		public void afterSingletonsInstantiated() {
			Cluster cluster = this.clusterFactory.cluster();
			this.countedBefore = cluster.positions().areRequired(SessionGuarantee.NONE);
			this.context.publishEvent(new ContextRefreshedEvent(new GenericApplicationContext(this.context)));
			this.counted = countsForAll(cluster);
		}

	}

	/**
	 * Remembers the settings of the pools.
	 */
	static class Seen implements ReplicaPoolCustomizer {

		private final List<Pool> pools = new ArrayList<>();

		@Override
		public void customize(String node, HikariConfig config) {
			this.pools.add(new Pool(node, config.getMaximumPoolSize(), config.getMinimumIdle(),
					config.getConnectionTimeout(), config.getValidationTimeout(), config.getInitializationFailTimeout(),
					config.getUsername(), config.getPassword(), config.getCredentialsProvider() != null,
					Map.copyOf(config.getDataSourceProperties())));
		}

		Pool pool(String node) {
			return this.pools.stream().filter((pool) -> pool.node().equals(node)).findFirst().orElseThrow();
		}

		record Pool(String node, int size, int minimumIdle, long timeout, long validation, long failTimeout,
				String username, String password, boolean provided, Map<Object, Object> properties) {

		}

	}

	/**
	 * Created by HikariCP.
	 */
	public static class VaultCredentials implements HikariCredentialsProvider {

		@Override
		public Credentials getCredentials() {
			return Credentials.of("vault", "rotated");
		}

	}

}
