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

package io.github.replication.node;

import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.replication.NodeDefinition;

/**
 * The settings of a cluster.
 *
 * @param primaryName the name of the configured primary as a node
 * @param replicas the replicas
 * @param zone the application's own zone, {@code null} for none
 * @param fallbackMaxConnections the size of the primary's read pool, {@code null} for
 * half of its write pool
 * @param positions the settings of positions
 * @param monitor the settings of the health of nodes
 * @param customizers the customizers that change the settings of a read pool last
 * @since 0.1.0
 */
public record ClusterSettings(String primaryName, List<NodeDefinition> replicas, @Nullable String zone,
		@Nullable Integer fallbackMaxConnections, PositionSettings positions, MonitorSettings monitor,
		List<ReplicaPoolCustomizer> customizers) {

	/**
	 * Creates settings.
	 */
	public ClusterSettings {
		replicas = List.copyOf(replicas);
		customizers = List.copyOf(customizers);
	}

}
