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
import java.util.concurrent.atomic.AtomicLongArray;

import io.github.replication.position.PositionToken.Read;
import io.github.replication.position.SampleClock;

/**
 * The read marks that parallel requests of one client have brought to this instance. One
 * of them may stay with the node, for which it sends nothing, and another leave it. The
 * mark of the one that leaves must not supersede what the other has read meanwhile.
 * <p>
 * Each notes what it does before it looks for the other, so that at least one of them
 * notices. Clients whose marks share an entry are taken for one: while others move, such
 * a client may get a mark that it did not need. Marks that were sent with no response are
 * the same for all callers, and left out. Safe for use by several threads.
 */
final class SharedMarks {

	private static final int ENTRIES = 1 << 15;

	/**
	 * How long a request may be under way before it arrives, in nanoseconds.
	 */
	private static final long LATENESS = Duration.ofSeconds(2).toNanos();

	private final SampleClock clock;

	private final long begin;

	/**
	 * The tick of the last read by a request that stayed.
	 */
	private final AtomicLongArray read = new AtomicLongArray(ENTRIES);

	/**
	 * When a response left the node last, 0 for never.
	 */
	private final AtomicLongArray left = new AtomicLongArray(ENTRIES);

	SharedMarks(SampleClock clock) {
		this.clock = clock;
		this.begin = clock.nanoTime() - 1;
	}

	/**
	 * Notes that a request stays with the node of the mark that has arrived.
	 * @param mark the mark
	 * @param tick the tick noted after the last read
	 * @param arrival when the request arrived, by the monotonic clock in nanoseconds
	 * @return whether another response may supersede that mark, so that this one needs a
	 * mark of its own
	 */
	boolean stay(Read mark, long tick, long arrival) {
		if (mark.isUnsent()) {
			return false;
		}
		int entry = entry(mark);
		this.read.accumulateAndGet(entry, tick, Math::max);
		long left = this.left.get(entry);
		return left != 0 && arrival - this.begin - left <= LATENESS;
	}

	/**
	 * Notes that a response supersedes a mark that has arrived.
	 * @param mark the mark
	 * @param tick the tick of the arrival
	 * @return whether nobody else has read from the node of that mark meanwhile
	 */
	boolean leave(Read mark, long tick) {
		if (mark.isUnsent()) {
			return true;
		}
		int entry = entry(mark);
		this.left.set(entry, this.clock.nanoTime() - this.begin);
		return this.read.get(entry) <= tick;
	}

	private static int entry(Read mark) {
		int hash = mark.hashCode();
		return (hash ^ (hash >>> 15)) & (ENTRIES - 1);
	}

}
