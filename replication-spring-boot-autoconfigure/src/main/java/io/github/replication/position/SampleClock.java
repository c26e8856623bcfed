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

package io.github.replication.position;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Orders events of this process by the samples of positions that are taken in between. An
 * event notes the tick that it sees; a sample that started later has a greater one. So a
 * sample covers a commit that had returned before exactly if its tick is greater than the
 * tick noted by the commit. The resolution of the machine's clock does not matter.
 * <p>
 * Noting costs one volatile read.
 *
 * @since 0.1.0
 */
public final class SampleClock {

	private final AtomicLong ticks = new AtomicLong(1);

	private final LongSupplier nanoTime;

	private volatile long lastTick;

	/**
	 * Creates a clock that stands at 1, so that 0 may mean "none".
	 * @param nanoTime a monotonic clock in nanoseconds
	 */
	public SampleClock(LongSupplier nanoTime) {
		this.nanoTime = nanoTime;
		this.lastTick = nanoTime.getAsLong();
	}

	/**
	 * The tick of the sample that started last.
	 * @return a number that every sample which starts after this call will exceed
	 */
	public long now() {
		return this.ticks.get();
	}

	/**
	 * Begins a sample. To be called before the question is sent.
	 * @return the sample's tick
	 */
	public long startSample() {
		this.lastTick = this.nanoTime.getAsLong();
		return this.ticks.incrementAndGet();
	}

	/**
	 * Returns the approximate time, which is the time of the last tick.
	 * @return a reading of {@link #nanoTime()} that is at most as old as the last sample
	 */
	public long coarseNanoTime() {
		return this.lastTick;
	}

	/**
	 * The time.
	 * @return nanoseconds from an arbitrary origin
	 */
	public long nanoTime() {
		return this.nanoTime.getAsLong();
	}

}
