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

import java.util.concurrent.atomic.AtomicLongArray;

import io.github.replication.position.PositionToken.Read;
import io.github.replication.position.SampleClock;

/**
 * The read marks that parallel requests of one client have brought to this instance. One
 * of them may stay with the node and another leave it. The one that leaves must not
 * supersede what the other has read meanwhile.
 * <p>
 * Whichever of the two responds last notices it: each notes what it does before it looks
 * for the other. Clients whose marks share an entry are taken for one, which costs a
 * cookie. Safe for use by several threads.
 */
final class SharedMarks {

	private static final int ENTRIES = 4096;

	private final SampleClock clock;

	/**
	 * How long a request may be under way before it arrives, in nanoseconds.
	 */
	private final long life;

	private final long begin;

	/**
	 * The tick of the last read by a response that stayed.
	 */
	private final AtomicLongArray read = new AtomicLongArray(ENTRIES);

	/**
	 * When a response left the node last, 0 for never.
	 */
	private final AtomicLongArray left = new AtomicLongArray(ENTRIES);

	SharedMarks(SampleClock clock, long life) {
		this.clock = clock;
		this.life = life;
		this.begin = clock.nanoTime() - 1;
	}

	/**
	 * Notes that a response stays with the node of the mark that has arrived.
	 * @param mark the mark
	 * @param tick the tick noted after the last read
	 * @param arrival when the request arrived, by the monotonic clock in nanoseconds
	 * @return whether another response may supersede that mark, so that this one needs a
	 * mark of its own
	 */
	boolean stay(Read mark, long tick, long arrival) {
		int entry = entry(mark);
		this.read.accumulateAndGet(entry, tick, Math::max);
		long left = this.left.get(entry);
		return left != 0 && arrival - this.begin - left <= this.life;
	}

	/**
	 * Notes that a response leaves the node of a mark that has arrived.
	 * @param mark the mark
	 * @param tick the tick of the arrival
	 * @return whether it may supersede that mark, since no other has read from there
	 * meanwhile
	 */
	boolean leave(Read mark, long tick) {
		int entry = entry(mark);
		this.left.set(entry, this.clock.nanoTime() - this.begin);
		return this.read.get(entry) <= tick;
	}

	private static int entry(Read mark) {
		return Math.floorMod(31 * mark.version().hashCode() + mark.node(), ENTRIES);
	}

}
