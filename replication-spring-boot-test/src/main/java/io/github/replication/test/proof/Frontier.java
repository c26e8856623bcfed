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

package io.github.replication.test.proof;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * The writes that were acknowledged, by register, as far as they are needed to know the
 * greatest version at any moment of the last minutes.
 */
final class Frontier {

	private static final long KEPT = Duration.ofMinutes(2).toNanos();

	private final Map<Integer, Deque<Operation>> writes = new HashMap<>();

	private long epoch;

	/**
	 * Follows the writes.
	 */
	void follow(Event event) {
		if (event instanceof Event.EpochEnded ended) {
			this.epoch = ended.order();
			this.writes.clear();
		}
		else if (event instanceof Event.Ended ended && ended.operation().isOk() && ended.operation().kind().isWrite()
				&& counts(ended.operation())) {
			add(ended.operation());
		}
	}

	private void add(Operation write) {
		Deque<Operation> known = this.writes.computeIfAbsent(write.register(), (key) -> new ArrayDeque<>());
		Operation last = known.peekLast();
		if (last == null || write.version() > last.version()) {
			known.addLast(write);
		}
		while (known.size() > 1 && write.span().to() - known.getFirst().span().to() > KEPT) {
			known.removeFirst();
		}
	}

	/**
	 * Whether an operation began after the last event that may have undone writes.
	 */
	boolean counts(Operation operation) {
		return operation.span().invoked() >= this.epoch;
	}

	/**
	 * The write of the greatest version among those that fulfil a condition which holds
	 * for all earlier ones if it holds for one.
	 */
	@Nullable Operation last(int register, Predicate<Operation> early) {
		Deque<Operation> known = this.writes.get(register);
		if (known != null) {
			for (Iterator<Operation> latest = known.descendingIterator(); latest.hasNext();) {
				Operation write = latest.next();
				if (early.test(write)) {
					return write;
				}
			}
		}
		return null;
	}

}
