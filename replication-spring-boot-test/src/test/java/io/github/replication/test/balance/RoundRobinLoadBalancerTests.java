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

import io.github.replication.balance.LoadBalancer;
import io.github.replication.balance.RoundRobinLoadBalancer;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class RoundRobinLoadBalancerTests extends LoadBalancerContract {

	@Override
	protected LoadBalancer loadBalancer() {
		return new RoundRobinLoadBalancer();
	}

	@Test
	void equalNodesTakeTurns() {
		List<TestNode> candidates = List.of(new TestNode("a", 1, 0), new TestNode("b", 1, 9), new TestNode("c", 1, 0));
		LoadBalancer loadBalancer = loadBalancer();
		List<String> turns = IntStream.range(0, 6).mapToObj((i) -> loadBalancer.choose(candidates).name()).toList();
		assertThat(turns).containsExactly("a", "b", "c", "a", "b", "c");
	}

	@Test
	void eachCycleIsExactAndSpread() {
		List<TestNode> candidates = List.of(new TestNode("a", 3, 0), new TestNode("b", 1, 0), new TestNode("c", 4, 0));
		LoadBalancer loadBalancer = loadBalancer();
		for (int cycle = 0; cycle < 10; cycle++) {
			assertThat(shares(loadBalancer, candidates, 8)).isEqualTo(Map.of("a", 3, "b", 1, "c", 4));
		}
		String turns = String.join("",
				IntStream.range(0, 16).mapToObj((i) -> loadBalancer.choose(candidates).name()).toList());
		assertThat(turns).doesNotContain("ccc").doesNotContain("aaa");
	}

}
