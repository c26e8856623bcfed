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

package io.github.replication.caller;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import io.github.replication.position.Bound;
import io.github.replication.position.ReadMark;
import io.github.replication.position.SampleClock;
import io.github.replication.position.Write;

/**
 * What is remembered of one caller. Shared by all threads that work for it; what they
 * record in parallel is merged and never lost.
 */
public final class CallerRecord {

	private final SampleClock clock;

	private final long window;

	private final @Nullable CallerRecord outer;

	private final Origin origin;

	private final AtomicReference<Bound> bound = new AtomicReference<>(Bound.NONE);

	private volatile long lastOwnWrite;

	private volatile boolean written;

	private volatile boolean used;

	private volatile @Nullable Runnable onWrite;

	/**
	 * Creates the record of a caller of whom nothing is known here yet.
	 * @param clock the clock of samples
	 * @param window how long a write counts, in nanoseconds
	 * @param origin finds what the caller has brought along, {@code null} for nothing
	 */
	CallerRecord(SampleClock clock, long window, @Nullable CallerOrigin origin) {
		this(clock, window, origin, null);
	}

	private CallerRecord(SampleClock clock, long window, @Nullable CallerOrigin origin, @Nullable CallerRecord outer) {
		this.clock = clock;
		this.window = window;
		this.origin = new Origin(origin);
		this.outer = outer;
	}

	/**
	 * Creates a record that knows what this one does and more.
	 * @param more what else its caller has seen
	 * @param tracked whether what is written counts for this record as well
	 */
	CallerRecord inner(Bound more, boolean tracked) {
		CallerRecord inner = new CallerRecord(this.clock, this.window, null, tracked ? this : null);
		inner.bound.set(bound().and(more));
		return inner;
	}

	/**
	 * Has something called after each write is recorded or learnt of, by the thread that
	 * has written or learnt.
	 * @param onWrite what to call
	 */
	public void onWrite(Runnable onWrite) {
		this.onWrite = onWrite;
	}

	/**
	 * Adds what was learnt of the caller from elsewhere. What was written there leaves
	 * with this caller's token as if it had been written here.
	 * @param more what else the caller must not fall behind
	 */
	public void add(Bound more) {
		this.bound.updateAndGet((bound) -> bound.and(more));
		if (this.outer != null) {
			this.outer.add(more);
		}
		if (more.write() != null) {
			tellOfWrite();
		}
	}

	/**
	 * Whether anybody has asked for the bound, as every unit of work does.
	 * @return {@code false} if nothing has been read or written
	 */
	public boolean isUsed() {
		return this.used;
	}

	/**
	 * What the caller must not fall behind. Writes that are older than the window do not
	 * count any longer.
	 * @return the bound in force
	 */
	public Bound bound() {
		if (!this.used) {
			this.used = true;
		}
		this.origin.recall();
		Bound bound = known();
		Write write = bound.write();
		return (write != null && this.clock.nanoTime() - write.at() > this.window) ? bound.withWrite(null) : bound;
	}

	private Bound known() {
		return Objects.requireNonNull(this.bound.get());
	}

	/**
	 * Remembers that the caller has written, or may have. To be called after the commit.
	 * @param asynchronous whether the commit did not wait for the log to be flushed
	 */
	public void recordWrite(boolean asynchronous) {
		long now = this.clock.nanoTime();
		Write write = Write.unresolved(this.clock.now(), asynchronous, now);
		this.bound.updateAndGet((bound) -> bound.withWrite(write.and(bound.write())));
		this.lastOwnWrite = now;
		this.written = true;
		if (this.outer != null) {
			this.outer.recordWrite(asynchronous);
		}
		tellOfWrite();
	}

	/**
	 * Not of what was written while it is found out who the caller is: that is not the
	 * caller's, and whoever is told may be waiting for the answer.
	 */
	private void tellOfWrite() {
		Runnable onWrite = this.onWrite;
		if (onWrite != null && !this.origin.isAsked()) {
			onWrite.run();
		}
	}

	/**
	 * Remembers that the caller has read.
	 * @param node the id of the node that served, {@link ReadMark#PRIMARY} for the
	 * primary
	 * @param decidedBy the mark that the node was chosen by, {@code null} for none
	 */
	public void recordRead(int node, @Nullable ReadMark decidedBy) {
		ReadMark known = known().read();
		long tick = this.clock.now();
		if (known == null || known.node() != node || known.tick() != tick) {
			ReadMark mark = new ReadMark(node, tick, this.clock.coarseNanoTime());
			this.bound.updateAndGet((bound) -> bound.withRead(follow(bound.read(), mark, decidedBy)));
		}
		if (this.outer != null) {
			this.outer.recordRead(node, decidedBy);
		}
	}

	/**
	 * A read whose node was chosen in view of the mark before supersedes it. One that was
	 * chosen at the same time as another is neither ahead nor behind.
	 */
	private static ReadMark follow(@Nullable ReadMark before, ReadMark mark, @Nullable ReadMark decidedBy) {
		return (before == null || before.equals(decidedBy) || before.node() == mark.node()) ? mark : mark.and(before);
	}

	/**
	 * Replaces what is known of the caller's write by what has been found out about it.
	 * @param found yields the same write with more knowledge
	 */
	public void updateWrite(UnaryOperator<Write> found) {
		this.bound.updateAndGet((bound) -> {
			Write write = bound.write();
			return (write != null) ? bound.withWrite(found.apply(write)) : bound;
		});
	}

	/**
	 * Whether the caller has written here and that still counts.
	 * @return {@code true} until the window after the last write has passed
	 */
	public boolean hasWritten() {
		return this.written && this.clock.nanoTime() - this.lastOwnWrite <= this.window;
	}

	/**
	 * What the caller has brought along. Whoever comes while that is asked for waits,
	 * except for the thread that asks: what it reads from needs a decision as well.
	 */
	private final class Origin {

		private final ReentrantLock lock = new ReentrantLock();

		private @Nullable CallerOrigin source;

		private volatile boolean recalled;

		Origin(@Nullable CallerOrigin source) {
			this.source = source;
			this.recalled = source == null;
		}

		/**
		 * Whether this thread is asking for it.
		 */
		boolean isAsked() {
			return this.lock.isHeldByCurrentThread();
		}

		void recall() {
			if (this.recalled) {
				return;
			}
			this.lock.lock();
			try {
				CallerOrigin source = this.source;
				if (source != null && this.lock.getHoldCount() == 1) {
					recall(source);
				}
			}
			finally {
				this.lock.unlock();
			}
		}

		private void recall(CallerOrigin source) {
			boolean open = false;
			try {
				Bound brought = source.recall();
				CallerRecord.this.bound.updateAndGet((bound) -> bound.and(brought));
				open = source.isOpen();
			}
			finally {
				if (!open) {
					this.source = null;
					this.recalled = true;
				}
			}
		}

	}

}
