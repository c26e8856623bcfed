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

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

import io.github.replication.ReadOnly;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * The answers that readers get while one of three replicas is killed, frozen or slow, and
 * comes back.
 */
final class Faults implements Part {

	private static final int THREADS = 8;

	private static final Duration THINK_TIME = Duration.ofMillis(5);

	private static final long BUCKET = Duration.ofMillis(250).toMillis();

	@Override
	public void run(Report report, boolean quick) throws Exception {
		long begin = quick ? 2000 : 4000;
		long end = quick ? 5000 : 10_000;
		long over = quick ? 7000 : 16_000;
		report.section("Faults");
		report.paragraph(THREADS
				+ " threads call a `@ReadOnly` method that asks one of three replicas who it is, and pause"
				+ " for 5 ms. From " + begin / 1000 + " s to " + end / 1000 + " s something is wrong with the first."
				+ " Its share of the reads is counted before, from one second after the fault began until it ended, and"
				+ " from the last second; one that has come back gets all of it only after ten.");
		List<List<Object>> rows = new ArrayList<>();
		List<List<Object>> raw = new ArrayList<>();
		int failed = 0;
		try (PostgresCluster cluster = PostgresCluster.builder().replicas(3).start()) {
			for (String balancer : List.of("least-connections", "latency")) {
				Map<String, List<double[]>> throughput = new LinkedHashMap<>();
				Map<String, List<double[]>> latency = new LinkedHashMap<>();
				for (Fault fault : Fault.values()) {
					List<Read> reads = measure(cluster, balancer, fault, new long[] { begin, end, over });
					int port = cluster.node("replica-1").port();
					Phases phases = Phases.of(reads, port, new long[] { begin, end, over });
					rows.add(phases.row(balancer, fault));
					failed += phases.all.failed;
					if (fault == Fault.SLOW && balancer.equals("latency")) {
						target(report, phases.before, phases.settled);
					}
					List<double[]> counts = new ArrayList<>();
					List<double[]> slow = new ArrayList<>();
					for (long from = 0; from < over; from += BUCKET) {
						Slice slice = Slice.of(reads, from, from + BUCKET, port);
						counts.add(new double[] { from / 1e3, slice.reads * 1e3 / BUCKET });
						slow.add(new double[] { from / 1e3, slice.percentile(0.99) });
						raw.add(List.of(balancer, fault.label(), from, slice.reads, slice.failed, slice.onFirst,
								slice.percentile(0.5), slice.percentile(0.99), slice.percentile(1)));
					}
					throughput.put(fault.label(), counts);
					latency.put(fault.label(), slow);
				}
				report.chart("faults-reads-" + balancer, "Reads/s, " + balancer,
						Chart.lines("Reads/s, " + balancer, "s", throughput));
				report.chart("faults-latency-" + balancer, "99th percentile in ms, " + balancer,
						Chart.lines("99th percentile in ms, " + balancer, "s", latency));
			}
		}
		report.target("Reads that fail while a replica does", "0", failed, failed == 0);
		report.table("faults", List.of("load balancer", "fault", "reads", "failed", "share before",
				"share after a second", "share at the end", "median ms", "99 % ms", "worst ms"), rows);
		report.raw("faults-over-time", List.of("load balancer", "fault", "ms", "reads", "failed", "on the first",
				"median ms", "99 % ms", "worst ms"), raw);
	}

	private static void target(Report report, Slice before, Slice slow) {
		report.target(
				"Share of a replica a second after it has become slow, by latency (it was " + before.share() + ")",
				"less than half", slow.share(),
				slow.onFirst / (double) slow.reads < before.onFirst / (double) before.reads / 2);
	}

	private static List<Read> measure(PostgresCluster cluster, String balancer, Fault fault, long[] times)
			throws InterruptedException {
		Queue<Read> reads = new ConcurrentLinkedQueue<>();
		PostgresNode replica = cluster.node("replica-1");
		try (Application application = Application.replication(Servers.throughProxies(cluster),
				Map.of("replication.load-balancer", balancer), Readers.class)) {
			Nodes nodes = application.bean(Nodes.class);
			warmUp(application, nodes);
			long start = System.nanoTime();
			long over = start + TimeUnit.MILLISECONDS.toNanos(times[2]);
			List<Thread> threads = new ArrayList<>();
			for (int i = 0; i < THREADS; i++) {
				Thread thread = new Thread(() -> read(application, nodes, reads, start, over));
				threads.add(thread);
				thread.start();
			}
			sleepUntil(start, times[0]);
			fault.begin.accept(replica);
			sleepUntil(start, times[1]);
			fault.end.accept(replica);
			for (Thread thread : threads) {
				thread.join();
			}
		}
		finally {
			cluster.reset();
		}
		return List.copyOf(reads);
	}

	private static void warmUp(Application application, Nodes nodes) {
		application.newCaller();
		for (int i = 0; i < 2000; i++) {
			nodes.port();
		}
	}

	private static void read(Application application, Nodes nodes, Queue<Read> reads, long start, long over) {
		while (System.nanoTime() < over) {
			application.newCaller();
			long began = System.nanoTime();
			int port = -1;
			try {
				port = nodes.port();
			}
			catch (RuntimeException ex) {
				System.err.println(ex);
			}
			reads.add(new Read((began - start) / 1e6, (System.nanoTime() - began) / 1e6, port));
			sleepUntil(began, THINK_TIME.toMillis());
		}
	}

	private static void sleepUntil(long start, long millis) {
		try {
			TimeUnit.NANOSECONDS.sleep(start + TimeUnit.MILLISECONDS.toNanos(millis) - System.nanoTime());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * One read.
	 *
	 * @param at when it began, in milliseconds
	 * @param took how long it took, in milliseconds
	 * @param port the server that has served, -1 if it has failed
	 */
	private record Read(double at, double took, int port) {
	}

	/**
	 * The reads that began in one span of time.
	 */
	private record Slice(int reads, int failed, int onFirst, double[] took) {

		static Slice of(List<Read> reads, double from, double to, int port) {
			List<Read> in = reads.stream().filter((read) -> read.at >= from && read.at < to).toList();
			double[] took = in.stream().mapToDouble(Read::took).sorted().toArray();
			return new Slice(in.size(), (int) in.stream().filter((read) -> read.port < 0).count(),
					(int) in.stream().filter((read) -> read.port == port).count(), took);
		}

		String share() {
			return Report.percent(this.onFirst, this.reads);
		}

		double percentile(double share) {
			return (this.took.length == 0) ? 0
					: this.took[Math.min(this.took.length - 1, (int) (share * this.took.length))];
		}

		@Override
		public boolean equals(Object other) {
			return this == other;
		}

		@Override
		public int hashCode() {
			return Arrays.hashCode(this.took);
		}

	}

	/**
	 * A measurement and its parts: before the fault, while it lasts, the same without its
	 * first second, and the last second of all.
	 */
	private record Phases(Slice all, Slice before, Slice during, Slice settled, Slice last) {

		static Phases of(List<Read> reads, int port, long[] times) {
			return new Phases(Slice.of(reads, 0, times[2], port), Slice.of(reads, 0, times[0], port),
					Slice.of(reads, times[0], times[1], port), Slice.of(reads, times[0] + 1000, times[1], port),
					Slice.of(reads, times[2] - 1000, times[2], port));
		}

		List<Object> row(String balancer, Fault fault) {
			return List.of(balancer, fault.label(), this.all.reads, this.all.failed, this.before.share(),
					this.settled.share(), this.last.share(), this.during.percentile(0.5), this.during.percentile(0.99),
					this.during.percentile(1));
		}

	}

	/**
	 * The faults of a replica.
	 */
	private enum Fault {

		KILLED(PostgresNode::kill, PostgresNode::start),

		FROZEN(PostgresNode::freeze, PostgresNode::thaw),

		SLOW((replica) -> replica.proxy().delay(Duration.ofMillis(500)), (replica) -> replica.proxy().restore());

		private final Consumer<PostgresNode> begin;

		private final Consumer<PostgresNode> end;

		Fault(Consumer<PostgresNode> begin, Consumer<PostgresNode> end) {
			this.begin = begin;
			this.end = end;
		}

		String label() {
			return (this == SLOW) ? "slow by 500 ms" : name().toLowerCase(Locale.ROOT);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Readers {

		@Bean
		Nodes nodes(JdbcTemplate jdbc) {
			return new Nodes(jdbc);
		}

	}

	/**
	 * Asks who serves.
	 */
	static class Nodes {

		private final JdbcTemplate jdbc;

		Nodes(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		/**
		 * The port of the server.
		 */
		@ReadOnly
		public int port() {
			Integer port = this.jdbc.queryForObject("SELECT inet_server_port()", Integer.class);
			return (port != null) ? port : -1;
		}

	}

}
