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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * The pool of read-write connections to a node: the application's own, or one like it to
 * a node that has become the primary. While no connection can be had, callers fail at
 * once and wait outside the pool, where they notice when the node is back or another one
 * is followed. Callers that already wait inside the pool are interrupted at such a
 * change.
 */
final class WritePool extends DelegatingDataSource implements AutoCloseable {

	private final Supplier<@Nullable HikariDataSource> hikari;

	private final Supplier<@Nullable NodeUnavailableException> obstacle;

	private final boolean owned;

	private final AtomicInteger generation = new AtomicInteger();

	private final Set<Visit> inside = ConcurrentHashMap.newKeySet();

	/**
	 * The configured number of idle connections, {@code null} unless the pool rests.
	 */
	private @Nullable Integer minimumIdle;

	/**
	 * Creates a pool.
	 * @param pool the pool
	 * @param hikari yields the pool of HikariCP that it is or leads to, {@code null} if
	 * it is another one
	 * @param owned whether the pool is the library's own
	 * @param obstacle why no new connection can be opened, {@code null} if there is no
	 * reason
	 */
	WritePool(DataSource pool, Supplier<@Nullable HikariDataSource> hikari, boolean owned,
			Supplier<@Nullable NodeUnavailableException> obstacle) {
		super(pool);
		this.hikari = hikari;
		this.owned = owned;
		this.obstacle = obstacle;
	}

	/**
	 * Takes a connection.
	 * @throws NodeUnavailableException if the node cannot be reached, or another one is
	 * followed meanwhile
	 */
	@Override
	public Connection getConnection() throws SQLException {
		NodeUnavailableException obstacle = isWorthEntering() ? null : this.obstacle.get();
		if (obstacle != null) {
			throw obstacle;
		}
		if (Thread.currentThread().isInterrupted()) {
			return obtainTargetDataSource().getConnection();
		}
		Visit visit = new Visit(Thread.currentThread());
		this.inside.add(visit);
		try {
			return obtainTargetDataSource().getConnection();
		}
		catch (SQLException ex) {
			if (leave(visit)) {
				NodeUnavailableException reason = this.obstacle.get();
				throw (reason != null) ? reason : NodeUnavailableException.calledOut(ex);
			}
			throw ex;
		}
		finally {
			leave(visit);
		}
	}

	private boolean leave(Visit visit) {
		this.inside.remove(visit);
		return visit.end();
	}

	/**
	 * Whether a caller would be served: nothing is known to stand in the way, or a
	 * connection is idle.
	 */
	boolean isWorthEntering() {
		return this.obstacle.get() == null || hasIdleConnection();
	}

	private boolean hasIdleConnection() {
		HikariPoolMXBean running = running();
		return running != null && running.getIdleConnections() > 0;
	}

	/**
	 * Whether the pool holds a connection, idle or in use.
	 */
	boolean isConnected() {
		HikariDataSource hikari = this.hikari.get();
		return hikari != null && ReadPool.totalConnections(hikari) > 0;
	}

	/**
	 * Interrupts the callers that wait inside, since the state that they wait for has
	 * changed.
	 */
	void callOut() {
		this.inside.forEach(Visit::callOut);
	}

	/**
	 * Has the pool open no connection by itself while there is none to be had. HikariCP
	 * tries again ever more rarely, at last each 5 s, and the first caller after an
	 * outage would wait for its next attempt.
	 */
	void restWhileUnavailable() {
		HikariDataSource hikari = this.hikari.get();
		if (hikari == null || !hikari.isRunning()) {
			return;
		}
		synchronized (this.inside) {
			Integer minimumIdle = this.minimumIdle;
			boolean unavailable = this.obstacle.get() != null;
			if (unavailable && minimumIdle == null) {
				this.minimumIdle = hikari.getMinimumIdle();
				hikari.setMinimumIdle(0);
			}
			else if (!unavailable && minimumIdle != null) {
				hikari.setMinimumIdle(minimumIdle);
				this.minimumIdle = null;
			}
		}
	}

	/**
	 * The configured number of idle connections, {@code null} unless the pool rests.
	 */
	@Nullable Integer restingMinimumIdle() {
		synchronized (this.inside) {
			return this.minimumIdle;
		}
	}

	/**
	 * Closes idle connections at once, and others when they come back.
	 */
	void evict() {
		HikariPoolMXBean running = running();
		if (running != null) {
			running.softEvictConnections();
		}
		else {
			this.generation.incrementAndGet();
		}
	}

	private @Nullable HikariPoolMXBean running() {
		HikariDataSource hikari = this.hikari.get();
		return (hikari != null) ? hikari.getHikariPoolMXBean() : null;
	}

	/**
	 * How often the connections were to be let go while the pool, which is none of
	 * HikariCP's, kept them: each of them may lead to a former server.
	 */
	int generation() {
		int generation = this.generation.get();
		HikariDataSource hikari = (generation != 0) ? this.hikari.get() : null;
		// one of HikariCP's that was not started by then has had no connections
		return (hikari != null && hikari.isRunning()) ? 0 : generation;
	}

	/**
	 * The library's own pool, {@code null} if it is the application's.
	 */
	@Nullable HikariDataSource own() {
		return this.owned ? this.hikari.get() : null;
	}

	boolean isClosed() {
		HikariDataSource hikari = this.hikari.get();
		return hikari != null && hikari.isClosed();
	}

	@Override
	public void close() {
		HikariDataSource own = own();
		if (own != null) {
			own.close();
		}
	}

	@Override
	public String toString() {
		return "WritePool[" + getTargetDataSource() + "]";
	}

	/**
	 * One thread that asks the pool for a connection. The pools wait interruptibly. An
	 * interrupt never reaches the thread after the end of its visit.
	 */
	private static final class Visit {

		private final Thread thread;

		private boolean ended;

		private boolean calledOut;

		Visit(Thread thread) {
			this.thread = thread;
		}

		/**
		 * The identity hash of a new object costs a call into the virtual machine; the
		 * thread has one.
		 */
		@Override
		public int hashCode() {
			return this.thread.hashCode();
		}

		void callOut() {
			synchronized (this) {
				if (!this.ended && !this.calledOut) {
					this.calledOut = true;
					this.thread.interrupt();
				}
			}
		}

		/**
		 * Ends the visit on its own thread.
		 * @return whether the thread was called out
		 */
		boolean end() {
			synchronized (this) {
				if (!this.ended && this.calledOut) {
					Thread.interrupted();
				}
				this.ended = true;
				return this.calledOut;
			}
		}

	}

}
