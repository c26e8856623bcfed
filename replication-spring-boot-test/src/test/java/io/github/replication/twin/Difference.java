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
 * @param plainSteps the steps without the library, up to the one that differs
 * @param ourSteps the steps with the library, up to the one that differs
 * @param history the facts about the calls before
 * @param pool the pool of the side with the library
 */
record Difference(List<Call> calls, List<Step> plainSteps, List<Step> ourSteps, History history, Pool pool) {

	Step plain() {
		return this.plainSteps.get(index());
	}

	Step ours() {
		return this.ourSteps.get(index());
	}

	/**
	 * Returns the index of the step, the number of calls for what is left at the end.
	 */
	private int index() {
		return this.ourSteps.size() - 1;
	}

	boolean hasEqualOutcomes() {
		return plain().outcome().value().equals(ours().outcome().value());
	}

	boolean hasEqualViews() {
		return plain().view().equals(ours().view());
	}

	boolean hasEqualStates() {
		return plain().view().states().equals(ours().view().states());
	}

	boolean hasEqualRows() {
		return plain().view().rows().equals(ours().view().rows());
	}

	/**
	 * Whether the call that was to make the object of this one had another outcome, too.
	 */
	boolean isOriginDifferent() {
		for (int i = index() - 1; i >= 0; i--) {
			String result = this.calls.get(i).result();
			if (result != null && call().names().contains(result)) {
				return !this.plainSteps.get(i).outcome().value().equals(this.ourSteps.get(i).outcome().value());
			}
		}
		return false;
	}

	Call call() {
		return (index() < this.calls.size()) ? this.calls.get(index()) : Call.steps("end");
	}

	/**
	 * Returns a text that is equal for differences of the same kind.
	 */
	String signature() {
		Call call = call();
		String target = SlotType.of(call.target()).name();
		if (!plain().outcome().value().equals(ours().outcome().value())) {
			return target + "." + call.method() + ": " + kind(plain().outcome()) + " / " + kind(ours().outcome());
		}
		if (!plain().view().rows().equals(ours().view().rows())) {
			return target + "." + call.method() + ": rows";
		}
		if (!plain().view().states().equals(ours().view().states())) {
			return target + "." + call.method() + ": states " + plain().view().states() + " / "
					+ ours().view().states();
		}
		if (!plain().view().locks().equals(ours().view().locks())) {
			return target + "." + call.method() + ": locks";
		}
		return target + "." + call.method() + ": pool";
	}

	private static String kind(Outcome outcome) {
		return (outcome.failed()) ? outcome.value() : "value";
	}

	/**
	 * Returns the sequence as Java code, with the failures of both sides.
	 */
	String report() {
		StringBuilder text = new StringBuilder();
		for (int i = 0; i <= index() && i < this.calls.size(); i++) {
			text.append(this.calls.get(i).toJava()).append(comment(i)).append('\n');
		}
		if (index() >= this.calls.size()) {
			text.append("// at the end\n");
		}
		describe(text, "outcome", plain().outcome().describe(), ours().outcome().describe());
		describe(text, "rows", plain().view().rows(), ours().view().rows());
		describe(text, "sessions", plain().view().states(), ours().view().states());
		describe(text, "advisory locks", plain().view().locks(), ours().view().locks());
		describe(text, "pool", plain().pool().toString(), ours().pool().toString());
		describe(text, "closed a socket", "" + plain().closedSocket(), "" + ours().closedSocket());
		return text.toString();
	}

	private String comment(int index) {
		Outcome plain = this.plainSteps.get(index).outcome();
		Outcome ours = this.ourSteps.get(index).outcome();
		if (index == index() || (!plain.failed() && !ours.failed())) {
			return "";
		}
		return " // " + (plain.value().equals(ours.value()) ? plain.value()
				: "plain: " + plain.value() + ", ours: " + ours.value());
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
	 * @param closedSocket whether a socket was closed, which is not compared
	 */
	record Step(Outcome outcome, ThirdSession.View view, List<String> pool, boolean closedSocket) {

		boolean matches(Step other) {
			return this.outcome.value().equals(other.outcome.value()) && this.view.equals(other.view)
					&& this.pool.equals(other.pool);
		}

	}

}
