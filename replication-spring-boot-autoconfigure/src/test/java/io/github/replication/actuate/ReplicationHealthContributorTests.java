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

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.health.contributor.HealthContributors;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

import io.github.replication.NodeState;
import io.github.replication.NodeStatus;
import io.github.replication.ReplicationCluster;
import io.github.replication.Role;
import io.github.replication.node.ClusterNode;
import io.github.replication.node.Nodes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;

class ReplicationHealthContributorTests {

	private final ReplicationCluster cluster = mock();

	private final ReplicationHealthContributor health = new ReplicationHealthContributor(this.cluster, true, List::of);

	@Test
	void nodeThatIsRemovedMeanwhileIsReportedAsItWas() {
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

	@ParameterizedTest
	@CsvSource({ ",, 1, LAGGING", "reports, reports, 1, LAGGING", "reports,, 1, DOWN", ", reports, 1, DOWN",
			"reports, other, 1, DOWN", ",, 0, DOWN" })
	void replicaIsDownIfNoOtherServesForItsGroupAndThePrimaryMayNot(@Nullable String group, @Nullable String other,
			int weight, String status) {
		ClusterNode lost = Nodes.inState(Nodes.replica("lost", 1, group, null), NodeState.LAGGING, null);
		ReplicationHealthContributor health = new ReplicationHealthContributor(this.cluster, false,
				() -> List.of(Nodes.primary(), lost, Nodes.replica("other", weight, other, null)));
		given(this.cluster.nodes()).willReturn(List.of(node("lost", Role.REPLICA, NodeState.LAGGING)));
		HealthIndicator indicator = (HealthIndicator) health.getContributor("lost");
		assertThat(indicator.health().getStatus().getCode()).isEqualTo(status);
	}

	private static NodeStatus node(String name, Role role, NodeState state) {
		return new NodeStatus(name, role, state, Instant.EPOCH, null, null, null, null, null, null, null, 0, null);
	}

}
