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

import io.github.replication.RouteDecision;

/**
 * Is called whenever a physical connection is bound to a unit of work, before its first
 * statement: for the {@code search_path} of a tenant, the settings that row-level
 * security reads, a role. Beans of this type are called in their order.
 * <p>
 * A setting that it changes with {@code SET} stays on the physical connection, which
 * serves other units afterwards, so it must set the same things every time. It is called
 * on the thread that runs the unit. An exception fails the statement, and the connection
 * is closed.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface ConnectionPreparer {

	/**
	 * Prepares a connection.
	 * @param connection the physical connection, in auto-commit mode with nothing
	 * executed; not to be closed
	 * @param decision where the unit runs, and why
	 * @throws SQLException if the connection cannot be prepared
	 */
	void prepare(Connection connection, RouteDecision decision) throws SQLException;

}
