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
import io.github.replication.balance.LeastConnectionsLoadBalancer;

import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class LeastConnectionsLoadBalancerTests extends LoadBalancerContract {

	@Override
	protected LoadBalancer loadBalancer() {
		return new LeastConnectionsLoadBalancer();
	}

	@Test
	void nodeWithTheFewestConnectionsIsChosen() {
		List<TestNode> candidates = List.of(new TestNode("a", 1, 3), new TestNode("b", 1, 1), new TestNode("c", 1, 2));
		assertThat(shares(loadBalancer(), candidates, 30)).containsOnlyKeys("b");
	}

	@Test
	void connectionsAreSeenInRelationToTheWeight() {
		List<TestNode> candidates = List.of(new TestNode("a", 1, 2), new TestNode("b", 4, 4));
		assertThat(shares(loadBalancer(), candidates, 30)).containsOnlyKeys("b");
	}

	@Test
	void callersLeaveANodeThatIsClearlyBusier() {
		TestNode busy = new TestNode("a", 1, 9, 0);
		TestNode idle = new TestNode("b", 1, 2, 0);
		assertThat(loadBalancer().isOverloaded(busy, List.of(busy, idle))).isTrue();
		assertThat(loadBalancer().isOverloaded(idle, List.of(busy, idle))).isFalse();
		TestNode heavy = new TestNode("a", 4, 9, 0);
		assertThat(loadBalancer().isOverloaded(heavy, List.of(heavy, idle))).isFalse();
	}

	@Test
	void callersStayWhereAFewUnitsCoincide() {
		TestNode node = new TestNode("a", 1, 2, 0);
		assertThat(loadBalancer().isOverloaded(node, List.of(node, new TestNode("b", 1, 0, 0)))).isFalse();
	}

}
