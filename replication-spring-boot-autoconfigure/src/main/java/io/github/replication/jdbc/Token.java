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
 * A token that was read before the current one, by its effect on the tokens that follow.
 * There is one instance for each distinct token, so that none is created while a text is
 * read.
 */
final class Token {

	/**
	 * No token: the beginning of a statement.
	 */
	static final Token NONE = new Token(Kind.END, Keyword.NONE, (char) 0, false);

	/**
	 * A closing parenthesis after which an expression begins.
	 */
	static final Token CLOSED_PREFIX = new Token(Kind.MARK, Keyword.NONE, ')', false);

	private static final Token[] KINDS = kinds();

	private static final Token[] KEYWORDS = keywords();

	private static final Token[] MARKS = marks();

	private static final Token OTHER_MARK = new Token(Kind.MARK, Keyword.NONE, (char) 0, false);

	private final Kind kind;

	private final Keyword keyword;

	private final char mark;

	private final boolean excludingCall;

	private Token(Kind kind, Keyword keyword, char mark, boolean excludingCall) {
		this.kind = kind;
		this.keyword = keyword;
		this.mark = mark;
		this.excludingCall = excludingCall;
	}

	private static Token[] kinds() {
		Token[] tokens = new Token[Kind.values().length];
		for (Kind kind : Kind.values()) {
			tokens[kind.ordinal()] = new Token(kind, Keyword.NONE, (char) 0,
					kind == Kind.LITERAL || kind == Kind.NUMBER || kind == Kind.QUOTED_NAME || kind == Kind.CAST);
		}
		return tokens;
	}

	private static Token[] keywords() {
		Token[] tokens = new Token[Keyword.values().length];
		for (Keyword keyword : Keyword.values()) {
			tokens[keyword.ordinal()] = new Token(Kind.WORD, keyword, (char) 0,
					keyword == Keyword.AS || keyword == Keyword.INTO || keyword == Keyword.ORDINALITY);
		}
		return tokens;
	}

	private static Token[] marks() {
		Token[] tokens = new Token[0x80];
		for (char mark = 0; mark < tokens.length; mark++) {
			tokens[mark] = new Token(Kind.MARK, Keyword.NONE, mark, mark == ')' || mark == ']' || mark == '}');
		}
		return tokens;
	}

	static Token of(Kind kind) {
		return KINDS[kind.ordinal()];
	}

	static Token of(Keyword keyword) {
		return KEYWORDS[keyword.ordinal()];
	}

	static Token of(char mark) {
		return (mark < MARKS.length) ? MARKS[mark] : OTHER_MARK;
	}

	boolean is(Kind kind) {
		return this.kind == kind;
	}

	boolean is(Keyword keyword) {
		return this.kind == Kind.WORD && this.keyword == keyword;
	}

	boolean is(char mark) {
		return this.kind == Kind.MARK && this.mark == mark;
	}

	boolean isName() {
		return this.kind == Kind.WORD || this.kind == Kind.QUOTED_NAME;
	}

	/**
	 * The keyword, {@link Keyword#NONE} for another token.
	 */
	Keyword keyword() {
		return this.keyword;
	}

	/**
	 * Whether a name with a parenthesis right after this token is no call of a function.
	 * It is then a type with its modifiers, an alias or a table with columns, or a
	 * keyword between two expressions.
	 */
	boolean excludesCall() {
		return this.excludingCall;
	}

	/**
	 * Whether an expression may end here.
	 */
	boolean mayEndExpression() {
		return this.excludingCall || (this.kind == Kind.WORD && this.keyword.mayEndExpression());
	}

	/**
	 * Whether a word after this token is a name, although {@code INSERT}, {@code UPDATE},
	 * {@code DELETE} and {@code MERGE} begin a statement elsewhere.
	 */
	boolean isBeforeName() {
		return switch (this.kind) {
			case OPERATOR, CAST -> true;
			case MARK -> this.mark == '.' || this.mark == ',' || this.mark == '[';
			case WORD -> switch (this.keyword) {
				case FN, SELECT, DISTINCT, ALL, BY, WHERE, HAVING, AND, OR, NOT, ON, AS, WHEN, THEN, ELSE, CASE, IN,
						LIKE, ILIKE, BETWEEN, FROM, JOIN, LIMIT, OFFSET ->
					true;
				default -> false;
			};
			default -> false;
		};
	}

}
