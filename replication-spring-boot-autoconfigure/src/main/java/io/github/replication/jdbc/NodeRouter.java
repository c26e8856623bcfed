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
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

import io.github.replication.PoolKind;
import io.github.replication.node.Cluster;
import io.github.replication.policy.Route;

/**
 * Routes to the pool that was just chosen. The decision lives elsewhere.
 */
final class NodeRouter extends AbstractRoutingDataSource {

	private final ThreadLocal<@Nullable DataSource> chosen = new ThreadLocal<>();

	NodeRouter(Cluster cluster) {
		setTargetDataSources(pools(cluster));
		setLenientFallback(false);
		afterPropertiesSet();
	}

	Connection getConnection(Route route) throws SQLException {
		this.chosen.set(route.dataSource());
		try {
			return getConnection();
		}
		finally {
			this.chosen.remove();
		}
	}

	@Override
	protected @Nullable Object determineCurrentLookupKey() {
		return this.chosen.get();
	}

	private static Map<Object, Object> pools(Cluster cluster) {
		Stream<DataSource> readPools = cluster.nodes().stream().map((node) -> node.pool(PoolKind.READ));
		DataSource writePool = cluster.topology().primary().pool(PoolKind.WRITE);
		return Stream.concat(readPools, Stream.of(writePool)).collect(Collectors.toMap((pool) -> pool, (pool) -> pool));
	}

}
