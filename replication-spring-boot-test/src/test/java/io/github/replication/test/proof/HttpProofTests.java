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

package io.github.replication.test.proof;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The promises hold for clients over HTTP, which keep what they are sent and nothing
 * else, and the checker notices where they do not.
 */
@EmbeddedCluster(dedicated = true)
@Timeout(300)
class HttpProofTests {

	private static final int LONGEST_COOKIES = 1000;

	private PostgresCluster cluster;

	@BeforeEach
	void remember(PostgresCluster cluster) {
		this.cluster = cluster;
	}

	@AfterEach
	void reset() {
		this.cluster.reset();
	}

	@Test
	void promisesHoldForClientsWithEachCarrier() throws Exception {
		try (HttpProof http = HttpProof.start(this.cluster, Map.of())) {
			ProofResult result = http.proof(0)
				.faults(Fault.APPLY_DELAY, Fault.REPLAY_PAUSE, Fault.KILL, Fault.SWITCHOVER)
				.duration(Duration.ofSeconds(12))
				.run();
			System.out.println(result.toMarkdown(Map.of()) + http.counts());
			assertThat(result.violations()).as(result::describeViolations).isEmpty();
			assertThat(result.faults())
				.isEqualTo(EnumSet.of(Fault.APPLY_DELAY, Fault.REPLAY_PAUSE, Fault.KILL, Fault.SWITCHOVER));
			assertThat(http.longestCookies()).isBetween(1, LONGEST_COOKIES);
			assertThat(http.counts().getOrDefault("responses that were lost", 0L)).isBetween(1L, (long) http.lost());
			assertThat(http.counts()).containsKeys("restarts", "requests: DIRECT", "requests: ASYNC", "requests: JOB",
					"requests: CALL", "responses by cookie-tomcat", "responses by cookie-jetty",
					"responses by header-tomcat", "responses by header-jetty", "responses by session-tomcat",
					"responses by user-jetty");
		}
	}

	@Test
	@Tag("long")
	void responsesThatSayNothingAreNoticed() throws Exception {
		try (HttpProof http = HttpProof.start(this.cluster,
				Map.of("replication.read-your-writes.mode", "off", "replication.monotonic-reads", "false"))) {
			ProofResult result = http.proof(1000).faults(Fault.APPLY_DELAY).duration(Duration.ofSeconds(3)).run();
			assertThat(result.violations()).extracting(Violation::property)
				.contains("read-your-writes", "monotonic reads");
		}
	}

}
