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
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.replication.benchmarks.PairedSlices.Unit;
import io.github.replication.test.PostgresCluster;

/**
 * The units of work of applications on real servers, which wait for their disk or do not:
 * by JDBC, by JPA and over HTTP.
 */
final class ApplicationCost implements Part {

	private static final List<Contender> CONTENDERS = List.of(Contender.HIKARI, Contender.LAZY_PROXY,
			Contender.REPLICATION);

	private static final int THREADS = 64;

	private static final String READ = "SELECT value FROM item WHERE id = ?";

	private static final String WRITE = "UPDATE item SET value = value + 1 WHERE id = ?";

	private static final String ROWS = "SELECT " + IntStream.rangeClosed(1, 20)
		.mapToObj((column) -> "value + " + column + " AS c" + column)
		.collect(Collectors.joining(", ")) + " FROM item WHERE id <= ? ORDER BY id";

	private static final List<Object[]> BATCH = IntStream.range(0, 1000).mapToObj((id) -> new Object[] { id }).toList();

	private final List<List<Object>> rows = new ArrayList<>();

	private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

	@Override
	public void run(Report report, boolean quick) throws Exception {
		report.section("Units of applications on servers");
		String separation = "";
		for (boolean fsync : new boolean[] { false, true }) {
			try (PostgresCluster cluster = PostgresCluster.builder()
				.replicas(1)
				.setting("fsync", fsync ? "on" : "off")
				.start()) {
				create(cluster);
				try (SeparateCores cores = new SeparateCores(cluster)) {
					separation = cores.describe();
					jdbc(report, Servers.of(cluster), fsync, quick);
					jpa(report, Servers.of(cluster), fsync, quick);
				}
			}
		}
		this.threads.shutdown();
		report.paragraph("One unit each, on a primary and a replica on this machine, in slices that take turns in one"
				+ " process. Read-only units of HikariCP alone go to the primary, all others to the replica. CPU is that"
				+ " of the process with the clients, the bytes are those of the calling thread. The spread is that of"
				+ " the middle half of the slices. " + separation);
		report.table("applications", List.of("unit", "fsync", "data source", "µs", "ratio to HikariCP alone", "spread",
				"ratio to the lazy proxy", "CPU µs", "bytes"), this.rows);
	}

	private static void create(PostgresCluster cluster) throws SQLException {
		try (Connection connection = cluster.primary().adminConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE TABLE item (id int PRIMARY KEY, value bigint NOT NULL)");
			statement.execute("INSERT INTO item SELECT id, 1 FROM generate_series(0, 9999) id");
			statement.execute("GRANT SELECT, UPDATE ON item TO PUBLIC");
			for (String sql : JpaApplication.TABLES) {
				statement.execute(sql);
			}
			statement.execute("ANALYZE");
		}
		cluster.awaitReplication();
	}

	private void jdbc(Report report, Servers servers, boolean fsync, boolean quick) throws Exception {
		Map<Contender, Application> applications = new EnumMap<>(Contender.class);
		try {
			CONTENDERS.forEach((contender) -> applications.put(contender, Application.of(contender, servers)));
			String reads = "transaction that reads a row";
			String writes = "transaction that writes a row";
			Map<Contender, PairedSlices> reading = measure(reads, fsync, applications, 100, quick,
					(application) -> () -> application.readOnPrimary(READ, 1));
			Map<Contender, PairedSlices> writing = measure(writes, fsync, applications, 100, quick,
					(application) -> () -> application.write(WRITE, 1));
			String limit = fsync ? "not measurable: the middle half of the slices around 1" : "1.02 at most";
			target(report, reads, fsync, limit, reading);
			target(report, writes, fsync, limit, writing);
			if (fsync) {
				return;
			}
			measure("read-only transaction of one statement", fsync, applications, 100, quick,
					(application) -> () -> application.read(READ, 1));
			measure("read-only transaction of 10 statements", fsync, applications, 20, quick,
					(application) -> () -> application.inTransaction(true, () -> reads(application, 10)));
			measure("read-only transaction of 50 statements", fsync, applications, 5, quick,
					(application) -> () -> application.inTransaction(true, () -> reads(application, 50)));
			for (int count : new int[] { 100, 10_000 }) {
				measure(String.format(Locale.ROOT, "read-only transaction, %,d rows of 20 columns", count), fsync,
						applications, (count > 100) ? 2 : 20, quick,
						(application) -> () -> application.inTransaction(true, () -> rows(application, count)));
			}
			measure("batch of 1,000 updates", fsync, applications, 2, quick, (application) -> () -> application
				.inTransaction(false, () -> application.jdbc.batchUpdate(WRITE, BATCH).length));
			measure("read in auto-commit", fsync, applications, 100, quick,
					(application) -> () -> reads(application, 1));
			measure("64 threads read at once over 16 connections, all of them", fsync, applications, 5, quick,
					(application) -> () -> burst(() -> application.read(READ, 1)));
		}
		finally {
			applications.values().forEach(Application::close);
		}
	}

	private static long reads(Application application, int count) {
		long sum = 0;
		for (int i = 0; i < count; i++) {
			Long value = application.jdbc.queryForObject(READ, Long.class, i);
			sum += (value != null) ? value : 0;
		}
		return sum;
	}

	private static long rows(Application application, int count) {
		Long sum = application.jdbc.query(ROWS, (rows) -> {
			long read = 0;
			while (rows.next()) {
				for (int column = 1; column <= 20; column++) {
					read += rows.getLong(column);
				}
			}
			return read;
		}, count);
		return (sum != null) ? sum : 0;
	}

	private void burst(Callable<Long> unit) throws Exception {
		List<Future<Long>> running = new ArrayList<>();
		for (int i = 0; i < THREADS; i++) {
			running.add(this.threads.submit(unit));
		}
		for (Future<Long> one : running) {
			one.get();
		}
	}

	private void jpa(Report report, Servers servers, boolean fsync, boolean quick) throws Exception {
		Map<Contender, JpaApplication> applications = new EnumMap<>(Contender.class);
		try {
			CONTENDERS.forEach((contender) -> applications.put(contender, JpaApplication.of(contender, servers, true)));
			measure("JPA, update with version", fsync, applications, 50, quick,
					(application) -> () -> application.articles().update(5));
			if (fsync) {
				return;
			}
			Map<String, Map<Contender, PairedSlices>> judged = new LinkedHashMap<>();
			judged.put("JPA, find by id", measure("JPA, find by id", fsync, applications, 50, quick,
					(application) -> () -> application.articles().find(7)));
			judged.put("JPA, query with a join", measure("JPA, query with a join, 20 rows", fsync, applications, 30,
					quick, (application) -> () -> application.articles().findByAuthor("author 7")));
			judged.put("JPA, page with a count", measure("JPA, page of 20 rows with a count", fsync, applications, 30,
					quick, (application) -> () -> application.articles().findPage(3)));
			judged.forEach((label, slices) -> {
				double ratio = toProxy(slices);
				report.target(label + " on a server, ratio to the lazy proxy", "within 1 %", three(ratio),
						Math.abs(ratio - 1) <= 0.01);
			});
			http(applications, "on", quick);
		}
		finally {
			applications.values().forEach(JpaApplication::close);
		}
		Map<Contender, JpaApplication> closed = new EnumMap<>(Contender.class);
		try {
			CONTENDERS.forEach((contender) -> closed.put(contender, JpaApplication.of(contender, servers, false)));
			http(closed, "off", quick);
		}
		finally {
			closed.values().forEach(JpaApplication::close);
		}
	}

	private void http(Map<Contender, JpaApplication> applications, String openInView, boolean quick) throws Exception {
		for (JpaApplication application : applications.values()) {
			application.put();
		}
		measure("GET of a user with cookies, open-in-view " + openInView, false, applications, 20, quick,
				(application) -> application::get);
	}

	private <A> Map<Contender, PairedSlices> measure(String label, boolean fsync, Map<Contender, A> applications,
			int size, boolean quick, Function<A, Unit> unit) throws Exception {
		Map<Contender, Unit> units = new LinkedHashMap<>();
		applications.forEach((contender, application) -> units.put(contender, unit.apply(application)));
		Map<Contender, PairedSlices> results = PairedSlices.measure(units, Duration.ofMillis(quick ? 100 : 3000),
				quick ? 4 : 90, fsync ? Math.max(1, size / 5) : size);
		double proxy = ratio(results, Contender.LAZY_PROXY);
		results.forEach((contender, slices) -> this.rows
			.add(List.of(label, fsync ? "on" : "off", contender.label(), slices.micros(), three(slices.ratio()),
					slices.middleHalf(), three(slices.ratio() / proxy), slices.cpu(), slices.bytes())));
		return results;
	}

	private static double toProxy(Map<Contender, PairedSlices> results) {
		return ratio(results, Contender.REPLICATION) / ratio(results, Contender.LAZY_PROXY);
	}

	private static double ratio(Map<Contender, PairedSlices> results, Contender contender) {
		PairedSlices slices = results.get(contender);
		return (slices != null) ? slices.ratio() : Double.NaN;
	}

	private static String three(double ratio) {
		return String.format(Locale.ROOT, "%.3f", ratio);
	}

	private static void target(Report report, String label, boolean fsync, String limit,
			Map<Contender, PairedSlices> results) {
		double ratio = ratio(results, Contender.REPLICATION);
		report.target("On a server, " + label + ", fsync " + (fsync ? "on" : "off") + ", ratio to HikariCP", limit,
				three(ratio), ratio <= 1.02);
	}

}
