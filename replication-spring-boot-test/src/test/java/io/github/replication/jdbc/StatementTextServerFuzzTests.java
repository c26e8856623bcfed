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
import java.util.Random;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.replication.jdbc.RandomQueries.Query;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Texts that nobody has written, judged and then run: no plain read writes, is refused by
 * a replica or leaves anything behind. {@code -Dtexts.fuzz=} sets how many there are.
 */
@EmbeddedCluster
@Tag("long")
class StatementTextServerFuzzTests {

	private static final int TEXTS = Integer.getInteger("texts.fuzz", 1500);

	private static final long SEED = Long.getLong("texts.seed", 20261127L);

	private static TextDatabase database;

	private static CatalogSnapshot snapshot;

	private static Connection primary;

	private static Connection replica;

	private static String state;

	@BeforeAll
	static void start(PostgresCluster cluster) throws SQLException, IOException {
		database = TextDatabase.create(cluster, "texts_fuzz");
		primary = database.primary();
		replica = database.replica();
		snapshot = CatalogSnapshot.of(CatalogQuery.entries(primary));
		for (Connection connection : List.of(primary, replica)) {
			try (Statement statement = connection.createStatement()) {
				statement.execute("SET statement_timeout = '5s'; DO $$ BEGIN END $$");
			}
		}
		state = Trial.state(primary);
	}

	@AfterAll
	static void stop() throws SQLException {
		primary.close();
		replica.close();
		database.drop();
	}

	@Test
	void queryOfHarmlessPartsIsPlainReadAndNoOtherIs() throws SQLException {
		RandomQueries queries = new RandomQueries(SEED);
		int accepted = 0;
		int reads = 0;
		for (int i = 0; i < TEXTS; i++) {
			Query query = queries.next((i % 2) * 12);
			assertThat(isPlainRead(query.sql())).as(query.sql()).isEqualTo(!query.harmful());
			if (!query.harmful()) {
				reads++;
				accepted += requireNoTrace(query.sql());
			}
		}
		assertThat(accepted).as("of %d reads the servers have accepted", reads).isGreaterThan(reads * 9 / 10);
	}

	@Test
	void mutatedTextThatIsPlainReadLeavesNoTrace() throws SQLException, IOException {
		RandomQueries queries = new RandomQueries(SEED + 1);
		Random random = new Random(SEED + 2);
		List<StatementTextServerTests.Line> lines = StatementTextServerTests.lines();
		int accepted = 0;
		int tried = 0;
		while (accepted < TEXTS / 4) {
			String sql = (random.nextBoolean()) ? queries.next(5).sql() : lines.get(random.nextInt(lines.size())).sql();
			String mutated = queries.mutated(sql, lines.get(random.nextInt(lines.size())).sql());
			if (isPlainRead(mutated) && !mutated.contains("pg_sleep")) {
				accepted += requireNoTrace(mutated);
			}
			assertThat(tried++).as("accepted: " + accepted).isLessThan(TEXTS * 100);
		}
	}

	private static boolean isPlainRead(String sql) {
		return StatementScanner.scan(sql, snapshot).has(StatementFacts.PLAIN_READ);
	}

	/**
	 * Requires that a text neither writes nor leaves anything behind, if it is valid.
	 * @return 1 if the servers have accepted it
	 */
	private static int requireNoTrace(String sql) throws SQLException {
		try (Statement statement = primary.createStatement()) {
			statement.execute("BEGIN");
			boolean valid = run(statement, sql);
			if (valid) {
				assertThat(Trial.hasTransactionId(primary)).as("%s assigns a transaction id", sql).isFalse();
				assertThat(Trial.state(primary)).as("%s changes its session", sql).isEqualTo(state);
			}
			statement.execute("ROLLBACK");
			if (!valid) {
				return 0;
			}
		}
		try (Statement statement = replica.createStatement()) {
			run(statement, sql);
			return 1;
		}
	}

	/**
	 * Runs a text and reads all of its rows.
	 * @return whether it is valid
	 */
	private static boolean run(Statement statement, String sql) {
		try {
			boolean rows = statement.execute(sql);
			while (rows || statement.getUpdateCount() != -1) {
				if (rows) {
					try (ResultSet result = statement.getResultSet()) {
						while (result.next()) {
							result.getString(1);
						}
					}
				}
				rows = statement.getMoreResults();
			}
			return true;
		}
		catch (SQLException ex) {
			assertThat(ex.getSQLState()).as("%s: %s", sql, ex.getMessage()).isNotEqualTo("25006");
			return false;
		}
	}

}
