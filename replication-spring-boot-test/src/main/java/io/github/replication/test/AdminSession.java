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

package io.github.replication.test;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;

/**
 * Questions to one server as a superuser. Keeps one connection between them, since a new
 * one costs the server more than most questions. A question that comes while another
 * waits for its answer has a connection of its own. Safe for use by several threads.
 */
final class AdminSession {

	private static final int SECONDS_TO_ANSWER = 5;

	private final Connector connector;

	private final AtomicReference<@Nullable Connection> idle = new AtomicReference<>();

	/**
	 * Creates a session without a connection.
	 * @param connector opens connections
	 */
	AdminSession(Connector connector) {
		this.connector = connector;
	}

	/**
	 * Asks the server.
	 * @param question asks and takes the answer
	 * @return the answer
	 * @throws SQLException if the server does not answer
	 */
	<T> T ask(Question<T> question) throws SQLException {
		Connection connection = open();
		boolean answered = false;
		try (Statement statement = connection.createStatement()) {
			T answer = question.ask(statement);
			answered = true;
			return answer;
		}
		finally {
			if (!answered || !this.idle.compareAndSet(null, connection)) {
				connection.close();
			}
		}
	}

	private Connection open() throws SQLException {
		Connection connection = this.idle.getAndSet(null);
		if (connection == null) {
			return this.connector.connect();
		}
		if (connection.isValid(SECONDS_TO_ANSWER)) {
			return connection;
		}
		connection.close();
		return this.connector.connect();
	}

	/**
	 * Closes the connection that waits for the next question.
	 */
	void close() {
		Connection connection = this.idle.getAndSet(null);
		if (connection != null) {
			try {
				connection.close();
			}
			catch (SQLException ex) {
				// The server has closed it.
			}
		}
	}

	/**
	 * Opens connections.
	 */
	@FunctionalInterface
	interface Connector {

		Connection connect() throws SQLException;

	}

	/**
	 * A question to the server.
	 *
	 * @param <T> the type of its answer
	 */
	@FunctionalInterface
	interface Question<T> {

		T ask(Statement statement) throws SQLException;

	}

}
