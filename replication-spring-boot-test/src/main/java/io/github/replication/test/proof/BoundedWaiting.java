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
import java.util.List;

/**
 * No operation takes longer than what is configured allows.
 */
final class BoundedWaiting implements Property {

	private final Duration longestRead;

	private final Duration longestWrite;

	BoundedWaiting(Duration longestRead, Duration longestWrite) {
		this.longestRead = longestRead;
		this.longestWrite = longestWrite;
	}

	@Override
	public String title() {
		return "bounded waiting";
	}

	@Override
	public void accept(Event event, Findings findings) {
		if (event instanceof Event.Ended ended) {
			Operation operation = ended.operation();
			Duration longest = operation.kind().isRepeatable() ? this.longestRead : this.longestWrite;
			if (operation.span().nanos() > longest.toNanos()) {
				findings.add("it was to take no longer than " + longest.toMillis() + " ms", List.of(operation));
			}
		}
	}

}
