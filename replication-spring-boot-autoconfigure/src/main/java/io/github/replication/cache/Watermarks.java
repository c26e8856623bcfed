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

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;

import io.github.replication.position.SampleClock;
import io.github.replication.position.WriteMark;

/**
 * The watermarks of one cache: for each key, and for the whole cache, the write of the
 * last eviction and its place in the sequence of evictions. A load notes the sequence
 * when it begins; its value is out of date if the key has a later watermark when it is
 * put.
 * <p>
 * A watermark lives as long as a write counts. Beyond a few thousand keys one watermark
 * of the whole cache takes the place of the keys' watermarks, so memory is bounded. Those
 * of open transactions stay; each transaction has a bounded number.
 */
final class Watermarks {

	/**
	 * The key of the watermark of the whole cache.
	 */
	static final Object ALL = new Object();

	static final int MAXIMUM_KEYS = 4096;

	private final SampleClock clock;

	private final long window;

	private final ConcurrentMap<Object, Watermark> marks = new ConcurrentHashMap<>();

	private final AtomicLong sequence = new AtomicLong();

	private final AtomicLong forgotten = new AtomicLong();

	private final CleaningSchedule cleaning;

	private final PutBarrier puts = new PutBarrier();

	private final AtomicBoolean collapsing = new AtomicBoolean();

	/**
	 * The number of watermarks above which they are replaced: many more than those of
	 * open transactions, so that looking at all of them is rare.
	 */
	private volatile int limit = MAXIMUM_KEYS;

	/**
	 * Creates the watermarks of a cache.
	 * @param clock the monotonic clock
	 * @param window how long a write counts, in nanoseconds
	 */
	Watermarks(SampleClock clock, long window) {
		this.clock = clock;
		this.window = window;
		this.cleaning = new CleaningSchedule(window, clock.nanoTime());
	}

	/**
	 * The number of the last watermark. A load asks for it before anything else.
	 */
	long number() {
		return this.sequence.get();
	}

	/**
	 * The write that a load of a key has to see.
	 * @param key the key
	 * @return the write, {@code null} for none
	 */
	@Nullable WriteMark required(Object key) {
		if (this.marks.isEmpty()) {
			return null;
		}
		WriteMark write = writeOf(this.marks.get(key));
		WriteMark all = writeOf(this.marks.get(ALL));
		return (write != null) ? write.and(all) : all;
	}

	private @Nullable WriteMark writeOf(@Nullable Watermark mark) {
		return (mark != null && !mark.isExpired(this.clock.nanoTime(), this.window)) ? mark.write() : null;
	}

	/**
	 * Whether a value is out of date.
	 * @param key its key
	 * @param since the number of the last watermark when its load began
	 * @param own the number of the watermark that this thread has just raised, 0 for none
	 * @param transaction the transaction of this thread, {@code null} for none; its own
	 * evictions do not count
	 * @return {@code true} if the key has a later watermark, or may have had one
	 */
	boolean isNewer(Object key, long since, long own, @Nullable TransactionWatermarks transaction) {
		return isNewer(key, this.marks.get(key), since, own, transaction)
				|| isNewer(ALL, this.marks.get(ALL), since, own, transaction) || this.forgotten.get() > since;
	}

	private boolean isNewer(Object key, @Nullable Watermark mark, long since, long own,
			@Nullable TransactionWatermarks transaction) {
		if (mark == null) {
			return false;
		}
		int pending = (transaction != null && transaction.owns(this, key)) ? mark.pending() - 1 : mark.pending();
		return pending > 0 || mark.numberExcept(own) > since;
	}

	/**
	 * Raises the watermark of a key.
	 * @param key the key, or {@link #ALL}
	 * @param write the write that loads have to see from now on, {@code null} for none
	 * @param pending how many more open transactions have evicted
	 * @return the number of the watermark, above 0
	 */
	long raise(Object key, @Nullable WriteMark write, int pending) {
		long now = this.clock.nanoTime();
		Watermark raised = Objects
			.requireNonNull(this.marks.compute(key, (any, before) -> raised(before, write, pending, now)));
		long number = number(raised);
		clean(now);
		return number;
	}

	private Watermark raised(@Nullable Watermark before, @Nullable WriteMark write, int pending, long now) {
		if (before == null) {
			return new Watermark(write, pending, now, 0);
		}
		WriteMark known = before.isExpired(now, this.window) ? null : before.write();
		return new Watermark((write != null) ? write.and(known) : known, before.pending() + pending, now,
				before.number());
	}

	private long number(Watermark raised) {
		long number = this.sequence.incrementAndGet();
		raised.number(number);
		return number;
	}

	/**
	 * Takes back the watermark of a transaction that has written nothing.
	 * @param key the key, or {@link #ALL}
	 */
	void takeBack(Object key) {
		Watermark rest = this.marks.computeIfPresent(key, (any, mark) -> {
			boolean over = mark.pending() <= 1 && mark.write() == null;
			if (over) {
				forget(mark.previous());
			}
			return over ? null : new Watermark(mark.write(), mark.pending() - 1, mark.at(), mark.number());
		});
		if (rest != null) {
			number(rest);
		}
	}

	/**
	 * The puts of the cache.
	 */
	PutBarrier puts() {
		return this.puts;
	}

	/**
	 * The number of watermarks in force.
	 */
	int size() {
		removeExpired(this.clock.nanoTime());
		return this.marks.size();
	}

	private void clean(long now) {
		if (this.cleaning.isDue(now)) {
			removeExpired(now);
		}
		if (this.marks.size() > this.limit && this.collapsing.compareAndSet(false, true)) {
			try {
				collapse(now);
			}
			finally {
				this.collapsing.set(false);
			}
		}
	}

	private void removeExpired(long now) {
		int pending = 0;
		for (Map.Entry<Object, Watermark> entry : this.marks.entrySet()) {
			Watermark mark = entry.getValue();
			if (mark.isExpired(now, this.window)) {
				forget(mark.number());
				this.marks.remove(entry.getKey(), mark);
			}
			else if (mark.pending() > 0) {
				pending++;
			}
		}
		this.limit = MAXIMUM_KEYS + pending;
	}

	/**
	 * Remembers that loads of any key which began before a watermark are out of date,
	 * since the watermark goes.
	 */
	private void forget(long number) {
		this.forgotten.accumulateAndGet((number != Watermark.UNNUMBERED) ? number : this.sequence.incrementAndGet(),
				Math::max);
	}

	/**
	 * Replaces the watermarks of keys by one of the whole cache, which is there before
	 * they go.
	 */
	private void collapse(long now) {
		int pending = 0;
		for (Map.Entry<Object, Watermark> entry : this.marks.entrySet()) {
			Object key = entry.getKey();
			Watermark mark = entry.getValue();
			if (mark.pending() > 0) {
				pending++;
			}
			else if (key != ALL) {
				number(Objects
					.requireNonNull(this.marks.compute(ALL, (any, all) -> raised(all, mark.write(), 0, now))));
				this.marks.remove(key, mark);
			}
		}
		this.limit = MAXIMUM_KEYS + pending;
	}

}
