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
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.util.TestSocketUtils;

import io.github.replication.Reason;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The dashboard and the alerts name meters and labels that the sample has, and Prometheus
 * finds something for each of their expressions.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@Tag("long")
class DashboardTests {

	private static final Path OPERATIONS = Path.of("../docs/operations");

	private static final Path PROMETHEUS = Path.of("/usr/bin/prometheus");

	private static final Path PROMTOOL = Path.of("/usr/bin/promtool");

	private static final Pattern METER = Pattern.compile("\\b((?:replication|hikaricp)_[a-z_]+)(?:\\{([^}]*)\\})?");

	private static final Pattern LABEL = Pattern.compile("([a-z_]+)\\s*(?:=~|!~|!=|=)\\s*\"([^\"]*)\"");

	private static final Pattern BY = Pattern.compile("by \\(([^)]*)\\)");

	private static final Pattern LIMIT = Pattern.compile(" > [0-9.]+$");

	/**
	 * The labels that Prometheus adds to what it scrapes.
	 */
	private static final Set<String> OF_PROMETHEUS = Set.of("instance", "application");

	@LocalServerPort
	private int port;

	@Autowired
	private PostgresCluster cluster;

	/**
	 * The primary's read pool has meters once it has served.
	 */
	@BeforeEach
	void readFromThePrimary() throws Exception {
		this.cluster.replicas().forEach(PostgresNode::pauseReplay);
		try {
			Visitor visitor = new Visitor(this.port);
			visitor.comment(2, "Read at once.");
			assertThat(Visitor.servedBy(visitor.comments(2))).startsWith("primary;");
		}
		finally {
			this.cluster.replicas().forEach(PostgresNode::resumeReplay);
		}
	}

	@Test
	void everyMeterLabelAndValueIsThere() throws Exception {
		Map<String, List<Map<String, String>>> scraped = scrape();
		for (String expression : expressions()) {
			List<String> named = BY.matcher(expression)
				.results()
				.flatMap((by) -> Stream.of(by.group(1).split(",\\s*")))
				.filter((label) -> !OF_PROMETHEUS.contains(label))
				.toList();
			List<MatchResult> meters = METER.matcher(expression).results().toList();
			assertThat(meters).as(expression).isNotEmpty();
			for (MatchResult meter : meters) {
				assertThat(scraped).as(expression).containsKey(meter.group(1));
				List<Map<String, String>> series = scraped.get(meter.group(1));
				assertThat(series).as(expression)
					.allSatisfy((labels) -> assertThat(labels.keySet()).containsAll(named));
				assertSelects(expression, series, meter.group(2));
			}
		}
	}

	private static void assertSelects(String expression, List<Map<String, String>> series, String selector) {
		Matcher label = LABEL.matcher((selector != null) ? selector : "");
		while (label.find()) {
			String name = label.group(1);
			if (!OF_PROMETHEUS.contains(name)) {
				List<String> values = name.equals("reason") ? Arrays.stream(Reason.values()).map(Reason::name).toList()
						: series.stream().map((labels) -> labels.get(name)).toList();
				assertThat(values).as(expression + ", label " + name).contains(label.group(2).split("\\|"));
			}
		}
	}

	@Test
	void rulesAreAcceptedByPrometheus() throws Exception {
		assertAccepted("check", OPERATIONS.resolve("alerts.yml"));
	}

	@Test
	void rulesFireAsDescribed() throws Exception {
		assertAccepted("test", Path.of("src/test/resources/alerts-test.yml"));
	}

	private static void assertAccepted(String command, Path rules) throws Exception {
		Assumptions.assumeTrue(Files.isExecutable(PROMTOOL), "promtool is not installed");
		Process promtool = new ProcessBuilder(PROMTOOL.toString(), command, "rules", rules.toString())
			.redirectErrorStream(true)
			.start();
		String output = new String(promtool.getInputStream().readAllBytes());
		assertThat(promtool.waitFor(1, TimeUnit.MINUTES)).isTrue();
		assertThat(promtool.exitValue()).as(output).isZero();
	}

	@Test
	void prometheusFindsSomethingForEachExpression(@TempDir Path folder) throws Exception {
		Assumptions.assumeTrue(Files.isExecutable(PROMETHEUS), "Prometheus is not installed");
		int web = TestSocketUtils.findAvailableTcpPort();
		Process prometheus = start(folder, web);
		try {
			Visitor visitor = new Visitor(this.port);
			Awaitility.await().atMost(Duration.ofMinutes(1)).ignoreExceptions().untilAsserted(() -> {
				visitor.comment(2, "Counted.");
				visitor.get("/api/articles");
				assertThat(ask(web, "count_over_time(replication_decisions_total{reason=\"READ_ONLY\"}[1m]) > 2"))
					.contains("\"value\"");
			});
			for (String expression : expressions()) {
				String now = LIMIT.matcher(expression)
					.replaceAll("")
					.replace("$instance", ".*")
					.replace("$__rate_interval", "1m");
				assertThat(ask(web, now)).as(now).contains("\"status\":\"success\"").contains("\"value\":[");
			}
			assertThat(get(web, "/api/v1/rules")).contains("ReplicaOutOfRotation").doesNotContain("\"health\":\"err\"");
		}
		finally {
			prometheus.destroy();
			assertThat(prometheus.waitFor(1, TimeUnit.MINUTES)).isTrue();
		}
	}

	private Process start(Path folder, int web) throws IOException {
		Path configuration = folder.resolve("prometheus.yml");
		Files.writeString(configuration, """
				global:
				  scrape_interval: 500ms
				  evaluation_interval: 500ms
				rule_files: [ "%s" ]
				scrape_configs:
				  - job_name: newsroom
				    metrics_path: /actuator/prometheus
				    static_configs:
				      - targets: [ "localhost:%d" ]
				        labels:
				          application: newsroom
				""".formatted(OPERATIONS.resolve("alerts.yml").toRealPath(), this.port));
		return new ProcessBuilder(PROMETHEUS.toString(), "--config.file=" + configuration,
				"--storage.tsdb.path=" + folder.resolve("data"), "--web.listen-address=127.0.0.1:" + web)
			.redirectErrorStream(true)
			.redirectOutput(folder.resolve("log").toFile())
			.start();
	}

	private static String ask(int web, String expression) throws IOException, InterruptedException {
		return get(web, "/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
	}

	private static String get(int web, String path) throws IOException, InterruptedException {
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + web + path)).build(), BodyHandlers.ofString())
			.body();
	}

	private static List<String> expressions() throws IOException {
		List<String> expressions = new ArrayList<>(
				expressions("grafana-dashboard.json", "\"expr\": \"((?:[^\"\\\\]|\\\\.)*)\""));
		int panels = expressions.size();
		assertThat(panels).isGreaterThan(10);
		expressions.addAll(expressions("alerts.yml", "expr: (?:>-\\s+)?((?:.|\\n)*?)\\n\\s+(?:for|labels):"));
		String alerts = Files.readString(OPERATIONS.resolve("alerts.yml"));
		assertThat(expressions).hasSize(panels + alerts.split("- alert: ", -1).length - 1);
		return expressions;
	}

	private static List<String> expressions(String file, String pattern) throws IOException {
		return Pattern.compile(pattern)
			.matcher(Files.readString(OPERATIONS.resolve(file)))
			.results()
			.map((result) -> result.group(1).replace("\\\"", "\""))
			.toList();
	}

	/**
	 * The labels of each series of each meter, after a read and a write.
	 */
	private Map<String, List<Map<String, String>>> scrape() throws Exception {
		Visitor visitor = new Visitor(this.port);
		visitor.comment(2, "Counted.");
		visitor.get("/api/articles");
		Map<String, List<Map<String, String>>> series = new HashMap<>();
		visitor.get("/actuator/prometheus")
			.body()
			.lines()
			.filter((line) -> !line.startsWith("#"))
			.forEach((line) -> series.computeIfAbsent(line.split("[{ ]")[0], (meter) -> new ArrayList<>())
				.add(labels(line)));
		return series;
	}

	private static Map<String, String> labels(String line) {
		Map<String, String> labels = new HashMap<>();
		int begin = line.indexOf('{');
		if (begin >= 0) {
			LABEL.matcher(line.substring(begin, line.lastIndexOf('}')))
				.results()
				.forEach((label) -> labels.put(label.group(1), label.group(2)));
		}
		return labels;
	}

}
