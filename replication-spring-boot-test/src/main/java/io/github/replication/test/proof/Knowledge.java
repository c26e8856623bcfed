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

import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The state that each session must not fall behind: for each register the operation with
 * the greatest version.
 */
final class Knowledge {

	private final Map<Long, Map<Integer, Operation>> sessions = new HashMap<>();

	private long epoch;

	/**
	 * Follows the sessions.
	 */
	void follow(Event event) {
		if (event instanceof Event.Forked forked) {
			this.sessions.put(forked.part(), new HashMap<>(of(forked.session())));
		}
		else if (event instanceof Event.Merged merged) {
			of(merged.part()).values().forEach((operation) -> learn(merged.session(), operation));
			this.sessions.remove(merged.part());
		}
		else if (event instanceof Event.Lost lost) {
			forget(lost.session());
		}
		else if (event instanceof Event.EpochEnded ended) {
			this.epoch = ended.order();
			this.sessions.clear();
		}
	}

	/**
	 * Whether an operation began after the last event that may have undone others.
	 */
	boolean counts(Operation operation) {
		return operation.span().invoked() >= this.epoch;
	}

	void forget(long session) {
		this.sessions.remove(session);
	}

	void learn(Operation operation) {
		learn(operation.session(), operation);
	}

	private void learn(long session, Operation operation) {
		of(session).merge(operation.register(), operation,
				(before, after) -> (after.version() > before.version()) ? after : before);
	}

	@Nullable Operation of(long session, int register) {
		return of(session).get(register);
	}

	private Map<Integer, Operation> of(long session) {
		return this.sessions.computeIfAbsent(session, (key) -> new HashMap<>());
	}

}
