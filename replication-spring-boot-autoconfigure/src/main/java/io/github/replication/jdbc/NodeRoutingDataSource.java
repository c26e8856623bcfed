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
 * Routes to the pool that was just chosen. The decision is made elsewhere, and the pools
 * change with the cluster. Therefore only {@link #getConnection()} of
 * {@link AbstractRoutingDataSource} is used, which asks for the target each time, and
 * neither its map of targets nor a default.
 */
final class NodeRoutingDataSource extends AbstractRoutingDataSource {

	/**
	 * One holder a thread, which stays: to bind a value for each connection would cost
	 * more than to look one up.
	 */
	private final ThreadLocal<Choice> choice = ThreadLocal.withInitial(Choice::new);

	NodeRoutingDataSource() {
		setTargetDataSources(Map.of());
		setLenientFallback(false);
		afterPropertiesSet();
	}

	/**
	 * Takes a connection of the pool that a route leads to. A pool may need another
	 * connection for that, for example to look up credentials.
	 */
	Connection getConnection(Route route) throws SQLException {
		Choice choice = this.choice.get();
		DataSource previous = choice.target;
		choice.target = route.dataSource();
		try {
			return getConnection();
		}
		finally {
			choice.target = previous;
		}
	}

	@Override
	protected @Nullable Object determineCurrentLookupKey() {
		return this.choice.get().target;
	}

	@Override
	protected DataSource determineTargetDataSource() {
		DataSource target = this.choice.get().target;
		Assert.state(target != null, "no node is chosen");
		return target;
	}

	/**
	 * The pool that the thread is about to ask.
	 */
	private static final class Choice {

		private @Nullable DataSource target;

	}

}
