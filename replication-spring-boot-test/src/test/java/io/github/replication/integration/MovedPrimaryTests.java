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

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import io.github.replication.Consistency;
import io.github.replication.NodeState;
import io.github.replication.Replication;
import io.github.replication.ReplicationCluster;
import io.github.replication.Role;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Addresses that lead to another server than before, and leaders that come and go without
 * a later timeline.
 */
@EmbeddedCluster(dedicated = true)
@ExtendWith(OutputCaptureExtension.class)
@Tag("long")
class MovedPrimaryTests {

	private PostgresCluster cluster;

	@BeforeEach
	void remember(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
	}

	@AfterEach
	void reset() {
		admin("REVOKE pg_monitor FROM " + this.cluster.username());
		this.cluster.reset();
	}

	@Test
	void connectionsToTheFormerServerAreGivenUpWhenTheAddressOfThePrimaryMoves() {
		PostgresNode former = this.cluster.primary();
		try (TestApplication application = start("200ms")) {
			assertThat(strongPort(application)).isEqualTo(former.port());
			assertThat(writePort(application)).isEqualTo(former.port());
			CompletableFuture<Void> held = CompletableFuture.runAsync(() -> application.transaction(false)
				.executeWithoutResult((status) -> application.jdbc().queryForList("SELECT pg_sleep(60)")));
			await(() -> former.proxy().openConnections() > 2);
			former.proxy().redirect(this.cluster.node("replica-1"));
			this.cluster.node("replica-1").promote();
			await(() -> strongPort(application) == this.cluster.node("replica-1").port());
			await(() -> writePort(application) == this.cluster.node("replica-1").port());
			await(held::isCompletedExceptionally);
			long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
			while (System.nanoTime() < end) {
				assertThat(strongPort(application)).isEqualTo(this.cluster.node("replica-1").port());
				assertThat(writePort(application)).isEqualTo(this.cluster.node("replica-1").port());
			}
		}
	}

	/**
	 * The former primary lives on, and answers the monitor's connection from before.
	 */
	@Test
	void writesWaitAtAnAddressThatMovesToAStandbyUntilThatIsPromoted() throws Exception {
		PostgresNode former = this.cluster.primary();
		PostgresNode latter = this.cluster.node("replica-1");
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "5s")
			.with("replication.replicas.replica-1.weight", "0")
			.with("replication.replicas.replica-2.hikari.maximum-pool-size", "1")
			.withoutJpa()
			.start()) {
			assertThat(writePort(application)).isEqualTo(former.port());
			int reader = backendOfReader(application);
			former.proxy().redirect(latter);
			application.bean(DataSource.class)
				.unwrap(HikariDataSource.class)
				.getHikariPoolMXBean()
				.softEvictConnections();
			CompletableFuture<Integer> writer = CompletableFuture.supplyAsync(() -> writePort(application));
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> nodes.node("primary").state() == NodeState.MISCONFIGURED);
			assertThat(writer).isNotDone();
			assertThat(backendOfReader(application)).as("connection of the other replica").isEqualTo(reader);
			latter.promote();
			assertThat(writer).succeedsWithin(Duration.ofSeconds(15)).isEqualTo(latter.port());
		}
	}

	private static int backendOfReader(TestApplication application) {
		application.newCaller();
		return application.transaction(true)
			.execute((status) -> application.jdbc().queryForObject("SELECT pg_backend_pid()", Integer.class));
	}

	/**
	 * Other pools than HikariCP keep their idle connections, which lead to a server that
	 * lives on.
	 */
	@Test
	void idleConnectionsOfAnotherPoolToTheFormerServerAreNotUsed() {
		PostgresNode former = this.cluster.primary();
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "200ms")
			.with("spring.datasource.type", "org.apache.commons.dbcp2.BasicDataSource")
			.with("spring.datasource.dbcp2.initial-size", "4")
			.with("spring.datasource.dbcp2.min-idle", "4")
			.withoutJpa()
			.start()) {
			assertThat(writePort(application)).isEqualTo(former.port());
			assertThat(former.proxy().openConnections()).isGreaterThan(4);
			former.proxy().redirect(this.cluster.node("replica-1"));
			this.cluster.node("replica-1").promote();
			await(() -> writePort(application) == this.cluster.node("replica-1").port());
			for (int i = 0; i < 50; i++) {
				assertThat(writePort(application)).isEqualTo(this.cluster.node("replica-1").port());
			}
		}
	}

	/**
	 * As behind a connection pooler on each server's host, or on two hosts of containers
	 * with equal addresses.
	 */
	@Test
	void connectionsToTheFormerServerAreGivenUpAlthoughBothShowTheSameAddress(@TempDir Path sockets) throws Exception {
		PostgresNode former = this.cluster.primary();
		PostgresNode latter = this.cluster.node("replica-1");
		for (PostgresNode node : List.of(former, latter)) {
			node.set("unix_socket_directories", sockets.toString());
			node.restart();
		}
		try (UnixRelay relay = new UnixRelay(socketOf(former, sockets))) {
			try (TestApplication application = TestApplication.exactly(this.cluster)
				.with("spring.datasource.url", former.jdbcUrl().replaceFirst(":\\d+/", ":" + relay.port() + "/"))
				.with("replication.monitor.interval", "100ms")
				.withoutJpa()
				.start()) {
				await(() -> writer(application).equals(former.name()));
				CompletableFuture<Void> held = CompletableFuture.runAsync(() -> application.transaction(false)
					.executeWithoutResult((status) -> application.jdbc().queryForList("SELECT pg_sleep(60)")));
				await(() -> !application.jdbc()
					.queryForList("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'")
					.isEmpty());
				relay.redirect(socketOf(latter, sockets));
				latter.promote();
				await(() -> writer(application).equals(latter.name()));
				await(held::isCompletedExceptionally);
				for (int i = 0; i < 50; i++) {
					assertThat(writer(application)).isEqualTo(latter.name());
				}
			}
		}
	}

	private static Path socketOf(PostgresNode node, Path directory) {
		return directory.resolve(".s.PGSQL." + node.port());
	}

	private static String writer(TestApplication application) {
		try {
			return application.transaction(false).execute((status) -> {
				application.jdbc().update("DELETE FROM note WHERE id = -1");
				return application.jdbc().queryForObject("SELECT current_setting('cluster_name')", String.class);
			});
		}
		catch (RuntimeException ex) {
			return "none";
		}
	}

	/**
	 * A manager has exchanged the addresses of two members.
	 */
	@Test
	void primaryIsFollowedToAnotherAddressWithoutAPromotion(CapturedOutput output) {
		admin("GRANT pg_monitor TO " + this.cluster.username());
		this.cluster.awaitReplication();
		PostgresNode primary = this.cluster.primary();
		PostgresNode replica = this.cluster.node("replica-1");
		try (TestApplication application = start("200ms")) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			assertThat(writePort(application)).isEqualTo(primary.port());
			await(() -> nodes.node("primary").timeline() != null);
			primary.proxy().redirect(replica);
			replica.proxy().redirect(primary);
			primary.proxy().resetConnections();
			replica.proxy().resetConnections();
			await(() -> nodes.node("replica-1").role() == Role.PRIMARY);
			await(() -> writePort(application) == primary.port());
			await(() -> nodes.node("primary").state() == NodeState.ONLINE);
			assertThat(output).doesNotContain("rebuild it");
		}
	}

	private TestApplication start(String interval) {
		return TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", interval)
			.withoutJpa()
			.start();
	}

	private static int strongPort(TestApplication application) {
		return attempt(() -> Replication.readOnly(Consistency.STRONG, () -> port(application)));
	}

	private static int writePort(TestApplication application) {
		return attempt(() -> application.transaction(false).execute((status) -> {
			application.jdbc().update("DELETE FROM note WHERE id = -1");
			return port(application);
		}));
	}

	private static int attempt(IntSupplier work) {
		try {
			return work.getAsInt();
		}
		catch (RuntimeException ex) {
			return -1;
		}
	}

	private static int port(TestApplication application) {
		return application.jdbc().queryForObject("SELECT inet_server_port()", Integer.class);
	}

	private void admin(String sql) {
		PostgresNode primary = this.cluster.primary();
		new JdbcTemplate(new DriverManagerDataSource(primary.directUrl(), this.cluster.adminUsername(),
				this.cluster.adminPassword()))
			.execute(sql);
	}

	private static void await(BooleanSupplier condition) {
		Awaitility.await()
			.pollInSameThread()
			.atMost(Duration.ofSeconds(15))
			.pollInterval(Duration.ofMillis(20))
			.until(condition::getAsBoolean);
	}

}
