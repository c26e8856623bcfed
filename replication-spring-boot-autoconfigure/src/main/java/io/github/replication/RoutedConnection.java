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

package io.github.replication;

import java.sql.Connection;

import org.jspecify.annotations.Nullable;

/**
 * Shows the route of a connection of a replicated data source. Reached by
 * {@link Connection#unwrap unwrap}:
 * {@code connection.unwrap(RoutedConnection.class).route()}.
 *
 * @since 0.1.0
 */
public interface RoutedConnection {

	/**
	 * Where the current unit of work runs: the transaction under way, or the statement in
	 * auto-commit.
	 * @return the decision in force, or {@code null} while no statement of the unit has
	 * asked for one
	 */
	@Nullable RouteDecision route();

	/**
	 * Where the transaction under way has executed statements. A stricter scope cannot
	 * join it if that is a replica.
	 * @return the decision, or {@code null} if there is no transaction, it has executed
	 * nothing, or only the scope around its first statement has made it read-only, so
	 * that it may go on elsewhere
	 */
	@Nullable RouteDecision transactionRoute();

}
