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
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

import io.github.replication.position.SampleClock;
import io.github.replication.position.WalPosition;

/**
 * Lets a standby say by itself when it has replayed a position, on a connection of its
 * own, one position at a time. That needs {@code WAIT FOR LSN} (PostgreSQL 19
 * documentation, "WAIT FOR"), which knows nothing of timelines: what it says is a reason
 * to ask for the standby's state, and no more.
 */
final class ReplayWaiter implements AutoCloseable {

	/**
	 * The first major version whose standbys can say it.
	 */
	static final int VERSION = 19;

	private static final String SUCCESS = "success";

	private static final String TIMEOUT = "timeout";

	/**
	 * How long a standby is not asked again that could not say it.
	 */
	private static final Duration RETREAT = Duration.ofMinutes(1);

	private final Probe.Opening opening;

	private final Executor executor;

	private final SampleClock clock;

	private final Duration grace;

	private final ReentrantLock lock = new ReentrantLock();

	private @Nullable Wait underway;

	private long usableAt;

	private volatile @Nullable Connection connection;

	private volatile boolean closed;

	/**
	 * Creates a waiter that opens its connection when it is first asked.
	 * @param opening opens a connection
	 * @param executor runs what waits
	 * @param clock the monotonic clock
	 * @param grace how long the server may take to answer after the wait is over
	 */
	ReplayWaiter(Probe.Opening opening, Executor executor, SampleClock clock, Duration grace) {
		this.opening = opening;
		this.executor = executor;
		this.clock = clock;
		this.grace = grace;
		this.usableAt = clock.nanoTime();
	}

	/**
	 * Waits until the standby has replayed a position, or one before it that somebody
	 * waits for already. Does not block.
	 * @param lsn the position
	 * @param nanos how long to wait at most
	 * @return completed with {@code true} when the standby has said that it has, or that
	 * the time is over, and with {@code false} if it says neither; {@code null} if it
	 * cannot be asked now
	 */
	@Nullable CompletableFuture<Boolean> replayed(long lsn, long nanos) {
		this.lock.lock();
		try {
			Wait underway = this.underway;
			if (underway != null) {
				return (Long.compareUnsigned(underway.lsn, lsn) <= 0) ? underway.result : null;
			}
			return isUsable() ? start(new Wait(lsn, nanos, new CompletableFuture<>())) : null;
		}
		finally {
			this.lock.unlock();
		}
	}

	private boolean isUsable() {
		return !this.closed && this.clock.nanoTime() - this.usableAt >= 0;
	}

	private @Nullable CompletableFuture<Boolean> start(Wait wait) {
		this.underway = wait;
		try {
			this.executor.execute(() -> run(wait));
			return wait.result;
		}
		catch (RejectedExecutionException ex) {
			this.underway = null;
			return null;
		}
	}

	private void run(Wait wait) {
		boolean said = false;
		try {
			said = ask(wait);
		}
		catch (SQLException | RuntimeException ex) {
			drop();
		}
		finally {
			landed(said);
			wait.result.complete(said);
		}
	}

	private boolean ask(Wait wait) throws SQLException {
		long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(wait.nanos));
		Connection connection = connection();
		connection.setNetworkTimeout(Runnable::run, (int) Math.min(Integer.MAX_VALUE, millis + this.grace.toMillis()));
		try (Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery("WAIT FOR LSN '" + WalPosition.formatLsn(wait.lsn)
						+ "' WITH (TIMEOUT '" + millis + "ms', NO_THROW)")) {
			String status = row.next() ? row.getString(1) : null;
			return SUCCESS.equals(status) || TIMEOUT.equals(status);
		}
	}

	private Connection connection() throws SQLException {
		Connection connection = this.connection;
		if (connection == null) {
			connection = this.opening.open();
			this.connection = connection;
		}
		if (this.closed) {
			throw new SQLException("The waiter is closed.");
		}
		return connection;
	}

	private void landed(boolean said) {
		this.lock.lock();
		try {
			this.underway = null;
			if (!said) {
				this.usableAt = this.clock.nanoTime() + RETREAT.toNanos();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Closes the connection without waiting for whoever uses it.
	 */
	private void drop() {
		Connection connection = this.connection;
		this.connection = null;
		Probe.abort(connection);
	}

	@Override
	public void close() {
		this.closed = true;
		drop();
	}

	/**
	 * A position that is waited for.
	 */
	private record Wait(long lsn, long nanos, CompletableFuture<Boolean> result) {

	}

}
