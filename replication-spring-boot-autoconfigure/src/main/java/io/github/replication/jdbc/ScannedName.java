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

import io.github.replication.jdbc.SqlLexer.Kind;

/**
 * The last name that was read, with or without its schema, and the token before it.
 */
final class ScannedName {

	private static final String CATALOG = "pg_catalog";

	private Token before = Token.NONE;

	private Token beforeBefore = Token.NONE;

	private String text = "";

	private int start;

	private int end;

	private boolean folded;

	private boolean escaped;

	private int parts;

	private boolean inCatalog;

	private int known;

	/**
	 * Reads the current token, which may be a further part of the name.
	 * @param lexer the lexer, at a name
	 * @param known the knowledge of the catalog about it
	 * @param last the token before
	 * @param beforeLast the token before that
	 */
	void add(SqlLexer lexer, int known, Token last, Token beforeLast) {
		if (!last.is('.')) {
			this.before = last;
			this.beforeBefore = beforeLast;
			this.parts = 1;
			this.inCatalog = false;
		}
		else if (beforeLast.isName()) {
			this.inCatalog = this.parts == 1 && is(CATALOG);
			this.parts++;
		}
		else {
			this.before = last;
			this.beforeBefore = beforeLast;
			this.parts = 2;
			this.inCatalog = false;
		}
		this.text = lexer.text();
		this.start = lexer.contentStart();
		this.end = lexer.contentEnd();
		this.folded = lexer.kind() == Kind.WORD;
		this.escaped = lexer.isEscaped();
		this.known = known;
	}

	/**
	 * Whether a parenthesis after the name begins the arguments of a function.
	 * @param keyword the keyword that the name is
	 * @param verb the keyword that begins the statement
	 */
	boolean isCalled(Keyword keyword, Keyword verb) {
		if (keyword.isNeverFunction() || this.before.excludesCall()) {
			return false;
		}
		if (keyword.isInfix()) {
			return !followsExpression(keyword);
		}
		return !switch (keyword) {
			case BY ->
				this.before.is(Keyword.ORDER) || this.before.is(Keyword.GROUP) || this.before.is(Keyword.PARTITION);
			case SETS -> this.before.is(Keyword.GROUPING);
			case CUBE, ROLLUP -> this.before.is(Keyword.BY) && this.beforeBefore.is(Keyword.GROUP);
			case MATERIALIZED -> this.before.is(Keyword.NOT) && this.beforeBefore.is(Keyword.AS);
			case ZONE -> this.before.is(Keyword.TIME);
			case FIRST, NEXT -> this.before.is(Keyword.FETCH);
			case VARYING -> this.before.keyword().isForm();
			case CONFLICT -> this.before.is(Keyword.ON);
			case INSERT -> verb == Keyword.MERGE;
			default -> false;
		};
	}

	private boolean followsExpression(Keyword keyword) {
		return this.before.mayEndExpression() || (this.before.is(Keyword.NOT) && this.beforeBefore.mayEndExpression())
				|| (this.before.is(Keyword.UPDATE) && keyword == Keyword.SET);
	}

	/**
	 * Whether the name follows the beginning of a call in the syntax of JDBC.
	 */
	boolean isOfJdbc() {
		return this.parts == 1 && this.before.is(Keyword.FN) && this.beforeBefore.is('{');
	}

	/**
	 * Whether a call of the function only reads.
	 */
	boolean isHarmless() {
		return switch (this.parts) {
			case 1 -> CatalogSnapshot.isHarmless(this.known);
			case 2 -> this.inCatalog && CatalogSnapshot.isHarmlessInCatalog(this.known);
			default -> false;
		};
	}

	/**
	 * Whether nothing is known about a function of the name.
	 */
	boolean isUnknown() {
		return this.known == 0 || (!CatalogSnapshot.is(this.known, CatalogSnapshot.BUILT_IN)
				&& !CatalogSnapshot.is(this.known, CatalogSnapshot.ELSEWHERE));
	}

	/**
	 * Whether the function may be a volatile one of the application's or an extension's.
	 */
	boolean isVolatileElsewhere() {
		return CatalogSnapshot.is(this.known, CatalogSnapshot.VOLATILE_ELSEWHERE);
	}

	/**
	 * Whether characters of the name are written in another way, so that it is not known.
	 */
	boolean isEscaped() {
		return this.escaped;
	}

	boolean is(String name) {
		return this.end - this.start == name.length() && startsWith(name);
	}

	boolean startsWith(String prefix) {
		return !this.escaped && isAt(this.start, prefix);
	}

	boolean contains(String part) {
		for (int i = this.start; i + part.length() <= this.end; i++) {
			if (isAt(i, part)) {
				return true;
			}
		}
		return false;
	}

	private boolean isAt(int index, String part) {
		return index + part.length() <= this.end && SqlLexer.lower(this.text.charAt(index)) == part.charAt(0)
				&& this.text.regionMatches(this.folded, index, part, 0, part.length());
	}

	/**
	 * The name as the server understands it.
	 */
	String value() {
		return (this.folded) ? lower(this.text.substring(this.start, this.end))
				: this.text.substring(this.start, this.end);
	}

	private static String lower(String name) {
		StringBuilder lower = new StringBuilder(name.length());
		name.chars().forEach((c) -> lower.append(SqlLexer.lower((char) c)));
		return lower.toString();
	}

}
