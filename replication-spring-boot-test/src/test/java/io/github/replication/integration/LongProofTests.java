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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.convert.DurationStyle;

import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.proof.ProofResult;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The promises over a long time, told in a report. Runs with {@code -Pproof} alone.
 */
@EmbeddedCluster(dedicated = true)
@EnabledIfSystemProperty(named = "proof.long", matches = "true",
		disabledReason = "it takes 23 minutes: ./mvnw -B verify -Pproof")
@Timeout(value = 24, unit = TimeUnit.HOURS)
class LongProofTests {

	@Test
	void promisesHold(PostgresCluster cluster) throws IOException {
		Duration duration = DurationStyle.detectAndParse(System.getProperty("proof.duration"));
		Map<String, String> facts = new LinkedHashMap<>();
		facts.put("PostgreSQL", cluster.version() + ", a primary and " + cluster.replicas().size() + " replicas");
		facts.put("Spring Boot", SpringBootVersion.getVersion());
		facts.put("Java", System.getProperty("java.version"));
		facts.put("processors", String.valueOf(Runtime.getRuntime().availableProcessors()));
		try (ProofApplications applications = ProofApplications.start(cluster, Map.of())) {
			ProofResult result = applications.proof()
				.duration(duration)
				.sessions(96, 16)
				.lasting(Duration.ofMillis(300), Duration.ofSeconds(4))
				.calm(Duration.ofSeconds(3))
				.run();
			facts.put("command", "`./mvnw verify -Pproof -Dproof.duration=" + System.getProperty("proof.duration")
					+ " -Dproof.seed=" + result.seed() + "`");
			write(result.toMarkdown(facts));
			assertThat(result.violations()).as(result::describeViolations).isEmpty();
		}
	}

	private static void write(String numbers) throws IOException {
		Path report = Path.of(System.getProperty("proof.report"));
		Files.createDirectories(report.toAbsolutePath().getParent());
		Files.writeString(report, """
				# The promises under faults

				Sessions read and write registers over two instances of an application, with their tokens in hand, while
				faults come and go. Every answer was held against what is promised. `ProofTests` does the same in half a
				minute with every build; this is the long run.

				""" + numbers);
	}

}
