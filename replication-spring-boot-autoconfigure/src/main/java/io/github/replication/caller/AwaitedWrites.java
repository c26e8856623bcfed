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

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import io.github.replication.caller.CallerRecord.Requirement;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WriteMark;

/**
 * The writes of others that a caller's reads wait for, for a limited time. Costs one
 * volatile read while there are none, and one more where those of all callers count too.
 * Memory is bounded: beyond some writes one that covers them takes their place, until it
 * is too old.
 */
final class AwaitedWrites {

	/**
	 * The number of writes that are awaited one by one.
	 */
	static final int MAXIMUM = 128;

	private final @Nullable AwaitedWrites ofAll;

	private final ReentrantLock lock = new ReentrantLock();

	private volatile Open open = Open.NONE;

	private volatile @Nullable Extended own;

	private volatile @Nullable Extended both;

	/**
	 * Creates an object without writes.
	 * @param ofAll the writes that count as well, {@code null} for none
	 */
	AwaitedWrites(@Nullable AwaitedWrites ofAll) {
		this.ofAll = ofAll;
	}

	/**
	 * Creates an object without writes of its own.
	 * @return an object with which the same writes of all callers count
	 */
	AwaitedWrites inner() {
		return new AwaitedWrites(this.ofAll);
	}

	/**
	 * Adds a write, and drops writes that no longer count.
	 * @param write the write to see
	 * @param oldest the time before which writes do not count
	 * @return removes the write
	 */
	Requirement add(WriteMark write, long oldest) {
		Required added = new Required(write);
		this.lock.lock();
		try {
			List<Required> writes = new ArrayList<>(this.open.writes.size() + 1);
			for (Required required : this.open.writes) {
				if (required.write.at() - oldest >= 0) {
					writes.add(required);
				}
			}
			if (writes.size() >= MAXIMUM) {
				writes = merge(writes);
			}
			writes.add(added);
			this.open = Open.of(writes);
		}
		finally {
			this.lock.unlock();
		}
		return () -> remove(added);
	}

	/**
	 * Replaces writes by one that covers them and that is not removed with any of them.
	 */
	private static List<Required> merge(List<Required> writes) {
		List<Required> merged = new ArrayList<>();
		WriteMark all = Open.of(writes).write;
		if (all != null) {
			merged.add(new Required(all));
		}
		return merged;
	}

	private void remove(Required removed) {
		this.lock.lock();
		try {
			List<Required> writes = new ArrayList<>(this.open.writes);
			if (writes.remove(removed)) {
				this.open = Open.of(writes);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Replaces each write by the same write with more knowledge.
	 * @param found yields the write to keep
	 */
	void update(UnaryOperator<WriteMark> found) {
		if (this.ofAll != null) {
			this.ofAll.update(found);
		}
		if (this.open == Open.NONE) {
			return;
		}
		this.lock.lock();
		try {
			boolean changed = false;
			for (Required required : this.open.writes) {
				WriteMark write = required.write;
				required.write = found.apply(write);
				changed |= required.write != write;
			}
			if (changed) {
				this.open = Open.of(this.open.writes);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Adds the writes to the guarantee of the caller, those of all callers as well.
	 * @param known the guarantee of the caller alone
	 * @param caller knows which writes still count
	 * @return a guarantee that includes them, the same object as long as nothing changes
	 */
	SessionGuarantee extend(SessionGuarantee known, CallerRecord caller) {
		SessionGuarantee own = extendByOwn(known, caller);
		WriteMark write = (this.ofAll != null) ? this.ofAll.counting(caller) : null;
		if (write == null) {
			return own;
		}
		Extended extended = this.both;
		if (extended == null || !extended.isOf(own, write)) {
			extended = Extended.of(own, write);
			this.both = extended;
		}
		return extended.guarantee;
	}

	/**
	 * Adds the writes to the guarantee of the caller, without those of all callers.
	 * @param known the guarantee of the caller alone
	 * @param caller knows which writes still count
	 * @return a guarantee that includes them, the same object as long as nothing changes
	 */
	SessionGuarantee extendByOwn(SessionGuarantee known, CallerRecord caller) {
		WriteMark write = counting(caller);
		if (write == null) {
			return known;
		}
		Extended extended = this.own;
		if (extended == null || !extended.isOf(known, write)) {
			extended = Extended.of(known, write);
			this.own = extended;
		}
		return extended.guarantee;
	}

	/**
	 * The write that covers all others, {@code null} once even that counts no longer.
	 */
	private @Nullable WriteMark counting(CallerRecord caller) {
		WriteMark write = this.open.write;
		if (write != null && !caller.counts(write)) {
			forget(write);
			return null;
		}
		return write;
	}

	private void forget(WriteMark write) {
		this.lock.lock();
		try {
			if (this.open.write == write) {
				this.open = Open.NONE;
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * A write, compared by identity. Guarded by the lock.
	 */
	private static final class Required {

		private WriteMark write;

		Required(WriteMark write) {
			this.write = write;
		}

	}

	/**
	 * The writes to see.
	 *
	 * @param writes all of them
	 * @param write a write that covers them, {@code null} if there are none
	 */
	private record Open(List<Required> writes, @Nullable WriteMark write) {

		private static final Open NONE = new Open(List.of(), null);

		static Open of(List<Required> writes) {
			WriteMark all = null;
			for (Required required : writes) {
				all = required.write.and(all);
			}
			return (all != null) ? new Open(List.copyOf(writes), all) : NONE;
		}

	}

	/**
	 * The last guarantee that was asked for.
	 *
	 * @param known the guarantee of the caller alone
	 * @param write the write to see
	 * @param guarantee both
	 */
	private record Extended(SessionGuarantee known, WriteMark write, SessionGuarantee guarantee) {

		static Extended of(SessionGuarantee known, WriteMark write) {
			return new Extended(known, write, known.withWrite(write.and(known.write())));
		}

		boolean isOf(SessionGuarantee known, WriteMark write) {
			return this.known == known && this.write == write;
		}

	}

}
