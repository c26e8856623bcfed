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

import java.util.List;

/**
 * Whoever reads or writes on the primary finds every write there that was acknowledged
 * before, by whomever, and no two writes have the same version.
 */
final class NoLostWrite implements Property {

	private final Frontier frontier = new Frontier();

	@Override
	public String title() {
		return "no lost acknowledged write";
	}

	@Override
	public void accept(Event event, Findings findings) {
		if (event instanceof Event.Ended ended && ended.operation().isOk() && ended.operation().kind().seesAll()
				&& this.frontier.counts(ended.operation())) {
			check(ended.operation(), findings);
		}
		this.frontier.follow(event);
	}

	private void check(Operation operation, Findings findings) {
		Operation write = this.frontier.last(operation.register(), (earlier) -> earlier.isBefore(operation));
		if (write == null) {
			return;
		}
		boolean reads = operation.kind().isRead();
		long least = reads ? write.version() : write.version() + 1;
		if (operation.version() < least) {
			findings.add("version " + write.version() + " of register " + operation.register()
					+ " was acknowledged, and the primary has then " + (reads ? "shown" : "written") + " version "
					+ operation.version(), List.of(write, operation));
		}
	}

}
