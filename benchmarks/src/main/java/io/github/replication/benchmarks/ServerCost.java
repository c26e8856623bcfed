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
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * The questions of the library to the servers, as the servers have counted them.
 */
final class ServerCost implements Part {

	private static final int INSTANCES = 1000;

	private static final int REPLICAS = 15;

	private static final int REQUESTS_PER_SECOND = 50;

	@Override
	public void run(Report report, boolean quick) throws Exception {
		report.section("Cost to the servers");
		int seconds = quick ? 5 : 30;
		try (PostgresCluster cluster = PostgresCluster.builder()
			.replicas(2)
			.setting("shared_preload_libraries", "pg_stat_statements")
			.start()) {
			execute(cluster.primary(), "CREATE EXTENSION pg_stat_statements",
					"CREATE TABLE item (id int PRIMARY KEY, value bigint NOT NULL)", "INSERT INTO item VALUES (1, 1)",
					"GRANT SELECT, UPDATE ON item TO PUBLIC");
			cluster.awaitReplication();
			try (Application application = Application.replication(Servers.of(cluster), Map.of())) {
				load(application, 2);
				Counts idle = count(cluster, () -> TimeUnit.SECONDS.sleep(seconds));
				Counts loaded = count(cluster, () -> load(application, seconds));
				write(report, idle, loaded, cluster.nodes().size(), seconds);
			}
		}
	}

	private static void write(Report report, Counts idle, Counts loaded, int nodes, int seconds) throws Exception {
		report.paragraph("What `pg_stat_statements` of a primary and two replicas has counted in " + seconds
				+ " s each: idle, and with " + REQUESTS_PER_SECOND + " requests a second, each of a caller of its own,"
				+ " of which every fifth writes and reads its write. Transaction control is the application's own"
				+ " `BEGIN` and the like; the check of a commit travels with it.");
		report.table("server-cost",
				List.of("kind of statement", "idle", "idle, per second and node", "loaded",
						"loaded, per statement of the application"),
				Kind.labels()
					.map((kind) -> List.of(kind.label, idle.of(kind), idle.of(kind) / (double) (seconds * nodes),
							loaded.of(kind), loaded.of(kind) / (double) Math.max(1, loaded.of(Kind.APPLICATION))))
					.toList());
		double perNode = idle.of(Kind.ROUTING) / (double) (seconds * nodes);
		double millis = idle.millis / Math.max(1, idle.of(Kind.ROUTING));
		report.paragraph("On paper, " + INSTANCES + " instances and " + REPLICAS
				+ " replicas: each server answers the probes of every instance, at "
				+ String.format(Locale.ROOT, "%.2f", millis)
				+ " ms for one in the server, on a connection for each of them.");
		report.table("server-cost-extrapolated",
				List.of("`monitor.interval`", "probes per second and server", "probes per second in all",
						"share of one core for each server"),
				Stream.of(1, 5, 10)
					.map((interval) -> List.of(interval + "s", perNode * INSTANCES / interval,
							perNode * INSTANCES * (REPLICAS + 1) / interval,
							Report.percent(perNode * INSTANCES * millis / interval, 1000)))
					.toList());
		report.paragraph("So many instances are to be configured with `replication.monitor.interval: 5s`. A lost"
				+ " connection is noticed by the request that it happens to, whatever the interval; it takes longer to"
				+ " notice lag, a promotion and a return, by a few intervals. The default of a second suits the few dozen"
				+ " instances that most applications have. Beside the probes there are the questions for positions, which"
				+ " follow the writes and not the number of instances, and the connections: one for the probe of each"
				+ " instance at each server, beside those of the pools.");
		report.raw("server-cost-statements", List.of("when", "node", "kind", "calls", "statement"),
				Stream.concat(idle.rows("idle"), loaded.rows("loaded")).toList());
	}

	private static void load(Application application, int seconds) throws InterruptedException {
		long start = System.nanoTime();
		for (int i = 0; i < seconds * REQUESTS_PER_SECOND; i++) {
			application.newCaller();
			if (i % 5 == 0) {
				application.write("UPDATE item SET value = value + 1 WHERE id = ?", 1);
			}
			application.read("SELECT value FROM item WHERE id = ?", 1);
			long next = start + (i + 1) * TimeUnit.SECONDS.toNanos(1) / REQUESTS_PER_SECOND;
			TimeUnit.NANOSECONDS.sleep(next - System.nanoTime());
		}
	}

	static Counts count(PostgresCluster cluster, Work work) throws Exception {
		for (PostgresNode node : cluster.nodes()) {
			execute(node, "SELECT pg_stat_statements_reset()");
		}
		work.run();
		Counts counts = new Counts();
		for (PostgresNode node : cluster.nodes()) {
			try (Connection connection = node.adminConnection();
					Statement statement = connection.createStatement();
					ResultSet rows = statement.executeQuery("SELECT query, sum(calls)::int8, sum(total_exec_time) FROM"
							+ " pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid WHERE rolname = '"
							+ cluster.username() + "' GROUP BY query")) {
				while (rows.next()) {
					counts.add(node.name(), rows.getString(1), rows.getLong(2), rows.getDouble(3));
				}
			}
		}
		return counts;
	}

	private static void execute(PostgresNode node, String... statements) throws SQLException {
		try (Connection connection = node.adminConnection(); Statement statement = connection.createStatement()) {
			for (String sql : statements) {
				statement.execute(sql);
			}
		}
	}

	@FunctionalInterface
	interface Work {

		void run() throws Exception;

	}

	/**
	 * Whose statement it is.
	 */
	enum Kind {

		APPLICATION("application"), CONTROL("transaction control"), CHECK("check of a commit"),
		ROUTING("probes and questions for positions");

		private final String label;

		Kind(String label) {
			this.label = label;
		}

		static Stream<Kind> labels() {
			return Arrays.stream(values());
		}

		static Kind of(String sql) {
			if (sql.contains(" item ")) {
				return APPLICATION;
			}
			if (sql.contains("pg_current_xact_id_if_assigned")) {
				return CHECK;
			}
			return sql.matches("(?i)(BEGIN|COMMIT|ROLLBACK|SET|SHOW)\\b.*") ? CONTROL : ROUTING;
		}

	}

	static final class Counts {

		private final Map<Kind, Long> calls = new LinkedHashMap<>();

		private final List<List<Object>> rows = new ArrayList<>();

		private double millis;

		void add(String node, String sql, long count, double millis) {
			Kind kind = Kind.of(sql);
			this.calls.merge(kind, count, Long::sum);
			this.rows.add(List.of(node, kind.label, count, sql.replaceAll("\\s+", " ")));
			this.millis += (kind == Kind.ROUTING) ? millis : 0;
		}

		long of(Kind kind) {
			return this.calls.getOrDefault(kind, 0L);
		}

		Stream<List<Object>> rows(String when) {
			return this.rows.stream().map((row) -> {
				List<Object> all = new ArrayList<>(List.of(when));
				all.addAll(row);
				return all;
			});
		}

	}

}
