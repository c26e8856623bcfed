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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import io.github.replication.test.PostgresCluster;

/**
 * How many reads a second there are with more and more replicas, where each server has
 * the same share of a core.
 */
final class ScaleOut implements Part {

	/**
	 * Keeps a server busy for some tenths of a millisecond, the clients for less, and has
	 * the server say which it is.
	 */
	private static final String QUERY = "SELECT inet_server_port() + 0 * count(*) FROM generate_series(1, 2000)";

	private static final int PERCENT_OF_A_CORE = 20;

	/**
	 * Enough to have work waiting at each of four servers whenever a period of its limit
	 * begins: the part of a period that a server does not use is lost.
	 */
	private static final int THREADS = 64;

	private static final List<Contender> CONTENDERS = List.of(Contender.REPLICATION, Contender.AWS,
			Contender.SHARDINGSPHERE, Contender.DYNAMIC);

	@Override
	public void run(Report report, boolean quick) throws Exception {
		report.section("Scale-out");
		try (PostgresCluster cluster = PostgresCluster.builder()
			.replicas(4)
			.setting("listen_addresses", Servers.ADDRESSES)
			.start()) {
			CpuLimits limits = CpuLimits.of(cluster, PERCENT_OF_A_CORE);
			if (limits == null) {
				report
					.paragraph("Skipped: this machine does not let us limit the servers, and without limits they share"
							+ " the cores with the clients.");
				return;
			}
			try {
				measure(report, Servers.onAddresses(cluster), limits, quick);
			}
			finally {
				cluster.close();
				limits.close();
			}
		}
	}

	private static void measure(Report report, Servers servers, CpuLimits limits, boolean quick) throws Exception {
		report.paragraph(THREADS + " threads read without a pause, over up to " + Application.CONNECTIONS
				+ " connections to a server, from servers that have " + PERCENT_OF_A_CORE + " % of a core each by "
				+ limits + ", imposed once the connections are open. Each read asks its server which it is. The reads"
				+ " alternate between the primary alone, by HikariCP, and the data source in question, since the"
				+ " processor itself is faster in some seconds than in others: the ratio is the median of the pairs,"
				+ " and linear is the number of replicas, since all of them leave the primary to writes.");
		List<List<Object>> rows = new ArrayList<>();
		Map<String, Double> bars = new LinkedHashMap<>();
		for (Case one : cases(quick)) {
			Servers some = servers.withReplicas(one.replicas);
			List<Pair> pairs = measure(one, some, limits, quick ? 2 : 9);
			List<Double> ratios = pairs.stream().map((pair) -> pair.served.rate / pair.alone.rate).toList();
			double ratio = Report.median(ratios);
			rows.add(List.of(one.label(), Report.median(pairs.stream().map((pair) -> pair.alone.rate).toList()),
					Report.median(pairs.stream().map((pair) -> pair.served.rate).toList()), ratio,
					Report.spread(ratios), shares(pairs, some)));
			bars.put(one.label(), ratio);
			if (one.contender == Contender.REPLICATION) {
				report.target("Reads a second, " + one.label() + ", to linear", "0.9 at least", ratio / one.replicas,
						ratio >= 0.9 * one.replicas);
			}
		}
		report.table("scale-out", List.of("data source", "reads/s of the primary alone", "reads/s", "ratio",
				"spread of the ratio", "% of the reads on the primary and each replica"), rows);
		report.chart("scale-out", "Reads/s as a multiple of one server",
				Chart.bars("Reads/s as a multiple of one server", bars));
	}

	private static List<Case> cases(boolean quick) {
		List<Case> cases = new ArrayList<>();
		for (Contender contender : CONTENDERS) {
			for (int replicas : quick ? new int[] { 1, 4 } : new int[] { 1, 2, 4 }) {
				cases.add(new Case(contender, replicas));
			}
		}
		return cases;
	}

	/**
	 * Opens the connections before the servers are limited, which would take long enough
	 * afterwards to be measured itself.
	 */
	private static List<Pair> measure(Case one, Servers servers, CpuLimits limits, int count) throws Exception {
		limits.lift();
		try (Application alone = Application.of(Contender.HIKARI, servers.withReplicas(0));
				Application application = Application.of(one.contender, servers);
				Readers readers = new Readers(THREADS, application)) {
			TimeUnit.MILLISECONDS.sleep(2000);
			readers.count(alone, 1000);
			limits.impose();
			List<Pair> pairs = new ArrayList<>();
			for (int i = 0; i < count; i++) {
				pairs.add(new Pair(readers.count(alone, 1200), readers.count(application, 1200)));
			}
			return pairs;
		}
	}

	private static String shares(List<Pair> pairs, Servers servers) {
		Map<Long, Long> ports = new HashMap<>();
		pairs.forEach((pair) -> pair.served.ports.forEach((port, count) -> ports.merge(port, count, Long::sum)));
		long all = ports.values().stream().mapToLong(Long::longValue).sum();
		return servers.ports()
			.stream()
			.map((port) -> String.valueOf(Math.round(100.0 * ports.getOrDefault(port, 0L) / all)))
			.collect(Collectors.joining(", "));
	}

	private record Case(Contender contender, int replicas) {

		String label() {
			return this.contender.label() + ", " + this.replicas + ((this.replicas == 1) ? " replica" : " replicas");
		}

	}

	private record Pair(Served alone, Served served) {

	}

	/**
	 * Reads a second, and how many of them each port has served.
	 */
	private record Served(double rate, Map<Long, Long> ports) {

	}

	/**
	 * Threads that read until they are closed. A read that fails ends the measurement.
	 */
	private static final class Readers implements AutoCloseable {

		private final Map<Long, LongAdder> reads = new ConcurrentHashMap<>();

		private final List<Thread> threads = new ArrayList<>();

		private volatile Application application;

		private volatile boolean over;

		private volatile @Nullable RuntimeException failure;

		Readers(int count, Application application) {
			this.application = application;
			for (int i = 0; i < count; i++) {
				Thread thread = new Thread(() -> {
					application.newCaller();
					try {
						while (!this.over) {
							this.reads.computeIfAbsent(this.application.read(QUERY), (port) -> new LongAdder())
								.increment();
						}
					}
					catch (RuntimeException ex) {
						this.failure = ex;
					}
				});
				this.threads.add(thread);
				thread.start();
			}
		}

		/**
		 * Reads by an application, and counts as soon as the reads by another are over.
		 */
		Served count(Application application, long millis) throws InterruptedException {
			this.application = application;
			TimeUnit.MILLISECONDS.sleep(400);
			this.reads.values().forEach(LongAdder::reset);
			long start = System.nanoTime();
			TimeUnit.MILLISECONDS.sleep(millis);
			double seconds = (System.nanoTime() - start) / 1e9;
			Map<Long, Long> ports = new HashMap<>();
			this.reads.forEach((port, count) -> ports.put(port, count.sum()));
			return new Served(ports.values().stream().mapToLong(Long::longValue).sum() / seconds, ports);
		}

		@Override
		public void close() throws InterruptedException {
			this.over = true;
			for (Thread thread : this.threads) {
				thread.join();
			}
			RuntimeException failure = this.failure;
			if (failure != null) {
				throw failure;
			}
		}

	}

}
