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

import java.net.http.HttpResponse;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
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
@TestInstance(Lifecycle.PER_CLASS)
abstract class CarrierAnswerContract {

	private static final AtomicLong ids = new AtomicLong(2_000_000);

	private PostgresCluster cluster;

	private TestApplication application;

	private TestApplication withoutPropagation;

	private Browser user = new Browser();

	private long id;

	@BeforeAll
	void start(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
		this.application = configure(application(true)).start(NoteWeb.class, sources());
		this.withoutPropagation = configure(application(false)).start(NoteWeb.class, sources());
	}

	private TestApplication.Builder application(boolean propagation) {
		return TestApplication.exactly(this.cluster)
			.with("replication.read-your-writes.window", "10m")
			.with("spring.task.execution.propagate-context", propagation)
			.withoutJpa()
			.web();
	}

	/**
	 * Chooses the container, and what stands between it and the application.
	 */
	abstract TestApplication.Builder configure(TestApplication.Builder builder);

	/**
	 * The configuration of what stands between.
	 */
	Class<?> sources() {
		return NoteWeb.class;
	}

	@AfterAll
	void stop() {
		this.application.close();
		this.withoutPropagation.close();
	}

	@BeforeEach
	void begin() {
		this.user = new Browser();
		this.id = ids.incrementAndGet();
	}

	@BeforeEach
	void pause() {
		this.cluster.replicas().forEach(PostgresNode::pauseReplay);
	}

	@AfterEach
	void resume() {
		this.cluster.replicas().forEach(PostgresNode::resumeReplay);
	}

	@ParameterizedTest
	@CsvSource({ "redirect, 302", "see-other, 303", "no-content, 204", "send-error, 409", "exception, 500",
			"exception-after-reset, 500", "flushed, 200", "writer-flushed, 200", "large, 200", "large-text, 200",
			"large-body, 200", "announced, 200", "written-while-answering, 200", "stream, 200",
			"stream-that-writes-first, 200", "callable, 200", "callable-exception, 500", "deferred, 200",
			"deferred-after-write, 200", "async-method, 200", "started-async, 200", "asked-async, 200",
			"completed-async, 204", "completed-wrapped-async, 204", "dispatched-async, 200", "reset, 200",
			"forward, 200", "forward-to-nothing, 200", "include, 200", "events, 200", "error-status, 503" })
	void writeIsSeenByTheNextRequest(String path, int status) {
		assertThat(this.user.post(this.application, "/" + path + "/" + this.id).statusCode()).isEqualTo(status);
		assertFound(this.application);
	}

	@ParameterizedTest
	@CsvSource({ "1, 1", "1000, 1", "2047, 1", "2048, 1", "2049, 1", "8191, 1", "8192, 1", "8193, 1", "9000, 1",
			"9000, 10", "20000, 1", "20000, 3", "32767, 1", "32768, 1", "32769, 1", "40000, 100", "200000, 1" })
	void bodyOfAnySizeTakesThePositionAlong(int size, int parts) {
		HttpResponse<String> response = this.user.post(this.application,
				"/sized/" + this.id + "?size=" + size + "&parts=" + parts);
		assertThat(response.body()).hasSize(size / parts * parts);
		assertFound(this.application);
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2049, 9000, 20000, 100000 })
	void textOfAnySizeTakesThePositionAlong(int size) {
		assertThat(this.user.post(this.application, "/sized-text/" + this.id + "?size=" + size).body()).hasSize(size);
		assertFound(this.application);
	}

	@ParameterizedTest
	@CsvSource({ "10, false", "9000, false", "100000, false", "10, true", "9000, true", "100000, true" })
	void bodyOfAnAsynchronousContextTakesThePositionAlong(int size, boolean wrapped) {
		HttpResponse<String> response = this.user.post(this.application,
				"/started-async-sized/" + this.id + "?size=" + size + "&wrapped=" + wrapped);
		assertThat(response.body()).as("%s with %s", response, response.headers().map()).hasSize(size);
		assertFound(this.application);
	}

	@ParameterizedTest
	@ValueSource(strings = { "stream-that-writes-first", "callable", "deferred-after-write" })
	void writeOnTheThreadOfARequestNeedsNoPropagation(String path) {
		assertThat(this.user.post(this.withoutPropagation, "/" + path + "/" + this.id).statusCode()).isEqualTo(200);
		assertFound(this.withoutPropagation);
	}

	private void assertFound(TestApplication application) {
		assertThat(this.user.positions()).singleElement()
			.satisfies((token) -> assertThat(token.position()).isNotNull());
		assertThat(this.user.get(application, "/notes/" + this.id).body()).isEqualTo("found");
		assertThat(application.decisions().lastReason()).isEqualTo(Reason.BEHIND);
	}

}
