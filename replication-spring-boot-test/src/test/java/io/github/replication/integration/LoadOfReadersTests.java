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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
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

	private static final int READERS = 240;

	/**
	 * How long a replica that has come back or was added has less than its share.
	 */
	private static final Duration WARM_UP = Duration.ofSeconds(10);

	/**
	 * How often everybody reads until each of them has moved. Not a time, which would
	 * measure the machine.
	 */
	private static final int ROUNDS = 10;

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
		awaitShares(Duration.ZERO, Map.of("replica-1", 1, "replica-2", 3));
	}

	@AfterEach
	void reset() {
		this.application.close();
		this.cluster.reset();
	}

	@Test
	void loadFollowsTheWeightsAfterAReplicaHasComeBack() {
		this.nodes.drain("replica-2");
		awaitShares(Duration.ZERO, Map.of("replica-1", 1));
		this.nodes.resume("replica-2");
		awaitShares(WARM_UP, Map.of("replica-1", 1, "replica-2", 3));
	}

	@Test
	void loadFollowsTheWeightsAfterAReplicaWasAdded() {
		this.nodes.add(replica("replica-3", this.cluster.addReplica("replica-3").jdbcUrl(), 4));
		awaitShares(WARM_UP, Map.of("replica-1", 1, "replica-2", 3, "replica-3", 4));
	}

	@Test
	void loadFollowsTheWeightThatAReplicaWasGivenAnew() {
		this.nodes.remove("replica-1", Duration.ofSeconds(5));
		awaitShares(Duration.ZERO, Map.of("replica-2", 3));
		this.nodes.add(replica("replica-1", this.cluster.node("replica-1").jdbcUrl(), 6));
		awaitShares(WARM_UP, Map.of("replica-1", 6, "replica-2", 3));
	}

	private static NodeDefinition replica(String name, String url, int weight) {
		return new NodeDefinition(name, url, null, null, weight, null, null);
	}

	/**
	 * Awaits that each node serves its share, and that everybody stays from then on and
	 * is sent nothing.
	 * @param warmUp the time from the first read of a replica to its full share
	 */
	private void awaitShares(Duration warmUp, Map<String, Integer> weights) {
		List<String> rounds = new ArrayList<>();
		assertThat(readUntil(() -> served(read(rounds)).keySet().equals(weights.keySet())))
			.as("%s by weights %s", rounds, weights)
			.isTrue();
		Awaitility.await().pollDelay(warmUp).atMost(warmUp.plusSeconds(1)).until(() -> true);
		assertThat(readUntil(() -> isSettled(read(rounds), weights)) && isSettled(read(rounds), weights))
			.as("%s by weights %s", rounds, weights)
			.isTrue();
	}

	/**
	 * Lets everybody read until that has led to something, or has been tried often
	 * enough.
	 */
	private static boolean readUntil(BooleanSupplier condition) {
		return IntStream.range(0, ROUNDS).anyMatch((round) -> condition.getAsBoolean());
	}

	private boolean isSettled(List<HttpResponse<String>> responses, Map<String, Integer> weights) {
		return sent(responses) == 0 && isSpread(served(responses), weights);
	}

	/**
	 * How many were sent something.
	 */
	private static long sent(List<HttpResponse<String>> responses) {
		return responses.stream().filter((response) -> !response.headers().allValues("Set-Cookie").isEmpty()).count();
	}

	/**
	 * Whether no node has a tenth more or less than its share.
	 */
	private static boolean isSpread(Map<String, Long> served, Map<String, Integer> weights) {
		double total = weights.values().stream().mapToInt(Integer::intValue).sum();
		return served.keySet().equals(weights.keySet()) && served.entrySet()
			.stream()
			.allMatch((node) -> Math.abs(node.getValue() / (READERS * weights.get(node.getKey()) / total) - 1) < 0.1);
	}

	/**
	 * How many of the last requests each node has served.
	 */
	private Map<String, Long> served(List<HttpResponse<String>> responses) {
		return served(responses, RouteDecision::node);
	}

	private Map<String, Long> served(List<HttpResponse<String>> responses, Function<RouteDecision, String> by) {
		assertThat(responses.stream().map(HttpResponse::statusCode).distinct()).containsExactly(200);
		List<RouteDecision> decisions = this.application.decisions().all();
		return decisions.subList(decisions.size() - responses.size(), decisions.size())
			.stream()
			.collect(Collectors.groupingBy(by, Collectors.counting()));
	}

	/**
	 * Lets everybody read once.
	 * @param rounds to which is added who has served, and why
	 */
	private List<HttpResponse<String>> read(List<String> rounds) {
		List<HttpResponse<String>> responses = this.readers.stream()
			.map((reader) -> reader.get(this.application, "/notes/1"))
			.toList();
		rounds.add(served(responses, (decision) -> decision.node() + " " + decision.reason()) + ", cookies to "
				+ sent(responses));
		return responses;
	}

}
