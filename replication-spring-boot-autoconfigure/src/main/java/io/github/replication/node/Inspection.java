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

import io.github.replication.position.SampleClock;

/**
 * Asks the server of a new connection for its state before the connection is used.
 *
 * @param query the query for the state
 * @param clock orders the answer and other events
 * @param listener notified of the answer
 */
record Inspection(ServerStateQuery query, SampleClock clock, Listener listener) {

	/**
	 * Asks, and makes the session read-only in the same round trip.
	 * @return {@code false} if the session is not read-only, because a connection pooler
	 * gives it to others as well
	 */
	boolean inspect(Connection connection) throws SQLException {
		long tick = this.clock.startSample();
		long at = this.clock.nanoTime();
		ReadOnlySession session = ReadOnlySession.of(connection);
		this.listener.inspected(connection, new Sample(tick, at, this.query.askFirst(connection, session)));
		return session.isReadOnly();
	}

	/**
	 * Notified of the state of a new connection's server.
	 */
	@FunctionalInterface
	interface Listener {

		/**
		 * Decides whether the connection may be used.
		 * @param connection the physical connection
		 * @param sample the state of its server
		 * @throws SQLException if it must not be used
		 */
		void inspected(Connection connection, Sample sample) throws SQLException;

	}

}
