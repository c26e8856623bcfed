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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

import io.github.replication.NodeState;
import io.github.replication.ReplicationCluster;
import io.github.replication.integration.PatroniCluster.Member;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A cluster as it is run: three servers under Patroni, an ordinary user, readers and
 * writers over HTTP with the cookies that they were sent. Whatever Patroni does or
 * suffers, nobody misses an own write or goes back, and reads do not fail.
 */
@EnabledIfSystemProperty(named = "world", matches = ".+", disabledReason = "it takes minutes: ./mvnw -B verify -Pworld")
@EnabledIf(value = "isInstalled", disabledReason = "there is no Patroni, etcd or PostgreSQL 15 of the distribution")
class PatroniTests {

	private static final Log logger = LogFactory.getLog(PatroniTests.class);

	private static final Duration INTERVAL = Duration.ofMillis(500);

	private static final AtomicLong ids = new AtomicLong(30_000_000);

	private static PatroniCluster cluster;

	private static TestApplication application;

	private static final List<String> rows = new ArrayList<>();

	private Load load;

	static boolean isInstalled() {
		return PatroniCluster.isInstalled();
	}

	@BeforeAll
	static void start() throws Exception {
		cluster = PatroniCluster.start();
		PatroniCluster.execute(cluster.leader(), PatroniCluster.USER,
				"CREATE TABLE note (id bigint PRIMARY KEY, text text NOT NULL)");
		PatroniCluster.execute(cluster.leader(), PatroniCluster.USER, "ALTER TABLE note OWNER TO app");
		application = startApplication(cluster.properties());
	}

	private static TestApplication startApplication(Map<String, Object> properties) {
		return TestApplication.with(properties)
			.with("replication.monitor.interval", INTERVAL.toMillis() + "ms")
			.with("spring.datasource.hikari.maximum-pool-size", "8")
			.withoutJpa()
			.web()
			.start(NoteWeb.class);
	}

	/**
	 * Writes the report if it is asked for and every scenario was run.
	 */
	@AfterAll
	static void report() throws IOException {
		String report = System.getProperty("world.report", "");
		if (!report.isEmpty() && rows.size() == 6) {
			Files.writeString(Path.of(report),
					"""
							# Patroni

							Written by `PatroniTests` (profile `world`, `-Dworld.report=...`). Three members of Patroni with etcd on one machine,
							an ordinary database user, each member by its own address. The monitor's interval is %d ms. Four clients read over
							HTTP and four write and read at once what they have written. Each keeps the cookies that it was sent. A read fails if
							its response is no 200. No own write was missed, and no client saw a note disappear that it had been shown, or the
							test had failed.

							| event | first write after the leader accepts writes, ms | longest write, ms | writes | failed writes | reads | failed reads |
							| --- | --- | --- | --- | --- | --- | --- |
							%s
							"""
						.formatted(INTERVAL.toMillis(), String.join("\n", rows)));
		}
	}

	@AfterAll
	static void stop() {
		if (application != null) {
			application.close();
		}
		if (cluster != null) {
			cluster.close();
		}
	}

	@BeforeEach
	void begin() {
		cluster.awaitComplete();
		awaitAllInRotation();
		this.load = new Load(application);
	}

	/**
	 * Whatever has happened, every node serves again in the end, without a restart of the
	 * application.
	 */
	@AfterEach
	void end() {
		this.load.close();
		cluster.awaitComplete();
		awaitAllInRotation();
	}

	private static void awaitAllInRotation() {
		ReplicationCluster nodes = application.bean(ReplicationCluster.class);
		PatroniCluster.await(60)
			.untilAsserted(() -> assertThat(nodes.nodes()).allMatch((node) -> node.state() == NodeState.ONLINE));
	}

	@Test
	void switchover() {
		Member old = cluster.leader();
		Member next = cluster.members().stream().filter((member) -> member != old).findFirst().orElseThrow();
		this.load.run("switchover", () -> {
			old.post("/switchover", "{\"leader\": \"" + old.name() + "\", \"candidate\": \"" + next.name() + "\"}");
			assertThat(cluster.awaitLeaderOtherThan(old)).isSameAs(next);
		});
	}

	@Test
	void leaderIsKilledUnderItsManager() {
		Member old = cluster.leader();
		this.load.run("leader killed under its manager", () -> {
			old.killServer();
			cluster.awaitLeaderOtherThan(old);
		});
	}

	@Test
	void leaderIsKilledWithItsManager() {
		Member old = cluster.leader();
		try {
			this.load.run("leader killed with its manager", () -> {
				old.kill();
				cluster.awaitLeaderOtherThan(old);
			});
		}
		finally {
			old.startManager();
		}
	}

	@Test
	void leaderIsFrozenAndThawed() {
		Member old = cluster.leader();
		try {
			this.load.run("leader frozen", () -> {
				old.freeze();
				cluster.awaitLeaderOtherThan(old);
			});
		}
		finally {
			old.thaw();
		}
	}

	@Test
	void replicaIsRestarted() {
		Member replica = cluster.members().stream().filter((member) -> !member.isPrimary()).findFirst().orElseThrow();
		this.load.run("replica restarted", () -> replica.post("/restart", "{}"));
	}

	@Test
	void replicaIsReinitialised() {
		Member replica = cluster.members().stream().filter((member) -> !member.isPrimary()).findFirst().orElseThrow();
		this.load.run("replica reinitialised", () -> replica.post("/reinitialize", "{\"force\": true}"));
	}

	/**
	 * Readers and writers who remember what they were shown.
	 */
	private static final class Load implements AutoCloseable {

		private static final int READERS = 4;

		private static final int WRITERS = 4;

		private final ExecutorService executor = Executors.newFixedThreadPool(READERS + WRITERS);

		private final List<Future<?>> users = new ArrayList<>();

		private final AtomicBoolean ended = new AtomicBoolean();

		private final ConcurrentLinkedQueue<String> violations = new ConcurrentLinkedQueue<>();

		private final AtomicInteger reads = new AtomicInteger();

		private final ConcurrentLinkedQueue<String> failedReads = new ConcurrentLinkedQueue<>();

		private final AtomicInteger writes = new AtomicInteger();

		private final AtomicInteger failedWrites = new AtomicInteger();

		/**
		 * When the leader was seen to accept writes, 0 for not yet.
		 */
		private volatile long accepted;

		private final AtomicLong resumed = new AtomicLong();

		private final AtomicLong longestWrite = new AtomicLong();

		private final AtomicLong known = new AtomicLong(-1);

		private final TestApplication application;

		Load(TestApplication application) {
			this.application = application;
			for (int i = 0; i < READERS; i++) {
				this.users.add(this.executor.submit(() -> use(this::read)));
			}
			for (int i = 0; i < WRITERS; i++) {
				this.users.add(this.executor.submit(() -> use((browser, seen) -> write(browser))));
			}
		}

		private void use(BiConsumer<Browser, AtomicLong> step) {
			Browser browser = new Browser();
			AtomicLong seen = new AtomicLong(-1);
			while (!this.ended.get()) {
				step.accept(browser, seen);
				LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
			}
		}

		/**
		 * Writes a note and reads it at once.
		 */
		private void write(Browser browser) {
			long id = ids.incrementAndGet();
			long start = System.nanoTime();
			if (browser.post(this.application, "/notes/" + id).statusCode() != 200) {
				this.failedWrites.incrementAndGet();
				return;
			}
			long now = System.nanoTime();
			this.writes.incrementAndGet();
			if (this.accepted != 0 && start > this.accepted) {
				this.resumed.compareAndSet(0, now);
			}
			this.longestWrite.accumulateAndGet(now - start, Math::max);
			this.known.set(id);
			readNote(browser, id, (found) -> {
				if (!found) {
					this.violations.add("own write " + id + " is missed");
				}
			});
		}

		/**
		 * Reads the newest note again and again: once seen, it stays.
		 */
		private void read(Browser browser, AtomicLong seen) {
			long last = seen.get();
			if (last >= 0) {
				readNote(browser, last, (found) -> {
					if (!found) {
						this.violations.add("note " + last + " was seen and is gone");
					}
				});
			}
			long id = this.known.get();
			readNote(browser, id, (found) -> {
				if (found) {
					seen.set(id);
				}
			});
		}

		private void readNote(Browser browser, long id, Consumer<Boolean> check) {
			var response = browser.get(this.application, "/notes/" + id);
			this.reads.incrementAndGet();
			if (response.statusCode() != 200) {
				this.failedReads.add(response.body());
				return;
			}
			check.accept(response.body().equals("found"));
		}

		/**
		 * Lets something happen under the load, and checks what came of it.
		 */
		void run(String name, Runnable event) {
			PatroniCluster.await(20).until(() -> this.writes.get() > 20 && this.reads.get() > 50);
			event.run();
			this.accepted = System.nanoTime();
			PatroniCluster.await(40).until(() -> this.resumed.get() != 0);
			long resumed = this.resumed.get() - this.accepted;
			int before = this.writes.get();
			PatroniCluster.await(20).until(() -> this.writes.get() > before + 50);
			close();
			rows.add(Stream
				.of(name, TimeUnit.NANOSECONDS.toMillis(resumed),
						TimeUnit.NANOSECONDS.toMillis(this.longestWrite.get()), this.writes, this.failedWrites,
						this.reads, this.failedReads.size())
				.map(String::valueOf)
				.collect(Collectors.joining(" | ", "| ", " |")));
			logger.info(name + ": writes again " + TimeUnit.NANOSECONDS.toMillis(resumed)
					+ " ms after a leader accepts them, longest write "
					+ TimeUnit.NANOSECONDS.toMillis(this.longestWrite.get()) + " ms, " + this.writes + " writes, "
					+ this.failedWrites + " failed writes, " + this.reads + " reads, " + this.failedReads.size()
					+ " failed reads");
			assertThat(this.violations).isEmpty();
			assertThat(this.failedReads).isEmpty();
			assertThat(Duration.ofNanos(resumed)).isLessThan(INTERVAL.multipliedBy(2));
		}

		@Override
		public void close() {
			this.ended.set(true);
			this.executor.shutdown();
			try {
				if (!this.executor.awaitTermination(60, TimeUnit.SECONDS)) {
					this.violations.add("a request does not end");
				}
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

	}

}
