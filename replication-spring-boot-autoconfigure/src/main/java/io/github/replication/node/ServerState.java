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
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The state that a server reports of itself.
 *
 * @param isolation the isolation level of a transaction that does not name one
 * @param asynchronousCommit whether commits do not wait for the flush by default
 * @param inRecovery whether the server is a standby
 * @param startedAt when the server was started, in microseconds since 1970 by its own
 * clock, or has recovered from a crash since; 0 if it is not known
 * @param timeline the timeline that a primary writes, or that a standby is known to have
 * come to: it may be further. 0 if it is not known
 * @param lsn the position that a standby has replayed, or a primary has flushed; 0 if it
 * is not known
 * @param insertLsn where a primary writes next; 0 for a standby
 * @param system the system identifier of the cluster, 0 if it is not known
 * @param database the name of the database, {@code null} if it is not known
 * @param streaming the state of streaming
 * @param server which server it is
 */
record ServerState(int isolation, boolean asynchronousCommit, boolean inRecovery, long startedAt, int timeline,
		long lsn, long insertLsn, long system, @Nullable String database, Streaming streaming, Server server) {

	/**
	 * The state of a server of which only a sign of life is known.
	 */
	static final ServerState UNKNOWN = new ServerState(Connection.TRANSACTION_READ_COMMITTED, false, false, 0, 0, 0, 0,
			0, null, Streaming.UNKNOWN);

	/**
	 * The number of bytes that the server writes at a time, by default.
	 */
	private static final int WAL_PAGE = 8192;

	/**
	 * Creates the state of a server that does not report its port.
	 */
	ServerState(int isolation, boolean asynchronousCommit, boolean inRecovery, long startedAt, int timeline, long lsn,
			long insertLsn, long system, @Nullable String database, Streaming streaming) {
		this(isolation, asynchronousCommit, inRecovery, startedAt, timeline, lsn, insertLsn, system, database,
				streaming, new Server(startedAt, 0));
	}

	/**
	 * Whether the flushed WAL of a primary may end inside a record: its WAL writer
	 * flushes whole pages of transactions under way. No standby replays a part of a
	 * record.
	 */
	boolean mayEndInsideRecord() {
		return !this.inRecovery && hasPosition() && this.lsn != this.insertLsn && this.lsn % WAL_PAGE == 0;
	}

	/**
	 * Whether the server reports positions at all.
	 */
	boolean hasPosition() {
		return this.lsn != 0;
	}

	/**
	 * Identifies a server independently of the address that leads to it. The address at
	 * which a server was reached does not identify it: a server with a virtual IP has
	 * several.
	 *
	 * @param bootedAt when its postmaster was started, in microseconds since 1970 by its
	 * own clock; 0 if that is not known
	 * @param port the port at which it listens; 0 if that is not known
	 */
	record Server(long bootedAt, int port) {

		boolean isKnown() {
			return this.bootedAt != 0;
		}

	}

	/**
	 * The state of streaming.
	 *
	 * @param receiving whether a standby's WAL receiver runs, {@code null} if that is not
	 * known
	 * @param applicationName the name that a standby has given to the primary,
	 * {@code null} if it is not known
	 * @param standbys how a primary waits for each of its standbys, by the name that the
	 * standby has given; {@code null} if it was not asked or does not report them
	 */
	record Streaming(@Nullable Boolean receiving, @Nullable String applicationName,
			@Nullable Map<String, String> standbys) {

		static final Streaming UNKNOWN = new Streaming(null, null, null);

	}

}
