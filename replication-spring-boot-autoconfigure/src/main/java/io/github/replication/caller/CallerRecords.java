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

import java.time.Duration;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

import io.github.replication.WriteRecord;

/**
 * Finds the record of the current caller: the one opened for the request that the thread
 * works for, else the thread's own, in which a write counts for the length of the window.
 */
public final class CallerRecords implements WriteRecord {

	private final LongSupplier nanoTime;

	private final Duration window;

	private final ThreadLocal<@Nullable CallerRecord> bound = new ThreadLocal<>();

	private final ThreadLocal<CallerRecord> own;

	/**
	 * Creates the records of an application.
	 * @param nanoTime a monotonic clock in nanoseconds
	 * @param window how long a write counts outside of a request
	 */
	public CallerRecords(LongSupplier nanoTime, Duration window) {
		Assert.isTrue(!window.isNegative() && !window.isZero(), () -> "window must be positive, but was " + window);
		this.nanoTime = nanoTime;
		this.window = window;
		this.own = ThreadLocal.withInitial(() -> new CallerRecord(nanoTime, window));
	}

	/**
	 * The record of the current caller.
	 * @return the record to ask and to write to
	 */
	public CallerRecord current() {
		CallerRecord record = this.bound.get();
		return (record != null) ? record : this.own.get();
	}

	/**
	 * Creates a record for a caller that lives as long as one request.
	 * @return a record in which nothing is written yet
	 */
	public CallerRecord forRequest() {
		return new CallerRecord(this.nanoTime, null);
	}

	/**
	 * Makes a record the one of the current thread.
	 * @param record the record of the caller that the thread now works for
	 * @return the record that was bound before, for {@link #restore}
	 */
	public @Nullable CallerRecord bind(CallerRecord record) {
		CallerRecord previous = this.bound.get();
		this.bound.set(record);
		return previous;
	}

	/**
	 * Restores what {@link #bind} has returned.
	 * @param previous the record bound before, {@code null} for none
	 */
	public void restore(@Nullable CallerRecord previous) {
		if (previous == null) {
			this.bound.remove();
		}
		else {
			this.bound.set(previous);
		}
	}

	@Override
	public boolean hasWritten() {
		return current().hasWritten();
	}

	@Override
	public String toString() {
		return "CallerRecords[window=" + this.window + "]";
	}

}
