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
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * The replicas that serve the reads of one group, those of the application's own zone
 * first.
 *
 * @param near the replicas in rotation that stand in the application's zone
 * @param all every replica in rotation
 */
public record Rotation(List<ClusterNode> near, List<ClusterNode> all) {

	static final Rotation EMPTY = new Rotation(List.of(), List.of());

	static Rotation of(List<ClusterNode> replicas, @Nullable String zone) {
		List<ClusterNode> near = (zone != null)
				? replicas.stream().filter((node) -> Objects.equals(node.zone(), zone)).toList() : List.of();
		return new Rotation(near, List.copyOf(replicas));
	}

}
