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

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The samples of the primary on its current timeline, oldest first. Immutable. The older
 * samples are, the fewer of them are kept: neighbours are at most as far apart as a
 * sixteenth of their age, at any rate of samples. The gaps make answers stricter and
 * never looser, and lag is exact to that part.
 *
 * @param timeline the timeline, 0 before the first sample
 * @param system the system identifier, 0 if it is not known
 * @param asynchronousCommit whether commits do not wait for the flush by default
 * @param points the samples
 */
record PrimaryHistory(int timeline, long system, boolean asynchronousCommit, List<Point> points) {

	static final PrimaryHistory EMPTY = new PrimaryHistory(0, 0, false, List.of());

	/**
	 * How many times further back a sample is than the gap to its neighbour.
	 */
	private static final int PRECISION = 16;

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
		List<Point> points = thinned(this.points, sample.at());
		if (last.isAt(point)) {
			points.set(points.size() - 1, new Point(point.tick, last.flushed, last.inserted, last.since, point.until));
		}
		else {
			points.add(point);
		}
		return history(state, points);
	}

	private static PrimaryHistory history(ServerState state, List<Point> points) {
		return new PrimaryHistory(state.timeline(), state.system(), state.asynchronousCommit(), List.copyOf(points));
	}

	/**
	 * Leaves out each sample whose neighbours are near enough to each other. The first
	 * and the last one stay.
	 */
	private static List<Point> thinned(List<Point> points, long now) {
		List<Point> kept = new ArrayList<>(points.size() + 1);
		for (int i = 0; i < points.size(); i++) {
			boolean between = i > 0 && i < points.size() - 1;
			if (!between || isNeeded(kept.get(kept.size() - 1), points.get(i + 1), now)) {
				kept.add(points.get(i));
			}
		}
		return kept;
	}

	private static boolean isNeeded(Point before, Point after, long now) {
		return after.since - before.until > (now - after.since) / PRECISION;
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
	 * Returns the newest sample that a standby has reached.
	 * @param lsn the position that the standby has replayed
	 * @return the sample, {@code null} if it has reached no known one
	 */
	@Nullable Point newestReached(long lsn) {
		int reached = reached(lsn);
		return (reached >= 0) ? this.points.get(reached) : null;
	}

	/**
	 * The index of the newest sample that a standby has reached, -1 for none.
	 */
	private int reached(long lsn) {
		for (int i = this.points.size() - 1; i >= 0; i--) {
			if (Long.compareUnsigned(lsn, this.points.get(i).flushed) >= 0) {
				return i;
			}
		}
		return -1;
	}

	/**
	 * Whether a standby is ahead of the primary's insert position at a later time.
	 * @param lsn the position that the standby has replayed
	 * @param until a tick that was noted after the standby had reported the position
	 * @return {@code false} also while there is no later sample
	 */
	boolean isOvertakenBy(long lsn, long until) {
		Point later = firstAfter(until);
		return later != null && Long.compareUnsigned(lsn, later.inserted) > 0;
	}

	/**
	 * Returns how far a standby is behind.
	 * @param lsn the position that it has replayed
	 * @param now the time, by the monotonic clock in nanoseconds
	 * @return how far, {@code null} if the primary is not known
	 */
	@Nullable Lag lagOf(long lsn, long now) {
		Point last = last();
		if (last == null) {
			return null;
		}
		int reached = reached(lsn);
		if (reached == this.points.size() - 1) {
			return Lag.NONE;
		}
		Point missed = this.points.get(reached + 1);
		return new Lag(last.until - missed.since, now - missed.since, last.flushed - lsn, reached < 0);
	}

	/**
	 * How far a standby is behind: the age of the first sample that it has not reached.
	 *
	 * @param known the age when the primary was last asked, in nanoseconds: it does not
	 * grow while the primary is gone
	 * @param now the age, in nanoseconds
	 * @param size the distance in bytes
	 * @param atLeast whether the standby has reached no sample, so that it may be further
	 * behind
	 */
	record Lag(long known, long now, long size, boolean atLeast) {

		static final Lag NONE = new Lag(0, 0, 0, false);

	}

	/**
	 * Where the primary was during some time.
	 *
	 * @param tick the tick of the last sample that found it there
	 * @param flushed the position it had flushed
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
