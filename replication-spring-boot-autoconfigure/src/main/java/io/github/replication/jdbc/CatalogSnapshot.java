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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The knowledge of the catalog at one moment. It says of each name of a function whether
 * the function only reads, and which names let a statement run a volatile function that
 * it does not name. Immutable.
 * <p>
 * Names stand without their schema. A name is therefore judged by every object that has
 * it.
 */
final class CatalogSnapshot {

	/**
	 * There is a built-in function of the name.
	 */
	static final int BUILT_IN = 1;

	/**
	 * A function of the name in {@code pg_catalog} may do more than read.
	 */
	static final int HARMFUL = 1 << 1;

	/**
	 * There is a function of the name in another schema that may be called in place of a
	 * built-in one: it is the application's, or an extension's and volatile.
	 */
	static final int SHADOWED = 1 << 2;

	/**
	 * There is a function of the name that is not built in.
	 */
	static final int ELSEWHERE = 1 << 3;

	/**
	 * There is a volatile function of the name that is not built in.
	 */
	static final int VOLATILE_ELSEWHERE = 1 << 4;

	/**
	 * The name is that of a relation or a type, or a keyword, that leads to a volatile
	 * function.
	 */
	static final int MARKED = 1 << 5;

	/**
	 * The name is that of a volatile function that can be called as if it were a column.
	 */
	static final int MARKED_ATTRIBUTE = 1 << 6;

	/**
	 * The name is that of an operator on built-in types that leads to a volatile
	 * function.
	 */
	static final int MARKED_OPERATOR = 1 << 7;

	/**
	 * There is a cast between built-in types that leads to a volatile function. It may be
	 * applied anywhere. Stands beside the empty name.
	 */
	static final int MARKED_EVERYTHING = 1 << 8;

	/**
	 * There is a function of the application's that mentions {@code synchronous_commit}.
	 * A trigger may call it. Stands beside the empty name.
	 */
	static final int SETS_SYNCHRONOUS_COMMIT = 1 << 9;

	/**
	 * The keywords that the server turns into operators.
	 */
	private static final Map<String, List<String>> KEYWORDS_OF_OPERATORS = Map.ofEntries(
			Map.entry("=", List.of("in", "nullif", "distinct", "case", "using", "natural")),
			Map.entry("<>", List.of("in")), Map.entry("<", List.of("between")), Map.entry(">", List.of("between")),
			Map.entry("<=", List.of("between")), Map.entry(">=", List.of("between")), Map.entry("~~", List.of("like")),
			Map.entry("!~~", List.of("like")), Map.entry("~~*", List.of("ilike")), Map.entry("!~~*", List.of("ilike")),
			Map.entry("~", List.of("similar")), Map.entry("!~", List.of("similar")));

	/**
	 * The knowledge for as long as the catalog has not been read.
	 */
	static final CatalogSnapshot FALLBACK = new CatalogSnapshot(fallback(), false);

	private final Map<String, Integer> entries;

	private final NameTable names;

	private final List<String> operators;

	private final boolean questionMark;

	private final boolean complete;

	private CatalogSnapshot(Map<String, Integer> entries, boolean complete) {
		this.entries = Map.copyOf(entries);
		this.operators = operators(entries);
		this.questionMark = this.operators.stream().anyMatch((operator) -> operator.contains("?"));
		this.names = NameTable.of(withKeywords(entries));
		this.complete = complete;
	}

	/**
	 * Creates a snapshot of the answer of the catalog.
	 * @param entries the names, each with the sum of its facts
	 */
	static CatalogSnapshot of(Map<String, Integer> entries) {
		return new CatalogSnapshot(entries, true);
	}

	static Map<String, Integer> fallback() {
		Map<String, Integer> entries = new HashMap<>();
		BuiltInFunctions.COMMON_HARMLESS.forEach((name) -> entries.put(name, BUILT_IN));
		BuiltInFunctions.COMMON_HARMFUL.forEach((name) -> entries.put(name, BUILT_IN | HARMFUL));
		return entries;
	}

	private static List<String> operators(Map<String, Integer> entries) {
		List<String> operators = new ArrayList<>();
		entries.forEach((name, known) -> {
			if (is(known, MARKED_OPERATOR)) {
				operators.add(name);
			}
		});
		if (operators.contains("<>")) {
			operators.add("!=");
		}
		return List.copyOf(operators);
	}

	private static Map<String, Integer> withKeywords(Map<String, Integer> entries) {
		Map<String, Integer> marked = new HashMap<>(entries);
		KEYWORDS_OF_OPERATORS.forEach((operator, keywords) -> {
			if (is(entries.getOrDefault(operator, 0), MARKED_OPERATOR)) {
				keywords.forEach((keyword) -> marked.merge(keyword, MARKED, (one, other) -> one | other));
			}
		});
		return marked;
	}

	/**
	 * Whether this is the knowledge that a catalog with these entries gives.
	 */
	boolean hasEntries(Map<String, Integer> entries) {
		return this.complete && this.entries.equals(entries);
	}

	/**
	 * Returns the facts about a name.
	 * @param lexer the lexer, at a name
	 * @return the sum of the facts, 0 if nothing is known
	 */
	int get(SqlLexer lexer) {
		if (lexer.isEscaped()) {
			return 0;
		}
		if (lexer.isDoubled()) {
			String name = lexer.content();
			return this.names.get(name.substring(0, NameTable.limit(name, 0, name.length())));
		}
		return this.names.get(lexer.text(), lexer.contentStart(), lexer.contentEnd(), lexer.hash(),
				lexer.kind() == SqlLexer.Kind.WORD);
	}

	int get(String name) {
		return this.names.get(name);
	}

	/**
	 * Whether a call without a schema only reads.
	 * @param known the sum of the facts about the name of the function
	 */
	static boolean isHarmless(int known) {
		return is(known, BUILT_IN) && !is(known, HARMFUL) && !is(known, SHADOWED);
	}

	/**
	 * Whether a call of a function in {@code pg_catalog} only reads.
	 * @param known the sum of the facts about the name of the function
	 */
	static boolean isHarmlessInCatalog(int known) {
		return is(known, BUILT_IN) && !is(known, HARMFUL);
	}

	/**
	 * Whether a run of operator characters may contain an operator that leads to a
	 * volatile function.
	 */
	boolean marksOperator(SqlLexer lexer) {
		for (String operator : this.operators) {
			for (int i = lexer.contentStart(); i + operator.length() <= lexer.contentEnd(); i++) {
				if (lexer.text().startsWith(operator, i)) {
					return true;
				}
			}
		}
		return false;
	}

	/**
	 * Whether a question mark, which is an operator in a statement without parameters,
	 * may be one that leads to a volatile function.
	 */
	boolean marksQuestionMark() {
		return this.questionMark;
	}

	/**
	 * Whether any statement may run a volatile function that it does not name.
	 */
	boolean marksEverything() {
		return is(get(""), MARKED_EVERYTHING);
	}

	/**
	 * Whether any statement may run a function that changes {@code synchronous_commit}.
	 */
	boolean setsSynchronousCommit() {
		return is(get(""), SETS_SYNCHRONOUS_COMMIT);
	}

	/**
	 * Whether the catalog was read, so that a name that is not here does not exist.
	 */
	boolean isComplete() {
		return this.complete;
	}

	static boolean is(int known, int fact) {
		return (known & fact) != 0;
	}

}
