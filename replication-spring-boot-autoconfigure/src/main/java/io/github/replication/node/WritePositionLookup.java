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

import org.jspecify.annotations.Nullable;

import io.github.replication.node.PrimaryHistory.Point;
import io.github.replication.position.WalPosition;
import io.github.replication.position.WriteMark;

/**
 * Finds the positions of writes in the samples of the primary, and corrects positions
 * that cannot be right.
 *
 * @param history the samples
 */
record WritePositionLookup(PrimaryHistory history) {

	/**
	 * A write at the position of the first sample that covers it, unresolved if there is
	 * none yet.
	 * @param write a write
	 * @param now the tick of the moment
	 */
	WriteMark resolve(WriteMark write, long now) {
		WriteMark corrected = correct(write, now);
		Point point = this.history.firstAfter(corrected.tick());
		if (corrected.isResolved() || point == null) {
			return corrected;
		}
		long lsn = point.covering(corrected.asynchronous() || this.history.asynchronousCommit());
		return corrected.resolvedAt(new WalPosition(this.history.timeline(), lsn), isBeyond(point, corrected, lsn));
	}

	/**
	 * Whether the log was not flushed as far as a write when a sample was taken.
	 */
	private static boolean isBeyond(Point point, WriteMark write, long lsn) {
		WalPosition position = write.position();
		return Long.compareUnsigned(lsn, point.flushed()) > 0
				|| (position != null && Long.compareUnsigned(position.lsn(), point.flushed()) > 0);
	}

	/**
	 * Replaces a position that cannot be right. A write with a position of another
	 * timeline becomes a write before now, and a position above a later sample of the
	 * primary is replaced by that sample.
	 * @param write a write
	 * @param now the tick of the moment
	 */
	WriteMark correct(WriteMark write, long now) {
		Point last = this.history.last();
		WalPosition position = write.position();
		if (position == null || last == null) {
			return write;
		}
		if (position.timeline() != this.history.timeline()) {
			return write.unknownSince((write.arrival() != 0) ? write.arrival() : now);
		}
		boolean impossible = Long.compareUnsigned(position.lsn(), last.inserted()) > 0 && last.tick() > write.arrival();
		return impossible ? write.correctedTo(new WalPosition(this.history.timeline(), last.flushed())) : write;
	}

	/**
	 * The tick that a sample must exceed to say more about a write.
	 * @return the tick, -1 if nothing is to be found out
	 */
	long doubt(@Nullable WriteMark write) {
		if (write == null) {
			return -1;
		}
		return write.isResolved() ? doubtOfArrived(write) : write.tick();
	}

	/**
	 * The arrival of a position above everything known.
	 */
	private long doubtOfArrived(WriteMark write) {
		Point last = this.history.last();
		WalPosition position = write.position();
		boolean known = write.arrival() == 0 || position == null
				|| (last != null && position.timeline() == this.history.timeline()
						&& Long.compareUnsigned(position.lsn(), last.inserted()) <= 0);
		return known ? -1 : write.arrival();
	}

}
