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

package io.github.replication.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * How many reads replicas serve, and how many miss a write of their own user, where the
 * position decides and where time does.
 */
final class Offload implements Part {

	private static final Duration THINK_TIME = Duration.ofMillis(100);

	private static final int USERS = 30;

	/**
	 * The sign shows whether a standby has answered.
	 */
	private static final String READ = "SELECT CASE WHEN pg_is_in_recovery() THEN value ELSE -value END"
			+ " FROM register WHERE id = ?";

	private static final String WRITE = "UPDATE register SET value = ? WHERE id = ?";

	private static final List<Mode> MODES = List.of(new Mode("position", "position", "10s"),
			new Mode("time, 2 s", "time", "2s"), new Mode("time, 30 s", "time", "30s"));

	@Override
	public void run(Report report, boolean quick) throws Exception {
		report.section("Offload");
		report.paragraph(USERS + " users for each mode, each of whom thinks for 100 ms between two requests; a request"
				+ " writes the user's own row or reads it, and the first one writes. All modes run at the same time on two replicas that replay"
				+ " each commit so much later (`recovery_min_apply_delay`). A read is stale if it misses a write of"
				+ " its own user; the server that answers says whether it is a replica.");
		int rounds = quick ? 1 : 2;
		Map<Case, Result> results = new TreeMap<>();
		try (PostgresCluster cluster = PostgresCluster.builder().replicas(2).start()) {
			createTable(cluster);
			for (int round = 0; round < rounds; round++) {
				for (int lag : quick ? new int[] { 10, 1000 } : new int[] { 1, 10, 100, 1000 }) {
					for (int writes : quick ? new int[] { 20 } : new int[] { 5, 20, 50 }) {
						measure(cluster, lag, writes, quick ? 3 : 5, results);
					}
				}
			}
		}
		List<List<Object>> rows = new ArrayList<>();
		results.forEach((key,
				result) -> rows.add(List.of(key.mode.label, key.lag, key.writes, result.reads.sum(),
						Report.percent(result.onReplicas.sum(), result.reads.sum()), Report.spread(result.shares),
						result.stale.sum())));
		report.table("offload", List.of("mode", "lag in ms", "writes in %", "reads", "served by replicas",
				"spread in %", "stale reads"), rows);
		target(report, results);
		report.chart("offload", "Reads served by replicas at 20 % writes, %",
				Chart.bars("Reads served by replicas at 20 % writes, %", bars(results)));
	}

	private static void target(Report report, Map<Case, Result> results) {
		double share = Report.median(results.getOrDefault(new Case(MODES.get(0), 10, 20), new Result()).shares);
		long stale = results.entrySet()
			.stream()
			.filter((entry) -> entry.getKey().mode == MODES.get(0))
			.mapToLong((entry) -> entry.getValue().stale.sum())
			.sum();
		report.target("Reads on replicas by position, 20 % writes, 10 ms lag, in %", "95 at least", share, share >= 95);
		report.target("Stale reads by position", "0", stale, stale == 0);
	}

	private static Map<String, Double> bars(Map<Case, Result> results) {
		Map<String, Double> bars = new LinkedHashMap<>();
		results.forEach((key, result) -> {
			if (key.writes == 20) {
				bars.put(key.mode.label + ", lag " + key.lag + " ms", Report.median(result.shares));
			}
		});
		return bars;
	}

	private static void createTable(PostgresCluster cluster) throws SQLException {
		try (Connection connection = cluster.primary().adminConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE TABLE register (id int PRIMARY KEY, value bigint NOT NULL)");
			statement.execute("INSERT INTO register SELECT id, 1 FROM generate_series(0, 999) id");
			statement.execute("GRANT SELECT, UPDATE ON register TO PUBLIC");
		}
		cluster.awaitReplication();
	}

	private static void measure(PostgresCluster cluster, int lag, int writes, int seconds, Map<Case, Result> results)
			throws InterruptedException, ExecutionException {
		for (PostgresNode replica : cluster.replicas()) {
			replica.applyDelay(Duration.ofMillis(lag));
		}
		List<Application> applications = new ArrayList<>();
		ScheduledExecutorService threads = Executors.newScheduledThreadPool(16);
		try {
			List<User> users = new ArrayList<>();
			for (Mode mode : MODES) {
				Application application = Application.replication(Servers.of(cluster),
						Map.of("replication.read-your-writes.mode", mode.mode, "replication.read-your-writes.window",
								mode.window, "replication.monotonic-reads", "false"));
				applications.add(application);
				Result result = results.computeIfAbsent(new Case(mode, lag, writes), (key) -> new Result());
				for (int i = 0; i < USERS; i++) {
					users.add(new User(application, users.size(), writes, result));
				}
			}
			long step = THINK_TIME.toNanos() / users.size();
			List<Future<?>> running = new ArrayList<>();
			for (User user : users) {
				running.add(threads.scheduleWithFixedDelay(user, running.size() * step, THINK_TIME.toNanos(),
						TimeUnit.NANOSECONDS));
			}
			TimeUnit.SECONDS.sleep(2);
			users.forEach((user) -> user.counts = true);
			TimeUnit.SECONDS.sleep(seconds);
			users.forEach((user) -> user.counts = false);
			for (Future<?> user : running) {
				if (user.isDone()) {
					user.get();
				}
			}
		}
		finally {
			threads.shutdown();
			threads.awaitTermination(10, TimeUnit.SECONDS);
			applications.forEach(Application::close);
		}
		MODES.forEach((mode) -> results.getOrDefault(new Case(mode, lag, writes), new Result()).endRound());
	}

	/**
	 * A user whose requests follow each other.
	 */
	private static final class User implements Runnable {

		private final Application application;

		private final CallerRecords records;

		private final CallerRecord record;

		private final int id;

		private final int writes;

		private final Result result;

		private long written = 1;

		private volatile boolean counts;

		User(Application application, int id, int writes, Result result) {
			this.application = application;
			this.records = application.bean(CallerRecords.class);
			this.record = this.records.forRequest(null);
			this.id = id;
			this.writes = writes;
			this.result = result;
		}

		@Override
		public void run() {
			CallerRecord previous = this.records.bind(this.record);
			try {
				if (this.written == 1 || ThreadLocalRandom.current().nextInt(100) < this.writes) {
					this.application.write(WRITE, this.written + 1, this.id);
					this.written++;
				}
				else {
					read();
				}
			}
			finally {
				this.records.restore(previous);
			}
		}

		private void read() {
			long value = this.application.read(READ, this.id);
			if (this.counts) {
				this.result.reads.increment();
				if (value > 0) {
					this.result.onReplicas.increment();
				}
				if (Math.abs(value) < this.written) {
					this.result.stale.increment();
				}
			}
		}

	}

	/**
	 * The counts of all rounds.
	 */
	private static final class Result {

		private final LongAdder reads = new LongAdder();

		private final LongAdder onReplicas = new LongAdder();

		private final LongAdder stale = new LongAdder();

		private final List<Double> shares = new ArrayList<>();

		private long readsBefore;

		private long onReplicasBefore;

		void endRound() {
			this.shares.add(100.0 * (this.onReplicas.sum() - this.onReplicasBefore)
					/ Math.max(1, this.reads.sum() - this.readsBefore));
			this.readsBefore = this.reads.sum();
			this.onReplicasBefore = this.onReplicas.sum();
		}

	}

	private record Mode(String label, String mode, String window) {
	}

	private record Case(Mode mode, int lag, int writes) implements Comparable<Case> {

		@Override
		public int compareTo(Case other) {
			return Comparator.comparingInt((Case key) -> MODES.indexOf(key.mode))
				.thenComparingInt(Case::lag)
				.thenComparingInt(Case::writes)
				.compare(this, other);
		}

	}

}
