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

package io.github.replication.web;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

import io.github.replication.position.PositionToken.Read;
import io.github.replication.web.PositionSlots.Held;

/**
 * The read marks that this instance has sent last, so that a response knows whether it
 * may overwrite one that was sent since its request came. Marks of other instances, and
 * those that were on their way when the request came, are not known. Clients that share a
 * number count as one. Safe for use by several threads.
 */
final class SentReads {

	private static final int CLIENTS = 1024;

	private static final int MARKS = Read.INDEXES + 1;

	private final AtomicReferenceArray<@Nullable Sent> last = new AtomicReferenceArray<>(CLIENTS * MARKS);

	private final LongSupplier nanoTime;

	/**
	 * Creates the record of marks.
	 * @param nanoTime yields the monotonic time in nanoseconds
	 */
	SentReads(LongSupplier nanoTime) {
		this.nanoTime = nanoTime;
	}

	/**
	 * Notes a mark that is sent.
	 * @param held what the request has come with
	 * @param read the mark
	 * @return whether a mark with another id of a node has been sent in the same cookie
	 * since the request came
	 */
	boolean note(Held held, Read read) {
		int place = Math.floorMod(held.client(), CLIENTS) * MARKS + read.index() % MARKS;
		Sent sent = new Sent(read.node(), this.nanoTime.getAsLong(), null);
		Sent noted = this.last.accumulateAndGet(place, sent, (last, next) -> (last != null) ? next.after(last) : next);
		Long other = noted.other();
		return other != null && other - held.at() >= 0;
	}

	/**
	 * A mark.
	 *
	 * @param node the id of the node, another one after a restart
	 * @param at when it was sent, by the monotonic clock in nanoseconds
	 * @param other when one of another id was sent last, {@code null} for never
	 */
	private record Sent(int node, long at, @Nullable Long other) {

		Sent after(Sent last) {
			return new Sent(this.node, this.at, (last.node == this.node) ? last.other : Long.valueOf(last.at));
		}

	}

}
