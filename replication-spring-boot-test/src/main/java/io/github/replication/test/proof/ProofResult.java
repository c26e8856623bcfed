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
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The findings of a proof.
 *
 * @since 0.1.0
 */
public final class ProofResult {

	private final long seed;

	private final Duration duration;

	private final Statistics statistics;

	private final Checker checker;

	ProofResult(long seed, Duration duration, Statistics statistics, Checker checker) {
		this.seed = seed;
		this.duration = duration;
		this.statistics = statistics;
		this.checker = checker;
	}

	/**
	 * The promises that were not kept.
	 * @return the first hundred violations
	 */
	public List<Violation> violations() {
		return this.checker.violations();
	}

	/**
	 * How many operations have run.
	 * @return a number
	 */
	public long operations() {
		return this.statistics.count();
	}

	/**
	 * How many operations of a kind were acknowledged.
	 * @param kind the kind
	 * @return a number
	 */
	public long acknowledged(OperationKind kind) {
		return this.statistics.count(kind, Outcome.OK);
	}

	/**
	 * The faults that have happened, whatever to.
	 * @return some of all faults
	 */
	public Set<Fault> faults() {
		Set<Fault> faults = EnumSet.noneOf(Fault.class);
		for (Fault fault : Fault.values()) {
			if (this.statistics.faults().keySet().stream().anyMatch((name) -> name.startsWith(fault + " |"))) {
				faults.add(fault);
			}
		}
		return faults;
	}

	/**
	 * The seed that lets the same sessions and the same faults come again:
	 * {@code -Dproof.seed=}.
	 * @return the seed
	 */
	public long seed() {
		return this.seed;
	}

	/**
	 * Formats the numbers in Markdown.
	 * @param facts further facts for the beginning, such as versions
	 * @return a page without a title
	 */
	public String toMarkdown(Map<String, String> facts) {
		StringBuilder page = new StringBuilder();
		table(page, "run | ",
				List.of("operations | " + this.statistics.count(), "duration | " + this.duration.toSeconds() + " s",
						"operations in a second | " + rate(), "seed | `" + this.seed + "`"));
		facts.forEach((name, fact) -> page.append("| ").append(name).append(" | ").append(fact).append(" |\n"));
		heading(page, "Promises");
		table(page, "promise | violations", rows(this.checker.counts()));
		if (!violations().isEmpty()) {
			page.append("\n```\n").append(describeViolations()).append("\n```\n");
		}
		heading(page, "Operations");
		table(page, "kind | acknowledged | failed | unknown | longest",
				EnumSet.allOf(OperationKind.class).stream().map(this::describe).toList());
		page.append('\n');
		table(page, "failed | SQLSTATE | exception | times", rows(this.statistics.failures()));
		heading(page, "Faults");
		table(page, "fault | of | times", rows(this.statistics.faults()));
		page.append('\n');
		table(page, "tokens | times", rows(this.statistics.tokens()));
		heading(page, "Reads");
		table(page, "node | reason | role | times", rows(this.statistics.reads()));
		return page.toString();
	}

	private long rate() {
		return 1000 * this.statistics.count() / Math.max(1, this.duration.toMillis());
	}

	private String describe(OperationKind kind) {
		return String.format(Locale.ROOT, "%s | %d | %d | %d | %.0f ms", kind, this.statistics.count(kind, Outcome.OK),
				this.statistics.count(kind, Outcome.FAILED), this.statistics.count(kind, Outcome.UNKNOWN),
				this.statistics.longestNanos(kind) / 1e6);
	}

	private static List<String> rows(Map<String, Long> counts) {
		return counts.entrySet().stream().map((entry) -> entry.getKey() + " | " + entry.getValue()).toList();
	}

	private static void heading(StringBuilder page, String heading) {
		page.append("\n## ").append(heading).append("\n\n");
	}

	private static void table(StringBuilder page, String head, List<String> rows) {
		page.append("| ")
			.append(head)
			.append(" |\n|")
			.append(" --- |".repeat(head.split("\\|", -1).length))
			.append('\n');
		rows.forEach((row) -> page.append("| ").append(row).append(" |\n"));
	}

	/**
	 * Describes the violations so that a person can follow them.
	 * @return one paragraph for each of the first, and the seed
	 */
	public String describeViolations() {
		return violations().stream().limit(10).map(Violation::toString).collect(Collectors.joining("\n\n"))
				+ "\n\nviolations by promise: " + this.checker.counts() + "; -Dproof.seed=" + this.seed;
	}

	@Override
	public String toString() {
		return this.statistics.count() + " operations, " + this.statistics.faults().size() + " kinds of faults, "
				+ violations().size() + " violations; -Dproof.seed=" + this.seed;
	}

}
