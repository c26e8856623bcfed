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

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.SynchronousCommit;
import io.github.replication.twin.TwinApplication.PoolType;
import io.github.replication.twin.Twins.Scope;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Sequences of calls have the same outcome through the library as without it.
 */
@EmbeddedCluster(replicas = 1, dedicated = true)
@Timeout(value = 1, unit = TimeUnit.HOURS)
class TwinTests {

	private static final int SEQUENCES = Integer.getInteger("twin.sequences", 500);

	private static final long SEED = Long.getLong("twin.seed", System.nanoTime());

	@Test
	void sequencesHaveTheSameOutcome(PostgresCluster cluster) throws Exception {
		System.setProperty("com.zaxxer.hikari.aliveBypassWindowMs", "-1");
		cluster.synchronous(SynchronousCommit.REMOTE_APPLY);
		String only = System.getProperty("twin.pool", "hikari1");
		PoolType pool = only.startsWith("dbcp") ? PoolType.DBCP2 : PoolType.HIKARI;
		int size = only.endsWith("3") ? 3 : 1;
		Map<String, Object> more = only.startsWith("statement")
				? Map.of("replication.without-transaction", "by-statement") : Map.of();
		try (Twins twins = start(cluster, pool, size, more)) {
			campaign(twins, only, size > 1);
		}
	}

	private static void campaign(Twins twins, String name, boolean several) throws Exception {
		Map<String, Integer> counts = new TreeMap<>();
		Map<String, String> reports = new LinkedHashMap<>();
		long start = System.nanoTime();
		int unstable = 0;
		for (int i = 0; i < SEQUENCES; i++) {
			long seed = SEED + i;
			Scope scope = (seed % 4 == 0) ? Scope.PRIMARY : Scope.NONE;
			Sequence sequence = SequenceGenerator.generate(seed, several);
			Difference difference = twins.compare(sequence, scope);
			if (difference == null) {
				continue;
			}
			String signature = difference.signature();
			if (counts.merge(signature, 1, Integer::sum) > 2) {
				continue;
			}
			Difference again = twins.compare(sequence, scope);
			if (again == null || !again.signature().equals(signature)) {
				unstable++;
				reports.put(signature + " unstable " + seed, difference.report());
				continue;
			}
			Sequence shrunk = Shrinker.shrink(sequence, (candidate) -> {
				Difference found = twins.compare(candidate, scope);
				return found != null && found.signature().equals(signature);
			}, TimeUnit.SECONDS.toNanos(20));
			Difference last = twins.compare(shrunk, scope);
			reports.put(signature + " seed " + seed + " scope " + scope,
					(last != null) ? last.report() : difference.report());
		}
		long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
		StringBuilder text = new StringBuilder();
		text.append(name + ": " + SEQUENCES + " sequences from seed " + SEED + ", " + twins.steps() + " steps, "
				+ millis + " ms, unstable " + unstable + ", on purpose " + twins.onPurpose() + "\n\n");
		counts.forEach((signature, count) -> text.append(count + " x " + signature + "\n"));
		reports.forEach((signature, report) -> text.append("\n### " + signature + "\n" + report));
		Files.writeString(Path.of("target", "twin-" + name + ".txt"), text);
		assertThat(reports).isEmpty();
	}

	static Twins start(PostgresCluster cluster, PoolType pool, int size, Map<String, Object> more) throws SQLException {
		TwinDatabase.create(cluster, "twin_plain");
		TwinDatabase.create(cluster, "twin_ours");
		TwinApplication plain = TwinApplication.start(cluster, "twin_plain", false, pool, size, Map.of());
		return new Twins(new Side(plain, new ThirdSession(cluster, "twin_plain", false), "twin_plain"),
				() -> new Side(TwinApplication.start(cluster, "twin_ours", true, pool, size, more),
						new ThirdSession(cluster, "twin_ours", true), "twin_ours"));
	}

}
