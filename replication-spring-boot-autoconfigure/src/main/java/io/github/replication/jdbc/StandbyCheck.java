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
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;

import io.github.replication.postgres.DriverConnection;

/**
 * Finds out whether a connection that is to write leads to a standby. PostgreSQL 14 and
 * later report {@code in_hot_standby} without being asked, but a connection pooler
 * repeats an old report. The report is therefore a reason to ask the server, once for
 * each physical connection, and never an answer. The server of a connection cannot become
 * a standby without a restart, which ends the connection.
 */
final class StandbyCheck {

	private static final String QUERY = "SELECT pg_catalog.pg_is_in_recovery()";

	/**
	 * Connections whose server has denied the report. Used only where a report came.
	 */
	private final Map<Object, Boolean> denied = Collections.synchronizedMap(new WeakHashMap<>());

	/**
	 * Asks if there is a reason to.
	 * @param physical a connection that was just taken from its pool
	 * @return whether its server is a standby
	 */
	boolean isStandby(PhysicalConnection physical) throws SQLException {
		DriverConnection driver = physical.driver();
		if (!"on".equals(driver.parameter("in_hot_standby"))) {
			return false;
		}
		Object identity = driver.identity();
		if (this.denied.containsKey(identity)) {
			return false;
		}
		boolean standby = ask(physical.connection());
		if (!standby) {
			this.denied.put(identity, Boolean.TRUE);
		}
		return standby;
	}

	private static boolean ask(Connection connection) throws SQLException {
		boolean autoCommit = connection.getAutoCommit();
		try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(QUERY)) {
			return row.next() && row.getBoolean(1);
		}
		finally {
			if (!autoCommit) {
				connection.rollback();
			}
		}
	}

}
