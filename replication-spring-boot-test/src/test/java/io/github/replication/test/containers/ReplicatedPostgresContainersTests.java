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

package io.github.replication.test.containers;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.ContainerState;
import org.testcontainers.containers.Network;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.postgresql.PostgreSQLContainer;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.transaction.annotation.Transactional;

import io.github.replication.NodeStatus;
import io.github.replication.ReadOnly;
import io.github.replication.ReplicationCluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * An application on containers, whose servers say who served.
 */
@EnabledIfSystemProperty(named = "containers.image", matches = ".+",
		disabledReason = "needs a container engine: ./mvnw -B verify -Pcontainers")
@Testcontainers
@DirtiesContext
@SpringBootTest(classes = ReplicatedPostgresContainersTests.Application.class, webEnvironment = WebEnvironment.NONE)
class ReplicatedPostgresContainersTests {

	private static final String IMAGE = "postgres:18";

	@Container
	@ServiceConnection
	static final ReplicatedPostgresContainers cluster = new ReplicatedPostgresContainers(IMAGE);

	@Autowired
	private Notes notes;

	@Autowired
	private ReplicationCluster nodes;

	@BeforeEach
	void catchUp() {
		cluster.replicas().forEach(PostgresReplicaContainer::resumeReplay);
		cluster.awaitReplication();
	}

	@Test
	void nodesAreThePrimaryAndItsReplicas() {
		assertThat(this.nodes.nodes()).extracting(NodeStatus::name)
			.containsExactly("primary", "replica-1", "replica-2");
	}

	@Test
	void readsAreServedByAllReplicasAndWritesByThePrimary() {
		Set<String> replicas = new TreeSet<>(cluster.replicas().stream().map(Notes::address).toList());
		assertThat(replicas).hasSize(2);
		assertThat(this.notes.write("seen by all")).isEqualTo(new Server(Notes.address(cluster), false));
		Set<String> served = new TreeSet<>();
		Awaitility.await().pollInSameThread().until(() -> {
			Server server = this.notes.read();
			if (server.replica()) {
				served.add(server.address());
			}
			return served.size() == 2;
		});
		assertThat(served).isEqualTo(replicas);
	}

	@Test
	void ownWriteIsReadFromThePrimaryWhileReplayIsPaused() {
		cluster.replicas().forEach(PostgresReplicaContainer::pauseReplay);
		this.notes.write("not yet replayed");
		assertThat(this.notes.read().replica()).isFalse();
		assertThat(cluster.replicas()).noneMatch((replica) -> hasNote(replica, "not yet replayed"));
		cluster.replicas().forEach(PostgresReplicaContainer::resumeReplay);
		cluster.awaitReplication();
		assertThat(cluster.replicas()).allMatch((replica) -> hasNote(replica, "not yet replayed"));
		Awaitility.await().pollInSameThread().until(() -> this.notes.read().replica());
	}

	private static boolean hasNote(PostgresReplicaContainer replica, String text) {
		return ReplicatedPostgresContainers.query(replica, "SELECT count(*) FROM note WHERE text = '" + text + "'")
			.equals("1");
	}

	@Test
	void containersOfABeanLiveAsLongAsTheContext() {
		List<ContainerState> containers;
		try (ConfigurableApplicationContext context = start(OnBean.class)) {
			ReplicatedPostgresContainers own = context.getBean(ReplicatedPostgresContainers.class);
			containers = Stream.concat(Stream.of(own), own.replicas().stream())
				.map(ContainerState.class::cast)
				.toList();
			assertThat(containers).allMatch(ContainerState::isRunning);
			assertThat(own.replicas()).allSatisfy(ReplicatedPostgresContainersTests::hasWhatThePrimaryHas);
			Notes ownNotes = context.getBean(Notes.class);
			own.awaitReplication();
			own.replicas().get(0).stop();
			String left = Notes.address(own.replicas().get(1));
			Awaitility.await().pollInSameThread().until(() -> ownNotes.read().equals(new Server(left, true)));
			assertThat(Stream.generate(ownNotes::read).limit(10)).containsOnly(new Server(left, true));
		}
		assertThat(containers).noneMatch(ContainerState::isRunning);
	}

	private static ConfigurableApplicationContext start(Class<?> containers) {
		return new SpringApplicationBuilder(Application.class, containers).web(WebApplicationType.NONE).run();
	}

	private static void hasWhatThePrimaryHas(PostgresReplicaContainer replica) {
		assertThat(ReplicatedPostgresContainers.query(replica, "SELECT current_user || '@' || current_database()"))
			.isEqualTo("editor@news");
		assertThat(ReplicatedPostgresContainers.query(replica, "SHOW max_connections")).isEqualTo("150");
		assertThat(replica.getEnvMap()).containsEntry("TZ", "Pacific/Auckland");
	}

	@Test
	void replicaThatCannotBeMadeStopsAll() {
		ReplicatedPostgresContainers broken = new ReplicatedPostgresContainers(IMAGE, 1);
		broken.replicas().get(0).withCreateContainerCmdModifier((command) -> command.withEntrypoint("nowhere"));
		assertThatException().isThrownBy(broken::start);
		assertThat(broken.getContainerId()).isNull();
		assertThat(networks()).doesNotContain(((Network.NetworkImpl) broken.getNetwork()).getName());
	}

	private static List<String> networks() {
		return DockerClientFactory.lazyClient()
			.listNetworksCmd()
			.exec()
			.stream()
			.map(com.github.dockerjava.api.model.Network::getName)
			.toList();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		Notes notes(JdbcTemplate jdbc) {
			jdbc.execute("CREATE TABLE note (text text)");
			return new Notes(jdbc);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OnBean {

		@Bean
		@ServiceConnection
		ReplicatedPostgresContainers containers() {
			ReplicatedPostgresContainers containers = new ReplicatedPostgresContainers(IMAGE).withDatabaseName("news")
				.withUsername("editor")
				.withPassword("secret");
			containers.withEnv("TZ", "Pacific/Auckland").withCommand("postgres", "-c", "max_connections=150");
			return containers;
		}

	}

	record Server(String address, boolean replica) {

	}

	static class Notes {

		private final JdbcTemplate jdbc;

		Notes(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		static String address(PostgreSQLContainer node) {
			return ReplicatedPostgresContainers.query(node, "SELECT host(inet_server_addr())");
		}

		@ReadOnly
		public Server read() {
			return server();
		}

		@Transactional
		public Server write(String text) {
			this.jdbc.update("INSERT INTO note (text) VALUES (?)", text);
			return server();
		}

		private Server server() {
			return this.jdbc.queryForObject("SELECT host(inet_server_addr()), pg_is_in_recovery()",
					(row, number) -> new Server(row.getString(1), row.getBoolean(2)));
		}

	}

}
