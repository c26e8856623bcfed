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

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import io.github.replication.NodeState;
import io.github.replication.NodeStatus;
import io.github.replication.ReplicationCluster;
import io.github.replication.Role;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One server behind two URLs: a virtual IP or a load balancer that leads to the primary,
 * beside the members' own URLs.
 */
@EmbeddedCluster(dedicated = true)
@ExtendWith(OutputCaptureExtension.class)
@Tag("long")
class AliasTests {

	private static final AtomicLong IDS = new AtomicLong(4_000_000);

	private PostgresCluster cluster;

	@BeforeEach
	void remember(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
	}

	@AfterEach
	void reset() {
		this.cluster.reset();
	}

	@Test
	void memberThatThePrimarysUrlLeadsToIsAnAliasAndServesNoReads(CapturedOutput output) throws Exception {
		try (TurntableProxy endpoint = new TurntableProxy(this.cluster.primary().port());
				TestApplication application = withAllMembers(endpoint).start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> "primary".equals(nodes.node("member").aliasOf()));
			for (int i = 0; i < 40; i++) {
				application.newCaller();
				write(application);
				application.newCaller();
				read(application);
				assertThat(application.decisions().last().node()).isIn("replica-1", "replica-2");
			}
			assertThat(nodes.node("member")).returns(NodeState.ONLINE, NodeStatus::state)
				.returns(null, NodeStatus::cause)
				.returns(Role.REPLICA, NodeStatus::role);
			assertThat(nodes.node("primary")).returns(Role.PRIMARY, NodeStatus::role)
				.returns(null, NodeStatus::aliasOf);
		}
		assertThat(output).doesNotContain("Following a failover").doesNotContain("MISCONFIGURED");
	}

	@Test
	void writesGoThroughTheEndpointAgainOnceItLeadsToTheNewPrimary(CapturedOutput output) throws Exception {
		try (TurntableProxy endpoint = new TurntableProxy(this.cluster.primary().port());
				TestApplication application = withAllMembers(endpoint).start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> "primary".equals(nodes.node("member").aliasOf()));
			endpoint.leadTo();
			this.cluster.primary().stop();
			endpoint.reset();
			this.cluster.node("replica-1").promote();
			await(() -> nodes.node("replica-1").role() == Role.PRIMARY && isWritten(application));
			assertThat(application.decisions().last().node()).isEqualTo("replica-1");
			endpoint.leadTo(this.cluster.node("replica-1").port());
			await(() -> nodes.node("primary").role() == Role.PRIMARY && isWritten(application));
			assertThat(application.decisions().last().node()).isEqualTo("primary");
			assertThat(nodes.node("replica-1")).returns("primary", NodeStatus::aliasOf)
				.returns(NodeState.ONLINE, NodeStatus::state);
			this.cluster.node("primary").rebuild();
			await(() -> nodes.node("member").state() == NodeState.ONLINE && nodes.node("member").aliasOf() == null);
			await(() -> {
				application.newCaller();
				read(application);
				return application.decisions().last().node().equals("member");
			});
		}
		assertThat(output).doesNotContain("rebuild it as a standby, or remove it");
	}

	@Test
	void writesGoToTheMemberWhileTheEndpointIsGone(CapturedOutput output) throws Exception {
		try (TurntableProxy endpoint = new TurntableProxy(this.cluster.primary().port());
				TestApplication application = withAllMembers(endpoint).start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			writeToTheMember(application, endpoint);
			assertThat(application.decisions().last().node()).isEqualTo("member");
			writeToTheEndpoint(application, endpoint);
			assertThat(nodes.node("member").aliasOf()).isEqualTo("primary");
		}
		assertThat(output).doesNotContain("Following a failover").doesNotContain("MISCONFIGURED");
	}

	/**
	 * The server is the same, so that nothing has to end.
	 */
	@Test
	void whatIsUnderWayAtTheMemberGoesOnWhenTheEndpointIsBack() throws Exception {
		try (TurntableProxy endpoint = new TurntableProxy(this.cluster.primary().port());
				TestApplication application = withAllMembers(endpoint).start()) {
			writeToTheMember(application, endpoint);
			CountDownLatch begun = new CountDownLatch(2);
			CountDownLatch back = new CountDownLatch(1);
			long id = IDS.incrementAndGet();
			JdbcTemplate jdbc = application.jdbc();
			CompletableFuture<Integer> transaction = inThread(() -> application.transaction(false).execute((status) -> {
				jdbc.update("INSERT INTO note VALUES (?, 'x')", id);
				begun.countDown();
				await(() -> back.getCount() == 0);
				return jdbc.update("UPDATE note SET text = 'y' WHERE id = ?", id);
			}));
			CompletableFuture<String> session = inThread(
					() -> jdbc.execute((ConnectionCallback<String>) (connection) -> {
						JdbcTemplate held = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
						held.execute("SET statement_timeout = '7min'");
						begun.countDown();
						await(() -> back.getCount() == 0);
						return held.queryForObject("SHOW statement_timeout", String.class);
					}));
			assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
			writeToTheEndpoint(application, endpoint);
			back.countDown();
			assertThat(transaction).succeedsWithin(Duration.ofSeconds(20));
			assertThat(session).succeedsWithin(Duration.ofSeconds(20)).isEqualTo("7min");
			assertThat(jdbc.queryForObject("SELECT text FROM note WHERE id = ?", String.class, id)).isEqualTo("y");
		}
	}

	/**
	 * The former server lives on, and nothing that was begun there may be committed.
	 */
	@Test
	void whatIsUnderWayAtTheMemberEndsWithTheServer() throws Exception {
		PostgresNode former = this.cluster.primary();
		try (TurntableProxy endpoint = new TurntableProxy(former.port());
				TestApplication application = withAllMembers(endpoint).start()) {
			writeToTheMember(application, endpoint);
			CompletableFuture<Integer> transaction = inThread(() -> application.transaction(false)
				.execute((status) -> application.jdbc().queryForList("SELECT pg_sleep(60)").size()));
			await(() -> isSleeping(former));
			writeToTheEndpoint(application, endpoint);
			assertThat(transaction).isNotDone();
			endpoint.leadTo(this.cluster.node("replica-1").port());
			this.cluster.node("replica-1").promote();
			await(transaction::isCompletedExceptionally);
		}
	}

	/**
	 * The server answers on neither way, so that nothing follows from that.
	 */
	@Test
	void whatIsUnderWayGoesOnWhenTheServerStandsStill(CapturedOutput output) throws Exception {
		try (TurntableProxy endpoint = new TurntableProxy(this.cluster.primary().port());
				TestApplication application = withAllMembers(endpoint).start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> "primary".equals(nodes.node("member").aliasOf()));
			Integer updated = application.transaction(false).execute((status) -> {
				for (int i = 0; i < 2; i++) {
					this.cluster.primary().freeze();
					await(() -> nodes.node("primary").state() == NodeState.OFFLINE
							|| nodes.node("member").role() == Role.PRIMARY);
					await(() -> nodes.node("member").state() == NodeState.OFFLINE);
					this.cluster.primary().thaw();
					await(() -> nodes.node("primary").state() == NodeState.ONLINE);
				}
				return application.jdbc().update("INSERT INTO note VALUES (?, 'x')", IDS.incrementAndGet());
			});
			assertThat(updated).isOne();
		}
		assertThat(output).doesNotContain("Writes go to");
	}

	/**
	 * The endpoint is lost, and writes go to the member's own URL.
	 */
	private static void writeToTheMember(TestApplication application, TurntableProxy endpoint) {
		ReplicationCluster nodes = application.bean(ReplicationCluster.class);
		await(() -> "primary".equals(nodes.node("member").aliasOf()));
		endpoint.leadTo();
		endpoint.reset();
		await(() -> nodes.node("member").role() == Role.PRIMARY && isWritten(application));
	}

	/**
	 * The endpoint is back, and leads to the same server.
	 */
	private void writeToTheEndpoint(TestApplication application, TurntableProxy endpoint) {
		ReplicationCluster nodes = application.bean(ReplicationCluster.class);
		endpoint.leadTo(this.cluster.primary().port());
		await(() -> nodes.node("primary").role() == Role.PRIMARY && isWritten(application));
	}

	private boolean isSleeping(PostgresNode node) {
		return new JdbcTemplate(new DriverManagerDataSource(node.directUrl(), this.cluster.adminUsername(),
				this.cluster.adminPassword()))
			.queryForObject("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'",
					Integer.class) == 1;
	}

	private static <T> CompletableFuture<T> inThread(Supplier<T> work) {
		return CompletableFuture.supplyAsync(work, (task) -> new Thread(task).start());
	}

	@Test
	void replicaThatTwoUrlsLeadToServesReadsOnceAndByTheOtherUrlWhileOneIsLost() throws Exception {
		PostgresNode replica = this.cluster.node("replica-1");
		try (TurntableProxy other = new TurntableProxy(replica.port());
				TestApplication application = TestApplication.exactly(this.cluster)
					.with("replication.monitor.interval", "200ms")
					.with("replication.replicas.replica-2.url", other.url(this.cluster.database()))
					.with("replication.replicas.replica-1.url", replica.jdbcUrl())
					.withoutJpa()
					.start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> "replica-1".equals(nodes.node("replica-2").aliasOf()));
			for (int i = 0; i < 20; i++) {
				application.newCaller();
				read(application);
				assertThat(application.decisions().last().node()).isEqualTo("replica-1");
			}
			replica.proxy().refuse();
			replica.proxy().resetConnections();
			await(() -> {
				application.newCaller();
				read(application);
				return application.decisions().last().node().equals("replica-2");
			});
			assertThat(nodes.node("replica-2").aliasOf()).isNull();
		}
	}

	private TestApplication.Builder withAllMembers(TurntableProxy endpoint) {
		return TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "200ms")
			.with("spring.datasource.url", endpoint.url(this.cluster.database()))
			.with("replication.replicas.member.url", this.cluster.primary().jdbcUrl())
			.withoutJpa();
	}

	private static boolean isWritten(TestApplication application) {
		application.newCaller();
		write(application);
		return true;
	}

	private static void write(TestApplication application) {
		application.transaction(false)
			.executeWithoutResult(
					(status) -> application.jdbc().update("INSERT INTO note VALUES (?, 'x')", IDS.incrementAndGet()));
	}

	private static void read(TestApplication application) {
		application.transaction(true)
			.executeWithoutResult((status) -> application.jdbc().queryForObject("SELECT 1", Integer.class));
	}

	private static void await(BooleanSupplier condition) {
		Awaitility.await()
			.pollInSameThread()
			.ignoreExceptions()
			.atMost(Duration.ofSeconds(20))
			.pollInterval(Duration.ofMillis(50))
			.until(condition::getAsBoolean);
	}

}
