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
package io.github.replication.metrics;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

import io.github.replication.NodeState;
import io.github.replication.Reason;
import io.github.replication.Role;
import io.github.replication.node.Cluster;
import io.github.replication.node.ClusterNode;
import io.github.replication.node.Positions;

/**
 * Binds the meters of a cluster, and HikariCP's meters for its pools. The path of a read
 * counts without Micrometer; a scrape reads the counts and asks no server.
 *
 * @since 0.1.0
 */
public final class ReplicationMetrics implements MeterBinder {

	private final Cluster cluster;

	private final List<MeterRegistry> registries = new ArrayList<>();

	private final ReentrantLock lock = new ReentrantLock();

	private final Map<ClusterNode, List<Registration>> meters = new HashMap<>();

	/**
	 * Creates the metrics of a cluster.
	 * @param cluster the cluster
	 */
	public ReplicationMetrics(Cluster cluster) {
		this.cluster = cluster;
		cluster.onChange(() -> locked(this::follow));
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		locked(() -> bind(registry));
	}

	private void locked(Runnable change) {
		this.lock.lock();
		try {
			change.run();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void bind(MeterRegistry registry) {
		this.registries.add(registry);
		for (NodeState state : NodeState.values()) {
			Gauge
				.builder(ReplicationMeter.NODES.meterName(), this.cluster,
						(cluster) -> cluster.clusterNodes().stream().filter((node) -> node.state() == state).count())
				.description(ReplicationMeter.NODES.description())
				.tags(Tags.of("state", state.name()))
				.register(registry);
		}
		FunctionTimer
			.builder(ReplicationMeter.WAIT.meterName(), this.cluster.positions(), Positions::waits,
					Positions::waitedNanos, TimeUnit.NANOSECONDS)
			.description(ReplicationMeter.WAIT.description())
			.register(registry);
		this.cluster.clusterNodes().forEach((node) -> bind(node, registry));
	}

	/**
	 * Nodes were added or removed, or a write pool was opened.
	 */
	private void follow() {
		List<ClusterNode> nodes = this.cluster.clusterNodes();
		for (ClusterNode node : List.copyOf(this.meters.keySet())) {
			if (!nodes.contains(node)) {
				List<Registration> gone = this.meters.remove(node);
				if (gone != null) {
					gone.forEach(Registration::remove);
				}
			}
		}
		for (MeterRegistry registry : this.registries) {
			nodes.forEach((node) -> bind(node, registry));
		}
	}

	private void bind(ClusterNode node, MeterRegistry registry) {
		List<Registration> meters = this.meters.computeIfAbsent(node, (key) -> new ArrayList<>());
		node.pools().forEach((pool) -> meters.addAll(PoolMetrics.bind(pool, registry)));
		if (meters.stream().anyMatch((meter) -> meter.registry() == registry && meter.isOf(ReplicationMeter.LAG))) {
			return;
		}
		meters.add(gauge(ReplicationMeter.LAG, node, registry, (key) -> seconds(this.cluster.lagOf(key))));
		meters.add(gauge(ReplicationMeter.LAG_SIZE, node, registry, (key) -> bytes(this.cluster.lagSizeOf(key))));
		for (boolean good : new boolean[] { true, false }) {
			meters.add(counter(ReplicationMeter.PROBES, node, registry,
					Tags.of("outcome", good ? "ANSWERED" : "FAILED"), (key) -> key.counts().probes(good)));
			meters.add(counter(ReplicationMeter.RETRIES, node, registry,
					Tags.of("outcome", good ? "SUCCEEDED" : "FAILED"), (key) -> key.counts().retries(good)));
		}
		for (Role role : Role.values()) {
			for (Reason reason : Reason.values()) {
				if (role == Role.PRIMARY || reason == Reason.READ_ONLY || reason == Reason.NO_TRANSACTION) {
					meters.add(counter(ReplicationMeter.DECISIONS, node, registry,
							Tags.of("role", role.name(), "reason", reason.name()),
							(key) -> key.counts().decisions(role, reason)));
				}
			}
		}
	}

	private static double seconds(@Nullable Duration lag) {
		return (lag != null) ? lag.toNanos() / 1e9 : Double.NaN;
	}

	private static double bytes(@Nullable Long size) {
		return (size != null) ? size : Double.NaN;
	}

	private static Registration gauge(ReplicationMeter meter, ClusterNode node, MeterRegistry registry,
			ToDoubleFunction<ClusterNode> value) {
		return new Registration(registry,
				Gauge.builder(meter.meterName(), node, value)
					.description(meter.description())
					.baseUnit(meter.unit())
					.tags(Tags.of("node", node.name()))
					.register(registry));
	}

	private static Registration counter(ReplicationMeter meter, ClusterNode node, MeterRegistry registry, Tags tags,
			ToDoubleFunction<ClusterNode> value) {
		return new Registration(registry,
				FunctionCounter.builder(meter.meterName(), node, value)
					.description(meter.description())
					.tags(tags.and("node", node.name()))
					.register(registry));
	}

}
