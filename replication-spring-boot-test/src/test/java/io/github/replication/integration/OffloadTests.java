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

package io.github.replication.integration;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.replication.Reason;
import io.github.replication.RouteDecision;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Users who read and write for a while, on replicas that lag a little all the time and
 * two instances of the application in turns.
 */
@EmbeddedCluster
@Tag("long")
class OffloadTests {

	private static final int USERS = 8;

	private static final int REQUESTS = 60;

	private static final int WRITES_PERCENT = 20;

	private static final Duration THINK_TIME = Duration.ofMillis(100);

	private final AtomicLong ids = new AtomicLong(20_000_000);

	@Test
	void mostReadsAreServedByReplicasAndNoneGoesBack(PostgresCluster cluster) throws Exception {
		TestApplication.createTable(cluster);
		this.ids.addAndGet(System.nanoTime() % 1_000_000_000);
		ExecutorService executor = Executors.newFixedThreadPool(USERS);
		try (TestApplication first = TestApplication.exactly(cluster).withoutJpa().web().start(NoteWeb.class);
				TestApplication second = TestApplication.exactly(cluster).withoutJpa().web().start(NoteWeb.class)) {
			cluster.replicas().forEach((replica) -> replica.applyDelay(Duration.ofMillis(10)));
			List<Future<?>> users = new ArrayList<>();
			for (int i = 0; i < USERS; i++) {
				int seed = i;
				users.add(executor.submit(() -> use(first, second, new Random(seed))));
			}
			for (Future<?> user : users) {
				user.get(2, TimeUnit.MINUTES);
			}
			List<RouteDecision> reads = new ArrayList<>(first.decisions().all());
			reads.addAll(second.decisions().all());
			reads.removeIf((decision) -> decision.reason() == Reason.READ_WRITE);
			long onReplicas = reads.stream().filter(RouteDecision::isReplica).count();
			assertThat((double) onReplicas / reads.size()).as("share of reads on replicas, of " + reasons(reads))
				.isGreaterThanOrEqualTo(0.95);
		}
		finally {
			executor.shutdownNow();
			cluster.replicas().forEach((replica) -> replica.applyDelay(Duration.ZERO));
		}
	}

	private static Map<Reason, Long> reasons(List<RouteDecision> reads) {
		return reads.stream()
			.collect(Collectors.groupingBy(RouteDecision::reason, TreeMap::new, Collectors.counting()));
	}

	private void use(TestApplication first, TestApplication second, Random random) {
		Browser browser = new Browser();
		List<Long> known = new ArrayList<>();
		Set<Long> seen = new HashSet<>();
		for (int i = 0; i < REQUESTS; i++) {
			TestApplication application = (i % 2 == 0) ? first : second;
			if (random.nextInt(100) < WRITES_PERCENT) {
				long id = this.ids.incrementAndGet();
				browser.post(application, "/notes/" + id);
				known.add(id);
				seen.add(id);
			}
			else {
				long id = known.isEmpty() || random.nextBoolean() ? this.ids.get() : known.get(known.size() - 1);
				known.add(id);
				boolean found = browser.get(application, "/notes/" + id).body().equals("found");
				assertThat(found || !seen.contains(id)).as("note " + id + " is seen again").isTrue();
				if (found) {
					seen.add(id);
				}
			}
			LockSupport.parkNanos(THINK_TIME.toNanos());
		}
	}

}
