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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.util.Statistics;

import io.github.replication.benchmarks.StatementBenchmark.Shape;

/**
 * The cost of routing the statements that applications send: by the length of their
 * texts, their number, their rows and the threads. One of these is changed at a time,
 * since all combinations would take hours.
 */
final class StatementCost implements Part {

	/**
	 * The seconds before a measurement.
	 */
	private static final int WARM_UP = 3;

	/**
	 * While many threads run, the compiler has little of the processor.
	 */
	private static final int WARM_UP_OF_THREADS = 15;

	private static final String[] CONTENDERS = { "HIKARI", "LAZY_PROXY", "REPLICATION" };

	private final Map<String, Map<String, Cost>> costs = new LinkedHashMap<>();

	@Override
	public void run(Report report, boolean quick) throws Exception {
		report.section("Statements of applications");
		report.paragraph("A read-only transaction of " + Shape.USUAL.label()
				+ ", on the driver that answers at once, and units that differ from it in one respect each: not all"
				+ " combinations are measured. One fork for each, of whose slices the median counts. CPU is the time"
				+ " on a processor, of the compiler and the garbage collection as well.");
		measure(quick);
		write(report);
	}

	private void measure(boolean quick) throws Exception {
		String[] shapes = List.of(Shape.values()).stream().map(Shape::name).toArray(String[]::new);
		add("", JmhFork.run(StatementBenchmark.class, WARM_UP, quick,
				(options) -> options.param("contender", CONTENDERS).param("shape", shapes)));
		add(", by statement", JmhFork.run(StatementBenchmark.class, WARM_UP, quick,
				(options) -> options.param("contender", "BY_STATEMENT").param("shape", Shape.AUTO_COMMIT.name())));
		for (int threads : new int[] { 8, 64 }) {
			add(", " + threads + " threads",
					JmhFork.run(StatementBenchmark.class, WARM_UP_OF_THREADS, quick,
							(options) -> options.param("contender", CONTENDERS)
								.param("shape", Shape.USUAL.name())
								.threads(threads)));
		}
	}

	private void add(String suffix, Collection<RunResult> results) {
		for (RunResult result : results) {
			Shape shape = Shape.valueOf(result.getParams().getParam("shape"));
			Map<String, Cost> row = this.costs.computeIfAbsent(shape.label() + suffix, (key) -> new LinkedHashMap<>());
			row.put(result.getParams().getParam("contender"), Cost.of(result));
		}
	}

	private void write(Report report) throws Exception {
		List<List<Object>> rows = new ArrayList<>();
		this.costs.forEach((unit, contenders) -> contenders.forEach((contender, cost) -> {
			Cost proxy = contenders.getOrDefault("LAZY_PROXY", cost(Shape.AUTO_COMMIT, "LAZY_PROXY"));
			rows.add(List.of(unit, label(contender), cost.nanos, cost.spread, cost.cpu, cost.bytes,
					cost.nanos - proxy.nanos));
		}));
		report.table("statements",
				List.of("unit", "data source", "ns", "spread", "CPU ns", "bytes", "ns more than the lazy proxy"), rows);
		report.paragraph("Virtual threads are measured on servers: on a driver that answers at once they would never"
				+ " give up their carriers to one another.");
		double shortest = more(Shape.CHARACTERS_40);
		double longest = more(Shape.CHARACTERS_10000);
		report.target("Text of 10,000 characters, ns more than the lazy proxy, to one of 40", "at most 20 more",
				longest - shortest, longest - shortest <= 20);
		double perRow = (more(Shape.ROWS_10000) - more(Shape.USUAL)) / 10_000;
		double baseRow = cost(Shape.ROWS_10000, "LAZY_PROXY").nanos / 10_000;
		report.target("Row of 20 columns, ns more than the lazy proxy (ratio to its ns)", "1.05 at most",
				String.format(Locale.ROOT, "%.1f (%.2f)", perRow, 1 + perRow / baseRow), perRow <= 0.05 * baseRow);
	}

	private double more(Shape shape) {
		return cost(shape, "REPLICATION").nanos - cost(shape, "LAZY_PROXY").nanos;
	}

	private Cost cost(Shape shape, String contender) {
		return this.costs.getOrDefault(shape.label(), Map.of()).getOrDefault(contender, Cost.NONE);
	}

	private static String label(String contender) {
		return contender.equals("BY_STATEMENT") ? Contender.REPLICATION.label() + ", by statement"
				: Contender.valueOf(contender).label();
	}

	/**
	 * The figures of one fork.
	 *
	 * @param nanos the median of the slices
	 * @param spread where half of the slices are
	 * @param cpu the time on a processor
	 * @param bytes the allocation
	 */
	private record Cost(double nanos, String spread, double cpu, double bytes) {

		private static final Cost NONE = new Cost(Double.NaN, "", Double.NaN, Double.NaN);

		static Cost of(RunResult result) {
			Statistics slices = result.getPrimaryResult().getStatistics();
			return new Cost(slices.getPercentile(50),
					Report.spread(List.of(slices.getPercentile(25), slices.getPercentile(75))),
					JmhFork.cpuNanos(result), JmhFork.bytes(result));
		}

	}

}
