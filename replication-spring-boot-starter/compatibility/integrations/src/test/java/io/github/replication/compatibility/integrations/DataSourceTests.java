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

import java.lang.management.ManagementFactory;
import java.lang.reflect.Constructor;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import javax.management.ObjectName;
import javax.sql.DataSource;

import org.apache.commons.dbcp2.BasicDataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetailsFactories;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetailsFactory;
import org.springframework.boot.devtools.restart.classloader.RestartClassLoader;
import org.springframework.boot.docker.compose.core.ConnectionPorts;
import org.springframework.boot.docker.compose.core.ImageReference;
import org.springframework.boot.docker.compose.core.RunningService;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionSource;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.task.AsyncTaskExecutor;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.util.ClassUtils;

import io.github.replication.ReplicationCluster;
import io.github.replication.autoconfigure.ReplicationConnectionDetails;
import io.github.replication.compatibility.integrations.Application.ClusterOfTest;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Data sources as Spring Boot and applications define them.
 */
@EmbeddedCluster
@Tag("long")
class DataSourceTests {

	@Test
	void dataSourceOfTheUser(PostgresCluster cluster) {
		try (Application application = Application.on(cluster).start(Dbcp.class)) {
			assertRouted(application);
			assertThat(application.bean(DataSource.class)).isNotInstanceOf(BasicDataSource.class);
		}
	}

	@Test
	void unrelatedDataSourceIsLeftAlone(PostgresCluster cluster) {
		try (Application application = Application.on(cluster)
			.with("replication.data-source", "dataSource")
			.start(Unrelated.class)) {
			assertRouted(application);
			assertThat(application.context().getBean("unrelated")).isExactlyInstanceOf(DriverManagerDataSource.class);
		}
	}

	@Test
	void connectionsFetchedLazily(PostgresCluster cluster) {
		try (Application application = Application.on(cluster)
			.with("spring.datasource.connection-fetch", "lazy")
			.start()) {
			assertRouted(application);
		}
	}

	@Test
	void beansCreatedLazily(PostgresCluster cluster) {
		try (Application application = Application.on(cluster)
			.with("spring.main.lazy-initialization", "true")
			.start()) {
			assertThat(application.bean(ReplicationCluster.class).nodes()).hasSize(3);
			assertRouted(application);
		}
	}

	@Test
	@EnabledForJreRange(min = JRE.JAVA_21, disabledReason = "virtual threads came with Java 21")
	void virtualThreads(PostgresCluster cluster) throws Exception {
		try (Application application = Application.on(cluster).with("spring.threads.virtual.enabled", "true").start()) {
			AsyncTaskExecutor executor = application.bean(AsyncTaskExecutor.class);
			assertThat(executor.submit(() -> application.serverOf(true)).get()).startsWith("replica-");
			assertThat(executor.submit(() -> application.serverOf(false)).get()).isEqualTo("primary");
		}
	}

	@Test
	void twoApplicationsInOneProcess(PostgresCluster cluster) {
		try (Application one = Application.on(cluster).start()) {
			try (Application other = Application.on(cluster).with("replication.monotonic-reads", "false").start()) {
				assertRouted(one);
				assertRouted(other);
				other.bean(ReplicationCluster.class).drain("replica-1");
				assertThat(other.serverOf(true)).isEqualTo("replica-2");
			}
			assertRouted(one);
			assertThat(one.bean(ReplicationCluster.class).node("replica-1").state().isInRotation()).isTrue();
		}
	}

	@Test
	void poolsAreManagedUnderTheirNames(PostgresCluster cluster) throws Exception {
		try (Application application = Application.on(cluster)
			.with("spring.jmx.enabled", "true")
			.with("replication.monotonic-reads", "false")
			.with("spring.datasource.hikari.pool-name", "managed")
			.with("spring.datasource.hikari.register-mbeans", "true")
			.start()) {
			for (int i = 0; i < 4; i++) {
				application.serverOf(true);
			}
			application.serverOf(false);
			assertThat(ManagementFactory.getPlatformMBeanServer()
				.queryNames(new ObjectName("com.zaxxer.hikari:type=Pool (*),*"), null)).extracting(ObjectName::toString)
				.contains("com.zaxxer.hikari:type=Pool (managed)", "com.zaxxer.hikari:type=Pool (replica-1)",
						"com.zaxxer.hikari:type=Pool (replica-2)");
		}
		assertThat(ManagementFactory.getPlatformMBeanServer()
			.queryNames(new ObjectName("com.zaxxer.hikari:type=Pool (replica-*"), null)).isEmpty();
	}

	@Test
	void connectionDetails(PostgresCluster cluster) {
		try (Application application = Application.on(cluster)
			.with("spring.datasource.url", "jdbc:postgresql://nowhere/app")
			.without("replication.replicas.replica-1.url")
			.without("replication.replicas.replica-2.url")
			.start(Details.class)) {
			assertRouted(application);
		}
	}

	@Test
	void servicesOfDockerCompose() throws Exception {
		ConnectionDetailsFactories factories = new ConnectionDetailsFactories(getClass().getClassLoader());
		Constructor<DockerComposeConnectionSource> source = DockerComposeConnectionSource.class
			.getDeclaredConstructor(RunningService.class, Environment.class);
		source.setAccessible(true);
		Map<Class<?>, ConnectionDetails> replica = factories
			.getConnectionDetails(
					source.newInstance(
							service(Map.of("org.springframework.boot.service-connection", "postgres-replica",
									"org.springframework.boot.jdbc.parameters", "ssl=false")),
							new StandardEnvironment()),
					true);
		assertThat(replica).containsOnlyKeys(ReplicationConnectionDetails.class);
		assertThat(((ReplicationConnectionDetails) replica.get(ReplicationConnectionDetails.class)).getReplicas())
			.containsExactly(Map.entry("pg-2", new ReplicationConnectionDetails.Node(
					"jdbc:postgresql://composed:15432/news?ssl=false", "editor", "secret")));
		assertThat(
				factories.getConnectionDetails(source.newInstance(service(Map.of()), new StandardEnvironment()), true))
			.containsOnlyKeys(JdbcConnectionDetails.class);
	}

	@Test
	void factoryForContainersIsLeftOutWithoutTestcontainers() {
		assertThat(ClassUtils.isPresent("org.testcontainers.containers.Container", null)).isFalse();
		List<String> failed = new ArrayList<>();
		SpringFactoriesLoader.forDefaultResourceLocation()
			.load(ConnectionDetailsFactory.class, (type, name, failure) -> failed.add(name));
		assertThat(failed)
			.contains("io.github.replication.test.containers.ReplicatedPostgresContainerConnectionDetailsFactory");
	}

	private static RunningService service(Map<String, String> labels) {
		RunningService service = mock();
		ConnectionPorts ports = mock();
		given(ports.get(5432)).willReturn(15432);
		given(service.name()).willReturn("pg-2");
		given(service.image()).willReturn(ImageReference.of("postgres:18"));
		given(service.host()).willReturn("composed");
		given(service.ports()).willReturn(ports);
		given(service.labels()).willReturn(labels);
		given(service.env())
			.willReturn(Map.of("POSTGRES_USER", "editor", "POSTGRES_PASSWORD", "secret", "POSTGRES_DB", "news"));
		return service;
	}

	@Test
	@SuppressWarnings("unchecked")
	void restartsOfDevtools(PostgresCluster cluster) throws Exception {
		URL ownClasses = Restarted.class.getProtectionDomain().getCodeSource().getLocation();
		ClassLoader before = Thread.currentThread().getContextClassLoader();
		for (int i = 0; i < 2; i++) {
			try (RestartClassLoader loader = new RestartClassLoader(before, new URL[] { ownClasses })) {
				Thread.currentThread().setContextClassLoader(loader);
				Class<?> restarted = loader.loadClass(Restarted.class.getName());
				assertThat(restarted).isNotSameAs(Restarted.class);
				List<String> servers = ((Function<PostgresCluster, List<String>>) restarted.getDeclaredConstructor()
					.newInstance()).apply(cluster);
				assertThat(servers.get(0)).startsWith("replica-");
				assertThat(servers.get(1)).isEqualTo("primary");
			}
			finally {
				Thread.currentThread().setContextClassLoader(before);
			}
		}
	}

	private static void assertRouted(Application application) {
		assertThat(application.serverOf(true)).startsWith("replica-");
		assertThat(application.serverOf(false)).isEqualTo("primary");
		assertThat(application.jdbc().queryForObject(Application.SERVER, String.class)).isEqualTo("primary");
	}

	@Configuration(proxyBeanMethods = false)
	static class Dbcp {

		@Bean
		BasicDataSource articles(DataSourceProperties properties) {
			return properties.initializeDataSourceBuilder().type(BasicDataSource.class).build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Details {

		@Bean
		JdbcConnectionDetails primary(ClusterOfTest test) {
			PostgresCluster cluster = test.cluster();
			return new JdbcConnectionDetails() {

				@Override
				public String getUsername() {
					return cluster.username();
				}

				@Override
				public String getPassword() {
					return cluster.password();
				}

				@Override
				public String getJdbcUrl() {
					return cluster.primary().jdbcUrl();
				}

			};
		}

		@Bean
		ReplicationConnectionDetails first(ClusterOfTest test) {
			return () -> nodes(test.cluster().node("replica-1"));
		}

		@Bean
		ReplicationConnectionDetails second(ClusterOfTest test) {
			return () -> nodes(test.cluster().node("replica-2"));
		}

		private static Map<String, ReplicationConnectionDetails.Node> nodes(PostgresNode node) {
			return Map.of(node.name(), new ReplicationConnectionDetails.Node(node.jdbcUrl(), null, null));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Unrelated {

		@Bean(defaultCandidate = false)
		DataSource unrelated() {
			return new DriverManagerDataSource("jdbc:postgresql://nowhere/app");
		}

	}

}
