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

package io.github.replication.twin;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The twin test over many seeds. Runs with {@code -Ptwin} alone: as many sequences as
 * {@code -Dtwin.sequences} says, and with 0 without end.
 */
@EmbeddedCluster(replicas = 1, dedicated = true)
@EnabledIfSystemProperty(named = "twin.long", matches = "true",
		disabledReason = "it takes an hour: ./mvnw -B verify -Ptwin")
@Timeout(value = 240, unit = TimeUnit.HOURS)
class LongTwinTests {

	private static final int ROUND = 1000;

	private static final int KINDS = 20;

	@BeforeAll
	static void prepare(PostgresCluster cluster) {
		TwinTests.prepare(cluster);
	}

	@AfterAll
	static void reset() {
		TwinTests.reset();
	}

	/**
	 * Two pools are tried at a time, since a sequence mostly waits for a server.
	 */
	@Test
	void sequencesHaveTheSameOutcome(PostgresCluster cluster) throws Exception {
		long sequences = Long.getLong("twin.sequences", 30_000);
		long seed = Long.getLong("twin.seed", System.nanoTime() & 0xFFFFFFFFFL);
		Map<TwinConfiguration, Twins> all = new EnumMap<>(TwinConfiguration.class);
		Map<String, String> findings = new ConcurrentHashMap<>();
		ExecutorService runners = Executors.newFixedThreadPool(2);
		try {
			for (TwinConfiguration configuration : TwinConfiguration.values()) {
				all.put(configuration, configuration.start(cluster, TwinDatabase.TABLES));
			}
			for (long done = 0; (sequences == 0 || done < sequences) && findings.size() < KINDS; done += ROUND) {
				long first = seed + done;
				List<Callable<Object>> campaigns = new ArrayList<>();
				all.forEach((configuration, twins) -> campaigns
					.add(Executors.callable(() -> run(configuration, twins, first)
						.forEach((signature, report) -> note(findings, signature, report)))));
				for (Future<?> campaign : runners.invokeAll(campaigns)) {
					campaign.get();
				}
				System.out.println(done + ROUND + " sequences from seed " + seed + ": " + onPurpose(all));
			}
		}
		finally {
			runners.shutdownNow();
			for (Twins twins : all.values()) {
				twins.close();
			}
		}
		assertThat(findings).as("-Dtwin.seed=%s", seed).isEmpty();
	}

	private static Map<String, String> run(TwinConfiguration configuration, Twins twins, long seed) {
		Map<String, String> findings = new LinkedHashMap<>();
		new TwinCampaign(twins, configuration.isSeveral()).run(ROUND * configuration.percent() / 100, seed)
			.forEach((signature, report) -> findings.put(configuration + ": " + signature, report));
		return findings;
	}

	/**
	 * The first of each kind is reported at once, since a run may take hours.
	 */
	private static void note(Map<String, String> findings, String kind, String report) {
		if (findings.putIfAbsent(kind, report) == null) {
			System.out.println(kind + "\n" + report);
		}
	}

	private static Map<OnPurpose, Integer> onPurpose(Map<TwinConfiguration, Twins> all) {
		Map<OnPurpose, Integer> sum = new EnumMap<>(OnPurpose.class);
		all.values().forEach((twins) -> twins.onPurpose().forEach((key, count) -> sum.merge(key, count, Integer::sum)));
		return sum;
	}

}
