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
package io.github.replication.interceptor;

import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import io.github.replication.node.NodeUnavailableException;
import io.github.replication.policy.NoReplicaException;

/**
 * Tells the failure of a replica from the application's own errors, by the SQLSTATEs
 * along the chain of causes (PostgreSQL's manual, appendix A). On a primary some of them
 * mean something else.
 */
final class NodeFailures {

	private static final int STATE_LENGTH = 5;

	private NodeFailures() {
	}

	/**
	 * Who failed.
	 * @param failure what was thrown by a unit that ran on a replica
	 */
	static Extent extent(Throwable failure) {
		return extent(failure, Collections.newSetFromMap(new IdentityHashMap<>()));
	}

	private static Extent extent(@Nullable Throwable link, Set<Throwable> seen) {
		if (link == null || !seen.add(link) || isThrownAfterTryingEachNode(link)) {
			return Extent.NOBODY;
		}
		Extent extent = Extent.NOBODY;
		if (link instanceof SQLException ex) {
			extent = isOfTheDriver(ex) ? Extent.NOBODY : extent(ex.getSQLState());
			extent = (extent != Extent.NOBODY) ? extent : extent(ex.getNextException(), seen);
		}
		return (extent != Extent.NOBODY) ? extent : extent(link.getCause(), seen);
	}

	private static Extent extent(@Nullable String state) {
		if (state == null || state.length() != STATE_LENGTH) {
			return Extent.NOBODY;
		}
		return switch (state.substring(0, 2)) {
			// connection, insufficient resources, system error, internal error
			case "08", "53", "58", "XX" -> Extent.NODE;
			default -> switch (state) {
				// shut down by an administrator, by a crash, not started yet, idle
				// session
				case "57P01", "57P02", "57P03", "57P05" -> Extent.NODE;
				// conflict with recovery
				case "40001", "40P01" -> Extent.NODE;
				// unlogged relation, which has no rows on any standby
				case "0A000" -> Extent.EVERY_REPLICA;
				default -> Extent.NOBODY;
			};
		};
	}

	private static boolean isThrownAfterTryingEachNode(Throwable link) {
		return link instanceof NodeUnavailableException || link instanceof NoReplicaException;
	}

	/**
	 * Whether the driver refused a call without asking the server, which it tells with
	 * 0A000 too.
	 */
	private static boolean isOfTheDriver(SQLException ex) {
		return ex instanceof SQLFeatureNotSupportedException;
	}

	/**
	 * Who cannot serve a unit.
	 */
	enum Extent {

		/**
		 * No node failed: the error would be the same on each.
		 */
		NOBODY,

		/**
		 * The node on which the unit ran.
		 */
		NODE,

		/**
		 * Every replica.
		 */
		EVERY_REPLICA

	}

}
