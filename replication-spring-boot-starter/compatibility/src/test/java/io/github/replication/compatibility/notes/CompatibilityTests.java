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

package io.github.replication.compatibility.notes;

import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

import io.github.replication.ReadOnly;
import io.github.replication.Reason;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;
import io.github.replication.test.routing.RoutingRecorder;

import static io.github.replication.test.routing.RoutingAssertions.assertThatRouting;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * The starter and its test support in an application on another release of Spring Boot.
 */
@EmbeddedCluster(dedicated = true)
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = { "spring.jpa.hibernate.ddl-auto=create-drop",
		"management.endpoint.health.show-details=always", "management.endpoints.web.exposure.include=*" })
class CompatibilityTests {

	private final HttpClient http = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();

	@Autowired
	private Environment environment;

	@Autowired
	private Notes notes;

	@Autowired
	private RoutingRecorder recorder;

	@Test
	void runsOnTheReleaseItIsMeantFor() {
		assertThat(SpringBootVersion.getVersion()).isEqualTo(System.getProperty("spring-boot.version"));
	}

	@Test
	void readsAreServedByReplicasAndWritesByThePrimary(PostgresCluster cluster) {
		assertThatRouting(this.recorder, () -> this.notes.write(1)).isServedByPrimary().hasReason(Reason.READ_WRITE);
		cluster.awaitReplication();
		// how far a replica is by now may take longer to learn than a read waits
		Awaitility.await()
			.pollInSameThread()
			.untilAsserted(() -> assertThatRouting(this.recorder, () -> this.notes.find(1)).isServedByReplica());
		assertThatRouting(this.recorder, () -> this.notes.find(1)).isServedByReplica().hasReason(Reason.READ_ONLY);
	}

	@Test
	void callerSeesItsOwnWriteInTheNextRequest(PostgresCluster cluster) throws Exception {
		cluster.awaitReplication();
		cluster.replicas().forEach(PostgresNode::pauseReplay);
		try {
			assertThat(send(request("/notes/2").POST(BodyPublishers.noBody()))).isEqualTo("written");
			assertThat(send(request("/notes/2"))).isEqualTo("2");
			assertThat(HttpClient.newHttpClient().send(request("/notes/2").build(), BodyHandlers.ofString()).body())
				.isEqualTo("absent");
		}
		finally {
			cluster.replicas().forEach(PostgresNode::resumeReplay);
		}
	}

	@Test
	void operationsSeeTheNodes() throws Exception {
		assertThat(send(request("/actuator/health"))).contains("\"replica-1\":{")
			.contains("\"replica-2\":{")
			.contains("\"db\":{");
		assertThat(send(request("/actuator/replication"))).contains("\"decisions\":");
		assertThat(send(request("/actuator/prometheus"))).contains("replication_decisions_total{node=\"replica-1\"");
	}

	private HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(
				URI.create("http://localhost:" + this.environment.getRequiredProperty("local.server.port") + path));
	}

	private String send(HttpRequest.Builder request) throws Exception {
		return this.http.send(request.build(), BodyHandlers.ofString()).body();
	}

	@SpringBootApplication
	@Import(NoteController.class)
	static class Application {

		@Bean
		Notes notes(NoteRepository repository) {
			return new Notes(repository);
		}

	}

	static class Notes {

		private final NoteRepository repository;

		Notes(NoteRepository repository) {
			this.repository = repository;
		}

		@ReadOnly
		public String find(long id) {
			return this.repository.findById(id).map((note) -> String.valueOf(note.id())).orElse("absent");
		}

		@Transactional
		public void write(long id) {
			this.repository.save(new Note(id));
		}

	}

	@RestController
	static class NoteController {

		private final Notes notes;

		NoteController(Notes notes) {
			this.notes = notes;
		}

		@GetMapping("/notes/{id}")
		String find(@PathVariable long id) {
			return this.notes.find(id);
		}

		@PostMapping("/notes/{id}")
		String write(@PathVariable long id) {
			this.notes.write(id);
			return "written";
		}

	}

}
