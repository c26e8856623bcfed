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

package io.github.replication.twin;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Leaves out calls while a sequence still shows the same difference.
 */
final class Shrinker {

	private Shrinker() {
	}

	/**
	 * Returns a sequence of which no call, and no half, quarter and so on, can be left
	 * out.
	 * @param sequence the sequence
	 * @param fails whether a sequence shows the difference
	 * @param nanos how long to try
	 */
	static Sequence shrink(Sequence sequence, Predicate<Sequence> fails, long nanos) {
		long end = System.nanoTime() + nanos;
		List<Call> calls = new ArrayList<>(sequence.calls());
		int size = Math.max(1, calls.size() / 2);
		while (size >= 1 && System.nanoTime() < end) {
			boolean shorter = false;
			for (int from = calls.size() - size; from >= 0 && System.nanoTime() < end; from -= size) {
				List<Call> candidate = new ArrayList<>(calls.subList(0, from));
				candidate.addAll(calls.subList(from + size, calls.size()));
				if (fails.test(new Sequence(candidate))) {
					calls = candidate;
					shorter = true;
				}
			}
			size = (size > 1) ? size / 2 : (shorter) ? 1 : 0;
		}
		return new Sequence(calls);
	}

}
