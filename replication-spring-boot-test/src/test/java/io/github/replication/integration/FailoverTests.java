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

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.junit.jupiter.api.function.Executable;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.Consistency;
import io.github.replication.NodeState;
import io.github.replication.Replication;
import io.github.replication.ReplicationCluster;
import io.github.replication.Role;
import io.github.replication.jdbc.UnknownCommitOutcomeException;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * What becomes of a write while the primary changes under it.
 */
@EmbeddedCluster(dedicated = true)
@ExtendWith(OutputCaptureExtension.class)
class FailoverTests {

	private static final AtomicLong ids = new AtomicLong(8_000_000);

	private final long id = ids.incrementAndGet();

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
	void commitWhoseAnswerIsLostSaysThatItsOutcomeIsUnknown() {
		try (TestApplication application = start("1h")) {
			Throwable thrown = catchThrowable(() -> application.transaction(false).executeWithoutResult((status) -> {
				insert(application);
				this.cluster.primary().proxy().resetConnections();
			}));
			assertThat((Throwable) sqlException(thrown)).isInstanceOf(UnknownCommitOutcomeException.class)
				.hasMessageContaining("it may have taken effect or not")
				.hasMessageContaining("primary");
			assertThat(sqlException(thrown).getSQLState()).isEqualTo("08007");
		}
	}

	@Test
	void statementWhoseConnectionIsLostKeepsItsError() {
		try (TestApplication application = start("1h")) {
			Throwable thrown = catchThrowable(() -> application.transaction(false).executeWithoutResult((status) -> {
				application.jdbc().queryForObject("SELECT 1", Integer.class);
				this.cluster.primary().proxy().resetConnections();
				insert(application);
			}));
			assertThat((Throwable) sqlException(thrown)).isNotInstanceOf(UnknownCommitOutcomeException.class);
			assertThat(sqlException(thrown).getSQLState()).startsWith("08");
			assertThat(isOn(this.cluster.primary())).isFalse();
		}
	}

	@Test
	void transactionFromBeforeAFailoverIsNotCommittedOnTheOldPrimary() {
		PostgresNode old = this.cluster.primary();
		try (TestApplication application = start("100ms")) {
			Throwable thrown = catchThrowable(() -> application.transaction(false).executeWithoutResult((status) -> {
				insert(application);
				old.proxy().blackHole();
				this.cluster.node("replica-1").promote();
				ReplicationCluster nodes = application.bean(ReplicationCluster.class);
				await(() -> nodes.node("replica-1").role() == Role.PRIMARY);
				old.proxy().restore();
			}));
			assertThat((Throwable) sqlException(thrown))
				.hasMessageContaining("primary is not the primary any more, replica-1 is");
			assertThat(sqlException(thrown).getSQLState()).isEqualTo("40000");
			assertThat(isOn(old)).isFalse();
			application.transaction(false).executeWithoutResult((status) -> insert(application));
			assertThat(isOn(this.cluster.node("replica-1"))).isTrue();
		}
	}

	/**
	 * The monitor does not look in this test: what the write sees is enough.
	 */
	@Test
	@Tag("long")
	void writeThatMeetsAStandbyFindsTheNewPrimary() {
		PostgresNode old = this.cluster.primary();
		try (TestApplication application = start("1h")) {
			application.transaction(false)
				.executeWithoutResult((status) -> application.jdbc().queryForObject("SELECT 1", Integer.class));
			old.stop();
			this.cluster.node("replica-1").promote();
			old.rebuild();
			application.decisions().clear();
			await(() -> isWritten(application));
			assertThat(application.decisions().last().node()).isEqualTo("replica-1");
			assertThat(isOn(this.cluster.node("replica-1"))).isTrue();
		}
	}

	@Test
	@Tag("long")
	void readsWaitForThePromotedNodeAsTheyDidForThePrimary() {
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "100ms")
			.with("replication.fallback-max-connections", "1")
			.with("spring.datasource.hikari.connection-timeout", "20000")
			.withoutJpa()
			.start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			this.cluster.primary().stop();
			this.cluster.node("replica-1").promote();
			await(() -> nodes.node("replica-1").role() == Role.PRIMARY);
			List<CompletableFuture<?>> reads = IntStream.range(0, 3)
				.<CompletableFuture<?>>mapToObj((i) -> inThread(() -> Replication.readOnly(Consistency.STRONG,
						() -> application.jdbc().queryForList("SELECT pg_sleep(1)"))))
				.toList();
			assertThat(reads).allSatisfy((read) -> assertThat(read).succeedsWithin(Duration.ofSeconds(20)));
		}
	}

	@Test
	@Tag("long")
	void promotedNodeServesNoMoreReadsAtATimeThanAPrimary() {
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "100ms")
			.with("replication.fallback-max-connections", "1")
			.with("replication.replicas.replica-2.weight", "0")
			.with("spring.datasource.hikari.connection-timeout", "20000")
			.withoutJpa()
			.start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			assertThat(inParallel(4, () -> Replication.readOnly(Consistency.SESSION, () -> backend(application))))
				.hasSizeGreaterThan(1);
			this.cluster.primary().stop();
			this.cluster.node("replica-1").promote();
			await(() -> nodes.node("replica-1").role() == Role.PRIMARY);
			assertThat(inParallel(4, () -> Replication.readOnly(Consistency.STRONG, () -> backend(application))))
				.hasSize(1);
		}
	}

	private static Integer backend(TestApplication application) {
		return application.jdbc().queryForObject("SELECT pg_backend_pid() FROM pg_sleep(0.5)", Integer.class);
	}

	private static Set<Integer> inParallel(int reads, Supplier<Integer> read) {
		return IntStream.range(0, reads)
			.mapToObj((i) -> inThread(read))
			.toList()
			.stream()
			.map(CompletableFuture::join)
			.collect(Collectors.toSet());
	}

	/**
	 * In a thread of its own: the common pool has one alone where there are two cores.
	 */
	private static <T> CompletableFuture<T> inThread(Supplier<T> work) {
		return CompletableFuture.supplyAsync(work, (task) -> new Thread(task).start());
	}

	/**
	 * As before a planned switchover.
	 */
	@Test
	@Tag("long")
	void drainedReplicaThatIsPromotedServesAndCanBeResumed() {
		try (TestApplication application = start("100ms")) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			nodes.drain("replica-1");
			this.cluster.primary().stop();
			this.cluster.node("replica-1").promote();
			await(() -> nodes.node("replica-1").role() == Role.PRIMARY);
			assertThat(nodes.node("replica-1").state()).isEqualTo(NodeState.ONLINE);
			nodes.resume("replica-1");
			application.transaction(false).executeWithoutResult((status) -> insert(application));
			assertThat(isOn(this.cluster.node("replica-1"))).isTrue();
		}
	}

	@Test
	void unitThatBeginsAfterTheEndFailsAtOnce() {
		TestApplication application = start("100ms");
		JdbcTemplate jdbc = application.jdbc();
		TransactionTemplate transaction = application.transaction(true);
		transaction.executeWithoutResult((status) -> jdbc.queryForObject("SELECT 1", Integer.class));
		application.close();
		for (Executable unit : List.<Executable>of(
				() -> transaction.executeWithoutResult((status) -> jdbc.queryForObject("SELECT 1", Integer.class)),
				() -> Replication.readOnly(Consistency.STRONG, () -> jdbc.queryForObject("SELECT 1", Integer.class)),
				() -> jdbc.queryForObject("SELECT 1", Integer.class),
				() -> jdbc.execute((ConnectionCallback<String>) (connection) -> connection.getMetaData().getURL()))) {
			CompletableFuture<Throwable> failure = CompletableFuture.supplyAsync(() -> catchThrowable(unit::execute));
			assertThat(failure).succeedsWithin(Duration.ofSeconds(2))
				.asInstanceOf(InstanceOfAssertFactories.THROWABLE)
				.hasStackTraceContaining("closed");
		}
	}

	/**
	 * Its own pool has not been started, and shows less of its size than one that runs.
	 */
	@Test
	void promotionIsFollowedByAnApplicationThatHasNotWritten() {
		this.cluster.primary().stop();
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "100ms")
			.without("spring.datasource.hikari.maximum-pool-size")
			.without("spring.datasource.hikari.minimum-idle")
			.withoutData()
			.start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			this.cluster.node("replica-1").promote();
			await(() -> nodes.node("replica-1").role() == Role.PRIMARY);
			await(() -> isWritten(application));
			assertThat(isOn(this.cluster.node("replica-1"))).isTrue();
		}
	}

	/**
	 * The application's pool keeps no idle connection while there is no primary.
	 */
	@Test
	@Tag("long")
	void poolOfThePromotedNodeKeepsAsManyConnectionsAsWereConfigured() {
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "100ms")
			.with("spring.datasource.hikari.minimum-idle", "2")
			.withoutJpa()
			.start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			application.jdbc().update("DELETE FROM note WHERE id = -1");
			this.cluster.primary().stop();
			await(() -> nodes.node("primary").state() == NodeState.OFFLINE);
			this.cluster.node("replica-1").promote();
			await(() -> nodes.node("replica-1").role() == Role.PRIMARY && isWritten(application));
			await(() -> application.bean(MeterRegistry.class)
				.get("hikaricp.connections.min")
				.tag("pool", "replica-1-write")
				.gauge()
				.value() == 2);
		}
	}

	@Test
	@Tag("long")
	void promotionIsFollowedAfterTwoProbesThatTheOldPrimaryDoesNotAnswer() {
		PostgresNode old = this.cluster.primary();
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "1s")
			.with("replication.monitor.timeout", "10s")
			.withoutJpa()
			.start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			FunctionCounter failed = application.bean(MeterRegistry.class)
				.get("replication.probes")
				.tags("node", "primary", "outcome", "FAILED")
				.functionCounter();
			this.cluster.node("replica-1").promote();
			this.cluster.node("replica-2").follow(old);
			await(() -> nodes.node("replica-1").state() == NodeState.MISCONFIGURED);
			assertThat(failed.count()).isZero();
			old.stop();
			await(() -> nodes.node("replica-1").role() == Role.PRIMARY);
			assertThat(failed.count()).isBetween(2.0, 3.0);
			assertThat(isWritten(application)).isTrue();
			assertThat(isOn(this.cluster.node("replica-1"))).isTrue();
		}
	}

	/**
	 * A read meets the promoted node before the monitor does, and is not served there.
	 */
	@Test
	@Tag("long")
	void promotedNodeThatWasRefusedBeforeServesAtOnce() {
		PostgresNode old = this.cluster.primary();
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "5s")
			.with("replication.replicas.replica-2.weight", "0")
			.withoutJpa()
			.start()) {
			application.newCaller();
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			this.cluster.node("replica-1").promote();
			application.transaction(true)
				.executeWithoutResult((status) -> application.jdbc().queryForObject("SELECT 1", Integer.class));
			assertThat(application.decisions().last().node()).isEqualTo("primary");
			old.stop();
			await(() -> nodes.node("replica-1").role() == Role.PRIMARY);
			assertThat(Replication.readOnly(Consistency.STRONG,
					() -> application.jdbc().queryForObject("SELECT 1", Integer.class)))
				.isEqualTo(1);
			assertThat(application.decisions().last().node()).isEqualTo("replica-1");
		}
	}

	/**
	 * The name says nothing of the role, which changes.
	 */
	@Test
	@Tag("long")
	void nodesKeepTheirNamesWhenTheirRolesChange(CapturedOutput output) {
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.primary.name", "pg-1")
			.with("replication.monitor.interval", "100ms")
			.with("replication.replicas.replica-2.weight", "0")
			.withoutJpa()
			.start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			assertThat(isWritten(application)).isTrue();
			await(() -> nodes.nodes().stream().allMatch((node) -> node.position() != null));
			PostgresNode old = this.cluster.primary();
			old.stop();
			this.cluster.node("replica-1").promote();
			await(() -> nodes.node("replica-1").role() == Role.PRIMARY);
			assertThat(output).contains("writes go to the node 'replica-1' now, and no longer to the node 'pg-1'");
			old.rebuild();
			await(() -> nodes.node("pg-1").state() == NodeState.ONLINE);
			assertThat(nodes.node("pg-1").role()).isEqualTo(Role.REPLICA);
			application.newCaller();
			application.transaction(true)
				.executeWithoutResult((status) -> application.jdbc().queryForObject("SELECT 1", Integer.class));
			assertThat(application.decisions().last().node()).isEqualTo("pg-1");
			assertThat(application.decisions().last().isReplica()).isTrue();
		}
	}

	@Test
	@Tag("long")
	void promotionIsNotFollowedWhereThatIsTurnedOff() {
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "100ms")
			.with("replication.failover", "false")
			.with("spring.datasource.hikari.connection-timeout", "500")
			.withoutJpa()
			.start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			this.cluster.primary().stop();
			this.cluster.node("replica-1").promote();
			await(() -> String.valueOf(nodes.node("replica-1").cause()).contains("it is a primary"));
			assertThat(nodes.node("primary").role()).isEqualTo(Role.PRIMARY);
			assertThat(isWritten(application)).isFalse();
		}
	}

	private TestApplication start(String interval) {
		TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", interval)
			.with("spring.datasource.hikari.connection-timeout", "2000")
			.withoutJpa()
			.start();
		application.newCaller();
		return application;
	}

	private void insert(TestApplication application) {
		application.jdbc().update("INSERT INTO note VALUES (?, 'x')", this.id);
	}

	private boolean isWritten(TestApplication application) {
		return catchThrowable(
				() -> application.transaction(false).executeWithoutResult((status) -> insert(application))) == null;
	}

	private boolean isOn(PostgresNode node) {
		JdbcTemplate direct = new JdbcTemplate(
				new DriverManagerDataSource(node.directUrl(), this.cluster.username(), this.cluster.password()));
		return direct.queryForObject("SELECT count(*) FROM note WHERE id = ?", Integer.class, this.id) == 1;
	}

	/**
	 * The exception of the driver, or ours in its place.
	 */
	private static SQLException sqlException(Throwable thrown) {
		Throwable cause = thrown;
		while (cause != null && !(cause instanceof SQLException)) {
			cause = cause.getCause();
		}
		return (SQLException) cause;
	}

	private static void await(BooleanSupplier condition) {
		Awaitility.await()
			.pollInSameThread()
			.atMost(Duration.ofSeconds(20))
			.pollInterval(Duration.ofMillis(20))
			.until(condition::getAsBoolean);
	}

}
