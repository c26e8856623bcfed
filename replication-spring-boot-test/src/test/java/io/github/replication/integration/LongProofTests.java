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
import io.github.replication.test.proof.HttpProof;
import io.github.replication.test.proof.ProofResult;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The promises over a long time, summed up in a report. Runs with {@code -Pproof} alone.
 */
@EmbeddedCluster(dedicated = true)
@EnabledIfSystemProperty(named = "proof.long", matches = "true",
		disabledReason = "it takes half an hour: ./mvnw -B verify -Pproof")
@Timeout(value = 24, unit = TimeUnit.HOURS)
class LongProofTests {

	private static final int LONGEST_COOKIES = 1000;

	@Test
	void promisesHold(PostgresCluster cluster) throws IOException {
		String report = proveOnThreads(cluster);
		write(report);
		cluster.reset();
		write(report + "\n" + proveOverHttp(cluster));
	}

	private static String proveOnThreads(PostgresCluster cluster) {
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
			return checked(result, facts);
		}
	}

	private static String proveOverHttp(PostgresCluster cluster) throws IOException {
		Duration duration = DurationStyle.detectAndParse(System.getProperty("proof.http.duration"));
		long operations = Long.getLong("proof.http.operations");
		Map<String, String> facts = new LinkedHashMap<>();
		try (HttpProof http = HttpProof.start(cluster, Map.of())) {
			ProofResult result = http.proof(operations)
				.duration(duration)
				.sessions(96, 16)
				.lasting(Duration.ofMillis(300), Duration.ofSeconds(4))
				.calm(Duration.ofSeconds(3))
				.run();
			http.counts().forEach((name, count) -> facts.put(name, count.toString()));
			facts.put("longest `Cookie` header", http.longestCookies() + " characters");
			String numbers = checked(result, facts);
			assertThat(result.operations()).isGreaterThanOrEqualTo(operations);
			assertThat(http.longestCookies()).isBetween(1, LONGEST_COOKIES);
			return """
					## Over HTTP

					Clients with the cookie store of the JDK send the requests, some at the same time, through a load balancer that
					loses responses; a client that starts anew keeps the cookies that have an age, which are those of its writes, and
					forgets its reads. Half of the clients are of two instances each, on Tomcat and on Jetty, with cookies and with
					headers; the others are of one that keeps positions in sessions and of one that keeps them by user. Half of the
					requests run a part of their operations in an `@Async` method, in a job, or in another service. Reads are held
					against the responses that had arrived when their request was sent. `HttpProofTests` do the same for seconds with every build.

					"""
					+ numbers.replace("\n## ", "\n### ").replace("| duplicated |", "| sent with a request |");
		}
	}

	/**
	 * The numbers are in the log whatever they say.
	 */
	private static String checked(ProofResult result, Map<String, String> facts) {
		String numbers = result.toMarkdown(facts);
		System.out.println(numbers);
		assertThat(result.violations()).as(result::describeViolations).isEmpty();
		return numbers;
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
