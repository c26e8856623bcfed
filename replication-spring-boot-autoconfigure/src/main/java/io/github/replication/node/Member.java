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

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import io.github.replication.NodeState;
import io.github.replication.NodeStatus;
import io.github.replication.Role;
import io.github.replication.node.PrimaryHistory.Lag;
import io.github.replication.position.WalPosition;

/**
 * A node as a part of the cluster: its observations, and the state that follows from
 * them. Changed under the lock of the cluster.
 */
final class Member {

	private final ClusterNode node;

	private final NodeHealth health;

	private long clusterSystem;

	private @Nullable String clusterDatabase;

	private @Nullable Map<String, String> standbys;

	private boolean primaryHeard;

	private boolean diverged;

	private @Nullable String aliasOf;

	private volatile boolean removed;

	private long primarySince;

	private @Nullable String rivalry;

	private NodeState reported = NodeState.ONLINE;

	Member(ClusterNode node, NodeHealth health) {
		this.node = node;
		this.health = health;
	}

	ClusterNode node() {
		return this.node;
	}

	NodeHealth health() {
		return this.health;
	}

	boolean isPrimary() {
		return this.node.role() == Role.PRIMARY;
	}

	/**
	 * Whether the server has answered last that it is a standby.
	 */
	boolean isStandby() {
		Sample last = this.health.last();
		return last != null && this.health.isAnswering() && last.state().inRecovery();
	}

	boolean isRemoved() {
		return this.removed;
	}

	/**
	 * Takes the node out for good.
	 */
	void remove() {
		this.removed = true;
	}

	/**
	 * Sets the identity that all members have to agree with.
	 * @param system the system identifier of the cluster, 0 if it is not known
	 * @param database the name of the database, {@code null} if it is not known
	 */
	void belongsTo(long system, @Nullable String database) {
		this.clusterSystem = system;
		this.clusterDatabase = database;
	}

	/**
	 * Sets whether the primary has answered or failed to: until then another primary may
	 * be the same server.
	 */
	void primaryHeard(boolean heard) {
		this.primaryHeard = heard;
	}

	/**
	 * Sets whether the server's data is of another history than the primary's.
	 */
	void diverged(boolean diverged) {
		this.diverged = diverged;
	}

	/**
	 * The node that leads to the same server, {@code null} if there is none before this
	 * one.
	 */
	@Nullable String aliasOf() {
		return this.aliasOf;
	}

	/**
	 * Sets the node that leads to the same server.
	 * @return {@code true} if it is another than before
	 */
	boolean aliasOf(@Nullable String node) {
		boolean changed = !Objects.equals(node, this.aliasOf);
		this.aliasOf = node;
		this.node.alias(node != null);
		return changed;
	}

	/**
	 * Whether this node serves the reads for which another one was configured.
	 */
	boolean servesReadsOf(Member other) {
		return this.node.weight() > 0 && Objects.equals(this.node.group(), other.node.group());
	}

	/**
	 * Whether two nodes lead to one server, as far as is known, and either can be used.
	 */
	boolean isSameServerAs(Member other) {
		return !other.health.isFailing() && other.health.isReachable() && leadsToServerOf(other);
	}

	/**
	 * Whether the node leads to the server that another one has led to, though that may
	 * not answer any more.
	 */
	boolean leadsToServerOf(Member other) {
		Sample last = this.health.last();
		Sample lastOfOther = other.health.last();
		if (last == null || lastOfOther == null || this.health.isFailing()) {
			return false;
		}
		ServerState one = last.state();
		ServerState two = lastOfOther.state();
		return one.server().isKnown() && one.server().equals(two.server()) && one.system() == two.system()
				&& one.inRecovery() == two.inRecovery() && (one.inRecovery() || one.timeline() == two.timeline());
	}

	/**
	 * Whether the server belongs to the cluster, as far as is known.
	 */
	boolean isOfCluster() {
		return foreignCluster() == null;
	}

	/**
	 * Returns the system identifier that the server has reported, 0 if it has not.
	 */
	long system() {
		Sample last = this.health.last();
		return (last != null) ? last.state().system() : 0;
	}

	/**
	 * Keeps the standbys that a primary has reported, for which it is rarely asked.
	 */
	void learnStandbys(Sample sample) {
		Map<String, String> standbys = sample.state().streaming().standbys();
		if (standbys != null) {
			this.standbys = standbys;
		}
	}

	/**
	 * Returns the report to operators.
	 * @param primary the primary
	 * @param lag how far the node is behind, {@code null} if that is not known
	 */
	NodeStatus status(Member primary, @Nullable Lag lag) {
		StateSince condition = this.node.condition();
		Sample last = this.health.last();
		ServerState state = (last != null) ? last.state() : null;
		boolean positioned = state != null && state.hasPosition();
		Lag behind = isPrimary() ? null : lag;
		return new NodeStatus(this.node.name(), this.node.role(), condition.state(), condition.since(),
				condition.cause(), (behind != null) ? Duration.ofNanos(behind.now()) : null,
				(behind != null) ? behind.size() : null,
				(state != null && positioned) ? WalPosition.formatLsn(state.lsn()) : null,
				(state != null && state.timeline() != 0) ? state.timeline() : null,
				(state != null) ? state.streaming().receiving() : null, synchronization(primary, state),
				this.node.activeConnections(), this.aliasOf);
	}

	private @Nullable String synchronization(Member primary, @Nullable ServerState state) {
		String name = (state != null && !isPrimary()) ? state.streaming().applicationName() : null;
		Map<String, String> standbys = primary.standbys;
		return (name != null && standbys != null) ? standbys.get(name) : null;
	}

	/**
	 * Judges the node as a second primary.
	 * @param leader the primary
	 * @param missing the missing condition for the node to be followed, {@code null} if
	 * it is no second primary or that is not known
	 */
	void competesWith(Member leader, @Nullable String missing) {
		Sample last = this.health.last();
		boolean primary = last != null && !last.state().inRecovery() && last.state().database() != null;
		this.primarySince = (last == null || !primary) ? 0 : (this.primarySince != 0) ? this.primarySince : last.tick();
		boolean stays = leader.isAnsweringAsPrimary();
		this.rivalry = (stays || missing == null)
				? "it is a primary, but " + leader
						+ " is the primary of this cluster: rebuild it as a standby, or remove it"
				: "it is a primary as well, and is followed as soon as " + missing;
	}

	private boolean isAnsweringAsPrimary() {
		Sample last = this.health.last();
		return last != null && this.health.isAnswering() && !last.state().inRecovery();
	}

	/**
	 * Whether the node is a second primary of which it is still open whether it takes
	 * over: the first has neither answered since nor failed often enough.
	 */
	boolean isUndecided(Member leader) {
		Sample last = leader.health.last();
		boolean confirmed = last != null && leader.health.isAnswering() && last.tick() > this.primarySince;
		return this.primarySince != 0 && !confirmed && !leader.health.isFailing();
	}

	/**
	 * Notes that the state is reported now.
	 * @return the state that was reported before
	 */
	NodeState reportState() {
		NodeState before = this.reported;
		this.reported = this.node.condition().state();
		return before;
	}

	/**
	 * Judges the node by its observations.
	 * @param now the time of day
	 * @return {@code true} if its state is another than before
	 */
	boolean judge(Instant now) {
		StateSince before = this.node.condition();
		NodeState state = state();
		this.node.condition(before.followedBy(state, cause(state), now));
		return state != before.state();
	}

	private NodeState state() {
		if (this.health.isDrained()) {
			return NodeState.DRAINED;
		}
		if (this.health.isAnswering() && misconfiguration() != null) {
			return NodeState.MISCONFIGURED;
		}
		if (!this.health.isReachable() || this.health.isFailing()) {
			return NodeState.OFFLINE;
		}
		if (misconfiguration() != null) {
			return NodeState.MISCONFIGURED;
		}
		boolean shared = this.node.inquiry().position().isShared();
		if (!shared && !isPrimary() && this.diverged) {
			return NodeState.DIVERGED;
		}
		if (!isPrimary() && this.health.isLagging()) {
			return NodeState.LAGGING;
		}
		return shared ? NodeState.SHARED : NodeState.ONLINE;
	}

	private @Nullable String cause(NodeState state) {
		return switch (state) {
			case ONLINE -> failure();
			case SHARED -> "several servers answer at its URL";
			case DRAINED -> "taken out of rotation by an operator";
			case LAGGING -> "not known to keep replication.max-lag or replication.max-lag-size";
			case DIVERGED -> "it has replayed changes that the primary does not have: rebuild it as a standby"
					+ " (pg_rewind, pg_basebackup)";
			case MISCONFIGURED -> misconfiguration();
			case OFFLINE -> lossOrFailure();
		};
	}

	private @Nullable String lossOrFailure() {
		Exception loss = this.health.loss();
		return (loss != null) ? messageOf(loss) : failure();
	}

	private @Nullable String failure() {
		Exception failure = this.health.failure();
		return (failure != null) ? messageOf(failure) : null;
	}

	private static String messageOf(Exception ex) {
		String message = ex.getMessage();
		return (message != null) ? JdbcUrls.withoutSecretsIn(message) : ex.getClass().getName();
	}

	/**
	 * Returns the misconfiguration of the server.
	 * @return the mistake and the remedy, {@code null} if there is none
	 */
	@Nullable String misconfiguration() {
		Sample last = this.health.last();
		if (last == null) {
			return null;
		}
		String foreignCluster = foreignCluster();
		if (foreignCluster != null) {
			return foreignCluster;
		}
		boolean mayRival = this.aliasOf == null && this.primaryHeard;
		return Misconfiguration.ofRole(last.state(), isPrimary(), mayRival ? this.rivalry : null);
	}

	private @Nullable String foreignCluster() {
		Sample last = this.health.last();
		return (last != null) ? Misconfiguration.ofServer(last.state(), this.clusterSystem, this.clusterDatabase)
				: null;
	}

	@Override
	public String toString() {
		return this.node.toString();
	}

}
