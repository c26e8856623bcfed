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
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The catalog of a real database.
 */
@EmbeddedCluster
class FunctionCatalogServerTests {

	private static PostgresCluster cluster;

	private static TextDatabase database;

	private static Map<String, Integer> entries;

	private static CatalogSnapshot snapshot;

	@BeforeAll
	static void start(PostgresCluster shared) throws SQLException, IOException {
		cluster = shared;
		database = TextDatabase.create(cluster, "functions");
		try (Connection connection = database.primary()) {
			entries = CatalogQuery.entries(connection);
		}
		snapshot = CatalogSnapshot.of(entries);
	}

	@AfterAll
	static void stop() throws SQLException {
		database.drop();
	}

	@Test
	void everyUserFindsTheSameOnEveryNode() throws SQLException {
		try (Connection replica = database.replica(); Connection admin = database.admin()) {
			assertThat(CatalogQuery.entries(replica)).isEqualTo(entries);
			assertThat(CatalogQuery.entries(admin)).isEqualTo(entries);
		}
	}

	@Test
	void functionsThatOnlyReadAreHarmless() {
		assertThat(List.of("count", "now", "random", "pg_sleep", "jsonb_path_query", "date_bin", "lag", "coalesce",
				"row", "pg_relation_size", "pg_is_in_recovery", "generate_series", "percentile_cont"))
			.allMatch((name) -> CatalogSnapshot.isHarmless(snapshot.get(name)));
		assertThat(BuiltInFunctions.COMMON_HARMLESS.stream()
			.filter((name) -> !Set.of("log", "initcap").contains(name))
			.filter((name) -> !CatalogSnapshot.isHarmless(snapshot.get(name)))).isEmpty();
		assertThat(BuiltInFunctions.HARMLESS_THOUGH_VOLATILE.stream()
			.filter((name) -> CatalogSnapshot.is(snapshot.get(name), CatalogSnapshot.HARMFUL))).isEmpty();
	}

	@Test
	void functionsThatDoMoreAreHarmful() {
		assertThat(BuiltInFunctions.COMMON_HARMFUL)
			.allMatch((name) -> CatalogSnapshot.is(snapshot.get(name), CatalogSnapshot.HARMFUL));
		assertThat(BuiltInFunctions.HARMFUL_THOUGH_STABLE)
			.allMatch((name) -> !CatalogSnapshot.isHarmlessInCatalog(snapshot.get(name)));
		assertThat(List.of("domain_in", "lo_import", "pg_logical_emit_message", "pg_create_restore_point", "ts_stat",
				"cursor_to_xml", "pg_stat_reset", "pg_switch_wal", "pg_read_file"))
			.noneMatch((name) -> CatalogSnapshot.isHarmlessInCatalog(snapshot.get(name)));
	}

	@Test
	void functionOfTheApplicationShadowsAndThatOfAnExtensionIfItIsVolatile() {
		assertThat(snapshot.get("log")).isEqualTo(CatalogSnapshot.BUILT_IN | CatalogSnapshot.SHADOWED
				| CatalogSnapshot.ELSEWHERE | CatalogSnapshot.VOLATILE_ELSEWHERE);
		assertThat(snapshot.get("max")).isEqualTo(CatalogSnapshot.BUILT_IN | CatalogSnapshot.ELSEWHERE);
		assertThat(snapshot.get("my_stable")).isEqualTo(CatalogSnapshot.SHADOWED | CatalogSnapshot.ELSEWHERE);
		assertThat(snapshot.get("dblink_exec"))
			.isEqualTo(CatalogSnapshot.SHADOWED | CatalogSnapshot.ELSEWHERE | CatalogSnapshot.VOLATILE_ELSEWHERE);
	}

	@Test
	void namesThatLeadToVolatileFunctionsAreMarked() {
		assertThat(names(entries, CatalogSnapshot.MARKED)).containsExactlyInAnyOrder("loud_view", "view_of_view",
				"sequence_view", "view_of_aggregate", "guarded", "view_of_guarded", "loud_domain", "outer_domain",
				"with_domain", "_loud_domain", "_outer_domain", "_with_domain", "view_of_operator", "pair", "_pair",
				"loud\"view", "loud_view_with_a_name_that_is_cut_off_at_sixty_three_characters", "ü".repeat(31),
				"with_pair", "_with_pair");
		assertThat(names(entries, CatalogSnapshot.MARKED_ATTRIBUTE)).containsExactly("pair_to_text", "status");
		assertThat(names(entries, CatalogSnapshot.MARKED_OPERATOR)).containsExactly("~=>");
		assertThat(snapshot.marksEverything()).isFalse();
	}

	@Test
	void nothingIsMarkedInAnEmptyDatabase() throws SQLException {
		try (Connection connection = cluster.primary().adminConnection()) {
			Map<String, Integer> empty = CatalogQuery.entries(connection);
			assertThat(empty).hasSizeGreaterThan(2000);
			assertThat(names(empty, ~(CatalogSnapshot.BUILT_IN | CatalogSnapshot.HARMFUL))).isEmpty();
		}
	}

	@Test
	void castBetweenBuiltInTypesMarksEverything() throws SQLException {
		CatalogSnapshot loud = snapshotWith("""
				CREATE FUNCTION loud_cast(text) RETURNS money LANGUAGE sql
				AS $$ INSERT INTO public.journal VALUES ($1) RETURNING 1::money $$;
				CREATE CAST (text AS money) WITH FUNCTION loud_cast(text)""");
		assertThat(loud.marksEverything()).isTrue();
		assertThat(isPlainRead("SELECT 1", loud)).isFalse();
	}

	@Test
	void operatorThatKeywordsStandForMarksTheKeywords() throws SQLException {
		CatalogSnapshot loud = snapshotWith("""
				CREATE FUNCTION loud(text, int) RETURNS boolean LANGUAGE sql
				AS $$ INSERT INTO public.journal VALUES ($1) RETURNING true $$;
				CREATE OPERATOR = (leftarg = text, rightarg = int, function = loud);
				CREATE OPERATOR <> (leftarg = text, rightarg = int, function = loud);
				CREATE OPERATOR >= (leftarg = text, rightarg = int, function = loud);
				CREATE OPERATOR <= (leftarg = text, rightarg = int, function = loud);
				CREATE OPERATOR ~~ (leftarg = text, rightarg = int, function = loud);
				CREATE OPERATOR ? (leftarg = text, rightarg = int, function = loud)""", "SELECT text = 1 FROM note",
				"SELECT text IN (1) FROM note", "SELECT text NOT IN (1, 2) FROM note", "SELECT text != 1 FROM note",
				"SELECT CASE text WHEN 1 THEN 1 END FROM note", "SELECT nullif(text, 1) FROM note",
				"SELECT text IS DISTINCT FROM 1 FROM note", "SELECT text BETWEEN 1 AND 2 FROM note",
				"SELECT text LIKE 1 FROM note", "SELECT text ? 1 FROM note");
		assertThat(isPlainRead("SELECT 1 FROM note NATURAL JOIN author", loud)).isFalse();
		assertThat(isPlainRead("SELECT id + 1 FROM note WHERE id > 1 ORDER BY text", loud)).isTrue();
	}

	/**
	 * The catalog with some objects more, which are gone afterwards.
	 * @param ddl makes them
	 * @param writing statements that write because of them, and are no plain reads
	 */
	private static CatalogSnapshot snapshotWith(String ddl, String... writing) throws SQLException {
		try (Connection admin = database.admin(); Statement statement = admin.createStatement()) {
			admin.setAutoCommit(false);
			statement.execute(ddl);
			CatalogSnapshot changed = CatalogSnapshot.of(CatalogQuery.entries(admin));
			for (String sql : writing) {
				assertThat(writes(statement, sql)).as("%s writes", sql).isTrue();
				assertThat(isPlainRead(sql, changed)).as("%s is a plain read", sql).isFalse();
			}
			admin.rollback();
			return changed;
		}
	}

	private static boolean isPlainRead(String sql, CatalogSnapshot snapshot) {
		return StatementScanner.scan(sql, snapshot).has(StatementFacts.PLAIN_READ);
	}

	private static boolean writes(Statement statement, String sql) throws SQLException {
		long before = count(statement);
		statement.execute(sql);
		return count(statement) > before;
	}

	private static long count(Statement statement) throws SQLException {
		try (ResultSet row = statement.executeQuery("SELECT count(*) FROM journal")) {
			row.next();
			return row.getLong(1);
		}
	}

	@Test
	void fingerprintChangesWithTheCatalogAndNotWithData() throws SQLException, IOException {
		TextDatabase changing = TextDatabase.create(cluster, "changing");
		try (Connection connection = changing.primary(); Statement statement = connection.createStatement()) {
			String before = CatalogQuery.fingerprint(connection);
			statement.execute("INSERT INTO tag VALUES ('u'); ANALYZE tag; CREATE TEMP TABLE t (id int)");
			assertThat(CatalogQuery.fingerprint(connection)).isEqualTo(before);
			for (String change : List.of("CREATE FUNCTION made() RETURNS int LANGUAGE sql AS 'SELECT 1'",
					"CREATE OR REPLACE FUNCTION made() RETURNS int STABLE LANGUAGE sql AS 'SELECT 2'",
					"CREATE VIEW made AS SELECT 1 AS a", "CREATE OR REPLACE VIEW made AS SELECT made() AS a",
					"CREATE POLICY made ON guarded USING (true)", "ALTER POLICY made ON guarded USING (made() = 1)",
					"CREATE DOMAIN made_domain AS int", "ALTER DOMAIN made_domain ADD CHECK (value = made())",
					"ALTER TABLE tag ADD COLUMN made made_domain",
					"CREATE OPERATOR !=> (leftarg = text, rightarg = text, function = loud_equality)",
					"DROP OPERATOR !=> (text, text)", "DROP TABLE with_pair", "DROP CAST (pair AS text)",
					"DROP VIEW made")) {
				statement.execute(change);
				String after = CatalogQuery.fingerprint(connection);
				assertThat(after).as(change).isNotEqualTo(before);
				before = after;
			}
		}
		finally {
			changing.drop();
		}
	}

	@Test
	void changesAreNoticedInTheBackground() throws SQLException, IOException {
		TextDatabase changing = TextDatabase.create(cluster, "refreshed");
		ExecutorService executor = Executors.newSingleThreadExecutor();
		try (Connection background = changing.replica(); Connection connection = changing.primary()) {
			StatementTexts texts = new StatementTexts(new FunctionCatalog((question, delay) -> {
				if (delay.compareTo(FunctionCatalog.PAUSE) <= 0) {
					executor.execute(() -> ask(question, background));
				}
			}, System::nanoTime));
			StatementText read = texts.of("SELECT upper(text) FROM note");
			StatementText rare = texts.of("SELECT date_bin('1 day', created, created), factorial(3) FROM note");
			StatementText view = texts.of("SELECT * FROM quiet_view");
			assertThat(rare.isPlainRead()).as("before the answer").isFalse();
			Awaitility.await().until(rare::isPlainRead);
			assertThat(read.isPlainRead()).isTrue();
			assertThat(view.isPlainRead()).isTrue();
			run(connection, "CREATE FUNCTION upper(int) RETURNS text LANGUAGE sql"
					+ " AS $$ INSERT INTO public.journal VALUES ('u') RETURNING entry $$");
			run(connection, "CREATE OR REPLACE VIEW quiet_view AS SELECT id, my_function() AS text,"
					+ " my_stable() AS notes FROM note");
			cluster.awaitReplication();
			texts.of("SELECT no_such_function()");
			Awaitility.await().until(() -> !read.isPlainRead());
			assertThat(view.isPlainRead()).isFalse();
			assertThat(rare.isPlainRead()).isTrue();
		}
		finally {
			executor.shutdownNow();
			changing.drop();
		}
	}

	private static void ask(CatalogLoader.Question question, Connection connection) {
		try {
			question.ask(connection);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void run(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private static Set<String> names(Map<String, Integer> entries, int fact) {
		return entries.entrySet()
			.stream()
			.filter((entry) -> CatalogSnapshot.is(entry.getValue(), fact))
			.map(Map.Entry::getKey)
			.collect(Collectors.toCollection(TreeSet::new));
	}

}
