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

import java.sql.Connection;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

import io.github.replication.postgres.DriverConnection;

/**
 * Has a new session refuse to write, however its transactions begin. Behind a connection
 * pooler the session is not the connection's own. Another process serves it than the one
 * that the driver knows, and its settings are left alone.
 */
final class ReadOnlySession {

	private final int backendPid;

	private boolean readOnly;

	private ReadOnlySession(int backendPid) {
		this.backendPid = backendPid;
	}

	static ReadOnlySession of(Connection connection) throws SQLException {
		return new ReadOnlySession(DriverConnection.of(connection).backendPid());
	}

	/**
	 * A subquery that makes the session read-only if it is the connection's own, and
	 * returns the setting then.
	 */
	String expression() {
		return "SELECT pg_catalog.set_config('default_transaction_read_only', 'on', false)"
				+ " WHERE pg_catalog.pg_backend_pid() = " + this.backendPid;
	}

	void read(@Nullable String setting) {
		this.readOnly = "on".equals(setting);
	}

	boolean isReadOnly() {
		return this.readOnly;
	}

}
