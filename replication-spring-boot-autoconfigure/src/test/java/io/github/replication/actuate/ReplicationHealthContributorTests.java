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

package io.github.replication.actuate;

import java.time.Instant;
import java.util.List;

import org.junit.jupiter.api.Test;

import org.springframework.boot.health.contributor.HealthContributors;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

import io.github.replication.NodeState;
import io.github.replication.NodeStatus;
import io.github.replication.ReplicationCluster;
import io.github.replication.Role;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;

class ReplicationHealthContributorTests {

	private final ReplicationCluster cluster = mock();

	private final ReplicationHealthContributor health = new ReplicationHealthContributor(this.cluster, true);

	@Test
	void nodeThatIsRemovedMeanwhileIsToldAsItWas() {
		given(this.cluster.nodes()).willReturn(List.of(node("primary", Role.PRIMARY, NodeState.ONLINE),
				node("gone", Role.REPLICA, NodeState.LAGGING)));
		List<HealthContributors.Entry> entries = this.health.stream().toList();
		given(this.cluster.nodes()).willReturn(List.of(node("primary", Role.PRIMARY, NodeState.ONLINE)));
		willThrow(new IllegalArgumentException("There is no such node")).given(this.cluster).node("gone");
		assertThat(entries)
			.extracting((entry) -> entry.name() + " " + ((HealthIndicator) entry.contributor()).health().getStatus())
			.containsExactly("primary UP", "gone LAGGING");
		assertThat(this.health.getContributor("gone")).isNull();
	}

	@Test
	void primaryThatDoesNotServeIsDown() {
		for (NodeState state : NodeState.values()) {
			given(this.cluster.nodes()).willReturn(List.of(node("primary", Role.PRIMARY, state)));
			HealthIndicator indicator = (HealthIndicator) this.health.getContributor("primary");
			assertThat(indicator.health().getStatus()).as(state.name())
				.isEqualTo(state.isInRotation() ? Status.UP : Status.DOWN);
		}
	}

	private static NodeStatus node(String name, Role role, NodeState state) {
		return new NodeStatus(name, role, state, Instant.EPOCH, null, null, null, null, null, null, null, 0);
	}

}
