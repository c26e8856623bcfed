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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

import org.jspecify.annotations.Nullable;

import io.github.replication.test.PostgresCluster;

/**
 * How many reads a second there are with more and more replicas, where each server has
 * the same share of a core.
 */
final class ScaleOut implements Part {

	/**
	 * Keeps a server busy, and the clients little.
	 */
	private static final String QUERY = "SELECT count(*) FROM generate_series(1, 5000)";

	private static final int PERCENT_OF_A_CORE = 10;

	private static final int THREADS = 16;

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
		report.paragraph(THREADS + " threads read without a pause from servers that have " + PERCENT_OF_A_CORE
				+ " % of a core each, once the connections are open. The ratio is to the primary alone in the same round; linear is the number of"
				+ " replicas, since all of them leave the primary to writes.");
		Map<String, List<Double>> rates = new LinkedHashMap<>();
		Map<String, List<Double>> ratios = new LinkedHashMap<>();
		for (int round = 0; round < (quick ? 1 : 3); round++) {
			double alone = rate(Contender.HIKARI, servers.withReplicas(0), limits, quick);
			add(rates, ratios, label(Contender.HIKARI, 0), alone, alone);
			for (Contender contender : CONTENDERS) {
				for (int replicas : quick ? new int[] { 1, 4 } : new int[] { 1, 2, 4 }) {
					add(rates, ratios, label(contender, replicas),
							rate(contender, servers.withReplicas(replicas), limits, quick), alone);
				}
			}
		}
		List<List<Object>> rows = new ArrayList<>();
		Map<String, Double> bars = new LinkedHashMap<>();
		rates.forEach((label, values) -> {
			List<Double> ratio = ratios.getOrDefault(label, List.of());
			rows.add(List.of(label, Report.median(values), Report.spread(values), Report.median(ratio),
					Report.spread(ratio)));
			bars.put(label, Report.median(ratio));
		});
		report.table("scale-out", List.of("data source", "reads/s", "spread", "ratio", "spread of the ratio"), rows);
		report.chart("scale-out", "Reads/s as a multiple of one server",
				Chart.bars("Reads/s as a multiple of one server", bars));
	}

	private static String label(Contender contender, int replicas) {
		return contender.label() + ", " + replicas + ((replicas == 1) ? " replica" : " replicas");
	}

	private static void add(Map<String, List<Double>> rates, Map<String, List<Double>> ratios, String label,
			double rate, double alone) {
		rates.computeIfAbsent(label, (key) -> new ArrayList<>()).add(rate);
		ratios.computeIfAbsent(label, (key) -> new ArrayList<>()).add(rate / alone);
	}

	/**
	 * Opens the connections before the servers are limited, which would take long enough
	 * afterwards to be measured itself.
	 */
	private static double rate(Contender contender, Servers servers, CpuLimits limits, boolean quick) throws Exception {
		limits.lift();
		try (Application application = Application.of(contender, servers);
				Readers readers = new Readers(THREADS, () -> application.read(QUERY), application::newCaller)) {
			TimeUnit.MILLISECONDS.sleep(quick ? 1000 : 2000);
			limits.impose();
			TimeUnit.MILLISECONDS.sleep(1000);
			long before = readers.reads.sum();
			long start = System.nanoTime();
			TimeUnit.MILLISECONDS.sleep(quick ? 1500 : 4000);
			return (readers.reads.sum() - before) * 1e9 / (System.nanoTime() - start);
		}
	}

	/**
	 * Threads that read until they are closed. A read that fails ends the measurement.
	 */
	private static final class Readers implements AutoCloseable {

		private final LongAdder reads = new LongAdder();

		private final List<Thread> threads = new ArrayList<>();

		private volatile boolean over;

		private volatile @Nullable RuntimeException failure;

		Readers(int count, Runnable read, Runnable begin) {
			for (int i = 0; i < count; i++) {
				Thread thread = new Thread(() -> {
					begin.run();
					try {
						while (!this.over) {
							read.run();
							this.reads.increment();
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
