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
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

import io.github.replication.node.HistoryMark.Finding;
import io.github.replication.node.ServerState.Server;
import io.github.replication.position.ReadMark;
import io.github.replication.position.SampleClock;

/**
 * The known position of a standby. A reported position is a lower bound, but only until
 * the standby is started again: after a crash it opens at an older state than it had
 * shown before. So each new connection reports as well, and a server that was started
 * since counts from its first own report.
 * <p>
 * Where one URL leads to several servers, as that of a load balancer does, a position
 * says nothing about the server of another connection. Then none is known until all
 * connections lead to one server. Safe for use by several threads.
 */
final class ReplicaPosition {

	private final String name;

	private final SampleClock clock;

	private final Runnable onShared;

	private final ReentrantLock lock = new ReentrantLock();

	/**
	 * The servers of the pool's connections, which are in here until they are collected.
	 */
	private final Map<Connection, Server> connections = new WeakHashMap<>();

	private @Nullable Server probed;

	private volatile @Nullable Known known;

	private volatile int id;

	private long incarnation;

	private volatile boolean shared;

	/**
	 * Whether connections to more than one server may be open.
	 */
	private volatile boolean ambiguous;

	private volatile boolean unprovable;

	private volatile boolean promoted;

	/**
	 * The incarnation that was found to be of another history, {@code null} for none.
	 */
	private volatile @Nullable Divergence divergence;

	/**
	 * Creates the position of a replica of which nothing is known.
	 * @param name the name of the replica
	 * @param clock orders samples and events
	 * @param onShared called when several servers are found behind the URL
	 */
	ReplicaPosition(String name, SampleClock clock, Runnable onShared) {
		this.name = name;
		this.id = ReadMark.idOf(name, 0);
		this.clock = clock;
		this.onShared = onShared;
	}

	/**
	 * The known position.
	 * @return the position, {@code null} if none is known
	 */
	@Nullable Known known() {
		return this.known;
	}

	/**
	 * Returns the id of the replica in read marks of callers.
	 * @return the id since the server was started last, {@link ReadMark#PRIMARY} while
	 * that is not known
	 */
	int id() {
		return this.id;
	}

	/**
	 * Returns the id in the read mark of a caller that has read on one of the pool's
	 * connections.
	 * @param connection a physical connection
	 */
	int idOn(Connection connection) {
		return (!this.ambiguous || isOnKnownServer(connection)) ? this.id : ReadMark.PRIMARY;
	}

	/**
	 * Whether the server has answered as a primary.
	 */
	boolean isPromoted() {
		return this.promoted;
	}

	/**
	 * Whether several servers were found behind the URL.
	 */
	boolean isShared() {
		return this.shared;
	}

	/**
	 * Whether positions decide which reads the replica may serve, and not only time.
	 */
	boolean isUsable() {
		return !this.shared && !this.unprovable;
	}

	/**
	 * Whether connections to more than one server may be open, so that each has to be
	 * checked.
	 */
	boolean isAmbiguous() {
		return this.ambiguous;
	}

	/**
	 * Whether a connection leads to the server whose position is known.
	 * @param connection a physical connection
	 */
	boolean isOnKnownServer(Connection connection) {
		this.lock.lock();
		try {
			Known known = this.known;
			return known != null && known.server().equals(this.connections.get(connection));
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * The number of times that the server was seen to be started again.
	 */
	long incarnation() {
		this.lock.lock();
		try {
			return this.incarnation;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * One of the pool's connections has reported the server's state.
	 * @param connection the physical connection
	 */
	void reported(Connection connection, Sample sample) {
		this.lock.lock();
		try {
			this.connections.put(connection, sample.state().server());
			learn(sample);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * The probe has reported the server's state.
	 * @param sample the answer
	 * @param incarnation the {@link #incarnation} before the question; an answer from
	 * before a new start does not count
	 */
	void reported(Sample sample, long incarnation) {
		this.lock.lock();
		try {
			if (this.incarnation == incarnation) {
				this.probed = sample.state().server();
				learn(sample);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * The probe has lost its connection, perhaps with the server.
	 */
	void lost() {
		this.lock.lock();
		try {
			this.probed = null;
			forget();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void forget() {
		this.known = null;
		this.promoted = false;
		this.id = ReadMark.PRIMARY;
		this.incarnation++;
	}

	private void learn(Sample sample) {
		if (this.shared) {
			unshare(sample);
			return;
		}
		ServerState state = sample.state();
		this.promoted = state.hasPosition() && !state.inRecovery();
		if (!state.hasPosition() || !state.inRecovery()) {
			know(null, state.startedAt());
			settle(state.server());
			return;
		}
		Known before = this.known;
		Known now = new Known(sample, state.timeline(), this.clock.now());
		if (before == null) {
			know(now, now.startedAt());
		}
		else if (before.server().equals(now.server())) {
			learnOfSameServer(before, now);
		}
		else {
			learnOfAnotherServer(before, now);
		}
		settle(state.server());
	}

	private void learnOfSameServer(Known before, Known now) {
		boolean later = now.tick() > before.tick();
		if (now.startedAt() == before.startedAt() && !now.isBehind(before)) {
			know(now.onTimelineOf(before), now.startedAt());
		}
		else if (later) {
			begin(now);
		}
	}

	/**
	 * A server that was started later may have taken the place of the one before. One
	 * that was started earlier and answers later has not been replaced.
	 */
	private void learnOfAnotherServer(Known before, Known now) {
		boolean later = now.tick() > before.tick();
		boolean startedLater = now.server().bootedAt() > before.server().bootedAt();
		if (later && startedLater) {
			begin(now);
		}
		else if (later || startedLater) {
			share();
		}
	}

	/**
	 * The server has begun anew. An answer that was on its way from before is recognised
	 * by its number.
	 */
	private void begin(Known now) {
		know(now, now.startedAt());
		this.unprovable = false;
		this.incarnation++;
	}

	private void know(@Nullable Known now, long startedAt) {
		Known before = this.known;
		if (before == null || now == null || now.startedAt() != before.startedAt()) {
			this.id = ReadMark.idOf(this.name, startedAt);
		}
		this.known = now;
	}

	private void share() {
		forget();
		this.shared = true;
		this.onShared.run();
	}

	private void unshare(Sample sample) {
		Set<Server> servers = servers();
		if (servers.size() == 1 && servers.contains(sample.state().server())) {
			this.shared = false;
			learn(sample);
		}
	}

	private void settle(Server server) {
		Set<Server> servers = servers();
		servers.add(server);
		this.ambiguous = servers.size() > 1;
	}

	/**
	 * The servers that the probe and the pool's open connections lead to.
	 */
	private Set<Server> servers() {
		this.connections.keySet().removeIf(ReplicaPosition::isClosed);
		Set<Server> servers = new HashSet<>(this.connections.values());
		if (this.probed != null) {
			servers.add(this.probed);
		}
		return servers;
	}

	private static boolean isClosed(Connection connection) {
		try {
			return connection.isClosed();
		}
		catch (SQLException ex) {
			return true;
		}
	}

	/**
	 * Whether it has to be found out that the standby follows the primary's timeline.
	 * @param timeline the timeline of the primary, 0 if it is not known
	 */
	boolean needsProof(int timeline) {
		Known known = this.known;
		return known != null && timeline != 0 && known.timeline() < timeline
				&& (known.timeline() == 0 || !hasDivergedFrom(timeline));
	}

	/**
	 * Ends the doubt about a standby without a proof, if it reports the primary's
	 * timeline itself by now.
	 * @param timeline the timeline of the primary, 0 if it is not known
	 */
	void endDoubt(int timeline) {
		if (!this.unprovable) {
			return;
		}
		this.lock.lock();
		try {
			Known known = this.known;
			if (known != null && timeline != 0 && known.timeline() == timeline) {
				this.unprovable = false;
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * The standby was looked at for a mark of the primary.
	 * @param timeline the timeline of the mark
	 * @param finding the result, {@code null} if the mark cannot be set or looked for
	 * @param incarnation the {@link #incarnation} before that
	 */
	void compared(int timeline, @Nullable Finding finding, long incarnation) {
		this.lock.lock();
		try {
			Known known = this.known;
			if (known == null || this.incarnation != incarnation) {
				return;
			}
			this.unprovable = finding == null;
			if (finding == Finding.SAME_HISTORY) {
				this.known = known.onTimeline(timeline);
			}
			else if (finding == Finding.OTHER_HISTORY) {
				this.divergence = new Divergence(known.startedAt(), timeline);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Compares the position with later samples of the primary. A standby cannot be ahead
	 * of its primary.
	 */
	void compare(PrimaryHistory history) {
		Known known = this.known;
		boolean sameCluster = known != null
				&& (known.system() == 0 || history.system() == 0 || known.system() == history.system());
		if (known != null && sameCluster && history.isOvertakenBy(known.lsn(), known.until())) {
			this.divergence = new Divergence(known.startedAt(), history.timeline());
		}
	}

	/**
	 * Whether the standby, as it was started last, has another history than a primary.
	 * @param timeline the timeline of the primary
	 */
	boolean hasDivergedFrom(int timeline) {
		Divergence divergence = this.divergence;
		Known known = this.known;
		return divergence != null && divergence.timeline() == timeline
				&& (known == null || known.startedAt() == divergence.startedAt());
	}

	/**
	 * A reported position of a standby.
	 *
	 * @param sample the report
	 * @param timeline the timeline that the standby is known to have come to, 0 if none
	 * is known
	 * @param until a tick that was noted after the report
	 */
	record Known(Sample sample, int timeline, long until) {

		long tick() {
			return this.sample.tick();
		}

		long lsn() {
			return this.sample.state().lsn();
		}

		long system() {
			return this.sample.state().system();
		}

		long startedAt() {
			return this.sample.state().startedAt();
		}

		Server server() {
			return this.sample.state().server();
		}

		private boolean isBehind(Known other) {
			return Long.compareUnsigned(lsn(), other.lsn()) < 0;
		}

		boolean isFurtherThan(Known other) {
			return (this.timeline != other.timeline) ? this.timeline > other.timeline : other.isBehind(this);
		}

		/**
		 * A standby never goes back to an earlier timeline while it runs.
		 */
		private Known onTimelineOf(Known before) {
			return onTimeline(Math.max(this.timeline, before.timeline));
		}

		private Known onTimeline(int timeline) {
			return new Known(this.sample, timeline, this.until);
		}

	}

}
