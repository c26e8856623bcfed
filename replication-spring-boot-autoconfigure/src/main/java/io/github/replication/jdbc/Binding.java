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
import java.util.concurrent.atomic.AtomicBoolean;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.support.JdbcUtils;

import io.github.replication.PoolKind;
import io.github.replication.policy.Route;
import io.github.replication.position.ReadMark;

/**
 * A physical connection while it serves a logical one. Goes back to its pool once,
 * whatever happens, in the state in which it was taken.
 */
final class Binding {

	private final Connection connection;

	private final AppliedState state;

	private Route route;

	private int users;

	private boolean held;

	private boolean readOnlyUnit;

	private boolean ownTransaction;

	private final int nodeId;

	private @Nullable ReadMark decidedBy;

	private boolean hiddenWrites;

	private boolean asynchronous;

	private volatile boolean released;

	/**
	 * Set by whoever ends the use of the connection: the unit, or the one that aborts it.
	 */
	private final AtomicBoolean over = new AtomicBoolean();

	private boolean evicted;

	Binding(Connection connection, Route route) throws SQLException {
		this.connection = connection;
		this.route = route;
		this.nodeId = route.node().id();
		this.state = new AppliedState(connection);
	}

	Connection connection() {
		return this.connection;
	}

	Route route() {
		return this.route;
	}

	boolean isOnWritePool() {
		return this.route.pool() == PoolKind.WRITE;
	}

	boolean isHeld() {
		return this.held;
	}

	/**
	 * Keeps the connection for the logical one until that is closed.
	 */
	void hold() {
		this.held = true;
	}

	/**
	 * The id of the node when the connection was taken: of the server that it is open to.
	 */
	int nodeId() {
		return this.nodeId;
	}

	/**
	 * How far the caller had read when the node was chosen.
	 */
	@Nullable ReadMark decidedBy() {
		return this.decidedBy;
	}

	void decidedBy(@Nullable ReadMark read) {
		this.decidedBy = read;
	}

	/**
	 * Whether something was executed that may write where the commit does not see it.
	 */
	boolean hasHiddenWrites() {
		return this.hiddenWrites;
	}

	void noteHiddenWrites() {
		this.hiddenWrites = true;
	}

	/**
	 * Whether the unit may have chosen not to wait for the log at its commit.
	 */
	boolean isAsynchronous() {
		return this.asynchronous;
	}

	void noteAsynchronous() {
		this.asynchronous = true;
	}

	boolean isReadOnlyUnit() {
		return this.readOnlyUnit;
	}

	boolean isReleased() {
		return this.released;
	}

	/**
	 * Begins a unit of work on this connection.
	 * @param route where the unit goes: to this connection's node
	 * @param session what the logical connection was told
	 * @param readOnly whether the unit is read-only
	 */
	void begin(Route route, SessionSettings session, boolean readOnly) throws SQLException {
		this.route = route;
		this.readOnlyUnit = readOnly || !isOnWritePool();
		this.hiddenWrites = false;
		this.asynchronous = false;
		this.ownTransaction = readOnly && session.isAutoCommit() && isOnWritePool();
		this.state.apply(session, this.readOnlyUnit, session.isAutoCommit() && !this.ownTransaction);
	}

	void startInAutoCommit() throws SQLException {
		this.state.setAutoCommit(true);
	}

	void applyRareSettings(SessionSettings session) throws SQLException {
		this.state.applyRareSettings(session);
	}

	/**
	 * Whether each statement needs a transaction of its own to be read-only: in
	 * auto-commit {@code setReadOnly} enforces nothing, and only the sessions of read
	 * pools are read-only by themselves.
	 */
	boolean needsOwnTransaction() {
		return this.ownTransaction;
	}

	/**
	 * Counts a user in: a statement, or what else was made on the connection.
	 */
	void retain() {
		this.users++;
	}

	/**
	 * Counts a user out.
	 */
	void leave() {
		this.users--;
	}

	/**
	 * Whether nobody needs the connection any longer.
	 */
	boolean isIdle() {
		return this.users <= 0 && !this.held;
	}

	/**
	 * Gives the connection back, which closes what was made on it.
	 */
	void release() {
		if (this.released) {
			return;
		}
		this.released = true;
		try {
			if (this.over.compareAndSet(false, true) && (this.evicted || !this.state.restore())) {
				abort();
			}
		}
		finally {
			JdbcUtils.closeConnection(this.connection);
			leavePool(this.route);
		}
	}

	/**
	 * Has the connection closed when the unit is over.
	 */
	void evict() {
		this.evicted = true;
	}

	/**
	 * Closes the connection under the unit that waits for an answer. Safe for use by
	 * another thread than that of the unit; does nothing if the unit is over.
	 */
	void abortUnderUnit() {
		if (this.over.compareAndSet(false, true)) {
			abort();
		}
	}

	/**
	 * Closes the connection for good, so that nobody else gets it.
	 */
	void abort() {
		try {
			this.connection.abort(Runnable::run);
		}
		catch (SQLException ex) {
			JdbcUtils.closeConnection(this.connection);
		}
	}

	static void enterPool(Route route) {
		if (route.pool() == PoolKind.READ) {
			route.node().readPool().acquire();
		}
	}

	static void leavePool(@Nullable Route route) {
		if (route != null && route.pool() == PoolKind.READ) {
			route.node().readPool().release();
		}
	}

}
