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
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.LongSupplier;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

import io.github.replication.NodeDefinition;
import io.github.replication.NodeState;
import io.github.replication.PoolKind;
import io.github.replication.Role;
import io.github.replication.position.ReadMark;

/**
 * A node with its pools. The same object for as long as the node belongs to the cluster,
 * in any role.
 *
 * @since 0.1.0
 */
public final class ClusterNode implements Node {

	private static final long UNMEASURED = Long.MIN_VALUE;

	/**
	 * The time for which a returned node has less than its share of the reads, while its
	 * caches fill.
	 */
	private static final Duration WARM_UP = Duration.ofSeconds(10);

	private static final double FIRST_SHARE = 0.1;

	private final NodeDefinition definition;

	private final ReadPool readPool;

	private final NodeInquiry inquiry;

	private final LongSupplier nanoTime;

	private final ResponseTime responseTime;

	private volatile boolean measured;

	private final Counts counts = new Counts();

	private volatile Role role;

	private volatile @Nullable WritePool writePool;

	private volatile StateSince condition = StateSince.UNKNOWN;

	private volatile boolean alias;

	private volatile @Nullable Integer defaultIsolation;

	private volatile boolean warmingUp;

	private volatile long returnedAt;

	ClusterNode(NodeDefinition definition, Role role, Pools pools, NodeInquiry inquiry, LongSupplier nanoTime) {
		this.definition = definition;
		this.role = role;
		this.readPool = pools.read();
		this.writePool = pools.write();
		this.inquiry = inquiry;
		this.nanoTime = nanoTime;
		this.responseTime = new ResponseTime(nanoTime);
	}

	@Override
	public String name() {
		return this.definition.name();
	}

	@Override
	public int weight() {
		return this.definition.weight();
	}

	@Override
	public @Nullable String zone() {
		return this.definition.zone();
	}

	@Override
	public int activeConnections() {
		return this.readPool.active();
	}

	/**
	 * Measured from the first call of this method: most load balancers never call it.
	 */
	@Override
	public double responseTime() {
		if (!this.measured) {
			this.measured = true;
		}
		return this.responseTime.nanos();
	}

	/**
	 * The time at which the node is asked for a connection or for the answer to a
	 * statement, to be passed to {@link #answeredSince}.
	 * @return nanoseconds by a monotonic clock, or a value that stands for no time while
	 * the response time is not used
	 */
	public long askedAt() {
		return this.measured ? this.nanoTime.getAsLong() : UNMEASURED;
	}

	/**
	 * Notes how long the node took to give a connection or to answer a statement.
	 * @param start when it was asked
	 */
	public void answeredSince(long start) {
		if (start != UNMEASURED) {
			long now = this.nanoTime.getAsLong();
			this.responseTime.observe(now - start, now);
		}
	}

	/**
	 * Returns the counts of the node.
	 * @return the counts since it was added
	 */
	public Counts counts() {
		return this.counts;
	}

	/**
	 * The group whose reads alone the node serves.
	 * @return the group, {@code null} for none
	 */
	public @Nullable String group() {
		return this.definition.group();
	}

	/**
	 * Describes the node and its place for a message.
	 * @return its name, server, database and special settings
	 */
	public String target() {
		return name() + " (" + JdbcUrls.target(this.definition.url()) + ((weight() != 1) ? ", weight " + weight() : "")
				+ ((group() != null) ? ", group " + group() : "") + ((zone() != null) ? ", zone " + zone() : "") + ")";
	}

	/**
	 * Returns the configuration of the node.
	 */
	NodeDefinition definition() {
		return this.definition;
	}

	/**
	 * Returns the role of the node.
	 * @return its role
	 */
	public Role role() {
		return this.role;
	}

	void role(Role role) {
		this.role = role;
	}

	/**
	 * Whether the node serves.
	 * @return the state
	 */
	public NodeState state() {
		return this.condition.state();
	}

	/**
	 * Whether another node leads to the same server, and serves its reads.
	 * @return {@code true} if this node is in no rotation for that
	 */
	public boolean isAlias() {
		return this.alias;
	}

	void alias(boolean alias) {
		this.alias = alias;
	}

	/**
	 * The isolation level of a session to the node that is given none. A standby takes it
	 * from the primary, unless its configuration, or that of its pool, sets another one.
	 * @return a constant of {@link java.sql.Connection}, {@code null} while no connection
	 * has reported it
	 */
	public @Nullable Integer defaultIsolation() {
		return this.defaultIsolation;
	}

	/**
	 * Notes the settings that the server has reported of a session.
	 */
	void reported(ServerState state) {
		if (state != ServerState.UNKNOWN) {
			this.defaultIsolation = state.isolation();
		}
	}

	StateSince condition() {
		return this.condition;
	}

	void condition(StateSince condition) {
		this.condition = condition;
	}

	/**
	 * How the node stands, in words for a message.
	 * @return its state and why
	 */
	public String describe() {
		StateSince condition = this.condition;
		return name() + ((group() != null) ? " of the group '" + group() + "'" : "") + " (" + condition
				+ ((condition.state() == NodeState.ONLINE) ? ", " + this.readPool.state() : "") + ")";
	}

	/**
	 * Returns the id of the node in read marks of callers.
	 * @return the id of a replica since it was started last; {@link ReadMark#PRIMARY} for
	 * any primary, and while nothing is known of the replica
	 */
	public int id() {
		return (this.role == Role.PRIMARY) ? ReadMark.PRIMARY : this.inquiry.position().id();
	}

	/**
	 * The id of the server that a connection leads to.
	 * @param connection a connection of one of the node's pools
	 * @return the {@link #id()}, {@link ReadMark#PRIMARY} if the connection leads to
	 * another server than the one that is known
	 * @throws SQLException if the connection is closed
	 */
	public int idOn(Connection connection) throws SQLException {
		ReplicaPosition position = this.inquiry.position();
		return (this.role == Role.PRIMARY || !position.isAmbiguous()) ? id()
				: position.idOn(connection.unwrap(Connection.class));
	}

	/**
	 * Whether the known position of a replica is that of the server which a connection
	 * leads to. Costs nothing while all connections lead to one server.
	 * @param connection a connection of the read pool
	 * @return {@code false} if it leads to another server; {@code true} also if time
	 * decides in place of positions
	 * @throws SQLException if the connection is closed
	 */
	public boolean isKnownOn(Connection connection) throws SQLException {
		ReplicaPosition position = this.inquiry.position();
		return this.role == Role.PRIMARY || !position.isAmbiguous() || !position.isUsable()
				|| position.isOnKnownServer(connection.unwrap(Connection.class));
	}

	/**
	 * Asks the server of a connection for its identity. The answer shows whether another
	 * server has taken the place of the one before, or several share the URL.
	 * @param connection a connection of the read pool that was just taken
	 * @return {@code false} if the server does not answer
	 */
	public boolean identify(Connection connection) {
		return this.inquiry.identify(connection);
	}

	NodeInquiry inquiry() {
		return this.inquiry;
	}

	/**
	 * The node begins to serve after a time without traffic.
	 */
	void warmUp() {
		this.returnedAt = this.nanoTime.getAsLong();
		this.warmingUp = true;
	}

	/**
	 * Whether the node may have only a part of its share.
	 * @return {@code true} for some time after it has come back
	 */
	public boolean isWarmingUp() {
		if (this.warmingUp && this.nanoTime.getAsLong() - this.returnedAt >= WARM_UP.toNanos()) {
			this.warmingUp = false;
		}
		return this.warmingUp;
	}

	/**
	 * How much of its share the node may have now.
	 * @return a tenth after the return, growing to 1
	 */
	public double share() {
		double passed = (double) (this.nanoTime.getAsLong() - this.returnedAt) / WARM_UP.toNanos();
		return Math.min(1, FIRST_SHARE + (1 - FIRST_SHARE) * passed);
	}

	/**
	 * The node's pool of read-only connections.
	 * @return the pool
	 */
	public ReadPool readPool() {
		return this.readPool;
	}

	/**
	 * How often connections of the write pool should have been closed that are still
	 * there, since the pool offers no way to close them.
	 * @return the number, 0 for a pool of HikariCP
	 */
	public int writeGeneration() {
		WritePool writePool = this.writePool;
		return (writePool != null) ? writePool.generation() : 0;
	}

	/**
	 * Asks the server of a connection whether it is the one that is known.
	 * @param connection the connection, whose transaction begins unless it is in
	 * auto-commit
	 * @return {@code false} if it is another server, or does not answer
	 */
	public boolean isServerOf(Connection connection) {
		return this.inquiry.isServerOf(connection);
	}

	/**
	 * The pool of a kind.
	 * @param kind which pool
	 * @return the pool as a data source
	 * @throws IllegalStateException if the node has no such pool
	 */
	public DataSource pool(PoolKind kind) {
		DataSource pool = (kind == PoolKind.READ) ? this.readPool : this.writePool;
		Assert.state(pool != null, () -> name() + " has no pool for writes");
		return pool;
	}

	/**
	 * The pools that belong to the library.
	 * @return the read pool, and the write pool of a node that has become the primary
	 */
	public List<HikariDataSource> pools() {
		WritePool writePool = this.writePool;
		HikariDataSource own = (writePool != null) ? writePool.own() : null;
		return (own != null) ? List.of(this.readPool.hikari(), own) : List.of(this.readPool.hikari());
	}

	@Nullable WritePool writePool() {
		return this.writePool;
	}

	void writePool(WritePool writePool) {
		this.writePool = writePool;
	}

	@Override
	public String toString() {
		return name();
	}

	/**
	 * The pools of a node.
	 *
	 * @param read the pool of read-only connections
	 * @param write the pool of read-write connections, {@code null} for a replica
	 */
	record Pools(ReadPool read, @Nullable WritePool write) {

	}

}
