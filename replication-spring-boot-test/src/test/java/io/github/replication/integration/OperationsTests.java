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

import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

import javax.management.MBeanServer;
import javax.management.ObjectName;

import com.jayway.jsonpath.JsonPath;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.dao.DataAccessException;

import io.github.replication.NodeDefinition;
import io.github.replication.NodeState;
import io.github.replication.ReplicationCluster;
import io.github.replication.metrics.ReplicationMeter;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * What operations see: health, endpoint, meters, traces and the log.
 */
@EmbeddedCluster(dedicated = true)
@ExtendWith(OutputCaptureExtension.class)
class OperationsTests {

	private static final String SECRET = "hush-hush";

	private final HttpClient http = HttpClient.newHttpClient();

	private PostgresCluster cluster;

	private TestApplication application;

	@BeforeEach
	void remember(PostgresCluster cluster) {
		this.cluster = cluster;
	}

	@AfterEach
	void reset() {
		this.application.close();
		this.cluster.reset();
	}

	@Test
	void healthHasAComponentForEachNode() throws Exception {
		start(builder());
		this.application.awaitLags();
		String health = get("/actuator/health").body();
		Map<String, Object> nodes = JsonPath.read(health, "$.components.replication.components");
		assertThat(nodes).containsOnlyKeys("primary", "replica-1", "replica-2");
		Map<String, Object> primary = JsonPath.read(health, "$.components.replication.components.primary.details");
		assertThat(primary).containsEntry("role", "PRIMARY")
			.containsEntry("state", "ONLINE")
			.containsKeys("since", "position", "timeline")
			.doesNotContainKeys("lag", "lagSize", "cause");
		Map<String, Object> replica = JsonPath.read(health, "$.components.replication.components.replica-1.details");
		assertThat(replica).containsEntry("role", "REPLICA")
			.containsEntry("state", "ONLINE")
			.containsKeys("since", "lag", "lagSize", "position");
		assertThat(JsonPath.<Map<String, Object>>read(health, "$.components.db")).as("the primary alone")
			.doesNotContainKey("components")
			.containsEntry("status", "UP");
		assertThat(status("/actuator/health/replication/replica-2")).isEqualTo("200 UP");
	}

	@Test
	void lostReplicaLeavesTheApplicationUp() throws Exception {
		start(builder());
		this.cluster.node("replica-1").stop();
		awaitStatus("/actuator/health/replication/replica-1", "200 OFFLINE");
		assertThat(status("/actuator/health")).isEqualTo("200 UP");
		assertThat(status("/actuator/health/replication")).isEqualTo("200 UP");
		assertThat(status("/actuator/health/readiness")).isEqualTo("200 UP");
		assertThat(get("/actuator/health/replication/replica-1").body()).contains("\"cause\":");
		this.cluster.node("replica-2").stop();
		awaitStatus("/actuator/health/replication/replica-2", "200 OFFLINE");
		assertThat(status("/actuator/health")).as("reads go to the primary").isEqualTo("200 UP");
	}

	@Test
	@Tag("long")
	void lostReplicasMakeTheApplicationDownWhereThePrimaryMustNotServe() throws Exception {
		start(builder().with("replication.fallback", "fail"));
		this.cluster.node("replica-1").stop();
		awaitStatus("/actuator/health/replication/replica-1", "200 OFFLINE");
		assertThat(status("/actuator/health")).isEqualTo("200 UP");
		this.cluster.node("replica-2").stop();
		awaitStatus("/actuator/health/replication", "503 DOWN");
	}

	@Test
	@Tag("long")
	void lostGroupMakesTheApplicationDownWhereThePrimaryMustNotServe() throws Exception {
		start(builder().with("replication.fallback", "fail").with("replication.replicas.replica-2.group", "reports"));
		this.cluster.node("replica-2").stop();
		awaitStatus("/actuator/health/replication/replica-2", "503 DOWN");
		assertThat(status("/actuator/health")).isEqualTo("503 DOWN");
		assertThat(status("/actuator/health/replication/replica-1")).isEqualTo("200 UP");
	}

	@Test
	void lostPrimaryMakesTheApplicationDownButNotItsProbes() throws Exception {
		start(builder());
		this.cluster.primary().stop();
		awaitStatus("/actuator/health/replication/primary", "503 DOWN");
		assertThat(status("/actuator/health")).isEqualTo("503 DOWN");
		assertThat(status("/actuator/health/readiness")).isEqualTo("200 UP");
		assertThat(status("/actuator/health/liveness")).isEqualTo("200 UP");
		assertThat(status("/actuator/health/replication/replica-1")).isEqualTo("200 UP");
	}

	@Test
	@Tag("long")
	void aGroupMakesReadinessDependOnTheNodes() throws Exception {
		start(builder().with("management.endpoint.health.group.readiness.include", "readinessState,replication"));
		assertThat(status("/actuator/health/readiness")).isEqualTo("200 UP");
		this.cluster.primary().stop();
		awaitStatus("/actuator/health/readiness", "503 DOWN");
	}

	@Test
	@Tag("long")
	void scrapeAsksNoNode() throws Exception {
		start(builder().with("replication.monitor.interval", "1h"));
		read();
		this.cluster.nodes().forEach(PostgresNode::freeze);
		assertThat(status("/actuator/health/replication")).isEqualTo("200 UP");
		assertThat(get("/actuator/replication").statusCode()).isEqualTo(200);
		assertThat(get("/actuator/prometheus").body()).contains("replication_nodes{state=\"ONLINE\"} 3");
	}

	@Test
	void endpointReportsTopologyAndDecisions() throws Exception {
		start(builder());
		this.application.awaitLags();
		for (int i = 0; i < 4; i++) {
			read();
		}
		this.application.transaction(false)
			.executeWithoutResult((status) -> this.application.jdbc().queryForList("SELECT 1"));
		String body = get("/actuator/replication").body();
		assertThat(JsonPath.<List<String>>read(body, "$.nodes[*].name")).containsExactly("primary", "replica-1",
				"replica-2");
		assertThat(JsonPath.<String>read(body, "$.nodes[1].state")).isEqualTo("ONLINE");
		assertThat(JsonPath.<String>read(body, "$.nodes[1].lag")).isNotNull();
		assertThat(JsonPath.<Map<String, Integer>>read(body, "$.decisions.primary")).containsEntry("READ_WRITE", 1);
		assertThat(decisions(body, "replica-1") + decisions(body, "replica-2")).isEqualTo(4);
	}

	@Test
	@Tag("long")
	void hintsComeFromWhatTheApplicationDoes() throws Exception {
		TestApplication.createTable(this.cluster);
		start(builder().with("replication.read-your-writes.mode", "position")
			.with("replication.replicas.replica-2.weight", "0")
			.with("replication.fallback-max-connections", "1")
			.with("spring.datasource.hikari.connection-timeout", "300"), NoteWeb.class);
		assertThat(JsonPath.<List<Object>>read(get("/actuator/replication").body(), "$.hints")).isEmpty();
		for (int i = 0; i < 100; i++) {
			read();
			this.application.jdbc().queryForList("SELECT 1");
			this.application.transaction(false)
				.executeWithoutResult((status) -> this.application.jdbc().queryForList("SELECT 1"));
			assertThat(post("/notes/" + (5000 + i), "{}").statusCode()).isEqualTo(200);
		}
		this.application.bean(ReplicationCluster.class).drain("replica-1");
		this.application.transaction(true).executeWithoutResult((outer) -> {
			this.application.jdbc().queryForList("SELECT 1");
			Thread other = new Thread(() -> assertThatExceptionOfType(RuntimeException.class).isThrownBy(this::read));
			other.start();
			join(other);
		});
		String body = get("/actuator/replication").body();
		assertThat(JsonPath.<List<String>>read(body, "$.hints[*].topic")).contains("WITHOUT_TRANSACTION",
				"READ_WRITE_UNCHANGED", "POSITION_NOT_RETURNED", "FALLBACK_EXHAUSTED", "REPLICA_UNUSED");
		assertThat(JsonPath.<List<String>>read(body, "$.hints[*].figure")).contains(
				"50 % (100 of 200) read-write transactions changed nothing.",
				"100 responses carried the position of a write, 0 requests brought one back.",
				"Reads without a free connection in the read pool of primary: 1.");
		assertThat(body).doesNotContain(SECRET).doesNotContain(this.cluster.password());
	}

	private static void join(Thread thread) {
		try {
			thread.join();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static int decisions(String body, String node) {
		return JsonPath.<Map<String, Integer>>read(body, "$.decisions." + node).getOrDefault("READ_ONLY", 0);
	}

	@Test
	void endpointDrainsAReplicaAndLetsItBack() throws Exception {
		start(builder());
		HttpResponse<String> drained = post("/actuator/replication/replica-1", "{\"state\": \"DRAINED\"}");
		assertThat(drained.statusCode()).isEqualTo(200);
		assertThat(JsonPath.<String>read(drained.body(), "$.state")).isEqualTo("DRAINED");
		for (int i = 0; i < 6; i++) {
			assertThat(read()).isEqualTo("replica-2");
		}
		assertThat(status("/actuator/health/replication/replica-1")).isEqualTo("200 DRAINED");
		HttpResponse<String> back = post("/actuator/replication/replica-1", "{\"state\": \"ONLINE\"}");
		assertThat(JsonPath.<String>read(back.body(), "$.state")).isEqualTo("ONLINE");
		await(() -> read().equals("replica-1"));
	}

	@Test
	@Tag("long")
	void endpointIsManagedByJmx() throws Exception {
		start(builder().with("spring.jmx.enabled", "true")
			.with("management.endpoints.jmx.exposure.include", "replication"));
		MBeanServer server = ManagementFactory.getPlatformMBeanServer();
		ObjectName endpoint = server
			.queryNames(new ObjectName("org.springframework.boot:type=Endpoint,name=Replication,*"), null)
			.iterator()
			.next();
		assertThat(server.invoke(endpoint, "replication", new Object[0], new String[0])).asString()
			.contains("name=replica-1", "decisions=");
		assertThat(server.invoke(endpoint, "change", new Object[] { "replica-1", "DRAINED" },
				new String[] { String.class.getName(), String.class.getName() }))
			.asString()
			.contains("state=DRAINED");
		assertThat(this.application.bean(ReplicationCluster.class).node("replica-1").state())
			.isEqualTo(NodeState.DRAINED);
	}

	@Test
	@Tag("long")
	void endpointRefusesWhatCannotBe() throws Exception {
		start(builder());
		assertThat(post("/actuator/replication/replica-9", "{\"state\": \"DRAINED\"}").statusCode()).isEqualTo(400);
		assertThat(post("/actuator/replication/replica-1", "{\"state\": \"LAGGING\"}").statusCode()).isEqualTo(400);
		assertThat(post("/actuator/replication/replica-1", "{\"state\": \"GONE\"}").statusCode()).isEqualTo(400);
		assertThat(post("/actuator/replication/replica-1", "{}").statusCode()).isEqualTo(400);
		assertThat(post("/actuator/replication/primary", "{\"state\": \"DRAINED\"}").statusCode()).isEqualTo(400);
		assertThat(this.application.bean(ReplicationCluster.class).nodes())
			.allMatch((node) -> node.state() == NodeState.ONLINE);
	}

	@Test
	@Tag("long")
	void decisionsAreCountedByNodeAndReason() throws Exception {
		start(builder());
		for (int i = 0; i < 4; i++) {
			read();
		}
		this.application.transaction(false)
			.executeWithoutResult((status) -> this.application.jdbc().queryForList("SELECT 1"));
		String scrape = get("/actuator/prometheus").body();
		assertThat(scrape)
			.contains("replication_decisions_total{node=\"primary\",reason=\"READ_WRITE\",role=\"PRIMARY\"} 1")
			.contains("replication_decisions_total{node=\"replica-1\",reason=\"READ_ONLY\",role=\"REPLICA\"}")
			.contains("replication_lag_seconds{node=\"replica-1\"}")
			.contains("hikaricp_connections{pool=\"replica-1\"}")
			.contains("jdbc_connections_max{name=\"replica-2\"}")
			.contains("jdbc_connections_max{name=\"dataSource\"}");
		MeterRegistry registry = this.application.bean(MeterRegistry.class);
		double reads = registry.get("replication.decisions")
			.tags("reason", "READ_ONLY")
			.functionCounters()
			.stream()
			.mapToDouble((counter) -> counter.count())
			.sum();
		assertThat(reads).isEqualTo(4);
	}

	@Test
	void everyMeterThatIsDeclaredExistsWithItsTags() {
		start(builder());
		MeterRegistry registry = this.application.bean(MeterRegistry.class);
		for (ReplicationMeter declared : ReplicationMeter.values()) {
			assertThat(registry.find(declared.meterName()).meters()).as(declared.meterName())
				.isNotEmpty()
				.allSatisfy((meter) -> assertThat(meter.getId()
					.getTags()
					.stream()
					.map(io.micrometer.core.instrument.Tag::getKey)
					.collect(Collectors.toSet())).containsExactlyInAnyOrderElementsOf(declared.tags()));
		}
		List<String> names = registry.getMeters()
			.stream()
			.map((meter) -> meter.getId().getName())
			.filter((name) -> name.startsWith("replication."))
			.toList();
		assertThat(new TreeSet<>(names)).isEqualTo(List.of(ReplicationMeter.values())
			.stream()
			.map(ReplicationMeter::meterName)
			.collect(Collectors.toCollection(TreeSet::new)));
	}

	@Test
	@Tag("long")
	void probesAndStatesAreCounted() {
		start(builder());
		MeterRegistry registry = this.application.bean(MeterRegistry.class);
		this.cluster.node("replica-1").stop();
		await(() -> registry.get("replication.nodes").tag("state", "OFFLINE").gauge().value() == 1);
		assertThat(registry.get("replication.nodes").tag("state", "ONLINE").gauge().value()).isEqualTo(2);
		assertThat(probes(registry, "replica-1", "FAILED")).isPositive();
		assertThat(probes(registry, "replica-2", "ANSWERED")).isPositive();
		assertThat(probes(registry, "replica-2", "FAILED")).isZero();
	}

	private static double probes(MeterRegistry registry, String node, String outcome) {
		return registry.get("replication.probes").tags("node", node, "outcome", outcome).functionCounter().count();
	}

	@Test
	@Tag("long")
	void metersFollowTheNodes() {
		start(builder().without("replication.replicas.replica-2.url"));
		MeterRegistry registry = this.application.bean(MeterRegistry.class);
		ReplicationCluster nodes = this.application.bean(ReplicationCluster.class);
		assertThat(metersOf(registry, "added")).isEmpty();
		nodes.add(NodeDefinition.of("added", this.cluster.node("replica-2").jdbcUrl()));
		await(() -> metersOf(registry, "added").contains("replication.decisions")
				&& metersOf(registry, "added").contains("jdbc.connections.max"));
		nodes.remove("added", Duration.ofSeconds(1));
		await(() -> metersOf(registry, "added").isEmpty());
	}

	private static List<String> metersOf(MeterRegistry registry, String node) {
		return registry.getMeters()
			.stream()
			.map(Meter::getId)
			.filter((id) -> node.equals(id.getTag("node")) || node.equals(id.getTag("name"))
					|| node.equals(id.getTag("pool")))
			.map(Meter.Id::getName)
			.distinct()
			.toList();
	}

	@Test
	@Tag("long")
	void observationCarriesTheNodeAndTheReason() {
		start(builder());
		ObservationRegistry registry = this.application.bean(ObservationRegistry.class);
		registry.observationConfig().observationHandler((context) -> true);
		Observation observation = Observation.createNotStarted("test", registry).start();
		try (Observation.Scope scope = observation.openScope()) {
			String node = read();
			assertThat(observation.getContext().getHighCardinalityKeyValue("replication.node").getValue())
				.isEqualTo(node);
			assertThat(observation.getContext().getHighCardinalityKeyValue("replication.reason").getValue())
				.isEqualTo("READ_ONLY");
		}
		finally {
			observation.stop();
		}
	}

	@Test
	@Tag("long")
	void topologyIsLoggedInOneLineAtTheStart(CapturedOutput output) {
		start(builder().with("replication.replicas.replica-2.weight", "2"));
		assertThat(output.getOut().lines().filter((line) -> line.contains("Reads of 'dataSource' go to")))
			.singleElement()
			.asString()
			.contains(" INFO ")
			.contains("replica-1 (127.0.0.1:")
			.contains(", weight 2); writes to primary (127.0.0.1:");
	}

	@Test
	void noSecretIsShownAnywhere(CapturedOutput output) throws Exception {
		String url = this.cluster.node("replica-1").jdbcUrl();
		String secret = url + (url.contains("?") ? "&" : "?") + "options=-csearch_path=" + SECRET;
		start(builder().with("replication.replicas.replica-1.url", secret)
			.with("replication.replicas.refused.url", "jdbc:postgresql://localhost:1/app?password=" + SECRET)
			.with("replication.replicas.other.url", this.cluster.node("replica-2").jdbcUrl())
			.without("replication.replicas.replica-2.url")
			.with("replication.replicas.other.password", SECRET)
			.with("replication.fallback", "fail")
			.with("management.endpoint.env.show-values", "when-authorized")
			.with("management.endpoint.configprops.show-values", "when-authorized"));
		for (int i = 0; i < 6; i++) {
			read();
		}
		awaitStatus("/actuator/health/replication/refused", "200 OFFLINE");
		for (String path : List.of("health", "replication", "metrics", "prometheus", "info", "configprops", "env",
				"beans", "conditions", "mappings")) {
			HttpResponse<String> response = get("/actuator/" + path);
			assertThat(response.statusCode()).as(path).isIn(200, 503);
			assertThat(response.body()).as(path).doesNotContain(SECRET).doesNotContain(this.cluster.password());
		}
		this.cluster.replicas().forEach(PostgresNode::stop);
		DataAccessException failure = null;
		for (int i = 0; i < 100 && failure == null; i++) {
			failure = catchThrowableOfType(DataAccessException.class, this::read);
		}
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			assertThat(cause.toString()).doesNotContain(SECRET);
		}
		assertThat(failure).isNotNull();
		assertThat(output.getAll()).doesNotContain(SECRET);
	}

	private String read() {
		return this.application.transaction(true).execute((status) -> Served.by(this.application.jdbc())).node();
	}

	private TestApplication.Builder builder() {
		return TestApplication.on(this.cluster)
			.with("replication.monitor.interval", "100ms")
			.with("replication.read-your-writes.mode", "off")
			.with("management.endpoints.web.exposure.include", "*")
			.with("management.endpoint.health.show-details", "always")
			.with("management.endpoint.health.probes.enabled", "true")
			.withoutJpa()
			.web();
	}

	private void start(TestApplication.Builder builder, Class<?>... sources) {
		this.application = builder.start(sources);
		this.application.newCaller();
	}

	private String status(String path) throws Exception {
		HttpResponse<String> response = get(path);
		return response.statusCode() + " " + JsonPath.read(response.body(), "$.status");
	}

	private void awaitStatus(String path, String expected) {
		await(() -> {
			try {
				return status(path).equals(expected);
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		});
	}

	private HttpResponse<String> get(String path) throws Exception {
		return this.http.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofString());
	}

	private HttpResponse<String> post(String path, String json) throws Exception {
		return this.http.send(HttpRequest.newBuilder(uri(path))
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString(json))
			.build(), BodyHandlers.ofString());
	}

	private URI uri(String path) {
		return URI.create("http://localhost:" + this.application.port() + path);
	}

	private static void await(BooleanSupplier condition) {
		Awaitility.await()
			.pollInSameThread()
			.atMost(Duration.ofSeconds(20))
			.pollInterval(Duration.ofMillis(50))
			.until(condition::getAsBoolean);
	}

}
