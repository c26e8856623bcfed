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
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.replication.Reason;
import io.github.replication.RouteDecision;
import io.github.replication.position.PositionToken;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a user writes is seen by the user's next request, taken along in cookies.
 */
@EmbeddedCluster
class CarrierTests {

	private static final AtomicLong ids = new AtomicLong(4_000_000);

	private static PostgresCluster cluster;

	private static TestApplication first;

	private static TestApplication second;

	private final Browser user = new Browser();

	private final long id = ids.addAndGet(1000);

	@BeforeAll
	static void start(PostgresCluster cluster) {
		CarrierTests.cluster = cluster;
		TestApplication.createTable(cluster);
		first = application();
		second = application();
	}

	/**
	 * The window is long, so that nothing here is over because time has passed, and no
	 * position is unknown because a server was slow.
	 */
	private static TestApplication application() {
		return TestApplication.exactly(cluster)
			.with("replication.read-your-writes.window", "10m")
			.with("replication.monitor.timeout", "5s")
			.with("spring.task.execution.propagate-context", "true")
			.withoutJpa()
			.web()
			.start(NoteWeb.class);
	}

	@AfterAll
	static void stop() {
		first.close();
		second.close();
	}

	@BeforeEach
	void forget() {
		cluster.awaitReplication();
		first.decisions().clear();
		second.decisions().clear();
	}

	@AfterEach
	void resume() {
		cluster.replicas().forEach(PostgresNode::resumeReplay);
	}

	@Test
	void ownWriteIsReadFromThePrimaryWhileNoReplicaHasIt() {
		pauseAll();
		this.user.post(first, "/notes/" + this.id);
		assertFoundOnPrimary(first);
		assertFoundOnPrimary(second);
		assertThat(new Browser().get(first, "/notes/" + this.id).body()).isEqualTo(NoteWeb.ABSENT);
		assertThat(first.decisions().last().isReplica()).isTrue();
	}

	@Test
	void ownWriteIsReadFromTheReplicaThatHasIt() {
		cluster.node("replica-1").pauseReplay();
		this.user.post(first, "/notes/" + this.id);
		awaitReplay("replica-2");
		for (TestApplication application : List.of(first, second, first, second)) {
			awaitFoundOn(application, "replica-2");
		}
	}

	@Test
	void readsReturnToReplicasOnceTheyHaveCaughtUp() {
		pauseAll();
		this.user.post(first, "/notes/" + this.id);
		assertFoundOnPrimary(first);
		cluster.replicas().forEach(PostgresNode::resumeReplay);
		cluster.awaitReplication();
		Awaitility.await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
			assertThat(this.user.get(first, "/notes/" + this.id).body()).isEqualTo("found");
			assertThat(first.decisions().last().isReplica()).isTrue();
			assertThat(this.user.get(second, "/notes/" + this.id).body()).isEqualTo("found");
			assertThat(second.decisions().last().isReplica()).isTrue();
		});
		assertThat(theToken(this.user).position()).isNotNull();
	}

	@Test
	void requestWithoutDatabaseSetsNoCookie() {
		HttpResponse<String> response = this.user.post(first, "/nothing");
		assertThat(response.headers().allValues("Set-Cookie")).isEmpty();
	}

	@Test
	void rolledBackWriteIsNoWrite() {
		assertThat(this.user.post(first, "/rolled-back/" + this.id).body()).isEqualTo("rolled back");
		assertNoReportedWrite();
	}

	@Test
	void readWriteTransactionThatOnlyReadsIsNoWrite() {
		assertThat(this.user.post(first, "/read-write/" + this.id).body()).isEqualTo("0");
		assertNoReportedWrite();
	}

	private void assertNoReportedWrite() {
		assertThat(first.decisions().lastReason()).isEqualTo(Reason.READ_WRITE);
		assertThat(this.user.tokens()).allSatisfy(
				(token) -> assertThat(PositionToken.parse(token)).isNotNull().returns(false, PositionToken::hasWrite));
	}

	/**
	 * An instance that has met another one keeps to one cookie, so this one is alone.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void parallelResponsesLeaveTheLaterPosition(boolean laterWriteAnswersFirst) throws Exception {
		pauseAll();
		try (TestApplication alone = application()) {
			this.user.post(alone, "/notes/" + (this.id + 9));
			PositionToken before = theToken(this.user);
			long early = this.id;
			long late = this.id + 1;
			CompletableFuture<HttpResponse<String>> one = held(alone, early);
			CompletableFuture<HttpResponse<String>> other = held(alone, late);
			answer(alone, laterWriteAnswersFirst ? late : early, laterWriteAnswersFirst ? other : one);
			answer(alone, laterWriteAnswersFirst ? early : late, laterWriteAnswersFirst ? one : other);
			assertThat(this.user.positions()).contains(before).hasSizeBetween(2, 3);
			assertThat(this.user.get(second, "/notes/" + early).body()).isEqualTo("found");
			assertThat(this.user.get(second, "/notes/" + late).body()).isEqualTo("found");
		}
	}

	private CompletableFuture<HttpResponse<String>> held(TestApplication application, long id) {
		CompletableFuture<HttpResponse<String>> response = this.user.postAsync(application, "/held/" + id);
		application.bean(NoteWeb.Latches.class).await("written-" + id);
		return response;
	}

	private void answer(TestApplication application, long id, CompletableFuture<HttpResponse<String>> response)
			throws Exception {
		application.bean(NoteWeb.Latches.class).open("answer-" + id);
		assertThat(response.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
	}

	@Test
	void publicResponseOfAReadSetsNoCookie() {
		HttpResponse<String> response = this.user.get(first, "/public/" + this.id);
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().allValues("Set-Cookie")).isEmpty();
	}

	@Test
	void markOfAReadIsSetOnce() {
		HttpResponse<String> response = this.user.get(first, "/notes/" + this.id);
		assertThat(response.headers().allValues("Set-Cookie")).hasSize(1);
		assertThat(this.user.positions()).isEmpty();
		String node = first.decisions().last().node();
		for (int i = 0; i < 20; i++) {
			response = this.user.get(first, "/notes/" + this.id);
			assertThat(first.decisions().last().node()).isEqualTo(node);
			assertThat(response.headers().allValues("Set-Cookie")).isEmpty();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "\u00ff\u00fe%%%;;", "2.", "2..", "2.0.1-", "2.zz.1-0.", "", "=", "\"", "1.0.1-0.",
			"2.ffffffff.1-ffffffffffffffff.", "2.0.ffffffff-ffffffffffffffff.", "2.0.tfffffffffff.", "2.0.t0.",
			"2.0.u." })
	void garbageIsNoError(String garbage) {
		assertServedByReplicaSoon(new Browser().withCookie("replication-position-0-1", garbage)
			.withCookie("replication-position-0-2", "x".repeat(4000)));
	}

	@Test
	void positionInTheFuturePinsNobody() {
		this.user.post(first, "/notes/" + this.id);
		PositionToken own = theToken(this.user);
		assertThat(own.cluster()).isNotZero();
		assertThat(own.position()).isNotNull();
		String cluster = Integer.toHexString(own.cluster());
		String timeline = Integer.toHexString(own.position().timeline());
		for (String position : List.of(timeline + "-ffffffffffffffff", timeline + "-7fffffffffffffff",
				"ffffffff-ffffffffffffffff", "0-ffffffffffffffff")) {
			assertServedByReplicaSoon(
					new Browser().withCookie("replication-position-a-1", "2." + cluster + "." + position + "."));
		}
	}

	@Test
	void markOfAnUnknownNodePinsNobody() {
		this.user.get(first, "/notes/" + this.id);
		String cluster = Integer.toHexString(PositionToken.parse(this.user.tokens().get(0)).cluster());
		assertServedByReplicaSoon(
				new Browser().withCookie("replication-position-a-r1", "2." + cluster + "..1-ffffff-ffffffff-zzzz"));
	}

	/**
	 * The first read may have to ask the primary what to believe.
	 */
	private void assertServedByReplicaSoon(Browser stranger) {
		cluster.awaitReplication();
		first.decisions().clear();
		assertThat(stranger.get(first, "/twice/" + this.id).statusCode()).isEqualTo(200);
		assertThat(first.decisions().all()).hasSize(2);
		Awaitility.await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> {
			assertThat(stranger.get(first, "/notes/" + this.id).statusCode()).isEqualTo(200);
			assertThat(first.decisions().last().isReplica()).isTrue();
		});
	}

	@Test
	void manyCommitsOfARequestAskThePrimaryOnce() {
		try (TestApplication application = TestApplication.exactly(cluster)
			.with("replication.monitor.interval", "1h")
			.with("spring.datasource.hikari.maximum-pool-size", "1")
			.withoutJpa()
			.web()
			.start(NoteWeb.class)
			.awaitQuiet()) {
			new Browser().post(application, "/many/" + this.id + "/10");
			long before = cluster.primary().proxy().roundTrips();
			assertThat(this.user.post(application, "/many/" + (this.id + 100) + "/50").body()).isEqualTo("written");
			long roundTrips = cluster.primary().proxy().roundTrips() - before;
			assertThat(roundTrips).as("two for each transaction, and the position").isBetween(101L, 102L);
			assertThat(theToken(this.user).position()).isNotNull();
		}
	}

	private void pauseAll() {
		cluster.replicas().forEach(PostgresNode::pauseReplay);
	}

	private void awaitReplay(String replica) {
		String position = cluster.primary().walPosition();
		Awaitility.await()
			.untilAsserted(() -> assertThat(cluster.node(replica).walPosition()).isGreaterThanOrEqualTo(position));
	}

	private static PositionToken theToken(Browser user) {
		assertThat(user.positions()).isNotEmpty();
		return user.positions().get(user.positions().size() - 1);
	}

	private void assertFoundOnPrimary(TestApplication application) {
		assertThat(this.user.get(application, "/notes/" + this.id).body()).isEqualTo("found");
		assertThat(application.decisions().last()).returns("primary", RouteDecision::node)
			.returns(Reason.BEHIND, RouteDecision::reason);
	}

	private void awaitFoundOn(TestApplication application, String node) {
		Awaitility.await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
			assertThat(this.user.get(application, "/notes/" + this.id).body()).isEqualTo("found");
			assertThat(application.decisions().last()).returns(node, RouteDecision::node)
				.returns(Reason.READ_ONLY, RouteDecision::reason);
		});
	}

}
