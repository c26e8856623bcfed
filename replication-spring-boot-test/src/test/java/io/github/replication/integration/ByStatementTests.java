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

package io.github.replication.integration;

import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import javax.sql.DataSource;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import io.github.replication.Reason;
import io.github.replication.WriteRecord;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Statements outside of a transaction that are routed one by one: by their text, and
 * where that deceives, by the server.
 */
@EmbeddedCluster
class ByStatementTests {

	private static PostgresCluster cluster;

	private static TestApplication application;

	private static DataSource dataSource;

	private static JdbcTemplate jdbc;

	private static JdbcTemplate admin;

	private static Decisions decisions;

	@BeforeAll
	static void start(PostgresCluster shared) {
		cluster = shared;
		admin = new JdbcTemplate(
				new DriverManagerDataSource(cluster.primary().directUrl(), cluster.username(), cluster.password()));
		admin.execute("CREATE SCHEMA IF NOT EXISTS s");
		admin.execute("CREATE TABLE s.item (id int PRIMARY KEY, text text)");
		admin.execute("CREATE FUNCTION s.seen() RETURNS int LANGUAGE sql"
				+ " AS $$ INSERT INTO s.item SELECT count(*) + 100, 'seen' FROM s.item RETURNING id $$");
		admin.execute("CREATE UNLOGGED TABLE s.fleeting (id int)");
		cluster.awaitReplication();
		application = TestApplication.on(cluster)
			.withoutJpa()
			.with("replication.without-transaction", "by-statement")
			.with("spring.datasource.hikari.maximum-pool-size", 3)
			.with("spring.datasource.hikari.connection-timeout", 1000)
			.start();
		dataSource = application.bean(DataSource.class);
		jdbc = application.jdbc();
		decisions = application.decisions();
	}

	@AfterAll
	static void stop() {
		application.close();
		admin.execute("DROP SCHEMA s CASCADE");
		cluster.awaitReplication();
	}

	@BeforeEach
	void clear() {
		admin.execute("TRUNCATE s.item");
		cluster.awaitReplication();
		application.newCaller();
		decisions.clear();
	}

	@Test
	void preparedReadAndPreparedWriteTakeTurns() throws SQLException {
		try (Connection connection = dataSource.getConnection();
				PreparedStatement read = connection.prepareStatement("SELECT count(*) FROM s.item WHERE id <= ?");
				PreparedStatement write = connection.prepareStatement("INSERT INTO s.item VALUES (?, 'x')")) {
			read.setInt(1, 10);
			for (int i = 0; i < 5; i++) {
				try (ResultSet row = read.executeQuery()) {
					row.next();
					assertThat(row.getInt(1)).isEqualTo(i);
				}
				write.setInt(1, i);
				assertThat(write.executeUpdate()).isOne();
			}
		}
		assertThat(decisions.all()).first().satisfies((decision) -> assertThat(decision.isReplica()).isTrue());
		assertThat(decisions.last().reason()).isEqualTo(Reason.STATEMENT);
	}

	@Test
	void viewThatWritesIsReadOnThePrimaryOnceAStandbyHasRefusedIt() {
		admin.execute("CREATE VIEW s.visits AS SELECT s.seen() AS id");
		cluster.awaitReplication();
		assertThat(jdbc.queryForList("SELECT id FROM s.visits", Integer.class)).containsExactly(100);
		assertThat(application.bean(WriteRecord.class).hasWritten()).isTrue();
		assertThat(decisions.last().reason()).isEqualTo(Reason.STATEMENT);
		decisions.clear();
		assertThat(jdbc.queryForList("SELECT id FROM s.visits", Integer.class)).containsExactly(101);
		assertThat(decisions.all()).hasSize(1);
		assertThat(admin.queryForObject("SELECT count(*) FROM s.item", Integer.class)).isEqualTo(2);
	}

	@Test
	void preparedReadThatAStandbyRefusesKeepsItsParameters() throws SQLException {
		try (Connection connection = dataSource.getConnection();
				PreparedStatement statement = connection
					.prepareStatement("SELECT id + ? FROM (SELECT s.seen() AS id) v")) {
			statement.setInt(1, 1000);
			try (ResultSet row = statement.executeQuery()) {
				row.next();
				assertThat(row.getInt(1)).isEqualTo(1100);
			}
		}
	}

	@Test
	void unloggedTableIsReadOnThePrimary() {
		assertThat(jdbc.queryForObject("SELECT count(*) FROM s.fleeting", Integer.class)).isZero();
		assertThat(decisions.last().isReplica()).isFalse();
	}

	@Test
	void rowsThatCanBeChangedAreReadOnThePrimary() throws SQLException {
		admin.execute("INSERT INTO s.item VALUES (1, 'old')");
		cluster.awaitReplication();
		try (Connection connection = dataSource.getConnection();
				Statement statement = connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE,
						ResultSet.CONCUR_UPDATABLE);
				ResultSet rows = statement.executeQuery("SELECT id, text FROM s.item")) {
			rows.next();
			rows.updateString("text", "new");
			rows.updateRow();
		}
		assertThat(admin.queryForObject("SELECT text FROM s.item", String.class)).isEqualTo("new");
	}

	@Test
	void arraysForEachReadTakeNoConnectionOfTheWriters() throws SQLException {
		List<Connection> connections = new ArrayList<>();
		for (int i = 0; i < 6; i++) {
			Connection connection = dataSource.getConnection();
			connections.add(connection);
			for (int j = 0; j < 5; j++) {
				try (PreparedStatement statement = connection
					.prepareStatement("SELECT count(*) FROM s.item WHERE id = any(?)")) {
					statement.setArray(1, connection.createArrayOf("int4", new Integer[] { 1, 2, 3 }));
					statement.executeQuery().close();
				}
			}
		}
		assertThat(decisions.all()).allSatisfy((decision) -> assertThat(decision.isReplica()).isTrue());
		for (Connection connection : connections) {
			connection.close();
		}
	}

	@Test
	void batchOfAPreparedReadMovesWithIt() throws SQLException {
		try (Connection connection = dataSource.getConnection();
				PreparedStatement statement = connection.prepareStatement("VALUES (?)")) {
			statement.setInt(1, 1);
			statement.addBatch();
			statement.setInt(1, 2);
			statement.addBatch();
			jdbc.update("INSERT INTO s.item VALUES (1, 'x')");
			try (Statement other = connection.createStatement()) {
				other.executeUpdate("INSERT INTO s.item VALUES (2, 'x')");
			}
			assertThat(statement.executeBatch()).hasSize(2);
			assertThat(statement.executeBatch()).isEmpty();
		}
	}

	@Test
	void batchOfReadsAndWritesWrites() throws SQLException {
		try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
			statement.addBatch("INSERT INTO s.item VALUES (1, 'x')");
			statement.addBatch("INSERT INTO s.item VALUES (2, 'x')");
			assertThat(statement.executeBatch()).containsExactly(1, 1);
		}
		assertThat(decisions.last().reason()).isEqualTo(Reason.STATEMENT);
		assertThat(application.bean(WriteRecord.class).hasWritten()).isTrue();
	}

	/**
	 * A standby may refuse such a statement as well, but not as one that writes.
	 */
	@Test
	void planFromBeforeAChangeDoesNotSendItsTextToThePrimary() throws SQLException {
		String sql = "SELECT * FROM s.changing WHERE id > ?";
		admin.execute("CREATE TABLE s.changing AS SELECT 1 AS id");
		cluster.awaitReplication();
		application.newCaller();
		try (Connection connection = dataSource.getConnection();
				PreparedStatement statement = connection.prepareStatement(sql)) {
			for (int i = 0; i < 10; i++) {
				statement.setInt(1, 0);
				statement.executeQuery().close();
			}
			admin.execute("ALTER TABLE s.changing ADD COLUMN text text");
			cluster.awaitReplication();
			statement.setInt(1, 0);
			statement.addBatch();
			assertThatExceptionOfType(BatchUpdateException.class).isThrownBy(statement::executeBatch)
				.withMessageContaining("cached plan must not change result type")
				.withMessageNotContaining("standby");
		}
		decisions.clear();
		jdbc.queryForList(sql, 0);
		assertThat(decisions.last().isReplica()).isTrue();
	}

}
