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
import java.util.stream.Collectors;

/**
 * A promise that was not kept, with the few operations that show it.
 *
 * @param property the promise
 * @param explanation the observation that breaks it
 * @param evidence the operations that show it, the one that broke the promise last
 * @param faults the faults in force at that moment
 * @since 0.1.0
 */
public record Violation(String property, String explanation, List<Operation> evidence, List<String> faults) {

	/**
	 * Creates a violation.
	 */
	public Violation {
		evidence = List.copyOf(evidence);
		faults = List.copyOf(faults);
	}

	@Override
	public String toString() {
		return this.property + ": " + this.explanation
				+ this.evidence.stream().map((operation) -> "\n    " + operation).collect(Collectors.joining())
				+ "\n    faults in force: " + (this.faults.isEmpty() ? "none" : String.join(", ", this.faults));
	}

}
