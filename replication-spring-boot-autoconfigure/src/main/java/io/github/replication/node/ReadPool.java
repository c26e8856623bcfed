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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import com.zaxxer.hikari.util.UtilityElf;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.support.JdbcUtils;

import io.github.replication.postgres.SqlState;

/**
 * The bounded pool of read-only connections to one node. No caller waits for a node that
 * cannot be reached. HikariCP holds a caller for a whole connection timeout; this pool
 * checks, once for all waiting callers, whether a connection can be opened at all, and
 * fails at once while the answer is no.
 *
 * @since 0.1.0
 */
public final class ReadPool extends DelegatingDataSource implements AutoCloseable {

	private static final int WARM_CONNECTIONS = 10;

	private final String node;

	private final HikariDataSource hikari;

	private final PhysicalDataSource physical;

	private final NodeHealth health;

	private final @Nullable Integer isolation;

	private final ReentrantLock opening = new ReentrantLock();

	private final AtomicInteger active = new AtomicInteger();

	private final LongAdder exhaustions = new LongAdder();

	private volatile int turns = 1;

	/**
	 * Whether a connection was opened ahead that the pool may not have taken yet. Changed
	 * under {@link #opening}, but for the end.
	 */
	private volatile boolean ahead;

	private Size size;

	ReadPool(String node, HikariDataSource hikari, PhysicalDataSource physical, NodeHealth health) {
		super(hikari);
		this.node = node;
		this.hikari = hikari;
		this.physical = physical;
		this.health = health;
		this.size = Size.of(hikari);
		this.isolation = isolationOf(hikari);
	}

	/**
	 * The isolation level that a pool gives its connections.
	 * @param pool the configuration of the pool
	 * @return a constant of {@link Connection}, {@code null} if the pool sets none
	 */
	public static @Nullable Integer isolationOf(HikariConfig pool) {
		int isolation = UtilityElf.getTransactionIsolation(pool.getTransactionIsolation());
		return (isolation >= 0) ? isolation : null;
	}

	/**
	 * Takes a connection.
	 * @return a connection of the pool
	 * @throws NodeUnavailableException if the node cannot be reached, or no connection
	 * became free within the pool's connection timeout
	 */
	@Override
	public Connection getConnection() throws SQLException {
		boolean ahead = liveConnections() == 0 && openFirst();
		try {
			return waitForConnection();
		}
		finally {
			if (ahead) {
				closeAhead();
			}
		}
	}

	private void closeAhead() {
		this.physical.closeAhead();
		this.ahead = false;
	}

	/**
	 * Waits several times the connection timeout, if need be: that of a pool of HikariCP
	 * cannot be changed.
	 */
	private Connection waitForConnection() throws SQLException {
		int turns = this.turns;
		while (true) {
			try {
				return this.hikari.getConnection();
			}
			catch (SQLException ex) {
				failIfInterrupted(ex);
				turns--;
				NodeUnavailableException unavailable = unavailable(ex, turns > 0);
				if (turns <= 0 || unavailable.isUnreachable()) {
					if (!unavailable.isUnreachable()) {
						this.exhaustions.increment();
					}
					throw unavailable;
				}
			}
		}
	}

	/**
	 * The pool's own data source, for meters and metadata.
	 * @return the HikariCP pool
	 */
	public HikariDataSource hikari() {
		return this.hikari;
	}

	/**
	 * The isolation level that the pool gives its connections.
	 * @return a constant of {@link Connection}, {@code null} if the pool sets none
	 */
	public @Nullable Integer isolation() {
		return this.isolation;
	}

	/**
	 * Counts a unit in, before it asks for a connection.
	 */
	public void acquire() {
		this.active.incrementAndGet();
	}

	/**
	 * Counts a unit out, after its connection has gone back or was refused.
	 */
	public void release() {
		this.active.decrementAndGet();
	}

	int active() {
		return this.active.get();
	}

	/**
	 * How often no connection became free in time.
	 * @return the number since the pool was built
	 */
	public long exhaustions() {
		return this.exhaustions.sum();
	}

	/**
	 * Whether a unit that asks now would have to wait for another to end.
	 * @return {@code true} if there are as many units as the pool may have connections
	 */
	public boolean isBusy() {
		return this.active.get() >= this.hikari.getMaximumPoolSize();
	}

	/**
	 * Whether the node can be reached, by the attempts so far.
	 * @return {@code false} if there was no connection left and none could be opened
	 */
	public boolean isReachable() {
		return this.health.isReachable();
	}

	/**
	 * How the pool stands, in words for a message.
	 * @return whether the node can be reached and how many connections are in use
	 */
	public String state() {
		SQLException failure = this.physical.failure();
		return this.health.isReachable() ? active() + " of " + this.hikari
			.getMaximumPoolSize() + " connections" : "cannot be reached"
					+ ((failure != null) ? ": " + JdbcUrls.withoutSecretsIn(String.valueOf(failure.getMessage())) : "");
	}

	/**
	 * Whether the settings of a session stay with its connection. A connection pooler may
	 * give each transaction another session.
	 * @return {@code false} as soon as a connection was found to lead to another process
	 * than the one that the driver knows, and where nothing is known of sessions
	 */
	public boolean keepsSessions() {
		return this.physical.keepsSessions();
	}

	/**
	 * Tries to open a connection, to see whether the node can be reached. A server that
	 * has none to give at the moment can be.
	 * @throws SQLException if it cannot
	 */
	void probe() throws SQLException {
		try {
			this.physical.openAhead();
			this.physical.closeAhead();
		}
		catch (SQLException ex) {
			if (!SqlState.isOutOfResources(ex)) {
				throw ex;
			}
		}
	}

	/**
	 * Closes idle connections at once, and others when they come back.
	 */
	void evict() {
		HikariPoolMXBean running = this.hikari.getHikariPoolMXBean();
		if (running != null) {
			running.softEvictConnections();
		}
	}

	/**
	 * Sets how many connections there are while the node is a replica, which are
	 * otherwise as many as the pool was built for.
	 */
	void sizeOfReplica(Size size) {
		this.size = size;
	}

	/**
	 * Lets the pool have as many connections as that of a replica.
	 */
	void resizeForReplica() {
		resize(this.size);
	}

	/**
	 * Changes how many connections there may be. HikariCP goes on to lend those that it
	 * has above that, so that all are replaced.
	 */
	void resize(Size size) {
		this.hikari.setMinimumIdle(size.minimumIdle());
		this.hikari.setMaximumPoolSize(size.maximum());
		if (liveConnections() > size.maximum()) {
			evict();
		}
	}

	/**
	 * Changes how long a read may wait for a connection.
	 * @param millis the time, which counts if it is longer than the pool's own
	 */
	void maxWait(long millis) {
		this.turns = (int) ((millis + this.hikari.getConnectionTimeout() - 1) / this.hikari.getConnectionTimeout());
	}

	/**
	 * Opens as many connections as the pool is to keep, before a caller waits for one. A
	 * unit that goes on since before a loss may hold some of them, and a server may not
	 * have that many to give.
	 * @throws SQLException if there is none at all
	 */
	void warm() throws SQLException {
		List<Connection> connections = new ArrayList<>();
		try {
			for (int i = 0; i < Math.min(Size.of(this.hikari).minimumIdle(), WARM_CONNECTIONS); i++) {
				connections.add(this.hikari.getConnection());
			}
		}
		catch (SQLException ex) {
			if (liveConnections() == 0) {
				throw ex;
			}
		}
		finally {
			connections.forEach(JdbcUtils::closeConnection);
		}
	}

	@Override
	public void close() {
		this.hikari.close();
		this.physical.closeAhead();
	}

	private int liveConnections() {
		return totalConnections(this.hikari);
	}

	/**
	 * How many connections a pool holds, without starting a pool that has not been used.
	 */
	static int totalConnections(HikariDataSource pool) {
		HikariPoolMXBean running = pool.getHikariPoolMXBean();
		return (running != null) ? running.getTotalConnections() : 0;
	}

	/**
	 * Whether a connection is open or can be opened now, which one attempt finds out.
	 */
	boolean canConnect() {
		try {
			if (liveConnections() == 0 && openFirst()) {
				closeAhead();
			}
			return true;
		}
		catch (SQLException ex) {
			return Thread.currentThread().isInterrupted() && isReachable();
		}
	}

	private boolean openFirst() throws SQLException {
		failIfUnreachable();
		if (!lockForOpening()) {
			return false;
		}
		try {
			failIfUnreachable();
			if (this.ahead || liveConnections() > 0) {
				return false;
			}
			openAhead();
			this.ahead = true;
			return true;
		}
		catch (NodeUnavailableException ex) {
			throw ex;
		}
		catch (SQLException ex) {
			failIfInterrupted(ex);
			throw SqlState.isOutOfResources(ex) ? exhausted(ex) : unreachable(ex);
		}
		finally {
			this.opening.unlock();
		}
	}

	private boolean lockForOpening() throws SQLException {
		try {
			return this.opening.tryLock(this.hikari.getConnectionTimeout(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw interrupted(ex);
		}
	}

	/**
	 * An interrupt ends a wait, and closes the socket of a virtual thread: that says
	 * nothing of the node.
	 */
	private void failIfInterrupted(SQLException failure) throws SQLException {
		if (Thread.currentThread().isInterrupted()) {
			throw interrupted(failure);
		}
	}

	private SQLException interrupted(Exception cause) {
		return new SQLException("Interrupted while waiting for a connection to " + this.node, cause);
	}

	private void openAhead() throws SQLException {
		int turns = this.turns;
		while (true) {
			try {
				this.physical.openAhead();
				return;
			}
			catch (SQLException ex) {
				turns--;
				if (turns <= 0 || !isMerelySlow(ex)) {
					throw ex;
				}
			}
		}
	}

	/**
	 * Whether it takes long to connect to a node that answers the monitor all the same,
	 * which is no reason to give up while the read may wait longer.
	 */
	private boolean isMerelySlow(SQLException failure) {
		return this.turns > 1 && PhysicalDataSource.isTimeout(failure) && this.health.isAnswering();
	}

	/**
	 * Takes a connection that the pool has already, if there is one.
	 * @throws SQLException if there is none, or none became free in time
	 */
	Connection borrow() throws SQLException {
		if (liveConnections() == 0) {
			throw new SQLException("The pool of " + this.node + " has no connection.", SqlState.UNABLE_TO_CONNECT);
		}
		return this.hikari.getConnection();
	}

	/**
	 * Opens a connection to the same server that does not belong to the pool.
	 */
	Connection openBeside() throws SQLException {
		return this.physical.connect();
	}

	private void failIfUnreachable() throws NodeUnavailableException {
		if (this.hikari.isClosed()) {
			throw NodeUnavailableException.closed(this.node);
		}
		if (!this.health.isReachable()) {
			throw NodeUnavailableException.unreachable(this.node, this.physical.failure());
		}
	}

	/**
	 * Finds out why the pool has given no connection. If it holds none, nobody uses any:
	 * then the attempt to open one has failed, or is still under way.
	 */
	private NodeUnavailableException unavailable(SQLException ex, boolean patient) {
		SQLException failure = this.physical.failure();
		if (this.hikari.isClosed()) {
			return NodeUnavailableException.closed(this.node);
		}
		if (liveConnections() > 0 || (failure != null && SqlState.isOutOfResources(failure))
				|| isMerelySlow(failure, patient)) {
			return NodeUnavailableException.exhausted(this.node, ex);
		}
		return unreachable((failure != null) ? failure : ex);
	}

	private boolean isMerelySlow(@Nullable SQLException failure, boolean patient) {
		return (failure != null) ? isMerelySlow(failure) : patient && this.health.isAnswering();
	}

	/**
	 * Notes that the server has no connection left. It still serves its open connections.
	 */
	private NodeUnavailableException exhausted(SQLException failure) {
		this.exhaustions.increment();
		return NodeUnavailableException.exhausted(this.node, failure);
	}

	private NodeUnavailableException unreachable(@Nullable SQLException failure) {
		if (!this.hikari.isClosed()) {
			this.health.lost(failure);
		}
		return NodeUnavailableException.unreachable(this.node, failure);
	}

	@Override
	public String toString() {
		return "ReadPool[" + this.node + "]";
	}

	/**
	 * The number of connections of a pool.
	 *
	 * @param maximum how many there may be
	 * @param minimumIdle how many are kept although they are not needed
	 */
	record Size(int maximum, int minimumIdle) {

		/**
		 * The size that a pool has when it is started: one that does not say how many
		 * connections to keep keeps all.
		 */
		static Size of(HikariConfig pool) {
			int maximum = pool.getMaximumPoolSize();
			int minimumIdle = pool.getMinimumIdle();
			return new Size(maximum, (minimumIdle < 0) ? maximum : Math.min(minimumIdle, maximum));
		}

	}

}
