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
import java.util.regex.Matcher;

import io.github.replication.jdbc.SqlLexer.Kind;

/**
 * Random queries on the schema of {@code statements.sql}, most of them valid.
 */
final class RandomQueries {

	private static final String[] HARMLESS = { "id", "1", "abs(id)", "length(text)", "(1 + id)", "count(*) OVER ()",
			"pg_catalog.abs(-id)", "\"abs\"(id)", "Coalesce(id, 2)", "nullif(id, 3)", "id::numeric(5)",
			"CAST(id AS varchar(3))", "extract(year FROM now())", "(SELECT max(name) FROM tag AS t(name))",
			"(ARRAY[id, 2])[1]", "position('a' IN 'ba')", "random()", "greatest(id, 2)", "txid_current_if_assigned()",
			"row_number() OVER (ORDER BY id)", "{fn abs(1)}", "'nextval(''note_seq'')'", "$$my_function()$$",
			"E'it\\'s'", "my_immutable_column", "(n).id", "n.id",
			"sum(id) FILTER (WHERE id > 1) OVER (PARTITION BY id)", "2 OPERATOR(pg_catalog.+) 2",
			"current_setting('search_path')", "now()::date", "3 /* nextval( */ + 4" };

	private static final String[] HARMFUL = { "nextval('note_seq')", "my_function()", "log('x')", "\"Do\"()",
			"other.initcap('a')", "pg_catalog.nextval('note_seq')", "set_config('a.b', 'c', false)",
			"pg_advisory_xact_lock(1)", "txid_current()", "'x'::loud_domain", "CAST('x' AS outer_domain)",
			"('a' ~=> 'b')", "n.status", "(n).status", "(SELECT entry FROM loud_view)", "nextval/**/('note_seq')",
			"filter('a')", "over('a')", "materialized('a')", "\"join\"('a')", "join('a')", "set_tenant('x')",
			"(SELECT count(*) FROM guarded)", "total_notes(text) OVER ()", "(SELECT upper(p) FROM with_pair)",
			"array_append((SELECT a FROM with_domain), 'x')", "setseed(0.1)", "{fn my_function()}", "'a' LIKE log('a')",
			"U&\"my\\005ffunction\"()", "query_to_xml('SELECT my_function()', true, true, '')",
			"pg_input_is_valid('x', 'loud_domain')", "lo_create(0)", "(ARRAY[log('x')])[1]",
			"1 OPERATOR(pg_catalog.+) nextval('note_seq')", "NULLIF(my_function(), 'x')", "1 + (nextval('note_seq'))",
			"(SELECT id FROM view_of_operator LIMIT 1)", "$$a$$ || log($$b$$)", "E'\\'' || log('c')",
			"'\\' || log('d')", "(SELECT nextval FROM sequence_view LIMIT 1)", "-/**/nextval('note_seq')" };

	private static final String[] HARMLESS_TEXTS = { "'a'", "lower('A')", "pg_catalog.lower('A')", "n.text",
			"{fn lcase('A')}", "left('ab', 1)", "\"left\"('ab', 1)", "$$a$$", "E'\\''", "coalesce(n.text, 'x')",
			"(SELECT 'a')::text" };

	private static final String[] HARMFUL_TEXTS = { "join('a')", "\"join\"('a')", "log('a')", "filter('a')",
			"over('a')", "materialized('a')", "initcap('a')", "other.initcap('a')", "set_tenant('a')", "n.status",
			"{fn join('a')}", "my_function()", "{fn filter('a')}", "\"Do\"()" };

	private static final String[] SOURCES = { "note n", "note AS n", "note n JOIN author a ON (a.id = n.id)",
			"note n LEFT JOIN LATERAL (SELECT n.id + 1) x(y) ON true", "note n, generate_series(1, 2) g(i)",
			"(SELECT * FROM note) n", "note n CROSS JOIN (VALUES (1, 2)) v(a, b)",
			"note n, unnest(ARRAY[1]) WITH ORDINALITY AS u(a, b)", "note n, quiet_view q" };

	private static final String[] ENDS = { "", "", "", " ORDER BY 1", " LIMIT (3)", " ORDER BY 1 OFFSET 1",
			" FETCH FIRST (2) ROWS ONLY", " -- FOR UPDATE" };

	private static final String[] HARMFUL_ENDS = { " FOR UPDATE", " FOR NO KEY UPDATE OF n", " FOR/**/SHARE",
			" FOR KEY SHARE SKIP LOCKED", "; DELETE FROM tag", "; SELECT my_function()" };

	private final Random random;

	private boolean harmful;

	RandomQueries(long seed) {
		this.random = new Random(seed);
	}

	/**
	 * A query.
	 * @param harmfulParts how many of a hundred parts may do more than read
	 */
	Query next(int harmfulParts) {
		this.harmful = false;
		String sql = query(harmfulParts);
		return new Query(sql, this.harmful);
	}

	private String query(int harmfulParts) {
		String select = "SELECT " + columns(harmfulParts) + " FROM " + one(SOURCES);
		if (this.random.nextInt(3) == 0) {
			select += " WHERE " + condition(harmfulParts);
		}
		if (this.random.nextInt(8) == 0) {
			select = select.replaceFirst("SELECT ", Matcher
				.quoteReplacement("SELECT " + ((select.startsWith("SELECT DISTINCT")) ? "" : window(harmfulParts))));
		}
		return switch (this.random.nextInt(6)) {
			case 0 ->
				"WITH w(q) AS (SELECT " + expression(harmfulParts) + " FROM note n), v AS NOT MATERIALIZED (SELECT 1)"
						+ " SELECT w.q, s.* FROM w, (" + select + ") s" + end(harmfulParts, false);
			case 1 -> "(" + select + " LIMIT 1) UNION ALL (" + select + ")" + end(harmfulParts, false);
			case 2 -> "EXPLAIN (ANALYZE, COSTS off) " + select + end(harmfulParts, true);
			case 3 -> "SELECT EXISTS (" + select + "), CASE WHEN " + condition(harmfulParts)
					+ " THEN 1 ELSE 2 END FROM note n" + end(harmfulParts, true);
			default -> select + end(harmfulParts, true);
		};
	}

	/**
	 * An expression of type text that may stand without parentheses.
	 */
	private String text(int harmfulParts) {
		if (this.random.nextInt(100) < harmfulParts) {
			this.harmful = true;
			return one(HARMFUL_TEXTS);
		}
		return one(HARMLESS_TEXTS);
	}

	private String columns(int harmfulParts) {
		List<String> columns = new ArrayList<>();
		for (int i = this.random.nextInt(3); i >= 0; i--) {
			columns.add(expression(harmfulParts) + ((this.random.nextInt(3) == 0) ? " AS c" + i : ""));
		}
		return ((this.random.nextInt(6) == 0) ? "DISTINCT ON (n.id) " : "") + String.join(", ", columns);
	}

	private String window(int harmfulParts) {
		return "lag(n.id) OVER (PARTITION BY " + text(harmfulParts) + " ORDER BY " + text(harmfulParts)
				+ ", n.id ROWS BETWEEN length(" + text(harmfulParts) + ") PRECEDING AND CURRENT ROW), ";
	}

	private String condition(int harmfulParts) {
		return switch (this.random.nextInt(12)) {
			case 0 -> "(" + expression(harmfulParts) + ") IS NOT NULL";
			case 1 -> "n.id IN (1, 2) AND (" + expression(harmfulParts) + ")::text LIKE '%' ESCAPE '\\'";
			case 2 -> "EXISTS (SELECT " + expression(harmfulParts) + ")";
			case 3 -> "n.text LIKE " + text(harmfulParts) + " ESCAPE 'x'";
			case 4 -> "n.text SIMILAR TO " + text(harmfulParts);
			case 5 -> "n.text NOT ILIKE " + text(harmfulParts);
			case 6 -> "n.text COLLATE \"C\" > ANY (ARRAY[" + text(harmfulParts) + "])";
			case 7 -> "n.text BETWEEN SYMMETRIC " + text(harmfulParts) + " AND 'b'";
			case 8 -> "n.text IS DISTINCT FROM " + text(harmfulParts);
			case 9 -> "NOT " + text(harmfulParts) + " = 'a'";
			case 10 -> "CASE n.text WHEN " + text(harmfulParts) + " THEN true ELSE false END";
			default -> "n.id BETWEEN 1 AND 3 OR (" + expression(harmfulParts) + ")::text = 'x'";
		};
	}

	private String expression(int harmfulParts) {
		if (this.random.nextInt(100) < harmfulParts) {
			this.harmful = true;
			return one(HARMFUL);
		}
		String harmless = one(HARMLESS).replace("my_immutable_column", "n.created");
		return harmless.startsWith("id") ? "n." + harmless
				: harmless.replace("(id", "(n.id")
					.replace("[id", "[n.id")
					.replace(" id", " n.id")
					.replace("-id", "-n.id")
					.replace("length(text)", "length(n.text)");
	}

	private String end(int harmfulParts, boolean lockable) {
		if (lockable && this.random.nextInt(100) < harmfulParts) {
			this.harmful = true;
			return one(HARMFUL_ENDS);
		}
		return switch (this.random.nextInt(8)) {
			case 0 -> (lockable) ? " GROUP BY n.id, n.text, n.created, n.*, " + text(harmfulParts) : "";
			case 1 -> (lockable) ? " ORDER BY " + text(harmfulParts) + " DESC NULLS LAST" : "";
			case 2 -> " LIMIT (SELECT length(" + text(harmfulParts) + ") FROM note n LIMIT 1)";
			default -> one(ENDS);
		};
	}

	private String one(String[] values) {
		return values[this.random.nextInt(values.length)];
	}

	/**
	 * A text with some of its tokens left out, doubled, exchanged or replaced by those of
	 * another one.
	 */
	String mutated(String sql, String other) {
		List<String> tokens = tokens(sql);
		List<String> others = tokens(other);
		if (tokens.isEmpty() || others.isEmpty()) {
			return sql;
		}
		for (int i = this.random.nextInt(3); i >= 0 && !tokens.isEmpty(); i--) {
			int at = this.random.nextInt(tokens.size());
			switch (this.random.nextInt(5)) {
				case 0 -> tokens.remove(at);
				case 1 -> tokens.add(at, tokens.get(this.random.nextInt(tokens.size())));
				case 2 -> tokens.set(at, others.get(this.random.nextInt(others.size())));
				case 3 -> tokens.add(at, others.get(this.random.nextInt(others.size())));
				default -> {
					int from = this.random.nextInt(others.size());
					tokens.addAll(at, others.subList(from, from + this.random.nextInt(others.size() - from) + 1));
				}
			}
		}
		return String.join(" ", tokens);
	}

	private static List<String> tokens(String sql) {
		List<String> tokens = new ArrayList<>();
		SqlLexer lexer = new SqlLexer(sql);
		while (lexer.next() != Kind.END) {
			tokens.add(sql.substring(lexer.start(), lexer.end()));
		}
		return tokens;
	}

	/**
	 * A query.
	 *
	 * @param sql its text
	 * @param harmful whether a part of it does more than read, or may
	 */
	record Query(String sql, boolean harmful) {

	}

}
