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
import java.util.List;
import java.util.Random;

import io.github.replication.jdbc.SqlLexer.Kind;

/**
 * Random texts, from pieces of which statements are made and from statements.
 */
final class TextSoup {

	private static final String[] PIECES = { "select", "insert", "update", "delete", "merge", "into", "from", "where",
			"with", "as", "values", "table", "explain", "analyze", "for", "share", "set", "local", "begin", "commit",
			"end", "case", "when", "then", "in", "like", "join", "on", "distinct", "over", "filter", "operator",
			"create", "function", "atomic", "declare", "hold", "do", "fn", "set_config", "synchronous_commit", "lower",
			"nextval", "pg_catalog", "dblink", "pg_advisory_lock", "my_function", "note", "x", "ü", "e", "u&", "'",
			"''", "e'", "\\", "\"", "\"\"", "$", "$$", "$a$", "$1", "?", "??", "--", "\n", "\r", "/*", "*/", "(", ")",
			"[", "]", "{", "}", ";", ",", ".", ":", "::", "+", "-", "/", "*", "=", "<>", "1", "1.5e3", "0x1f", " ", " ",
			" ", "\t", "true", "'synchronous_commit'", "'a'", "E'\\''", "lower(", "nextval(", "(select 1)", "\0",
			"\uD83D" };

	private static final String[] IGNORED = { " ", "\t", "\n", "\r", "\f", "\r\n", " /* x */", " /* /* ' */ \" */",
			" /* ; delete from note */ ", " -- insert into note\n", " --'\r", " /**/ ", " -- $$ /*\n" };

	private final Random random;

	TextSoup(long seed) {
		this.random = new Random(seed);
	}

	/**
	 * Some pieces in any order, most of them with a space between.
	 */
	String text(int pieces) {
		StringBuilder sql = new StringBuilder();
		int count = this.random.nextInt(pieces);
		for (int i = 0; i < count; i++) {
			sql.append(PIECES[this.random.nextInt(PIECES.length)]);
			if (this.random.nextInt(3) > 0) {
				sql.append(' ');
			}
		}
		return sql.toString();
	}

	/**
	 * A beginning of a text.
	 */
	String truncated(String sql) {
		return sql.substring(0, this.random.nextInt(sql.length() + 1));
	}

	/**
	 * The same statement in another form: with white space and comments between its
	 * tokens, and with other letters in its words. Between two literals nothing is
	 * changed, because a line feed makes one of them.
	 */
	String reformatted(String sql) {
		StringBuilder other = new StringBuilder();
		SqlLexer lexer = new SqlLexer(sql);
		Kind last = Kind.END;
		int end = 0;
		for (Kind kind = lexer.next(); kind != Kind.END; kind = lexer.next()) {
			if (last == Kind.LITERAL && kind == Kind.LITERAL) {
				other.append(sql, end, lexer.start());
			}
			else {
				other.append(ignored(lexer.start() > end));
			}
			String token = sql.substring(lexer.start(), lexer.end());
			other.append((kind == Kind.WORD) ? otherCase(token) : token);
			last = kind;
			end = lexer.end();
		}
		return other.append(sql, end, sql.length()).toString();
	}

	private String ignored(boolean any) {
		StringBuilder ignored = new StringBuilder();
		for (int i = this.random.nextInt(3); i > 0 || (any && ignored.isEmpty()); i--) {
			ignored.append(IGNORED[this.random.nextInt(IGNORED.length)]);
		}
		return ignored.toString();
	}

	private String otherCase(String word) {
		StringBuilder other = new StringBuilder();
		word.chars().forEach((c) -> {
			boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
			other.append((char) ((letter && this.random.nextBoolean()) ? c ^ 0x20 : c));
		});
		return other.toString();
	}

	/**
	 * The tokens of a text.
	 */
	static List<String> tokens(String sql) {
		List<String> tokens = new ArrayList<>();
		SqlLexer lexer = new SqlLexer(sql);
		while (lexer.next() != Kind.END) {
			tokens.add(sql.substring(lexer.start(), lexer.end()));
		}
		return tokens;
	}

}
