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

import java.util.concurrent.atomic.AtomicLong;

/**
 * Lets one of many threads clean up, four times in the life of a watermark. Safe for use
 * by several threads.
 */
final class CleaningSchedule {

	private final long interval;

	private final AtomicLong last;

	/**
	 * Creates a schedule.
	 * @param window how long a write counts, in nanoseconds
	 * @param now the time, by the monotonic clock in nanoseconds
	 */
	CleaningSchedule(long window, long now) {
		this.interval = window / 4;
		this.last = new AtomicLong(now);
	}

	/**
	 * Whether the current thread is to clean up now.
	 * @param now the time, by the monotonic clock in nanoseconds
	 */
	boolean isDue(long now) {
		long last = this.last.get();
		return now - last > this.interval && this.last.compareAndSet(last, now);
	}

}
