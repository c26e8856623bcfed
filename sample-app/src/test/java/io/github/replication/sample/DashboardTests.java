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

package io.github.replication.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The dashboard and the alerts name meters and labels that the sample has.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class DashboardTests {

	private static final Path OPERATIONS = Path.of("../docs/operations");

	private static final Path PROMTOOL = Path.of("/usr/bin/promtool");

	private static final Pattern METER = Pattern.compile("\\b((?:replication|hikaricp)_[a-z_]+)(?:\\{([^}]*)\\})?");

	private static final Pattern LABEL = Pattern.compile("([a-z_]+)\\s*(?:=~|!~|!=|=)");

	private static final Pattern BY = Pattern.compile("by \\(([^)]*)\\)");

	/**
	 * The labels that Prometheus adds to what it scrapes.
	 */
	private static final Set<String> OF_PROMETHEUS = Set.of("instance", "application");

	@LocalServerPort
	private int port;

	@Test
	void everyMeterAndLabelIsThere() throws Exception {
		Map<String, Set<String>> scraped = scrape();
		List<String> expressions = new ArrayList<>(
				expressions("grafana-dashboard.json", "\"expr\": \"((?:[^\"\\\\]|\\\\.)*)\""));
		expressions.addAll(expressions("alerts.yml", "expr: (?:>-\\s+)?((?:.|\\n)*?)\\n\\s+(?:for|labels):"));
		assertThat(expressions).hasSizeGreaterThan(15);
		for (String expression : expressions) {
			Set<String> labels = new TreeSet<>();
			Matcher meters = METER.matcher(expression);
			while (meters.find()) {
				assertThat(scraped).as(expression).containsKey(meters.group(1));
				labels.addAll(scraped.getOrDefault(meters.group(1), Set.of()));
				assertThat(labels).as(expression).containsAll(labels(meters.group(2)));
			}
			Matcher by = BY.matcher(expression);
			while (by.find()) {
				List<String> named = new ArrayList<>(List.of(by.group(1).split(",\\s*")));
				named.removeAll(OF_PROMETHEUS);
				assertThat(labels).as(expression).containsAll(named);
			}
		}
	}

	@Test
	void rulesAreAcceptedByPrometheus() throws Exception {
		Assumptions.assumeTrue(Files.isExecutable(PROMTOOL), "promtool is not installed");
		Process promtool = new ProcessBuilder(PROMTOOL.toString(), "check", "rules",
				OPERATIONS.resolve("alerts.yml").toString())
			.redirectErrorStream(true)
			.start();
		String output = new String(promtool.getInputStream().readAllBytes());
		assertThat(promtool.waitFor(1, TimeUnit.MINUTES)).isTrue();
		assertThat(promtool.exitValue()).as(output).isZero();
	}

	private static List<String> expressions(String file, String pattern) throws IOException {
		return Pattern.compile(pattern)
			.matcher(Files.readString(OPERATIONS.resolve(file)))
			.results()
			.map((result) -> result.group(1).replace("\\\"", "\""))
			.toList();
	}

	private static Set<String> labels(String text) {
		Set<String> labels = new TreeSet<>();
		if (text != null) {
			LABEL.matcher(text.replaceAll("\"[^\"]*\"", "\"\""))
				.results()
				.forEach((result) -> labels.add(result.group(1)));
		}
		labels.removeAll(OF_PROMETHEUS);
		return labels;
	}

	/**
	 * The labels of each meter, after a read and a write.
	 */
	private Map<String, Set<String>> scrape() throws Exception {
		Visitor visitor = new Visitor(this.port);
		visitor.comment(2, "Counted.");
		visitor.get("/api/articles");
		return visitor.get("/actuator/prometheus")
			.body()
			.lines()
			.filter((line) -> !line.startsWith("#"))
			.collect(Collectors.toMap((line) -> line.split("[{ ]")[0], DashboardTests::labelsOf, (one, other) -> {
				Set<String> both = new TreeSet<>(one);
				both.addAll(other);
				return both;
			}));
	}

	private static Set<String> labelsOf(String line) {
		int end = line.lastIndexOf('}');
		return (end < 0) ? Set.of() : labels(line.substring(line.indexOf('{') + 1, end));
	}

}
