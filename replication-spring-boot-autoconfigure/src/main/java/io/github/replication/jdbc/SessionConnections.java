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

import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLWarning;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;

import org.jspecify.annotations.Nullable;

import io.github.replication.PoolKind;
import io.github.replication.node.ClusterNode;
import io.github.replication.postgres.SqlState;

/**
 * The physical connections of one session: the one that is in use, and others on which
 * statements or rows are still open. For use by the thread of the session, except for
 * {@link #abort}.
 */
final class SessionConnections {

	/**
	 * The connection used last.
	 */
	private volatile @Nullable PhysicalConnection current;

	private volatile @Nullable List<PhysicalConnection> others;

	/**
	 * The connections that the transaction has left for another one, while rows that were
	 * read on them are open.
	 */
	private @Nullable List<PhysicalConnection> left;

	/**
	 * Whether the connection broke under a commit, so that its transaction has not ended
	 * before it is rolled back.
	 */
	private boolean commitLost;

	/**
	 * That of a connection which has gone back.
	 */
	private @Nullable SQLWarning warning;

	private volatile boolean closed;

	private volatile boolean aborted;

	@Nullable PhysicalConnection current() {
		return this.current;
	}

	boolean isClosed() {
		return this.closed;
	}

	boolean isAborted() {
		return this.aborted;
	}

	/**
	 * Whether the connection broke under a commit, and has not been rolled back since.
	 */
	boolean isCommitLost() {
		return this.commitLost;
	}

	void commitLost(boolean lost) {
		this.commitLost = lost;
	}

	void requireNoLostCommit() throws SQLException {
		if (this.commitLost) {
			throw new SQLNonTransientConnectionException(
					"The connection broke under the last commit, and with it went the transaction."
							+ " Roll it back, or close this connection.",
					SqlState.CONNECTION_FAILURE);
		}
	}

	/**
	 * Only the remains of a finished transaction may be lost with a connection.
	 */
	void requireReplaceable(PhysicalConnection broken) throws SQLException {
		if (broken.holdsSession()) {
			throw new SQLNonTransientConnectionException("The connection to " + broken.node()
					+ " broke, and with it went the settings, locks or temporary tables of its session."
					+ " Close this connection and take another.", SqlState.CONNECTION_FAILURE);
		}
		requireNoLostCommit();
	}

	/**
	 * Whether a transaction is under way on the server.
	 */
	boolean isTransactionUnderWay() throws SQLException {
		PhysicalConnection current = this.current;
		return current != null && current.isTransactionUnderWay();
	}

	/**
	 * The error of HikariCP for the same mistake, which has no SQLSTATE: that of a lost
	 * connection would let a unit run again.
	 */
	void requireOpen() throws SQLException {
		if (this.closed) {
			throw closedException();
		}
	}

	private SQLException closedException() {
		return this.aborted ? new SQLException("Connection was aborted", SqlState.CONNECTION_DOES_NOT_EXIST)
				: new SQLException("Connection is closed");
	}

	/**
	 * Keeps the warning of a connection that may go back to its pool before this one.
	 */
	void warning(@Nullable SQLWarning warning) {
		this.warning = warning;
	}

	@Nullable SQLWarning warnings() throws SQLException {
		PhysicalConnection current = this.current;
		SQLWarning warning = (current != null) ? current.connection().getWarnings() : null;
		return (warning != null) ? warning : this.warning;
	}

	void clearWarnings() throws SQLException {
		this.warning = null;
		PhysicalConnection current = this.current;
		if (current != null) {
			current.connection().clearWarnings();
		}
	}

	/**
	 * An open connection of a pool.
	 */
	@Nullable PhysicalConnection find(ClusterNode node, PoolKind pool) {
		PhysicalConnection current = this.current;
		if (current != null && current.isOf(node, pool)) {
			return current;
		}
		List<PhysicalConnection> others = this.others;
		if (others != null) {
			for (PhysicalConnection other : others) {
				if (other.isOf(node, pool)) {
					return other;
				}
			}
		}
		return null;
	}

	/**
	 * Any open connection that did not break.
	 */
	@Nullable PhysicalConnection findUnbroken() throws SQLException {
		PhysicalConnection current = this.current;
		if (current != null && !current.isBroken()) {
			return current;
		}
		List<PhysicalConnection> others = this.others;
		if (others != null) {
			for (PhysicalConnection other : others) {
				if (!other.isReleased() && !other.isBroken()) {
					return other;
				}
			}
		}
		return null;
	}

	/**
	 * Makes a connection the one in use. The one before goes back unless it is needed.
	 * @throws SQLException if the session was closed or aborted meanwhile
	 */
	void use(PhysicalConnection physical) throws SQLException {
		PhysicalConnection before = this.current;
		if (before == physical) {
			return;
		}
		List<PhysicalConnection> others = this.others;
		if (others != null) {
			others.remove(physical);
		}
		if (before != null && before.isReplaceable()) {
			release(before);
		}
		else if (before != null) {
			putAside(before);
		}
		this.current = physical;
		if (this.closed) {
			physical.abort();
			release(physical);
			throw closedException();
		}
	}

	/**
	 * Keeps a connection that is not the one in use.
	 */
	void putAside(PhysicalConnection physical) {
		List<PhysicalConnection> others = this.others;
		if (others == null) {
			others = new CopyOnWriteArrayList<>();
			this.others = others;
		}
		others.add(physical);
		if (physical == this.current) {
			this.current = null;
		}
		if (this.closed) {
			physical.abort();
			release(physical);
		}
	}

	void release(PhysicalConnection physical) {
		physical.release();
		RetryAttempt.returns(physical);
		List<PhysicalConnection> others = this.others;
		if (others != null) {
			others.remove(physical);
		}
		if (this.current == physical) {
			this.current = null;
		}
	}

	/**
	 * Gives back a connection that its transaction has left, with the end of that
	 * transaction if rows are open on it.
	 */
	void releaseWithRows(PhysicalConnection physical) {
		if (physical.isIdle()) {
			release(physical);
			return;
		}
		List<PhysicalConnection> left = this.left;
		if (left == null) {
			left = new ArrayList<>(1);
			this.left = left;
		}
		left.add(physical);
	}

	/**
	 * Gives back the connections that the transaction, which now ends, has left.
	 */
	void releaseLeft() {
		List<PhysicalConnection> left = this.left;
		if (left != null) {
			this.left = null;
			left.forEach(this::release);
		}
	}

	/**
	 * Lets no further connection be used.
	 */
	void close() {
		this.closed = true;
	}

	void releaseAll() {
		PhysicalConnection current = this.current;
		if (this.others != null) {
			all().forEach(this::release);
		}
		else if (current != null) {
			release(current);
		}
	}

	/**
	 * Closes every connection for good. Safe for use by another thread.
	 */
	void abort(Executor executor) throws SQLException {
		this.aborted = true;
		this.closed = true;
		for (PhysicalConnection physical : all()) {
			physical.abort(executor);
		}
	}

	private List<PhysicalConnection> all() {
		PhysicalConnection current = this.current;
		List<PhysicalConnection> others = this.others;
		if (others == null) {
			return (current != null) ? List.of(current) : List.of();
		}
		List<PhysicalConnection> all = new ArrayList<>(others);
		if (current != null) {
			all.add(0, current);
		}
		return all;
	}

}
