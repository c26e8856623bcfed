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
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

import io.github.replication.Role;
import io.github.replication.node.NodeUnavailableException;
import io.github.replication.policy.NoReplicaException;
import io.github.replication.postgres.DriverConnection;
import io.github.replication.postgres.SqlState;

/**
 * Distinguishes the failure of a node from the application's own errors. SQLSTATEs along
 * the chain of causes decide (PostgreSQL's manual, appendix A). On a primary only a lost
 * connection counts: the other states mean something else there.
 */
final class NodeFailures {

	private NodeFailures() {
	}

	/**
	 * Finds out which nodes cannot serve a unit.
	 * @param failure the exception of a unit
	 * @param role the role of the node on which the unit ran
	 * @param ofConnection whether an error was thrown by a connection of the unit: the
	 * application may have other databases, and its own mistakes
	 */
	static Extent extent(Throwable failure, Role role, Predicate<Throwable> ofConnection) {
		return extent(failure, role, ofConnection, false, Collections.newSetFromMap(new IdentityHashMap<>()));
	}

	private static Extent extent(@Nullable Throwable link, Role role, Predicate<Throwable> ofConnection, boolean known,
			Set<Throwable> seen) {
		if (link == null || !seen.add(link) || isThrownAfterTryingEachNode(link)) {
			return Extent.NOBODY;
		}
		boolean counts = known || ofConnection.test(link);
		Extent extent = Extent.NOBODY;
		if (link instanceof SQLException ex) {
			extent = counts ? extent(ex, role) : Extent.NOBODY;
			extent = (extent != Extent.NOBODY) ? extent
					: extent(ex.getNextException(), role, ofConnection, counts, seen);
		}
		return (extent != Extent.NOBODY) ? extent : extent(link.getCause(), role, ofConnection, counts, seen);
	}

	/**
	 * The driver refuses some calls without asking the server, with the code of a feature
	 * that is not supported. An unlogged relation has no rows on any standby.
	 */
	private static Extent extent(SQLException ex, Role role) {
		if (ex instanceof SQLFeatureNotSupportedException) {
			return Extent.NOBODY;
		}
		if (DriverConnection.isOutdatedPlan(ex)) {
			return Extent.PLAN;
		}
		if (role == Role.PRIMARY) {
			return SqlState.mayMeanServerIsGone(ex) ? Extent.NODE : Extent.NOBODY;
		}
		if (SqlState.isUnsupported(ex)) {
			return Extent.EVERY_REPLICA;
		}
		if (SqlState.isUndefined(ex)) {
			return Extent.REPLICAS_BEHIND;
		}
		return SqlState.isFailureOfStandby(ex) ? Extent.NODE : Extent.NOBODY;
	}

	private static boolean isThrownAfterTryingEachNode(Throwable link) {
		return link instanceof NodeUnavailableException || link instanceof NoReplicaException;
	}

	/**
	 * The nodes that cannot serve a unit.
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
		 * No node, but a statement that was prepared before a change of the schema: it
		 * can run on the same node when it is prepared again.
		 */
		PLAN,

		/**
		 * Every replica.
		 */
		EVERY_REPLICA,

		/**
		 * Every replica, if the node on which the unit ran has not replayed all writes of
		 * the primary: it may not know of a change of the schema yet.
		 */
		REPLICAS_BEHIND

	}

}
