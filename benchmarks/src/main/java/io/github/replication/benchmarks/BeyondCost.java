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

import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.RunnerException;

/**
 * The cost of a hit of a protected cache, and of the position of a message.
 */
final class BeyondCost implements Part {

	private static final Map<String, String> HITS = Map.of("get", "`get(key)`", "getOrLoad", "`get(key, loader)`",
			"annotated", "`@Cacheable`");

	/**
	 * The seconds before a measurement.
	 */
	private static final int WARM_UP = 3;

	@Override
	public void run(Report report, boolean quick) throws Exception {
		report.section("Caches and messages");
		hits(report, measure(CacheHitBenchmark.class, quick));
		records(report, measure(KafkaRecordBenchmark.class, quick));
	}

	/**
	 * Measures in forks that take turns.
	 * @return for each method and its parameters the medians of the forks
	 */
	private static Map<String, List<Double>> measure(Class<?> benchmark, boolean quick) throws RunnerException {
		Map<String, List<Double>> times = new LinkedHashMap<>();
		for (int round = 0; round < (quick ? 1 : 2); round++) {
			for (RunResult result : JmhFork.run(benchmark, WARM_UP, quick)) {
				List<String> key = new ArrayList<>(List.of(result.getPrimaryResult().getLabel()));
				for (String parameter : result.getParams().getParamsKeys()) {
					key.add(result.getParams().getParam(parameter));
				}
				times.computeIfAbsent(String.join(" ", key), (name) -> new ArrayList<>())
					.add(result.getPrimaryResult().getStatistics().getPercentile(50));
			}
		}
		return times;
	}

	private static void hits(Report report, Map<String, List<Double>> times) throws Exception {
		report.paragraph("A hit of a cache in one thread, alone and with the protection of"
				+ " `replication.read-your-writes.caches`.");
		List<List<Object>> rows = new ArrayList<>();
		for (String method : List.of("annotated", "getOrLoad", "get")) {
			for (String cache : List.of("ConcurrentMapCache", "CaffeineCache")) {
				List<Double> bare = times.getOrDefault(method + " " + cache + " false", List.of());
				List<Double> ours = times.getOrDefault(method + " " + cache + " true", List.of());
				double median = Report.median(ours);
				rows.add(List.of(cache + ", " + HITS.get(method), Report.median(bare), Report.spread(bare), median,
						Report.spread(ours), median - Report.median(bare)));
				if (method.equals("annotated")) {
					report.target("Hit of a `@Cacheable` method, " + cache + ", ns",
							"within the spread of the bare cache", median,
							median <= bare.stream().max(Double::compare).orElse(Double.NaN));
				}
			}
		}
		report.table("beyond-caches", List.of("hit", "ns alone", "spread", "ns protected", "spread", "ns more"), rows);
	}

	private static void records(Report report, Map<String, List<Double>> times) throws Exception {
		report.paragraph("A record of Kafka, sent by a caller that has written, and handled: the observations of"
				+ " `KafkaTemplate` and of a listener's container, without a broker. The second row is the cost of the"
				+ " observations themselves, the third adds the handlers of positions.");
		List<Double> observed = times.getOrDefault("sendAndHandle OBSERVED", List.of());
		List<Double> ours = times.getOrDefault("sendAndHandle POSITIONS", List.of());
		List<List<Object>> rows = new ArrayList<>();
		rows.add(row("not observed", times.getOrDefault("sendAndHandle NOT_OBSERVED", List.of())));
		rows.add(row("observed", observed));
		rows.add(row("observed, with its position", ours));
		report.table("beyond-records", List.of("record", "ns", "spread"), rows);
		double more = Report.median(ours) - Report.median(observed);
		report.target("Record of Kafka, sent and handled with its position, ns more than observed", "below 2,000", more,
				more < 2000);
	}

	private static List<Object> row(String label, List<Double> values) {
		return List.of(label, Report.median(values), Report.spread(values));
	}

}
