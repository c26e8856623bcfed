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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.PSQLException;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.Consistency;
import io.github.replication.NodeState;
import io.github.replication.NodeStatus;
import io.github.replication.Reason;
import io.github.replication.Replication;
import io.github.replication.ReplicationCluster;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Errors that are the application's own: they come through as they are, and no node is
 * the worse for them.
 */
@EmbeddedCluster
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ApplicationErrorTests {

	private static final AtomicLong ids = new AtomicLong(10_000_000);

	private TestApplication application;

	private JdbcTemplate jdbc;

	@BeforeAll
	void start(PostgresCluster cluster) {
		TestApplication.createTable(cluster);
		this.application = TestApplication.on(cluster)
			.with("replication.monitor.interval", "100ms")
			.with("replication.monitor.timeout", "10s")
			.with("replication.read-your-writes.mode", "off")
			.with("spring.datasource.hikari.connection-timeout", "500")
			.withoutJpa()
			.start();
		this.jdbc = this.application.jdbc();
	}

	@AfterAll
	void stop() {
		this.application.close();
	}

	@BeforeEach
	void forget() {
		this.application.newCaller();
		this.application.decisions().clear();
	}

	@ParameterizedTest
	@CsvSource({ "SELECT no_such_column FROM note, 42703", "SELEC 1, 42601", "SELECT * FROM no_such_table, 42P01",
			"SELECT 1 / 0, 22012", "SELECT pg_sleep(10), 57014" })
	void errorOfARead(String sql, String state) {
		Throwable thrown = catchThrowable(() -> this.application.transaction(true).executeWithoutResult((status) -> {
			this.jdbc.execute("SET LOCAL statement_timeout = '50ms'");
			this.jdbc.queryForList(sql);
		}));
		assertDriversOwn(thrown, state);
		assertNothingChanged();
	}

	@ParameterizedTest
	@CsvSource({ "INSERT INTO note VALUES (1; 'x'), 23505", "INSERT INTO note VALUES (2; NULL), 23502",
			"UPDATE no_such_table SET a = 1, 42P01", "SELECT pg_sleep(10), 57014" })
	void errorOfAWrite(String sql, String state) {
		this.jdbc.update("INSERT INTO note VALUES (1, 'x') ON CONFLICT DO NOTHING");
		this.application.decisions().clear();
		Throwable thrown = catchThrowable(() -> this.application.transaction(false).executeWithoutResult((status) -> {
			this.jdbc.execute("SET LOCAL statement_timeout = '50ms'");
			this.jdbc.execute(sql.replace(';', ','));
		}));
		assertDriversOwn(thrown, state);
		assertNothingChanged();
	}

	@Test
	void timeoutOfALock() throws Exception {
		long id = ids.incrementAndGet();
		this.jdbc.update("INSERT INTO note VALUES (?, 'x')", id);
		CountDownLatch locked = new CountDownLatch(1);
		CountDownLatch over = new CountDownLatch(1);
		ExecutorService other = Executors.newSingleThreadExecutor();
		try {
			Future<?> holder = other.submit(() -> this.application.transaction(false).executeWithoutResult((status) -> {
				this.jdbc.update("UPDATE note SET text = 'y' WHERE id = ?", id);
				locked.countDown();
				await(over);
			}));
			await(locked);
			Throwable thrown = catchThrowable(
					() -> this.application.transaction(false).executeWithoutResult((status) -> {
						this.jdbc.execute("SET LOCAL lock_timeout = '50ms'");
						this.jdbc.update("UPDATE note SET text = 'z' WHERE id = ?", id);
					}));
			over.countDown();
			holder.get(10, TimeUnit.SECONDS);
			assertDriversOwn(thrown, "55P03");
			assertNothingChanged();
		}
		finally {
			over.countDown();
			other.shutdown();
		}
	}

	@Test
	void conflictOfSerializableTransactionsOnThePrimary() {
		long id = ids.incrementAndGet();
		this.jdbc.update("INSERT INTO note VALUES (?, 'x')", id);
		TransactionTemplate repeatable = this.application.transaction(false);
		repeatable.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
		TransactionTemplate apart = this.application.transaction(false);
		apart.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		Throwable thrown = catchThrowable(() -> repeatable.executeWithoutResult((status) -> {
			this.jdbc.queryForObject("SELECT text FROM note WHERE id = ?", String.class, id);
			apart.executeWithoutResult((inner) -> this.jdbc.update("UPDATE note SET text = 'inner' WHERE id = ?", id));
			this.jdbc.update("UPDATE note SET text = 'outer' WHERE id = ?", id);
		}));
		assertDriversOwn(thrown, "40001");
		assertNothingChanged();
	}

	@Test
	void exhaustedPoolOfThePrimary() throws Exception {
		CountDownLatch over = new CountDownLatch(1);
		CountDownLatch busy = new CountDownLatch(4);
		ExecutorService others = Executors.newFixedThreadPool(4);
		try {
			List<Future<?>> holders = new ArrayList<>();
			for (int i = 0; i < 4; i++) {
				holders.add(others.submit(() -> this.application.transaction(false).executeWithoutResult((status) -> {
					this.jdbc.queryForList("SELECT 1");
					busy.countDown();
					await(over);
				})));
			}
			await(busy, holders);
			Throwable thrown = catchThrowable(() -> this.application.transaction(false)
				.executeWithoutResult((status) -> this.jdbc.queryForList("SELECT 1")));
			assertThat(thrown).hasStackTraceContaining("Connection is not available, request timed out");
			assertNothingChanged();
		}
		finally {
			over.countDown();
			others.shutdown();
			others.awaitTermination(10, TimeUnit.SECONDS);
		}
	}

	private static void assertDriversOwn(Throwable thrown, String state) {
		Throwable cause = thrown;
		while (!(cause instanceof SQLException) && cause != null) {
			cause = cause.getCause();
		}
		assertThat(cause).isInstanceOf(PSQLException.class);
		assertThat(((SQLException) cause).getSQLState()).isEqualTo(state);
	}

	/**
	 * Also after the monitor has looked again.
	 */
	private void assertNothingChanged() {
		ReplicationCluster nodes = this.application.bean(ReplicationCluster.class);
		Awaitility.await()
			.pollInSameThread()
			.during(Duration.ofMillis(400))
			.atMost(Duration.ofSeconds(5))
			.until(() -> nodes.nodes().stream().map(NodeStatus::state).allMatch(NodeState.ONLINE::equals));
		this.application.decisions().clear();
		for (int i = 0; i < 4; i++) {
			this.application.transaction(true).executeWithoutResult((status) -> this.jdbc.queryForList("SELECT 1"));
		}
		assertThat(this.application.decisions().all()).hasSize(4)
			.allSatisfy((decision) -> assertThat(decision.reason()).isEqualTo(Reason.READ_ONLY));
		assertThat(this.application.decisions().all()).extracting("node").contains("replica-1", "replica-2");
	}

	/**
	 * The pool of a node has no connection yet when it is used first.
	 */
	@Test
	void interruptOfAReaderIsNoLossOfItsNode(PostgresCluster cluster) {
		String url = cluster.primary().jdbcUrl();
		try (TestApplication application = TestApplication.exactly(cluster)
			.with("spring.datasource.url",
					url + ((url.indexOf('?') < 0) ? "?" : "&") + InterruptingSocketFactory.parameter())
			.withoutJpa()
			.start()) {
			Supplier<Integer> read = () -> Replication.readOnly(Consistency.STRONG,
					() -> application.jdbc().queryForObject("SELECT 1", Integer.class));
			InterruptingSocketFactory.interruptNext();
			Throwable failure = catchThrowable(read::get);
			assertThat(Thread.interrupted()).isTrue();
			assertThat(failure).hasStackTraceContaining("Interrupted while waiting for a connection to primary");
			assertThat(application.bean(ReplicationCluster.class).node("primary").state()).isEqualTo(NodeState.ONLINE);
			assertThat(read.get()).isEqualTo(1);
		}
	}

	/**
	 * Waits for what others do, and fails as they do.
	 */
	private static void await(CountDownLatch latch, List<Future<?>> others) throws Exception {
		for (int i = 0; i < 200 && !latch.await(100, TimeUnit.MILLISECONDS); i++) {
			for (Future<?> other : others) {
				if (other.isDone()) {
					other.get();
				}
			}
		}
		assertThat(latch.getCount()).isZero();
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

}
