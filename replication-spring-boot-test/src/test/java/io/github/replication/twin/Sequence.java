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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Calls in their order. All connections are closed at the end.
 *
 * @param calls the calls
 */
record Sequence(List<Call> calls) {

	Sequence {
		calls = List.copyOf(calls);
	}

	/**
	 * Returns the calls and those that close what they leave open.
	 */
	List<Call> complete() {
		Set<String> open = new LinkedHashSet<>();
		for (Call call : this.calls) {
			if (call.result() != null && SlotType.of(call.result()) == SlotType.CONNECTION) {
				open.add(call.result());
			}
			if (call.method().equals("close")) {
				open.remove(call.target());
			}
		}
		List<Call> all = new ArrayList<>(this.calls);
		open.forEach((connection) -> all.add(Call.of(connection, "close")));
		return all;
	}

}
