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

package io.github.replication.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.util.Assert;

import io.github.replication.policy.Route;

/**
 * Routes to the pool that was just chosen. The decision lives elsewhere.
 */
final class NodeRouter extends AbstractRoutingDataSource {

	private final ThreadLocal<@Nullable DataSource> chosen = new ThreadLocal<>();

	/**
	 * Creates a router. Which pools there are changes with the cluster.
	 */
	NodeRouter() {
		setTargetDataSources(Map.of());
		setLenientFallback(false);
		afterPropertiesSet();
	}

	Connection getConnection(Route route) throws SQLException {
		this.chosen.set(route.dataSource());
		try {
			return getConnection();
		}
		finally {
			// removing and adding an entry each time would cost more than keeping it
			this.chosen.set(null);
		}
	}

	@Override
	protected @Nullable Object determineCurrentLookupKey() {
		return this.chosen.get();
	}

	@Override
	protected DataSource determineTargetDataSource() {
		DataSource chosen = this.chosen.get();
		Assert.state(chosen != null, "no node is chosen");
		return chosen;
	}

}
