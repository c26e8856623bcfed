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
package io.github.replication.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import io.github.replication.NodeDefinition;
import io.github.replication.NodeStatus;
import io.github.replication.ReplicationCluster;

/**
 * The cluster that stands behind a data source, which may be created later than the user
 * of this bean.
 */
final class LazyCluster implements ReplicationCluster {

	private final BooleanSupplier present;

	private final Supplier<ReplicationCluster> cluster;

	LazyCluster(BooleanSupplier present, Supplier<ReplicationCluster> cluster) {
		this.present = present;
		this.cluster = cluster;
	}

	@Override
	public List<NodeStatus> nodes() {
		return this.present.getAsBoolean() ? this.cluster.get().nodes() : List.of();
	}

	@Override
	public NodeStatus node(String name) {
		return this.cluster.get().node(name);
	}

	@Override
	public void add(NodeDefinition replica) {
		this.cluster.get().add(replica);
	}

	@Override
	public boolean remove(String name, Duration deadline) {
		return this.cluster.get().remove(name, deadline);
	}

	@Override
	public void drain(String name) {
		this.cluster.get().drain(name);
	}

	@Override
	public void resume(String name) {
		this.cluster.get().resume(name);
	}

}
