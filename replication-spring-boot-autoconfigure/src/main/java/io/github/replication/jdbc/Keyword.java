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

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The keywords that the classification of a statement knows. A word is one of them only
 * without quotes and where it does not follow a dot.
 *
 * @see <a href="https://www.postgresql.org/docs/current/sql-keywords-appendix.html">Key
 * words</a>
 */
enum Keyword {

	// reserved: never the name of a function

	ALL(Use.RESERVED), ANALYSE(Use.RESERVED), ANALYZE(Use.RESERVED), AND(Use.RESERVED), AS(Use.RESERVED),
	CASE(Use.RESERVED), CREATE(Use.RESERVED), DISTINCT(Use.RESERVED), DO(Use.RESERVED), ELSE(Use.RESERVED),
	FETCH(Use.RESERVED), FOR(Use.RESERVED), FROM(Use.RESERVED), GROUP(Use.RESERVED), HAVING(Use.RESERVED),
	IN(Use.RESERVED), INTO(Use.RESERVED), LIMIT(Use.RESERVED), NOT(Use.RESERVED), OFFSET(Use.RESERVED),
	ON(Use.RESERVED), OR(Use.RESERVED), ORDER(Use.RESERVED), SELECT(Use.RESERVED), TABLE(Use.RESERVED),
	THEN(Use.RESERVED), TO(Use.RESERVED), WHEN(Use.RESERVED), WHERE(Use.RESERVED), WITH(Use.RESERVED),

	/**
	 * Any reserved word of which nothing else needs to be known, of PostgreSQL 14.
	 */
	OTHER_RESERVED(Use.RESERVED, "any array asymmetric both cast check collate column constraint default deferrable"
			+ " except foreign grant initially intersect lateral leading only placing primary references returning"
			+ " some symmetric trailing union unique using variadic window"),

	// reserved as well, and the end of an expression

	END(Use.VALUE), TRUE(Use.VALUE),

	/**
	 * Any other reserved word that ends an expression.
	 */
	OTHER_VALUE(Use.VALUE,
			"asc current_catalog current_date current_role current_time current_timestamp current_user"
					+ " desc false localtime localtimestamp null session_user user"),

	// types, and words written like a function without being one that has a name of its
	// own

	BETWEEN(Use.FORM), GROUPING(Use.FORM), TIME(Use.FORM), VALUES(Use.FORM),

	/**
	 * Any word that names no function of the application, of PostgreSQL 14. The words
	 * {@code overlay} and {@code substring} lead to functions that can be shadowed.
	 */
	OTHER_FORM(Use.FORM,
			"bigint bit boolean char character coalesce dec decimal exists extract float greatest"
					+ " int integer interval least national nchar normalize nullif numeric position precision real row"
					+ " smallint timestamp treat trim varchar xmlattributes xmlconcat xmlelement xmlexists xmlforest"
					+ " xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable"),

	// operators in letters, and others that need an expression before them or begin a
	// clause

	ESCAPE(Use.INFIX), ILIKE(Use.INFIX), JOIN(Use.INFIX), LIKE(Use.INFIX), OVERLAPS(Use.INFIX), SET(Use.INFIX),

	/**
	 * Words that are not reserved and before an expression.
	 */
	BEFORE_EXPRESSION(Use.OPENER,
			"content document groups name passing path range ref rows tablesample value" + " version"),

	KEY(Use.OPENER), ZONE(Use.OPENER),

	// the rest, which may be names as well

	ABORT, ALTER, ATOMIC, BEGIN, BY, CALL, CHARACTERISTICS, CLOSE, COMMIT, CONFLICT, CUBE, DEALLOCATE, DECLARE, DELETE,
	DISCARD, DROP, EXECUTE, EXPLAIN, FIRST, FN, GLOBAL, HOLD, IMPORT, INSERT, LISTEN, LOAD, LOCAL, LOCK, MATERIALIZED,
	MERGE, MOVE, NEXT, OPERATOR, ORDINALITY, PARTITION, PREPARE, READ, REASSIGN, RECURSIVE, RELEASE, REPLACE, RESET,
	ROLLBACK, ROLLUP, SAVEPOINT, SERIALIZABLE, SETS, SHARE, SHOW, START, TEMP, TEMPORARY, TRANSACTION, UNLISTEN, UPDATE,
	VARYING, VERBOSE, WRITE,

	/**
	 * Any other word, taken for a name.
	 */
	NONE(Use.NAME, "");

	private static final Keyword[] ALL_KEYWORDS = values();

	private static final NameTable TABLE_OF_WORDS = table();

	private final Use use;

	private final String words;

	Keyword() {
		this(Use.NAME);
	}

	Keyword(Use use) {
		this.use = use;
		this.words = name().toLowerCase(Locale.ROOT);
	}

	Keyword(Use use, String words) {
		this.use = use;
		this.words = words;
	}

	private static NameTable table() {
		Map<String, Integer> entries = new HashMap<>();
		for (Keyword keyword : ALL_KEYWORDS) {
			for (String word : keyword.words.split(" ")) {
				if (!word.isEmpty()) {
					entries.put(word, keyword.ordinal() + 1);
				}
			}
		}
		return NameTable.of(entries);
	}

	/**
	 * The keyword that a word is.
	 * @param lexer the lexer, at a word
	 * @return the keyword, {@link #NONE} if it is no known one
	 */
	static Keyword of(SqlLexer lexer) {
		int found = TABLE_OF_WORDS.get(lexer.text(), lexer.contentStart(), lexer.contentEnd(), lexer.hash(), true);
		return (found != 0) ? ALL_KEYWORDS[found - 1] : NONE;
	}

	/**
	 * Whether a parenthesis after this word never begins the arguments of a function.
	 */
	boolean isNeverFunction() {
		return this.use == Use.RESERVED || this.use == Use.VALUE || this.use == Use.FORM;
	}

	/**
	 * Whether this word between two expressions is no function, though it may be one
	 * elsewhere.
	 */
	boolean isInfix() {
		return this.use == Use.INFIX;
	}

	/**
	 * Whether an expression may end with this word. One that begins a clause somewhere
	 * does not count, although it may be a name.
	 */
	boolean mayEndExpression() {
		return this == NONE || this.use == Use.VALUE;
	}

	boolean isForm() {
		return this.use == Use.FORM;
	}

	/**
	 * The ways in which words are used.
	 */
	private enum Use {

		RESERVED, VALUE, FORM, INFIX, OPENER, NAME

	}

}
