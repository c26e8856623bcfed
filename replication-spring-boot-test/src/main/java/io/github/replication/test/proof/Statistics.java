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

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counts events. Used by one thread at a time.
 */
final class Statistics {

	private final Map<OperationKind, Map<Outcome, Long>> operations = new EnumMap<>(OperationKind.class);

	private final Map<OperationKind, Long> longest = new EnumMap<>(OperationKind.class);

	private final Map<String, Long> reads = new TreeMap<>();

	private final Map<String, Long> failures = new TreeMap<>();

	private final Map<String, Long> faults = new TreeMap<>();

	private final Map<String, Long> tokens = new TreeMap<>();

	private long count;

	void accept(Event event) {
		if (event instanceof Event.Ended ended) {
			accept(ended.operation());
		}
		else if (event instanceof Event.FaultBegan began) {
			this.faults.merge(began.fault() + " | " + began.node(), 1L, Long::sum);
		}
		else if (event instanceof Event.Lost) {
			this.tokens.merge("lost", 1L, Long::sum);
		}
		else if (event instanceof Event.Forked) {
			this.tokens.merge("duplicated", 1L, Long::sum);
		}
	}

	private void accept(Operation operation) {
		this.count++;
		this.operations.computeIfAbsent(operation.kind(), (kind) -> new EnumMap<>(Outcome.class))
			.merge(operation.outcome(), 1L, Long::sum);
		this.longest.merge(operation.kind(), operation.span().nanos(), Math::max);
		Operation.Error error = operation.error();
		if (error != null) {
			this.failures.merge((operation.kind().isRead() ? "read" : "write") + " | " + error.state() + " | "
					+ error.message().replaceAll(":.*", ""), 1L, Long::sum);
		}
		Served served = operation.served();
		if (served != null && operation.kind().isRead()) {
			this.reads.merge(
					served.node() + " | " + served.reason() + " | " + (served.standby() ? "standby" : "primary"), 1L,
					Long::sum);
		}
	}

	long count() {
		return this.count;
	}

	long count(OperationKind kind, Outcome outcome) {
		return this.operations.getOrDefault(kind, Map.of()).getOrDefault(outcome, 0L);
	}

	long longestNanos(OperationKind kind) {
		return this.longest.getOrDefault(kind, 0L);
	}

	/**
	 * Reads by node, reason and role.
	 */
	Map<String, Long> reads() {
		return this.reads;
	}

	/**
	 * Failures by kind, SQLSTATE and exception.
	 */
	Map<String, Long> failures() {
		return this.failures;
	}

	/**
	 * Faults by name and node.
	 */
	Map<String, Long> faults() {
		return this.faults;
	}

	/**
	 * How often tokens had each fate.
	 */
	Map<String, Long> tokens() {
		return this.tokens;
	}

}
