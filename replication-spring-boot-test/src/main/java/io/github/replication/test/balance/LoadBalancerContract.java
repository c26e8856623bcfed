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
package io.github.replication.test.balance;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.github.replication.balance.LoadBalancer;
import io.github.replication.node.Node;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The duties of a {@link LoadBalancer}, as tests to be inherited: extend this class and
 * return a new load balancer. Nodes without connections and without a response time count
 * as equally loaded, so that their shares are those of their weights.
 *
 * @since 0.1.0
 */
public abstract class LoadBalancerContract {

	/**
	 * Creates the load balancer to test.
	 * @return a new one for each test
	 */
	protected abstract LoadBalancer loadBalancer();

	@Test
	void onlyCandidatesAreChosen() {
		List<TestNode> candidates = List.of(new TestNode("a", 1, 0), new TestNode("b", 3, 2));
		LoadBalancer loadBalancer = loadBalancer();
		for (int i = 0; i < 100; i++) {
			assertThat(candidates).contains(loadBalancer.choose(candidates));
		}
	}

	@Test
	void weightsCount() {
		Map<String, Integer> shares = shares(loadBalancer(),
				List.of(new TestNode("a", 1, 0), new TestNode("b", 2, 0), new TestNode("c", 5, 0)), 80_000);
		assertThat(shares.get("a")).isBetween(9_000, 11_000);
		assertThat(shares.get("b")).isBetween(18_500, 21_500);
		assertThat(shares.get("c")).isBetween(48_000, 52_000);
	}

	@Test
	void equalNodesShareEqually() {
		Map<String, Integer> shares = shares(loadBalancer(),
				List.of(new TestNode("a", 1, 0), new TestNode("b", 1, 0), new TestNode("c", 1, 0)), 60_000);
		assertThat(shares.values()).allSatisfy((share) -> assertThat(share).isBetween(19_000, 21_000));
	}

	@Test
	void concurrentChoicesAreFair() {
		List<TestNode> candidates = List.of(new TestNode("a", 1, 0), new TestNode("b", 1, 0));
		LoadBalancer loadBalancer = loadBalancer();
		long first = IntStream.range(0, 40_000)
			.parallel()
			.filter((i) -> loadBalancer.choose(candidates).name().equals("a"))
			.count();
		assertThat(first).isBetween(19_000L, 21_000L);
	}

	/**
	 * Chooses again and again.
	 * @param loadBalancer the load balancer
	 * @param candidates the nodes to choose from
	 * @param choices how often to choose
	 * @return how often each node was chosen, by its name
	 */
	protected static Map<String, Integer> shares(LoadBalancer loadBalancer, List<TestNode> candidates, int choices) {
		Map<String, Integer> shares = new HashMap<>();
		for (int i = 0; i < choices; i++) {
			shares.merge(loadBalancer.choose(candidates).name(), 1, Integer::sum);
		}
		return shares;
	}

	/**
	 * A node with given figures.
	 *
	 * @param name the name
	 * @param weight the weight
	 * @param activeConnections how many connections are in use
	 * @param responseTime the response time in nanoseconds
	 */
	protected record TestNode(String name, int weight, int activeConnections, double responseTime) implements Node {

		/**
		 * Creates a node that has not answered yet.
		 * @param name the name
		 * @param weight the weight
		 * @param activeConnections how many connections are in use
		 */
		public TestNode(String name, int weight, int activeConnections) {
			this(name, weight, activeConnections, 0);
		}

		@Override
		public @Nullable String zone() {
			return null;
		}

	}

}
