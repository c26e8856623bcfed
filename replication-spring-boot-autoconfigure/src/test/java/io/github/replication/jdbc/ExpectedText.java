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

package io.github.replication.jdbc;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

import org.springframework.core.io.ClassPathResource;

/**
 * A line of {@code statements.txt}.
 *
 * @param expectation what the text is and what servers show
 * @param facts the facts that hold
 * @param sql the text
 */
record ExpectedText(Expectation expectation, Set<String> facts, String sql) {

	static List<ExpectedText> all() throws IOException {
		List<ExpectedText> all = new ArrayList<>();
		String lines = new ClassPathResource("statements.txt", ExpectedText.class)
			.getContentAsString(StandardCharsets.UTF_8);
		for (String line : lines.split("\n")) {
			if (!line.isEmpty() && !line.startsWith("#")) {
				all.add(of(line));
			}
		}
		return all;
	}

	private static ExpectedText of(String line) {
		String[] parts = line.split("[ ]+", 3);
		if (parts.length != 3) {
			throw new IllegalStateException("Not an expectation, facts and a text: " + line);
		}
		Set<String> facts = new TreeSet<>((parts[1].equals("-")) ? List.of() : Arrays.asList(parts[1].split(",")));
		return new ExpectedText(Expectation.valueOf(parts[0].replaceFirst("@.*", "").toUpperCase(Locale.ROOT)), facts,
				parts[2].replace('⏎', '\n').replace('␍', '\r'));
	}

	/**
	 * The facts of a text by the names that the file has for them.
	 */
	static Set<String> facts(StatementText text) {
		Set<String> facts = new TreeSet<>();
		add(facts, "unseen", text.mayWriteUnseen());
		add(facts, "control", text.controlsTransaction());
		add(facts, "several", text.hasSeveralStatements());
		add(facts, "sync", text.mentionsSynchronousCommit());
		add(facts, "syncsession", text.setsSynchronousCommitForSession());
		add(facts, "advisory", text.takesAdvisoryLock());
		add(facts, "large", text.writesLargeObjects());
		add(facts, "serializable", text.asksForSerializable());
		add(facts, "session", text.changesSession());
		add(facts, "mode", text.mayChangeAccessMode());
		return facts;
	}

	private static void add(Set<String> facts, String name, boolean holds) {
		if (holds) {
			facts.add(name);
		}
	}

	boolean isPlainRead() {
		return this.expectation == Expectation.READ;
	}

	@Override
	public String toString() {
		return this.sql;
	}

	/**
	 * The expectations, which the file explains.
	 */
	enum Expectation {

		READ, WRITE, STATE, HIDDEN, DOUBT, ERROR

	}

}
