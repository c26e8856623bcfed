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
 * The read marks that were sent last, so that a response knows whether it may overwrite
 * one of which its request did not know. Clients that share a number count as one. Safe
 * for use by several threads.
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
	 * @return whether the client may have got the mark of another node, or of the same
	 * node before a restart, in the same cookie since the request was received
	 */
	boolean replaces(Held held, Read read) {
		int place = Math.floorMod(held.client(), CLIENTS) * MARKS + read.index() % MARKS;
		Sent replaced = this.last.getAndSet(place, new Sent(read.node(), this.nanoTime.getAsLong()));
		return replaced != null && replaced.node() != read.node() && replaced.at() - held.at() >= 0;
	}

	/**
	 * A mark.
	 *
	 * @param node the id of the node, another one after a restart
	 * @param at when it was sent, by the monotonic clock in nanoseconds
	 */
	private record Sent(int node, long at) {

	}

}
