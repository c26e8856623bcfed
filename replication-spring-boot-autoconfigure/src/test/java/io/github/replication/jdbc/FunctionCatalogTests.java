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

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

class FunctionCatalogTests {

	private static final Map<String, Integer> HARMLESS = Map.of("lower", CatalogSnapshot.BUILT_IN, "regexp_count",
			CatalogSnapshot.BUILT_IN);

	private static final Map<String, Integer> SHADOWED = Map.of("lower",
			CatalogSnapshot.BUILT_IN | CatalogSnapshot.SHADOWED);

	private final List<Asked> questions = new ArrayList<>();

	private long now = Long.MAX_VALUE - Duration.ofSeconds(15).toNanos();

	private final FunctionCatalog catalog = new FunctionCatalog(
			(question, delay) -> this.questions.add(new Asked(question, delay)), () -> this.now);

	private final StatementTexts texts = new StatementTexts(this.catalog);

	@Test
	void catalogIsReadBeforeTheFirstText() {
		assertThat(this.questions).isEmpty();
		this.catalog.begin();
		assertThat(this.questions).extracting(Asked::delay).containsExactly(Duration.ZERO);
		this.texts.of("SELECT 1");
		assertThat(this.questions).hasSize(1);
	}

	@Test
	void firstTextAsksIfNothingElseHas() {
		this.texts.of("SELECT 1");
		assertThat(this.questions).extracting(Asked::delay).containsExactly(Duration.ZERO);
		this.texts.of("SELECT 2");
		assertThat(this.questions).hasSize(1);
	}

	@Test
	void commonFunctionsAreKnownBeforeTheAnswer() {
		assertThat(this.texts.of("SELECT lower('a')").isPlainRead()).isTrue();
		assertThat(this.texts.of("SELECT regexp_count('a', 'b')").isPlainRead()).isFalse();
	}

	@Test
	void answerChangesTextsThatWereFoundBefore() throws SQLException {
		StatementText builtIn = this.texts.of("SELECT regexp_count('a', 'b')");
		StatementText shadowed = this.texts.of("SELECT lower('a')");
		assertThat(builtIn.changesSession()).isTrue();
		answer("1", Map.of("regexp_count", CatalogSnapshot.BUILT_IN, "lower",
				CatalogSnapshot.BUILT_IN | CatalogSnapshot.SHADOWED));
		assertThat(builtIn.isPlainRead()).isTrue();
		assertThat(builtIn.changesSession()).isFalse();
		assertThat(shadowed.isPlainRead()).isFalse();
	}

	@Test
	void catalogIsReadAgainAfterItsAge() throws SQLException {
		this.texts.of("SELECT lower('a')");
		answer("1", HARMLESS);
		assertThat(this.questions).extracting(Asked::delay).containsExactly(FunctionCatalog.MAX_AGE);
		this.now += FunctionCatalog.MAX_AGE.toNanos();
		answer("2", SHADOWED);
		assertThat(this.texts.of("SELECT lower('a')").isPlainRead()).isFalse();
		assertThat(this.questions).hasSize(1);
	}

	@Test
	void sameAnswerKeepsTheKnowledge() throws SQLException {
		this.texts.of("SELECT lower('a')");
		answer("1", HARMLESS);
		CatalogSnapshot first = this.catalog.current();
		answer("1", SHADOWED);
		assertThat(this.catalog.current()).as("the fingerprint is the same").isSameAs(first);
		answer("2", HARMLESS);
		assertThat(this.catalog.current()).as("the entries are the same").isSameAs(first);
		answer("3", SHADOWED);
		assertThat(this.catalog.current()).isNotSameAs(first);
	}

	@Test
	void unknownFunctionAsksSooner() throws SQLException {
		this.texts.of("SELECT lower('a')");
		answer("1", HARMLESS);
		this.texts.of("SELECT lower('b')");
		assertThat(this.questions).hasSize(1);
		this.now += Duration.ofSeconds(4).toNanos();
		this.texts.of("SELECT new_function('b')");
		assertThat(this.questions).extracting(Asked::delay)
			.containsExactly(FunctionCatalog.MAX_AGE, FunctionCatalog.PAUSE);
		this.texts.of("SELECT other_function('b')");
		assertThat(this.questions).hasSize(2);
	}

	@Test
	void changeOfTheCatalogAsksSooner() throws SQLException {
		this.texts.of("SELECT 1");
		answer("1", HARMLESS);
		this.texts.of("CREATE VIEW v AS SELECT 1");
		assertThat(this.questions).extracting(Asked::delay)
			.containsExactly(FunctionCatalog.MAX_AGE, FunctionCatalog.PAUSE);
	}

	@Test
	void refusalAsksAtOnceButForThePause() throws SQLException {
		StatementText text = this.texts.of("SELECT * FROM loud_view");
		answer("1", HARMLESS);
		this.now += Duration.ofSeconds(4).toNanos();
		this.texts.refusedAsRead(text);
		assertThat(this.questions).extracting(Asked::delay)
			.containsExactly(FunctionCatalog.MAX_AGE, Duration.ofSeconds(6));
		answer("1", HARMLESS);
		this.now += Duration.ofSeconds(30).toNanos();
		this.texts.refusedAsRead(text);
		assertThat(this.questions).extracting(Asked::delay).contains(Duration.ZERO);
	}

	@Test
	void onlyTheLastQuestionCounts() throws SQLException {
		this.texts.of("SELECT 1");
		answer("1", HARMLESS);
		this.texts.of("CREATE VIEW v AS SELECT 1");
		Asked old = this.questions.remove(0);
		answer("2", SHADOWED);
		CatalogSnapshot present = this.catalog.current();
		old.question().ask(connection("3", HARMLESS));
		assertThat(this.catalog.current()).isSameAs(present);
		assertThat(this.questions).as("the next question").hasSize(1);
	}

	@Test
	void catalogThatCannotBeReadLeavesTheLastKnowledgeAndIsAskedLater() throws SQLException {
		this.texts.of("SELECT lower('a')");
		Connection connection = mock(Connection.class);
		given(connection.createStatement()).willThrow(new SQLException("no", "42501"));
		assertThatExceptionOfType(SQLException.class)
			.isThrownBy(() -> this.questions.remove(0).question().ask(connection));
		assertThat(this.texts.of("SELECT lower('a')").isPlainRead()).isTrue();
		assertThat(this.questions).extracting(Asked::delay).containsExactly(FunctionCatalog.MAX_AGE);
		answer("1", SHADOWED);
		assertThat(this.texts.of("SELECT lower('a')").isPlainRead()).isFalse();
	}

	/**
	 * Answers the last question.
	 */
	private void answer(String fingerprint, Map<String, Integer> entries) throws SQLException {
		Asked last = this.questions.get(this.questions.size() - 1);
		this.questions.clear();
		last.question().ask(connection(fingerprint, entries));
	}

	private static Connection connection(String fingerprint, Map<String, Integer> entries) throws SQLException {
		Connection connection = mock(Connection.class);
		Statement statement = mock(Statement.class);
		given(connection.createStatement()).willReturn(statement);
		given(statement.executeQuery(anyString())).willAnswer(
				(call) -> (call.<String>getArgument(0).contains("WITH RECURSIVE")) ? rows(entries) : row(fingerprint));
		return connection;
	}

	private static ResultSet row(String text) throws SQLException {
		ResultSet row = mock(ResultSet.class);
		given(row.next()).willReturn(true);
		given(row.getString(1)).willReturn(text);
		return row;
	}

	private static ResultSet rows(Map<String, Integer> entries) throws SQLException {
		ResultSet rows = mock(ResultSet.class);
		Iterator<Map.Entry<String, Integer>> all = entries.entrySet().iterator();
		List<Map.Entry<String, Integer>> current = new ArrayList<>();
		given(rows.next()).willAnswer((call) -> {
			if (!all.hasNext()) {
				return false;
			}
			current.add(0, all.next());
			return true;
		});
		given(rows.getString(1)).willAnswer((call) -> current.get(0).getKey());
		given(rows.getInt(2)).willAnswer((call) -> current.get(0).getValue());
		return rows;
	}

	private record Asked(CatalogLoader.Question question, Duration delay) {

	}

}
