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

import org.jspecify.annotations.Nullable;

/**
 * The last write that a caller must see. It is resolved once its position is known; until
 * then any sample of the primary that started after it covers it.
 *
 * @param tick the tick noted after the commit, or when a caller arrived with a write of
 * unknown position; 0 if the position is known
 * @param asynchronous whether a part of it may not be flushed yet, because its commit did
 * not wait for the log ({@code synchronous_commit=off}), so that only the insert position
 * of a later sample covers it
 * @param position the position that covers the known part of the write, {@code null} if
 * nothing is known
 * @param arrival the tick noted when the position came from outside; 0 if this process
 * has taken it itself
 * @param at when it was written, or came, by the monotonic clock in nanoseconds
 * @since 0.1.0
 */
public record WriteMark(long tick, boolean asynchronous, @Nullable WalPosition position, long arrival, long at) {

	/**
	 * A write of this process whose position is not known yet.
	 * @param tick the tick noted after the commit
	 * @param asynchronous whether the commit did not wait for the flush
	 * @param at the time of the commit
	 * @return the write
	 */
	public static WriteMark unresolved(long tick, boolean asynchronous, long at) {
		return new WriteMark(tick, asynchronous, null, 0, at);
	}

	/**
	 * Whether the position of all of it is known.
	 * @return {@code false} while a sample of the primary is missing
	 */
	public boolean isResolved() {
		return this.tick == 0;
	}

	/**
	 * This write and another.
	 * @param other another write of the same caller, {@code null} for none
	 * @return a write that covers both
	 */
	public WriteMark and(@Nullable WriteMark other) {
		if (other == null || supersedes(other)) {
			return this;
		}
		return new WriteMark(Math.max(this.tick, other.tick), this.asynchronous || other.asynchronous,
				WalPosition.later(this.position, other.position), Math.max(this.arrival, other.arrival),
				Math.max(this.at, other.at));
	}

	/**
	 * Whether this write covers another one that is not resolved either and has no
	 * position.
	 */
	private boolean supersedes(WriteMark other) {
		return !isResolved() && !other.isResolved() && other.position == null && this.tick >= other.tick
				&& (this.asynchronous || !other.asynchronous) && this.arrival >= other.arrival && this.at >= other.at;
	}

	/**
	 * This write after a sample that covers its unresolved part.
	 * @param sampled the sampled position
	 * @param asynchronous whether the log may not be flushed as far as that
	 * @return a resolved write
	 */
	public WriteMark resolvedAt(WalPosition sampled, boolean asynchronous) {
		return new WriteMark(0, asynchronous, WalPosition.later(this.position, sampled), this.arrival, this.at);
	}

	/**
	 * This write at a position taken by this process itself, in place of one that is not
	 * to be believed.
	 * @param sampled the sampled position
	 * @return a resolved write
	 */
	public WriteMark correctedTo(WalPosition sampled) {
		return new WriteMark(this.tick, this.asynchronous, sampled, 0, this.at);
	}

	/**
	 * This write with the knowledge of its position given up, because it is of another
	 * timeline: a write before now.
	 * @param now the tick of the moment
	 * @return an unresolved write
	 */
	public WriteMark unknownSince(long now) {
		return new WriteMark(Math.max(this.tick, now), this.asynchronous, null, 0, this.at);
	}

}
