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

import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.replication.Reason;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The position leaves with the response, however that is given.
 */
@EmbeddedCluster
class CarrierAnswerTests {

	private static final AtomicLong ids = new AtomicLong(2_000_000);

	private static PostgresCluster cluster;

	private static TestApplication application;

	private static TestApplication withoutPropagation;

	private final Browser user = new Browser();

	private final long id = ids.incrementAndGet();

	@BeforeAll
	static void start(PostgresCluster cluster) {
		CarrierAnswerTests.cluster = cluster;
		TestApplication.createTable(cluster);
		application = TestApplication.exactly(cluster)
			.with("replication.read-your-writes.window", "10m")
			.with("spring.task.execution.propagate-context", "true")
			.withoutJpa()
			.web()
			.start(NoteWeb.class);
		withoutPropagation = TestApplication.exactly(cluster)
			.with("replication.read-your-writes.window", "10m")
			.withoutJpa()
			.web()
			.start(NoteWeb.class);
	}

	@AfterAll
	static void stop() {
		application.close();
		withoutPropagation.close();
	}

	@BeforeEach
	void pause() {
		cluster.replicas().forEach(PostgresNode::pauseReplay);
	}

	@AfterEach
	void resume() {
		cluster.replicas().forEach(PostgresNode::resumeReplay);
	}

	@ParameterizedTest
	@CsvSource({ "redirect, 302", "see-other, 303", "no-content, 204", "send-error, 409", "exception, 500",
			"exception-after-reset, 500", "flushed, 200", "writer-flushed, 200", "large, 200", "large-text, 200",
			"large-body, 200", "announced, 200", "written-while-answering, 200", "stream, 200",
			"stream-that-writes-first, 200", "callable, 200", "callable-exception, 500", "deferred, 200",
			"deferred-after-write, 200", "async-method, 200", "started-async, 200" })
	void writeIsSeenByTheNextRequest(String path, int status) {
		assertThat(this.user.post(application, "/" + path + "/" + this.id).statusCode()).isEqualTo(status);
		assertFound(application);
	}

	@ParameterizedTest
	@ValueSource(strings = { "stream-that-writes-first", "callable", "deferred-after-write" })
	void writeOnTheThreadOfARequestNeedsNoPropagation(String path) {
		assertThat(this.user.post(withoutPropagation, "/" + path + "/" + this.id).statusCode()).isEqualTo(200);
		assertFound(withoutPropagation);
	}

	private void assertFound(TestApplication application) {
		assertThat(this.user.positions()).singleElement()
			.satisfies((token) -> assertThat(token.position()).isNotNull());
		assertThat(this.user.get(application, "/notes/" + this.id).body()).isEqualTo("found");
		assertThat(application.decisions().lastReason()).isEqualTo(Reason.BEHIND);
	}

}
