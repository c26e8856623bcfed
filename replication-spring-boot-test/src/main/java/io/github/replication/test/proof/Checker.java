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

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Holds a history against all properties while it goes on. Used by one thread at a time.
 */
final class Checker implements Consumer<Event> {

	private static final int KEPT = 100;

	private final List<Property> properties;

	private final Collection<String> faults = new ArrayList<>();

	private final List<Violation> violations = new ArrayList<>();

	private final Map<String, Long> counts = new LinkedHashMap<>();

	Checker(List<Property> properties) {
		this.properties = List.copyOf(properties);
		properties.forEach((property) -> this.counts.put(property.title(), 0L));
	}

	@Override
	public void accept(Event event) {
		if (event instanceof Event.FaultBegan began) {
			this.faults.add(describe(began.fault(), began.node()));
		}
		for (Property property : this.properties) {
			property.accept(event, (explanation, evidence) -> add(property, explanation, evidence));
		}
		if (event instanceof Event.FaultEnded ended) {
			this.faults.remove(describe(ended.fault(), ended.node()));
		}
	}

	private static String describe(String fault, String node) {
		return fault + " of " + node;
	}

	private void add(Property property, String explanation, List<Operation> evidence) {
		this.counts.merge(property.title(), 1L, Long::sum);
		if (this.violations.size() < KEPT) {
			this.violations.add(new Violation(property.title(), explanation, evidence, List.copyOf(this.faults)));
		}
	}

	/**
	 * The first violations.
	 */
	List<Violation> violations() {
		return List.copyOf(this.violations);
	}

	/**
	 * How often each property was violated.
	 */
	Map<String, Long> counts() {
		return this.counts;
	}

}
