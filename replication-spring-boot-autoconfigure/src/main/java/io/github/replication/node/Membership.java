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

import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.replication.NodeState;
import io.github.replication.NodeStatus;
import io.github.replication.Role;
import io.github.replication.node.PrimaryHistory.Lag;
import io.github.replication.position.SampleClock;
import io.github.replication.postgres.SqlState;

/**
 * The members of the cluster, with the one that leads it and the ones that serve. The
 * reports of the nodes are judged under one lock, which no thread holds while it asks a
 * server. The outcome is one immutable {@link Topology} for the readers.
 */
final class Membership {

	private static final Log logger = LogFactory.getLog(Membership.class);

	private final boolean failover;

	private final @Nullable String zone;

	private final Positions positions;

	private final SampleClock clock;

	private final InstantSource wallClock;

	private final FailoverListener failoverListener;

	private final ReentrantLock lock = new ReentrantLock();

	private final List<Member> replicas = new ArrayList<>();

	/**
	 * The node that the application itself is connected to.
	 */
	private final Member configured;

	private volatile Member primary;

	private volatile Consumer<Member> onChange = (member) -> {
	};

	private volatile Topology topology;

	/**
	 * The node that was to become the primary and could not.
	 */
	private @Nullable Member unready;

	/**
	 * Creates a membership of one node.
	 * @param primary the configured primary
	 * @param settings the settings of the cluster
	 * @param positions learns the position of the primary
	 * @param clock the monotonic clock
	 * @param wallClock the time of day, for reports to operators
	 * @param failoverListener called at a failover
	 */
	Membership(Member primary, ClusterSettings settings, Positions positions, SampleClock clock,
			InstantSource wallClock, FailoverListener failoverListener) {
		this.failover = settings.monitor().failover();
		this.zone = settings.zone();
		this.positions = positions;
		this.clock = clock;
		this.wallClock = wallClock;
		this.failoverListener = failoverListener;
		this.configured = primary;
		this.primary = primary;
		this.topology = new Topology(primary.node(), List.of(), this.zone);
		judge();
	}

	/**
	 * Returns the roles and states of the nodes.
	 */
	Topology topology() {
		return this.topology;
	}

	/**
	 * Sets the callback for a change in the state of a member.
	 * @param onChange called with the member, under the lock of the membership
	 */
	void onChange(Consumer<Member> onChange) {
		this.onChange = onChange;
	}

	/**
	 * The member that takes the writes.
	 */
	Member primary() {
		return this.primary;
	}

	/**
	 * All members, the primary first.
	 */
	List<Member> members() {
		this.lock.lock();
		try {
			List<Member> members = new ArrayList<>();
			members.add(this.primary);
			members.addAll(this.replicas);
			return members;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Returns the report to operators on each member, the primary first.
	 */
	List<NodeStatus> status() {
		this.lock.lock();
		try {
			return members().stream()
				.map((member) -> member.status(this.primary, this.positions.lagOf(member.node())))
				.toList();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Takes a replica in.
	 * @throws IllegalArgumentException if its name or its URL is taken
	 */
	void join(Member member) {
		changed(() -> {
			members().forEach((other) -> requireAnother(other, member));
			this.replicas.add(member);
			this.topology = look();
		});
	}

	private static void requireAnother(Member one, Member other) {
		if (one.node().name().equals(other.node().name())) {
			throw new IllegalArgumentException("There is a node of the name '" + other.node().name()
					+ "' already: give the replica another name, or remove that node first.");
		}
		if (JdbcUrls.isSame(one.node().definition().url(), other.node().definition().url())) {
			throw new IllegalArgumentException("The URL of " + other.node().name() + " is that of " + one.node().name()
					+ ": set the URL of the replica's own server.");
		}
	}

	/**
	 * Takes a replica out for good.
	 * @throws IllegalStateException if it is the primary
	 */
	void leave(Member member) {
		changed(() -> {
			requireReplica(member, "removed");
			member.remove();
			this.replicas.remove(member);
			this.topology = look();
		});
	}

	/**
	 * Takes a replica out of rotation, or lets it back.
	 * @throws IllegalStateException if it is the primary
	 */
	void drain(Member member, boolean drained) {
		changed(() -> {
			if (drained) {
				requireReplica(member, "drained");
			}
			member.health().drain(drained);
		});
	}

	private static void requireReplica(Member member, String action) {
		if (member.isPrimary()) {
			throw new IllegalStateException(
					member + " is the primary, which cannot be " + action + ": promote another node before.");
		}
	}

	/**
	 * A probe was answered or has failed.
	 */
	void answered(Member member, @Nullable Sample sample, @Nullable Exception failure) {
		changed(() -> {
			if (sample != null) {
				member.health().answered(sample, this.clock.nanoTime());
			}
			else if (failure instanceof SQLException ex && SqlState.isAnswer(ex)) {
				member.health().refused(ex, this.clock.nanoTime());
				judgeLagOfSilent(member);
			}
			else if (failure != null) {
				member.health().failed(failure, this.clock.nanoTime());
			}
			if (member == this.primary) {
				this.positions.primaryAnswered(sample, failure);
				if (sample != null) {
					member.learnStandbys(sample);
					this.replicas.forEach((replica) -> this.positions.compare(replica.node()));
				}
			}
			else if (sample != null) {
				this.positions.compare(member.node());
				member.health().behind(lagOf(member, sample), this.clock.nanoTime());
			}
		});
		if (member.health().isFailing() && !member.isPrimary()) {
			member.health().lost(failure);
		}
	}

	/**
	 * How far a replica is behind. If several servers answer at its URL it is the one
	 * that has answered now.
	 */
	private @Nullable Lag lagOf(Member member, Sample sample) {
		if (!member.node().inquiry().position().isShared()) {
			return this.positions.lagOf(member.node());
		}
		ServerState state = sample.state();
		return (state.inRecovery() && state.hasPosition()) ? this.positions.lagAt(state.lsn()) : null;
	}

	/**
	 * A replica that cannot say how far it is may have come no further than it was.
	 */
	private void judgeLagOfSilent(Member member) {
		Sample last = member.health().last();
		if (member != this.primary && last != null && last.state().inRecovery() && last.state().hasPosition()) {
			member.health().behind(this.positions.lagAt(last.state().lsn()), this.clock.nanoTime());
		}
	}

	/**
	 * Notes the state that the server of a new connection has reported.
	 * @throws SQLException if the connection must not be used
	 */
	void inspected(Member member, Sample sample) throws SQLException {
		String misconfiguration;
		this.lock.lock();
		try {
			changed(() -> member.health().reported(sample));
			misconfiguration = member.misconfiguration();
		}
		finally {
			this.lock.unlock();
		}
		if (misconfiguration != null) {
			throw new SQLException(member + " is not used: " + misconfiguration, SqlState.CONNECTION_REJECTED);
		}
	}

	/**
	 * A node was lost, or can be reached again.
	 */
	void reachabilityChanged() {
		changed(() -> {
		});
	}

	/**
	 * Changes an observation, and everything that follows from it.
	 */
	private void changed(Runnable change) {
		this.lock.lock();
		try {
			change.run();
			elect();
			judge();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void elect() {
		Member before = this.primary;
		if (leadsToPrimaryAgain(this.configured) && isReady(this.configured)) {
			logger.info("Writes go to " + this.configured + " again, which leads to the same server as " + before);
			follow(this.configured, true);
			return;
		}
		Member alias = before.health().isFailing() ? otherWayTo(before) : null;
		if (alias != null && isReady(alias)) {
			logger.warn("Writes go to " + alias + ", which leads to the same server as " + before
					+ ", while that cannot be reached");
			follow(alias, false);
			return;
		}
		Member successor = this.failover
				? FailoverRule.successor(before, this.positions.timelineOfPrimary(), this.replicas) : null;
		if (successor != null && isReady(successor)) {
			reportFailover(before, successor, successor.health().last());
			follow(successor, false);
		}
	}

	/**
	 * Whether a node has what a primary needs. If that cannot be made, nothing changes,
	 * and the next answer of a node leads here again.
	 */
	private boolean isReady(Member successor) {
		try {
			this.failoverListener.ready(successor);
			this.unready = null;
			return true;
		}
		catch (RuntimeException ex) {
			if (successor != this.unready) {
				this.unready = successor;
				logger.error("Writes cannot go to the node '" + successor + "', because a pool for them cannot be"
						+ " created", ex);
			}
			return false;
		}
	}

	/**
	 * Whether the URL of a node that was left leads to the server that is the primary
	 * now, as that of a load balancer does after a failover.
	 */
	private boolean leadsToPrimaryAgain(Member member) {
		return member != this.primary && this.replicas.contains(member) && member.health().isReachable()
				&& member.isSameServerAs(this.primary);
	}

	/**
	 * Whether a node is the primary, or leads to the same server.
	 */
	boolean leadsToPrimary(ClusterNode node) {
		Member primary = this.primary;
		return node == primary.node()
				|| members().stream().anyMatch((member) -> member.node() == node && member.isSameServerAs(primary));
	}

	/**
	 * Another way that has answered since the one of the primary is closed: a server that
	 * stands still answers on neither.
	 */
	private @Nullable Member otherWayTo(Member primary) {
		return this.replicas.stream()
			.filter((member) -> member.health().isReachable() && member.leadsToServerOf(primary)
					&& member.health().hasAnsweredSinceFailureOf(primary.health()))
			.findFirst()
			.orElse(null);
	}

	/**
	 * Makes another node the primary.
	 * @param way whether the node before is another way to the same server, so that units
	 * under way there may end
	 */
	private void follow(Member successor, boolean way) {
		Member before = this.primary;
		Sample sample = successor.health().last();
		this.replicas.set(this.replicas.indexOf(successor), before);
		this.primary = successor;
		before.node().role(Role.REPLICA);
		successor.node().role(Role.PRIMARY);
		// it answers, and new connections were refused only for its former role
		successor.health().found();
		if (successor.health().isDrained()) {
			logger.info(successor + " is no longer drained, since it is the primary");
			successor.health().drain(false);
		}
		this.failoverListener.prepare(before, successor);
		this.positions.follow(successor.node().inquiry());
		this.positions.primaryAnswered(sample, null);
		judge();
		this.topology = look();
		this.failoverListener.succeeded(before, way);
	}

	private void reportFailover(Member before, Member successor, @Nullable Sample sample) {
		int timeline = (sample != null) ? sample.state().timeline() : 0;
		int known = this.positions.timelineOfPrimary();
		logger.warn("Following a failover: writes go to the node '" + successor + "' now, and no longer to the node '"
				+ before + "'" + ((timeline != 0) ? " (timeline " + timeline + ")" : "")
				+ ((timeline <= known) ? ". Its timeline is not after " + known + ", that of '" + before
						+ "', which is a standby now and has its history" : ""));
	}

	/**
	 * Judges every member by the observations of all of them.
	 */
	private void judge() {
		List<Member> members = members();
		long system = system(members);
		Sample last = this.primary.health().last();
		String database = (last != null) ? last.state().database() : null;
		boolean changed = false;
		for (Member member : members) {
			member.belongsTo(system, database);
			member.primaryHeard(last != null || this.primary.health().failure() != null);
			member.diverged(this.positions.hasDiverged(member.node()));
			changed |= member.aliasOf(Aliases.aliasOf(member, members));
			member.competesWith(this.primary, (member != this.primary && this.failover)
					? FailoverRule.missing(this.primary, this.positions.timelineOfPrimary(), member, this.replicas)
					: null);
			if (member.judge(this.wallClock.instant())) {
				changed = true;
				this.onChange.accept(member);
			}
			if (member == this.primary || !member.isUndecided(this.primary)) {
				report(member);
			}
		}
		if (changed) {
			this.topology = look();
		}
	}

	/**
	 * The system identifier that all must have: the primary's, or while that is not known
	 * the one that most of the others have.
	 * @return the identifier, 0 if there is none
	 */
	private long system(List<Member> members) {
		long known = this.positions.systemOfPrimary();
		if (known != 0) {
			return known;
		}
		List<Long> systems = members.stream().map(Member::system).filter((system) -> system != 0).toList();
		return systems.stream()
			.filter((system) -> 2 * Collections.frequency(systems, system) > systems.size())
			.findFirst()
			.orElse(0L);
	}

	/**
	 * Logs the state of a member unless that state was logged last.
	 */
	private static void report(Member member) {
		NodeState before = member.reportState();
		StateSince now = member.node().condition();
		if (now.state() == before) {
			return;
		}
		String text = member + " is " + now.state() + " (it was " + before + ")";
		if (now.state() == NodeState.ONLINE || now.state() == NodeState.DRAINED) {
			logger.info(text);
		}
		else {
			logger.warn(text + ": " + now.cause());
		}
	}

	private Topology look() {
		return new Topology(this.primary.node(), this.replicas.stream().map(Member::node).toList(), this.zone);
	}

	/**
	 * Called when another node becomes the primary, under the lock of the membership.
	 */
	interface FailoverListener {

		/**
		 * Called before anything changes.
		 * @throws RuntimeException if the node cannot become the primary
		 */
		void ready(Member now);

		/**
		 * Called before the change is visible elsewhere.
		 */
		void prepare(Member before, Member now);

		/**
		 * Called once it is.
		 * @param way whether the node before is another way to the same server
		 */
		void succeeded(Member before, boolean way);

	}

}
