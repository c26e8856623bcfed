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
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.replication.node.Probe.Change;
import io.github.replication.node.Probe.ConnectionLostException;
import io.github.replication.position.SampleClock;

/**
 * Keeps the known state of one node. Asks the node when an answer is needed, but less and
 * less often while reads wait for it to get further, and it does not.
 */
final class NodeInquiry implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(NodeInquiry.class);

	private static final long SHORTEST_PAUSE = Duration.ofMillis(5).toNanos();

	private static final long LONGEST_PAUSE = Duration.ofMillis(250).toNanos();

	/**
	 * How long no mark is set or looked for after the server has refused.
	 */
	private static final long BETWEEN_MARKS = Duration.ofSeconds(1).toNanos();

	private static final long SUSPICION = Duration.ofMillis(50).toNanos();

	/**
	 * The number of questions between two questions for values that change rarely.
	 */
	private static final int THOROUGH_ROUND = 10;

	private final Probe probe;

	private final ReplicaPosition position;

	private final Sampler sampler;

	private final Probing probing;

	private final AtomicInteger rounds = new AtomicInteger(THOROUGH_ROUND);

	private volatile @Nullable Exception failure;

	private volatile long nextQuestion;

	private volatile long pause = SHORTEST_PAUSE;

	private volatile boolean awaited;

	private volatile long lastLsn;

	private volatile long suspectedAt;

	private volatile long nextMark;

	/**
	 * Creates a monitor that has not asked yet.
	 * @param probe asks the node
	 * @param position the known position of the node
	 * @param probing the objects that all monitors of the cluster share
	 */
	NodeInquiry(Probe probe, ReplicaPosition position, Probing probing) {
		this.probe = probe;
		this.position = position;
		this.probing = probing;
		this.sampler = new Sampler(probing.clock(), probing.executor(), this::ask);
		this.nextQuestion = probing.clock().nanoTime();
		this.suspectedAt = this.nextQuestion - SUSPICION;
		this.nextMark = this.nextQuestion;
	}

	ReplicaPosition position() {
		return this.position;
	}

	/**
	 * Why the last question had no answer, {@code null} if it had one.
	 */
	@Nullable Exception failure() {
		return this.failure;
	}

	/**
	 * A sample that starts after a tick.
	 */
	CompletableFuture<Sample> sampleAfter(long tick) {
		return this.sampler.after(tick);
	}

	/**
	 * A sample that starts after a tick, for a read that needs the node to be further
	 * than it is known to be.
	 */
	CompletableFuture<Sample> furtherSampleAfter(long tick) {
		this.awaited = true;
		return sampleAfter(tick);
	}

	/**
	 * Whether it makes sense to ask now, on behalf of a read.
	 * @param eager whether a read waits for the node to get further
	 */
	boolean mayBeAsked(boolean eager) {
		long early = eager ? Math.max(0, this.pause - SHORTEST_PAUSE) : 0;
		return isAnswering() && this.probing.clock().nanoTime() - this.nextQuestion + early >= 0;
	}

	private boolean isAnswering() {
		return this.failure == null && this.position.isUsable();
	}

	/**
	 * Asks on a new connection, since the address seems to lead to another server.
	 */
	void askForMove() {
		this.probe.doubt();
		sampleAfter(this.probing.clock().now());
	}

	/**
	 * Asks because it is time to.
	 */
	void askInTurn() {
		this.rounds.incrementAndGet();
		sampleAfter(this.probing.clock().now());
	}

	/**
	 * Asks because a request has seen the node fail, unless that has just been done for
	 * another one.
	 * @return {@code false} if it has
	 */
	boolean askForFailure() {
		long now = this.probing.clock().nanoTime();
		if (now - this.suspectedAt < SUSPICION) {
			return false;
		}
		this.suspectedAt = now;
		sampleAfter(this.probing.clock().now());
		return true;
	}

	/**
	 * Asks the server of a connection that a pool has just handed out.
	 * @return {@code false} if the server does not answer
	 */
	boolean identify(Connection connection) {
		long tick = this.probing.clock().startSample();
		long at = this.probing.clock().nanoTime();
		try {
			Sample sample = new Sample(tick, at, this.probe.askOn(connection));
			this.position.reported(connection.unwrap(Connection.class), sample);
			return true;
		}
		catch (SQLException ex) {
			return false;
		}
	}

	/**
	 * Asks the server of a connection whether it is the one that was asked last, which
	 * may have been replaced since.
	 * @return {@code false} if it is another server, or does not answer
	 */
	boolean isServerOf(Connection connection) {
		boolean same;
		try {
			same = this.probe.isServerOf(connection);
		}
		catch (SQLFeatureNotSupportedException ex) {
			return true;
		}
		catch (SQLException ex) {
			same = false;
		}
		if (!same) {
			askForMove();
		}
		return same;
	}

	private Sample ask(long tick, long at) throws SQLException {
		long incarnation = this.position.incarnation();
		boolean thoroughly = this.rounds.get() >= THOROUGH_ROUND;
		if (thoroughly) {
			this.rounds.set(0);
		}
		Sample sample;
		try {
			sample = new Sample(tick, at, this.probe.ask(thoroughly));
			Change change = this.probe.change();
			if (change != Change.NONE) {
				this.probing.listener().changed(change);
			}
			this.position.reported(sample, incarnation);
			this.position.endDoubt(this.probing.marks().timeline());
			if (this.probe.isConnected() && (this.position.isUsable() || thoroughly)) {
				markInTime(sample, incarnation);
			}
		}
		catch (SQLException | RuntimeException ex) {
			if (ex instanceof ConnectionLostException) {
				this.position.lost();
			}
			answered(null, ex);
			throw ex;
		}
		catch (Error ex) {
			answered(null, new IllegalStateException("The question has failed with " + ex, ex));
			throw ex;
		}
		boolean stuck = sample.state().mayEndInsideRecord() && sample.state().lsn() == this.lastLsn;
		answered(sample, null);
		if (stuck && this.probing.marks().isFollowing(this)) {
			this.probe.flush();
		}
		return sample;
	}

	/**
	 * A mark that the server refuses for the moment is no failure of the question, and is
	 * tried again later.
	 */
	private void markInTime(Sample sample, long incarnation) throws SQLException {
		if (sample.at() - this.nextMark < 0) {
			return;
		}
		try {
			mark(sample, incarnation);
		}
		catch (ConnectionLostException ex) {
			throw ex;
		}
		catch (SQLException ex) {
			logger.debug("The history is compared later", ex);
			this.nextMark = this.probing.clock().nanoTime() + BETWEEN_MARKS;
		}
	}

	/**
	 * Marks a primary of which that is wanted, and looks for the mark on a standby that
	 * is not known to follow the primary's timeline.
	 */
	private void mark(Sample sample, long incarnation) throws SQLException {
		TimelineMarks marks = this.probing.marks();
		ServerState state = sample.state();
		int timeline = state.timeline();
		if (!state.inRecovery() && marks.isWantedOn(this, timeline)) {
			marks.set(timeline, this.probe.mark(timeline));
		}
		else if (state.inRecovery() && this.position.needsProof(marks.timeline())) {
			HistoryMark mark = marks.find();
			if (mark != null) {
				this.position.compared(mark.timeline(), this.probe.find(mark, state.lsn()), incarnation);
			}
			else if (marks.isRefused()) {
				this.position.compared(timeline, null, incarnation);
			}
		}
	}

	private void answered(@Nullable Sample sample, @Nullable Exception failure) {
		if (sample != null) {
			boolean further = sample.state().lsn() != this.lastLsn;
			this.lastLsn = sample.state().lsn();
			if (further) {
				this.pause = SHORTEST_PAUSE;
			}
			else if (this.awaited) {
				this.pause = Math.min(LONGEST_PAUSE, this.pause * 2);
			}
			this.awaited = false;
		}
		this.nextQuestion = this.probing.clock().nanoTime() + this.pause;
		this.failure = failure;
		this.probing.listener().answered(sample, failure);
	}

	@Override
	public void close() {
		this.probe.close();
	}

	/**
	 * The objects that a monitor needs from its surroundings.
	 *
	 * @param clock orders samples and events
	 * @param executor runs the questions
	 * @param marks the mark of the primary's timeline
	 * @param listener learns of the answers
	 */
	record Probing(SampleClock clock, Executor executor, TimelineMarks marks, Listener listener) {

	}

	/**
	 * Learns the answers of a node.
	 */
	@FunctionalInterface
	interface Listener {

		/**
		 * A question has ended.
		 * @param sample the answer, {@code null} if there was none
		 * @param failure why there was none
		 */
		void answered(@Nullable Sample sample, @Nullable Exception failure);

		/**
		 * Notes that the server has been started again, or the address of the node leads
		 * to another one.
		 * @param change the change
		 */
		default void changed(Change change) {
		}

	}

}
