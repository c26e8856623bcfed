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
package io.github.replication;

/**
 * Whether a node serves, and if not, why.
 *
 * @since 0.1.0
 */
public enum NodeState {

	/**
	 * The node serves.
	 */
	ONLINE,

	/**
	 * A replica that is further behind than {@code replication.max-lag} or
	 * {@code replication.max-lag-size}: out of rotation until it has caught up.
	 */
	LAGGING,

	/**
	 * The node cannot be reached or has not answered twice in a row.
	 */
	OFFLINE,

	/**
	 * An operator has taken the node out of rotation.
	 */
	DRAINED,

	/**
	 * Several servers answer at the replica's URL, so that a position says nothing about
	 * the server of the next connection. The replica stays in rotation, and its position
	 * decides nothing: a caller that has written is not served there for the length of
	 * {@code replication.read-your-writes.window}.
	 */
	SHARED,

	/**
	 * A replica whose data is of another history than the primary's: it has replayed
	 * changes that the primary does not have. Out of rotation until it is started again;
	 * unless it was rebuilt before, that is found again then.
	 */
	DIVERGED,

	/**
	 * The server is not the expected one: it is of another cluster, another database, a
	 * primary where another one is known, or a standby where the primary should be.
	 */
	MISCONFIGURED;

	/**
	 * Whether a replica in this state is in rotation.
	 * @return {@code true} for {@link #ONLINE} and {@link #SHARED}
	 */
	public boolean isInRotation() {
		return this == ONLINE || this == SHARED;
	}

}
