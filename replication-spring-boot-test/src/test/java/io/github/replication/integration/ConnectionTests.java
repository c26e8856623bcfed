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
import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;
import org.postgresql.jdbc.PgStatement;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.Consistency;
import io.github.replication.NodeStatus;
import io.github.replication.ReadOnly;
import io.github.replication.Replication;
import io.github.replication.ReplicationCluster;
import io.github.replication.Role;
import io.github.replication.UsePrimary;
import io.github.replication.WriteRecord;
import io.github.replication.jdbc.ConnectionPreparer;
import io.github.replication.jdbc.UnknownCommitOutcomeException;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * A connection does what the one behind it would do: what was committed is there, what
 * was rolled back is not, and the next borrower finds nothing of it.
 */
@EmbeddedCluster
class ConnectionTests {

	private static PostgresCluster cluster;

	private static TestApplication application;

	private static DataSource dataSource;

	private static JdbcTemplate admin;

	private static Units units;

	@BeforeAll
	static void start(PostgresCluster shared) {
		cluster = shared;
		admin = new JdbcTemplate(
				new DriverManagerDataSource(cluster.primary().directUrl(), cluster.username(), cluster.password()));
		TestApplication.createTable(cluster);
		admin.execute("CREATE SCHEMA IF NOT EXISTS a");
		admin.execute("CREATE SCHEMA IF NOT EXISTS b");
		admin.execute("CREATE TABLE IF NOT EXISTS a.item (id int PRIMARY KEY, text text)");
		admin.execute("CREATE TABLE IF NOT EXISTS b.item (id int PRIMARY KEY, text text)");
		admin.execute("CREATE TABLE IF NOT EXISTS b.picture (content oid)");
		admin.execute("CREATE OR REPLACE FUNCTION log(text) RETURNS void LANGUAGE sql"
				+ " AS $$ INSERT INTO a.item VALUES ((random() * 1000000)::int, $1) $$");
		cluster.awaitReplication();
		application = TestApplication.exactly(cluster)
			.withoutJpa()
			.with("spring.datasource.hikari.maximum-pool-size", 1)
			.with("spring.datasource.hikari.connection-timeout", 1000)
			.start(Services.class);
		dataSource = application.bean(DataSource.class);
		units = application.bean(Units.class);
	}

	@AfterAll
	static void stop() {
		application.close();
		admin.execute("DROP FUNCTION log(text)");
		admin.execute("DROP SCHEMA a, b CASCADE");
		cluster.awaitReplication();
	}

	@BeforeEach
	void clear() {
		application.newCaller();
		admin.execute("TRUNCATE a.item, b.item, b.picture");
		cluster.awaitReplication();
		application.bean(Tenants.class).clear();
	}

	private static int count(String table) {
		return admin.queryForObject("SELECT count(*) FROM " + table, Integer.class);
	}

	private static void insert(Connection connection, String table, int id) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.executeUpdate("INSERT INTO " + table + " VALUES (" + id + ", 'x')");
		}
	}

	private static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private static int backend(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
			row.next();
			return row.getInt(1);
		}
	}

	private static void terminate(int backend) {
		admin.queryForList("SELECT pg_terminate_backend(" + backend + ", 5000)");
	}

	private static void copy(PGConnection driver, String rows) throws SQLException {
		try {
			driver.getCopyAPI().copyIn("COPY a.item FROM STDIN", new StringReader(rows));
		}
		catch (IOException ex) {
			throw new SQLException(ex);
		}
	}

	private static void assertReadOnly(ThrowingCallable work) {
		assertThatExceptionOfType(SQLException.class).isThrownBy(work)
			.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("25006"));
	}

	/**
	 * The next borrower of the one connection of the writers finds it as it was.
	 */
	private static void assertPoolIsClean() throws SQLException {
		HikariDataSource pool = dataSource.unwrap(HikariDataSource.class);
		try (Connection next = pool.getConnection()) {
			assertThat(next.getAutoCommit()).isTrue();
			assertThat(next.isReadOnly()).isFalse();
			assertThat(next.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_READ_COMMITTED);
			assertThat(next.getSchema()).isEqualTo("public");
			assertThat(admin.queryForObject("SELECT state FROM pg_stat_activity WHERE pid = ?", String.class,
					backend(next)))
				.isEqualTo("idle");
			insert(next, "a.item", 999_999);
		}
	}

	@Test
	void eachBatchOfACopyIsCommittedByItsCommit() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			PGConnection driver = connection.unwrap(PGConnection.class);
			copy(driver, "1\tx\n2\tx\n");
			connection.commit();
			assertThat(count("a.item")).isEqualTo(2);
			copy(driver, "3\tx\n4\tx\n5\tx\n");
			connection.commit();
			assertThat(count("a.item")).isEqualTo(5);
			copy(driver, "6\tx\n");
			connection.rollback();
		}
		assertThat(count("a.item")).isEqualTo(5);
		assertThat(application.bean(WriteRecord.class).hasWritten()).isTrue();
		assertPoolIsClean();
	}

	@Test
	void copyThatWasBegunInAutoCommitIsRolledBackInATransaction() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			PGConnection driver = connection.unwrap(PGConnection.class);
			copy(driver, "1\tx\n");
			connection.setAutoCommit(false);
			copy(driver, "2\tx\n");
			connection.rollback();
		}
		assertThat(count("a.item")).isOne();
		assertPoolIsClean();
	}

	@Test
	void openCopyIsRolledBackWhenTheConnectionIsClosed() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			PGConnection driver = connection.unwrap(PGConnection.class);
			copy(driver, "1\tx\n");
		}
		assertThat(count("a.item")).isZero();
		assertPoolIsClean();
	}

	@Test
	void eachRowOfAnUpdatableResultSetIsCommittedByItsCommit() throws SQLException {
		admin.execute("INSERT INTO a.item SELECT n, 'old' FROM generate_series(1, 4) n");
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			try (Statement statement = connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE,
					ResultSet.CONCUR_UPDATABLE, ResultSet.HOLD_CURSORS_OVER_COMMIT);
					ResultSet rows = statement.executeQuery("SELECT id, text FROM a.item ORDER BY id")) {
				while (rows.next()) {
					rows.updateString("text", "new");
					rows.updateRow();
					if (rows.getInt("id") == 3) {
						connection.rollback();
					}
					else {
						connection.commit();
					}
				}
			}
		}
		assertThat(admin.queryForList("SELECT id FROM a.item WHERE text = 'new' ORDER BY id", Integer.class))
			.containsExactly(1, 2, 4);
		assertPoolIsClean();
	}

	@Test
	void readOnlyUnitOnThePrimaryRefusesToCopyIn() throws SQLException {
		assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> units.copyReadOnlyOnPrimary("1\tx\n"))
			.satisfies((ex) -> assertThat(((SQLException) ex.getRootCause()).getSQLState()).isEqualTo("25006"));
		assertThat(count("a.item")).isZero();
		assertThat(application.bean(WriteRecord.class).hasWritten()).isFalse();
		assertPoolIsClean();
	}

	@Test
	void readOnlyTransactionOnAHeldConnectionRefusesToCopyIn() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			insert(connection, "a.item", 1);
			connection.commit();
			connection.setAutoCommit(true);
			connection.setReadOnly(true);
			connection.setAutoCommit(false);
			PGConnection driver = connection.unwrap(PGConnection.class);
			for (int i = 0; i < 2; i++) {
				assertReadOnly(() -> copy(driver, "2\tx\n"));
				connection.rollback();
			}
			connection.setReadOnly(false);
			insert(connection, "a.item", 3);
			connection.commit();
		}
		assertThat(count("a.item")).isEqualTo(2);
		assertPoolIsClean();
	}

	@Test
	void copyAfterAReadOnlyTransactionOnThePrimaryIsRefused() throws SQLException {
		Replication.onPrimary(() -> {
			try (Connection connection = dataSource.getConnection()) {
				connection.setReadOnly(true);
				connection.setAutoCommit(false);
				PGConnection driver = connection.unwrap(PGConnection.class);
				connection.rollback();
				assertReadOnly(() -> copy(driver, "2\tx\n"));
				connection.rollback();
				connection.setReadOnly(false);
				insert(connection, "a.item", 3);
				connection.commit();
			}
		});
		assertThat(admin.queryForList("SELECT id FROM a.item", Integer.class)).containsExactly(3);
		assertPoolIsClean();
	}

	@Test
	void copyInAReadOnlyScopeIsRefusedAfterItsTransaction() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			Replication.onPrimary(() -> Replication.readOnly(Consistency.SESSION, () -> {
				connection.setAutoCommit(false);
				PGConnection driver = connection.unwrap(PGConnection.class);
				connection.commit();
				assertReadOnly(() -> copy(driver, "1\tx\n"));
				connection.rollback();
			}));
			insert(connection, "a.item", 2);
			connection.commit();
		}
		assertThat(count("a.item")).isOne();
		assertPoolIsClean();
	}

	@Test
	void commitReachesTheConnectionThatAReadOnlyTransactionHasUnwrapped() throws Exception {
		try (Connection connection = dataSource.getConnection()) {
			PGConnection driver = Replication.onPrimary(() -> {
				connection.setReadOnly(true);
				connection.setAutoCommit(false);
				PGConnection unwrapped = connection.unwrap(PGConnection.class);
				connection.commit();
				return unwrapped;
			});
			Replication.readOnly(Consistency.EVENTUAL, () -> {
				execute(connection, "SELECT count(*) FROM a.item");
				connection.commit();
			});
			connection.setReadOnly(false);
			copy(driver, "1\tx\n");
			connection.commit();
		}
		assertThat(count("a.item")).isOne();
		assertThat(application.bean(WriteRecord.class).hasWritten()).isTrue();
		assertPoolIsClean();
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void copyInAutoCommitIsRecordedAfterAReadOnlyUnit(boolean inTransaction) throws Exception {
		try (Connection connection = dataSource.getConnection()) {
			PGConnection driver = Replication.onPrimary(() -> {
				connection.setReadOnly(true);
				connection.setAutoCommit(!inTransaction);
				PGConnection unwrapped = connection.unwrap(PGConnection.class);
				connection.setAutoCommit(true);
				return unwrapped;
			});
			assertReadOnly(() -> copy(driver, "1\tx\n"));
			connection.setReadOnly(false);
			copy(driver, "2\tx\n");
		}
		assertThat(admin.queryForList("SELECT id FROM a.item", Integer.class)).containsExactly(2);
		assertThat(application.bean(WriteRecord.class).hasWritten()).isTrue();
		assertPoolIsClean();
	}

	@Test
	void readOnlyUnitInAutoCommitOnAHeldConnectionRefusesToCopyIn() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			execute(connection, "SET application_name = 'held'");
			connection.setReadOnly(true);
			PGConnection driver = connection.unwrap(PGConnection.class);
			assertReadOnly(() -> copy(driver, "2\tx\n"));
			connection.setReadOnly(false);
			insert(connection, "a.item", 3);
		}
		assertThat(count("a.item")).isOne();
		assertPoolIsClean();
	}

	@Test
	void unwrappedStatementOfAReadOnlyUnitOnAHeldConnectionDoesNotWrite() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			execute(connection, "SET application_name = 'held'");
			connection.setReadOnly(true);
			try (Statement statement = connection.createStatement()) {
				PgStatement driver = statement.unwrap(PgStatement.class);
				assertReadOnly(() -> driver.executeUpdate("INSERT INTO a.item VALUES (1, 'x')"));
			}
			connection.setReadOnly(false);
			insert(connection, "a.item", 2);
		}
		assertThat(count("a.item")).isOne();
		assertPoolIsClean();
	}

	@Test
	void statementOfAnEndedReadOnlyTransactionIsUnwrappedByThePresentSettings() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			execute(connection, "SET application_name = 'held'");
			connection.setReadOnly(true);
			connection.setAutoCommit(false);
			try (Statement statement = connection.createStatement()) {
				statement.execute("SELECT 1");
				connection.commit();
				connection.setReadOnly(false);
				PgStatement driver = statement.unwrap(PgStatement.class);
				connection.setReadOnly(true);
				connection.setReadOnly(false);
				driver.executeUpdate("INSERT INTO a.item VALUES (1, 'x')");
				connection.commit();
			}
		}
		assertThat(count("a.item")).isOne();
		assertThat(application.bean(WriteRecord.class).hasWritten()).isTrue();
		assertPoolIsClean();
	}

	@Test
	void closedStatementStillHasTheOneOfTheDriver() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			PreparedStatement statement = connection.prepareStatement("SELECT 1");
			statement.executeQuery();
			statement.close();
			assertThat(statement.unwrap(PGStatement.class).getPrepareThreshold()).isEqualTo(5);
			assertThat(statement.unwrap(PgStatement.class).isClosed()).isTrue();
		}
	}

	@Test
	void unwrappedStatementTakesPartInTransactions() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			try (Statement statement = connection.createStatement()) {
				PgStatement driver = statement.unwrap(PgStatement.class);
				driver.executeUpdate("INSERT INTO a.item VALUES (1, 'x')");
				connection.commit();
				driver.executeUpdate("INSERT INTO a.item VALUES (2, 'x')");
				connection.rollback();
			}
		}
		assertThat(count("a.item")).isOne();
		assertPoolIsClean();
	}

	@Test
	void transactionThatAnUnwrappedStatementHasBegunIsRolledBackAtTheEnd() throws SQLException {
		try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
			PgStatement driver = statement.unwrap(PgStatement.class);
			driver.execute("BEGIN");
			driver.executeUpdate("INSERT INTO a.item VALUES (1, 'x')");
		}
		assertThat(count("a.item")).isZero();
		assertPoolIsClean();
	}

	@Test
	void largeObjectsAreParametersInEachTransaction() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			try (PreparedStatement statement = connection.prepareStatement("INSERT INTO b.picture VALUES (?)")) {
				for (int i = 0; i < 3; i++) {
					statement.setBlob(1, new ByteArrayInputStream(new byte[] { 1 }));
					statement.executeUpdate();
					if (i == 1) {
						connection.rollback();
					}
					else {
						connection.commit();
					}
				}
			}
		}
		assertThat(count("b.picture")).isEqualTo(2);
		assertPoolIsClean();
	}

	@Test
	void largeObjectIsReadAfterTheCommit() throws SQLException {
		admin.execute("INSERT INTO b.picture VALUES (lo_from_bytea(0, 'abc'))");
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			try (Statement statement = connection.createStatement();
					ResultSet rows = statement.executeQuery("SELECT content FROM b.picture")) {
				connection.commit();
				rows.next();
				assertThat(rows.getBlob(1).getBytes(1, 3)).asString().isEqualTo("abc");
				connection.commit();
			}
		}
		assertPoolIsClean();
	}

	@Test
	void largeObjectAsAParameterDoesNotLetAReadOnlyUnitWrite() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			for (boolean readOnly : List.of(false, true)) {
				connection.setReadOnly(readOnly);
				try (PreparedStatement statement = connection.prepareStatement("INSERT INTO b.picture VALUES (?)")) {
					statement.setBlob(1, new ByteArrayInputStream(new byte[] { 1 }));
					statement.executeUpdate();
				}
				catch (SQLException ex) {
					assertThat(ex.getSQLState()).isEqualTo("25006");
				}
				connection.commit();
			}
		}
		assertThat(count("b.picture")).isOne();
		assertPoolIsClean();
	}

	@Test
	void transactionAfterOneThatATextHasEndedIsReadOnlyWithADriverThatIgnoresIt() {
		try (TestApplication other = TestApplication.exactly(cluster)
			.withoutJpa()
			.with("spring.datasource.hikari.data-source-properties.readOnlyMode", "ignore")
			.start()) {
			Replication.onPrimary(() -> assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> other.transaction(true).executeWithoutResult((status) -> {
					other.jdbc().execute("SELECT 1");
					other.jdbc().execute("COMMIT");
					other.jdbc().execute("INSERT INTO a.item VALUES (1, 'x')");
				}))
				.satisfies((ex) -> assertThat(((SQLException) ex.getRootCause()).getSQLState()).isEqualTo("25006")));
		}
		assertThat(count("a.item")).isZero();
	}

	@Test
	void textsThatMakeAReadOnlyUnitWriteAreRefused() throws SQLException {
		for (String sql : List.of("SET TRANSACTION READ WRITE", "BEGIN READ WRITE",
				"SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", "SET default_transaction_read_only = off",
				"SELECT set_config('transaction_read_only', 'off', true)")) {
			Replication.onPrimary(() -> {
				TransactionTemplate transaction = application.transaction(true);
				assertThatExceptionOfType(DataAccessException.class)
					.isThrownBy(() -> transaction.executeWithoutResult((status) -> {
						application.jdbc().execute(sql);
						application.jdbc().execute("INSERT INTO a.item VALUES (1, 'x')");
					}))
					.as(sql)
					.satisfies((ex) -> assertThat(((SQLException) ex.getRootCause()).getSQLState()).isEqualTo("25006"));
			});
		}
		assertThat(count("a.item")).isZero();
		assertPoolIsClean();
	}

	@Test
	void connectionGoesBackWithoutTheTransactionThatWasOpen() throws SQLException {
		Replication.onPrimary(() -> {
			try (Connection connection = dataSource.getConnection()) {
				connection.setSchema("a");
				connection.setReadOnly(true);
				connection.setAutoCommit(false);
				execute(connection, "SELECT count(*) FROM item");
			}
		});
		assertPoolIsClean();
	}

	@Test
	void schemaThatWasSetInATransactionEndsWithItsRollback() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			connection.setSchema("a");
			insert(connection, "item", 1);
			connection.commit();
			connection.setSchema("b");
			insert(connection, "item", 2);
			connection.rollback();
			assertThat(connection.getSchema()).isEqualTo("a");
			insert(connection, "item", 3);
			connection.commit();
			connection.setAutoCommit(true);
			connection.setSchema("b");
			connection.setAutoCommit(false);
			insert(connection, "item", 4);
			connection.rollback();
			assertThat(connection.getSchema()).isEqualTo("b");
			insert(connection, "item", 5);
			connection.commit();
		}
		assertThat(admin.queryForList("SELECT id FROM a.item ORDER BY id", Integer.class)).containsExactly(1, 3);
		assertThat(admin.queryForList("SELECT id FROM b.item ORDER BY id", Integer.class)).containsExactly(5);
		assertPoolIsClean();
	}

	@Test
	void schemaIsSetAgainAfterATextHasSetAnother() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setSchema("a");
			execute(connection, "SET search_path = b");
			connection.setSchema("a");
			insert(connection, "item", 1);
			connection.setAutoCommit(false);
			execute(connection, "SET search_path = b");
			connection.setSchema("a");
			insert(connection, "item", 2);
			connection.commit();
			execute(connection, "SET search_path = b");
			connection.commit();
			connection.setSchema("a");
			connection.rollback();
			insert(connection, "item", 3);
			connection.commit();
			execute(connection, "SET search_path = a");
			connection.setSchema(null);
			assertThat(connection.getSchema()).isEqualTo("public");
		}
		assertThat(admin.queryForList("SELECT id FROM a.item ORDER BY id", Integer.class)).containsExactly(1, 2);
		assertThat(admin.queryForList("SELECT id FROM b.item", Integer.class)).containsExactly(3);
		assertPoolIsClean();
	}

	@Test
	void schemaIsSetAgainOnEachConnectionThatAStatementGoesBackTo() throws SQLException {
		List<String> schemas = new ArrayList<>();
		try (Connection connection = dataSource.getConnection(); Statement onReplica = connection.createStatement()) {
			connection.setReadOnly(true);
			connection.setSchema("a");
			onReplica.execute("SET search_path = b");
			Replication.onPrimary(() -> execute(connection, "SELECT 1"));
			connection.setSchema("a");
			Awaitility.await().pollInSameThread().until(() -> {
				try (ResultSet row = onReplica.executeQuery("SELECT current_schema(), pg_is_in_recovery()")) {
					row.next();
					schemas.add(row.getString(1));
					return row.getBoolean(2);
				}
			});
		}
		assertThat(schemas).containsOnly("a");
	}

	@Test
	void schemaThatIsSetOnAnUnwrappedReplicaBeginsNothing() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			connection.setSchema("a");
			Replication.readOnly(Consistency.EVENTUAL, () -> {
				execute(connection, "SELECT count(*) FROM item");
				connection.unwrap(PGConnection.class);
				connection.commit();
			});
			connection.setSchema("b");
			connection.setSchema("b");
			insert(connection, "item", 1);
			connection.commit();
		}
		assertThat(count("b.item")).isOne();
		assertPoolIsClean();
	}

	@Test
	void clientInfoIsSetAgainAfterATextHasSetAnother() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setClientInfo("ApplicationName", "mine");
			execute(connection, "SET application_name = 'other'");
			connection.setClientInfo("ApplicationName", "mine");
			try (Statement statement = connection.createStatement();
					ResultSet row = statement.executeQuery("SHOW application_name")) {
				row.next();
				assertThat(row.getString(1)).isEqualTo("mine");
			}
		}
		assertPoolIsClean();
	}

	@Test
	void schemaThatWasSetAfterASavepointEndsWithTheRollbackToIt() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			connection.setSchema("a");
			insert(connection, "item", 1);
			var savepoint = connection.setSavepoint();
			connection.setSchema("b");
			insert(connection, "item", 2);
			connection.rollback(savepoint);
			assertThat(connection.getSchema()).isEqualTo("a");
			insert(connection, "item", 3);
			connection.commit();
			assertThat(connection.getSchema()).isEqualTo("a");
		}
		assertThat(count("a.item")).isEqualTo(2);
		assertThat(count("b.item")).isZero();
		assertPoolIsClean();
	}

	@Test
	void schemaOfATransactionThatFailedIsTheOneBefore() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			connection.setSchema("b");
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> execute(connection, "SELECT 1 / 0"));
			connection.commit();
			assertThat(connection.getSchema()).isEqualTo("public");
		}
		assertPoolIsClean();
	}

	@Test
	void schemaThatCouldNotBeSetIsNotBelieved() throws SQLException {
		try (Connection connection = dataSource.getConnection();
				PreparedStatement statement = connection
					.prepareStatement("SELECT pg_backend_pid(), current_schema()")) {
			try (ResultSet row = statement.executeQuery()) {
				row.next();
				terminate(row.getInt(1));
			}
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> connection.setSchema("b"));
			try (ResultSet row = statement.executeQuery()) {
				row.next();
				assertThat(row.getString(2)).isEqualTo("public");
			}
		}
	}

	@Test
	void connectionThatBrokeUnderACommitIsNotValidBeforeItsRollback() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			insert(connection, "a.item", 1);
			terminate(backend(connection));
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> connection.setAutoCommit(true));
			assertThat(connection.isValid(1)).isFalse();
			connection.rollback();
			assertThat(connection.isValid(1)).isTrue();
		}
		assertThat(count("a.item")).isZero();
	}

	@Test
	void keysOfAStatementThatWasNotExecutedBelongToIt() throws SQLException {
		try (Connection connection = dataSource.getConnection();
				Statement statement = connection.createStatement();
				ResultSet keys = statement.getGeneratedKeys()) {
			assertThat(keys.next()).isFalse();
			assertThat(keys.getStatement()).isSameAs(statement);
		}
		assertPoolIsClean();
	}

	@Test
	void statementHasTheHoldabilityOfWhenItWasMade() throws SQLException {
		try (Connection connection = dataSource.getConnection();
				PreparedStatement before = connection.prepareStatement("SELECT 1")) {
			connection.setHoldability(ResultSet.HOLD_CURSORS_OVER_COMMIT);
			try (Statement after = connection.createStatement()) {
				connection.setHoldability(ResultSet.CLOSE_CURSORS_AT_COMMIT);
				after.execute("SELECT 1");
				assertThat(after.getResultSetHoldability()).isEqualTo(ResultSet.HOLD_CURSORS_OVER_COMMIT);
			}
			connection.setHoldability(ResultSet.HOLD_CURSORS_OVER_COMMIT);
			before.executeQuery();
			assertThat(before.getResultSetHoldability()).isEqualTo(ResultSet.CLOSE_CURSORS_AT_COMMIT);
			assertThat(connection.getHoldability()).isEqualTo(ResultSet.HOLD_CURSORS_OVER_COMMIT);
		}
	}

	@Test
	void schemaThatAFailedTransactionRefusedIsNotSentAgain() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setSchema("a");
			connection.setClientInfo("ApplicationName", "mine");
			execute(connection, "SET application_name = 'other'");
			connection.setAutoCommit(false);
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> execute(connection, "SELECT 1 / 0"));
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> connection.setSchema("b"));
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> connection.setClientInfo("ApplicationName", "mine"));
			connection.setNetworkTimeout(Runnable::run, 10_000);
			connection.rollback();
			assertThat(connection.getSchema()).isEqualTo("a");
		}
	}

	@Test
	void clientInfoThatAFailedTransactionRefusedIsNotSentAgain() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> execute(connection, "SELECT 1 / 0"));
			assertThatExceptionOfType(SQLClientInfoException.class)
				.isThrownBy(() -> connection.setClientInfo("ApplicationName", "refused"));
			assertThatNoException().isThrownBy(() -> connection.setNetworkTimeout(Runnable::run, 30_000));
			connection.rollback();
			assertThat(connection.getClientInfo("ApplicationName")).isNotEqualTo("refused");
		}
		assertPoolIsClean();
	}

	@Test
	void clientInfoThatWasSetBeforeATransactionBeganSurvivesItsRollback() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			connection.setClientInfo("ApplicationName", "before");
			insert(connection, "a.item", 1);
			connection.setClientInfo("ApplicationName", "within");
			connection.rollback();
			assertThat(connection.getClientInfo("ApplicationName")).isEqualTo("before");
			execute(connection, "SELECT 1");
			assertThat(connection.getClientInfo("ApplicationName")).isEqualTo("before");
		}
		assertPoolIsClean();
	}

	/**
	 * Outside of a transaction the driver prepares a statement anew by itself.
	 */
	@Test
	void readOnlyStatementOnThePrimaryIsPreparedAnewAfterAChangeOfItsTable() throws SQLException {
		requirePreparedAnew((connection) -> admin.execute("ALTER TABLE a.changing ADD COLUMN text text"));
	}

	@Test
	void readOnlyStatementOnThePrimaryIsPreparedAnewWhereTheServerHasForgottenIt() throws SQLException {
		requirePreparedAnew((connection) -> execute(connection,
				"DO $$ BEGIN EXECUTE (SELECT 'DEALLOCATE ' || quote_ident(name) FROM pg_prepared_statements"
						+ " WHERE statement = 'SELECT * FROM a.changing'); END $$"));
	}

	private static void requirePreparedAnew(Change change) throws SQLException {
		admin.execute("CREATE TABLE a.changing AS SELECT 1 AS id");
		try (Connection connection = dataSource.getConnection()) {
			connection.setReadOnly(true);
			Replication.onPrimary(() -> {
				try (PreparedStatement statement = connection.prepareStatement("SELECT * FROM a.changing")) {
					for (int i = 0; i < 10; i++) {
						statement.executeQuery().close();
					}
					change.with(connection);
					try (ResultSet row = statement.executeQuery()) {
						assertThat(row.next()).isTrue();
						assertThat(row.getInt("id")).isOne();
					}
				}
			});
		}
		finally {
			admin.execute("DROP TABLE a.changing");
		}
		assertPoolIsClean();
	}

	@Test
	void readOnlyTransactionFollowsAQuestionAfterAWrite() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			insert(connection, "a.item", 1);
			connection.commit();
			connection.setAutoCommit(true);
			assertThat(connection.getSchema()).isEqualTo("public");
			connection.setReadOnly(true);
			connection.setAutoCommit(false);
			try (Statement statement = connection.createStatement();
					ResultSet row = statement.executeQuery("SELECT count(*) FROM a.item")) {
				row.next();
				assertThat(row.getInt(1)).isOne();
			}
			connection.commit();
		}
		assertPoolIsClean();
	}

	@Test
	void readOnlyTransactionSeesTheOwnWriteOfATransactionWithin() {
		cluster.replicas().forEach(PostgresNode::pauseReplay);
		try {
			List<List<Integer>> seen = units.readWriteRead(1);
			assertThat(seen).containsExactly(List.of(), List.of(1));
		}
		finally {
			cluster.replicas().forEach(PostgresNode::resumeReplay);
		}
	}

	@Test
	void rowsThatWereOpenStayReadableWhenTheTransactionGoesOnAtThePrimary() {
		admin.execute("INSERT INTO a.item SELECT n, 'x' FROM generate_series(1, 5) n");
		cluster.awaitReplication();
		cluster.replicas().forEach(PostgresNode::pauseReplay);
		try {
			assertThat(units.readWriteWhileReading()).containsExactly(6, 7, 8, 9, 10);
		}
		finally {
			cluster.replicas().forEach(PostgresNode::resumeReplay);
		}
	}

	@Test
	void readOnlyTransactionThatHoldsItsSessionReportsTheOwnWriteItCannotShow() {
		cluster.replicas().forEach(PostgresNode::pauseReplay);
		try {
			assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> units.setWriteRead(1))
				.havingRootCause()
				.withMessageContaining("Units.setWriteRead")
				.withMessageContaining("replica-")
				.withMessageContaining("REQUIRES_NEW");
		}
		finally {
			cluster.replicas().forEach(PostgresNode::resumeReplay);
		}
	}

	@Test
	void readOnlyTransactionWithAFinishedNestedPartSeesTheOwnWriteOfATransactionWithin() {
		cluster.replicas().forEach(PostgresNode::pauseReplay);
		try {
			assertThat(units.nestedReadWriteRead(1)).containsExactly(List.of(), List.of(1));
			assertThat(units.failedNestedReadWriteRead(2)).containsExactly(List.of(), List.of(1, 2));
		}
		finally {
			cluster.replicas().forEach(PostgresNode::resumeReplay);
		}
	}

	@Test
	void overtakenTransactionIsRolledBackToItsSavepoint() throws SQLException {
		cluster.replicas().forEach(PostgresNode::pauseReplay);
		try (Connection connection = dataSource.getConnection()) {
			connection.setReadOnly(true);
			connection.setAutoCommit(false);
			Savepoint savepoint = connection.setSavepoint();
			try (Connection other = dataSource.getConnection()) {
				insert(other, "a.item", 1);
			}
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> execute(connection, "SELECT 1"))
				.withMessageContaining("savepoints");
			connection.rollback(savepoint);
			connection.releaseSavepoint(savepoint);
			try (Statement statement = connection.createStatement();
					ResultSet row = statement.executeQuery("SELECT count(*) FROM a.item")) {
				row.next();
				assertThat(row.getInt(1)).isOne();
			}
			connection.commit();
		}
		finally {
			cluster.replicas().forEach(PostgresNode::resumeReplay);
		}
		assertPoolIsClean();
	}

	@Test
	void schemaFollowsTheSavepointThatTheServerMeans() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			connection.setSchema("a");
			Savepoint first = connection.setSavepoint("same");
			connection.setSchema("b");
			Savepoint second = connection.setSavepoint("same");
			connection.setSchema("pg_catalog");
			connection.rollback(first);
			assertThat(setting(connection, "search_path")).isEqualTo("b");
			assertThat(connection.getSchema()).isEqualTo("b");
			connection.releaseSavepoint(first);
			connection.rollback(second);
			assertThat(setting(connection, "search_path")).isEqualTo("a");
			assertThat(connection.getSchema()).isEqualTo("a");
			insert(connection, "item", 1);
			connection.commit();
			insert(connection, "item", 2);
			connection.commit();
		}
		assertThat(count("a.item")).isEqualTo(2);
		assertPoolIsClean();
	}

	@Test
	void typesAreAddedToTheMapOfTheConnection() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			Map<String, Class<?>> types = connection.getTypeMap();
			types.put("item", Object.class);
			assertThat(connection.getTypeMap()).isSameAs(types);
			connection.setTypeMap(types);
			execute(connection, "SELECT 1");
			assertThat(connection.getTypeMap()).isSameAs(types).containsOnlyKeys("item");
		}
		try (Connection next = dataSource.getConnection()) {
			assertThat(next.getTypeMap()).isEmpty();
		}
		try (Connection next = dataSource.unwrap(HikariDataSource.class).getConnection()) {
			assertThat(next.getTypeMap()).isEmpty();
			next.getTypeMap().put("item", Object.class);
			next.getTypeMap().clear();
		}
		assertPoolIsClean();
	}

	@Test
	void textThatAsksForASerializableTransactionRunsWhereThereIsOne() throws SQLException {
		try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			connection.setReadOnly(true);
			statement.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE");
			try (ResultSet row = statement.executeQuery(
					"SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')")) {
				row.next();
				assertThat(row.getString(1)).isEqualTo("serializable");
				assertThat(row.getString(2)).isEqualTo("on");
			}
			connection.commit();
		}
		assertPoolIsClean();
	}

	/**
	 * In auto-commit that is the transaction of the text itself, and of the others in it.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "", "; SELECT current_setting('transaction_isolation')" })
	void textThatAsksForASerializableTransactionOfItsOwnIsNotRefused(String more) throws SQLException {
		try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
			connection.setReadOnly(true);
			statement.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE" + more);
			if (!more.isEmpty()) {
				assertThat(statement.getMoreResults()).isTrue();
				try (ResultSet row = statement.getResultSet()) {
					row.next();
					assertThat(row.getString(1)).isEqualTo("serializable");
				}
			}
		}
		assertPoolIsClean();
	}

	@Test
	void isolationLevelThatATextHasSetIsReportedAndReplaced() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			execute(connection, "SET default_transaction_isolation = 'repeatable read'");
			assertThat(connection.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_REPEATABLE_READ);
			connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
			assertThat(connection.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_READ_COMMITTED);
			connection.setAutoCommit(false);
			assertThat(setting(connection, "transaction_isolation")).isEqualTo("read committed");
			connection.rollback();
			execute(connection, "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ");
			connection.commit();
			connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
			assertThat(setting(connection, "transaction_isolation")).isEqualTo("serializable");
			connection.commit();
			connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
			assertThat(setting(connection, "transaction_isolation")).isEqualTo("read committed");
			connection.commit();
		}
		assertPoolIsClean();
	}

	private static String setting(Connection connection, String name) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery("SELECT current_setting('" + name + "')")) {
			row.next();
			return row.getString(1);
		}
	}

	@Test
	void statementMadeBeforeAReadOnlyTransactionOutlivesIt() throws Exception {
		units.primary(() -> {
			try (Connection connection = dataSource.getConnection(); Statement before = connection.createStatement()) {
				before.executeQuery("SELECT id FROM a.item").close();
				connection.setAutoCommit(false);
				connection.setReadOnly(true);
				execute(connection, "SELECT 1");
				connection.rollback();
				connection.setReadOnly(false);
				before.executeUpdate("INSERT INTO a.item VALUES (1, 'x')");
				connection.commit();
			}
		});
		assertThat(count("a.item")).isOne();
		assertPoolIsClean();
	}

	@Test
	void replicaThatTheApplicationHasInItsHandsIsNotMadeSerializable() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setReadOnly(true);
			connection.unwrap(PGConnection.class);
			connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
			assertThat(connection.getSchema()).isEqualTo("public");
			connection.setAutoCommit(false);
			assertThat(setting(connection, "transaction_isolation")).isEqualTo("serializable");
			connection.commit();
		}
		assertPoolIsClean();
	}

	@Test
	void batchClosesAStatementThatClosesOnCompletion() throws SQLException {
		try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
			statement.executeQuery("SELECT 1");
			statement.closeOnCompletion();
			statement.executeLargeBatch();
			assertThat(statement.isClosed()).isTrue();
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> statement.addBatch("SELECT 1"));
		}
		assertPoolIsClean();
	}

	@Test
	void metadataBeginsNoTransactionOnAReplicaThatTheApplicationHasInItsHands() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setReadOnly(true);
			connection.unwrap(PGConnection.class);
			connection.setAutoCommit(false);
			connection.setReadOnly(false);
			connection.getMetaData().getTypeInfo().close();
			insert(connection, "a.item", 1);
			connection.commit();
		}
		assertThat(count("a.item")).isOne();
		assertPoolIsClean();
	}

	@Test
	void readOnlyTransactionThatHasFailedDoesNotGoOnAtThePrimary() throws SQLException {
		cluster.replicas().forEach(PostgresNode::pauseReplay);
		try (Connection connection = dataSource.getConnection(); Connection other = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			connection.setReadOnly(true);
			assertReadOnly(() -> insert(connection, "a.item", 1));
			insert(other, "a.item", 2);
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> execute(connection, "SELECT 1"))
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("25P02"));
			connection.rollback();
			execute(connection, "SELECT 1");
		}
		finally {
			cluster.replicas().forEach(PostgresNode::resumeReplay);
		}
		assertPoolIsClean();
	}

	@Test
	void repeatableReadKeepsItsSnapshotAsOnOneDatabase() {
		cluster.replicas().forEach(PostgresNode::pauseReplay);
		try {
			assertThat(units.repeatableReadWriteRead(1)).containsExactly(List.of(), List.of());
		}
		finally {
			cluster.replicas().forEach(PostgresNode::resumeReplay);
		}
	}

	@Test
	void sessionThatBrokeStaysBroken() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			execute(connection, "SET app.tenant = 'a'");
			terminate(backend(connection));
			for (int i = 0; i < 3; i++) {
				assertThatExceptionOfType(SQLException.class)
					.isThrownBy(() -> execute(connection, "SELECT current_setting('app.tenant')"));
			}
			assertThat(connection.isClosed()).isTrue();
		}
		assertPoolIsClean();
	}

	@Test
	void sessionOfAnAdvisoryLockStaysBroken() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			execute(connection, "SELECT pg_advisory_lock(1)");
			connection.commit();
			terminate(backend(connection));
			for (int i = 0; i < 2; i++) {
				assertThatExceptionOfType(SQLException.class).isThrownBy(() -> execute(connection, "SELECT 1"));
				assertThatExceptionOfType(SQLException.class).isThrownBy(connection::rollback);
			}
		}
		assertPoolIsClean();
	}

	@Test
	void connectionThatAFinishedTransactionHeldIsReplaced() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			insert(connection, "a.item", 1);
			connection.commit();
			terminate(backend(connection));
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> insert(connection, "a.item", 2));
			connection.rollback();
			insert(connection, "a.item", 3);
			connection.commit();
		}
		assertThat(count("a.item")).isEqualTo(2);
		assertPoolIsClean();
	}

	@Test
	void transactionThatWasLostDoesNotGoOnInAnotherSession() throws SQLException {
		try (Connection connection = dataSource.getConnection(); Statement statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			insert(connection, "a.item", 1);
			terminate(backend(connection));
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> insert(connection, "a.item", 2));
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> connection.setTransactionIsolation(Connection.TRANSACTION_READ_UNCOMMITTED))
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("08006"));
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> connection.setReadOnly(true));
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> statement.executeUpdate("INSERT INTO a.item VALUES (3, 'x')"));
			connection.rollback();
			insert(connection, "a.item", 4);
			connection.commit();
		}
		assertThat(admin.queryForList("SELECT id FROM a.item", Integer.class)).containsExactly(4);
		assertPoolIsClean();
	}

	/**
	 * As the driver does, and not as if the statement had been made on another node.
	 */
	@Test
	void statementThatWasLostWithItsConnectionSaysSo() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			PreparedStatement statement = connection.prepareStatement("INSERT INTO a.item VALUES (1, 'x')");
			statement.executeUpdate();
			terminate(backend(connection));
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> insert(connection, "a.item", 2));
			connection.rollback();
			for (int i = 0; i < 2; i++) {
				assertThatExceptionOfType(SQLException.class).isThrownBy(statement::executeUpdate)
					.withMessageContaining("broke, and with it went this statement")
					.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("08003"));
			}
			insert(connection, "a.item", 3);
			connection.commit();
		}
		assertThat(admin.queryForList("SELECT id FROM a.item", Integer.class)).containsExactly(3);
		assertPoolIsClean();
	}

	@Test
	void commitOnAConnectionThatIsGoneIsNotInDoubt() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			insert(connection, "a.item", 1);
			terminate(backend(connection));
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> insert(connection, "a.item", 2));
			assertThatExceptionOfType(SQLException.class).isThrownBy(connection::commit)
				.isNotInstanceOf(UnknownCommitOutcomeException.class);
		}
		assertThat(count("a.item")).isZero();
		assertPoolIsClean();
	}

	/**
	 * The server reports a cancelled commit only if it has rolled back.
	 */
	@Test
	void commitThatIsCancelledIsNotInDoubt() throws SQLException {
		HikariDataSource pool = dataSource.unwrap(HikariDataSource.class);
		admin.execute("CREATE FUNCTION a.rest() RETURNS trigger LANGUAGE plpgsql"
				+ " AS $$ BEGIN PERFORM pg_cancel_backend(pg_backend_pid()), pg_sleep(5); RETURN NULL; END $$");
		admin.execute("CREATE CONSTRAINT TRIGGER rest AFTER INSERT ON a.item DEFERRABLE INITIALLY DEFERRED"
				+ " FOR EACH ROW EXECUTE FUNCTION a.rest()");
		try {
			for (DataSource either : List.of(pool, dataSource)) {
				try (Connection connection = either.getConnection()) {
					connection.setAutoCommit(false);
					insert(connection, "a.item", 1);
					assertThatExceptionOfType(SQLException.class).isThrownBy(connection::commit)
						.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("57014"));
					execute(connection, "SELECT 1");
					connection.commit();
				}
			}
		}
		finally {
			admin.execute("DROP FUNCTION a.rest() CASCADE");
		}
		assertThat(count("a.item")).isZero();
		assertPoolIsClean();
	}

	@Test
	void nothingIsCommittedAfterALostCommitBeforeItIsRolledBack() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			insert(connection, "a.item", 1);
			terminate(backend(connection));
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> connection.setAutoCommit(true));
			assertThatExceptionOfType(SQLException.class).isThrownBy(connection::commit)
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("08006"));
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> insert(connection, "a.item", 2))
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("08006"));
			connection.rollback();
			insert(connection, "a.item", 3);
			connection.commit();
		}
		assertThat(admin.queryForList("SELECT id FROM a.item", Integer.class)).containsExactly(3);
		assertPoolIsClean();
	}

	@Test
	void preparersRunForEachUnitAlsoOnAHeldConnection() throws SQLException {
		Tenants tenants = application.bean(Tenants.class);
		tenants.use("a");
		try (Connection connection = dataSource.getConnection()) {
			connection.setAutoCommit(false);
			insert(connection, "a.item", 1);
			connection.commit();
			tenants.use("b");
			insert(connection, "a.item", 2);
			assertThat(tenant(connection)).isEqualTo("b");
			connection.commit();
			connection.setAutoCommit(true);
			tenants.use("c");
			assertThat(tenant(connection)).isEqualTo("c");
			connection.setReadOnly(true);
			tenants.use("d");
			assertThat(tenant(connection)).isEqualTo("d");
		}
	}

	private static String tenant(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery("SELECT current_setting('app.tenant')")) {
			row.next();
			return row.getString(1);
		}
	}

	@Test
	void statementThatWasPreparedBeforeItsNodeLeftGoesToAnother() throws SQLException {
		ReplicationCluster nodes = application.bean(ReplicationCluster.class);
		List<String> replicas = nodes.nodes()
			.stream()
			.filter((node) -> node.role() == Role.REPLICA)
			.map(NodeStatus::name)
			.toList();
		try (Connection connection = dataSource.getConnection()) {
			connection.setReadOnly(true);
			try (PreparedStatement statement = connection.prepareStatement("SELECT pg_is_in_recovery()")) {
				replicas.forEach(nodes::drain);
				try (ResultSet row = statement.executeQuery()) {
					row.next();
					assertThat(row.getBoolean(1)).isFalse();
				}
			}
		}
		finally {
			replicas.forEach(nodes::resume);
		}
	}

	@Test
	void metadataThatIsReadRowByRowTakesOneConnection() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			DatabaseMetaData metaData = connection.getMetaData();
			List<String> columns = new ArrayList<>();
			try (ResultSet tables = metaData.getTables(null, "a", null, new String[] { "TABLE" })) {
				while (tables.next()) {
					try (ResultSet rows = metaData.getColumns(null, "a", tables.getString("TABLE_NAME"), null)) {
						while (rows.next()) {
							columns.add(rows.getString("COLUMN_NAME"));
						}
					}
					insert(connection, "a.item", 1);
					connection.setAutoCommit(false);
					execute(connection,
							"SELECT count(*) FROM a.item FOR UPDATE OF item SKIP LOCKED".replace("count(*)", "id"));
					connection.commit();
				}
			}
			assertThat(columns).containsExactly("id", "text");
		}
		assertThat(count("a.item")).isOne();
		assertPoolIsClean();
	}

	@Test
	void metadataShowsTheTableThatItsReaderHasCreated() throws SQLException {
		cluster.replicas().forEach(PostgresNode::pauseReplay);
		try {
			application.jdbc().execute("CREATE TABLE a.young (id int)");
			units.readOnly(() -> application.jdbc().execute((Connection connection) -> {
				try (ResultSet rows = connection.getMetaData().getTables(null, "a", "young", null)) {
					assertThat(rows.next()).isTrue();
				}
				return null;
			}));
		}
		finally {
			cluster.replicas().forEach(PostgresNode::resumeReplay);
			application.jdbc().execute("DROP TABLE a.young");
		}
		assertPoolIsClean();
	}

	@Test
	void arraysAreCreatedWithoutAConnectionOfTheirOwn() throws SQLException {
		for (int i = 0; i < 3; i++) {
			try (Connection connection = dataSource.getConnection()) {
				assertThat(connection.createArrayOf("int4", new Integer[] { 1, 2 }).toString())
					.isEqualTo("{\"1\",\"2\"}");
				try (Connection other = dataSource.getConnection()) {
					insert(other, "a.item", i);
				}
			}
		}
		assertPoolIsClean();
	}

	@Test
	void ownFunctionWithTheNameOfABuiltInOneWrites() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			execute(connection, "SELECT log('x')");
		}
		assertThat(count("a.item")).isOne();
		assertThat(application.bean(WriteRecord.class).hasWritten()).isTrue();
	}

	@Test
	void useOfAClosedConnectionRunsAUnitOnce() {
		AtomicInteger runs = new AtomicInteger();
		assertThatExceptionOfType(RuntimeException.class).isThrownBy(() -> units.readOnly(() -> {
			runs.incrementAndGet();
			Connection connection = dataSource.getConnection();
			execute(connection, "SELECT 1");
			connection.close();
			execute(connection, "SELECT 1");
		}));
		assertThat(runs).hasValue(1);
	}

	@Test
	void preparedStatementFollowsTheReplicasWhileTheyCatchUp() throws Exception {
		try (Connection connection = dataSource.getConnection()) {
			connection.setReadOnly(true);
			for (int round = 0; round < 5; round++) {
				cluster.replicas().forEach(PostgresNode::pauseReplay);
				int id = round;
				application.transaction(false)
					.executeWithoutResult(
							(status) -> application.jdbc().update("INSERT INTO a.item VALUES (?, 'x')", id));
				try (PreparedStatement statement = connection
					.prepareStatement("SELECT count(*), pg_is_in_recovery() FROM a.item WHERE id = ?")) {
					statement.setInt(1, id);
					boolean byReplica = false;
					long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
					for (int i = 0; !byReplica && System.nanoTime() - end < 0; i++) {
						if (i == 3) {
							cluster.replicas().forEach(PostgresNode::resumeReplay);
						}
						try (ResultSet row = statement.executeQuery()) {
							row.next();
							assertThat(row.getInt(1)).isOne();
							byReplica = row.getBoolean(2);
						}
					}
					assertThat(byReplica).isTrue();
				}
			}
		}
		finally {
			cluster.replicas().forEach(PostgresNode::resumeReplay);
		}
	}

	@Test
	@Tag("long")
	@Timeout(30)
	void unitIsFreedFromASilentReplicaAlsoAfterAUnitWithin() {
		AtomicInteger runs = new AtomicInteger();
		String node = units.readOuterAndInner((outer) -> {
			if (runs.incrementAndGet() == 1) {
				cluster.node(outer).freeze();
			}
		});
		cluster.nodes().stream().filter(PostgresNode::isFrozen).forEach(PostgresNode::thaw);
		assertThat(runs).hasValue(2);
		assertThat(node).isNotNull();
	}

	@Test
	void lastValueOfASettingCounts() throws SQLException {
		try (Connection connection = dataSource.getConnection();
				PreparedStatement statement = connection.prepareStatement("SELECT 1")) {
			for (int i = 0; i < 10_000; i++) {
				statement.setQueryTimeout(i);
			}
			assertThat(statement.getQueryTimeout()).isEqualTo(9_999);
			assertThatNoException().isThrownBy(statement::executeQuery);
		}
	}

	/**
	 * Work on a connection.
	 */
	interface ConnectionWork {

		void run() throws Exception;

	}

	/**
	 * A change between two executions of a statement.
	 */
	private interface Change {

		void with(Connection connection) throws SQLException;

	}

	/**
	 * The tenant that each unit is prepared for.
	 */
	static class Tenants implements ConnectionPreparer {

		private String tenant;

		void use(String tenant) {
			this.tenant = tenant;
		}

		void clear() {
			this.tenant = null;
		}

		@Override
		public void prepare(Connection connection, io.github.replication.RouteDecision decision) throws SQLException {
			if (this.tenant != null) {
				execute(connection, "SET app.tenant = '" + this.tenant + "'");
			}
		}

	}

	/**
	 * Units of work of an application.
	 */
	static class Units {

		private final DataSource dataSource;

		private final JdbcTemplate jdbc;

		private final TransactionTemplate newTransaction;

		private final TransactionTemplate nested;

		Units(DataSource dataSource, JdbcTemplate jdbc, TransactionTemplate template) {
			this.dataSource = dataSource;
			this.jdbc = jdbc;
			this.newTransaction = new TransactionTemplate(template.getTransactionManager());
			this.newTransaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
			this.nested = new TransactionTemplate(template.getTransactionManager());
			this.nested.setPropagationBehavior(TransactionDefinition.PROPAGATION_NESTED);
			this.nested.setReadOnly(true);
		}

		@UsePrimary
		@ReadOnly
		public void copyReadOnlyOnPrimary(String rows) {
			this.jdbc.execute((Connection connection) -> {
				copy(connection.unwrap(PGConnection.class), rows);
				return null;
			});
		}

		@UsePrimary
		public void primary(ConnectionWork work) throws Exception {
			work.run();
		}

		@ReadOnly
		public void readOnly(ConnectionWork work) {
			try {
				work.run();
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		}

		private List<Integer> ids() {
			return this.jdbc.queryForList("SELECT id FROM a.item ORDER BY id", Integer.class);
		}

		private void insert(int id) {
			this.newTransaction
				.executeWithoutResult((status) -> this.jdbc.update("INSERT INTO a.item VALUES (?, 'x')", id));
		}

		private List<List<Integer>> readAround(int id) {
			List<Integer> before = ids();
			insert(id);
			return List.of(before, ids());
		}

		@Transactional(readOnly = true)
		public List<List<Integer>> readWriteRead(int id) {
			return readAround(id);
		}

		@Transactional(readOnly = true)
		public List<List<Integer>> nestedReadWriteRead(int id) {
			this.nested.executeWithoutResult((status) -> ids());
			return readAround(id);
		}

		@Transactional(readOnly = true)
		public List<List<Integer>> failedNestedReadWriteRead(int id) {
			this.nested.executeWithoutResult((status) -> {
				ids();
				status.setRollbackOnly();
			});
			return List.of(List.of(), readAround(id).get(1));
		}

		@Transactional(readOnly = true,
				isolation = org.springframework.transaction.annotation.Isolation.REPEATABLE_READ)
		public List<List<Integer>> repeatableReadWriteRead(int id) {
			return readAround(id);
		}

		@Transactional(readOnly = true)
		public List<List<Integer>> setWriteRead(int id) {
			this.jdbc.execute("SET LOCAL app.tenant = 'a'");
			return readAround(id);
		}

		@Transactional(readOnly = true)
		public List<Integer> readWriteWhileReading() {
			Connection connection = DataSourceUtils.getConnection(this.dataSource);
			List<Integer> seen = new ArrayList<>();
			try (Statement statement = connection.createStatement()) {
				statement.setFetchSize(2);
				try (ResultSet rows = statement.executeQuery("SELECT id FROM a.item ORDER BY id");
						PreparedStatement count = connection.prepareStatement("SELECT count(*) FROM a.item")) {
					while (rows.next()) {
						insert(100 + rows.getInt(1));
						try (ResultSet row = count.executeQuery()) {
							row.next();
							seen.add(row.getInt(1));
						}
					}
				}
				return seen;
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
		}

		@ReadOnly
		public String readOuterAndInner(java.util.function.Consumer<String> fault) {
			Served outer = Served.by(this.jdbc);
			TransactionTemplate inner = new TransactionTemplate(this.newTransaction.getTransactionManager());
			inner.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
			inner.setReadOnly(true);
			inner.executeWithoutResult((status) -> Served.by(this.jdbc));
			fault.accept(outer.node());
			return Served.by(this.jdbc).node();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Services {

		@Bean
		Units units(DataSource dataSource, JdbcTemplate jdbc, TransactionTemplate template) {
			return new Units(dataSource, jdbc, template);
		}

		@Bean
		Tenants tenants() {
			return new Tenants();
		}

	}

}
