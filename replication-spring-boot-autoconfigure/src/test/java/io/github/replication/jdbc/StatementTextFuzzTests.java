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
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The classification of texts that nobody has written.
 */
class StatementTextFuzzTests {

	private static final long SEED = 20261127;

	/**
	 * The largest number of times that a character may be visited: to find the end of its
	 * token, to find the end of white space before and after it, and in a literal once
	 * more.
	 */
	private static final int VISITS = 4;

	private static final CatalogSnapshot catalog = CatalogSnapshot.of(StatementTextTests.schema());

	@Test
	void randomTextNeverFailsAndIsReadInLinearTime() {
		TextSoup soup = new TextSoup(SEED);
		for (int i = 0; i < 100_000; i++) {
			requireLinear(soup.text(40));
		}
	}

	@Test
	void textThatBreaksOffNeverFails() throws IOException {
		for (ExpectedText text : ExpectedText.all()) {
			for (int end = 0; end <= text.sql().length(); end++) {
				requireLinear(text.sql().substring(0, end));
				requireLinear(text.sql().substring(end));
			}
		}
	}

	@Test
	void nothingHidesWriteBeforeIt() {
		TextSoup soup = new TextSoup(SEED + 1);
		for (int i = 0; i < 50_000; i++) {
			String sql = "insert into note values (1) " + soup.text(20);
			assertThat(isPlainRead(sql)).as(sql).isFalse();
			sql = "select nextval('s') " + soup.text(20);
			assertThat(isPlainRead(sql)).as(sql).isFalse();
			sql = "with a as (delete from note returning id) " + soup.text(20);
			assertThat(isPlainRead(sql)).as(sql).isFalse();
		}
	}

	@Test
	void nothingWithinLiteralsNamesOrCommentsCounts() {
		TextSoup soup = new TextSoup(SEED + 2);
		int flags = StatementScanner.scan("select 'a' from note", catalog).flags();
		for (int i = 0; i < 20_000; i++) {
			String content = soup.text(20).replace("synchronous_commit", "x").replace("\0", "");
			for (String sql : List.of("select '" + content.replace("'", "''") + "' from note",
					"select e'" + content.replace("\\", "\\\\").replace("'", "\\'") + "' from note",
					"select $q$" + content + " $q$ from note",
					"select 'a' as \"" + content.replace("\"", "\"\"") + "\" from note",
					"select 'a' /*" + content.replace("/*", "").replace("*/", "").replace("/", "") + " */ from note",
					"select 'a' --" + content.replaceAll("[\r\n]", "") + "\n from note")) {
				int found = StatementScanner.scan(sql, catalog).flags() & ~StatementFacts.BACKSLASH;
				assertThat(found).as(sql).isEqualTo(flags);
			}
		}
	}

	@Test
	void whiteSpaceCommentsAndCaseChangeNothing() throws IOException {
		TextSoup soup = new TextSoup(SEED + 3);
		for (ExpectedText text : ExpectedText.all()) {
			for (int i = 0; i < 30; i++) {
				requireSame(text.sql(), soup.reformatted(text.sql()));
			}
		}
		for (int i = 0; i < 50_000; i++) {
			String sql = soup.text(30);
			requireSame(sql, soup.reformatted(sql));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "/*", "*/", "/**/", "--", "-- \n", "'", "''", "'a'", "e'\\", "e'a'\n", "e'a'\n\n", "\"",
			"\"\"", "$$", "$a$", "$a", "$a$ $b$", "$", "(", ")", "()", "with a(b) as (", "select", "a.", "a b(", ";",
			"select 1;", "1.", "1e", "1e+", "?", "??", "-", "/", "- -", "u&\"a", "u&'", "n'", "set_config(", "lower(",
			"synchronous_commi", "'synchronous_commi", "ssssss", "tttttttt", "dbdbdb", "{fn ", "case ", "begin atomic ",
			"explain (", "ü", "\uD83D\uDE00", "operator(+)", "distinct on (a)" })
	void repeatedPieceIsReadInLinearTime(String piece) {
		for (int length : new int[] { 1_000, 30_000 }) {
			String repeated = piece.repeat(length / piece.length());
			for (String prefix : List.of("", "select ", "select '", "do $x$", "create function f() begin atomic ")) {
				requireLinear(prefix + repeated);
			}
		}
	}

	@Test
	void longTextOfManyStatementsIsReadInLinearTime() throws IOException {
		String all = ExpectedText.all().stream().map(ExpectedText::sql).collect(Collectors.joining(";\n"));
		requireLinear(Stream.generate(() -> all).limit(20).collect(Collectors.joining(";")));
	}

	private static void requireLinear(String sql) {
		assertThat(StatementScanner.work(sql, catalog)).as(sql).isLessThanOrEqualTo((long) VISITS * sql.length());
	}

	private static void requireSame(String sql, String other) {
		assertThat(StatementScanner.scan(other, catalog).flags()).as("%s%ninstead of%n%s", other, sql)
			.isEqualTo(StatementScanner.scan(sql, catalog).flags());
	}

	private static boolean isPlainRead(String sql) {
		return StatementScanner.scan(sql, catalog).has(StatementFacts.PLAIN_READ);
	}

}
