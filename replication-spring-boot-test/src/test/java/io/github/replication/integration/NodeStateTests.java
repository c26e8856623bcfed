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
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

import com.zaxxer.hikari.HikariConfig;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import io.github.replication.NodeState;
import io.github.replication.NodeStatus;
import io.github.replication.Reason;
import io.github.replication.Role;
import io.github.replication.ReplicationCluster;
import io.github.replication.SynchronousCommit;
import io.github.replication.node.ReplicaPoolCustomizer;
import io.github.replication.policy.NoReplicaException;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What is known of nodes, and what follows from it for reads.
 */
@EmbeddedCluster(dedicated = true)
class NodeStateTests {

	private static final AtomicLong ids = new AtomicLong(9_000_000);

	private PostgresCluster cluster;

	private TestApplication application;

	private ReplicationCluster nodes;

	@BeforeEach
	void remember(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
	}

	@AfterEach
	void reset() {
		this.application.close();
		this.cluster.reset();
	}

	@Test
	@Tag("long")
	void idlePrimaryLeavesEveryReplicaOnline() {
		start(builder().with("replication.max-lag", "300ms"));
		write();
		awaitCaughtUp();
		Awaitility.await()
			.during(Duration.ofSeconds(2))
			.atMost(Duration.ofSeconds(10))
			.until(() -> this.nodes.nodes().stream().allMatch((node) -> node.state() == NodeState.ONLINE));
		assertThat(this.nodes.node("replica-1")).returns(Duration.ZERO, NodeStatus::lag)
			.returns(0L, NodeStatus::lagSize);
	}

	@Test
	void lagIsReportedInTimeAndInBytesAndTakesAReplicaOut() {
		start(builder().with("replication.max-lag", "500ms"));
		this.cluster.node("replica-1").cutReceiver();
		write();
		await(() -> {
			write();
			return this.nodes.node("replica-1").state() == NodeState.LAGGING;
		});
		NodeStatus status = this.nodes.node("replica-1");
		assertThat(status.lag()).isGreaterThan(Duration.ofMillis(500));
		assertThat(status.lagSize()).isPositive();
		assertThat(status.cause()).contains("replication.max-lag");
		for (int i = 0; i < 10; i++) {
			assertThat(read().node()).isEqualTo("replica-2");
		}
		this.cluster.node("replica-1").restoreReceiver();
		await(() -> this.nodes.node("replica-1").state() == NodeState.ONLINE);
	}

	@Test
	void lagInBytesTakesAReplicaOut() {
		start(builder().with("replication.max-lag-size", "64KB"));
		this.cluster.node("replica-1").pauseReplay();
		this.application.jdbc()
			.update("INSERT INTO note SELECT i, repeat('x', 1000) FROM generate_series(" + ids.addAndGet(1000) + ", "
					+ ids.addAndGet(1000) + ") i");
		await(() -> this.nodes.node("replica-1").state() == NodeState.LAGGING);
		this.cluster.node("replica-1").resumeReplay();
		await(() -> this.nodes.node("replica-1").state() == NodeState.ONLINE);
	}

	@Test
	void readsGoToThePrimaryWhileAllReplicasAreTooFarBehind() {
		start(builder().with("replication.max-lag", "500ms"));
		lagAll();
		assertThat(read().byReplica()).isFalse();
		assertThat(this.application.decisions().last().reason()).isEqualTo(Reason.TOO_STALE);
	}

	@Test
	void readsFailWhileAllReplicasAreTooFarBehindAndThePrimaryMustNotServe() {
		start(builder().with("replication.max-lag", "500ms").with("replication.fallback", "fail"));
		lagAll();
		assertThatExceptionOfType(DataAccessException.class).isThrownBy(this::read)
			.havingRootCause()
			.isInstanceOf(NoReplicaException.class)
			.withMessageContaining("TOO_STALE")
			.withMessageContaining("replica-1 (LAGGING: ")
			.withMessageContaining("replica-2 (LAGGING: ");
	}

	@Test
	@Tag("long")
	void lagStandsStillWhileThePrimaryIsGone() {
		start(builder().with("replication.max-lag", "3s"));
		this.cluster.node("replica-1").pauseReplay();
		write();
		await(() -> lagOf("replica-1").compareTo(Duration.ofMillis(500)) > 0);
		this.cluster.primary().stop();
		await(() -> lagOf("replica-1").compareTo(Duration.ofSeconds(5)) > 0);
		assertThat(this.nodes.node("replica-1").state()).isEqualTo(NodeState.ONLINE);
	}

	@Test
	void replicaThatLagsAtTheStartIsOutOfRotationLongBeforeMaxLagHasPassed() throws Exception {
		this.cluster.node("replica-1").cutReceiver();
		try (SingleConnectionDataSource admin = admin(this.cluster.primary())) {
			new JdbcTemplate(admin).update("INSERT INTO note VALUES (?, 'x')", ids.incrementAndGet());
		}
		start(builder().with("replication.max-lag", "60s"));
		await(() -> this.nodes.node("replica-1").state() == NodeState.LAGGING);
		assertThat(this.nodes.node("replica-2").state()).isEqualTo(NodeState.ONLINE);
		this.cluster.node("replica-1").restoreReceiver();
		await(() -> this.nodes.node("replica-1").state() == NodeState.ONLINE);
	}

	@Test
	@Tag("long")
	void replicaThatLagsAtAFailoverStaysOutOfRotation() {
		start(builder().with("replication.max-lag", "2s"));
		this.cluster.node("replica-2").pauseReplay();
		await(() -> {
			write();
			return this.nodes.node("replica-2").state() == NodeState.LAGGING;
		});
		this.cluster.primary().stop();
		this.cluster.node("replica-1").promote();
		await(() -> this.nodes.node("replica-1").role() == Role.PRIMARY);
		Awaitility.await()
			.pollInSameThread()
			.during(Duration.ofMillis(1_500))
			.atMost(Duration.ofSeconds(10))
			.until(() -> this.nodes.node("replica-2").state() == NodeState.LAGGING);
		this.cluster.node("replica-2").resumeReplay();
		await(() -> this.nodes.node("replica-2").state() == NodeState.ONLINE);
	}

	@Test
	void synchronizationIsReportedToThoseWhoMayKnow() throws Exception {
		this.cluster.synchronous(SynchronousCommit.ON, "replica-1");
		try (SingleConnectionDataSource admin = admin(this.cluster.primary())) {
			new JdbcTemplate(admin).execute("GRANT pg_monitor TO " + this.cluster.username());
			this.cluster.awaitReplication();
			start(builder());
			await(() -> "sync".equals(this.nodes.node("replica-1").synchronization()));
			assertThat(this.nodes.node("replica-2").synchronization()).isEqualTo("async");
			assertThat(this.nodes.node("replica-2").receiving()).isTrue();
			assertThat(this.nodes.node("replica-2").timeline()).isEqualTo(this.nodes.node("primary").timeline());
			assertThat(this.nodes.node("primary").position()).matches("[0-9A-F]+/[0-9A-F]+");
			new JdbcTemplate(admin).execute("REVOKE pg_monitor FROM " + this.cluster.username());
			this.cluster.asynchronous();
		}
	}

	@ParameterizedTest
	@Tag("long")
	@ValueSource(ints = { 1, 3 })
	void readsOnThePrimaryNeverTakeMoreConnectionsThanTheyMay(int allowed) throws Exception {
		start(builder().with("replication.fallback-max-connections", allowed)
			.with("spring.datasource.hikari.connection-timeout", "20000"), NamedReads.class);
		this.application.awaitQuiet();
		this.cluster.replicas().forEach((replica) -> replica.proxy().refuse());
		ExecutorService threads = Executors.newFixedThreadPool(200);
		try (SingleConnectionDataSource admin = admin(this.cluster.primary())) {
			AtomicInteger served = new AtomicInteger();
			List<Future<?>> reads = IntStream.range(0, 200).<Future<?>>mapToObj((i) -> threads.submit(() -> {
				this.application.jdbc();
				this.application.transaction(true)
					.executeWithoutResult((status) -> this.application.jdbc()
						.queryForList("SELECT pg_sleep(0.01), 'a read' AS what"));
				served.incrementAndGet();
			})).toList();
			int most = 0;
			while (reads.stream().anyMatch((read) -> !read.isDone())) {
				most = Math.max(most, connectionsOfReads(admin));
				write();
			}
			for (Future<?> read : reads) {
				read.get(1, TimeUnit.SECONDS);
			}
			assertThat(served).hasValue(200);
			assertThat(most).isBetween(1, allowed);
		}
		finally {
			threads.shutdownNow();
		}
	}

	@Test
	@Tag("long")
	void slowReplicaLosesItsTrafficAndStaysOnline() {
		start(builder().with("replication.load-balancer", "latency"));
		read(50);
		this.cluster.node("replica-1").proxy().delay(Duration.ofMillis(50));
		read(20);
		// the others may have been slow once as well, which is forgotten in time
		await(() -> {
			this.application.decisions().clear();
			read(100);
			return readsOn("replica-1") < 5;
		});
		assertThat(this.nodes.node("replica-1").state()).isEqualTo(NodeState.ONLINE);
		this.cluster.node("replica-1").proxy().restore();
		this.application.decisions().clear();
		await(() -> {
			read(20);
			return readsOn("replica-1") > 20;
		});
	}

	private void read(int times) {
		for (int i = 0; i < times; i++) {
			read();
		}
	}

	private long readsOn(String node) {
		return this.application.decisions().all().stream().filter((decision) -> decision.node().equals(node)).count();
	}

	/**
	 * The connections on which reads run or have run. Those of the monitor, which has two
	 * for a moment when it renews its own, run no transactions.
	 */
	private int connectionsOfReads(SingleConnectionDataSource admin) {
		return new JdbcTemplate(admin).queryForObject(
				"SELECT count(*) FROM pg_stat_activity WHERE application_name = ?"
						+ " AND (query LIKE '%a read%' OR query ~ '^(BEGIN|COMMIT|ROLLBACK)')",
				Integer.class, NamedReads.NAME);
	}

	private void lagAll() {
		this.cluster.replicas().forEach(PostgresNode::pauseReplay);
		await(() -> {
			write();
			return this.nodes.nodes().stream().filter((node) -> node.state() == NodeState.LAGGING).count() == 2;
		});
	}

	private Duration lagOf(String node) {
		Duration lag = this.nodes.node(node).lag();
		return (lag != null) ? lag : Duration.ZERO;
	}

	private void awaitCaughtUp() {
		await(() -> this.nodes.nodes().stream().skip(1).allMatch((node) -> Duration.ZERO.equals(node.lag())));
	}

	private TestApplication.Builder builder() {
		return TestApplication.on(this.cluster).with("replication.monitor.interval", "100ms").withoutJpa();
	}

	private void start(TestApplication.Builder builder, Class<?>... sources) {
		this.application = builder.with("replication.read-your-writes.mode", "off").start(sources);
		this.nodes = this.application.bean(ReplicationCluster.class);
		this.application.newCaller();
	}

	private void write() {
		this.application.transaction(false)
			.executeWithoutResult((status) -> this.application.jdbc()
				.update("INSERT INTO note VALUES (?, 'x')", ids.incrementAndGet()));
	}

	private Served read() {
		return this.application.transaction(true).execute((status) -> Served.by(this.application.jdbc()));
	}

	private static SingleConnectionDataSource admin(PostgresNode node) throws Exception {
		return new SingleConnectionDataSource(node.adminConnection(), true);
	}

	private static void await(BooleanSupplier condition) {
		Awaitility.await()
			.pollInSameThread()
			.atMost(Duration.ofSeconds(20))
			.pollInterval(Duration.ofMillis(20))
			.until(condition::getAsBoolean);
	}

	/**
	 * Lets the primary's server show who reads there.
	 */
	static class NamedReads implements ReplicaPoolCustomizer {

		private static final String NAME = "reads-on-the-primary";

		@Override
		public void customize(String node, HikariConfig pool) {
			if (node.equals("primary")) {
				pool.addDataSourceProperty("ApplicationName", NAME);
			}
		}

	}

}
