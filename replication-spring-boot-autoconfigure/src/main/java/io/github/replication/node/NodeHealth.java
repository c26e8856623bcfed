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

import org.jspecify.annotations.Nullable;

import io.github.replication.node.PrimaryHistory.Lag;

/**
 * The known state of one node: the answers to its probe, and whether its pools get
 * connections. Two bad answers in a row change its state, and two good ones change it
 * back, so that one lost packet does not. One thread at a time notes answers; any thread
 * notes the loss of the node. Other threads may read both.
 */
final class NodeHealth {

	/**
	 * How many answers in a row it takes.
	 */
	private static final int TURNS = 2;

	private final LagLimit lagLimit;

	private volatile Runnable onLoss = () -> {
	};

	private volatile boolean reachable = true;

	private volatile @Nullable Exception loss;

	private volatile int returning;

	private volatile @Nullable Sample last;

	private volatile @Nullable Exception failure;

	private volatile int failures;

	private volatile long answeredAt;

	private volatile long failingSince;

	private boolean drained;

	/**
	 * Creates the health of a node of which nothing is known.
	 * @param settings the limits
	 * @param now the time, by the monotonic clock in nanoseconds
	 */
	NodeHealth(MonitorSettings settings, long now) {
		this.lagLimit = new LagLimit(settings, TURNS);
		this.answeredAt = now;
	}

	/**
	 * Sets the callback for the loss of the node.
	 * @param onLoss called once a loss, by the thread that has noticed it
	 */
	void onLoss(Runnable onLoss) {
		this.onLoss = onLoss;
	}

	/**
	 * No connection to the node is left, and none can be opened.
	 * @param cause why, {@code null} if that is not known
	 */
	void lost(@Nullable Exception cause) {
		synchronized (this) {
			if (!this.reachable) {
				return;
			}
			this.loss = cause;
			this.returning = 0;
			this.reachable = false;
		}
		this.onLoss.run();
	}

	/**
	 * An attempt to reach the node again has ended.
	 * @param cause why it has failed, {@code null} if it was successful
	 * @return whether enough attempts in a row were successful
	 */
	boolean attempted(@Nullable Exception cause) {
		synchronized (this) {
			this.returning = (cause == null) ? this.returning + 1 : 0;
			if (cause != null) {
				this.loss = cause;
			}
			return this.returning >= TURNS;
		}
	}

	/**
	 * Whether the last attempt to reach a lost node was successful.
	 */
	boolean isReturning() {
		return this.returning > 0;
	}

	/**
	 * The node can be reached again.
	 */
	void found() {
		synchronized (this) {
			this.reachable = true;
			this.loss = null;
		}
	}

	/**
	 * Whether connections to the node can be opened, as far as the attempts so far show.
	 */
	boolean isReachable() {
		return this.reachable;
	}

	/**
	 * Why the node was lost, {@code null} if it was not or that is not known.
	 */
	@Nullable Exception loss() {
		return this.loss;
	}

	/**
	 * The probe was answered.
	 * @param now the time, by the monotonic clock in nanoseconds
	 */
	void answered(Sample sample, long now) {
		reported(sample);
		this.failures = 0;
		this.failure = null;
		this.answeredAt = now;
	}

	/**
	 * Notes the state that the server of a new connection has reported.
	 */
	void reported(Sample sample) {
		Sample last = this.last;
		if (last == null || sample.tick() > last.tick()) {
			this.last = sample;
		}
	}

	/**
	 * The server has answered that it cannot say more at the moment.
	 * @param now the time, by the monotonic clock in nanoseconds
	 */
	void refused(Exception cause, long now) {
		this.failures = 0;
		this.failure = cause;
		this.answeredAt = now;
	}

	/**
	 * The probe has failed.
	 * @param now the time, by the monotonic clock in nanoseconds
	 */
	void failed(Exception cause, long now) {
		if (this.failures == 0) {
			this.failingSince = now;
		}
		this.failures = this.failures + 1;
		this.failure = cause;
	}

	/**
	 * Notes the lag of a replica, after an answer of its own.
	 * @param lag the lag, {@code null} if that is not known
	 * @param now the time, by the monotonic clock in nanoseconds
	 */
	void behind(@Nullable Lag lag, long now) {
		this.lagLimit.note(lag, now);
	}

	/**
	 * An operator takes the node out of rotation, or puts it back.
	 */
	void drain(boolean drained) {
		this.drained = drained;
	}

	/**
	 * Returns the last state that the server has reported, {@code null} before the first
	 * one.
	 */
	@Nullable Sample last() {
		return this.last;
	}

	/**
	 * Why the last probe has failed, {@code null} if it was answered.
	 */
	@Nullable Exception failure() {
		return this.failure;
	}

	/**
	 * Whether the last reported state of the server still holds, as far as is known.
	 */
	boolean isAnswering() {
		return this.last != null && this.failures == 0;
	}

	/**
	 * Whether the probe has failed often enough to be believed.
	 */
	boolean isFailing() {
		return this.failures >= TURNS;
	}

	/**
	 * Whether this node has answered since the probe of another one failed first.
	 */
	boolean hasAnsweredSinceFailureOf(NodeHealth other) {
		return isAnswering() && this.answeredAt - other.failingSince > 0;
	}

	/**
	 * Since when there was no answer, by the monotonic clock in nanoseconds.
	 */
	long answeredAt() {
		return this.answeredAt;
	}

	boolean isLagging() {
		return this.lagLimit.isExceeded();
	}

	boolean isDrained() {
		return this.drained;
	}

}
