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
import io.github.replication.position.Bound;
import io.github.replication.position.Write;

/**
 * The writes of others that a caller's reads wait for, for a limited time. Costs one
 * volatile read while there are none.
 */
final class AwaitedWrites {

	private final ReentrantLock lock = new ReentrantLock();

	private volatile List<Required> open = List.of();

	private volatile @Nullable Extended extended;

	/**
	 * Adds a write, and drops writes that no longer count.
	 * @param write the write to see
	 * @param oldest the time before which writes do not count
	 * @return removes the write
	 */
	Requirement add(Write write, long oldest) {
		Required added = new Required(write);
		this.lock.lock();
		try {
			List<Required> open = new ArrayList<>(this.open.size() + 1);
			for (Required required : this.open) {
				if (required.write.at() - oldest >= 0) {
					open.add(required);
				}
			}
			open.add(added);
			this.open = List.copyOf(open);
		}
		finally {
			this.lock.unlock();
		}
		return () -> remove(added);
	}

	private void remove(Required removed) {
		this.lock.lock();
		try {
			List<Required> open = new ArrayList<>(this.open);
			if (open.remove(removed)) {
				this.open = List.copyOf(open);
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
	void update(UnaryOperator<Write> found) {
		if (this.open.isEmpty()) {
			return;
		}
		this.lock.lock();
		try {
			boolean changed = false;
			for (Required required : this.open) {
				Write write = required.write;
				required.write = found.apply(write);
				changed |= required.write != write;
			}
			if (changed) {
				this.extended = null;
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Adds the writes to the bound of the caller.
	 * @param known the bound of the caller alone
	 * @return a bound that includes them, the same object as long as nothing changes
	 */
	Bound extend(Bound known) {
		List<Required> open = this.open;
		if (open.isEmpty()) {
			return known;
		}
		Extended extended = this.extended;
		if (extended == null || extended.known != known || extended.open != open) {
			extended = new Extended(known, open, extend(known, open));
			this.extended = extended;
		}
		return extended.bound;
	}

	private static Bound extend(Bound known, List<Required> open) {
		Write write = known.write();
		for (Required required : open) {
			write = required.write.and(write);
		}
		return known.withWrite(write);
	}

	/**
	 * A write, compared by identity.
	 */
	private static final class Required {

		private volatile Write write;

		Required(Write write) {
			this.write = write;
		}

	}

	/**
	 * The last bound that was asked for.
	 *
	 * @param known the bound of the caller alone
	 * @param open the writes to see
	 * @param bound both
	 */
	private record Extended(Bound known, List<Required> open, Bound bound) {

	}

}
