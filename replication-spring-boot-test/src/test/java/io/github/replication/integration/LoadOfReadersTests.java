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
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.replication.NodeDefinition;
import io.github.replication.ReplicationCluster;
import io.github.replication.RouteDecision;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Many readers with cookies, who stay with their replicas, are spread as the weights say.
 */
@EmbeddedCluster(dedicated = true)
@Tag("long")
class LoadOfReadersTests {

	private static final int READERS = 480;

	/**
	 * A replica that has come back or was added has its full share after ten seconds.
	 */
	private static final Duration WARM_UP_AND_A_FEW_SECONDS = Duration.ofSeconds(15);

	private final List<Browser> readers = IntStream.range(0, READERS).mapToObj((i) -> new Browser()).toList();

	private PostgresCluster cluster;

	private TestApplication application;

	private ReplicationCluster nodes;

	@BeforeEach
	void start(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
		this.application = TestApplication.exactly(cluster)
			.with("replication.replicas.replica-1.weight", "1")
			.with("replication.replicas.replica-2.weight", "3")
			.withoutJpa()
			.web()
			.start(NoteWeb.class);
		this.nodes = this.application.bean(ReplicationCluster.class);
		awaitShares(Map.of("replica-1", 1, "replica-2", 3));
	}

	@AfterEach
	void reset() {
		this.application.close();
		this.cluster.reset();
	}

	@Test
	void loadFollowsTheWeightsAfterAReplicaHasComeBack() {
		this.nodes.drain("replica-2");
		awaitShares(Map.of("replica-1", 1));
		this.nodes.resume("replica-2");
		awaitShares(Map.of("replica-1", 1, "replica-2", 3));
	}

	@Test
	void loadFollowsTheWeightsAfterAReplicaWasAdded() {
		this.nodes.add(replica("replica-3", this.cluster.addReplica("replica-3").jdbcUrl(), 4));
		awaitShares(Map.of("replica-1", 1, "replica-2", 3, "replica-3", 4));
	}

	@Test
	void loadFollowsTheWeightThatAReplicaWasGivenAnew() {
		this.nodes.remove("replica-1", Duration.ofSeconds(5));
		awaitShares(Map.of("replica-2", 3));
		this.nodes.add(replica("replica-1", this.cluster.node("replica-1").jdbcUrl(), 6));
		awaitShares(Map.of("replica-1", 6, "replica-2", 3));
	}

	private static NodeDefinition replica(String name, String url, int weight) {
		return new NodeDefinition(name, url, null, null, weight, null, null);
	}

	/**
	 * Everybody stays from then on, and is sent nothing.
	 */
	private void awaitShares(Map<String, Integer> weights) {
		Awaitility.await()
			.atMost(WARM_UP_AND_A_FEW_SECONDS)
			.pollInSameThread()
			.pollInterval(Duration.ofSeconds(1))
			.untilAsserted(() -> {
				assertShares(weights);
				assertThat(read())
					.allSatisfy((response) -> assertThat(response.headers().allValues("Set-Cookie")).isEmpty());
			});
		assertShares(weights);
	}

	private void assertShares(Map<String, Integer> weights) {
		this.application.decisions().clear();
		assertThat(read()).allSatisfy((response) -> assertThat(response.statusCode()).isEqualTo(200));
		Map<String, Long> served = this.application.decisions()
			.all()
			.stream()
			.collect(Collectors.groupingBy(RouteDecision::node, Collectors.counting()));
		double total = weights.values().stream().mapToInt(Integer::intValue).sum();
		assertThat(served).containsOnlyKeys(weights.keySet());
		served.forEach((node, share) -> assertThat(share / (READERS * weights.get(node) / total))
			.as("share of %s in %s", node, served)
			.isBetween(0.9, 1.1));
	}

	private List<HttpResponse<String>> read() {
		return this.readers.stream().map((reader) -> reader.get(this.application, "/notes/1")).toList();
	}

}
