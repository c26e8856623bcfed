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

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.test.util.TestSocketUtils;
import org.springframework.web.context.support.StandardServletEnvironment;

import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The newsroom in containers, as far as it can be checked without one: its files fit
 * together, and two instances run on servers elsewhere with the environment that is set
 * there.
 */
@Tag("long")
class ComposeTests {

	private static final Path PROMTOOL = Path.of("/usr/bin/promtool");

	private static final Path NGINX = Path.of("/usr/sbin/nginx");

	private static final Pattern PINNED = Pattern.compile("[a-z/-]+:v?\\d+(\\.\\d+)+([_-][a-z0-9]+)*");

	private static final Pattern HOST = Pattern.compile("jdbc:postgresql://([a-z0-9-]+):5432/");

	@Test
	void imagesAreOfOneVersion() throws IOException {
		assertThat(services().values()).hasSize(8)
			.allSatisfy((service) -> assertThat((String) service.get("image")).matches(PINNED));
	}

	@Test
	void mountedFilesExist() throws IOException {
		for (Map<String, Object> service : services().values()) {
			for (Object volume : (List<?>) service.getOrDefault("volumes", List.of())) {
				String file = volume.toString().split(":")[0];
				if (file.startsWith("./target/")) {
					assertThat(Files.readString(Path.of("pom.xml"))).contains("<classifier>newsroom</classifier>");
					String version = Pattern.compile("<version>(.*?)</version>")
						.matcher(Files.readString(Path.of("pom.xml")))
						.results()
						.findFirst()
						.map((result) -> result.group(1))
						.orElseThrow();
					assertThat(file).isEqualTo("./target/sample-app-" + version + "-newsroom.jar");
				}
				else {
					assertThat(Path.of(file)).isRegularFile();
				}
			}
		}
	}

	@Test
	void servicesThatAreNamedExist() throws IOException {
		Set<String> services = services().keySet();
		List<String> named = new ArrayList<>();
		for (Map<String, Object> service : services().values()) {
			Object needed = service.getOrDefault("depends_on", List.of());
			named.addAll(
					(needed instanceof Map<?, ?> conditions) ? names(conditions.keySet()) : names((List<?>) needed));
		}
		named.addAll(matches("compose/nginx.conf", "server ([a-z0-9-]+):8080"));
		named.addAll(matches("compose/prometheus.yml", "\"([a-z0-9-]+):8080\""));
		named.addAll(matches("compose/grafana-datasource.yml", "http://([a-z0-9-]+):9090"));
		named.addAll(matches("compose/replica.sh", "-h ([a-z0-9-]+) "));
		named.addAll(matches("compose.yaml", HOST.pattern()));
		assertThat(named).hasSizeGreaterThan(12);
		assertThat(services).containsAll(named);
	}

	private static List<String> names(Iterable<?> names) {
		List<String> texts = new ArrayList<>();
		names.forEach((name) -> texts.add(name.toString()));
		return texts;
	}

	private static List<String> matches(String file, String pattern) throws IOException {
		return Pattern.compile(pattern)
			.matcher(Files.readString(Path.of(file)))
			.results()
			.map((result) -> result.group(1))
			.toList();
	}

	@Test
	void grafanaFilesAreRead() throws IOException {
		assertThat(yaml("compose/grafana-datasource.yml")).containsKey("datasources");
		assertThat(yaml("compose/grafana-dashboards.yml").toString()).contains("/var/lib/grafana/dashboards");
		// JSON is YAML.
		assertThat(yaml("../docs/operations/grafana-dashboard.json")).containsKey("panels");
	}

	@Test
	void prometheusAcceptsItsConfiguration(@TempDir Path folder) throws Exception {
		Assumptions.assumeTrue(Files.isExecutable(PROMTOOL), "promtool is not installed");
		Files.copy(Path.of("compose/prometheus.yml"), folder.resolve("prometheus.yml"));
		Files.copy(Path.of("../docs/operations/alerts.yml"), folder.resolve("alerts.yml"));
		Process promtool = new ProcessBuilder(PROMTOOL.toString(), "check", "config",
				folder.resolve("prometheus.yml").toString())
			.redirectErrorStream(true)
			.start();
		String output = new String(promtool.getInputStream().readAllBytes());
		assertThat(promtool.waitFor(1, TimeUnit.MINUTES)).isTrue();
		assertThat(promtool.exitValue()).as(output).isZero();
	}

	@Test
	void twoInstancesRunOnServersElsewhere() throws Exception {
		try (PostgresCluster servers = PostgresCluster.builder()
			.database("newsroom")
			.user("newsroom", "secret")
			.start();
				ConfigurableApplicationContext one = start("newsroom-1", servers);
				ConfigurableApplicationContext two = start("newsroom-2", servers)) {
			assertThat(one.getBeanProvider(PostgresCluster.class).getIfAvailable()).isNull();
			Visitor visitor = new Visitor(port(one));
			String comments = "http://localhost:" + port(two) + "/api/articles/2/comments";
			Awaitility.await()
				.untilAsserted(() -> assertThat(Visitor.servedBy(visitor.get(comments))).startsWith("replica"));
			servers.replicas().forEach((replica) -> replica.pauseReplay());
			visitor.comment(2, "Through the load balancer.");
			HttpResponse<String> read = visitor.get(comments);
			assertThat(read.body()).contains("Through the load balancer.");
			assertThat(Visitor.servedBy(read)).isEqualTo("primary; reason=BEHIND");
			assertThat(visitor.get("/api/cluster").body()).contains("\"levers\":{\"servers\":false,\"restart\":false");
			assertThat(visitor.post("/api/cluster/replica1/kill", "").statusCode()).isEqualTo(409);
		}
	}

	@Test
	void loadBalancerLeadsAVisitorToBothInstances(@TempDir Path folder) throws Exception {
		Assumptions.assumeTrue(Files.isExecutable(NGINX), "nginx is not installed");
		try (PostgresCluster servers = PostgresCluster.builder()
			.database("newsroom")
			.user("newsroom", "secret")
			.start();
				ConfigurableApplicationContext one = start("newsroom-1", servers);
				ConfigurableApplicationContext two = start("newsroom-2", servers)) {
			int port = TestSocketUtils.findAvailableTcpPort();
			Process nginx = balance(folder, port, one, two);
			try {
				Visitor visitor = new Visitor(port);
				Awaitility.await()
					.ignoreExceptions()
					.untilAsserted(() -> assertThat(Visitor.servedBy(visitor.comments(2))).startsWith("replica"));
				servers.replicas().forEach((replica) -> replica.pauseReplay());
				visitor.comment(2, "On the other instance as well.");
				for (int i = 0; i < 4; i++) {
					HttpResponse<String> read = visitor.comments(2);
					assertThat(read.body()).contains("On the other instance as well.");
					assertThat(Visitor.servedBy(read)).isEqualTo("primary; reason=BEHIND");
				}
				assertThat(reads(one)).isPositive();
				assertThat(reads(two)).isPositive();
				assertThat(firstEvent(port)).startsWith("data:{\"nodes\":[");
			}
			finally {
				nginx.destroy();
				assertThat(nginx.waitFor(1, TimeUnit.MINUTES)).isTrue();
			}
		}
	}

	private static long reads(ConfigurableApplicationContext instance) {
		return instance.getBean(DecisionLog.class).reads("primary");
	}

	/**
	 * The first line of the state that an open page gets, which would not come through a
	 * load balancer that waits for the end of the response.
	 */
	private static String firstEvent(int port) throws Exception {
		URI events = URI.create("http://localhost:" + port + "/api/cluster/events");
		try (BufferedReader lines = new BufferedReader(new InputStreamReader(HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(events).build(), BodyHandlers.ofInputStream())
			.body(), StandardCharsets.UTF_8))) {
			return lines.readLine();
		}
	}

	/**
	 * Starts nginx with the file of the load balancer, between the ports of this machine.
	 */
	private static Process balance(Path folder, int port, ConfigurableApplicationContext one,
			ConfigurableApplicationContext two) throws IOException {
		String balancer = Files.readString(Path.of("compose/nginx.conf"))
			.replace("listen 80;", "listen 127.0.0.1:" + port + ";")
			.replace("newsroom-1:8080", "127.0.0.1:" + port(one))
			.replace("newsroom-2:8080", "127.0.0.1:" + port(two));
		Path configuration = folder.resolve("nginx.conf");
		Files.writeString(configuration, """
				daemon off;
				pid %1$s/pid;
				error_log %1$s/error.log;
				events {}
				http {
				  access_log off;
				  client_body_temp_path %1$s/body;
				  proxy_temp_path %1$s/proxy;
				  fastcgi_temp_path %1$s/fastcgi;
				  uwsgi_temp_path %1$s/uwsgi;
				  scgi_temp_path %1$s/scgi;
				%2$s
				}
				""".formatted(folder, balancer));
		return new ProcessBuilder(NGINX.toString(), "-e", folder + "/error.log", "-c", configuration.toString())
			.redirectErrorStream(true)
			.redirectOutput(folder.resolve("output").toFile())
			.start();
	}

	private static ConfigurableApplicationContext start(String service, PostgresCluster servers) throws IOException {
		Map<String, Object> variables = new LinkedHashMap<>();
		Map<?, ?> environment = (Map<?, ?>) services().get(service).get("environment");
		environment.forEach((name, value) -> variables.put(name.toString(),
				HOST.matcher(value.toString()).replaceAll((host) -> url(servers, host))));
		ConfigurableEnvironment here = new StandardServletEnvironment();
		here.getPropertySources().addFirst(new SystemEnvironmentPropertySource("compose-systemEnvironment", variables));
		SpringApplication application = new SpringApplication(NewsroomApplication.class);
		application.setEnvironment(here);
		return application.run("--server.port=0");
	}

	private static String url(PostgresCluster servers, MatchResult host) {
		return "jdbc:postgresql://127.0.0.1:" + servers.node(host.group(1)).port() + "/";
	}

	private static int port(ConfigurableApplicationContext context) {
		return context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Map<String, Object>> services() throws IOException {
		return (Map<String, Map<String, Object>>) yaml("compose.yaml").get("services");
	}

	private static Map<String, Object> yaml(String file) throws IOException {
		return new Yaml().load(Files.readString(Path.of(file)));
	}

}
