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

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import javax.sql.DataSource;
import javax.sql.XADataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.Driver;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.xa.PGXADataSource;

import org.springframework.aop.scope.ScopedProxyFactoryBean;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.ObjectFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.config.Scope;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.jdbc.XADataSourceWrapper;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.XADataSourceAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Fallback;
import org.springframework.context.annotation.Primary;
import org.springframework.context.annotation.ScopedProxyMode;
import org.springframework.core.Ordered;
import org.springframework.core.PriorityOrdered;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.test.annotation.DirtiesContext.HierarchyMode;
import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestContextManager;
import org.springframework.test.context.bean.override.convention.TestBean;
import org.springframework.test.context.bean.override.mockito.MockitoBean;
import org.springframework.test.context.bean.override.mockito.MockitoSpyBean;

import io.github.replication.ReplicationCluster;
import io.github.replication.actuate.ReplicationEndpoint;
import io.github.replication.actuate.ReplicationHealthContributor;
import io.github.replication.caller.CallerRecords;
import io.github.replication.interceptor.RouteAdvisor;
import io.github.replication.jdbc.ReplicationDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * The data source that gets the replicas is the one that Spring would inject. No
 * connection is opened: the hosts do not exist.
 */
@ExtendWith(OutputCaptureExtension.class)
class DataSourceFindingTests {

	private static final String REPLICA = "replication.replicas.replica-1.url=jdbc:postgresql://pg-2/app";

	private static final String URL = "spring.datasource.url=jdbc:postgresql://pg-1/app";

	private static final String ENDPOINT = "management.endpoints.web.exposure.include=replication";

	private final ApplicationContextRunner empty = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, DataSourceAutoConfiguration.class,
				ReplicationAutoConfiguration.class))
		.withPropertyValues(REPLICA);

	private final ApplicationContextRunner runner = this.empty.withPropertyValues(URL, "spring.datasource.username=app",
			"spring.datasource.password=secret");

	private final ApplicationContextRunner xa = this.runner
		.withConfiguration(AutoConfigurations.of(XADataSourceAutoConfiguration.class));

	@Test
	void dataSourceThatIsNoDefaultCandidateIsLeftAlone() {
		this.runner.withUserConfiguration(NoDefaultCandidate.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean("dataSource")).isInstanceOf(ReplicationDataSource.class);
			assertThat(context.getBean("second")).isExactlyInstanceOf(SimpleDriverDataSource.class);
		});
	}

	@Test
	void fallbackDataSourceIsLeftAlone() {
		this.runner.withUserConfiguration(WithFallback.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean("orders")).isInstanceOf(ReplicationDataSource.class);
			assertThat(context.getBean("spare")).isExactlyInstanceOf(SimpleDriverDataSource.class);
		});
	}

	@Test
	void scopedDataSourceGetsTheReplicasOnceForAllItsTargets() {
		RefreshScope scope = new RefreshScope();
		this.runner.withInitializer((context) -> context.getBeanFactory().registerScope("refresh", scope))
			.withUserConfiguration(Refreshed.class)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				DataSource dataSource = context.getBean(DataSource.class);
				assertThat(dataSource).isInstanceOf(ReplicationDataSource.class);
				HikariDataSource before = dataSource.unwrap(HikariDataSource.class);
				scope.objects.clear();
				assertThat(context.getBean(DataSource.class)).isSameAs(dataSource);
				assertThat(dataSource.unwrap(HikariDataSource.class)).isNotSameAs(before)
					.isSameAs(context.getBean(ScopedProxyUtils.getTargetBeanName("dataSource")));
			});
	}

	@Test
	void poolOfAScopedDataSourceIsThatOfTheMoment() {
		RefreshScope scope = new RefreshScope();
		this.runner.withInitializer((context) -> context.getBeanFactory().registerScope("refresh", scope))
			.withUserConfiguration(Refreshed.class)
			.run((context) -> {
				DataSource dataSource = context.getBean(ScopedProxyUtils.getTargetBeanName("dataSource"),
						DataSource.class);
				DataSource proxy = scopedProxy(context.getBeanFactory());
				PrimaryPoolConfig config = context.getBean(PrimaryPoolConfig.class);
				Supplier<HikariConfig> pool = config.configOf(proxy, "dataSource");
				assertThat(pool.get()).isSameAs(dataSource);
				scope.objects.clear();
				assertThat(pool.get()).as("still open").isSameAs(dataSource);
				((HikariDataSource) dataSource).close();
				assertThat(pool.get()).isNotSameAs(dataSource)
					.isSameAs(context.getBean(ScopedProxyUtils.getTargetBeanName("dataSource")));
			});
	}

	private static DataSource scopedProxy(BeanFactory beanFactory) {
		ScopedProxyFactoryBean factory = new ScopedProxyFactoryBean();
		factory.setTargetBeanName(ScopedProxyUtils.getTargetBeanName("dataSource"));
		factory.setProxyTargetClass(false);
		factory.setBeanFactory(beanFactory);
		return (DataSource) factory.getObject();
	}

	@ParameterizedTest
	@ValueSource(classes = { Tenants.class, TenantsBehindAProxy.class, TenantsBehindAWrapper.class })
	void dataSourceOfSeveralDatabasesIsRefused(Class<?> configuration) {
		this.runner.withUserConfiguration(configuration)
			.run((context) -> assertThat(invalid(context))
				.hasMessageContaining("'replication.data-source' = 'dataSource'")
				.hasMessageContaining("AbstractRoutingDataSource")
				.hasMessageContaining("replication.data-source"));
	}

	@Test
	void oneDatabaseBehindARoutingDataSourceGetsTheReplicasByName() {
		this.runner.withUserConfiguration(TenantsOfBeans.class)
			.withPropertyValues("replication.data-source=tenantA")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean("tenantA")).isInstanceOf(ReplicationDataSource.class);
				assertThat(context.getBean("dataSource")).isInstanceOf(AbstractRoutingDataSource.class);
			});
	}

	@ParameterizedTest
	@ValueSource(classes = { XaDataSource.class, XaWrapper.class })
	void dataSourceOfXaIsRefused(Class<?> configuration) {
		this.xa.withUserConfiguration(configuration)
			.run((context) -> assertThat(invalid(context))
				.hasMessageContaining("'replication.data-source' = 'dataSource'")
				.hasMessageContaining("XA")
				.hasMessageContaining("Declare a DataSource bean of a pool with local transactions")
				.hasMessageContaining("replication.enabled=false"));
	}

	@Test
	void localPoolBesideAWrapperOfXaGetsTheReplicas() {
		this.xa.withUserConfiguration(XaWrapper.class, Plain.class).run((context) -> {
			assertThat(context).hasNotFailed().hasSingleBean(DataSource.class);
			assertThat(context.getBean(DataSource.class)).isInstanceOf(ReplicationDataSource.class);
		});
	}

	@Test
	void localPoolBesideADataSourceOfXaGetsTheReplicasByName() {
		this.xa.withUserConfiguration(XaWrapper.class, XaDataSource.class, Plain.class)
			.withPropertyValues("replication.data-source=plain")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean("plain")).isInstanceOf(ReplicationDataSource.class);
				assertThat(context.getBean("dataSource")).isInstanceOf(XADataSource.class);
			});
	}

	@Test
	void wrapperThatImplementsXaAroundALocalPoolGetsTheReplicas() {
		this.runner.withUserConfiguration(XaAroundAPool.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(DataSource.class)).isInstanceOf(ReplicationDataSource.class);
		});
	}

	@ParameterizedTest
	@ValueSource(classes = { Opaque.class, OtherDatabase.class, ByClassName.class })
	void poolWhoseUrlCannotBeReadIsNeverGuessed(Class<?> configuration) {
		this.runner.withUserConfiguration(configuration)
			.run((context) -> assertThat(invalid(context)).hasMessageContaining("'replication.data-source' = 'pool'")
				.hasMessageNotContaining("secret"));
	}

	@Test
	void poolThatHidesItsPasswordHasItFromTheSettingsItIsMadeOf() {
		this.runner.withUserConfiguration(SameDatabase.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean("pool")).isInstanceOf(ReplicationDataSource.class);
		});
	}

	@Test
	void replicasOfTheParentServeItsChildren() {
		this.runner.run((parent) -> this.runner.withParent(parent).run((child) -> {
			assertThat(child).hasNotFailed();
			assertThat(child.getBean(DataSource.class)).isSameAs(parent.getBean(DataSource.class))
				.isInstanceOf(ReplicationDataSource.class);
			assertThat(child.getBean(CallerRecords.class)).isSameAs(parent.getBean(CallerRecords.class));
			assertThat(child.getBean(ReplicationCluster.class)).isSameAs(parent.getBean(ReplicationCluster.class));
			assertThat(child.getBean(RouteAdvisor.class)).isSameAs(parent.getBean(RouteAdvisor.class));
		}));
	}

	@Test
	void dataSourceOfAParentWithoutReplicasStopsTheStart() {
		new ApplicationContextRunner().withUserConfiguration(Plain.class)
			.run((parent) -> this.empty.withParent(parent)
				.run((child) -> assertThat(invalid(child)).hasMessageContaining("'replication.data-source' = 'plain'")
					.hasMessageContaining("parent context")));
	}

	@Test
	void dataSourceThatAPostProcessorNeedsGetsTheReplicas() {
		this.empty.withUserConfiguration(Plain.class, OrderedPostProcessor.class)
			.run((context) -> assertThat(context).hasNotFailed()
				.getBean(DataSource.class)
				.isInstanceOf(ReplicationDataSource.class));
	}

	@ParameterizedTest
	@ValueSource(classes = { PostProcessorWithPriority.class, FactoryPostProcessor.class })
	void dataSourceCreatedBeforeReplicasCanBeAddedStopsTheStart(Class<?> configuration) {
		this.empty.withUserConfiguration(Plain.class, configuration)
			.run((context) -> assertThat(invalid(context)).hasMessageContaining("'replication.data-source' = 'plain'")
				.hasMessageContaining("too early")
				.hasMessageContaining("ObjectProvider")
				.hasMessageContaining("replication.enabled=false")
				.satisfies(
						(failure) -> assertThat(context.getStartupFailure() + failure.getMessage()).contains("eager")));
	}

	@Test
	void objectThatIsRegisteredAsTheDataSourceStopsTheStart() {
		this.runner
			.withInitializer(
					(context) -> context.getBeanFactory().registerSingleton("dataSource", new HikariDataSource()))
			.withConfiguration(AutoConfigurations.of(ReplicationActuatorAutoConfiguration.class))
			.run((context) -> assertThat(invalid(context))
				.hasMessageContaining("'replication.data-source' = 'dataSource'")
				.hasMessageContaining("registered as an object")
				.hasMessageContaining("@Bean")
				.hasMessageContaining("replication.enabled=false")
				.hasMessageNotContaining("too early"));
	}

	@Test
	void factoryOfADataSourceThatIsRegisteredAsAnObjectGetsTheReplicas() {
		this.empty.withInitializer((context) -> context.getBeanFactory().registerSingleton("plain", new Factory()))
			.run((context) -> assertThat(context).hasNotFailed()
				.getBean(DataSource.class)
				.isInstanceOf(ReplicationDataSource.class));
	}

	@Test
	void mockThatIsRegisteredAsTheDataSourceStaysWithoutReplicas(CapturedOutput output) {
		this.runner
			.withInitializer(
					(context) -> context.getBeanFactory().registerSingleton("dataSource", mock(DataSource.class)))
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(warnings(output)).singleElement().asString().contains("'dataSource'", "a mock");
	}

	@ParameterizedTest
	@ValueSource(classes = { MockedField.class, MockedType.class, MockWithoutDefinition.class, ReplacedField.class })
	void dataSourceThatATestReplacesStaysWithoutReplicas(Class<?> test, CapturedOutput output) {
		TestContext testContext = new TestContextManager(test).getTestContext();
		ApplicationContext context = testContext.getApplicationContext();
		try {
			assertThat(context.getBean(DataSource.class)).isNotInstanceOf(ReplicationDataSource.class);
			assertThat(context.getBean(ReplicationCluster.class).nodes()).isEmpty();
			assertThat(context.getBean(ReplicationEndpoint.class).replication().nodes()).isEmpty();
			assertThat(context.getBean(ReplicationHealthContributor.class).stream()).isEmpty();
			assertThat(context.getBean(MeterRegistry.class).getMeters())
				.noneMatch((meter) -> meter.getId().getName().startsWith("replication"));
		}
		finally {
			testContext.markApplicationContextDirty(HierarchyMode.EXHAUSTIVE);
		}
		assertThat(warnings(output)).singleElement()
			.asString()
			.contains("a mock for instance", "replication.enabled=false");
	}

	@Test
	void dataSourceThatATestSpiesOnGetsTheReplicas() {
		TestContext testContext = new TestContextManager(Spy.class).getTestContext();
		try {
			assertThat(testContext.getApplicationContext().getBean(DataSource.class))
				.isInstanceOf(ReplicationDataSource.class);
		}
		finally {
			testContext.markApplicationContextDirty(HierarchyMode.EXHAUSTIVE);
		}
	}

	@Test
	void dataSourceOfALaterAutoConfigurationGetsTheReplicas() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(ReplicationAutoConfiguration.class, LaterAutoConfiguration.class))
			.withPropertyValues(REPLICA)
			.run((context) -> assertThat(context).hasNotFailed()
				.getBean(DataSource.class)
				.isInstanceOf(ReplicationDataSource.class));
	}

	@Test
	void replicasWithoutADataSourceAreOneWarning(CapturedOutput output) {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, ReplicationAutoConfiguration.class,
					ReplicationActuatorAutoConfiguration.class))
			.withPropertyValues(REPLICA)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBean(ReplicationCluster.class).nodes()).isEmpty();
			});
		assertThat(warnings(output)).singleElement()
			.asString()
			.contains("no DataSource bean", "spring.datasource.url", "replication.enabled=false");
	}

	@Test
	void severalEqualDataSourcesStartWithoutReplicasAfterProcessingAheadOfTime() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(ReplicationAutoConfiguration.class))
			.withSystemProperties("spring.aot.processing=true")
			.withBean("one", DataSource.class, Plain::create)
			.withBean("two", DataSource.class, Plain::create)
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@ParameterizedTest
	@ValueSource(classes = { InjectsThePool.class, InjectsThePoolEarly.class, InjectsAProviderOfThePool.class })
	void poolIsInjectedByItsType(Class<?> configuration) {
		this.runner.withUserConfiguration(configuration).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean(PoolUser.class).pool())
				.isSameAs(context.getBean(DataSource.class).unwrap(HikariDataSource.class));
			assertThat(context.getBeansOfType(DataSource.class)).hasSize(1);
			assertThat(context.getBean(DataSource.class)).isInstanceOf(ReplicationDataSource.class);
		});
	}

	@Test
	void withoutReplicasThePoolIsTheDataSource() {
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(DataSourceAutoConfiguration.class, ReplicationAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=jdbc:postgresql://pg-1/app")
			.withSystemProperties("spring.aot.processing=true")
			.withUserConfiguration(InjectsThePool.class)
			.run((context) -> assertThat(context.getBean(PoolUser.class).pool())
				.isSameAs(context.getBean(DataSource.class)));
	}

	@ParameterizedTest
	@ValueSource(classes = { InjectsThePool.class, InjectsThePoolEarly.class })
	void poolAmongSeveralIsNeverMistakenForAnother(Class<?> configuration) {
		this.empty.withUserConfiguration(TwoPools.class, configuration)
			.run((context) -> assertThat(invalid(context)).hasMessageContaining("HikariDataSource")
				.hasMessageContaining("[archive]")
				.hasMessageContaining("unwrap(HikariDataSource.class)"));
	}

	@Test
	void poolAmongSeveralIsInjectedByItsQualifier() {
		this.empty.withUserConfiguration(TwoPools.class, InjectsThePoolsByName.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(context.getBean("ours", PoolUser.class).pool())
				.isSameAs(context.getBean("dataSource", DataSource.class).unwrap(HikariDataSource.class));
			assertThat(context.getBean("theirs", PoolUser.class).pool()).isSameAs(context.getBean("archive"));
		});
	}

	@Test
	void nothingIsLoggedAsAWarning(CapturedOutput output) {
		this.runner.withUserConfiguration(NoDefaultCandidate.class)
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(warnings(output)).isEmpty();
	}

	/**
	 * All warnings but those of nodes, which do not exist.
	 */
	private static List<String> warnings(CapturedOutput output) {
		return Arrays.stream(output.toString().split("\n"))
			.filter((line) -> line.contains(" WARN ") && !line.contains("replication.node."))
			.toList();
	}

	private static InvalidReplicationConfigurationException invalid(AssertableApplicationContext context) {
		Throwable failure = context.getStartupFailure();
		while (failure != null && !(failure instanceof InvalidReplicationConfigurationException)) {
			failure = failure.getCause();
		}
		assertThat(failure).isNotNull();
		return (InvalidReplicationConfigurationException) failure;
	}

	@Configuration(proxyBeanMethods = false)
	static class NoDefaultCandidate {

		@Bean
		SimpleDriverDataSource dataSource() {
			return Plain.create();
		}

		@Bean(defaultCandidate = false)
		DataSource second() {
			return Plain.create();
		}

		@Bean(autowireCandidate = false)
		DataSource third() {
			return Plain.create();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class WithFallback {

		@Bean
		DataSource orders() {
			return Plain.create();
		}

		@Bean
		@Fallback
		DataSource spare() {
			return Plain.create();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Plain {

		static SimpleDriverDataSource create() {
			return new SimpleDriverDataSource(new Driver(), "jdbc:postgresql://pg-1/app", "app", "secret");
		}

		@Bean
		DataSource plain() {
			return create();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Refreshed {

		@Bean
		@org.springframework.context.annotation.Scope(scopeName = "refresh", proxyMode = ScopedProxyMode.TARGET_CLASS)
		DataSource dataSource() {
			HikariDataSource pool = new HikariDataSource();
			pool.setJdbcUrl("jdbc:postgresql://pg-1/app");
			return pool;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Tenants {

		static AbstractRoutingDataSource create() {
			AbstractRoutingDataSource tenants = new TenantDataSource();
			tenants.setTargetDataSources(Map.of("a", Plain.create(), "b", Plain.create()));
			tenants.afterPropertiesSet();
			return tenants;
		}

		@Bean
		@Primary
		DataSource dataSource() {
			return create();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TenantsBehindAProxy {

		@Bean
		DataSource dataSource() {
			return new LazyConnectionDataSourceProxy(Tenants.create());
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TenantsBehindAWrapper {

		@Bean
		DataSource dataSource() {
			DataSource proxy = (DataSource) Proxy.newProxyInstance(getClass().getClassLoader(),
					new Class<?>[] { DataSource.class }, new Forwarding(Tenants.create()));
			return new DelegatingDataSource(proxy);
		}

	}

	/**
	 * As the proxies of libraries that observe data sources.
	 *
	 * @param target what it stands for
	 */
	record Forwarding(DataSource target) implements InvocationHandler {

		@Override
		public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
			return method.invoke(this.target, arguments);
		}

	}

	static class TenantDataSource extends AbstractRoutingDataSource {

		@Override
		protected @Nullable Object determineCurrentLookupKey() {
			return null;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TenantsOfBeans {

		@Bean(defaultCandidate = false)
		DataSource tenantA() {
			return Plain.create();
		}

		@Bean
		DataSource dataSource(@Qualifier("tenantA") DataSource tenantA) {
			AbstractRoutingDataSource tenants = new TenantDataSource();
			tenants.setTargetDataSources(Map.of("a", tenantA));
			return tenants;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class XaDataSource {

		@Bean
		DataSource dataSource() {
			return new PoolOfXa();
		}

		/**
		 * As the pools of transaction managers are.
		 */
		static class PoolOfXa extends PGXADataSource implements DataSource {

			private static final long serialVersionUID = 1L;

			@Override
			public boolean isWrapperFor(Class<?> type) {
				return type.isInstance(this);
			}

			@Override
			public <T> T unwrap(Class<T> type) {
				return type.cast(this);
			}

		}

	}

	@Configuration(proxyBeanMethods = false)
	static class XaAroundAPool {

		@Bean
		DataSource dataSource() {
			HikariDataSource pool = new HikariDataSource();
			pool.setJdbcUrl("jdbc:postgresql://pg-1/app");
			return (DataSource) Proxy.newProxyInstance(getClass().getClassLoader(),
					new Class<?>[] { DataSource.class, XADataSource.class }, new Forwarding(pool));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class XaWrapper {

		@Bean
		XADataSourceWrapper xaDataSourceWrapper() {
			return (XADataSource dataSource) -> Plain.create();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Opaque {

		@Bean
		DataSource pool() {
			return new OpaqueDataSource();
		}

	}

	static class OpaqueDataSource extends org.springframework.jdbc.datasource.AbstractDataSource {

		@Override
		public java.sql.Connection getConnection() {
			throw new IllegalStateException("No connection is opened at the start");
		}

		@Override
		public java.sql.Connection getConnection(String username, String password) {
			return getConnection();
		}

	}

	/**
	 * Shows its URL and keeps its password.
	 */
	static class SecretiveDataSource extends OpaqueDataSource {

		private final String url;

		SecretiveDataSource(String url) {
			this.url = url;
		}

		public String getUrl() {
			return this.url;
		}

		public String getUsername() {
			return "app";
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OtherDatabase {

		@Bean
		DataSource pool() {
			return new SecretiveDataSource("jdbc:postgresql://pg-7/app");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class SameDatabase {

		@Bean
		DataSource pool() {
			return new SecretiveDataSource("jdbc:postgresql://pg-1:5432/app");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ByClassName {

		@Bean
		HikariDataSource pool() {
			HikariDataSource pool = new HikariDataSource();
			pool.setDataSourceClassName(PGSimpleDataSource.class.getName());
			pool.addDataSourceProperty("serverName", "pg-1");
			return pool;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OrderedPostProcessor {

		@Bean
		static EagerPostProcessor eager(DataSource dataSource) {
			return new EagerPostProcessor(dataSource);
		}

	}

	/**
	 * @param dataSource needed before most beans are
	 */
	record EagerPostProcessor(DataSource dataSource) implements BeanPostProcessor, Ordered {

		@Override
		public int getOrder() {
			return HIGHEST_PRECEDENCE;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class PostProcessorWithPriority {

		@Bean
		static EagerPostProcessorWithPriority eager(DataSource dataSource) {
			return new EagerPostProcessorWithPriority(dataSource);
		}

	}

	/**
	 * @param dataSource needed before nearly all beans are
	 */
	record EagerPostProcessorWithPriority(DataSource dataSource) implements BeanPostProcessor, PriorityOrdered {

		@Override
		public int getOrder() {
			return LOWEST_PRECEDENCE;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class FactoryPostProcessor {

		@Bean
		static EagerFactoryPostProcessor eager(DataSource dataSource) {
			return new EagerFactoryPostProcessor(dataSource);
		}

	}

	/**
	 * @param dataSource needed before any bean is
	 */
	record EagerFactoryPostProcessor(DataSource dataSource) implements BeanFactoryPostProcessor, PriorityOrdered {

		@Override
		public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
		}

		@Override
		public int getOrder() {
			return HIGHEST_PRECEDENCE;
		}

	}

	/**
	 * Creates a data source.
	 */
	static class Factory implements FactoryBean<DataSource> {

		@Override
		public DataSource getObject() {
			return Plain.create();
		}

		@Override
		public Class<?> getObjectType() {
			return DataSource.class;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ AopAutoConfiguration.class, ReplicationAutoConfiguration.class,
			ReplicationActuatorAutoConfiguration.class, ReplicationMetricsAutoConfiguration.class })
	static class Application {

		@Bean
		MeterRegistry meterRegistry(ObjectProvider<MeterBinder> binders) {
			SimpleMeterRegistry registry = new SimpleMeterRegistry();
			binders.forEach((binder) -> binder.bindTo(registry));
			return registry;
		}

	}

	@ImportAutoConfiguration(DataSourceAutoConfiguration.class)
	static class ApplicationWithPool extends Application {

	}

	@SpringBootTest(classes = ApplicationWithPool.class, properties = { URL, REPLICA, ENDPOINT })
	static class MockedField {

		@MockitoBean
		private DataSource dataSource;

	}

	@SpringBootTest(classes = ApplicationWithPool.class, properties = { URL, REPLICA, ENDPOINT })
	@MockitoBean(types = DataSource.class)
	static class MockedType {

	}

	@SpringBootTest(classes = Application.class, properties = { REPLICA, ENDPOINT })
	static class MockWithoutDefinition {

		@MockitoBean
		private DataSource dataSource;

	}

	@SpringBootTest(classes = ApplicationWithPool.class, properties = { URL, REPLICA, ENDPOINT })
	static class ReplacedField {

		@TestBean
		private DataSource dataSource;

		static DataSource dataSource() {
			return Plain.create();
		}

	}

	@SpringBootTest(classes = ApplicationWithPool.class, properties = { URL, REPLICA, ENDPOINT })
	static class Spy {

		@MockitoSpyBean
		private DataSource dataSource;

	}

	@AutoConfiguration(after = ReplicationAutoConfiguration.class)
	static class LaterAutoConfiguration {

		@Bean
		@ConditionalOnMissingBean
		DataSource later() {
			return Plain.create();
		}

	}

	/**
	 * @param pool as it was injected
	 */
	record PoolUser(HikariDataSource pool) {

	}

	@Configuration(proxyBeanMethods = false)
	static class InjectsThePool {

		@Bean
		PoolUser poolUser(HikariDataSource dataSource) {
			return new PoolUser(dataSource);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class InjectsThePoolEarly {

		@Bean
		PoolUser poolUser(DataSource before, HikariDataSource pool) {
			assertThat(before).isInstanceOf(ReplicationDataSource.class);
			return new PoolUser(pool);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class InjectsAProviderOfThePool {

		@Bean
		PoolUser poolUser(ObjectProvider<HikariDataSource> pool) {
			return new PoolUser(pool.getObject());
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class InjectsThePoolsByName {

		@Bean
		PoolUser ours(@Qualifier("dataSource") HikariDataSource pool) {
			return new PoolUser(pool);
		}

		@Bean
		PoolUser theirs(@Qualifier("archive") HikariDataSource pool) {
			return new PoolUser(pool);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TwoPools {

		@Bean
		@Primary
		HikariDataSource dataSource() {
			HikariDataSource pool = new HikariDataSource();
			pool.setJdbcUrl("jdbc:postgresql://pg-1/app");
			return pool;
		}

		@Bean
		HikariDataSource archive() {
			HikariDataSource pool = new HikariDataSource();
			pool.setJdbcUrl("jdbc:postgresql://pg-5/app");
			return pool;
		}

	}

	/**
	 * Keeps its objects until they are cleared.
	 */
	static class RefreshScope implements Scope {

		private final Map<String, Object> objects = new HashMap<>();

		@Override
		public Object get(String name, ObjectFactory<?> objectFactory) {
			return this.objects.computeIfAbsent(name, (key) -> objectFactory.getObject());
		}

		@Override
		public @Nullable Object remove(String name) {
			return this.objects.remove(name);
		}

		@Override
		public void registerDestructionCallback(String name, Runnable callback) {
		}

		@Override
		public @Nullable Object resolveContextualObject(String key) {
			return null;
		}

		@Override
		public @Nullable String getConversationId() {
			return null;
		}

	}

}
