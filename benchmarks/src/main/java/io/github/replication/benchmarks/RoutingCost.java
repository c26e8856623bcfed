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

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

import org.openjdk.jmh.results.RunResult;

import io.github.replication.test.PostgresCluster;

/**
 * The cost of one transaction: on servers that answer at once, where nothing else is
 * left, and on real ones.
 */
final class RoutingCost implements Part {

	private static final String QUERY = "SELECT ? + 1";

	private static final List<Integer> LENGTHS = List.of(100, 1_000, 10_000);

	private static final Map<Integer, List<String>> STATEMENTS = new LinkedHashMap<>();

	private static final String OWN_WRITE = "_AFTER_WRITE";

	/**
	 * Those that are measured several times, since they are close to each other.
	 */
	private static final String[] CLOSE = { Contender.HIKARI.name(), Contender.LAZY_PROXY.name(),
			Contender.REPLICATION.name(), Contender.REPLICATION + OWN_WRITE };

	/**
	 * The seconds before a measurement.
	 */
	private static final int WARM_UP = 5;

	@Override
	public void run(Report report, boolean quick) throws Exception {
		report.section("Cost of routing");
		report.paragraph(
				"One transaction of one statement (`TransactionTemplate`, `JdbcTemplate`) on a driver that answers"
						+ " at once, measured with JMH in " + (quick ? "one fork" : "three forks that take turns")
						+ " for each, and one for those at the end; of the slices of 100 ms of a fork the median counts. The read-only ones of HikariCP alone go to the primary. \"After a write\" is a caller"
						+ " whose write the replicas have replayed.");
		onStub(report, quick);
		byLength(report, quick);
		onServers(report, quick);
	}

	private void onStub(Report report, boolean quick) throws Exception {
		Map<String, List<Double>> times = new LinkedHashMap<>();
		Map<String, List<Double>> bytes = new LinkedHashMap<>();
		Map<String, List<Double>> cpu = new LinkedHashMap<>();
		for (int round = 0; round < JmhFork.rounds(quick); round++) {
			boolean first = round == 0;
			for (RunResult result : JmhFork.run(TransactionBenchmark.class, WARM_UP, quick,
					(options) -> first ? options : options.param("contender", CLOSE))) {
				String key = result.getParams().getParam("contender") + " " + result.getPrimaryResult().getLabel();
				times.computeIfAbsent(key, (name) -> new ArrayList<>())
					.add(result.getPrimaryResult().getStatistics().getPercentile(50));
				bytes.computeIfAbsent(key, (name) -> new ArrayList<>()).add(JmhFork.bytes(result));
				cpu.computeIfAbsent(key, (name) -> new ArrayList<>()).add(JmhFork.cpuNanos(result));
			}
		}
		for (String method : List.of("readOnly", "readWrite")) {
			double base = median(times, "HIKARI " + method);
			Map<String, Double> bars = new LinkedHashMap<>();
			List<List<Object>> rows = new ArrayList<>();
			times.forEach((key, values) -> {
				if (key.endsWith(" " + method)) {
					String label = label(key.substring(0, key.indexOf(' ')));
					double median = Report.median(values);
					bars.put(label, median);
					rows.add(List.of(label, median, Report.spread(values), median - base, median(cpu, key),
							median(bytes, key)));
				}
			});
			String title = method.equals("readOnly") ? "Read-only transaction" : "Read-write transaction";
			target(report, title, method, times, bytes);
			report.table("cost-" + method,
					List.of(title, "ns", "spread", "ns more than HikariCP alone", "CPU ns", "bytes allocated"), rows);
			report.chart("cost-" + method, title + ", ns", Chart.bars(title + ", ns", bars));
		}
	}

	private static void target(Report report, String title, String method, Map<String, List<Double>> times,
			Map<String, List<Double>> bytes) {
		double hikari = median(times, "HIKARI " + method);
		double proxy = median(times, "LAZY_PROXY " + method);
		double ours = ours(times, method);
		double allocated = ours(bytes, method) / median(bytes, "HIKARI " + method);
		report.target(title + ", ns more than HikariCP", "below 1,000", ours - hikari, ours - hikari < 1000);
		double limit = method.equals("readOnly") ? 100 : 200;
		report.target(title + ", ns more than Spring's lazy proxy", String.format(Locale.ROOT, "%.0f at most", limit),
				ours - proxy, ours - proxy <= limit);
		report.target(title + ", bytes allocated to HikariCP's", "1.5 at most", allocated, allocated <= 1.5);
	}

	/**
	 * The worse of ours, with an open position and without.
	 */
	private static double ours(Map<String, List<Double>> values, String method) {
		return Math.max(median(values, "REPLICATION " + method),
				median(values, "REPLICATION" + OWN_WRITE + " " + method));
	}

	private static double median(Map<String, List<Double>> values, String key) {
		return Report.median(values.getOrDefault(key, List.of(Double.NaN)));
	}

	private static String label(String contender) {
		return contender.endsWith(OWN_WRITE) ? Contender.REPLICATION.label() + ", after a write"
				: Contender.valueOf(contender).label();
	}

	/**
	 * Ten statements a transaction, whose texts an application has as constants, on the
	 * driver that answers at once: the cost of a text must not grow with its length.
	 */
	private void byLength(Report report, boolean quick) throws Exception {
		StubDriver.install();
		Map<Integer, List<Double>> more = new LinkedHashMap<>();
		Map<Integer, List<Double>> base = new LinkedHashMap<>();
		try (Application hikari = Application.of(Contender.HIKARI, Servers.STUB);
				Application ours = Application.of(Contender.REPLICATION, Servers.STUB)) {
			int rounds = quick ? 20 : 300;
			for (int round = -rounds / 2; round < rounds; round++) {
				for (int length : LENGTHS) {
					List<String> statements = statements(length);
					double without = nanos(hikari, statements);
					double with = nanos(ours, statements);
					if (round >= 0) {
						base.computeIfAbsent(length, (key) -> new ArrayList<>()).add(without);
						more.computeIfAbsent(length, (key) -> new ArrayList<>()).add(with - without);
					}
				}
			}
		}
		finally {
			StubDriver.uninstall();
		}
		List<List<Object>> rows = new ArrayList<>();
		more.forEach((length, values) -> rows.add(List.of(length, Report.median(base.getOrDefault(length, List.of())),
				Report.median(values), Report.spread(values))));
		report.paragraph("A read-write transaction of ten statements on the same driver, by the length of their texts,"
				+ " in slices that take turns.");
		report.table("cost-by-length", List.of("characters", "ns with HikariCP alone", "ns more", "spread"), rows);
		double shortest = Report.median(more.getOrDefault(LENGTHS.get(0), List.of()));
		double longest = Report.median(more.getOrDefault(LENGTHS.get(LENGTHS.size() - 1), List.of()));
		report.target("Ten statements of 10,000 characters, cost over HikariCP to that of 100 characters",
				"1.10 at most", String.format(Locale.ROOT, "%.3f", longest / shortest), longest <= 1.1 * shortest);
	}

	private static List<String> statements(int length) {
		return STATEMENTS.computeIfAbsent(length, (key) -> {
			List<String> statements = new ArrayList<>();
			for (int i = 0; i < 10; i++) {
				statements.add(StatementBenchmark.select(1, length, i));
			}
			return statements;
		});
	}

	private static double nanos(Application application, List<String> statements) {
		double[] times = new double[100];
		for (int i = 0; i < times.length; i++) {
			long start = System.nanoTime();
			application.readOnPrimary(statements, 1L);
			times[i] = System.nanoTime() - start;
		}
		return Report.median(times);
	}

	/**
	 * All in one process, in slices that take turns, so that a disturbance of one
	 * disturbs the others.
	 */
	private void onServers(Report report, boolean quick) throws Exception {
		List<Contender> contenders = List.of(Contender.values());
		try (PostgresCluster cluster = PostgresCluster.builder().replicas(1).start();
				SeparateCores cores = new SeparateCores(cluster)) {
			Map<Contender, Application> applications = new EnumMap<>(Contender.class);
			try {
				contenders.forEach(
						(contender) -> applications.put(contender, Application.of(contender, Servers.of(cluster))));
				List<List<Object>> rows = new ArrayList<>();
				for (boolean readOnly : new boolean[] { true, false }) {
					rows.addAll(rounds(report, applications, readOnly, quick));
				}
				report.paragraph(
						"The same on a primary and one replica on this machine, without a network between. Read-write"
								+ " transactions go to the primary, and read-only ones to the replica, but for those of HikariCP"
								+ " alone, which does not know it: compare those with Spring's proxy. The ratios are those of slices next to each other in time. "
								+ cores.describe());
				report.table("cost-servers",
						List.of("transaction", "data source", "µs", "ratio to HikariCP alone", "spread of the ratio"),
						rows);
			}
			finally {
				applications.values().forEach(Application::close);
			}
		}
	}

	private static List<List<Object>> rounds(Report report, Map<Contender, Application> applications, boolean readOnly,
			boolean quick) {
		Map<Contender, List<Double>> micros = new EnumMap<>(Contender.class);
		Map<Contender, List<Double>> ratios = new EnumMap<>(Contender.class);
		int rounds = quick ? 10 : 100;
		int warmUp = quick ? 5 : 60;
		for (int round = -warmUp; round < rounds; round++) {
			Map<Contender, Double> slice = new EnumMap<>(Contender.class);
			for (Contender contender : shuffled(applications.keySet())) {
				slice.put(contender, micros(Objects.requireNonNull(applications.get(contender)), readOnly));
			}
			double base = slice.getOrDefault(Contender.HIKARI, Double.NaN);
			if (round >= 0) {
				slice.forEach((contender, time) -> {
					micros.computeIfAbsent(contender, (key) -> new ArrayList<>()).add(time);
					ratios.computeIfAbsent(contender, (key) -> new ArrayList<>()).add(time / base);
				});
			}
		}
		double ours = Report.median(ratios.getOrDefault(Contender.REPLICATION, List.of()));
		report.target((readOnly ? "Read-only" : "Read-write") + " transaction on a server, ratio to HikariCP",
				"1.01 at most", String.format(Locale.ROOT, "%.3f", ours), ours <= 1.01);
		List<List<Object>> rows = new ArrayList<>();
		micros.forEach((contender,
				times) -> rows.add(List.of(readOnly ? "read-only" : "read-write", contender.label(),
						Report.median(times), Report.median(ratios.getOrDefault(contender, List.of())),
						Report.spread(ratios.getOrDefault(contender, List.of())))));
		return rows;
	}

	private static List<Contender> shuffled(Collection<Contender> contenders) {
		List<Contender> shuffled = new ArrayList<>(contenders);
		Collections.shuffle(shuffled);
		return shuffled;
	}

	/**
	 * The median, since a machine that others use makes some of them long.
	 */
	private static double micros(Application application, boolean readOnly) {
		double[] times = new double[200];
		for (int i = 0; i < times.length; i++) {
			long start = System.nanoTime();
			long answer = readOnly ? application.read(QUERY, 1) : application.readOnPrimary(QUERY, 1);
			times[i] = (System.nanoTime() - start) / 1e3;
			if (answer != 2) {
				throw new IllegalStateException("The answer was " + answer);
			}
		}
		return Report.median(times);
	}

}
