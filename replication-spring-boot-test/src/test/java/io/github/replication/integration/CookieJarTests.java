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

import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.replication.NodeState;
import io.github.replication.ReplicationCluster;
import io.github.replication.RouteDecision;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What clients see that keep exactly the cookies they were sent.
 */
@EmbeddedCluster
class CookieJarTests {

	private static final String FOUND = "found";

	private static final AtomicLong ids = new AtomicLong(7_000_000);

	private static PostgresCluster cluster;

	private static TestApplication first;

	private static TestApplication second;

	private final Browser user = new Browser();

	private final long id = ids.addAndGet(1000);

	@BeforeAll
	static void start(PostgresCluster cluster) {
		CookieJarTests.cluster = cluster;
		TestApplication.createTable(cluster);
		first = application();
		second = application();
	}

	private static TestApplication application() {
		return TestApplication.exactly(cluster).withoutJpa().web().start(NoteWeb.class);
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
		for (String replica : List.of("replica-1", "replica-2")) {
			first.bean(ReplicationCluster.class).resume(replica);
			second.bean(ReplicationCluster.class).resume(replica);
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void readsNeverGoBackWhileOneReplicaStandsStill(boolean alternating) {
		List<Browser> users = IntStream.range(0, 20).mapToObj((i) -> new Browser()).toList();
		cluster.node("replica-2").pauseReplay();
		int seen = 0;
		for (int round = 0; round < 3; round++) {
			long note = this.id + round;
			users.forEach((user) -> user.get(first, "/notes/" + note));
			new Browser().post(first, "/notes/" + note);
			for (Browser user : users) {
				boolean found = false;
				for (int i = 0; i < 6; i++) {
					TestApplication application = (alternating && i % 2 == 1) ? second : first;
					boolean now = user.get(application, "/notes/" + note).body().equals(FOUND);
					assertThat(now || !found).as("note seen before").isTrue();
					found = now;
				}
				seen += found ? 1 : 0;
			}
		}
		assertThat(seen).isPositive();
	}

	@Test
	void callerOfAReplicaThatLeavesMovesWithoutGoingBack() {
		cluster.node("replica-2").pauseReplay();
		List<Browser> users = IntStream.range(0, 12).mapToObj((i) -> new Browser()).toList();
		users.forEach((user) -> user.get(first, "/notes/" + this.id));
		new Browser().post(first, "/notes/" + this.id);
		String position = cluster.primary().walPosition();
		Awaitility.await().until(() -> cluster.node("replica-1").walPosition().compareTo(position) >= 0);
		List<Browser> those = users.stream()
			.filter((user) -> user.get(first, "/notes/" + this.id).body().equals(FOUND))
			.toList();
		assertThat(those).isNotEmpty();
		first.bean(ReplicationCluster.class).drain("replica-1");
		for (Browser user : those) {
			for (int i = 0; i < 3; i++) {
				assertThat(user.get(first, "/notes/" + this.id).body()).isEqualTo(FOUND);
				assertThat(first.decisions().last().node()).isEqualTo("primary");
			}
		}
		cluster.node("replica-2").resumeReplay();
		cluster.awaitReplication();
		Awaitility.await().untilAsserted(() -> {
			for (Browser user : those) {
				assertThat(user.get(first, "/notes/" + this.id).body()).isEqualTo(FOUND);
				assertThat(first.decisions().last().node()).isEqualTo("replica-2");
			}
		});
		HttpResponse<String> response = those.get(0).get(first, "/notes/" + this.id);
		assertThat(cookiesOf(response)).isEmpty();
	}

	@Test
	void parallelReadsLeaveFewCookies() throws Exception {
		for (int round = 0; round < 2; round++) {
			assertFew(IntStream.range(0, 120).mapToObj((i) -> this.user.getAsync(first, "/notes/" + this.id)).toList());
		}
		assertThat(this.user.get(first, "/notes/" + this.id).statusCode()).isEqualTo(200);
		assertSettlesOnAReplica(first);
	}

	@Test
	void parallelWritesLeaveFewCookiesAndTheLatestPosition() throws Exception {
		cluster.replicas().forEach(PostgresNode::pauseReplay);
		for (int round = 0; round < 3; round++) {
			long begin = this.id + round * 100;
			assertFew(IntStream.range(0, 40)
				.mapToObj((i) -> this.user.postAsync((i % 2 == 0) ? first : second, "/notes/" + (begin + i)))
				.toList());
			for (int i = 0; i < 40; i++) {
				assertThat(this.user.get(first, "/notes/" + (begin + i)).body()).isEqualTo(FOUND);
			}
		}
		cluster.replicas().forEach(PostgresNode::resumeReplay);
		cluster.awaitReplication();
		assertSettlesOnAReplica(first, second);
	}

	private void assertFew(List<CompletableFuture<HttpResponse<String>>> responses) throws Exception {
		for (CompletableFuture<HttpResponse<String>> response : responses) {
			assertThat(response.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
			assertThat(String.join("", cookiesOf(response.get()))).hasSizeLessThan(1000);
		}
		assertThat(this.user.lengthOfCookies()).isLessThan(1000);
	}

	/**
	 * An unknown position counts for twice the window if no instance uses its cookie any
	 * more.
	 */
	private void assertSettlesOnAReplica(TestApplication... instances) {
		Awaitility.await().atMost(Duration.ofSeconds(25)).untilAsserted(() -> {
			List<String> cookies = new ArrayList<>();
			List<RouteDecision> decisions = new ArrayList<>();
			for (int i = 0; i < 6; i++) {
				TestApplication instance = instances[i % instances.length];
				cookies.addAll(cookiesOf(this.user.get(instance, "/notes/" + this.id)));
				decisions.add(instance.decisions().last());
			}
			assertThat(cookies).isEmpty();
			assertThat(decisions).allMatch(RouteDecision::isReplica);
		});
	}

	@Test
	void readerOfTwoInstancesIsSentThreeCookiesAtMost() {
		int cookies = 0;
		for (int i = 0; i < 100; i++) {
			HttpResponse<String> response = this.user.get((i % 2 == 0) ? first : second, "/notes/" + this.id);
			cookies += cookiesOf(response).size();
		}
		assertThat(cookies).isBetween(1, 3);
	}

	@Test
	void writerOfTwoInstancesIsSentOneCookieForAWriteAndOneForANode() {
		this.user.post(first, "/notes/" + this.id);
		cluster.awaitReplication();
		int cookies = 0;
		for (int i = 0; i < 50; i++) {
			HttpResponse<String> response = this.user.get((i % 2 == 0) ? first : second, "/notes/" + this.id);
			assertThat(response.body()).isEqualTo(FOUND);
			cookies += cookiesOf(response).size();
		}
		assertThat(cookies).isLessThanOrEqualTo(3);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "Cache-Control | s-maxage=60", "Cache-Control | max-age=60", "Cache-Control | public",
					"Cache-Control | Public,Max-Age=60", "Expires | Fri, 27 Nov 2099 00:00:00 GMT",
					"CDN-Cache-Control | max-age=60", "Surrogate-Control | max-age=60",
					"Cache-Control | private=\"x\", max-age=60" })
	void responseThatASharedCacheMayStoreSaysNothingOfReads(String header, String value) {
		String query = "?header=" + header + "&value=" + encoded(value);
		for (int i = 0; i < 4; i++) {
			HttpResponse<String> response = this.user.get(first, "/cached/" + this.id + query);
			assertThat(cookiesOf(response)).isEmpty();
			assertThat(response.headers().firstValue(header)).hasValue(value);
		}
		HttpResponse<String> written = this.user.post(first, "/cached/" + this.id + query);
		assertThat(cookiesOf(written)).isNotEmpty();
		assertThat(written.headers().firstValue("Cache-Control").orElseThrow()).startsWith("private")
			.doesNotContain("public", "s-maxage");
		assertThat(this.user.get(first, "/notes/" + this.id).body()).isEqualTo(FOUND);
	}

	@ParameterizedTest
	@ValueSource(strings = { "private, max-age=60", "no-store", "no-cache, no-store, max-age=0, must-revalidate" })
	void responseThatNoSharedCacheMayStoreSaysWhatWasRead(String value) {
		HttpResponse<String> response = this.user.get(first,
				"/cached/" + this.id + "?header=Cache-Control&value=" + encoded(value));
		assertThat(cookiesOf(response)).hasSize(1);
	}

	private static String encoded(String value) {
		return URLEncoder.encode(value, StandardCharsets.UTF_8);
	}

	@Test
	void readThatIsUntrackedCountsForTheReadsAfterIt() {
		cluster.node("replica-2").pauseReplay();
		new Browser().post(first, "/notes/" + this.id);
		String position = cluster.primary().walPosition();
		Awaitility.await().until(() -> cluster.node("replica-1").walPosition().compareTo(position) >= 0);
		List<String> seen = new ArrayList<>();
		for (int i = 0; i < 30; i++) {
			seen.add(new Browser().get(first, "/untracked/" + this.id).body());
		}
		assertThat(seen).contains(FOUND + FOUND).doesNotContain(FOUND + NoteWeb.ABSENT);
	}

	@Test
	void nothingIsSentThatIsNotReadAgain() {
		try (TestApplication application = TestApplication.exactly(cluster)
			.with("replication.read-your-writes.mode", "off")
			.with("replication.monotonic-reads", "false")
			.withoutJpa()
			.web()
			.start(NoteWeb.class)) {
			this.user.post(application, "/notes/" + this.id);
			this.user.get(application, "/notes/" + this.id);
			assertThat(this.user.cookies()).isEmpty();
		}
	}

	@Test
	@Tag("long")
	void loadOfManyReadersIsEvenAlsoAfterAReplicaHasComeBack() {
		List<Browser> users = IntStream.range(0, 200).mapToObj((i) -> new Browser()).toList();
		assertEven(users);
		first.bean(ReplicationCluster.class).drain("replica-2");
		users.forEach((user) -> user.get(first, "/notes/" + this.id));
		assertThat(shares(users)).containsOnlyKeys("replica-1");
		first.bean(ReplicationCluster.class).resume("replica-2");
		assertThat(first.bean(ReplicationCluster.class).node("replica-2").state()).isEqualTo(NodeState.ONLINE);
		Awaitility.await()
			.atMost(Duration.ofSeconds(40))
			.pollInterval(Duration.ofSeconds(1))
			.untilAsserted(() -> assertEven(users));
		Awaitility.await()
			.untilAsserted(() -> assertThat(users)
				.allSatisfy((user) -> assertThat(cookiesOf(user.get(first, "/notes/" + this.id))).isEmpty()));
	}

	private static List<String> cookiesOf(HttpResponse<String> response) {
		return response.headers().allValues("Set-Cookie");
	}

	private void assertEven(List<Browser> users) {
		assertThat(shares(users)).containsOnlyKeys("replica-1", "replica-2")
			.allSatisfy((node, share) -> assertThat(share).isBetween(80, 120));
	}

	private Map<String, Integer> shares(List<Browser> users) {
		first.decisions().clear();
		users.forEach((user) -> user.get(first, "/notes/" + this.id));
		Map<String, Integer> shares = new HashMap<>();
		first.decisions()
			.all()
			.stream()
			.map(RouteDecision::node)
			.forEach((node) -> shares.merge(node, 1, Integer::sum));
		return shares;
	}

}
