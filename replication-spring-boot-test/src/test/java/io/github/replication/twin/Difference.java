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

import java.util.List;

/**
 * A step that has another outcome with the library than without.
 *
 * @param calls the calls of the sequence
 * @param index the index of the step, the number of calls for what is left at the end
 * @param plain the outcome of the step without the library
 * @param ours the outcome of the step with the library
 * @param history the facts about the calls before
 * @param pool the pool of the side with the library
 */
record Difference(List<Call> calls, int index, Step plain, Step ours, History history, Pool pool) {

	boolean hasEqualOutcomes() {
		return this.plain.outcome().value().equals(this.ours.outcome().value());
	}

	boolean hasEqualViews() {
		return this.plain.view().equals(this.ours.view());
	}

	boolean hasEqualRows() {
		return this.plain.view().rows().equals(this.ours.view().rows());
	}

	Call call() {
		return (this.index < this.calls.size()) ? this.calls.get(this.index) : Call.steps("end");
	}

	/**
	 * Returns a text that is equal for differences of the same kind.
	 */
	String signature() {
		Call call = call();
		String target = SlotType.of(call.target()).name();
		if (!this.plain.outcome().value().equals(this.ours.outcome().value())) {
			return target + "." + call.method() + ": " + kind(this.plain.outcome()) + " / " + kind(this.ours.outcome());
		}
		if (!this.plain.view().rows().equals(this.ours.view().rows())) {
			return target + "." + call.method() + ": rows";
		}
		if (!this.plain.view().states().equals(this.ours.view().states())) {
			return target + "." + call.method() + ": states " + this.plain.view().states() + " / "
					+ this.ours.view().states();
		}
		if (!this.plain.view().locks().equals(this.ours.view().locks())) {
			return target + "." + call.method() + ": locks";
		}
		return target + "." + call.method() + ": pool";
	}

	private static String kind(Outcome outcome) {
		return (outcome.failed()) ? outcome.value() : "value";
	}

	String report() {
		StringBuilder text = new StringBuilder();
		for (int i = 0; i <= this.index && i < this.calls.size(); i++) {
			text.append(this.calls.get(i).toJava()).append('\n');
		}
		if (this.index >= this.calls.size()) {
			text.append("// at the end\n");
		}
		describe(text, "outcome", this.plain.outcome().describe(), this.ours.outcome().describe());
		describe(text, "rows", this.plain.view().rows(), this.ours.view().rows());
		describe(text, "sessions", this.plain.view().states(), this.ours.view().states());
		describe(text, "advisory locks", this.plain.view().locks(), this.ours.view().locks());
		describe(text, "pool", this.plain.pool().toString(), this.ours.pool().toString());
		return text.toString();
	}

	private static void describe(StringBuilder text, String what, String plain, String ours) {
		if (!plain.equals(ours)) {
			text.append("//   ").append(what).append(" plain: ").append(plain).append('\n');
			text.append("//   ").append(what).append(" ours:  ").append(ours).append('\n');
		}
		else if (what.equals("outcome")) {
			text.append("//   outcome of both: ").append(plain).append('\n');
		}
	}

	/**
	 * One step on one side.
	 *
	 * @param outcome the outcome of the call
	 * @param view the database as seen from outside
	 * @param pool the idle connections that are not as new ones
	 */
	record Step(Outcome outcome, ThirdSession.View view, List<String> pool) {

		boolean matches(Step other) {
			return this.outcome.value().equals(other.outcome.value()) && this.view.equals(other.view)
					&& this.pool.equals(other.pool);
		}

	}

}
