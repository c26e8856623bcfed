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

import javax.sql.DataSource;

import org.springframework.jdbc.datasource.DelegatingDataSource;

import io.github.replication.caller.CallerRecords;
import io.github.replication.node.Cluster;
import io.github.replication.policy.RoutingPolicy;

/**
 * Stands over the primary's data source and hands out connections that go where each unit
 * of work belongs. A connection costs nothing until its first statement.
 * <p>
 * Unwraps to the primary's pool, so that health, meters and migrations see the primary.
 * {@link #getConnection(String, String)} connects to the primary as that pool would,
 * without routing.
 *
 * @since 0.1.0
 */
public final class ReplicationDataSource extends DelegatingDataSource {

	private final ConnectionSource source;

	/**
	 * Creates the data source. Opens no connection.
	 * @param primary the primary's data source
	 * @param cluster the nodes
	 * @param policy decides where a unit of work goes
	 * @param callers the records of callers
	 * @param callbacks notified of connections
	 * @param connectionDefaults the initial state of a connection
	 */
	public ReplicationDataSource(DataSource primary, Cluster cluster, RoutingPolicy policy, CallerRecords callers,
			ConnectionCallbacks callbacks, ConnectionDefaults connectionDefaults) {
		super(primary);
		this.source = new ConnectionSource(cluster, policy, callers, callbacks, connectionDefaults);
	}

	@Override
	public Connection getConnection() throws SQLException {
		return new LogicalConnection(this.source);
	}

}
