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

import java.net.ConnectException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.util.Credentials;
import jakarta.persistence.EntityManager;
import org.awaitility.Awaitility;
import org.hibernate.Session;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.Consistency;
import io.github.replication.NodeState;
import io.github.replication.PoolKind;
import io.github.replication.Reason;
import io.github.replication.Replication;
import io.github.replication.ReplicationCluster;
import io.github.replication.Role;
import io.github.replication.RouteDecision;
import io.github.replication.node.ReplicaPoolCustomizer;
import io.github.replication.policy.NoReplicaException;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Nodes that refuse, are silent or busy.
 */
@EmbeddedCluster
class FaultTests {

	private PostgresCluster cluster;

	@BeforeEach
	void remember(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
	}

	@AfterEach
	void restore() {
		this.cluster.nodes().forEach((node) -> node.proxy().restore());
	}

	@Test
	void firstReadOnlyTransactionIsServedWhileThePrimaryIsDown() {
		this.cluster.primary().proxy().refuse();
		try (TestApplication application = TestApplication.on(this.cluster).withoutData().start()) {
			assertThat(readOnly(application).byReplica()).isTrue();
			assertThat(application.decisions().all()).hasSize(1);
		}
	}

	@Test
	void applicationThatReadsMetadataStartsWhileThePrimaryIsDown() {
		this.cluster.primary().proxy().refuse();
		try (TestApplication application = TestApplication.on(this.cluster).withoutJpa().start()) {
			assertThat(readOnly(application).byReplica()).isTrue();
		}
	}

	@Test
	@Timeout(40)
	void readGoesElsewhereInTheSameCallWhenAReplicaRefuses() {
		node("replica-1").proxy().refuse();
		try (TestApplication application = TestApplication.on(this.cluster)
			.with("replication.replicas.replica-1.hikari.connection-timeout", "60000")
			.withoutJpa()
			.start()) {
			for (int i = 0; i < 20; i++) {
				assertThat(readOnly(application).node()).isEqualTo("replica-2");
			}
			assertThat(application.decisions().all()).hasSize(20)
				.allSatisfy((decision) -> assertThat(decision.reason()).isEqualTo(Reason.READ_ONLY));
		}
	}

	@Test
	@Tag("long")
	void replicaThatAcceptsAgainIsUsedAgain() {
		node("replica-1").proxy().refuse();
		try (TestApplication application = TestApplication.on(this.cluster).withoutJpa().start()) {
			for (int i = 0; i < 4; i++) {
				assertThat(readOnly(application).node()).isEqualTo("replica-2");
			}
			node("replica-1").proxy().restore();
			Awaitility.await()
				.atMost(Duration.ofSeconds(20))
				.until(() -> readOnly(application).node().equals("replica-1"));
		}
	}

	/**
	 * The pool cannot have all of the connections that it is to keep.
	 */
	@Test
	@Tag("long")
	void replicaThatAnswersAgainIsUsedAgainWhileAUnitHoldsAConnectionFromBefore() {
		try (TestApplication application = TestApplication.on(this.cluster)
			.with("replication.monitor.interval", "200ms")
			.with("replication.replicas.replica-1.hikari.maximum-pool-size", "2")
			.with("replication.replicas.replica-2.weight", "0")
			.withoutJpa()
			.start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			Awaitility.await().until(() -> readOnly(application).node().equals("replica-1"));
			application.transaction(true).executeWithoutResult((status) -> {
				assertThat(Served.by(application.jdbc()).node()).isEqualTo("replica-1");
				node("replica-1").freeze();
				Awaitility.await().until(() -> nodes.node("replica-1").state() == NodeState.OFFLINE);
				node("replica-1").thaw();
				Awaitility.await()
					.atMost(Duration.ofSeconds(20))
					.until(() -> nodes.node("replica-1").state() == NodeState.ONLINE);
				assertThat(Served.by(application.jdbc()).node()).as("still in the same transaction")
					.isEqualTo("replica-1");
			});
		}
	}

	@Test
	void readGoesToThePrimaryWhenEveryReplicaRefuses() {
		this.cluster.replicas().forEach((replica) -> replica.proxy().refuse());
		try (TestApplication application = TestApplication.on(this.cluster).withoutJpa().start()) {
			Served served = readOnly(application);
			assertThat(served.byReplica()).isFalse();
			assertThat(served.readOnly()).isTrue();
			assertThat(application.decisions().last())
				.isEqualTo(new RouteDecision("primary", Role.PRIMARY, PoolKind.READ, Reason.NO_REPLICA, null));
		}
	}

	@Test
	void readFailsWithTheStateOfEachNodeWhereThePrimaryMustNotServe() {
		this.cluster.replicas().forEach((replica) -> replica.proxy().refuse());
		try (TestApplication application = TestApplication.on(this.cluster)
			.with("replication.fallback", "fail")
			.withoutJpa()
			.start()) {
			assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> readOnly(application))
				.havingRootCause()
				.isInstanceOf(NoReplicaException.class)
				.withMessageContaining("replica-1 (OFFLINE: ")
				.withMessageContaining("replica-2 (OFFLINE: ")
				.withMessageContaining("replication.fallback=fail");
		}
	}

	@Test
	void insertInReadOnlyUnitIsRefusedAfterAFallbackToThePrimary() {
		this.cluster.replicas().forEach((replica) -> replica.proxy().refuse());
		try (TestApplication application = TestApplication.on(this.cluster).start(Jpa.class)) {
			JdbcTemplate jdbc = application.jdbc();
			EntityManager entityManager = application.bean(EntityManager.class);
			String insert = "INSERT INTO note VALUES (700, 'a')";
			assertRefused(() -> application.transaction(true).execute((status) -> jdbc.update(insert)));
			assertRefused(() -> Replication.readOnly(Consistency.SESSION, () -> jdbc.update(insert)));
			assertRefused(() -> application.transaction(true)
				.execute((status) -> entityManager.createNativeQuery(insert).executeUpdate()));
			TransactionTemplate supports = new TransactionTemplate(application.bean(PlatformTransactionManager.class));
			supports.setReadOnly(true);
			supports.setPropagationBehavior(TransactionDefinition.PROPAGATION_SUPPORTS);
			assertRefused(() -> supports.execute((status) -> jdbc.update(insert)));
			assertRefused(() -> supports.execute((status) -> nativeUpdateWithoutTransaction(entityManager, insert)));
			assertThat(jdbc.queryForObject("SELECT count(*) FROM note WHERE id = 700", Integer.class)).isZero();
		}
	}

	@Test
	void readOnlyByDefaultIsNotRememberedAfterAFallback() {
		this.cluster.replicas().forEach((replica) -> replica.proxy().refuse());
		try (TestApplication application = TestApplication.on(this.cluster).withoutJpa().start()) {
			assertThat(readOnly(application).readOnly()).isTrue();
			application.transaction(false)
				.executeWithoutResult((status) -> assertThat(Served.by(application.jdbc()).readOnly()).isFalse());
			assertThat(readOnly(application).readOnly()).isTrue();
		}
	}

	@Test
	void writesAreNotStarvedByReadsOnThePrimary() throws Exception {
		this.cluster.replicas().forEach((replica) -> replica.proxy().refuse());
		try (TestApplication application = TestApplication.on(this.cluster).withoutJpa().start()) {
			int writers = 4;
			CountDownLatch allWriting = new CountDownLatch(writers);
			ExecutorService threads = Executors.newFixedThreadPool(writers);
			try {
				List<Future<Boolean>> nested = IntStream.range(0, writers)
					.mapToObj((i) -> threads.submit(() -> application.transaction(false).execute((status) -> {
						Served outer = Served.by(application.jdbc());
						allWriting.countDown();
						await(allWriting);
						Served inner = requiresNew(application);
						return !outer.readOnly() && inner.readOnly() && !inner.byReplica();
					})))
					.toList();
				for (Future<Boolean> result : nested) {
					assertThat(result.get(30, TimeUnit.SECONDS)).isTrue();
				}
			}
			finally {
				threads.shutdownNow();
			}
		}
	}

	/**
	 * One busy replica is passed over without a wait: each wait would last a minute.
	 */
	@Test
	@Timeout(40)
	void busyReplicaIsPassedOverAndStaysInRotation() {
		try (TestApplication application = exhaustible("60000")) {
			application.transaction(true).executeWithoutResult((first) -> {
				String one = Served.by(application.jdbc()).node();
				String other = requiresNew(application).node();
				assertThat(Set.of(one, other)).containsExactlyInAnyOrder("replica-1", "replica-2");
				assertThat(requiresNew(application).node()).isEqualTo(other);
			});
			assertBothServe(application);
		}
	}

	@Test
	void readGoesToThePrimaryWhenEveryReplicaIsBusyAndNoneIsEjected() {
		try (TestApplication application = exhaustible("300")) {
			application.transaction(true).executeWithoutResult((first) -> {
				Served.by(application.jdbc());
				newReadOnly(application).executeWithoutResult((second) -> {
					Served.by(application.jdbc());
					assertThat(requiresNew(application).byReplica()).isFalse();
					assertThat(application.decisions().lastReason()).isEqualTo(Reason.NO_REPLICA);
				});
			});
			assertBothServe(application);
		}
	}

	private TestApplication exhaustible(String timeout) {
		TestApplication.Builder builder = TestApplication.on(this.cluster);
		for (PostgresNode replica : this.cluster.replicas()) {
			builder.with("replication.replicas." + replica.name() + ".hikari.maximum-pool-size", "1");
			builder.with("replication.replicas." + replica.name() + ".hikari.connection-timeout", timeout);
		}
		return builder.with("replication.load-balancer", "round-robin").withoutJpa().start();
	}

	private static void assertBothServe(TestApplication application) {
		Set<String> nodes = new HashSet<>();
		for (int i = 0; i < 4; i++) {
			nodes.add(readOnly(application).node());
		}
		assertThat(nodes).containsExactlyInAnyOrder("replica-1", "replica-2");
	}

	@Test
	void readTransactionCostsTwoRoundTrips() {
		try (TestApplication application = TestApplication.on(this.cluster)
			.with("replication.replicas.replica-2.weight", "0")
			.withoutJpa()
			.start()
			.awaitQuiet()) {
			PostgresNode replica = node("replica-1");
			TransactionTemplate transaction = application.transaction(true);
			JdbcTemplate jdbc = application.jdbc();
			for (int i = 0; i < 20; i++) {
				transaction.executeWithoutResult((status) -> jdbc.queryForObject("SELECT 1", Integer.class));
			}
			long before = replica.proxy().roundTrips();
			long primaryBefore = this.cluster.primary().proxy().roundTrips();
			for (int i = 0; i < 100; i++) {
				transaction.executeWithoutResult((status) -> jdbc.queryForObject("SELECT 1", Integer.class));
			}
			assertThat(replica.proxy().roundTrips() - before).isEqualTo(200);
			assertThat(this.cluster.primary().proxy().roundTrips()).isEqualTo(primaryBefore);
		}
	}

	@Test
	void writeTransactionCostsWhatItCostsWithoutUs() {
		long plain;
		try (TestApplication application = TestApplication.on(this.cluster)
			.with("replication.enabled", "false")
			.withoutJpa()
			.start()) {
			plain = roundTripsOfWrites(application);
		}
		try (TestApplication application = TestApplication.on(this.cluster).withoutJpa().start().awaitQuiet()) {
			assertThat(roundTripsOfWrites(application)).isEqualTo(plain);
		}
	}

	private long roundTripsOfWrites(TestApplication application) {
		TransactionTemplate transaction = application.transaction(false);
		JdbcTemplate jdbc = application.jdbc();
		String update = "UPDATE note SET text = 'b' WHERE id = -1";
		for (int i = 0; i < 20; i++) {
			transaction.executeWithoutResult((status) -> jdbc.update(update));
		}
		long before = this.cluster.primary().proxy().roundTrips();
		for (int i = 0; i < 100; i++) {
			transaction.executeWithoutResult((status) -> jdbc.update(update));
		}
		return this.cluster.primary().proxy().roundTrips() - before;
	}

	@Test
	void serverThatIsSerializableByDefaultIsLearntBeforeTheFirstRead() throws SQLException {
		setDefaultIsolation("serializable");
		try (TestApplication application = TestApplication.on(this.cluster).withoutData().start()) {
			Served served = readOnly(application);
			assertThat(served.byReplica()).isFalse();
			assertThat(application.decisions().all()).singleElement()
				.satisfies((decision) -> assertThat(decision.reason()).isEqualTo(Reason.SERIALIZABLE));
		}
		finally {
			setDefaultIsolation("read committed");
		}
	}

	/**
	 * Spring sets a level only where the connection answers with another one.
	 */
	@ParameterizedTest
	@CsvSource({ "false, 4, repeatable read", "false, 2, read committed", "true, 4, repeatable read",
			"true, 2, read committed", "false, -1, read committed", "true, -1, repeatable read" })
	void isolationLevelOfATransactionCountsWhateverTheDefaultOfANode(boolean readOnly, int level, String expected) {
		try (TestApplication application = TestApplication.on(this.cluster)
			.with("replication.replicas.replica-1.hikari.connection-init-sql",
					"SET default_transaction_isolation = 'repeatable read'")
			.with("replication.replicas.replica-2.weight", "0")
			.withoutJpa()
			.start()
			.awaitQuiet()) {
			assertThat(readOnly(application).byReplica()).isTrue();
			TransactionTemplate transaction = application.transaction(readOnly);
			transaction.setIsolationLevel(level);
			for (int i = 0; i < 2; i++) {
				assertThat(transaction.<String>execute((status) -> application.jdbc()
					.queryForObject("SELECT current_setting('transaction_isolation')", String.class)))
					.isEqualTo(expected);
				assertThat(application.decisions().last().isReplica()).isEqualTo(readOnly);
			}
		}
	}

	private void setDefaultIsolation(String level) throws SQLException {
		try (Connection connection = this.cluster.primary().adminConnection()) {
			connection.createStatement()
				.execute("ALTER DATABASE " + this.cluster.database() + " SET default_transaction_isolation = '" + level
						+ "'");
		}
		this.cluster.awaitReplication();
	}

	@Test
	void unloggedTableOnAReplicaCostsNoConnection() throws SQLException {
		try (Connection connection = this.cluster.primary().adminConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE UNLOGGED TABLE IF NOT EXISTS cache (id int)");
			statement.execute("GRANT SELECT ON cache TO PUBLIC");
		}
		this.cluster.awaitReplication();
		try (TestApplication application = TestApplication.on(this.cluster)
			.with("replication.replicas.replica-2.weight", "0")
			.with("replication.replicas.replica-1.hikari.maximum-pool-size", "1")
			.withoutJpa()
			.start()) {
			int backend = readOnly(application).backend();
			assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> application.transaction(true)
					.execute((status) -> application.jdbc().queryForList("SELECT * FROM cache")))
				.withStackTraceContaining("unlogged");
			assertThat(readOnly(application).backend()).isEqualTo(backend);
		}
	}

	@Test
	void connectionThatBreaksWhileHeldIsReplacedInTheNextUnit() throws SQLException {
		try (TestApplication application = TestApplication.on(this.cluster).withoutJpa().start();
				Connection connection = application.bean(DataSource.class).getConnection()) {
			application.newCaller();
			connection.setAutoCommit(false);
			try (Statement statement = connection.createStatement()) {
				statement.executeQuery("SELECT 1");
				this.cluster.primary().proxy().resetConnections();
				assertThatExceptionOfType(SQLException.class).isThrownBy(() -> statement.executeQuery("SELECT 1"));
			}
			connection.rollback();
			connection.setReadOnly(true);
			try (Statement statement = connection.createStatement()) {
				statement.executeQuery("SELECT 1");
			}
			assertThat(application.decisions().lastReason()).isEqualTo(Reason.READ_ONLY);
		}
	}

	@Test
	@Tag("long")
	void failureToReachAnyNodeNamesTheNode() throws SQLException {
		try (TestApplication application = TestApplication.on(this.cluster).withoutJpa().start()) {
			this.cluster.nodes().forEach((node) -> node.proxy().refuse());
			assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> readOnly(application))
				.withStackTraceContaining("primary cannot be reached")
				.havingRootCause()
				.isInstanceOf(ConnectException.class);
			try (Connection connection = application.bean(DataSource.class).getConnection()) {
				assertThat(connection.isClosed()).isFalse();
			}
		}
	}

	/**
	 * Each node lets the application log in, but does not show what it is, because a
	 * table that this is read from is locked. The lock stays until the read has ended.
	 */
	@Test
	@Tag("long")
	void nodesThatFallSilentAfterTheLoginAreNotWaitedForWithoutEnd() throws SQLException {
		try (Connection connection = this.cluster.primary().adminConnection();
				Statement statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			statement.execute("LOCK TABLE pg_catalog.pg_stat_wal_receiver IN ACCESS EXCLUSIVE MODE");
			this.cluster.awaitReplication();
			try (TestApplication application = TestApplication.on(this.cluster).withoutData().start()) {
				assertThat(CompletableFuture.supplyAsync(() -> readOnly(application)))
					.failsWithin(Duration.ofSeconds(30))
					.withThrowableThat()
					.withStackTraceContaining("primary cannot be reached");
			}
			finally {
				connection.rollback();
			}
		}
	}

	@Test
	@Tag("long")
	void replicaWhoseCredentialsWereNotThereForAWhileIsUsedAgain() {
		try (TestApplication application = TestApplication.on(this.cluster)
			.with("replication.replicas.replica-2.weight", "0")
			.withoutJpa()
			.start(Rotating.class)) {
			assertThat(readOnly(application).byReplica()).isFalse();
			application.bean(Rotating.class).available = true;
			Awaitility.await()
				.atMost(Duration.ofSeconds(20))
				.until(() -> readOnly(application).node().equals("replica-1"));
		}
	}

	/**
	 * Each attempt to connect takes longer than it may, while the monitor has its
	 * answers.
	 */
	@Test
	@Tag("long")
	void readThatOnlyThePrimaryMayServeWaitsWhileItIsSlowToConnectTo() {
		try (TestApplication application = TestApplication.on(this.cluster)
			.with("replication.monitor.interval", "100ms")
			.with("replication.monitor.timeout", "10s")
			.with("spring.datasource.hikari.connection-timeout", "30000")
			.withoutJpa()
			.start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			Awaitility.await().until(() -> nodes.node("primary").position() != null);
			this.cluster.primary().proxy().delay(Duration.ofMillis(600));
			CompletableFuture<Integer> read = CompletableFuture.supplyAsync(() -> Replication
				.readOnly(Consistency.STRONG, () -> application.jdbc().queryForObject("SELECT 1", Integer.class)));
			Awaitility.await()
				.during(Duration.ofMillis(1500))
				.atMost(Duration.ofSeconds(5))
				.until(() -> !read.isDone());
			this.cluster.primary().proxy().restore();
			assertThat(read).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(1);
		}
	}

	/**
	 * A unit that waits for a silent node ends with the application, and so do the
	 * threads that look after the nodes.
	 */
	@Test
	@Tag("long")
	void applicationEndsAlthoughAllNodesAreSilent() {
		Set<Thread> before = Thread.getAllStackTraces().keySet();
		TestApplication application = TestApplication.on(this.cluster)
			.with("replication.monitor.interval", "100ms")
			.withoutJpa()
			.start();
		CompletableFuture<Served> unit;
		try {
			CountDownLatch reading = new CountDownLatch(1);
			CountDownLatch silent = new CountDownLatch(1);
			unit = CompletableFuture.supplyAsync(() -> {
				application.newCaller();
				return application.transaction(true).execute((status) -> {
					Served.by(application.jdbc());
					reading.countDown();
					await(silent);
					return Served.by(application.jdbc());
				});
			});
			await(reading);
			this.cluster.nodes().forEach((node) -> node.proxy().blackHole());
			silent.countDown();
			awaitOffline(application);
			assertThat(unit).isNotDone();
		}
		finally {
			assertThat(CompletableFuture.runAsync(application::close)).succeedsWithin(Duration.ofSeconds(60));
		}
		assertThat(unit).failsWithin(Duration.ofSeconds(10));
		Awaitility.await()
			.atMost(Duration.ofSeconds(10))
			.until(() -> Thread.getAllStackTraces()
				.keySet()
				.stream()
				.filter((thread) -> !before.contains(thread))
				.noneMatch((thread) -> thread.getName().startsWith("replication-")));
	}

	private static void awaitOffline(TestApplication application) {
		ReplicationCluster nodes = application.bean(ReplicationCluster.class);
		Awaitility.await()
			.atMost(Duration.ofSeconds(20))
			.until(() -> nodes.nodes().stream().allMatch((node) -> node.state() == NodeState.OFFLINE));
	}

	/**
	 * Provides the credentials of replica-1, unless they are not available.
	 */
	static class Rotating implements ReplicaPoolCustomizer {

		private volatile boolean available;

		@Override
		public void customize(String node, HikariConfig pool) {
			Credentials credentials = Credentials.of(pool.getUsername(), pool.getPassword());
			if (node.equals("replica-1")) {
				pool.setCredentialsProvider(() -> {
					if (!this.available) {
						throw new IllegalStateException("the vault is sealed");
					}
					return credentials;
				});
			}
		}

	}

	private static Object nativeUpdateWithoutTransaction(EntityManager entityManager, String insert) {
		return entityManager.unwrap(Session.class).doReturningWork((connection) -> {
			try (Statement statement = connection.createStatement()) {
				return statement.executeUpdate(insert);
			}
		});
	}

	private static void assertRefused(Runnable write) {
		assertThatExceptionOfType(RuntimeException.class).isThrownBy(write::run)
			.withStackTraceContaining("in a read-only transaction")
			.withStackTraceContaining("is read-only, but it tried to write; it ran on primary (NO_REPLICA)");
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static Served readOnly(TestApplication application) {
		application.newCaller();
		return application.transaction(true).execute((status) -> Served.by(application.jdbc()));
	}

	private static TransactionTemplate newReadOnly(TestApplication application) {
		TransactionTemplate template = application.transaction(true);
		template.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		return template;
	}

	private static Served requiresNew(TestApplication application) {
		return newReadOnly(application).execute((status) -> Served.by(application.jdbc()));
	}

	private PostgresNode node(String name) {
		return this.cluster.node(name);
	}

	@Configuration(proxyBeanMethods = false)
	@EntityScan(basePackageClasses = Note.class)
	static class Jpa {

	}

}
