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
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.core.io.ClassPathResource;

import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Every text of {@code statements.txt} is judged with the catalog of a real database and
 * run on a primary and on a replica: the expectation, the judgement and the servers
 * agree.
 */
@EmbeddedCluster
@Tag("long")
class StatementTextServerTests {

	private static TextDatabase database;

	private static StatementTexts texts;

	private static Connection primary;

	private static Connection replica;

	private static int version;

	@BeforeAll
	static void start(PostgresCluster cluster) throws SQLException, IOException {
		database = TextDatabase.create(cluster, "texts");
		texts = new StatementTexts(database.catalog());
		primary = database.primary();
		replica = database.replica();
		version = primary.getMetaData().getDatabaseMajorVersion();
	}

	@AfterAll
	static void stop() throws SQLException {
		primary.close();
		replica.close();
		database.drop();
	}

	static List<Line> lines() throws IOException {
		return new ClassPathResource("statements.txt", StatementTextServerTests.class)
			.getContentAsString(StandardCharsets.UTF_8)
			.lines()
			.filter((line) -> !line.isEmpty() && !line.startsWith("#"))
			.map(Line::of)
			.toList();
	}

	@ParameterizedTest
	@MethodSource("lines")
	void serversAgree(Line line) throws SQLException {
		assumeThat(version).isGreaterThanOrEqualTo(line.version());
		assertThat(texts.of(line.sql()).isPlainRead()).as(line.sql()).isEqualTo(line.expectation().equals("read"));
		if (line.expectation().equals("read")) {
			requireRead(line.sql());
		}
		else {
			try (Connection ownPrimary = database.primary(); Connection ownReplica = database.replica()) {
				requireOther(line, ownPrimary, ownReplica);
			}
		}
	}

	private static void requireRead(String sql) throws SQLException {
		Trial onReplica = Trial.inTransaction(replica, "BEGIN READ ONLY", sql);
		assertThat(onReplica.isWithoutTrace()).as("%s on the replica: %s", sql, onReplica).isTrue();
		Trial onPrimary = Trial.inTransaction(primary, "BEGIN", sql);
		assertThat(onPrimary.isWithoutTrace()).as("%s on the primary: %s", sql, onPrimary).isTrue();
		Trial alone = Trial.inAutoCommit(primary, sql);
		assertThat(alone.isWithoutTrace()).as("%s on the primary, in auto-commit: %s", sql, alone).isTrue();
	}

	private static void requireOther(Line line, Connection ownPrimary, Connection ownReplica) throws SQLException {
		Trial onReplica = Trial.inAutoCommit(ownReplica, line.sql());
		if (onReplica.isRefused()) {
			assertThat(line.expectation()).as("%s on the replica: %s", line.sql(), onReplica).isIn("write", "state");
			return;
		}
		Trial onPrimary = Trial.inTransaction(ownPrimary, "BEGIN", line.sql());
		Trial alone = (onPrimary.writes()) ? onPrimary : Trial.inAutoCommit(ownPrimary, line.sql());
		String seen = (onPrimary.writes()) ? "write" : (onPrimary.changesState() || alone.changesState()) ? "state"
				: (onPrimary.failed() && alone.failed()) ? "error" : "neither";
		Set<String> allowed = switch (line.expectation()) {
			case "hidden", "doubt" -> Set.of("neither");
			default -> Set.of(line.expectation());
		};
		assertThat(allowed)
			.as("%s on the replica: %s; on the primary: %s; in auto-commit: %s", line.sql(), onReplica, onPrimary,
					alone)
			.contains(seen);
	}

	/**
	 * A line of the table.
	 *
	 * @param expectation what the text is and what servers show
	 * @param version the oldest version of PostgreSQL that has the statement
	 * @param sql the text
	 */
	record Line(String expectation, int version, String sql) {

		private static Line of(String line) {
			String[] parts = line.split(" +", 3);
			String[] expected = parts[0].split("@");
			return new Line(expected[0], (expected.length > 1) ? Integer.parseInt(expected[1]) : 0,
					parts[2].replace('⏎', '\n').replace('␍', '\r'));
		}

		@Override
		public String toString() {
			return this.sql;
		}

	}

}
