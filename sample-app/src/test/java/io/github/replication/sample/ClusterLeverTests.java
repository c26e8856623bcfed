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
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;

import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The state of the cluster over HTTP, and its levers.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = "spring.datasource.hikari.connection-timeout=10000")
@DirtiesContext
@Tag("long")
class ClusterLeverTests {

	@LocalServerPort
	private int port;

	@Autowired
	private PostgresCluster cluster;

	@AfterEach
	void reset() throws Exception {
		pull("/api/cluster/load?readers=0&editors=0");
		this.cluster.reset();
		for (PostgresNode replica : this.cluster.replicas()) {
			pull("/api/cluster/" + replica.name() + "/delay?seconds=0");
			pull("/api/cluster/" + replica.name() + "/resume");
		}
		Awaitility.await().untilAsserted(() -> assertThat(state().split("\"state\":\"ONLINE\"", -1)).hasSize(4));
	}

	@Test
	void stateIsPushedToAnOpenPage() throws Exception {
		URI events = URI.create("http://localhost:" + this.port + "/api/cluster/events");
		HttpResponse<InputStream> page = HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(events).build(), BodyHandlers.ofInputStream());
		try (BufferedReader pushed = new BufferedReader(new InputStreamReader(page.body(), StandardCharsets.UTF_8))) {
			String first = data(pushed);
			assertThat(first).contains("\"name\":\"primary\"", "\"name\":\"replica-1\"", "\"role\":\"REPLICA\"");
			assertThat(data(pushed)).contains("\"nodes\"");
		}
	}

	private static String data(BufferedReader events) throws Exception {
		String line = events.readLine();
		while (line == null || !line.startsWith("data:")) {
			assertThat(line).as("The stream has not ended").isNotNull();
			line = events.readLine();
		}
		return line;
	}

	@Test
	void commentIsSeenWhileBothReplicasAreHeldBack() throws Exception {
		assertThat(pull("/api/cluster/replica-1/pause").statusCode()).isEqualTo(204);
		assertThat(pull("/api/cluster/replica-2/delay?seconds=30").statusCode()).isEqualTo(204);
		Visitor visitor = new Visitor(this.port);
		visitor.comment(2, "Held back.");
		HttpResponse<String> comments = visitor.comments(2);
		assertThat(comments.body()).contains("Held back.");
		assertThat(Visitor.servedBy(comments)).isEqualTo("primary; reason=BEHIND");
		pull("/api/cluster/replica-1/resume");
		Awaitility.await().until(() -> Visitor.servedBy(visitor.comments(2)).startsWith("replica-1"));
	}

	@Test
	void killedReplicaIsShownAndComesBack() throws Exception {
		assertThat(pull("/api/cluster/replica-1/kill").statusCode()).isEqualTo(204);
		Awaitility.await().untilAsserted(() -> assertThat(state()).contains("\"OFFLINE\""));
		assertThat(Visitor.servedBy(new Visitor(this.port).get("/api/articles"))).startsWith("replica-2");
		assertThat(pull("/api/cluster/replica-1/start").statusCode()).isEqualTo(204);
		Awaitility.await().untilAsserted(() -> assertThat(state()).doesNotContain("\"OFFLINE\""));
	}

	@Test
	void promotedReplicaTakesTheWrites() throws Exception {
		assertThat(pull("/api/cluster/replica-2/promote").body()).contains("primary still runs: kill it first");
		pull("/api/cluster/primary/kill");
		assertThat(pull("/api/cluster/replica-2/promote").statusCode()).isEqualTo(204);
		HttpResponse<String> written = new Visitor(this.port).post("/api/articles/2/comments", """
				{"author": "Ada", "text": "After the failover."}""");
		assertThat(written.statusCode()).isEqualTo(201);
		assertThat(Visitor.servedBy(written)).isEqualTo("replica-2; reason=READ_WRITE");
		assertThat(pull("/api/cluster/primary/start").statusCode()).isEqualTo(204);
		assertThat(this.cluster.node("primary").isInRecovery()).isTrue();
	}

	@Test
	void databaseThatDoesNotAnswerIsAProblemInPlainWords() throws Exception {
		this.cluster.nodes().forEach(PostgresNode::kill);
		HttpResponse<String> read = new Visitor(this.port).get("/api/articles");
		assertThat(read.statusCode()).isEqualTo(503);
		assertThat(read.body()).contains("No server of the database answers.");
		HttpResponse<String> write = new Visitor(this.port).post("/api/articles/2/comments", """
				{"author": "Ada", "text": "Lost."}""");
		assertThat(write.statusCode()).isEqualTo(503);
		assertThat(write.body()).contains("The primary does not answer, so the change may not have been saved.");
	}

	@Test
	void stateNamesTheLeversThatArePulled() throws Exception {
		pull("/api/cluster/replica-1/pause");
		pull("/api/cluster/replica-2/delay?seconds=3");
		assertThat(state()).contains("{\"running\":true,\"frozen\":false,\"paused\":true,\"delayMillis\":0}")
			.contains("{\"running\":true,\"frozen\":false,\"paused\":false,\"delayMillis\":3000}");
		pull("/api/cluster/replica-2/kill");
		assertThat(state()).contains("{\"running\":false,\"frozen\":false,\"paused\":false,\"delayMillis\":3000}");
		pull("/api/cluster/replica-2/start");
		pull("/api/cluster/replica-2/delay?seconds=0");
		pull("/api/cluster/replica-1/resume");
		assertThat(state()).doesNotContain("\"paused\":true").doesNotContain("\"delayMillis\":3000");
	}

	@Test
	void readersAndEditorsWorkUntilTheyAreSentAway() throws Exception {
		assertThat(pull("/api/cluster/load?readers=2&editors=1").statusCode()).isEqualTo(204);
		Awaitility.await()
			.untilAsserted(() -> assertThat(state()).contains("\"readers\":2,\"editors\":1", "\"READ_ONLY\"")
				.containsPattern("\"visits\":[1-9]\\d*,\"changes\":[1-9]"));
		assertThat(pull("/api/cluster/load?readers=9&editors=0").body()).contains("There can be 0 to 8 readers");
		pull("/api/cluster/load?readers=0&editors=0");
		assertThat(state()).contains("\"readers\":0,\"editors\":0");
	}

	@Test
	void addedReplicaServesAndCanBeRemoved() throws Exception {
		assertThat(pull("/api/cluster/add").statusCode()).isEqualTo(204);
		pull("/api/cluster/load?readers=4&editors=0");
		Awaitility.await()
			.untilAsserted(() -> assertThat(state())
				.containsPattern("\"name\":\"replica-3\",\"role\":\"REPLICA\",\"state\":\"ONLINE\"")
				.containsPattern("\"name\":\"replica-3\"[^}]*\"reads\":[1-9]"));
		assertThat(pull("/api/cluster/replica-3/remove").statusCode()).isEqualTo(204);
		assertThat(state()).doesNotContain("\"name\":\"replica-3\"").contains("\"failedVisits\":0");
		assertThat(pull("/api/cluster/primary/remove").body()).contains("primary is the primary.");
	}

	@Test
	void synchronousCommitWaitsForReplicasThatAreHeldBack() throws Exception {
		pull("/api/cluster/replica-1/delay?seconds=2");
		assertThat(pull("/api/cluster/commits?synchronous=true").statusCode()).isEqualTo(204);
		try {
			assertThat(state()).contains("\"synchronous\":true");
			Visitor visitor = new Visitor(this.port);
			long begin = System.nanoTime();
			visitor.comment(2, "Everywhere.");
			assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofSeconds(1));
			assertThat(new Visitor(this.port).comments(2).body()).contains("Everywhere.");
		}
		finally {
			pull("/api/cluster/commits?synchronous=false");
		}
		assertThat(state()).contains("\"synchronous\":false");
	}

	@Test
	void readYourWritesCannotBeChangedWithoutTheLauncher() throws Exception {
		assertThat(pull("/api/cluster/read-your-writes?mode=off").statusCode()).isEqualTo(409);
		assertThat(state()).contains("\"restart\":false,\"mode\":\"position\"");
	}

	@Test
	void leverThatCannotBePulledSaysWhy() throws Exception {
		assertThat(pull("/api/cluster/primary/pause")).satisfies((response) -> {
			assertThat(response.statusCode()).isEqualTo(409);
			assertThat(response.body()).contains("primary is no running replica at the moment.");
		});
		assertThat(pull("/api/cluster/replica-1/delay?seconds=90").body())
			.contains("The delay must be between 0 and 60 seconds, but was 90.");
		assertThat(pull("/api/cluster/replica-1/start").body()).contains("replica-1 runs already.");
		pull("/api/cluster/replica-2/freeze");
		assertThat(pull("/api/cluster/replica-2/pause").statusCode()).isEqualTo(409);
		assertThat(pull("/api/cluster/replica-2/start").body()).contains("replica-2 is frozen: thaw it.");
		assertThat(pull("/api/cluster/replica-2/thaw").statusCode()).isEqualTo(204);
		assertThat(pull("/api/cluster/replica-9/kill").statusCode()).isEqualTo(404);
		assertThat(pull("/api/cluster/replica-1/tickle").statusCode()).isEqualTo(400);
	}

	private String state() throws Exception {
		return new Visitor(this.port).get("/api/cluster").body();
	}

	private HttpResponse<String> pull(String path) throws Exception {
		return new Visitor(this.port).post(path, "");
	}

}
