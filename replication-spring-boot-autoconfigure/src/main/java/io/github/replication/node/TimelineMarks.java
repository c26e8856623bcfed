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
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import io.github.replication.node.PrimaryHistory.Point;

/**
 * The mark of the current timeline, which is set when a standby cannot be seen to follow
 * that timeline in another way. Safe for use by several threads.
 */
final class TimelineMarks {

	/**
	 * How long a mark is good for. The server forgets outcomes of old transactions.
	 */
	private static final Duration LIFE = Duration.ofDays(1);

	private final Supplier<PrimaryHistory> history;

	private final LongSupplier nanoTime;

	private volatile @Nullable Entry entry;

	private volatile boolean wanted;

	private volatile @Nullable NodeInquiry primary;

	/**
	 * Creates a holder without a mark.
	 * @param history yields the samples of the primary
	 * @param nanoTime a monotonic clock in nanoseconds
	 */
	TimelineMarks(Supplier<PrimaryHistory> history, LongSupplier nanoTime) {
		this.history = history;
		this.nanoTime = nanoTime;
	}

	/**
	 * Sets the node that may be marked.
	 */
	void follow(NodeInquiry primary) {
		this.primary = primary;
	}

	/**
	 * Whether a node is the primary, so that something may be written there.
	 */
	boolean isFollowing(NodeInquiry node) {
		return node == this.primary;
	}

	/**
	 * The timeline of the primary, 0 while it is not known.
	 */
	int timeline() {
		return this.history.get().timeline();
	}

	/**
	 * The mark of the primary's timeline. If there is none, one is set when the primary
	 * is asked next.
	 * @return the mark, {@code null} if there is none that the primary has flushed
	 */
	@Nullable HistoryMark find() {
		PrimaryHistory history = this.history.get();
		Entry entry = this.entry;
		if (entry == null || !isCurrent(entry, history.timeline())) {
			want();
			return null;
		}
		HistoryMark mark = entry.mark;
		Point last = history.last();
		return (mark != null && last != null && Long.compareUnsigned(last.flushed(), mark.end()) >= 0) ? mark : null;
	}

	private void want() {
		NodeInquiry primary = this.primary;
		if (!this.wanted && primary != null) {
			this.wanted = true;
			primary.askInTurn();
		}
	}

	/**
	 * Whether the primary does not let the user set a mark.
	 */
	boolean isRefused() {
		Entry entry = this.entry;
		return entry != null && entry.mark == null && isCurrent(entry, timeline());
	}

	/**
	 * Whether a primary is to be marked.
	 * @param node the node
	 * @param timeline its timeline
	 */
	boolean isWantedOn(NodeInquiry node, int timeline) {
		return this.wanted && isFollowing(node) && timeline != 0 && timeline == timeline();
	}

	private boolean isCurrent(Entry entry, int timeline) {
		return entry.timeline == timeline && this.nanoTime.getAsLong() - entry.at < LIFE.toNanos();
	}

	/**
	 * The primary was marked, or has refused.
	 */
	void set(int timeline, @Nullable HistoryMark mark) {
		this.entry = new Entry(timeline, mark, this.nanoTime.getAsLong());
		this.wanted = false;
	}

	private record Entry(int timeline, @Nullable HistoryMark mark, long at) {

	}

}
