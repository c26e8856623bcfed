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
import java.sql.Driver;
import java.sql.DriverPropertyInfo;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.logging.Logger;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.Consistency;
import io.github.replication.NodeState;
import io.github.replication.Replication;
import io.github.replication.ReplicationCluster;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What applications have set in their pools and URLs, and what servers refuse because of
 * it.
 */
@EmbeddedCluster(dedicated = true)
class PoolSettingsTests {

	private PostgresCluster cluster;

	@BeforeEach
	void remember(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
	}

	@AfterEach
	void reset() {
		this.cluster.reset();
	}

	@ParameterizedTest
	@ValueSource(strings = { "connection-init-sql", "connection-test-query" })
	void replicaThatRefusesAStatementOfItsPoolIsOutOfRotationWithThatCause(String property) {
		try (TestApplication application = start(TestApplication.exactly(this.cluster)
			.with("spring.datasource.hikari." + property, "SELECT id FROM note FOR UPDATE"))) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> nodes.node("primary").state() == NodeState.ONLINE);
			read(application);
			read(application);
			long start = System.nanoTime();
			for (int i = 0; i < 5; i++) {
				assertThat(read(application).node()).isEqualTo("primary");
			}
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
			assertThat(nodes.node("replica-1").state()).isEqualTo(NodeState.OFFLINE);
			assertThat(nodes.node("replica-1").cause()).contains(property)
				.contains("cannot execute SELECT FOR UPDATE in a read-only transaction");
			assertThat(nodes.node("primary").state()).isEqualTo(NodeState.ONLINE);
			application.transaction(false)
				.executeWithoutResult((status) -> application.jdbc().update("DELETE FROM note WHERE id = -1"));
		}
	}

	@Test
	void searchPathOfThePoolIsThereForTheNextBorrower() throws SQLException {
		try (TestApplication application = start(TestApplication.exactly(this.cluster)
			.with("spring.datasource.hikari.connection-init-sql", "SET search_path = pg_catalog")
			.with("spring.datasource.hikari.maximum-pool-size", "1"))) {
			DataSource dataSource = application.bean(DataSource.class);
			try (Connection connection = dataSource.getConnection(); Statement held = connection.createStatement()) {
				held.execute("CREATE TEMPORARY TABLE once (id int)");
				assertThat(connection.getSchema()).isEqualTo("pg_catalog");
				connection.setSchema("information_schema");
				assertThat(connection.getSchema()).isEqualTo("information_schema");
				// with the driver this is the default of the server, not that of the pool
				connection.setSchema(null);
				assertThat(connection.getSchema()).isEqualTo("public");
				held.execute("DROP TABLE once");
			}
			try (Connection next = dataSource.getConnection()) {
				next.createStatement().execute("SELECT 1 FOR UPDATE");
				assertThat(next.getSchema()).isEqualTo("pg_catalog");
			}
		}
	}

	@Test
	void searchPathOfThePoolIsThereAfterARollbackOfAnother() throws SQLException {
		try (TestApplication application = start(TestApplication.exactly(this.cluster)
			.with("spring.datasource.hikari.connection-init-sql", "SET search_path = pg_catalog, public"))) {
			DataSource dataSource = application.bean(DataSource.class);
			for (String within : List.of("nothing", "a read", "a savepoint")) {
				try (Connection connection = dataSource.getConnection()) {
					connection.setAutoCommit(false);
					connection.setSchema("information_schema");
					if (within.equals("a read")) {
						searchPath(connection);
					}
					else if (within.equals("a savepoint")) {
						Savepoint savepoint = connection.setSavepoint();
						connection.setSchema("pg_toast");
						connection.rollback(savepoint);
						assertThat(searchPath(connection)).isEqualTo("information_schema");
					}
					connection.rollback();
					connection.setNetworkTimeout(Runnable::run, 30_000);
					assertThat(searchPath(connection)).as(within).isEqualTo("pg_catalog, public");
					connection.rollback();
					connection.setReadOnly(true);
					assertThat(searchPath(connection)).as(within).isEqualTo("pg_catalog, public");
				}
			}
		}
	}

	@Test
	void searchPathThatATextHasSetInATransactionIsNotTakenForThatOfThePool() throws SQLException {
		try (TestApplication application = start(TestApplication.exactly(this.cluster)
			.with("spring.datasource.hikari.connection-init-sql", "SET search_path = pg_catalog, public")
			.with("spring.datasource.hikari.maximum-pool-size", "1"))) {
			DataSource dataSource = application.bean(DataSource.class);
			try (Connection connection = dataSource.getConnection()) {
				connection.setAutoCommit(false);
				connection.createStatement().execute("SET search_path = pg_toast");
				connection.setSchema("information_schema");
				connection.rollback();
				connection.setSchema("public");
				assertThat(searchPath(connection)).isEqualTo("public");
				connection.commit();
			}
			try (Connection next = dataSource.getConnection()) {
				next.setAutoCommit(false);
				assertThat(searchPath(next)).isEqualTo("pg_catalog, public");
			}
		}
	}

	private static String searchPath(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery("SHOW search_path")) {
			row.next();
			return row.getString(1);
		}
	}

	@Test
	void passwordThatIsChangedInTheApplicationsPoolReachesTheOthers() {
		try (TestApplication application = start(TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "200ms")
			.with("spring.datasource.hikari.max-lifetime", "30000"))) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			read(application);
			try {
				password("changed");
				application.bean(HikariHolder.class).pool().setPassword("changed");
				this.cluster.nodes().forEach((node) -> node.proxy().resetConnections());
				await(() -> isReadOn(application, "replica-1") && isReadOn(application, "replica-2"));
				assertThat(Replication.readOnly(Consistency.STRONG,
						() -> application.jdbc().queryForObject("SELECT 1", int.class)))
					.isEqualTo(1);
				await(() -> nodes.nodes().stream().allMatch((node) -> node.state() == NodeState.ONLINE));
			}
			finally {
				password(this.cluster.password());
			}
		}
	}

	@ParameterizedTest
	@Tag("long")
	@ValueSource(booleans = { false, true })
	void targetServerTypeOfThePrimaryIsNoHindrance(boolean several) {
		String url = this.cluster.primary().jdbcUrl();
		if (several) {
			url = url.replace("127.0.0.1:" + this.cluster.primary().proxy().port(),
					"127.0.0.1:" + this.cluster.node("replica-1").proxy().port() + ",127.0.0.1:"
							+ this.cluster.primary().proxy().port());
		}
		try (TestApplication application = start(TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "200ms")
			.with("replication.monotonic-reads", "false")
			.with("spring.datasource.url", url + "?targetServerType=primary"))) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> isReadOn(application, "replica-1") && isReadOn(application, "replica-2"));
			for (int i = 0; i < 20; i++) {
				application.transaction(false)
					.executeWithoutResult((status) -> application.jdbc().update("DELETE FROM note WHERE id = -1"));
				assertThat(Replication.readOnly(Consistency.STRONG, () -> Served.by(application.jdbc())).node())
					.isEqualTo("primary");
				application.asNewCaller(() -> read(application));
				application.bean(HikariHolder.class).pool().getHikariPoolMXBean().softEvictConnections();
			}
			await(() -> nodes.nodes().stream().allMatch((node) -> node.state() == NodeState.ONLINE));
		}
	}

	@ParameterizedTest
	@Tag("long")
	@ValueSource(strings = { "jdbc:wrapped:postgresql:", "jdbc:opaque:" })
	void urlOfAnotherDriverServesByTime(String prefix) {
		TestApplication.Builder builder = TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "200ms")
			.with("replication.monotonic-reads", "false")
			.with("replication.read-your-writes.mode", "time")
			.with("spring.datasource.driver-class-name", WrappedDriver.class.getName())
			.with("spring.datasource.url", this.cluster.primary().jdbcUrl().replace("jdbc:postgresql:", prefix));
		this.cluster.replicas()
			.forEach((replica) -> builder.with("replication.replicas." + replica.name() + ".url",
					replica.jdbcUrl().replace("jdbc:postgresql:", prefix)));
		try (TestApplication application = start(builder)) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> isReadOn(application, "replica-1") && isReadOn(application, "replica-2"));
			await(() -> nodes.nodes().stream().allMatch((node) -> node.state() == NodeState.ONLINE));
			JdbcTemplate jdbc = application.jdbc();
			for (Consistency consistency : List.of(Consistency.SESSION, Consistency.STRONG)) {
				assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> Replication.readOnly(consistency,
						() -> jdbc.update("INSERT INTO note VALUES (-77, 'x')")));
			}
			assertThat(jdbc.queryForObject("SELECT count(*) FROM note WHERE id = -77", Integer.class)).isZero();
			this.cluster.node("replica-1").proxy().refuse();
			this.cluster.node("replica-1").proxy().resetConnections();
			await(() -> nodes.node("replica-1").state() == NodeState.OFFLINE);
			this.cluster.node("replica-1").proxy().restore();
			await(() -> nodes.node("replica-1").state() == NodeState.ONLINE);
		}
	}

	/**
	 * One replica is asked on a connection of its pool then. The other one, whose pool
	 * has none, is judged by what it has said before.
	 */
	@Test
	@Tag("long")
	void serverWithoutAConnectionLeftGoesOnServingUnlessItLags() throws SQLException {
		try (TestApplication application = start(TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "200ms")
			.with("replication.max-lag", "6s")
			.with("replication.replicas.replica-2.weight", "0"))) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> isReadOn(application, "replica-1"));
			try {
				admin("ALTER ROLE " + this.cluster.username() + " CONNECTION LIMIT 0");
				for (PostgresNode replica : this.cluster.replicas()) {
					terminateProbe(replica);
				}
				await(() -> String.valueOf(nodes.node("replica-2").cause()).contains("too many connections for role"));
				long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
				while (System.nanoTime() < end) {
					assertThat(this.cluster.replicas()).extracting((replica) -> nodes.node(replica.name()).state())
						.containsOnly(NodeState.ONLINE);
					application.newCaller();
					assertThat(read(application).node()).isEqualTo("replica-1");
				}
				assertThat(nodes.node("replica-1").cause()).isNull();
				this.cluster.replicas().forEach(PostgresNode::pauseReplay);
				application.jdbc().update("INSERT INTO note VALUES (-78, 'x')");
				await(() -> nodes.node("replica-1").state() == NodeState.LAGGING);
				await(() -> nodes.node("replica-2").state() == NodeState.LAGGING);
			}
			finally {
				this.cluster.replicas().forEach(PostgresNode::resumeReplay);
				admin("ALTER ROLE " + this.cluster.username() + " CONNECTION LIMIT -1");
				application.jdbc().update("DELETE FROM note WHERE id = -78");
			}
			await(() -> this.cluster.replicas()
				.stream()
				.allMatch((replica) -> nodes.node(replica.name()).state() == NodeState.ONLINE));
			assertThat(nodes.node("replica-2").cause()).isNull();
		}
	}

	@Test
	void scopeDecidesInATransactionOfAnotherDataSourceWhereThePoolHasAutoCommitOff() {
		try (TestApplication application = start(
				TestApplication.exactly(this.cluster).with("spring.datasource.hikari.auto-commit", false))) {
			DataSource other = new DriverManagerDataSource(this.cluster.primary().directUrl(), this.cluster.username(),
					this.cluster.password());
			TransactionTemplate template = new TransactionTemplate(new DataSourceTransactionManager(other));
			template.executeWithoutResult((status) -> {
				assertThat(Replication.readOnly(Consistency.SESSION, () -> Served.by(application.jdbc())).byReplica())
					.isTrue();
				Served served = Served.by(application.jdbc());
				assertThat(served.node()).isEqualTo("primary");
				assertThat(served.readOnly()).isFalse();
			});
			application.transaction(false).executeWithoutResult((status) -> {
				Served served = Replication.readOnly(Consistency.SESSION, () -> Served.by(application.jdbc()));
				assertThat(served.node()).isEqualTo("primary");
				assertThat(served.readOnly()).isFalse();
			});
			assertThat(read(application).byReplica()).isTrue();
		}
	}

	/**
	 * Ends the session of the probe, which has asked a moment ago.
	 */
	private static void terminateProbe(PostgresNode node) throws SQLException {
		try (Connection connection = node.adminConnection(); Statement statement = connection.createStatement()) {
			statement.execute(
					"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_last_wal_replay_lsn%'"
							+ " AND query NOT LIKE '%default_transaction_read_only%' AND pid <> pg_backend_pid()");
		}
	}

	private void password(String password) {
		admin("ALTER ROLE " + this.cluster.username() + " PASSWORD '" + password + "'");
	}

	private void admin(String sql) {
		PostgresNode primary = this.cluster.primary();
		new JdbcTemplate(new DriverManagerDataSource(primary.directUrl(), this.cluster.adminUsername(),
				this.cluster.adminPassword()))
			.execute(sql);
		this.cluster.awaitReplication();
	}

	private static TestApplication start(TestApplication.Builder builder) {
		TestApplication application = builder.withoutJpa().start(HikariHolder.class);
		application.newCaller();
		return application;
	}

	private static Served read(TestApplication application) {
		return application.transaction(true).execute((status) -> Served.by(application.jdbc()));
	}

	private static boolean isReadOn(TestApplication application, String node) {
		try {
			application.newCaller();
			return read(application).node().equals(node);
		}
		catch (RuntimeException ex) {
			return false;
		}
	}

	private static void await(BooleanSupplier condition) {
		Awaitility.await()
			.pollInSameThread()
			.atMost(Duration.ofSeconds(15))
			.pollInterval(Duration.ofMillis(20))
			.until(condition::getAsBoolean);
	}

	/**
	 * Finds the application's own pool.
	 *
	 * @param dataSource the data source that routes
	 */
	record HikariHolder(DataSource dataSource) {

		HikariDataSource pool() {
			return (HikariDataSource) ((DelegatingDataSource) this.dataSource).getTargetDataSource();
		}

	}

	/**
	 * A driver that stands before that of PostgreSQL, as those that log or trace do.
	 */
	public static final class WrappedDriver implements Driver {

		private final Driver target = new org.postgresql.Driver();

		@Override
		public Connection connect(String url, Properties info) throws SQLException {
			Connection connection = acceptsURL(url) ? this.target.connect(target(url), info) : null;
			return (connection != null && url.startsWith("jdbc:opaque:")) ? OpaqueConnection.of(connection)
					: connection;
		}

		private static String target(String url) {
			return url.replaceFirst("jdbc:(wrapped:postgresql|opaque):", "jdbc:postgresql:");
		}

		@Override
		public boolean acceptsURL(String url) {
			return url.startsWith("jdbc:wrapped:") || url.startsWith("jdbc:opaque:");
		}

		@Override
		public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) {
			return new DriverPropertyInfo[0];
		}

		@Override
		public int getMajorVersion() {
			return 1;
		}

		@Override
		public int getMinorVersion() {
			return 0;
		}

		@Override
		public boolean jdbcCompliant() {
			return false;
		}

		@Override
		public Logger getParentLogger() {
			return Logger.getGlobal();
		}

	}

}
