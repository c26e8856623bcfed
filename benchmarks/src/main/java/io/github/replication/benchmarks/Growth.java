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

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import io.github.replication.benchmarks.ServerCost.Counts;
import io.github.replication.benchmarks.ServerCost.Kind;
import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.test.PostgresCluster;

/**
 * The cost that grows with the replicas and the callers: questions for positions, memory,
 * threads. And a look for leaks.
 */
final class Growth implements Part {

	private static final String READ = "SELECT value FROM item WHERE id = ?";

	private static final String WRITE = "UPDATE item SET value = value + 1 WHERE id = ?";

	private static final int THINK_MILLIS = 100;

	/**
	 * The seconds for which decisions are made to find leaks.
	 */
	private static final int LEAK_SECONDS = Integer.getInteger("benchmarks.leak", 20);

	private static final int SAMPLES = 10;

	private static final double MEGABYTE = 1024 * 1024;

	@Override
	public void run(Report report, boolean quick) throws Exception {
		int most = quick ? 3 : 15;
		try (PostgresCluster cluster = PostgresCluster.builder()
			.replicas(most)
			.setting("shared_preload_libraries", "pg_stat_statements")
			.setting("shared_buffers", "4MB")
			.setting("max_wal_senders", "20")
			.start()) {
			create(cluster);
			Servers servers = Servers.of(cluster);
			questions(report, cluster, servers, quick);
			memory(report, servers, quick);
			virtualThreads(report, servers, quick);
		}
		leaks(report, quick);
	}

	private static void create(PostgresCluster cluster) throws SQLException {
		try (Connection connection = cluster.primary().adminConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE EXTENSION pg_stat_statements");
			statement.execute("CREATE TABLE item (id int PRIMARY KEY, value bigint NOT NULL)");
			statement.execute("INSERT INTO item SELECT id, 1 FROM generate_series(0, 999) id");
			statement.execute("GRANT SELECT, UPDATE ON item TO PUBLIC");
		}
		cluster.awaitReplication();
	}

	private static void questions(Report report, PostgresCluster cluster, Servers servers, boolean quick)
			throws Exception {
		int seconds = quick ? 3 : 6;
		List<List<Object>> rows = new ArrayList<>();
		for (int replicas : quick ? new int[] { 2 } : new int[] { 2, 5, 15 }) {
			try (Application application = Application.replication(servers.withReplicas(replicas),
					Map.of("spring.datasource.hikari.maximum-pool-size", 8, "replication.monitor.interval", "1s"))) {
				Users users = new Users(application);
				users.work(1, 2);
				for (int count : new int[] { 1, 10, 100 }) {
					Counts counts = ServerCost.count(cluster, () -> users.work(count, seconds));
					long statements = counts.of(Kind.APPLICATION);
					double probes = seconds * (replicas + 1.0);
					double questions = Math.max(0, counts.of(Kind.ROUTING) - probes);
					rows.add(List.of(replicas, count, statements / (double) seconds, questions / seconds,
							questions / Math.max(1, statements), questions / seconds / (replicas + 1)));
				}
			}
		}
		report.section("Growth");
		report.paragraph("Each of the users writes with every fifth request and reads that at once, and thinks for "
				+ THINK_MILLIS + " ms between two requests. Probes, one a second and node, are not counted.");
		report.table("growth-questions", List.of("replicas", "users", "statements/s", "questions/s",
				"questions per statement", "questions/s and node"), rows);
		report.paragraph("One question at a time is under way to a node, and its answer is for all who wait. So a node"
				+ " never gets more questions in a second than it can answer one after the other, however many the"
				+ " users are: 1,000 at a round trip of a millisecond.");
		if (rows.size() > 1) {
			double one = (double) rows.get(rows.size() - 3).get(4);
			double many = (double) rows.get(rows.size() - 1).get(4);
			report.target("Questions per statement with 15 replicas, 100 users to 1", "less than with one user",
					String.format(Locale.ROOT, "%.2f to %.2f", many, one), many < one);
		}
	}

	private static void memory(Report report, Servers servers, boolean quick) throws Exception {
		List<List<Object>> rows = new ArrayList<>();
		for (int replicas : quick ? new int[] { 0, 1 } : new int[] { 0, 1, 5, 15 }) {
			long heap = usedHeap();
			int threads = ManagementFactory.getThreadMXBean().getThreadCount();
			try (Application application = (replicas > 0)
					? Application.replication(servers.withReplicas(replicas), Map.of())
					: Application.of(Contender.HIKARI, servers)) {
				application.readOnPrimary(READ, 1);
				TimeUnit.SECONDS.sleep(3);
				int more = ManagementFactory.getThreadMXBean().getThreadCount() - threads;
				rows.add(List.of((replicas > 0) ? replicas + " replicas" : "HikariCP alone",
						(usedHeap() - heap) / MEGABYTE, more));
			}
		}
		report.paragraph("An application at rest, with the context of Spring that HikariCP alone does without here,"
				+ " and with pools of 16 connections that are kept open, after a collection.");
		report.table("growth-memory", List.of("data source", "heap, MB", "threads"), rows);
	}

	private static void virtualThreads(Report report, Servers servers, boolean quick) throws Exception {
		Path java = VirtualThreads.java();
		if (java == null) {
			report.paragraph("Virtual threads were not measured: no JDK 24 or later is installed beside this one.");
			return;
		}
		int threads = quick ? 500 : 10_000;
		List<String> command = List.of(java.toString(), "-Xmx512m", "-cp", System.getProperty("java.class.path"),
				ReadingThreads.class.getName(), String.valueOf(threads), servers.primary(), servers.replicas().get(0),
				servers.replicas().get(1), servers.username(), servers.password());
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		List<String> result = output.lines()
			.filter((line) -> line.startsWith(ReadingThreads.RESULT))
			.map((line) -> line.substring(ReadingThreads.RESULT.length()))
			.toList();
		if (process.waitFor() != 0 || result.isEmpty()) {
			throw new IOException("The virtual threads did not read:\n" + output);
		}
		List<Object> row = List.of((Object[]) result.get(0).split(" "));
		report.paragraph("Virtual threads of the JDK in `" + java.getName(java.getNameCount() - 3)
				+ "` that read at once, each once in a read-only transaction, through pools of 10 connections to two replicas.");
		report.table("growth-threads", List.of("virtual threads", "failed", "ms", "threads of the platform at most"),
				List.of(row));
		report.target("Virtual threads whose read fails, of " + threads, "0", row.get(1), row.get(1).equals("0"));
	}

	/**
	 * Decides at full speed for new callers, with a write now and then, on servers that
	 * answer at once.
	 */
	private static void leaks(Report report, boolean quick) throws Exception {
		List<Double> heap = new ArrayList<>();
		long units = 0;
		int seconds = quick ? 2 : LEAK_SECONDS;
		StubDriver.install();
		try (Application application = Application.of(Contender.REPLICATION, Servers.STUB)) {
			for (int sample = 0; sample < SAMPLES; sample++) {
				long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds) / SAMPLES;
				while (System.nanoTime() < end) {
					application.newCaller();
					application.read("SELECT ? + 1 AS c" + units % 5000, 1);
					if (units % 10 == 0) {
						application.write("UPDATE item SET value = ?", 1);
					}
					units++;
				}
				heap.add(usedHeap() / MEGABYTE);
			}
		}
		finally {
			StubDriver.uninstall();
		}
		double growth = heap.get(SAMPLES - 1) - heap.get(SAMPLES / 2);
		report.paragraph(String.format(Locale.ROOT,
				"Leaks: %,d requests of new callers within %d s, with 5,000 texts and every tenth a write. The heap after a collection, in MB, at each tenth of that time: %s.",
				units, seconds,
				String.join(", ", heap.stream().map((value) -> String.format(Locale.ROOT, "%.1f", value)).toList())));
		report.target("Heap after a collection, second half of " + seconds + " s at full speed, growth in MB",
				"1 at most", growth, growth <= 1);
	}

	private static long usedHeap() throws InterruptedException {
		for (int i = 0; i < 3; i++) {
			System.gc();
			TimeUnit.MILLISECONDS.sleep(50);
		}
		return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
	}

	/**
	 * Users whose requests follow each other.
	 */
	private static final class Users {

		private final Application application;

		private final CallerRecords records;

		Users(Application application) {
			this.application = application;
			this.records = application.bean(CallerRecords.class);
		}

		void work(int count, int seconds) throws InterruptedException {
			ScheduledExecutorService threads = Executors.newScheduledThreadPool(Math.min(count, 16));
			try {
				for (int user = 0; user < count; user++) {
					long delay = (long) user * THINK_MILLIS * 1000 / count;
					threads.scheduleWithFixedDelay(user(user), delay, THINK_MILLIS * 1000, TimeUnit.MICROSECONDS);
				}
				TimeUnit.SECONDS.sleep(seconds);
			}
			finally {
				threads.shutdownNow();
				threads.awaitTermination(10, TimeUnit.SECONDS);
			}
		}

		private Runnable user(int id) {
			CallerRecord record = this.records.forRequest(null);
			int[] requests = { id };
			return () -> {
				CallerRecord previous = this.records.bind(record);
				try {
					if (requests[0]++ % 5 == 0) {
						this.application.write(WRITE, id);
					}
					this.application.read(READ, id);
				}
				finally {
					this.records.restore(previous);
				}
			};
		}

	}

}
