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
import java.time.Duration;

/**
 * Runs a question about the catalog of a data source in the background.
 */
@FunctionalInterface
interface CatalogLoader {

	/**
	 * Runs a question later, on another thread, and returns at once: requests call this
	 * method. A question that cannot be run, because there is no connection, is tried
	 * again. It must end some time, by the timeouts of the connection.
	 * @param question the question
	 * @param delay the time to wait before, {@link Duration#ZERO} for none
	 */
	void load(Question question, Duration delay);

	/**
	 * Some queries that only read the catalog.
	 */
	@FunctionalInterface
	interface Question {

		/**
		 * Asks.
		 * @param connection a connection of any node, the primary if possible, in
		 * auto-commit, as the application's own user
		 * @throws SQLException if the catalog cannot be read
		 */
		void ask(Connection connection) throws SQLException;

	}

}
