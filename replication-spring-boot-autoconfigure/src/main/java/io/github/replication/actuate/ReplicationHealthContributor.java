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

import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthContributors;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

import io.github.replication.NodeStatus;
import io.github.replication.ReplicationCluster;
import io.github.replication.Role;
import io.github.replication.node.ClusterNode;

/**
 * The health of a cluster, with a component for each node. Asks no server. A primary that
 * does not serve is {@code DOWN}, and the application with it. A replica that does not
 * has its state as its status, which does not count, as long as reads are served.
 *
 * @since 0.1.0
 */
public final class ReplicationHealthContributor implements CompositeHealthContributor {

	private final ReplicationCluster cluster;

	private final boolean primaryServesReads;

	private final Supplier<List<ClusterNode>> nodes;

	/**
	 * Creates the contributor.
	 * @param cluster the cluster
	 * @param primaryServesReads whether reads go to the primary where no replica serves
	 * @param nodes yields the nodes of the cluster with their groups and weights
	 */
	public ReplicationHealthContributor(ReplicationCluster cluster, boolean primaryServesReads,
			Supplier<List<ClusterNode>> nodes) {
		this.cluster = cluster;
		this.primaryServesReads = primaryServesReads;
		this.nodes = nodes;
	}

	@Override
	public @Nullable HealthContributor getContributor(String name) {
		return this.cluster.nodes()
			.stream()
			.filter((node) -> node.name().equals(name))
			.map(this::indicator)
			.findFirst()
			.orElse(null);
	}

	@Override
	public Stream<HealthContributors.Entry> stream() {
		return this.cluster.nodes().stream().map((node) -> new HealthContributors.Entry(node.name(), indicator(node)));
	}

	/**
	 * Copies the state that is known now: the node may be gone when the indicator is
	 * asked.
	 */
	private HealthIndicator indicator(NodeStatus node) {
		return () -> health(node);
	}

	private Health health(NodeStatus node) {
		Health.Builder health = Health.status(status(node))
			.withDetail("role", node.role())
			.withDetail("state", node.state())
			.withDetail("since", node.since());
		withDetail(health, "aliasOf", node.aliasOf());
		withDetail(health, "lag", node.lag());
		withDetail(health, "lagSize", node.lagSize());
		withDetail(health, "position", node.position());
		withDetail(health, "timeline", node.timeline());
		withDetail(health, "synchronization", node.synchronization());
		withDetail(health, "cause", node.cause());
		return health.build();
	}

	private static void withDetail(Health.Builder health, String key, @Nullable Object value) {
		if (value != null) {
			health.withDetail(key, value);
		}
	}

	private Status status(NodeStatus node) {
		if (node.state().isInRotation()) {
			return Status.UP;
		}
		boolean served = node.role() == Role.REPLICA && (this.primaryServesReads || isServedByOthers(node.name()));
		return served ? new Status(node.state().name()) : Status.DOWN;
	}

	/**
	 * Whether another replica takes over the reads of a replica. It must be of the same
	 * group, since a group does not serve for another.
	 */
	private boolean isServedByOthers(String name) {
		List<ClusterNode> nodes = this.nodes.get();
		return nodes.stream()
			.filter((node) -> node.name().equals(name))
			.anyMatch((lost) -> lost.weight() == 0 || nodes.stream().anyMatch((other) -> servesFor(other, lost)));
	}

	private static boolean servesFor(ClusterNode node, ClusterNode lost) {
		return node.role() == Role.REPLICA && node.state().isInRotation() && !node.isAlias() && node.weight() > 0
				&& Objects.equals(node.group(), lost.group());
	}

}
