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
 * No operation takes longer than the configuration allows: a read that may run again
 * elsewhere while the primary is well, and everything else.
 */
final class BoundedWaiting implements Property {

	private final Availability availability;

	private final Duration longestRead;

	private final Duration longestOther;

	BoundedWaiting(Availability availability, Duration longestRead, Duration longestOther) {
		this.availability = availability;
		this.longestRead = longestRead;
		this.longestOther = longestOther;
	}

	@Override
	public String title() {
		return "bounded waiting";
	}

	@Override
	public void accept(Event event, Findings findings) {
		this.availability.follow(event);
		if (event instanceof Event.Ended ended) {
			Operation operation = ended.operation();
			Duration longest = longest(operation);
			if (operation.span().nanos() > longest.toNanos()) {
				findings.add("it was to take no longer than " + longest.toMillis() + " ms", List.of(operation));
			}
		}
	}

	private Duration longest(Operation operation) {
		boolean elsewhere = operation.kind().isRepeatable() && this.availability.isPrimarySteady(operation.span());
		return elsewhere ? this.longestRead : this.longestOther;
	}

}
