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

/**
 * What is remembered of one caller. Shared by all threads that work for it.
 */
public final class CallerRecord {

	private final LongSupplier nanoTime;

	private final @Nullable Duration window;

	private volatile boolean written;

	private volatile long lastWrite;

	CallerRecord(LongSupplier nanoTime, @Nullable Duration window) {
		this.nanoTime = nanoTime;
		this.window = window;
	}

	/**
	 * Remembers that the caller has written, or may have.
	 */
	public void recordWrite() {
		this.lastWrite = this.nanoTime.getAsLong();
		this.written = true;
	}

	/**
	 * Whether the caller has written and that still counts.
	 * @return {@code true} until the window after the last write has passed; for a record
	 * without a window as long as it lives
	 */
	public boolean hasWritten() {
		return this.written
				&& (this.window == null || this.nanoTime.getAsLong() - this.lastWrite <= this.window.toNanos());
	}

}
