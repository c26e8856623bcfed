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

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * Prefers replicas of the application's own zone while there is one.
 *
 * @param near the replicas of a rotation that stand in that zone
 * @since 0.1.0
 */
public record ZonePreference(List<ClusterNode> near) {

	static final ZonePreference NONE = new ZonePreference(List.of());

	/**
	 * Creates the preference of an application.
	 * @param replicas the replicas of a rotation
	 * @param zone the zone of the application, {@code null} if it is in none
	 */
	static ZonePreference among(List<ClusterNode> replicas, @Nullable String zone) {
		return (zone != null)
				? new ZonePreference(replicas.stream().filter((node) -> Objects.equals(node.zone(), zone)).toList())
				: NONE;
	}

	/**
	 * Returns those of several replicas that are to serve.
	 * @param candidates replicas of the rotation
	 * @param all every replica of the rotation
	 * @return the candidates in the zone, or all of them if there is none
	 */
	List<ClusterNode> nearest(List<ClusterNode> candidates, List<ClusterNode> all) {
		if (this.near.isEmpty() || candidates.equals(all)) {
			return this.near.isEmpty() ? candidates : this.near;
		}
		List<ClusterNode> nearest = new ArrayList<>(candidates);
		nearest.retainAll(this.near);
		return nearest.isEmpty() ? candidates : nearest;
	}

}
