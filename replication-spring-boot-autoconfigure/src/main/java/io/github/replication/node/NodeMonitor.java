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
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

import javax.sql.DataSource;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.replication.NodeDefinition;
import io.github.replication.Role;
import io.github.replication.node.ClusterNode.Pools;
import io.github.replication.node.NodeInquiry.Probing;
import io.github.replication.node.Probe.Change;
import io.github.replication.node.Probe.ConnectionLostException;
import io.github.replication.position.SampleClock;

/**
 * Watches one node. Asks it at intervals, and sooner while it does not answer or cannot
 * be reached. Such a node is tried again after pauses that grow up to the interval, with
 * one attempt at a time. It is back once it has answered and given a connection twice in
 * a row. The outcomes of requests at the node count as well.
 */
final class NodeMonitor implements NodeInquiry.Listener {

	private static final Log logger = LogFactory.getLog(NodeMonitor.class);

	/**
	 * The first pause before a node is tried again, unless a part of the interval is
	 * shorter.
	 */
	private static final long SHORTEST_PAUSE = Duration.ofMillis(250).toNanos();

	/**
	 * The longest pause, unless the interval is shorter.
	 */
	private static final long LONGEST_PAUSE = Duration.ofSeconds(2).toNanos();

	/**
	 * The divisor of the interval while the primary does not answer.
	 */
	private static final int QUICKER = 4;

	private final Surroundings surroundings;

	private final SampleClock clock;

	private final Member member;

	private final NodeHealth health;

	private final long interval;

	private final long abortAfter;

	private final AtomicBoolean attempting = new AtomicBoolean();

	private final ReentrantLock planning = new ReentrantLock();

	private volatile long pause;

	private @Nullable ScheduledFuture<?> next;

	/**
	 * Creates a node and its monitor, which does nothing before it is started.
	 * @param definition the configuration of the node
	 * @param role its role at first
	 * @param writePool the application's own pool, {@code null} for a replica
	 * @param surroundings the cluster
	 */
	NodeMonitor(NodeDefinition definition, Role role, @Nullable DataSource writePool, Surroundings surroundings) {
		this.surroundings = surroundings;
		this.clock = surroundings.clock();
		PositionSettings positions = surroundings.settings().positions();
		this.interval = positions.interval().toNanos();
		this.abortAfter = surroundings.settings().monitor().abortAfter().toNanos();
		this.pause = firstPause();
		this.health = new NodeHealth(surroundings.settings().monitor(), this.clock.nanoTime());
		ServerStateQuery query = new ServerStateQuery();
		ReadPool readPool = surroundings.readPool(definition, role, this.health,
				new Inspection(query, this.clock, this::inspected));
		NodeInquiry inquiry = new NodeInquiry(
				new Probe(readPool::openBeside, readPool::borrow, query, positions.timeout()),
				new ReplicaPosition(definition.name(), this.clock, () -> warnOfSeveralServers(definition)),
				new Probing(this.clock, surroundings.executor(), surroundings.marks(), this));
		ClusterNode node = new ClusterNode(definition, role, new Pools(readPool, null), inquiry, this.clock::nanoTime);
		if (writePool != null) {
			node.writePool(surroundings.writePool(node, writePool));
		}
		this.member = new Member(node, this.health);
		this.health.onLoss(this::lost);
	}

	private static void warnOfSeveralServers(NodeDefinition definition) {
		logger.warn("Several servers answer at the URL of " + definition
				+ ": the position of one of them says nothing of the others, so that after a write its caller is"
				+ " not served there for the length of replication.read-your-writes.window. Configure"
				+ " replication.replicas." + definition + ".url with the address of one server.");
	}

	Member member() {
		return this.member;
	}

	/**
	 * Begins to watch, the nodes of a cluster not all at once.
	 */
	void start() {
		askWithin(ThreadLocalRandom.current().nextLong(this.interval));
	}

	/**
	 * Asks soon, since the node may be the next primary.
	 */
	void hurry() {
		askWithin(Math.min(this.interval / QUICKER, LONGEST_PAUSE));
	}

	private boolean isOver() {
		return this.surroundings.isClosed() || this.member.isRemoved();
	}

	/**
	 * Has the node asked after a time, or earlier if that is planned already.
	 */
	private void askWithin(long nanos) {
		this.planning.lock();
		try {
			ScheduledFuture<?> next = this.next;
			if (isOver() || (next != null && next.getDelay(TimeUnit.NANOSECONDS) <= nanos)) {
				return;
			}
			if (next != null) {
				next.cancel(false);
			}
			this.next = this.surroundings.executor().schedule(this::ask, nanos, TimeUnit.NANOSECONDS);
		}
		finally {
			this.planning.unlock();
		}
	}

	private void ask() {
		this.planning.lock();
		try {
			this.next = null;
		}
		finally {
			this.planning.unlock();
		}
		if (!isOver()) {
			this.member.node().inquiry().askInTurn();
		}
	}

	/**
	 * Notes the state that the server of a new connection has reported.
	 * @throws SQLException if the connection must not be used
	 */
	private void inspected(Connection connection, Sample sample) throws SQLException {
		Sample last = this.health.last();
		this.member.node().reported(sample.state());
		this.member.node().inquiry().position().reported(connection, sample);
		if (!isOver()) {
			if (this.member.isPrimary() && last != null && last.state().startedAt() != sample.state().startedAt()) {
				this.member.node().inquiry().askForMove();
			}
			this.surroundings.inspected(this.member, sample);
		}
	}

	/**
	 * Plans the next question also after a failure here: none would follow otherwise.
	 */
	@Override
	public void answered(@Nullable Sample sample, @Nullable Exception failure) {
		if (isOver()) {
			return;
		}
		try {
			note(sample, failure);
		}
		finally {
			goOn();
		}
	}

	private void note(@Nullable Sample sample, @Nullable Exception failure) {
		boolean first = failure != null && this.health.failure() == null;
		this.member.node().counts().probed(sample != null);
		if (sample != null && this.member.node().defaultIsolation() == null) {
			// later the connections of the pool, which may have been given another
			this.member.node().reported(sample.state());
		}
		this.surroundings.membership().answered(this.member, sample, failure);
		if (first) {
			later(this::checkSilence, this.abortAfter - silence());
		}
		else if (failure != null) {
			checkSilence();
		}
		if (failure instanceof ConnectionLostException) {
			if (this.member.node().inquiry().position().isShared()) {
				// new connections show whether they still lead to several servers
				this.member.node().readPool().evict();
			}
			askWithin(0);
		}
	}

	/**
	 * Plans the next step after a question has ended.
	 */
	private void goOn() {
		if (!this.health.isAnswering()) {
			if (this.member.isPrimary()) {
				this.surroundings.primaryFailed(this.member);
			}
			askAfterPause();
		}
		else if (!this.health.isReachable()) {
			this.surroundings.executor().execute(this::tryToReturn);
		}
		else {
			this.pause = firstPause();
			if (this.surroundings.isPrimaryAnswering()) {
				askWithin(this.interval);
			}
			else {
				hurry();
			}
		}
	}

	private void askAfterPause() {
		long pause = this.pause;
		this.pause = Math.min(pause * 2, Math.max(firstPause(), Math.min(this.interval, LONGEST_PAUSE)));
		askWithin(pause);
	}

	private long firstPause() {
		return Math.min(SHORTEST_PAUSE, this.interval / QUICKER);
	}

	/**
	 * Connections from before a restart are dead, and connections to a primary that has
	 * left its address must not be used. Behind the address of several servers each new
	 * connection may lead to another one.
	 */
	@Override
	public void changed(Change change) {
		if (isOver() || this.member.node().inquiry().position().isShared()) {
			return;
		}
		if (change == Change.MOVED && (this.member.isPrimary() || this.surroundings.isWay(this.member))) {
			logger.warn("The address of the primary, the node '" + this.member
					+ "', leads to another server now: connections to the former one are given up");
			this.surroundings.moved(this.member);
		}
		else {
			WritePool writePool = this.member.node().writePool();
			if (writePool != null) {
				writePool.evict();
			}
			this.member.node().readPool().evict();
		}
	}

	private void checkSilence() {
		if (!isOver() && this.health.failure() != null && silence() >= this.abortAfter) {
			this.surroundings.silent(this.member.node());
		}
	}

	private long silence() {
		return this.clock.nanoTime() - this.health.answeredAt();
	}

	private void lost() {
		if (!isOver()) {
			this.surroundings.membership().reachabilityChanged();
			this.member.node().readPool().evict();
			this.pause = firstPause();
			askAfterPause();
		}
	}

	/**
	 * Looks whether a node that answers again also gives connections.
	 */
	private void tryToReturn() {
		if (isOver() || !this.attempting.compareAndSet(false, true)) {
			return;
		}
		try {
			if (!this.health.isReachable()) {
				attempt();
			}
		}
		finally {
			this.attempting.set(false);
			if (this.health.isReachable()) {
				goOn();
			}
			else {
				askAfterPause();
			}
		}
	}

	private void attempt() {
		Exception failure = tryToConnect();
		boolean back = this.health.attempted(failure) && this.health.isAnswering();
		if (back) {
			if (!this.member.isPrimary()) {
				this.member.node().warmUp();
			}
			this.health.found();
		}
		this.surroundings.membership().reachabilityChanged();
		if (back || failure == null) {
			this.pause = firstPause();
		}
	}

	/**
	 * Opens a connection, and at the second time all that the pool keeps, so that no read
	 * has to wait for it.
	 */
	private @Nullable Exception tryToConnect() {
		try {
			this.member.node().readPool().probe();
			if (this.health.isReturning()) {
				this.member.node().readPool().warm();
			}
			return null;
		}
		catch (SQLException | RuntimeException ex) {
			return ex;
		}
		catch (Error ex) {
			return new IllegalStateException("The attempt to connect has failed with " + ex, ex);
		}
	}

	private void later(Runnable task, long nanos) {
		this.surroundings.executor().schedule(task, Math.max(0, nanos), TimeUnit.NANOSECONDS);
	}

	/**
	 * The methods of the cluster that a monitor needs.
	 */
	interface Surroundings {

		ClusterSettings settings();

		SampleClock clock();

		ScheduledExecutorService executor();

		/**
		 * The mark of the primary's timeline.
		 */
		TimelineMarks marks();

		Membership membership();

		boolean isClosed();

		/**
		 * Whether the primary has answered its last question.
		 */
		boolean isPrimaryAnswering();

		/**
		 * Builds the read pool of a node.
		 */
		ReadPool readPool(NodeDefinition definition, Role role, NodeHealth health, Inspection inspection);

		/**
		 * Puts the application's own pool behind a node.
		 */
		WritePool writePool(ClusterNode node, DataSource pool);

		/**
		 * Notes the state that the server of a new connection has reported.
		 * @throws SQLException if the connection must not be used
		 */
		void inspected(Member member, Sample sample) throws SQLException;

		/**
		 * Notes that the primary does not answer: every node is to be asked soon, and no
		 * unit is to wait for a connection to it.
		 */
		void primaryFailed(Member primary);

		/**
		 * A node has been silent for too long.
		 */
		void silent(ClusterNode node);

		/**
		 * Whether a node was left for another way to the same server.
		 */
		boolean isWay(Member member);

		/**
		 * The address of the primary leads to another server.
		 */
		void moved(Member member);

	}

}
