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

package io.github.replication.integration;

import java.sql.ResultSet;
import java.sql.SQLException;

import org.springframework.jdbc.core.JdbcOperations;

/**
 * What a server says about itself when asked by a query.
 *
 * @param node the {@code cluster_name}, which is the node's name
 * @param port the port the server listens on
 * @param inRecovery whether it is a standby
 * @param readOnly whether the transaction is read-only
 * @param backend the process that serves
 */
record Served(String node, int port, boolean inRecovery, boolean readOnly, int backend) {

	static final String QUERY = "SELECT current_setting('cluster_name') AS node, inet_server_port() AS port,"
			+ " pg_is_in_recovery() AS in_recovery, current_setting('transaction_read_only') = 'on' AS read_only,"
			+ " pg_backend_pid() AS backend";

	static Served by(JdbcOperations jdbc) {
		return jdbc.queryForObject(QUERY, (rows, number) -> from(rows));
	}

	static Served from(ResultSet rows) throws SQLException {
		return new Served(rows.getString("node"), rows.getInt("port"), rows.getBoolean("in_recovery"),
				rows.getBoolean("read_only"), rows.getInt("backend"));
	}

	boolean byReplica() {
		return this.inRecovery;
	}

}
