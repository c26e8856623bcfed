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
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.Set;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;

import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The newsroom over HTTP on its embedded cluster.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class NewsroomTests {

	@LocalServerPort
	private int port;

	@Autowired
	private PostgresCluster cluster;

	@Test
	void frontPageIsReadFromReplicas() throws Exception {
		Set<String> nodes = new HashSet<>();
		// A replica takes its turn as soon as its first sample has arrived.
		Awaitility.await().untilAsserted(() -> {
			HttpResponse<String> response = get("/api/articles");
			assertThat(response.statusCode()).isEqualTo(200);
			assertThat(response.body()).contains("Harbour bridge opens a lane early");
			nodes.add(Visitor.servedBy(response));
			assertThat(nodes).containsExactlyInAnyOrder("replica-1; reason=READ_ONLY", "replica-2; reason=READ_ONLY");
		});
	}

	@Test
	void serverSaysWhatTheHeaderSays() throws Exception {
		HttpResponse<String> response = get("/api/server");
		String node = Visitor.servedBy(response).split(";")[0];
		assertThat(response.body()).contains("\"name\":\"" + node + "\"")
			.contains("\"port\":" + this.cluster.node(node).port())
			.contains("\"standby\":true");
	}

	@Test
	void articleIsPublishedOnThePrimaryAndReadFromAReplica() throws Exception {
		HttpResponse<String> published = post("/api/articles", """
				{"title": "Fog delays ferries", "author": "Ines Okafor", "body": "The noon ferry left at two."}""");
		assertThat(published.statusCode()).isEqualTo(201);
		assertThat(Visitor.servedBy(published)).isEqualTo("primary; reason=READ_WRITE");
		this.cluster.awaitReplication();
		HttpResponse<String> read = get(published.headers().firstValue("Location").orElseThrow());
		assertThat(read.body()).contains("Fog delays ferries");
		assertThat(Visitor.servedBy(read)).startsWith("replica-");
	}

	@Test
	void commentIsWrittenOnThePrimaryAndReadFromAReplica() throws Exception {
		HttpResponse<String> written = post("/api/articles/2/comments", """
				{"author": "Ada", "text": "See you at midnight."}""");
		assertThat(written.statusCode()).isEqualTo(201);
		assertThat(Visitor.servedBy(written)).isEqualTo("primary; reason=READ_WRITE");
		this.cluster.awaitReplication();
		HttpResponse<String> read = get("/api/articles/2/comments");
		assertThat(read.body()).contains("See you at midnight.");
		assertThat(Visitor.servedBy(read)).startsWith("replica-");
	}

	@Test
	void ownCommentIsThereOnTheNextRequest() throws Exception {
		Visitor visitor = new Visitor(this.port);
		for (int i = 0; i < 50; i++) {
			visitor.comment(3, "Comment " + i + ".");
			assertThat(visitor.comments(3).body()).contains("Comment " + i + ".");
		}
	}

	@Test
	void invalidInputIsAProblemThatTouchesNoNode() throws Exception {
		HttpResponse<String> response = post("/api/articles", """
				{"title": " ", "author": "Ines Okafor", "body": "x"}""");
		assertThat(response.statusCode()).isEqualTo(400);
		assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
		assertThat(response.headers().allValues(ServedByHeader.NAME)).isEmpty();
	}

	@Test
	void unknownArticleIsNotFound() throws Exception {
		HttpResponse<String> response = get("/api/articles/4711");
		assertThat(response.statusCode()).isEqualTo(404);
		assertThat(response.body()).contains("There is no article 4711.");
		HttpResponse<String> comment = post("/api/articles/4711/comments", """
				{"author": "Ada", "text": "x"}""");
		assertThat(comment.statusCode()).isEqualTo(404);
		assertThat(Visitor.servedBy(comment)).isEqualTo("primary; reason=READ_WRITE");
	}

	@Test
	void metersShowWhereReadsAndWritesWent() throws Exception {
		get("/api/articles");
		get("/api/articles");
		post("/api/articles/2/comments", """
				{"author": "Ada", "text": "Counted."}""");
		String meters = get("/actuator/prometheus").body();
		assertThat(meters).containsPattern(decided("primary", "READ_WRITE", "PRIMARY"));
		assertThat(meters).containsPattern(decided("replica-[12]", "READ_ONLY", "REPLICA"));
	}

	private static String decided(String node, String reason, String role) {
		String tags = "node=\"%s\",reason=\"%s\",role=\"%s\"".formatted(node, reason, role);
		return "replication_decisions_total\\{" + tags + "} [1-9]";
	}

	@Test
	void healthHasAComponentForEachNode() throws Exception {
		assertThat(get("/actuator/health/replication").body()).contains("\"primary\":{")
			.contains("\"replica-1\":{")
			.contains("\"replica-2\":{");
	}

	@Test
	void endpointHasHintsForThePage() throws Exception {
		assertThat(get("/actuator/replication").body()).contains("\"hints\":[");
	}

	@Test
	void firstPageIsServed() throws Exception {
		assertThat(get("/").body()).contains("<h1>Newsroom</h1>").contains("newsroom.js").contains("id=\"hints\"");
		assertThat(get("/newsroom.js").body()).contains("Served-By");
	}

	private HttpResponse<String> get(String path) throws IOException, InterruptedException {
		return new Visitor(this.port).get(path);
	}

	private HttpResponse<String> post(String path, String json) throws IOException, InterruptedException {
		return new Visitor(this.port).post(path, json);
	}

}
