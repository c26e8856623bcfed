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

import java.io.ByteArrayInputStream;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.function.Consumer;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGStatement;
import org.postgresql.jdbc.PgConnection;
import org.postgresql.jdbc.PgDatabaseMetaData;
import org.postgresql.jdbc.PgStatement;

import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import io.github.replication.RoutedConnection;
import io.github.replication.WriteRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.position.WriteMark;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whether a transaction has written is asked at its commit only where nothing else proves
 * it. That it was asked, the server says: the driver prepares a question that comes again
 * and again, and the session lists what it has prepared.
 */
@EmbeddedCluster(dedicated = true)
class WriteDetectionTests {

	private static final int TIMES = 8;

	private static final String ASKED = "SELECT count(*) FROM pg_prepared_statements"
			+ " WHERE statement LIKE '%pg_current_xact_id_if_assigned%'";

	private static JdbcTemplate admin;

	private static PostgresCluster cluster;

	private static TestApplication application;

	@BeforeAll
	static void create(PostgresCluster shared) {
		cluster = shared;
		TestApplication.createTable(cluster);
		admin = new JdbcTemplate(
				new DriverManagerDataSource(cluster.primary().directUrl(), cluster.username(), cluster.password()));
		admin.execute("CREATE TABLE visit (id bigserial PRIMARY KEY, text text)");
		admin.execute("CREATE FUNCTION note_visit() RETURNS bigint LANGUAGE sql"
				+ " AS $$ INSERT INTO visit (text) VALUES ('x') RETURNING id $$");
		admin.execute("CREATE VIEW noisy AS SELECT note_visit() AS id");
		admin.execute("CREATE TABLE picture (content oid)");
		admin.execute("INSERT INTO picture VALUES (lo_from_bytea(0, 'abc'))");
		cluster.awaitReplication();
		application = TestApplication.exactly(cluster)
			.withoutJpa()
			.with("spring.datasource.hikari.maximum-pool-size", 1)
			.start()
			.awaitQuiet();
	}

	@AfterAll
	static void drop() {
		application.close();
		admin.execute("DROP TABLE picture");
		admin.execute("DROP VIEW noisy");
		admin.execute("DROP FUNCTION note_visit()");
		admin.execute("DROP TABLE visit");
		cluster.awaitReplication();
	}

	@BeforeEach
	void beginAnew() throws SQLException {
		application.bean(DataSource.class).unwrap(HikariDataSource.class).getHikariPoolMXBean().softEvictConnections();
		application.newCaller();
	}

	@Test
	void transactionOfPlainReadsIsNotAskedAndWritesNothing() {
		application.awaitQuiet();
		transactions((jdbc) -> {
			jdbc.queryForObject("SELECT count(*) FROM visit WHERE text = ?", Integer.class, "x");
			jdbc.queryForList("SELECT lower(text) FROM note ORDER BY id");
		});
		assertThat(isAsked()).isFalse();
		assertThat(hasWritten()).isFalse();
	}

	@Test
	void transactionWithChangedRowsIsNotAskedAndWrites() {
		application.awaitQuiet();
		transactions((jdbc) -> {
			jdbc.queryForObject("SELECT count(*) FROM visit", Integer.class);
			jdbc.update("INSERT INTO visit (text) VALUES (?)", "x");
		});
		assertThat(isAsked()).isFalse();
		assertThat(hasWritten()).isTrue();
		assertThat(write().asynchronous()).isFalse();
	}

	@Test
	void countsOfBatchesAndPlainStatementsAreSeen() {
		application.awaitQuiet();
		transactions((jdbc) -> jdbc.batchUpdate("INSERT INTO visit (text) VALUES ('a')",
				"INSERT INTO visit (text) VALUES ('b')"));
		transactions((jdbc) -> jdbc.execute("UPDATE visit SET text = 'c'"));
		assertThat(isAsked()).isFalse();
		assertThat(hasWritten()).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "UPDATE visit SET text = 'b' WHERE id = -1", "SELECT 1 FOR UPDATE" })
	void whatProvesNothingIsAsked(String sql) {
		transactions((jdbc) -> jdbc.execute(sql));
		assertThat(isAsked()).isTrue();
		assertThat(hasWritten()).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT note_visit()", "SELECT * FROM noisy",
			"INSERT INTO visit (text) VALUES ('x') RETURNING id",
			"WITH added AS (INSERT INTO visit (text) VALUES ('x') RETURNING id) SELECT id FROM added",
			"SELECT count(*) FROM noisy WHERE id > 0", "EXPLAIN ANALYZE INSERT INTO visit (text) VALUES ('x')" })
	void whatWritesWithoutACountIsAskedAndWrites(String sql) {
		transactions((jdbc) -> jdbc.queryForList(sql));
		assertThat(isAsked()).isTrue();
		assertThat(hasWritten()).isTrue();
	}

	@Test
	void writeOfAnUnwrappedStatementIsFound() {
		transaction((jdbc) -> inConnection(jdbc, (connection) -> {
			try (Statement statement = connection.createStatement()) {
				statement.executeQuery("SELECT 1").close();
				statement.unwrap(PgStatement.class).executeUpdate("INSERT INTO visit (text) VALUES ('x')");
			}
		}));
		assertThat(hasWritten()).isTrue();
	}

	@Test
	void writeByWayOfTheMetadataOfTheDriverIsFound() {
		transaction((jdbc) -> inConnection(jdbc, (connection) -> {
			try (Statement statement = connection.createStatement()) {
				statement.executeQuery("SELECT 1").close();
			}
			Connection driver = connection.getMetaData().unwrap(PgDatabaseMetaData.class).getConnection();
			try (Statement statement = driver.createStatement()) {
				statement.executeUpdate("INSERT INTO visit (text) VALUES ('x')");
			}
		}));
		assertThat(hasWritten()).isTrue();
	}

	@Test
	void writeByTheStatementOfMetadataIsFound() {
		transaction((jdbc) -> inConnection(jdbc, (connection) -> {
			try (ResultSet rows = connection.getMetaData().getSchemas(); Statement statement = rows.getStatement()) {
				assertThat(statement.getConnection()).isSameAs(connection.unwrap(RoutedConnection.class));
				statement.executeUpdate("INSERT INTO visit (text) VALUES ('x')");
			}
		}));
		assertThat(hasWritten()).isTrue();
	}

	@Test
	void writeByTheMetadataOfTheDriverInAutoCommitIsFound() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection()) {
			Connection driver = connection.getMetaData().unwrap(PgDatabaseMetaData.class).getConnection();
			assertThat(activeConnections()).as("it is not another's").isOne();
			try (Statement statement = driver.createStatement()) {
				statement.executeUpdate("INSERT INTO visit (text) VALUES ('x')");
			}
		}
		assertThat(hasWritten()).isTrue();
	}

	@Test
	void writeOfAnUnwrappedStatementInAutoCommitIsFound() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection();
				Statement statement = connection.createStatement()) {
			statement.unwrap(PgStatement.class).executeUpdate("INSERT INTO visit (text) VALUES ('x')");
		}
		assertThat(hasWritten()).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "commit", "rollback", "setAutoCommit", "statement", "close" })
	void writeThatTheUnwrappedConnectionHasCommittedIsFound(String next) throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection()) {
			connection.setAutoCommit(false);
			Connection driver = connection.unwrap(PgConnection.class);
			insert(driver);
			driver.commit();
			use(connection, next);
			assertThat(hasWritten()).isEqualTo(!next.equals("close"));
		}
		assertThat(hasWritten()).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "commit", "rollback", "setAutoCommit", "statement", "close" })
	void writeThatTheUnwrappedConnectionHasCommittedBetweenTransactionsIsFound(String next) throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection()) {
			connection.setAutoCommit(false);
			Connection driver = connection.unwrap(PgConnection.class);
			connection.commit();
			application.newCaller();
			insert(driver);
			try (Statement statement = driver.createStatement()) {
				statement.execute("COMMIT");
			}
			use(connection, next);
			assertThat(hasWritten()).isEqualTo(!next.equals("close"));
		}
		assertThat(hasWritten()).isTrue();
	}

	private static void use(Connection connection, String method) throws SQLException {
		switch (method) {
			case "commit" -> connection.commit();
			case "rollback" -> connection.rollback();
			case "setAutoCommit" -> connection.setAutoCommit(true);
			case "statement" -> {
				try (Statement statement = connection.createStatement()) {
					statement.executeQuery("SELECT count(*) FROM visit").close();
				}
				connection.commit();
			}
			default -> assertThat(method).isEqualTo("close");
		}
	}

	@Test
	void unwrappingAStatementForTheSettingsOfTheDriverIsNoWrite() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection();
				Statement statement = connection.createStatement()) {
			statement.unwrap(PGStatement.class).setPrepareThreshold(1);
			statement.executeQuery("SELECT 1").close();
		}
		assertThat(hasWritten()).isFalse();
	}

	@Test
	void largeObjectThatIsWrittenAfterItWasReadIsFound() {
		transaction((jdbc) -> inConnection(jdbc, (connection) -> {
			try (Statement statement = connection.createStatement();
					ResultSet rows = statement.executeQuery("SELECT content FROM picture")) {
				rows.next();
				rows.getObject(1, Blob.class).setBytes(1, new byte[] { 1 });
			}
		}));
		assertThat(hasWritten()).isTrue();
	}

	@Test
	void largeObjectThatIsAParameterOfAReadIsFound() {
		transaction((jdbc) -> inConnection(jdbc, (connection) -> {
			try (PreparedStatement statement = connection.prepareStatement("SELECT ?::oid")) {
				statement.setBlob(1, new ByteArrayInputStream(new byte[] { 1 }));
				statement.executeQuery().close();
			}
		}));
		assertThat(hasWritten()).isTrue();
	}

	@ParameterizedTest
	@CsvSource({ "VIEW, false", "TEMPORARY VIEW, false", "VIEW, true", "TEMPORARY VIEW, true" })
	void viewThatIsYoungerThanTheKnowledgeOfTheCatalogIsAsked(String kind, boolean autoCommit) throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE " + kind + " young AS SELECT note_visit() AS id");
			application.newCaller();
			connection.setAutoCommit(autoCommit);
			statement.executeQuery("SELECT id FROM young").close();
			if (!autoCommit) {
				connection.commit();
			}
			assertThat(hasWritten()).isTrue();
			connection.setAutoCommit(true);
			statement.execute("DROP VIEW young");
		}
	}

	@Test
	@Tag("long")
	void catalogIsTrustedAgainAfterItWasRead() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE TABLE IF NOT EXISTS later (id int)");
			statement.execute("DROP TABLE later");
		}
		Awaitility.await().pollInSameThread().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
			beginAnew();
			transactions((jdbc) -> jdbc.queryForObject("SELECT count(*) FROM visit", Integer.class));
			assertThat(isAsked()).isFalse();
		});
	}

	@Test
	void textWhoseBackslashIsAnEscapeIsAsked() {
		admin.execute("ALTER DATABASE " + cluster.database() + " SET standard_conforming_strings = off");
		try (TestApplication other = TestApplication.exactly(cluster).withoutJpa().start().awaitQuiet()) {
			other.newCaller();
			other.transaction(false)
				.executeWithoutResult((status) -> other.jdbc().queryForList("SELECT 'a\\'' || note_visit() --'"));
			assertThat(other.bean(WriteRecord.class).hasWritten()).as("in a transaction").isTrue();
			other.newCaller();
			other.jdbc().queryForList("SELECT 'a\\'' || note_visit() --'");
			assertThat(other.bean(WriteRecord.class).hasWritten()).as("in auto-commit").isTrue();
		}
		finally {
			admin.execute("ALTER DATABASE " + cluster.database() + " RESET standard_conforming_strings");
		}
	}

	@Test
	void savepointThatIsRolledBackLeavesAWrite() {
		transaction((jdbc) -> inConnection(jdbc, (connection) -> {
			Savepoint savepoint = connection.setSavepoint();
			try (Statement statement = connection.createStatement()) {
				statement.executeUpdate("INSERT INTO visit (text) VALUES ('x')");
			}
			connection.rollback(savepoint);
		}));
		assertThat(hasWritten()).as("stricter than need be").isTrue();
	}

	@Test
	void sessionSetByAParameterIsAskedAnew() {
		transactions((jdbc) -> jdbc.update("INSERT INTO visit (text) VALUES ('x')"));
		transaction((jdbc) -> inConnection(jdbc, (connection) -> {
			try (PreparedStatement statement = connection.prepareStatement("SELECT set_config(?, ?, false)")) {
				statement.setString(1, "synchronous_commit");
				statement.setString(2, "off");
				statement.executeQuery().close();
			}
		}));
		application.newCaller();
		transaction((jdbc) -> jdbc.update("INSERT INTO visit (text) VALUES ('x')"));
		assertThat(write().asynchronous()).isTrue();
	}

	@Test
	void sessionSetByAReadOnlyTransactionIsAskedAnew() throws SQLException {
		transactions((jdbc) -> jdbc.update("INSERT INTO visit (text) VALUES ('x')"));
		try (Connection connection = application.bean(DataSource.class).getConnection();
				Statement statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			insert(connection);
			connection.commit();
			connection.setReadOnly(true);
			statement.execute("DO $$ BEGIN PERFORM set_config('synchronous' || '_commit', 'off', false); END $$");
			connection.commit();
			connection.setReadOnly(false);
			application.newCaller();
			insert(connection);
			connection.commit();
		}
		assertThat(write().asynchronous()).isTrue();
	}

	@Test
	void sessionFollowsTheConfigurationOfTheServer() {
		transactions((jdbc) -> jdbc.update("INSERT INTO visit (text) VALUES ('x')"));
		cluster.primary().set("synchronous_commit", "off");
		try {
			Awaitility.await().pollInSameThread().untilAsserted(() -> {
				application.newCaller();
				transaction((jdbc) -> jdbc.update("INSERT INTO visit (text) VALUES ('x')"));
				assertThat(write().asynchronous()).isTrue();
			});
		}
		finally {
			cluster.primary().set("synchronous_commit", null);
		}
	}

	@Test
	void triggerThatChangesTheDurabilityIsAsked() throws SQLException {
		admin.execute("CREATE TABLE hasty (id int)");
		admin.execute("CREATE FUNCTION be_hasty() RETURNS trigger LANGUAGE plpgsql"
				+ " AS $$ BEGIN SET LOCAL synchronous_commit = off; RETURN NEW; END $$");
		admin.execute("CREATE TRIGGER hasty BEFORE INSERT ON hasty FOR EACH ROW EXECUTE FUNCTION be_hasty()");
		cluster.awaitReplication();
		try (TestApplication other = TestApplication.exactly(cluster)
			.withoutJpa()
			.with("spring.datasource.hikari.maximum-pool-size", 1)
			.start()
			.awaitQuiet()) {
			other.transaction(false)
				.executeWithoutResult((status) -> other.jdbc().update("INSERT INTO visit (text) VALUES ('x')"));
			other.newCaller();
			other.transaction(false)
				.executeWithoutResult((status) -> other.jdbc().update("INSERT INTO hasty VALUES (1)"));
			assertThat(other.bean(CallerRecords.class).current().guarantee().write().asynchronous()).isTrue();
		}
		finally {
			admin.execute("DROP TABLE hasty");
			admin.execute("DROP FUNCTION be_hasty()");
		}
	}

	@Test
	void sessionThatCommitsAsynchronouslyByDefaultIsAsked() {
		admin.execute("ALTER DATABASE " + cluster.database() + " SET synchronous_commit = off");
		try (TestApplication other = TestApplication.exactly(cluster)
			.withoutJpa()
			.with("spring.datasource.hikari.maximum-pool-size", 1)
			.start()
			.awaitQuiet()) {
			other.newCaller();
			for (int i = 0; i < 3; i++) {
				other.transaction(false)
					.executeWithoutResult((status) -> other.jdbc().update("INSERT INTO visit (text) VALUES ('x')"));
				assertThat(other.bean(CallerRecords.class).current().guarantee().write().asynchronous()).isTrue();
			}
		}
		finally {
			admin.execute("ALTER DATABASE " + cluster.database() + " RESET synchronous_commit");
		}
	}

	@Test
	void localSettingOfOneTransactionSaysNothingOfTheNext() {
		transaction((jdbc) -> {
			jdbc.execute("SET LOCAL synchronous_commit = off");
			jdbc.update("INSERT INTO visit (text) VALUES ('x')");
		});
		assertThat(write().asynchronous()).isTrue();
		application.newCaller();
		transactions((jdbc) -> jdbc.update("INSERT INTO visit (text) VALUES ('x')"));
		assertThat(write().asynchronous()).isFalse();
	}

	/**
	 * What is sent before the commit is received after it at times, and before the flush.
	 */
	@Test
	void tokenOfATransactionUnderWaySaysThatItsCommitWillNotWait() {
		transaction((jdbc) -> {
			jdbc.update("INSERT INTO visit (text) VALUES ('x')");
			assertThat(tokenUnderWay()).matches("2[.][0-9a-f]+[.]u[.].*");
			jdbc.execute("SET LOCAL synchronous_commit = off");
			assertThat(tokenUnderWay()).matches("2[.][0-9a-f]+[.]nu[.].*");
		});
		application.newCaller();
		transaction((jdbc) -> jdbc.update("INSERT INTO visit (text) VALUES ('x')"));
		assertThat(tokenUnderWay()).matches("2[.][0-9a-f]+[.]u[.].*");
	}

	@Test
	void tokenSaysSoFromTheBeginningWhereTheSessionsAreSetSo() {
		try (TestApplication other = TestApplication.exactly(cluster)
			.withoutJpa()
			.with("spring.datasource.hikari.connection-init-sql", "SET synchronous_commit = off")
			.start()
			.awaitQuiet()) {
			other.newCaller();
			other.transaction(false).executeWithoutResult((status) -> {
				other.jdbc().update("INSERT INTO visit (text) VALUES ('x')");
				CallerRecords callers = other.bean(CallerRecords.class);
				assertThat(callers.tokens().known(callers.current(), true).toString())
					.matches("2[.][0-9a-f]+[.]nu[.].*");
			});
		}
	}

	private static String tokenUnderWay() {
		CallerRecords callers = application.bean(CallerRecords.class);
		return callers.tokens().known(callers.current(), true).toString();
	}

	private static void insert(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.executeUpdate("INSERT INTO visit (text) VALUES ('x')");
		}
	}

	private static int activeConnections() throws SQLException {
		return application.bean(DataSource.class)
			.unwrap(HikariDataSource.class)
			.getHikariPoolMXBean()
			.getActiveConnections();
	}

	private void transactions(Consumer<JdbcTemplate> work) {
		for (int i = 0; i < TIMES; i++) {
			transaction(work);
		}
	}

	private void transaction(Consumer<JdbcTemplate> work) {
		application.transaction(false).executeWithoutResult((status) -> work.accept(application.jdbc()));
	}

	private static void inConnection(JdbcTemplate jdbc, Work work) {
		jdbc.execute((ConnectionCallback<Void>) (connection) -> {
			work.on(connection);
			return null;
		});
	}

	private boolean isAsked() {
		Integer questions = application.transaction(false)
			.execute((status) -> application.jdbc().queryForObject(ASKED, Integer.class));
		return questions > 0;
	}

	private boolean hasWritten() {
		return application.bean(WriteRecord.class).hasWritten();
	}

	private WriteMark write() {
		return application.bean(CallerRecords.class).current().guarantee().write();
	}

	@FunctionalInterface
	private interface Work {

		void on(Connection connection) throws SQLException;

	}

}
