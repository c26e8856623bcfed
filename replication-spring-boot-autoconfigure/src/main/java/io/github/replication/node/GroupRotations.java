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
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * The replicas by group: those of a group serve its reads alone, and those of none serve
 * all others.
 */
final class GroupRotations {

	private final Rotation ungrouped;

	private final Map<String, Rotation> grouped;

	/**
	 * Divides the replicas.
	 * @param replicas every replica, in rotation or not
	 * @param zone the application's own zone, {@code null} for none
	 */
	GroupRotations(List<ClusterNode> replicas, @Nullable String zone) {
		this.ungrouped = Rotation.of(replicas.stream().filter((node) -> node.group() == null).toList(), zone);
		this.grouped = replicas.stream()
			.map(ClusterNode::group)
			.filter(Objects::nonNull)
			.distinct()
			.collect(Collectors.toUnmodifiableMap(Function.identity(), (group) -> Rotation
				.of(replicas.stream().filter((node) -> group.equals(node.group())).toList(), zone)));
	}

	/**
	 * The replicas that may serve the reads of a group, none where there is no such
	 * replica.
	 */
	Rotation of(@Nullable String group) {
		return (group == null) ? this.ungrouped : this.grouped.getOrDefault(group, Rotation.EMPTY);
	}

}
