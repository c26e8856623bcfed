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
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.SimpleDriverDataSource;

import io.github.replication.NodeDefinition;
import io.github.replication.NodeState;
import io.github.replication.Role;
import io.github.replication.node.ClusterNode.Pools;
import io.github.replication.node.NodeInquiry.Probing;
import io.github.replication.position.ReadYourWritesMode;
import io.github.replication.position.SampleClock;
import io.github.replication.stub.StubDriver;

/**
 * Makes nodes that need no server while nobody asks them for a connection.
 */
public final class Nodes {

	/**
	 * How many connections the read pool of a node may have.
	 */
	public static final int CONNECTIONS = 2;

	private static final Duration TIMEOUT = Duration.ofMillis(500);

	private Nodes() {
	}

	/**
	 * Positions of which nothing is known.
	 */
	public static Positions positions(ReadYourWritesMode mode) {
		return new Positions(new PositionSettings(mode, true, Duration.ZERO, TIMEOUT, TIMEOUT),
				new SampleClock(System::nanoTime));
	}

	/**
	 * Positions that decide, ordered by a clock.
	 */
	public static Positions positions(SampleClock clock, Topology topology) {
		Positions positions = new Positions(
				new PositionSettings(ReadYourWritesMode.POSITION, true, Duration.ZERO, TIMEOUT, TIMEOUT), clock);
		positions.within(() -> topology);
		return positions;
	}

	/**
	 * The primary reports how far it has flushed.
	 */
	public static void flushed(Positions positions, SampleClock clock, long lsn) {
		positions.primaryAnswered(sample(clock, false, lsn), null);
	}

	/**
	 * A replica reports how far it has replayed.
	 */
	public static void replayed(ClusterNode replica, SampleClock clock, long lsn) {
		ReplicaPosition position = replica.inquiry().position();
		position.reported(sample(clock, true, lsn), position.incarnation());
	}

	/**
	 * A replica reports on a connection how far it has replayed.
	 */
	public static void replayedOn(Connection connection, ClusterNode replica, SampleClock clock, long lsn) {
		replica.inquiry().position().reported(connection, sample(clock, true, lsn));
	}

	/**
	 * A replica reports how far it has replayed after its server was started again.
	 */
	public static void restarted(ClusterNode replica, SampleClock clock, long lsn) {
		ReplicaPosition position = replica.inquiry().position();
		position.reported(sample(clock, true, 2, lsn), position.incarnation());
	}

	/**
	 * Asks the primary, whose answer is of a later state and arrives later still.
	 */
	public static Question askPrimary(Positions positions, SampleClock clock) {
		long tick = clock.startSample();
		long at = clock.nanoTime();
		return (startedAt, lsn, insertLsn) -> {
			Sample sample = sample(tick, at, false, startedAt, lsn, insertLsn);
			return () -> positions.primaryAnswered(sample, null);
		};
	}

	/**
	 * Asks a replica by its probe.
	 */
	public static Question askReplica(ClusterNode replica, SampleClock clock) {
		ReplicaPosition position = replica.inquiry().position();
		long incarnation = position.incarnation();
		long tick = clock.startSample();
		long at = clock.nanoTime();
		return (startedAt, lsn, insertLsn) -> {
			Sample sample = sample(tick, at, true, startedAt, lsn, 0);
			return () -> position.reported(sample, incarnation);
		};
	}

	/**
	 * Asks a replica on a connection of its pool.
	 */
	public static Question askReplicaOn(Connection connection, ClusterNode replica, SampleClock clock) {
		long tick = clock.startSample();
		long at = clock.nanoTime();
		return (startedAt, lsn, insertLsn) -> {
			Sample sample = sample(tick, at, true, startedAt, lsn, 0);
			return () -> replica.inquiry().position().reported(connection, sample);
		};
	}

	/**
	 * The probe of a replica has lost its connection.
	 */
	public static void lost(ClusterNode replica) {
		replica.inquiry().position().lost();
	}

	private static Sample sample(SampleClock clock, boolean inRecovery, long lsn) {
		return sample(clock, inRecovery, 1, lsn);
	}

	private static Sample sample(SampleClock clock, boolean inRecovery, long startedAt, long lsn) {
		return sample(clock.startSample(), clock.nanoTime(), inRecovery, startedAt, lsn, inRecovery ? 0 : lsn);
	}

	private static Sample sample(long tick, long at, boolean inRecovery, long startedAt, long lsn, long insertLsn) {
		return new Sample(tick, at, new ServerState(0, false, inRecovery, startedAt, 1, lsn, insertLsn, 4711, "app",
				ServerState.Streaming.UNKNOWN));
	}

	/**
	 * A node that has just come back.
	 */
	public static ClusterNode warmingUp(ClusterNode node) {
		node.warmUp();
		return node;
	}

	/**
	 * Positions of which nothing is known but the nodes that marks name.
	 */
	public static Positions positions(ReadYourWritesMode mode, Topology topology) {
		Positions positions = positions(mode);
		positions.within(() -> topology);
		return positions;
	}

	public static ClusterNode primary() {
		return node("primary", 0, null, null, Role.PRIMARY, new HikariDataSource());
	}

	public static ClusterNode replica(String name) {
		return replica(name, 1, null, null);
	}

	/**
	 * A replica whose reports are ordered by a clock.
	 */
	public static ClusterNode replica(String name, SampleClock clock) {
		return replica(name, null, clock);
	}

	/**
	 * A replica of a group whose reports are ordered by a clock.
	 */
	public static ClusterNode replica(String name, @Nullable String group, SampleClock clock) {
		return node(new NodeDefinition(name, "jdbc:stub://" + name, null, null, 1, group, null), Role.REPLICA, null,
				health(), clock);
	}

	public static ClusterNode replica(String name, int weight, @Nullable String group, @Nullable String zone) {
		return node(name, weight, group, zone, Role.REPLICA, null);
	}

	/**
	 * A topology in whose rotation all replicas stand that have a weight.
	 */
	public static Topology topology(ClusterNode primary, List<ClusterNode> replicas, @Nullable String zone) {
		return new Topology(primary, replicas, zone);
	}

	/**
	 * Uses all connections of a node.
	 */
	public static ClusterNode busy(ClusterNode node) {
		for (int i = 0; i < CONNECTIONS; i++) {
			node.readPool().acquire();
		}
		return node;
	}

	/**
	 * A replica that cannot be reached.
	 */
	public static ClusterNode lost(String name) {
		return inState(name, NodeState.OFFLINE, "connection refused");
	}

	/**
	 * A replica in a state.
	 */
	public static ClusterNode inState(String name, NodeState state, @Nullable String cause) {
		return inState(replica(name), state, cause);
	}

	/**
	 * A node that is brought into a state.
	 */
	public static ClusterNode inState(ClusterNode node, NodeState state, @Nullable String cause) {
		node.condition(new StateSince(state, Instant.EPOCH, cause));
		return node;
	}

	private static ClusterNode node(String name, int weight, @Nullable String group, @Nullable String zone, Role role,
			@Nullable DataSource writePool) {
		return node(new NodeDefinition(name, "jdbc:stub://" + name, null, null, weight, group, zone), role, writePool,
				health(), new SampleClock(System::nanoTime));
	}

	private static NodeHealth health() {
		return new NodeHealth(new MonitorSettings(TIMEOUT, null, TIMEOUT, true), 0);
	}

	private static ClusterNode node(NodeDefinition definition, Role role, @Nullable DataSource writePool,
			NodeHealth health, SampleClock clock) {
		HikariDataSource pool = new HikariDataSource();
		pool.setMaximumPoolSize(CONNECTIONS);
		PhysicalDataSource physical = new PhysicalDataSource(
				new SimpleDriverDataSource(new StubDriver(), definition.url()), () -> Credentials.of(null, null),
				new FirstUse(List.of(), null, TIMEOUT.toMillis(), null));
		NodeInquiry monitor = new NodeInquiry(
				new Probe(physical::getConnection, physical::getConnection, new ServerStateQuery(), TIMEOUT),
				new ReplicaPosition(definition.name(), clock, () -> {
				}), new Probing(clock, Runnable::run, new TimelineMarks(() -> PrimaryHistory.EMPTY, clock::nanoTime),
						(sample, failure) -> {
						}));
		return new ClusterNode(definition, role,
				new Pools(new ReadPool(definition.name(), pool, physical, health),
						(writePool != null) ? new WritePool(writePool, () -> null, false, () -> null) : null),
				monitor, System::nanoTime);
	}

	/**
	 * A question that was sent to a server.
	 */
	@FunctionalInterface
	public interface Question {

		/**
		 * The server answers.
		 * @return what happens when the answer arrives
		 */
		Runnable answer(long startedAt, long lsn, long insertLsn);

	}

}
