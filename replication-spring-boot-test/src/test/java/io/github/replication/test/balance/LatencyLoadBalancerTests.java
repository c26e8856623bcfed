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

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import io.github.replication.balance.LatencyLoadBalancer;
import io.github.replication.balance.LoadBalancer;

import static org.assertj.core.api.Assertions.assertThat;

class LatencyLoadBalancerTests extends LoadBalancerContract {

	@Override
	protected LoadBalancer loadBalancer() {
		return new LatencyLoadBalancer();
	}

	@Test
	void slowerOfTwoNodesIsNotChosen() {
		List<TestNode> candidates = List.of(new TestNode("a", 1, 0, 500), new TestNode("b", 1, 0, 400));
		assertThat(shares(loadBalancer(), candidates, 1_000)).containsOnlyKeys("b");
	}

	@Test
	void slowestOfSeveralNodesIsNotChosenAndTheOthersShare() {
		List<TestNode> candidates = List.of(new TestNode("a", 1, 0, 500), new TestNode("b", 1, 0, 500),
				new TestNode("c", 1, 0, 5_000));
		Map<String, Integer> shares = shares(loadBalancer(), candidates, 30_000);
		assertThat(shares).containsOnlyKeys("a", "b");
		assertThat(shares.get("a")).isBetween(14_000, 16_000);
	}

	@Test
	void unitsThatRunThereCount() {
		List<TestNode> candidates = List.of(new TestNode("a", 1, 9, 500), new TestNode("b", 1, 0, 1_000));
		assertThat(shares(loadBalancer(), candidates, 1_000)).containsOnlyKeys("b");
	}

	@Test
	void nodeOfWhichNothingIsKnownIsTried() {
		List<TestNode> candidates = List.of(new TestNode("a", 1, 0, 0), new TestNode("b", 1, 0, 1_000));
		assertThat(shares(loadBalancer(), candidates, 1_000)).containsOnlyKeys("a");
	}

	@Test
	void equallyFastNodesShareByWeight() {
		Map<String, Integer> shares = shares(loadBalancer(),
				List.of(new TestNode("a", 1, 0, 500), new TestNode("b", 3, 0, 500)), 40_000);
		assertThat(shares.get("a")).isBetween(9_000, 11_000);
	}

	@Test
	void callersLeaveANodeThatIsClearlySlower() {
		TestNode slow = new TestNode("a", 1, 0, 20_000_000);
		TestNode fast = new TestNode("b", 1, 0, 2_000_000);
		assertThat(loadBalancer().isOverloaded(slow, List.of(slow, fast))).isTrue();
		assertThat(loadBalancer().isOverloaded(fast, List.of(slow, fast))).isFalse();
	}

	@Test
	void callersStayWithANodeThatIsNotClearlySlower() {
		TestNode node = new TestNode("a", 1, 0, 3_000_000);
		assertThat(loadBalancer().isOverloaded(node, List.of(node, new TestNode("b", 1, 0, 2_000_000)))).isFalse();
		TestNode quick = new TestNode("a", 1, 0, 900_000);
		assertThat(loadBalancer().isOverloaded(quick, List.of(quick, new TestNode("b", 1, 0, 1_000)))).isFalse();
		TestNode known = new TestNode("a", 1, 0, 20_000_000);
		assertThat(loadBalancer().isOverloaded(known, List.of(known, new TestNode("b", 1, 0, 0)))).isFalse();
	}

}
