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

package io.github.replication.hibernate;

import java.sql.Connection;
import java.sql.SQLException;

import org.hibernate.cache.spi.RegionFactory;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.hibernate.resource.jdbc.spi.LogicalConnectionImplementor;
import org.jspecify.annotations.Nullable;

import io.github.replication.RouteDecision;
import io.github.replication.RoutedConnection;
import io.github.replication.cache.CacheProtection;
import io.github.replication.cache.RegionWatermarks;
import io.github.replication.position.SampleClock;
import io.github.replication.position.WriteMark;

/**
 * Protects Hibernate's second-level and query cache from values of replicas that lag. A
 * change by Hibernate leaves a watermark for its key, the position of its write. A value
 * that was read from a replica is put if the replica was known to have that position when
 * the transaction began. Safe for use by several threads.
 *
 * @since 0.1.0
 */
public final class HibernateCaches {

	/**
	 * The setting of Hibernate that has an object of this class.
	 */
	public static final String SETTING = "io.github.replication.hibernate.caches";

	private final CacheProtection protection;

	private final SampleClock clock;

	private final ReplicaReach reach;

	/**
	 * Creates a protection.
	 * @param protection keeps the watermarks
	 * @param clock the clock of samples
	 * @param reach knows how far replicas have come
	 */
	public HibernateCaches(CacheProtection protection, SampleClock clock, ReplicaReach reach) {
		this.protection = protection;
		this.clock = clock;
		this.reach = reach;
	}

	RegionFactory protect(RegionFactory factory) {
		return new ProtectedRegionFactory(factory, this);
	}

	SampleClock clock() {
		return this.clock;
	}

	RegionWatermarks watermarks() {
		return this.protection.watermarksOfRegion();
	}

	/**
	 * Whether a session may put a value that it has loaded.
	 * @param required the write that the value has to include, {@code null} for none
	 * @param session the session
	 */
	boolean includes(@Nullable WriteMark required, SharedSessionContractImplementor session) {
		if (required == null) {
			return true;
		}
		if (!(session.getCacheTransactionSynchronization() instanceof SessionStart start) || !start.isAfter(required)) {
			return false;
		}
		RouteDecision route = routeOf(session);
		return route != null && (!route.isReplica() || this.reach.had(route.node(), required, start.tick()));
	}

	private static @Nullable RouteDecision routeOf(SharedSessionContractImplementor session) {
		LogicalConnectionImplementor logical = session.getJdbcCoordinator().getLogicalConnection();
		if (!logical.isPhysicallyConnected()) {
			return null;
		}
		try {
			Connection connection = logical.getPhysicalConnection();
			return connection.isWrapperFor(RoutedConnection.class) ? connection.unwrap(RoutedConnection.class).route()
					: null;
		}
		catch (SQLException ex) {
			return null;
		}
	}

}
