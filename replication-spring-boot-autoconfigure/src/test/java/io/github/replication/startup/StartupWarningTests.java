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

package io.github.replication.startup;

import java.util.Arrays;
import java.util.List;

import javax.sql.DataSource;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.Driver;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.config.TransactionManagementConfigUtils;
import org.springframework.transaction.jta.JtaTransactionManager;

import io.github.replication.ReadOnly;
import io.github.replication.annotated.AnnotatedApplication;
import io.github.replication.autoconfigure.ReplicationAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever prevents routing although replicas are configured, and does not stop the
 * start, is one warning that names the remedy.
 */
@ExtendWith(OutputCaptureExtension.class)
@Tag("long")
class StartupWarningTests {

	private static final String URL = "--replication.replicas.replica-1.url=jdbc:postgresql://pg-2/app?password=secret";

	@Test
	void nothingIsLoggedWhereEverythingIsRight(CapturedOutput output) {
		start(Application.class, URL);
		assertThat(warnings(output)).isEmpty();
	}

	@Test
	void nothingIsLoggedWithoutReplicas(CapturedOutput output) {
		start(Application.class, "--spring.autoconfigure.exclude=" + ReplicationAutoConfiguration.class.getName());
		start(Application.class, URL, "--replication.enabled=false");
		assertThat(warnings(output)).isEmpty();
	}

	@Test
	void excludedAutoConfiguration(CapturedOutput output) {
		start(Application.class, URL, "--spring.autoconfigure.exclude=" + ReplicationAutoConfiguration.class.getName());
		assertWarning(output, "nothing reads from them", "the auto-configuration is excluded",
				"replication.enabled=false");
	}

	@Test
	void contextWithoutTheAutoConfiguration(CapturedOutput output) {
		start(Slice.class, URL);
		assertWarning(output, "nothing reads from them", "not enabled in this application context",
				"@ImportAutoConfiguration");
	}

	@Test
	void missingPool(CapturedOutput output) {
		SpringApplicationBuilder application = application(OwnDataSource.class);
		application.application()
			.setResourceLoader(new DefaultResourceLoader(new FilteredClassLoader("com.zaxxer.hikari")));
		application.run(URL).close();
		assertWarning(output, "nothing reads from them", "the auto-configuration does not apply", "HikariDataSource");
	}

	@Test
	void noDataSource(CapturedOutput output) {
		start(Application.class, URL, "--spring.autoconfigure.exclude=" + DataSourceAutoConfiguration.class.getName());
		assertWarning(output, "no DataSource bean", "spring.datasource.url", "replication.enabled=false");
	}

	@ParameterizedTest
	@CsvSource({ "max-lag, 30, 30s, 30ms", "read-your-writes.window, 10, 10s, 10ms", "monitor.interval, 1, 1s, 1ms",
			"monitor.timeout, 5, 5s, 5ms", "monitor.abort-after, 3, 3s, 3ms", "max-lag-size, 64, 64MB, 64B" })
	void numberWithoutAUnit(String property, String value, String meant, String read, CapturedOutput output) {
		start(Application.class, URL, "--replication." + property + "=" + value);
		assertWarning(output, "replication." + property + "=" + value, "means " + read, "Write " + meant);
	}

	@Test
	void numberThatIsPlausibleWithoutAUnit(CapturedOutput output) {
		start(Application.class, URL, "--replication.monitor.timeout=500", "--replication.read-your-writes.wait=50",
				"--replication.max-lag=30s", "--replication.max-lag-size=64MB", "--replication.monitor.interval=50ms");
		assertThat(warnings(output)).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "spring.replication.replicas.replica-1.url", "spring.datasource.replicas.replica-1.url",
			"spring.datasource.replication.replicas.replica-1.url" })
	void replicasBelowAnotherKey(String property, CapturedOutput output) {
		start(Application.class, "--" + property + "=jdbc:postgresql://pg-2/app?password=secret");
		assertWarning(output, "'" + property + "' means nothing", "under 'replication.replicas'");
	}

	@Test
	void replicasThatAllHaveNoWeight(CapturedOutput output) {
		start(Application.class, URL, "--replication.replicas.replica-1.weight=0");
		assertWarning(output, "All replicas have the weight 0", "replication.replicas.<name>.weight");
	}

	@Test
	void oneReplicaWithoutWeightIsAReserve(CapturedOutput output) {
		start(Application.class, URL, "--replication.replicas.replica-1.weight=0",
				"--replication.replicas.replica-2.url=jdbc:postgresql://pg-3/app");
		assertThat(warnings(output)).isEmpty();
	}

	@Test
	void nothingThatCreatesProxies(CapturedOutput output) {
		start(Application.class, URL, "--spring.aop.auto=false",
				"--spring.autoconfigure.exclude=" + TransactionAutoConfiguration.class.getName());
		assertWarning(output, "@ReadOnly and @UsePrimary have no effect", "spring.aop.auto=false",
				"@EnableTransactionManagement");
	}

	@Test
	void methodThatAProxyOfInterfacesDoesNotHave(CapturedOutput output) {
		start(InterfaceProxies.class, URL, "--spring.aop.proxy-target-class=false");
		assertWarning(output, "StartupWarningTests$Reading.other", "the bean 'reading'",
				"spring.aop.proxy-target-class=false");
	}

	@Test
	void annotationsOfClassesThatAreNoBeans(CapturedOutput output) {
		start(AnnotatedApplication.class, URL);
		assertWarning(output, "have no effect in", "[" + AnnotatedApplication.class.getName() + "$AlsoForgotten, "
				+ AnnotatedApplication.class.getName() + "$Forgotten]", "Declare them as beans");
	}

	@Test
	void transactionsOfAspectJ(CapturedOutput output) {
		start(AspectJ.class, URL);
		assertWarning(output, "AspectJ mode", "AdviceMode.PROXY");
	}

	@Test
	void transactionsOfJta(CapturedOutput output) {
		start(Jta.class, URL);
		assertWarning(output, "JtaTransactionManager", "JdbcTransactionManager");
	}

	private static void assertWarning(CapturedOutput output, String... words) {
		assertThat(warnings(output)).singleElement().asString().contains(words).doesNotContain("secret");
	}

	/**
	 * The warnings about the configuration: a node that does not exist is another matter.
	 */
	private static List<String> warnings(CapturedOutput output) {
		return Arrays.stream(output.toString().split("\n"))
			.filter((line) -> line.contains(" WARN ") && line.contains("g.r.a"))
			.toList();
	}

	private static void start(Class<?> application, String... arguments) {
		application(application).run(arguments).close();
	}

	private static SpringApplicationBuilder application(Class<?> application) {
		return new SpringApplicationBuilder(application).web(WebApplicationType.NONE)
			.logStartupInfo(false)
			.properties("spring.main.banner-mode=off", "spring.datasource.url=jdbc:postgresql://pg-1/app");
	}

	@EnableAutoConfiguration
	static class Application {

	}

	@ImportAutoConfiguration(DataSourceAutoConfiguration.class)
	static class Slice {

	}

	@EnableAutoConfiguration
	@Configuration(proxyBeanMethods = false)
	static class OwnDataSource {

		@Bean
		DataSource own() {
			return new SimpleDriverDataSource(new Driver(), "jdbc:postgresql://pg-1/app", "app", "secret");
		}

	}

	@EnableAutoConfiguration
	@EnableTransactionManagement
	@Configuration(proxyBeanMethods = false)
	static class InterfaceProxies {

		@Bean
		Runnable reading() {
			return new StartupWarningTests().new Reading();
		}

	}

	/**
	 * An inner class, so that it is not missed among the beans of other applications.
	 */
	class Reading implements Runnable {

		@Override
		@ReadOnly
		public void run() {
		}

		@ReadOnly
		public void other() {
		}

	}

	@EnableAutoConfiguration
	@Configuration(proxyBeanMethods = false)
	static class AspectJ {

		@Bean(TransactionManagementConfigUtils.TRANSACTION_ASPECT_BEAN_NAME)
		Object aspect() {
			return new Object();
		}

	}

	@EnableAutoConfiguration
	@Configuration(proxyBeanMethods = false)
	static class Jta {

		@Bean
		JtaTransactionManager transactionManager() {
			return new JtaTransactionManager() {

				private static final long serialVersionUID = 1L;

				@Override
				public void afterPropertiesSet() {
				}

			};
		}

	}

}
