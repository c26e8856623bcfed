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

import org.jspecify.annotations.Nullable;

/**
 * Finds out that a node is none of its cluster, or has a role that it cannot have. Such a
 * node is not used.
 */
final class Misconfiguration {

	private Misconfiguration() {
	}

	/**
	 * Why a server is another one than its URL should lead to.
	 * @param state the state that the server has reported
	 * @param system the system identifier of the cluster, 0 if it is not known
	 * @param database the database of the primary, {@code null} if it is not known
	 * @return the mistake and the remedy, {@code null} if there is none
	 */
	static @Nullable String ofServer(ServerState state, long system, @Nullable String database) {
		if (state.system() != 0 && system != 0 && state.system() != system) {
			return "it belongs to another cluster (system identifier " + Long.toUnsignedString(state.system())
					+ ", that of this cluster is " + Long.toUnsignedString(system) + "): correct its URL";
		}
		if (state.database() != null && database != null && !state.database().equals(database)) {
			return "it is connected to the database '" + state.database() + "', but that of the primary is '" + database
					+ "': correct its URL";
		}
		return null;
	}

	/**
	 * Why a server cannot have the role of its node.
	 * @param state the state that the server has reported
	 * @param primary whether the node is the primary
	 * @param rivalry why a second primary is none to follow, {@code null} if it is not
	 * known that it is a second one
	 * @return the mistake and the remedy, {@code null} if there is none
	 */
	static @Nullable String ofRole(ServerState state, boolean primary, @Nullable String rivalry) {
		if (primary) {
			return state.inRecovery() ? "it is a standby, and no node is known that has become the primary" : null;
		}
		boolean reportsRole = state.database() != null;
		return (reportsRole && !state.inRecovery()) ? rivalry : null;
	}

}
