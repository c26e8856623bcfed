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
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

import io.github.replication.position.ReadMark;

/**
 * How far a standby is known to have replayed. What it has told is a lower bound of where
 * it is, but only until it starts anew: after a crash a standby opens at an older state
 * than it had shown before. So each connection that is opened tells as well, and a server
 * that was started since counts from its own word on.
 * <p>
 * Where one name stands for several servers, as behind a load balancer, start times go
 * back and forth. Then nothing is known for a while.
 */
final class ReplicaPosition {

	/**
	 * How long nothing is believed after a start time has gone back.
	 */
	private static final Duration DISTRUST = Duration.ofMinutes(1);

	private final String name;

	private final LongSupplier nanoTime;

	private final Runnable onShared;

	private final ReentrantLock lock = new ReentrantLock();

	private volatile @Nullable Known known;

	private volatile int id;

	private long incarnation;

	private volatile boolean shared;

	private volatile long sharedAt;

	/**
	 * Creates the position of a replica of which nothing is known.
	 * @param name the name of the replica
	 * @param nanoTime a monotonic clock in nanoseconds
	 * @param onShared called when several servers are found behind the name
	 */
	ReplicaPosition(String name, LongSupplier nanoTime, Runnable onShared) {
		this.name = name;
		this.id = ReadMark.idOf(name, 0);
		this.nanoTime = nanoTime;
		this.onShared = onShared;
	}

	/**
	 * What is known.
	 * @return the position, {@code null} if none is
	 */
	@Nullable Known known() {
		return isShared() ? null : this.known;
	}

	/**
	 * The id in marks of what a caller has read there.
	 * @return the id since the server was started last, {@link ReadMark#PRIMARY} while
	 * that is not known
	 */
	int id() {
		return isShared() ? ReadMark.PRIMARY : this.id;
	}

	/**
	 * Whether several servers were found behind the name.
	 */
	boolean isShared() {
		if (this.shared && this.nanoTime.getAsLong() - this.sharedAt > DISTRUST.toNanos()) {
			this.shared = false;
		}
		return this.shared;
	}

	/**
	 * The number of times that the server was seen to begin anew.
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
	 * A new connection has told.
	 */
	void told(Sample sample) {
		this.lock.lock();
		try {
			learn(sample);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * The probe has told.
	 * @param sample what it was told
	 * @param incarnation what {@link #incarnation} was before it asked; an answer from
	 * before a new start does not count
	 */
	void told(Sample sample, long incarnation) {
		this.lock.lock();
		try {
			if (this.incarnation == incarnation) {
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
			this.known = null;
			this.id = ReadMark.PRIMARY;
			this.incarnation++;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void learn(Sample sample) {
		Known before = this.known;
		ServerState state = sample.state();
		if (!state.hasPosition() || !state.inRecovery()) {
			know(null, state.startedAt());
			return;
		}
		Known now = new Known(sample.tick(), state.startedAt(), state.timeline(), state.lsn(), state.system());
		if (before == null || (now.startedAt == before.startedAt && !now.isBehind(before))) {
			know(now, now.startedAt);
		}
		else if (now.startedAt == before.startedAt) {
			if (now.tick > before.tick) {
				begin(now);
			}
		}
		else if ((now.startedAt > before.startedAt) != (now.tick > before.tick)) {
			distrust();
		}
		else if (now.tick > before.tick) {
			begin(now);
		}
	}

	/**
	 * The server has begun anew. An answer that was on its way from before is recognised
	 * by its number.
	 */
	private void begin(Known now) {
		know(now, now.startedAt);
		this.incarnation++;
	}

	private void know(@Nullable Known now, long startedAt) {
		Known before = this.known;
		if (before == null || now == null || now.startedAt != before.startedAt) {
			this.id = ReadMark.idOf(this.name, startedAt);
		}
		this.known = now;
	}

	private void distrust() {
		this.sharedAt = this.nanoTime.getAsLong();
		this.known = null;
		this.id = ReadMark.PRIMARY;
		this.incarnation++;
		if (!this.shared) {
			this.shared = true;
			this.onShared.run();
		}
	}

	/**
	 * What a standby has told.
	 *
	 * @param tick the tick before it was asked
	 * @param startedAt when it was started
	 * @param timeline the timeline it follows, 0 if it does not tell
	 * @param lsn what it has replayed
	 * @param system the system identifier, 0 if it does not tell
	 */
	record Known(long tick, long startedAt, int timeline, long lsn, long system) {

		private boolean isBehind(Known other) {
			return Long.compareUnsigned(this.lsn, other.lsn) < 0;
		}

	}

}
