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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

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
 * Units that need the primary while there is none.
 */
@EmbeddedCluster(dedicated = true)
@ExtendWith(OutputCaptureExtension.class)
class OutageTests {

	private static final AtomicLong ids = new AtomicLong(8_500_000);

	private static final Duration TWO_INTERVALS = Duration.ofSeconds(2);

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private PostgresCluster cluster;

	@BeforeEach
	void remember(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
	}

	@AfterEach
	void reset() {
		this.threads.shutdownNow();
		this.cluster.reset();
	}

	@Test
	void writersOfAKilledPrimaryAreServedAsSoonAsAnotherIsPromoted() {
		try (TestApplication application = start("30000")) {
			insert(application);
			outliveTheTrustOfThePool();
			this.cluster.primary().kill();
			List<CompletableFuture<Long>> early = writers(application, 4);
			awaitState(application, "primary", NodeState.OFFLINE);
			List<CompletableFuture<Long>> late = writers(application, 4);
			pause(Duration.ofSeconds(3));
			assertThat(early).noneMatch(CompletableFuture::isDone);
			this.cluster.node("replica-1").promote();
			assertThat(early).allSatisfy((writer) -> assertThat(writer).succeedsWithin(TWO_INTERVALS));
			assertThat(late).allSatisfy((writer) -> assertThat(writer).succeedsWithin(TWO_INTERVALS));
		}
	}

	@Test
	@Tag("long")
	void writersAreServedAsSoonAsTheirPrimaryIsBack() {
		try (TestApplication application = start("30000")) {
			insert(application);
			outliveTheTrustOfThePool();
			this.cluster.primary().kill();
			List<CompletableFuture<Long>> early = writers(application, 4);
			awaitState(application, "primary", NodeState.OFFLINE);
			List<CompletableFuture<Long>> late = writers(application, 4);
			pause(Duration.ofSeconds(6));
			this.cluster.primary().start();
			assertThat(early).allSatisfy((writer) -> assertThat(writer).succeedsWithin(TWO_INTERVALS));
			assertThat(late).allSatisfy((writer) -> assertThat(writer).succeedsWithin(TWO_INTERVALS));
		}
	}

	@Test
	@Tag("long")
	void readerWhoWaitsForThePrimaryLongerThanTheWindowSeesTheOwnWrite() throws Exception {
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("spring.datasource.hikari.connection-timeout", "30000")
			.with("replication.read-your-writes.window", "2s")
			.with("replication.monotonic-reads", "false")
			.withoutJpa()
			.start()) {
			awaitState(application, "replica-1", NodeState.ONLINE);
			this.cluster.replicas().forEach((replica) -> replica.applyDelay(Duration.ofMinutes(1)));
			CountDownLatch written = new CountDownLatch(1);
			CountDownLatch killed = new CountDownLatch(1);
			CompletableFuture<Integer> read = CompletableFuture.supplyAsync(() -> {
				long id = insert(application);
				written.countDown();
				awaitUninterruptibly(killed);
				return application.transaction(true).execute((status) -> count(application, id));
			}, this.threads);
			written.await();
			this.cluster.primary().kill();
			killed.countDown();
			pause(Duration.ofSeconds(4));
			assertThat(read).isNotDone();
			this.cluster.primary().start();
			assertThat(read).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(1);
		}
	}

	@Test
	@Tag("long")
	void usersAreServedByTheReplicasThatHaveTheirWritesAfterThePrimaryWasKilled() {
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("spring.datasource.hikari.connection-timeout", "1000")
			.with("replication.read-your-writes.window", "1m")
			.withoutJpa()
			.web()
			.start(NoteWeb.class)) {
			long first = ids.getAndAdd(100);
			List<Browser> users = IntStream.range(0, 4).mapToObj((i) -> new Browser()).toList();
			IntStream.range(0, 4).forEach((i) -> users.get(i).post(application, "/notes/" + (first + i)));
			this.cluster.awaitReplication();
			Runnable read = () -> IntStream.range(0, 4).forEach((i) -> {
				assertThat(users.get(i).get(application, "/notes/" + (first + i)).body()).isEqualTo("found");
				assertThat(application.decisions().last().isReplica()).isTrue();
			});
			Awaitility.await().pollInSameThread().untilAsserted(read::run);
			assertThat(users).noneMatch((user) -> user.positions().isEmpty());
			this.cluster.primary().kill();
			Awaitility.await()
				.pollInSameThread()
				.during(Duration.ofSeconds(8))
				.atMost(Duration.ofSeconds(20))
				.untilAsserted(read::run);
			awaitState(application, "primary", NodeState.OFFLINE);
			read.run();
		}
	}

	/**
	 * Its pool has lost all connections, and the first new one is still being opened.
	 */
	@Test
	@Tag("long")
	void readerOfAPrimaryThatFallsSilentIsServedByItsSuccessor() {
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("spring.datasource.hikari.connection-timeout", "30000")
			.with("replication.replicas.replica-2.weight", "0")
			.withoutJpa()
			.start()) {
			long id = insert(application);
			this.cluster.awaitReplication();
			Supplier<Integer> read = () -> Replication.readOnly(Consistency.STRONG, () -> count(application, id));
			assertThat(read.get()).isEqualTo(1);
			outliveTheTrustOfThePool();
			this.cluster.primary().proxy().blackHole();
			List<CompletableFuture<Integer>> readers = IntStream.range(0, 8)
				.mapToObj((i) -> CompletableFuture.supplyAsync(read, this.threads))
				.toList();
			awaitState(application, "primary", NodeState.OFFLINE);
			this.cluster.primary().kill();
			this.cluster.node("replica-1").promote();
			assertThat(readers)
				.allSatisfy((reader) -> assertThat(reader).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(1));
		}
	}

	private static void awaitUninterruptibly(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static int count(TestApplication application, long id) {
		return application.jdbc().queryForObject("SELECT count(*) FROM note WHERE id = ?", Integer.class, id);
	}

	@Test
	@Tag("long")
	void pausesOfThePoolDoNotOutlastTheOutage() throws Exception {
		try (TestApplication application = start("30000", "4")) {
			HikariDataSource pool = application.bean(DataSource.class).unwrap(HikariDataSource.class);
			insert(application);
			await(() -> pool.getHikariPoolMXBean().getIdleConnections() == 4);
			outliveTheTrustOfThePool();
			this.cluster.primary().proxy().refuse();
			this.cluster.primary().proxy().resetConnections();
			awaitState(application, "primary", NodeState.OFFLINE);
			List<CompletableFuture<Long>> writers = writers(application, 4);
			pause(Duration.ofSeconds(7));
			this.cluster.primary().proxy().restore();
			assertThat(writers).allSatisfy((writer) -> assertThat(writer).succeedsWithin(TWO_INTERVALS));
			assertThat(pool.getMinimumIdle()).isEqualTo(4);
		}
	}

	@Test
	@Tag("long")
	void writersOfAPrimaryThatStaysAwayFailAfterTheConnectionTimeoutOfTheirPool() {
		try (TestApplication application = start("2000")) {
			insert(application);
			outliveTheTrustOfThePool();
			this.cluster.primary().kill();
			awaitState(application, "primary", NodeState.OFFLINE);
			long start = System.nanoTime();
			CompletableFuture<Long> writer = writers(application, 1).get(0);
			await(writer::isCompletedExceptionally);
			assertThat(writer).failsWithin(Duration.ZERO)
				.withThrowableThat()
				.withStackTraceContaining("primary cannot be reached");
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(1900),
					Duration.ofMillis(2900));
		}
	}

	@Test
	@Tag("long")
	void nobodyWaitsForAFrozenPrimaryOnceAnotherIsFollowed() {
		PostgresNode old = this.cluster.primary();
		try (TestApplication application = start("30000")) {
			insert(application);
			List<CompletableFuture<?>> inFlight = List.of(
					run(() -> application.transaction(false)
						.executeWithoutResult((status) -> application.jdbc().queryForList("SELECT pg_sleep(1)"))),
					run(() -> application.jdbc().update("INSERT INTO note SELECT -1, 'x' FROM pg_sleep(1)")),
					run(() -> Replication.readOnly(Consistency.STRONG,
							() -> application.jdbc().queryForList("SELECT pg_sleep(1)"))));
			pause(Duration.ofMillis(300));
			old.freeze();
			List<CompletableFuture<Long>> writers = writers(application, 6);
			awaitState(application, "primary", NodeState.OFFLINE);
			pause(Duration.ofSeconds(2));
			assertThat(inFlight).noneMatch(CompletableFuture::isDone);
			this.cluster.node("replica-1").promote();
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> nodes.node("replica-1").role() == Role.PRIMARY);
			pause(Duration.ofSeconds(1));
			assertThat(inFlight).allMatch(CompletableFuture::isCompletedExceptionally);
			assertThat(writers.stream().filter((writer) -> succeeds(writer, TWO_INTERVALS)).count())
				.as("writers that had not begun")
				.isGreaterThanOrEqualTo(4);
			// the pool waits for its connections when it is closed
			old.thaw();
		}
	}

	/**
	 * A pool does not look whether a connection lives that it has had for half a second.
	 */
	private static void outliveTheTrustOfThePool() {
		pause(Duration.ofMillis(600));
	}

	@Test
	@Tag("long")
	void healthOfTheDatabaseIsKnownAtOnceWhileThePrimaryIsFrozen() {
		try (TestApplication application = start("30000")) {
			HealthIndicator db = application.bean("dbHealthContributor", HealthIndicator.class);
			assertThat(db.health().getStatus()).isEqualTo(Status.UP);
			this.cluster.primary().freeze();
			assertThat(run(() -> assertThat(db.health().getStatus()).isEqualTo(Status.DOWN)))
				.succeedsWithin(Duration.ofSeconds(15));
			awaitState(application, "primary", NodeState.OFFLINE);
			for (int i = 0; i < 20; i++) {
				assertThat(run(() -> assertThat(db.health().getStatus()).isEqualTo(Status.DOWN)))
					.succeedsWithin(Duration.ofMillis(500));
			}
			assertThat(Thread.getAllStackTraces().keySet())
				.filteredOn((thread) -> thread.getName().equals("replication-db-health"))
				.hasSizeLessThan(2);
			this.cluster.primary().thaw();
			await(() -> db.health().getStatus().equals(Status.UP));
		}
	}

	/**
	 * An outage under load that ends with a failover.
	 */
	@Test
	@Tag("long")
	void anOutageUnderLoadIsAHandfulOfLines(CapturedOutput output) {
		try (TestApplication application = start("1000")) {
			insert(application);
			this.cluster.awaitReplication();
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> nodes.nodes().stream().allMatch((node) -> node.position() != null));
			int before = output.getAll().length();
			this.cluster.primary().kill();
			AtomicBoolean over = new AtomicBoolean();
			List<CompletableFuture<?>> load = IntStream.range(0, 16).<CompletableFuture<?>>mapToObj((i) -> run(() -> {
				while (!over.get()) {
					try {
						insert(application);
					}
					catch (RuntimeException ex) {
						// refused, as long as there is no primary
						LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
					}
				}
			})).toList();
			pause(Duration.ofSeconds(6));
			this.cluster.node("replica-1").promote();
			await(() -> nodes.node("replica-1").role() == Role.PRIMARY);
			pause(Duration.ofSeconds(1));
			over.set(true);
			load.forEach(CompletableFuture::join);
			List<String> lines = output.getAll()
				.substring(before)
				.lines()
				.filter((line) -> line.contains(" WARN ") || line.contains(" ERROR ") || line.contains(" INFO "))
				.toList();
			assertThat(lines).hasSizeLessThan(15);
			assertThat(lines).filteredOn((line) -> line.contains("replication.node")).hasSizeLessThan(7);
			assertThat(lines).noneMatch((line) -> line.contains("MISCONFIGURED"))
				.anyMatch((line) -> line.contains("writes go to the node 'replica-1' now"));
		}
	}

	private static boolean succeeds(CompletableFuture<Long> writer, Duration patience) {
		try {
			writer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
			return true;
		}
		catch (Exception ex) {
			return false;
		}
	}

	private TestApplication start(String connectionTimeout) {
		return start(connectionTimeout, "0");
	}

	private TestApplication start(String connectionTimeout, String minimumIdle) {
		return TestApplication.exactly(this.cluster)
			.with("spring.datasource.hikari.connection-timeout", connectionTimeout)
			.with("spring.datasource.hikari.minimum-idle", minimumIdle)
			.withoutJpa()
			.start();
	}

	private List<CompletableFuture<Long>> writers(TestApplication application, int count) {
		return IntStream.range(0, count)
			.mapToObj((i) -> CompletableFuture.supplyAsync(() -> insert(application), this.threads))
			.toList();
	}

	private CompletableFuture<?> run(Runnable work) {
		return CompletableFuture.runAsync(work, this.threads);
	}

	private static long insert(TestApplication application) {
		long id = ids.incrementAndGet();
		application.transaction(false)
			.executeWithoutResult((status) -> application.jdbc().update("INSERT INTO note VALUES (?, 'x')", id));
		return id;
	}

	private static void awaitState(TestApplication application, String node, NodeState state) {
		ReplicationCluster nodes = application.bean(ReplicationCluster.class);
		await(() -> nodes.node(node).state() == state);
	}

	private static void pause(Duration duration) {
		long end = System.nanoTime() + duration.toNanos();
		await(() -> System.nanoTime() - end >= 0);
	}

	private static void await(BooleanSupplier condition) {
		Awaitility.await()
			.pollInSameThread()
			.atMost(Duration.ofSeconds(20))
			.pollInterval(Duration.ofMillis(20))
			.until(condition::getAsBoolean);
	}

}
