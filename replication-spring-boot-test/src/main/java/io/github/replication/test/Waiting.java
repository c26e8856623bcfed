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

package io.github.replication.test;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Waits for a condition, never for ever.
 */
final class Waiting {

	private static final long POLL_NANOS = Duration.ofMillis(5).toNanos();

	private Waiting() {
	}

	/**
	 * Polls until the condition holds.
	 * @param timeout how long at most
	 * @param condition the condition; its exception is kept as the cause of the time-out
	 * @param failure describes the condition and the last observation
	 * @throws IllegalStateException if the time is over or the thread is interrupted
	 */
	static void until(Duration timeout, Callable<Boolean> condition, Supplier<String> failure) {
		long deadline = System.nanoTime() + timeout.toNanos();
		Exception last = null;
		while (true) {
			try {
				if (condition.call()) {
					return;
				}
				last = null;
			}
			catch (ServerFailedException ex) {
				throw ex;
			}
			catch (Exception ex) {
				last = ex;
			}
			if (Thread.currentThread().isInterrupted()) {
				throw new IllegalStateException("Interrupted while waiting. " + failure.get(), last);
			}
			if (System.nanoTime() - deadline > 0) {
				throw new IllegalStateException("Not reached within " + timeout.toMillis() + " ms. " + failure.get(),
						last);
			}
			LockSupport.parkNanos(POLL_NANOS);
		}
	}

}
