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

/**
 * Makes a statement on a physical connection.
 */
@FunctionalInterface
interface StatementFactory {

	Statement create(Connection connection) throws SQLException;

	/**
	 * Whether the rows that the statement reads can be changed.
	 */
	default boolean isUpdatable() {
		return false;
	}

	/**
	 * A factory of statements with a concurrency.
	 * @param concurrency a constant of {@link ResultSet}
	 * @param factory makes the statements
	 */
	static StatementFactory of(int concurrency, StatementFactory factory) {
		return (concurrency == ResultSet.CONCUR_UPDATABLE) ? new Updatable(factory) : factory;
	}

	/**
	 * Makes statements whose rows can be changed.
	 *
	 * @param factory makes the statements
	 */
	record Updatable(StatementFactory factory) implements StatementFactory {

		@Override
		public Statement create(Connection connection) throws SQLException {
			return this.factory.create(connection);
		}

		@Override
		public boolean isUpdatable() {
			return true;
		}

	}

}
