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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

import io.github.replication.Consistency;
import io.github.replication.NodeState;
import io.github.replication.Replication;
import io.github.replication.ReplicationCluster;
import io.github.replication.Role;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Every node behind a real PgBouncer with its usual settings.
 */
@EmbeddedCluster(dedicated = true)
@EnabledIf(value = "isInstalled", disabledReason = "there is no pgbouncer on the PATH")
@Tag("long")
class PgBouncerTests {

	private static final AtomicLong ids = new AtomicLong(9_900_000);

	@TempDir
	Path folder;

	private PostgresCluster cluster;

	static boolean isInstalled() {
		return Program.find("pgbouncer").isPresent();
	}

	@BeforeEach
	void remember(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
	}

	@AfterEach
	void reset() {
		this.cluster.reset();
	}

	@ParameterizedTest
	@ValueSource(strings = { "session", "transaction" })
	void readsGoToReplicasAndNeverWrite(String mode) throws IOException {
		int port = Program.freePort();
		try (Program pooler = start(mode, port); TestApplication application = application(port)) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> nodes.nodes().stream().allMatch((node) -> node.state() == NodeState.ONLINE));
			await(() -> nodes.nodes().stream().allMatch((node) -> node.position() != null));
			JdbcTemplate jdbc = application.jdbc();
			for (int i = 0; i < 20; i++) {
				application.newCaller();
				assertThat(read(application).byReplica()).isTrue();
				long id = insert(application);
				assertThat(count(application, id)).isEqualTo(1);
			}
			for (Consistency consistency : List.of(Consistency.EVENTUAL, Consistency.STRONG)) {
				assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> Replication.readOnly(consistency,
						() -> jdbc.update("INSERT INTO note VALUES (-78, 'x')")));
			}
			insert(application);
			assertThat(count(application, -78)).isZero();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "session", "transaction" })
	void writesGoOnAfterAPromotion(String mode) throws IOException {
		int port = Program.freePort();
		try (Program pooler = start(mode, port); TestApplication application = application(port)) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			for (int i = 0; i < 10; i++) {
				application.newCaller();
				read(application);
			}
			insert(application);
			await(() -> nodes.nodes().stream().allMatch((node) -> node.position() != null));
			this.cluster.primary().kill();
			PostgresNode promoted = this.cluster.node("replica-1");
			promoted.promote();
			await(() -> nodes.node("replica-1").role() == Role.PRIMARY);
			await(() -> isWritten(application));
			for (int i = 0; i < 20; i++) {
				insert(application);
				assertThat(Replication.readOnly(Consistency.STRONG, () -> Served.by(application.jdbc())).node())
					.isEqualTo("replica-1");
			}
			assertThat(nodes.node("replica-1").state()).isEqualTo(NodeState.ONLINE);
		}
	}

	private Program start(String mode, int port) throws IOException {
		Path users = this.folder.resolve("users.txt");
		Files.writeString(users, "\"" + this.cluster.username() + "\" \"" + this.cluster.password() + "\"\n");
		String databases = this.cluster.nodes()
			.stream()
			.map((node) -> node.name() + " = host=127.0.0.1 port=" + node.port() + " dbname=" + this.cluster.database())
			.collect(Collectors.joining("\n"));
		Path configuration = this.folder.resolve("pgbouncer.ini");
		Files.writeString(configuration, """
				[databases]
				%s
				[pgbouncer]
				listen_addr = 127.0.0.1
				listen_port = %d
				unix_socket_dir =
				auth_type = scram-sha-256
				auth_file = %s
				pool_mode = %s
				ignore_startup_parameters = extra_float_digits
				""".formatted(databases, port, users, mode));
		return Program.start(this.folder, port, Program.find("pgbouncer").orElseThrow().toString(),
				configuration.toString());
	}

	/**
	 * Without statements that are prepared on the server, as transaction pooling needs it
	 * with this version.
	 */
	private TestApplication application(int port) {
		TestApplication.Builder builder = TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "300ms")
			.with("spring.datasource.hikari.connection-timeout", "5000")
			.with("spring.datasource.url", url(port, PostgresCluster.PRIMARY));
		this.cluster.replicas()
			.forEach((replica) -> builder.with("replication.replicas." + replica.name() + ".url",
					url(port, replica.name())));
		return builder.withoutJpa().start();
	}

	private static String url(int port, String node) {
		return "jdbc:postgresql://127.0.0.1:" + port + "/" + node + "?prepareThreshold=0";
	}

	private static Served read(TestApplication application) {
		return application.transaction(true).execute((status) -> Served.by(application.jdbc()));
	}

	private static int count(TestApplication application, long id) {
		Integer count = application.transaction(true)
			.execute((status) -> application.jdbc()
				.queryForObject("SELECT count(*) FROM note WHERE id = ?", Integer.class, id));
		return (count != null) ? count : -1;
	}

	private static long insert(TestApplication application) {
		long id = ids.incrementAndGet();
		application.transaction(false)
			.executeWithoutResult((status) -> application.jdbc().update("INSERT INTO note VALUES (?, 'x')", id));
		return id;
	}

	private static boolean isWritten(TestApplication application) {
		try {
			insert(application);
			return true;
		}
		catch (RuntimeException ex) {
			return false;
		}
	}

	private static void await(BooleanSupplier condition) {
		Awaitility.await()
			.pollInSameThread()
			.atMost(Duration.ofSeconds(15))
			.pollInterval(Duration.ofMillis(20))
			.until(condition::getAsBoolean);
	}

}
