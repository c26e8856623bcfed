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

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;

import javax.sql.DataSource;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.Consistency;
import io.github.replication.PoolKind;
import io.github.replication.ReadOnly;
import io.github.replication.Reason;
import io.github.replication.Replication;
import io.github.replication.Role;
import io.github.replication.RouteDecision;
import io.github.replication.RoutedConnection;
import io.github.replication.RoutingScope;
import io.github.replication.UsePrimary;
import io.github.replication.WriteRecord;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Every row of the contract's table with JDBC alone.
 */
@EmbeddedCluster
class JdbcRoutingTests {

	private static PostgresCluster cluster;

	private static TestApplication application;

	private static JdbcTemplate jdbc;

	private static Reader reader;

	private static Decisions decisions;

	@BeforeAll
	static void start(PostgresCluster shared) {
		cluster = shared;
		TestApplication.createTable(cluster);
		application = TestApplication.on(cluster).withoutJpa().start(Services.class);
		jdbc = application.jdbc();
		reader = application.bean(Reader.class);
		decisions = application.decisions();
	}

	@AfterAll
	static void stop() {
		application.close();
	}

	@BeforeEach
	void clear() {
		decisions.clear();
		application.newCaller();
	}

	@Test
	void usePrimaryGoesToTheWritePool() {
		Served served = reader.onPrimary();
		assertServedByPrimary(served, PoolKind.WRITE, Reason.FORCED);
		assertThat(served.readOnly()).isFalse();
	}

	@Test
	void usePrimaryOnReadOnlyMethodStaysReadOnly() {
		Served served = reader.readOnlyOnPrimary();
		assertServedByPrimary(served, PoolKind.WRITE, Reason.FORCED);
		assertThat(served.readOnly()).isTrue();
	}

	@Test
	void usePrimaryWinsOverNestedReadOnly() {
		assertServedByPrimary(reader.onPrimary(reader::find), PoolKind.WRITE, Reason.FORCED);
		assertServedByPrimary(Replication.onPrimary(() -> reader.find()), PoolKind.WRITE, Reason.FORCED);
		assertServedByPrimary(Replication.onPrimary(() -> reader.findInNew()), PoolKind.WRITE, Reason.FORCED);
	}

	@Test
	void readWriteTransactionGoesToTheWritePool() {
		application.asNewCaller(() -> {
			Served served = reader.write();
			assertServedByPrimary(served, PoolKind.WRITE, Reason.READ_WRITE);
			assertThat(served.readOnly()).isFalse();
		});
	}

	@Test
	void noTransactionGoesToTheWritePool() {
		assertServedByPrimary(Served.by(jdbc), PoolKind.WRITE, Reason.NO_TRANSACTION);
		assertThat(application.bean(WriteRecord.class).hasWritten()).isFalse();
	}

	@Test
	void readOnlyMethodIsServedByAReplica() {
		assertServedByReplica(reader.find());
	}

	@Test
	void declaredReadOnlyTransactionIsServedByAReplica() {
		assertServedByReplica(reader.findTransactional());
		assertServedByReplica(application.transaction(true).execute((status) -> Served.by(jdbc)));
	}

	@Test
	void readOnlyMethodOfTypeIsServedByAReplicaAndItsPlainTransactionIsNot() {
		application.asNewCaller(() -> {
			ReadOnlyType type = application.bean(ReadOnlyType.class);
			assertServedByReplica(type.find());
			assertServedByPrimary(type.write(), PoolKind.WRITE, Reason.READ_WRITE);
		});
	}

	@Test
	void readOnlyScopeRoutesEachStatement() {
		Set<String> nodes = new HashSet<>();
		Replication.readOnly(Consistency.EVENTUAL, () -> {
			for (int i = 0; i < 10; i++) {
				Served served = Served.by(jdbc);
				assertServedByReplica(served);
				nodes.add(served.node());
			}
		});
		assertThat(nodes).containsExactlyInAnyOrder("replica-1", "replica-2");
	}

	@Test
	void jdbcClientIsRoutedToo() {
		JdbcClient client = application.bean(JdbcClient.class);
		Served served = application.transaction(true)
			.execute((status) -> client.sql(Served.QUERY).query((rows, number) -> Served.from(rows)).single());
		assertServedByReplica(served);
	}

	@Test
	void serializableReadGoesToThePrimary() {
		Served served = reader.findSerializable();
		assertServedByPrimary(served, PoolKind.READ, Reason.SERIALIZABLE);
		assertThat(served.readOnly()).isTrue();
	}

	@Test
	void repeatableReadIsServedByAReplica() {
		assertServedByReplica(reader.findRepeatable());
	}

	@Test
	void strongReadGoesToThePrimary() {
		Served served = reader.findStrong();
		assertServedByPrimary(served, PoolKind.READ, Reason.STRONG);
		assertThat(served.readOnly()).isTrue();
	}

	@Test
	void freshReplicaServesReadWithBoundedStaleness() {
		Awaitility.await().pollInSameThread().untilAsserted(() -> assertServedByReplica(reader.findFresh()));
	}

	@Test
	void groupWithoutReplicaGoesToThePrimary() {
		assertServedByPrimary(reader.findInGroup(), PoolKind.READ, Reason.NO_REPLICA);
	}

	@Test
	void readAfterOwnWriteGoesToThePrimary() {
		application.asNewCaller(() -> {
			assertServedByReplica(reader.find());
			reader.write();
			assertThat(application.bean(WriteRecord.class).hasWritten()).isTrue();
			assertServedByPrimary(reader.find(), PoolKind.READ, Reason.RECENT_WRITE);
			assertServedByReplica(reader.findEventual());
		});
		application.asNewCaller(() -> assertServedByReplica(reader.find()));
	}

	@Test
	void readAfterOwnAutoCommitWriteGoesToThePrimary() {
		application.asNewCaller(() -> {
			jdbc.update("INSERT INTO note VALUES (1, 'a') ON CONFLICT DO NOTHING");
			assertServedByPrimary(reader.find(), PoolKind.READ, Reason.RECENT_WRITE);
		});
	}

	@Test
	void rolledBackTransactionIsNoWrite() {
		application.asNewCaller(() -> {
			application.transaction(false).execute((status) -> {
				status.setRollbackOnly();
				return jdbc.update("INSERT INTO note VALUES (2, 'a')");
			});
			assertThat(application.bean(WriteRecord.class).hasWritten()).isFalse();
			assertServedByReplica(reader.find());
		});
	}

	@Test
	void connectionThatRanAWriteIsHeld() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection()) {
			connection.setAutoCommit(false);
			int backend = ask(connection).backend();
			connection.commit();
			connection.setReadOnly(true);
			Served held = ask(connection);
			assertServedByPrimary(held, PoolKind.WRITE, Reason.HELD);
			assertThat(held.readOnly()).isTrue();
			assertThat(held.backend()).isEqualTo(backend);
			connection.rollback();
			connection.setAutoCommit(true);
			Served heldInAutoCommit = ask(connection);
			assertServedByPrimary(heldInAutoCommit, PoolKind.WRITE, Reason.HELD);
			assertThat(heldInAutoCommit.readOnly()).isTrue();
			assertThat(heldInAutoCommit.backend()).isEqualTo(backend);
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> execute(connection, "INSERT INTO note VALUES (3, 'a')"))
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("25006"));
			connection.setReadOnly(false);
			assertServedByPrimary(ask(connection), PoolKind.WRITE, Reason.NO_TRANSACTION);
		}
		application.asNewCaller(() -> assertServedByReplica(reader.find()));
	}

	@Test
	void temporaryTableIsFoundAgainOnTheHeldConnection() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection()) {
			execute(connection, "CREATE TEMPORARY TABLE basket (id int)");
			connection.setReadOnly(true);
			try (PreparedStatement statement = connection.prepareStatement("SELECT count(*) FROM basket");
					ResultSet rows = statement.executeQuery()) {
				assertThat(rows.next()).isTrue();
			}
			assertThat(decisions.lastReason()).isEqualTo(Reason.HELD);
			connection.setReadOnly(false);
			execute(connection, "DROP TABLE basket");
		}
	}

	@Test
	void connectionDecidesAnewForEachTransaction() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection()) {
			assertThat(connection.unwrap(RoutedConnection.class).route()).isNull();
			connection.setReadOnly(true);
			connection.setAutoCommit(false);
			assertServedByReplica(ask(connection));
			assertThat(connection.unwrap(RoutedConnection.class).route())
				.satisfies((route) -> assertThat(route.isReplica()).isTrue());
			connection.commit();
			assertThat(connection.unwrap(RoutedConnection.class).route()).isNull();
			connection.setReadOnly(false);
			assertServedByPrimary(ask(connection), PoolKind.WRITE, Reason.READ_WRITE);
			connection.commit();
		}
	}

	@Test
	void statementIsClosedWithItsUnitAndSaysSo() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection()) {
			connection.setReadOnly(true);
			connection.setAutoCommit(false);
			PreparedStatement statement = connection.prepareStatement("SELECT 1");
			ResultSet rows = statement.executeQuery();
			String node = decisions.last().node();
			connection.commit();
			assertThat(statement.isClosed()).isTrue();
			assertThat(rows.isClosed()).isTrue();
			assertThatExceptionOfType(SQLException.class).isThrownBy(statement::executeQuery)
				.withMessageContaining(node);
			assertThatExceptionOfType(SQLException.class).isThrownBy(rows::next).withMessageContaining(node);
		}
	}

	@Test
	void statementPreparedBeforeAnOwnWriteDoesNotReadThePast() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection()) {
			connection.setReadOnly(true);
			PreparedStatement prepared = connection.prepareStatement(Served.QUERY);
			assertThat(decisions.last().isReplica()).isTrue();
			jdbc.update("INSERT INTO note VALUES (6, 'a') ON CONFLICT DO NOTHING");
			try (ResultSet row = prepared.executeQuery()) {
				assertThat(row.next()).isTrue();
				assertServedByPrimary(Served.from(row), PoolKind.READ, Reason.RECENT_WRITE);
			}
			assertServedByPrimary(ask(connection), PoolKind.READ, Reason.RECENT_WRITE);
		}
	}

	@Test
	void statementWithoutTextMovesToAnotherNodeBetweenExecutions() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection();
				Statement statement = connection.createStatement()) {
			statement.setFetchSize(10);
			connection.setReadOnly(true);
			assertServedByReplica(ask(statement));
			jdbc.update("INSERT INTO note VALUES (6, 'a') ON CONFLICT DO NOTHING");
			assertServedByPrimary(ask(statement), PoolKind.READ, Reason.RECENT_WRITE);
			assertThat(statement.getFetchSize()).isEqualTo(10);
		}
	}

	@Test
	void statementPreparedInAutoCommitRunsInTheTransactionBegunAfterwards() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection();
				PreparedStatement insert = connection.prepareStatement("INSERT INTO note VALUES (7, 'a')")) {
			connection.setAutoCommit(false);
			assertThat(insert.executeUpdate()).isOne();
			assertThat(decisions.lastReason()).isEqualTo(Reason.READ_WRITE);
			connection.rollback();
		}
		assertThat(jdbc.queryForObject("SELECT count(*) FROM note WHERE id = 7", Integer.class)).isZero();
	}

	@Test
	void openResultSetSurvivesAStatementOnAnotherNode() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection();
				Statement statement = connection.createStatement()) {
			connection.setReadOnly(true);
			try (ResultSet rows = statement.executeQuery(Served.QUERY)) {
				Replication.onPrimary(() -> assertServedByPrimary(ask(connection), PoolKind.WRITE, Reason.FORCED));
				assertThat(rows.next()).isTrue();
				assertThat(Served.from(rows).byReplica()).isTrue();
				assertThat(rows.getStatement()).isSameAs(statement);
				assertThat(statement.getConnection()).isSameAs(connection);
			}
		}
	}

	@Test
	void schemaAndApplicationNameFollowToEveryNodeAndAreTakenBack() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection()) {
			connection.setSchema("pg_catalog");
			connection.setClientInfo("ApplicationName", "moving");
			assertThat(state(connection)).isEqualTo("pg_catalog moving");
			connection.setReadOnly(true);
			assertThat(state(connection)).isEqualTo("pg_catalog moving");
		}
		String onReplica = application.transaction(true)
			.execute((status) -> jdbc.execute((Connection connection) -> state(connection)));
		assertThat(onReplica).startsWith("public ").doesNotContain("moving");
		String onPrimary = jdbc.execute((Connection connection) -> state(connection));
		assertThat(onPrimary).startsWith("public ").doesNotContain("moving");
	}

	private static String state(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement
					.executeQuery("SELECT current_schema() || ' ' || current_setting('application_name')")) {
			rows.next();
			return rows.getString(1);
		}
	}

	private static Served ask(Statement statement) throws SQLException {
		try (ResultSet rows = statement.executeQuery(Served.QUERY)) {
			rows.next();
			return Served.from(rows);
		}
	}

	@Test
	void readWriteTransactionOverrulesAReadOnlyScope() {
		application.transaction(false).executeWithoutResult((status) -> {
			Served served = reader.find();
			assertServedByPrimary(served, PoolKind.WRITE, Reason.READ_WRITE);
			assertThat(served.readOnly()).isFalse();
			assertThat(Replication.readOnly(Consistency.EVENTUAL, () -> Served.by(jdbc)).readOnly()).isFalse();
			status.setRollbackOnly();
		});
		application.transaction(false).executeWithoutResult((status) -> {
			Replication.readOnly(Consistency.SESSION,
					() -> assertThat(jdbc.update("INSERT INTO note VALUES (8, 'a')")).isOne());
			status.setRollbackOnly();
		});
	}

	@Test
	void transactionThatOnlyAScopeHasMadeReadOnlyGoesOnAsReadWrite() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection();
				Statement statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			ResultSet rows = Replication.readOnly(Consistency.SESSION, () -> {
				assertServedByReplica(ask(connection));
				return statement.executeQuery("SELECT generate_series(1, 3)");
			});
			execute(connection, "INSERT INTO note VALUES (20, 'a')");
			Served served = ask(connection);
			assertServedByPrimary(served, PoolKind.WRITE, Reason.READ_WRITE);
			assertThat(served.readOnly()).isFalse();
			assertThat(rows.next()).isTrue();
			connection.rollback();
		}
		assertThat(jdbc.queryForObject("SELECT count(*) FROM note WHERE id = 20", Integer.class)).isZero();
	}

	@Test
	void transactionThatOnlyAScopeHasMadeReadOnlyGoesOnAsReadWriteOnAHeldConnection() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection()) {
			connection.setAutoCommit(false);
			int backend = ask(connection).backend();
			connection.commit();
			Replication.readOnly(Consistency.SESSION,
					() -> assertServedByPrimary(ask(connection), PoolKind.WRITE, Reason.HELD));
			execute(connection, "INSERT INTO note VALUES (21, 'a')");
			Served served = ask(connection);
			assertServedByPrimary(served, PoolKind.WRITE, Reason.READ_WRITE);
			assertThat(served.backend()).isEqualTo(backend);
			connection.rollback();
		}
		assertThat(jdbc.queryForObject("SELECT count(*) FROM note WHERE id = 21", Integer.class)).isZero();
	}

	@Test
	void transactionThatOnlyAScopeHasMadeReadOnlyIsNotLeftWithItsSavepoints() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection()) {
			connection.setAutoCommit(false);
			Savepoint savepoint = Replication.readOnly(Consistency.SESSION, () -> connection.setSavepoint());
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> execute(connection, "INSERT INTO note VALUES (22, 'a')"))
				.withMessageContaining("Replication.readOnly")
				.withMessageContaining("savepoints")
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("55000"));
			connection.rollback(savepoint);
			connection.releaseSavepoint(savepoint);
			execute(connection, "INSERT INTO note VALUES (22, 'a')");
			connection.rollback();
		}
	}

	@Test
	void statementPreparedInAReadOnlyScopeIsExecutedAsReadWriteOutsideOfIt() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection()) {
			connection.setAutoCommit(false);
			try (PreparedStatement prepared = Replication.readOnly(Consistency.SESSION,
					() -> connection.prepareStatement(Served.QUERY)); ResultSet row = prepared.executeQuery()) {
				row.next();
				assertServedByPrimary(Served.from(row), PoolKind.WRITE, Reason.READ_WRITE);
			}
			connection.rollback();
		}
	}

	@Test
	void transactionThatOnlyAScopeHasMadeReadOnlyGoesWhereAStricterOneAsks() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection()) {
			connection.setAutoCommit(false);
			Replication.readOnly(Consistency.SESSION, () -> {
				assertServedByReplica(ask(connection));
				Replication.readOnly(Consistency.STRONG,
						() -> assertServedByPrimary(ask(connection), PoolKind.READ, Reason.STRONG));
				assertServedByPrimary(ask(connection), PoolKind.READ, Reason.STRONG);
				connection.commit();
				assertServedByReplica(ask(connection));
				Replication.onPrimary(() -> {
					Served served = ask(connection);
					assertServedByPrimary(served, PoolKind.WRITE, Reason.FORCED);
					assertThat(served.readOnly()).isTrue();
				});
				connection.commit();
				assertServedByReplica(ask(connection));
				within(fresh(), () -> assertThat(ask(connection).readOnly()).isTrue());
				connection.rollback();
			});
		}
	}

	@Test
	void stricterScopeOnADeclaredTransactionThatReadFromAReplicaFails() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection()) {
			connection.setReadOnly(true);
			connection.setAutoCommit(false);
			assertServedByReplica(ask(connection));
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> Replication.onPrimary(() -> ask(connection)))
				.withMessageContaining("Replication.onPrimary asks for the primary (@UsePrimary)")
				.withMessageContaining("replica-")
				.withMessageContaining("REQUIRES_NEW")
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("55000"));
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> Replication.readOnly(Consistency.STRONG, () -> ask(connection)))
				.withMessageContaining("consistency = STRONG");
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> within(fresh(), () -> ask(connection)))
				.withMessageContaining("maxStaleness");
			assertServedByReplica(ask(connection));
			connection.commit();
			Replication.onPrimary(() -> assertServedByPrimary(ask(connection), PoolKind.WRITE, Reason.FORCED));
			connection.commit();
		}
	}

	/**
	 * As when an entity of the transaction around is read in a method of its own.
	 */
	@Test
	void suspendedTransactionStaysOnItsReplicaInAMethodThatAsksForMore() {
		TransactionTemplate inner = new TransactionTemplate(application.bean(PlatformTransactionManager.class));
		inner.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		DataSource dataSource = application.bean(DataSource.class);
		application.transaction(true).executeWithoutResult((outer) -> {
			Connection suspended = DataSourceUtils.getConnection(dataSource);
			assertServedByReplica(askUnchecked(suspended));
			inner.executeWithoutResult((status) -> Replication.onPrimary(() -> {
				assertThat(Served.by(jdbc).byReplica()).isFalse();
				assertThat(askUnchecked(suspended).byReplica()).isTrue();
			}));
			DataSourceUtils.releaseConnection(suspended, dataSource);
		});
	}

	private static Served askUnchecked(Connection connection) {
		try {
			return ask(connection);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void statementPreparedInADeclaredTransactionIsExecutedWhereAStricterScopeAsks() throws SQLException {
		try (Connection connection = application.bean(DataSource.class).getConnection()) {
			connection.setReadOnly(true);
			connection.setAutoCommit(false);
			try (PreparedStatement prepared = connection.prepareStatement(Served.QUERY)) {
				assertThat(decisions.last().isReplica()).isTrue();
				Replication.onPrimary(() -> {
					try (ResultSet row = prepared.executeQuery()) {
						row.next();
						assertServedByPrimary(Served.from(row), PoolKind.WRITE, Reason.FORCED);
					}
				});
			}
			connection.commit();
		}
		assertThat(jdbc.queryForObject("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'"
				+ " AND usename = current_user AND pid <> pg_backend_pid()", Integer.class))
			.isZero();
	}

	private static RoutingScope fresh() {
		return RoutingScope.current().readOnly(Consistency.SESSION, Duration.ofSeconds(1), null, "Fresh");
	}

	private static void within(RoutingScope scope, Replication.Action<SQLException> action) throws SQLException {
		RoutingScope previous = scope.enter();
		try {
			action.run();
		}
		finally {
			RoutingScope.leave(previous);
		}
	}

	@Test
	void transactionOfAnotherDataSourceDoesNotOverruleAReadOnlyScope() {
		TransactionTemplate template = otherTransaction();
		template.executeWithoutResult((status) -> {
			assertServedByReplica(Replication.readOnly(Consistency.SESSION, () -> Served.by(jdbc)));
			assertServedByPrimary(Served.by(jdbc), PoolKind.WRITE, Reason.NO_TRANSACTION);
		});
		template.setReadOnly(true);
		template.executeWithoutResult(
				(status) -> assertServedByPrimary(Served.by(jdbc), PoolKind.WRITE, Reason.NO_TRANSACTION));
	}

	@Test
	void unitInATransactionOfAnotherDataSourceHasItsOwnDemands() {
		reader.write();
		otherTransaction().executeWithoutResult((status) -> {
			assertServedByPrimary(reader.findInGroup(), PoolKind.READ, Reason.NO_REPLICA);
			assertServedByReplica(reader.findEventual());
			assertServedByReplica(Replication.readOnly(Consistency.EVENTUAL, () -> Served.by(jdbc)));
			assertServedByPrimary(reader.find(), PoolKind.READ, Reason.RECENT_WRITE);
		});
	}

	@Test
	void unitThatJoinsHasTheGroupOfItsTransactionInsideOfAnotherOneToo() {
		otherTransaction().executeWithoutResult((status) -> application.transaction(true)
			.executeWithoutResult((inner) -> assertServedByReplica(reader.findInGroup())));
		application.transaction(true)
			.executeWithoutResult((status) -> otherTransaction()
				.executeWithoutResult((inner) -> assertServedByReplica(reader.findInGroup())));
	}

	private static TransactionTemplate otherTransaction() {
		return new TransactionTemplate(new DataSourceTransactionManager(
				new DriverManagerDataSource(cluster.primary().directUrl(), cluster.username(), cluster.password())));
	}

	@Test
	void nestedScopesRestoreTheOuterOne() {
		application.asNewCaller(() -> Replication.readOnly(Consistency.SESSION, () -> {
			assertServedByReplica(Served.by(jdbc));
			Replication.onPrimary(() -> assertServedByPrimary(Served.by(jdbc), PoolKind.WRITE, Reason.FORCED));
			assertServedByReplica(Served.by(jdbc));
			Replication.readOnly(Consistency.STRONG,
					() -> assertServedByPrimary(Served.by(jdbc), PoolKind.READ, Reason.STRONG));
			assertServedByReplica(Served.by(jdbc));
		}));
		assertServedByPrimary(Served.by(jdbc), PoolKind.WRITE, Reason.NO_TRANSACTION);
	}

	@Test
	void stricterScopeBeforeTheFirstStatementCountsForTheWholeTransaction() {
		Reader reader = JdbcRoutingTests.reader;
		reader.find(() -> {
			assertServedByPrimary(reader.findStrong(), PoolKind.READ, Reason.STRONG);
			return Served.by(jdbc);
		});
		assertThat(decisions.all()).singleElement()
			.satisfies((decision) -> assertThat(decision.reason()).isEqualTo(Reason.STRONG));
	}

	@Test
	void looserScopeThatJoinsDoesNotLoosenTheTransaction() {
		Served served = reader.findStrong(reader::findEventual);
		assertServedByPrimary(served, PoolKind.READ, Reason.STRONG);
	}

	@Test
	void stricterScopeOnATransactionThatReadFromAReplicaFails() {
		assertThatExceptionOfType(IllegalTransactionStateException.class)
			.isThrownBy(() -> reader.findThen(reader::onPrimary))
			.withMessageContaining("Reader.findThen")
			.withMessageContaining("Reader.onPrimary")
			.withMessageContaining("replica-")
			.withMessageContaining("REQUIRES_NEW");
		assertThatExceptionOfType(IllegalTransactionStateException.class)
			.isThrownBy(() -> reader.findThen(reader::findStrong))
			.withMessageContaining("consistency = STRONG");
		assertThatExceptionOfType(IllegalTransactionStateException.class)
			.isThrownBy(() -> reader.findThen(reader::findFresh))
			.withMessageContaining("maxStaleness");
		assertThatExceptionOfType(IllegalTransactionStateException.class)
			.isThrownBy(() -> reader.findThen(() -> Replication.onPrimary(() -> Served.by(jdbc))))
			.withMessageContaining("Replication.onPrimary");
		assertServedByReplica(reader.find());
	}

	@Test
	void stricterScopeWithItsOwnTransactionIsFine() {
		assertServedByPrimary(reader.findThen(reader::findStrongInNew), PoolKind.READ, Reason.STRONG);
	}

	@Test
	void metadataOfAReaderIsThatOfANodeForItsStatements() {
		String primary = cluster.primary().jdbcUrl();
		assertThat(reader.urlOfMetadata()).isNotEqualTo(primary);
		assertThat(reader.urlOfMetadataInGroup()).isEqualTo(primary);
		assertThat(reader.urlOfMetadataStrong()).isEqualTo(primary);
		assertThat(Replication.onPrimary(() -> reader.urlOfMetadata())).isEqualTo(primary);
		reader.write();
		assertThat(reader.urlOfMetadata()).isEqualTo(primary);
		assertThat(reader.urlOfMetadataEventual()).isNotEqualTo(primary);
	}

	@Test
	void metadataIsReadFromEachReplica() {
		Set<String> urls = new HashSet<>();
		Awaitility.await().pollInSameThread().untilAsserted(() -> {
			urls.add(reader.urlOfMetadata());
			assertThat(urls).hasSize(2);
		});
	}

	@Test
	void writeInReadOnlyMethodIsRefusedWithTheRemedy() {
		assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> reader.insertInReadOnly())
			.havingRootCause()
			.withMessageContaining("read-only transaction");
		assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> reader.insertInReadOnly())
			.withMessageContaining("Reader.insertInReadOnly")
			.withMessageContaining("@Transactional instead of @ReadOnly")
			.withMessageContaining("replica-");
	}

	@Test
	void writeInReadOnlyScopeIsRefusedOnThePrimaryToo() {
		application.asNewCaller(() -> {
			reader.write();
			assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> Replication.readOnly(Consistency.SESSION,
						() -> jdbc.update("INSERT INTO note VALUES (4, 'a')")))
				.withMessageContaining("primary (RECENT_WRITE)");
			assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> Replication.readOnly(Consistency.SESSION,
						() -> Replication.onPrimary(() -> jdbc.update("INSERT INTO note VALUES (4, 'a')"))))
				.withMessageContaining("primary (FORCED)");
		});
		assertThat(jdbc.queryForObject("SELECT count(*) FROM note WHERE id = 4", Integer.class)).isZero();
	}

	@Test
	void transactionWithoutStatementTouchesNoPool() {
		int before = decisions.all().size();
		application.transaction(true).executeWithoutResult((status) -> {
		});
		application.transaction(false).executeWithoutResult((status) -> {
		});
		assertThat(decisions.all()).hasSize(before);
	}

	@Test
	void decisionNamesTheUnit() {
		reader.find();
		assertThat(decisions.last().unit()).endsWith("Reader.find");
	}

	private static Served ask(Connection connection) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(Served.QUERY);
				ResultSet rows = statement.executeQuery()) {
			assertThat(rows.next()).isTrue();
			return Served.from(rows);
		}
	}

	private static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

	private static void assertServedByReplica(Served served) {
		assertThat(served.byReplica()).as("%s is a replica", served).isTrue();
		assertThat(served.readOnly()).isTrue();
		RouteDecision decision = decisions.last();
		assertThat(decision.node()).isEqualTo(served.node());
		assertThat(decision.role()).isEqualTo(Role.REPLICA);
		assertThat(decision.reason()).isEqualTo(Reason.READ_ONLY);
		assertThat(cluster.node(served.node()).port()).isEqualTo(served.port());
	}

	private static void assertServedByPrimary(Served served, PoolKind pool, Reason reason) {
		assertThat(served.byReplica()).as("%s is the primary", served).isFalse();
		assertThat(served.port()).isEqualTo(cluster.primary().port());
		RouteDecision decision = decisions.last();
		assertThat(decision.node()).isEqualTo("primary");
		assertThat(decision.role()).isEqualTo(Role.PRIMARY);
		assertThat(decision.reason()).isEqualTo(reason);
		assertThat(decision.pool()).isEqualTo(pool);
	}

	@Configuration(proxyBeanMethods = false)
	static class Services {

		@Bean
		Reader reader(JdbcTemplate jdbc) {
			return new Reader(jdbc);
		}

		@Bean
		ReadOnlyType readOnlyType(JdbcTemplate jdbc) {
			return new ReadOnlyType(jdbc);
		}

	}

	static class Reader {

		private final JdbcTemplate jdbc;

		Reader(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		@ReadOnly
		public Served find() {
			return Served.by(this.jdbc);
		}

		@ReadOnly
		public Served find(Supplier<Served> inner) {
			return inner.get();
		}

		@ReadOnly
		public Served findThen(Supplier<Served> inner) {
			Served.by(this.jdbc);
			return inner.get();
		}

		@ReadOnly(propagation = Propagation.REQUIRES_NEW)
		public Served findInNew() {
			return Served.by(this.jdbc);
		}

		@Transactional(readOnly = true)
		public Served findTransactional() {
			return Served.by(this.jdbc);
		}

		@ReadOnly(consistency = Consistency.EVENTUAL)
		public Served findEventual() {
			return Served.by(this.jdbc);
		}

		@ReadOnly(consistency = Consistency.STRONG)
		public Served findStrong() {
			return Served.by(this.jdbc);
		}

		@ReadOnly(consistency = Consistency.STRONG)
		public Served findStrong(Supplier<Served> inner) {
			return inner.get();
		}

		@ReadOnly(consistency = Consistency.STRONG, propagation = Propagation.REQUIRES_NEW)
		public Served findStrongInNew() {
			return Served.by(this.jdbc);
		}

		@ReadOnly(isolation = Isolation.SERIALIZABLE)
		public Served findSerializable() {
			return Served.by(this.jdbc);
		}

		@ReadOnly(isolation = Isolation.REPEATABLE_READ)
		public Served findRepeatable() {
			return Served.by(this.jdbc);
		}

		@ReadOnly(maxStaleness = "1s")
		public Served findFresh() {
			return Served.by(this.jdbc);
		}

		@ReadOnly(group = "reports")
		public Served findInGroup() {
			return Served.by(this.jdbc);
		}

		@ReadOnly
		public String urlOfMetadata() {
			return this.jdbc
				.execute((Connection connection) -> connection.getMetaData().getURL().replaceFirst("[?].*", ""));
		}

		@ReadOnly(consistency = Consistency.EVENTUAL)
		public String urlOfMetadataEventual() {
			return urlOfMetadata();
		}

		@ReadOnly(consistency = Consistency.STRONG)
		public String urlOfMetadataStrong() {
			return urlOfMetadata();
		}

		@ReadOnly(group = "reports")
		public String urlOfMetadataInGroup() {
			return urlOfMetadata();
		}

		@UsePrimary
		public Served onPrimary() {
			return Served.by(this.jdbc);
		}

		@UsePrimary
		public Served onPrimary(Supplier<Served> inner) {
			return inner.get();
		}

		@UsePrimary
		@ReadOnly
		public Served readOnlyOnPrimary() {
			return Served.by(this.jdbc);
		}

		@Transactional
		public Served write() {
			this.jdbc
				.update("INSERT INTO note VALUES (100, 'a') ON CONFLICT (id) DO UPDATE SET text = note.text || 'a'");
			return Served.by(this.jdbc);
		}

		@ReadOnly
		public void insertInReadOnly() {
			this.jdbc.update("INSERT INTO note VALUES (5, 'a')");
		}

	}

	@ReadOnly
	static class ReadOnlyType {

		private final JdbcTemplate jdbc;

		ReadOnlyType(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		public Served find() {
			return Served.by(this.jdbc);
		}

		@Transactional
		public Served write() {
			return Served.by(this.jdbc);
		}

	}

}
