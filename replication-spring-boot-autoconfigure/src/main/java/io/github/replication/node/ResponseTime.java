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
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The response time of a node. A moving average follows a slow answer at once and forgets
 * it with time ("peak EWMA", as Finagle's load balancer weighs its nodes). Without a lock
 * and without an allocation; one of two answers at the same moment may be overlooked.
 */
final class ResponseTime {

	/**
	 * The time after which an answer counts for a third.
	 */
	private static final double DECAY = Duration.ofSeconds(5).toNanos();

	private static final long RESOLUTION = Duration.ofMillis(1).toNanos();

	private final LongSupplier nanoTime;

	/**
	 * The bits of the average. Written by the thread that has won {@link #stamp}.
	 */
	private final AtomicLong average = new AtomicLong();

	private final AtomicLong stamp;

	/**
	 * Creates an average of nothing.
	 * @param nanoTime a monotonic clock in nanoseconds
	 */
	ResponseTime(LongSupplier nanoTime) {
		this.nanoTime = nanoTime;
		this.stamp = new AtomicLong(nanoTime.getAsLong());
	}

	/**
	 * Notes an answer. Of answers that follow each other at once only slow ones count:
	 * the others would change next to nothing.
	 * @param nanos how long it took
	 * @param now when it came
	 */
	void observe(long nanos, long now) {
		double average = Double.longBitsToDouble(this.average.get());
		if (nanos >= average) {
			this.stamp.set(now);
			this.average.set(Double.doubleToRawLongBits(nanos));
			return;
		}
		long before = this.stamp.get();
		long passed = now - before;
		if (passed >= RESOLUTION && this.stamp.compareAndSet(before, now)) {
			double weight = Math.exp(-passed / DECAY);
			this.average.set(Double.doubleToRawLongBits(average * weight + nanos * (1 - weight)));
		}
	}

	/**
	 * The average.
	 * @return nanoseconds; 0 before the first answer, and less and less while there is
	 * none, so that a node is tried again
	 */
	double nanos() {
		double average = Double.longBitsToDouble(this.average.get());
		return average * Math.exp(-Math.max(0, this.nanoTime.getAsLong() - this.stamp.get()) / DECAY);
	}

}
