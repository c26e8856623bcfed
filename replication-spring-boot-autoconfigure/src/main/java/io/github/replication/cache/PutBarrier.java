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

package io.github.replication.cache;

import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;

/**
 * Lets an eviction wait for the puts that have begun before it. Puts never wait. Safe for
 * use by several threads.
 */
final class PutBarrier {

	/**
	 * How long an eviction waits. A put that takes longer checks its value again
	 * afterwards.
	 */
	private static final long LONGEST_WAIT = TimeUnit.MILLISECONDS.toNanos(100);

	private final AtomicReference<Phase> current = new AtomicReference<>(new Phase(null));

	/**
	 * Begins a put.
	 * @return ends the put; may be used by another thread
	 */
	Phase begin() {
		while (true) {
			Phase phase = current();
			if (phase.enter()) {
				return phase;
			}
		}
	}

	/**
	 * Waits until all puts that have begun have ended, but no longer than a tenth of a
	 * second.
	 */
	void await() {
		Phase ended = current();
		if (ended.isIdle()) {
			return;
		}
		Phase next = new Phase(ended);
		while (!this.current.compareAndSet(ended, next)) {
			ended = current();
			next = new Phase(ended);
		}
		ended.end();
		if (ended.await(LONGEST_WAIT)) {
			next.forgetPrevious();
		}
	}

	private Phase current() {
		return Objects.requireNonNull(this.current.get());
	}

	/**
	 * The puts between two evictions.
	 */
	static final class Phase {

		/**
		 * One for the phase itself while it goes on, and one for each put.
		 */
		private final AtomicInteger open = new AtomicInteger(1);

		private final CountDownLatch drained = new CountDownLatch(1);

		private volatile @Nullable Phase previous;

		private Phase(@Nullable Phase previous) {
			this.previous = previous;
		}

		private boolean enter() {
			int open = this.open.get();
			while (open > 0) {
				if (this.open.compareAndSet(open, open + 1)) {
					return true;
				}
				open = this.open.get();
			}
			return false;
		}

		/**
		 * Ends a put, or the phase.
		 */
		void end() {
			if (this.open.decrementAndGet() == 0) {
				this.drained.countDown();
			}
		}

		private boolean isIdle() {
			return this.open.get() == 1 && this.previous == null;
		}

		private void forgetPrevious() {
			this.previous = null;
		}

		private boolean await(long nanos) {
			try {
				for (Phase phase = this; phase != null; phase = phase.previous) {
					if (!phase.drained.await(nanos, TimeUnit.NANOSECONDS)) {
						return false;
					}
				}
				return true;
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				return false;
			}
		}

	}

}
