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
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The samples of the primary on its current timeline, oldest first. Immutable. Of many
 * samples the older ones are thinned out, which makes answers stricter and never looser.
 *
 * @param timeline the timeline, 0 before the first sample
 * @param system the system identifier, 0 if it is not known
 * @param asynchronousCommit whether commits do not wait for the flush by default
 * @param points the samples
 */
record PrimaryHistory(int timeline, long system, boolean asynchronousCommit, List<Point> points) {

	static final PrimaryHistory EMPTY = new PrimaryHistory(0, 0, false, List.of());

	private static final int CAPACITY = 128;

	private static final Duration MEMORY = Duration.ofMinutes(10);

	/**
	 * This history with one more sample. One of another timeline, or from before the
	 * state that is known, begins a new history.
	 */
	PrimaryHistory with(Sample sample) {
		ServerState state = sample.state();
		Point last = last();
		Point point = new Point(sample.tick(), state.lsn(), state.insertLsn(), sample.at(), sample.at());
		if (last != null && sample.tick() <= last.tick) {
			return this;
		}
		if (last == null || state.timeline() != this.timeline || state.system() != this.system
				|| point.isBefore(last)) {
			return history(state, List.of(point));
		}
		List<Point> points = new ArrayList<>(this.points);
		if (last.isAt(point)) {
			points.set(points.size() - 1, new Point(point.tick, last.flushed, last.inserted, last.since, point.until));
		}
		else {
			points.add(point);
		}
		points.removeIf((old) -> sample.at() - old.until > MEMORY.toNanos());
		return history(state, (points.size() > CAPACITY) ? thinned(points) : points);
	}

	private static PrimaryHistory history(ServerState state, List<Point> points) {
		return new PrimaryHistory(state.timeline(), state.system(), state.asynchronousCommit(), List.copyOf(points));
	}

	private static List<Point> thinned(List<Point> points) {
		List<Point> kept = new ArrayList<>(CAPACITY);
		for (int i = 0; i < points.size(); i++) {
			if (i >= CAPACITY / 2 || i % 2 == 1) {
				kept.add(points.get(i));
			}
		}
		return kept;
	}

	@Nullable Point last() {
		return this.points.isEmpty() ? null : this.points.get(this.points.size() - 1);
	}

	/**
	 * The first sample that started after a tick.
	 * @return the sample, {@code null} if there is none yet
	 */
	@Nullable Point firstAfter(long tick) {
		int low = 0;
		int high = this.points.size();
		while (low < high) {
			int middle = (low + high) >>> 1;
			if (this.points.get(middle).tick > tick) {
				high = middle;
			}
			else {
				low = middle + 1;
			}
		}
		return (low < this.points.size()) ? this.points.get(low) : null;
	}

	/**
	 * The newest sample that a standby has reached.
	 * @param lsn what the standby has replayed
	 * @return the sample, {@code null} if it has reached none of those known
	 */
	@Nullable Point newestReached(long lsn) {
		for (int i = this.points.size() - 1; i >= 0; i--) {
			if (Long.compareUnsigned(lsn, this.points.get(i).flushed) >= 0) {
				return this.points.get(i);
			}
		}
		return null;
	}

	/**
	 * How far a standby is behind.
	 * @param lsn what it has replayed
	 * @param timeline the timeline it follows, 0 if it does not tell
	 * @param now the time, by the monotonic clock in nanoseconds
	 * @return how far, {@code null} if the primary is not known
	 */
	@Nullable Lag lagOf(long lsn, int timeline, long now) {
		Point last = last();
		if (last == null) {
			return null;
		}
		Point missed = (timeline == 0 || timeline == this.timeline) ? firstBeyond(lsn) : this.points.get(0);
		if (missed == null) {
			return Lag.NONE;
		}
		long size = (Long.compareUnsigned(last.flushed, lsn) > 0) ? last.flushed - lsn : 0;
		return new Lag(last.until - missed.since, now - missed.since, size);
	}

	private @Nullable Point firstBeyond(long lsn) {
		Point beyond = null;
		for (int i = this.points.size() - 1; i >= 0; i--) {
			Point point = this.points.get(i);
			if (Long.compareUnsigned(point.flushed, lsn) <= 0) {
				break;
			}
			beyond = point;
		}
		return beyond;
	}

	/**
	 * How far a standby is behind: the age of the first sample that it has not reached.
	 *
	 * @param known the age when the primary was last asked, in nanoseconds: it does not
	 * grow while the primary is gone
	 * @param now the age, in nanoseconds
	 * @param size the distance in bytes
	 */
	record Lag(long known, long now, long size) {

		static final Lag NONE = new Lag(0, 0, 0);

	}

	/**
	 * Where the primary was during some time.
	 *
	 * @param tick the tick of the last sample that found it there
	 * @param flushed what it had flushed
	 * @param inserted where it would write next
	 * @param since when the first such sample started
	 * @param until when the last one did
	 */
	record Point(long tick, long flushed, long inserted, long since, long until) {

		private boolean isAt(Point other) {
			return this.flushed == other.flushed && this.inserted == other.inserted;
		}

		private boolean isBefore(Point other) {
			return Long.compareUnsigned(this.flushed, other.flushed) < 0;
		}

		/**
		 * The position that covers every commit before the sample.
		 * @param asynchronous whether the commit did not wait for the flush
		 */
		long covering(boolean asynchronous) {
			return asynchronous ? this.inserted : this.flushed;
		}

	}

}
