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
 * A read that asks for a staleness sees every write that was acknowledged that long
 * before it began, by whomever.
 */
final class BoundedStaleness implements Property {

	private final Duration maxStaleness;

	private final Frontier frontier = new Frontier();

	BoundedStaleness(Duration maxStaleness) {
		this.maxStaleness = maxStaleness;
	}

	@Override
	public String title() {
		return "bounded staleness";
	}

	@Override
	public void accept(Event event, Findings findings) {
		this.frontier.follow(event);
		if (event instanceof Event.Ended ended && ended.operation().isOk()
				&& ended.operation().kind() == OperationKind.READ_FRESH && this.frontier.counts(ended.operation())) {
			check(ended.operation(), findings);
		}
	}

	private void check(Operation read, Findings findings) {
		long limit = read.span().from() - this.maxStaleness.toNanos();
		Operation write = this.frontier.last(read.register(), (earlier) -> earlier.span().to() <= limit);
		if (write != null && read.version() < write.version()) {
			findings.add("version " + write.version() + " of register " + read.register()
					+ " was acknowledged more than " + this.maxStaleness.toMillis() + " ms before a read that has seen "
					+ "version " + read.version(), List.of(write, read));
		}
	}

}
