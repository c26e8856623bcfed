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

import java.util.Locale;
import java.util.Set;

/**
 * Tells statements that are known only to read. Whatever it does not recognise is not a
 * plain read: a lock, a function outside of PostgreSQL's own harmless ones, a second
 * statement. A function that a view or an operator calls cannot be seen in the text.
 */
final class PlainReads {

	private static final Set<String> BEGINNINGS = Set.of("select", "with", "values", "table", "show", "explain");

	private static final Set<String> WRITING = Set.of("insert", "update", "delete", "merge", "into", "share", "analyze",
			"analyse", "call", "lock");

	/**
	 * Words that stand before a parenthesis without being a function, and types that take
	 * a length.
	 */
	private static final Set<String> BEFORE_PARENTHESIS = Set.of("select", "with", "values", "explain", "from", "where",
			"having", "and", "or", "not", "in", "exists", "any", "all", "some", "as", "on", "using", "join", "lateral",
			"union", "intersect", "except", "case", "when", "then", "else", "over", "filter", "within", "by", "limit",
			"offset", "fetch", "array", "row", "rows", "cast", "distinct", "between", "like", "ilike", "is",
			"materialized", "grouping", "sets", "cube", "rollup", "recursive", "tablesample", "bernoulli", "system",
			"partition", "order", "group", "numeric", "decimal", "varchar", "char", "character", "varying", "bit",
			"timestamp", "timestamptz", "time", "timetz", "interval", "float");

	private static final Set<String> FUNCTIONS = Set.of("count", "sum", "avg", "min", "max", "coalesce", "nullif",
			"greatest", "least", "lower", "upper", "initcap", "length", "char_length", "character_length",
			"octet_length", "trim", "btrim", "ltrim", "rtrim", "substring", "substr", "replace", "translate",
			"position", "strpos", "split_part", "concat", "concat_ws", "format", "left", "right", "lpad", "rpad",
			"reverse", "repeat", "starts_with", "md5", "sha256", "encode", "decode", "regexp_replace", "regexp_match",
			"regexp_matches", "regexp_split_to_array", "regexp_split_to_table", "abs", "ceil", "ceiling", "floor",
			"round", "trunc", "mod", "div", "power", "sqrt", "sign", "exp", "ln", "log", "random", "now", "age",
			"clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday", "date_trunc", "date_part",
			"date_bin", "extract", "to_char", "to_date", "to_timestamp", "to_number", "make_date", "make_time",
			"make_timestamp", "make_timestamptz", "make_interval", "justify_days", "justify_hours", "date", "text",
			"array_agg", "string_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg",
			"json_build_object", "jsonb_build_object", "json_build_array", "jsonb_build_array", "to_json", "to_jsonb",
			"row_to_json", "array_to_json", "json_array_elements", "jsonb_array_elements", "json_array_elements_text",
			"jsonb_array_elements_text", "json_array_length", "jsonb_array_length", "json_each", "jsonb_each",
			"json_each_text", "jsonb_each_text", "json_object_keys", "jsonb_object_keys", "json_extract_path",
			"jsonb_extract_path", "json_extract_path_text", "jsonb_extract_path_text", "json_typeof", "jsonb_typeof",
			"jsonb_path_query", "jsonb_path_exists", "jsonb_set", "jsonb_strip_nulls", "unnest", "generate_series",
			"generate_subscripts", "array_length", "array_position", "array_to_string", "string_to_array",
			"array_append", "array_prepend", "array_cat", "array_remove", "array_upper", "array_lower", "cardinality",
			"row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead", "first_value",
			"last_value", "nth_value", "bool_and", "bool_or", "every", "bit_and", "bit_or", "stddev", "stddev_pop",
			"stddev_samp", "variance", "var_pop", "var_samp", "corr", "percentile_cont", "percentile_disc", "mode",
			"to_tsvector", "to_tsquery", "plainto_tsquery", "phraseto_tsquery", "websearch_to_tsquery", "ts_rank",
			"ts_rank_cd", "ts_headline", "gen_random_uuid", "version", "current_database", "current_schema",
			"current_schemas", "current_setting", "current_user", "session_user", "pg_is_in_recovery",
			"inet_server_port", "inet_server_addr", "inet_client_addr", "inet_client_port", "pg_backend_pid",
			"pg_postmaster_start_time", "pg_typeof", "pg_size_pretty", "pg_relation_size", "pg_total_relation_size",
			"pg_table_size", "pg_indexes_size", "pg_database_size", "obj_description", "col_description", "format_type",
			"pg_get_expr", "pg_get_constraintdef", "pg_get_indexdef", "pg_get_viewdef", "pg_get_userbyid",
			"pg_get_serial_sequence", "to_regclass", "has_table_privilege", "has_schema_privilege", "pg_sleep");

	private final String sql;

	private int position;

	private PlainReads(String sql) {
		this.sql = sql;
	}

	/**
	 * Whether a statement only reads and leaves nothing behind in its session.
	 * @param sql the text of the statement
	 * @return {@code true} if that is known, {@code false} otherwise
	 */
	static boolean isPlainRead(String sql) {
		return new PlainReads(sql).scan();
	}

	private boolean scan() {
		Token previous = Token.NONE;
		Token last = Token.NONE;
		boolean begun = false;
		while (skipIgnored()) {
			Token token = next();
			if (token.isWord()) {
				if ((!begun && !BEGINNINGS.contains(token.text())) || WRITING.contains(token.text())) {
					return false;
				}
				begun = true;
			}
			else if (token.is(";")) {
				return begun && !skipIgnored();
			}
			else if (token.is("(")) {
				if (begun && !mayPrecedeParenthesis(previous, last)) {
					return false;
				}
			}
			else if (!begun) {
				return false;
			}
			previous = last;
			last = token;
		}
		return begun;
	}

	/**
	 * Whether a parenthesis after these two tokens opens anything but a call of an
	 * unknown function.
	 */
	private static boolean mayPrecedeParenthesis(Token previous, Token last) {
		if (last.quoted()) {
			return previous.is("as");
		}
		if (!last.isWord()) {
			return true;
		}
		if (previous.is(".")) {
			return false;
		}
		return BEFORE_PARENTHESIS.contains(last.text()) || FUNCTIONS.contains(last.text()) || previous.is("as");
	}

	private Token next() {
		char c = this.sql.charAt(this.position);
		if (Character.isLetter(c) || c == '_') {
			return new Token(word(), false);
		}
		if (c == '"') {
			skipQuoted('"', false);
			return new Token("\"", true);
		}
		if (c == '\'') {
			skipQuoted('\'', false);
			return Token.LITERAL;
		}
		if (c == '$' && skipDollarQuoted()) {
			return Token.LITERAL;
		}
		this.position++;
		return new Token(String.valueOf(c), false);
	}

	private String word() {
		int start = this.position;
		while (this.position < this.sql.length() && isWordPart(this.sql.charAt(this.position))) {
			this.position++;
		}
		String word = this.sql.substring(start, this.position).toLowerCase(Locale.ROOT);
		if (word.equals("e") && this.position < this.sql.length() && this.sql.charAt(this.position) == '\'') {
			skipQuoted('\'', true);
			return "e";
		}
		return word;
	}

	/**
	 * Skips white space and comments.
	 * @return {@code false} at the end of the text
	 */
	private boolean skipIgnored() {
		while (this.position < this.sql.length()) {
			if (Character.isWhitespace(this.sql.charAt(this.position))) {
				this.position++;
			}
			else if (this.sql.startsWith("--", this.position)) {
				int end = this.sql.indexOf('\n', this.position);
				this.position = (end < 0) ? this.sql.length() : end;
			}
			else if (this.sql.startsWith("/*", this.position)) {
				skipComment();
			}
			else {
				return true;
			}
		}
		return false;
	}

	private void skipComment() {
		int depth = 0;
		do {
			if (this.sql.startsWith("/*", this.position)) {
				depth++;
				this.position += 2;
			}
			else if (this.sql.startsWith("*/", this.position)) {
				depth--;
				this.position += 2;
			}
			else {
				this.position++;
			}
		}
		while (depth > 0 && this.position < this.sql.length());
	}

	private void skipQuoted(char quote, boolean escapes) {
		this.position++;
		while (this.position < this.sql.length()) {
			char c = this.sql.charAt(this.position++);
			if (escapes && c == '\\') {
				this.position++;
			}
			else if (c == quote) {
				if (this.position >= this.sql.length() || this.sql.charAt(this.position) != quote) {
					return;
				}
				this.position++;
			}
		}
	}

	private boolean skipDollarQuoted() {
		int end = this.position + 1;
		while (end < this.sql.length() && isWordPart(this.sql.charAt(end)) && this.sql.charAt(end) != '$') {
			end++;
		}
		if (end >= this.sql.length() || this.sql.charAt(end) != '$'
				|| Character.isDigit(this.sql.charAt(this.position + 1))) {
			return false;
		}
		String tag = this.sql.substring(this.position, end + 1);
		int closing = this.sql.indexOf(tag, end + 1);
		this.position = (closing < 0) ? this.sql.length() : closing + tag.length();
		return true;
	}

	private static boolean isWordPart(char c) {
		return Character.isLetterOrDigit(c) || c == '_' || c == '$';
	}

	/**
	 * A word in lower case, a mark, or something quoted whose text does not matter.
	 */
	private record Token(String text, boolean quoted) {

		static final Token NONE = new Token("", false);

		static final Token LITERAL = new Token("'", false);

		boolean isWord() {
			return !this.text.isEmpty() && (Character.isLetter(this.text.charAt(0)) || this.text.charAt(0) == '_');
		}

		boolean is(String text) {
			return !this.quoted && this.text.equals(text);
		}

	}

}
