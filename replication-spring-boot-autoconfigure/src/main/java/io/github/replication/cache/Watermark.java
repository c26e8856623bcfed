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

import org.jspecify.annotations.Nullable;

import io.github.replication.position.WriteMark;

/**
 * The trace of an eviction. It becomes visible before it gets its number, so that a load
 * which does not find it has begun before it, by the numbers too.
 */
final class Watermark {

	/**
	 * The number of a watermark that has none yet: it counts as later than any load.
	 */
	static final long UNNUMBERED = Long.MAX_VALUE;

	private final @Nullable WriteMark write;

	private final int pending;

	private final long at;

	private final long previous;

	private volatile long number = UNNUMBERED;

	/**
	 * Creates a watermark without a number.
	 * @param write the write that loads have to see, {@code null} if none is committed
	 * @param pending the number of open transactions that have evicted
	 * @param at the time, in nanoseconds of the monotonic clock
	 * @param previous the number of the watermark that this one replaces, 0 for none
	 */
	Watermark(@Nullable WriteMark write, int pending, long at, long previous) {
		this.write = write;
		this.pending = pending;
		this.at = at;
		this.previous = previous;
	}

	@Nullable WriteMark write() {
		return this.write;
	}

	int pending() {
		return this.pending;
	}

	long at() {
		return this.at;
	}

	/**
	 * The number of this watermark, as its owner sees it.
	 * @param own the number of the watermark that the asking thread has just raised
	 * @return the number of the last watermark that another thread has raised
	 */
	long numberExcept(long own) {
		long number = this.number;
		return (number == own) ? this.previous : number;
	}

	long number() {
		return this.number;
	}

	void number(long number) {
		this.number = number;
	}

	/**
	 * The number of the watermark that this one has replaced, 0 for none.
	 */
	long previous() {
		return this.previous;
	}

	/**
	 * Whether the watermark has lived as long as a write counts.
	 */
	boolean isExpired(long now, long window) {
		return this.pending == 0 && now - this.at > window;
	}

}
