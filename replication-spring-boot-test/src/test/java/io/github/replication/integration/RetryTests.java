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

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.Tuple;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.orm.jpa.EntityManagerHolder;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.Consistency;
import io.github.replication.NodeState;
import io.github.replication.PoolKind;
import io.github.replication.ReadOnly;
import io.github.replication.Reason;
import io.github.replication.Replication;
import io.github.replication.ReplicationCluster;
import io.github.replication.RouteDecision;
import io.github.replication.RoutingScope;
import io.github.replication.balance.LoadBalancer;
import io.github.replication.jdbc.ConnectionPreparer;
import io.github.replication.jdbc.RetryAttempt;
import io.github.replication.node.Node;
import io.github.replication.policy.NoReplicaException;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Units that run again because a node fails under them, and units that must not. A unit
 * asks the server who it is, lets something happen, and asks again.
 */
@EmbeddedCluster(dedicated = true)
class RetryTests {

	private PostgresCluster cluster;

	private @Nullable TestApplication application;

	@BeforeEach
	void createTables(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
		JdbcTemplate admin = admin(cluster.primary());
		admin.execute("CREATE TABLE IF NOT EXISTS conflicting (id int)");
		admin.execute("CREATE UNLOGGED TABLE IF NOT EXISTS cache (id int)");
		admin.execute("GRANT SELECT ON conflicting, cache TO PUBLIC");
		admin.execute("TRUNCATE cache");
		admin.execute("INSERT INTO cache VALUES (1)");
		cluster.awaitReplication();
	}

	@AfterEach
	void restore() {
		if (this.application != null) {
			this.application.close();
		}
		this.cluster.reset();
	}

	@Test
	void unitRunsElsewhereWhenItsReplicaIsKilled() {
		Units units = start();
		Served served = units.read(once((first) -> node(first).kill()));
		assertRanElsewhere(units, served);
		assertThat(served.byReplica()).isTrue();
		assertNothingLeftBehind();
	}

	@Test
	void unitOfJpaRunsElsewhereWhenItsReplicaIsKilled() {
		this.application = TestApplication.on(this.cluster).start(Jpa.class, Beans.class);
		this.application.newCaller();
		JpaUnits units = this.application.bean(JpaUnits.class);
		Served served = units.read(once((first) -> node(first).kill()));
		assertRanElsewhere(units, served);
		assertThat(served.byReplica()).isTrue();
		assertNothingLeftBehind();
	}

	@Test
	void unitRunsElsewhereWhenItsConnectionIsTerminated() {
		Units units = start();
		assertRanElsewhere(units, units.read(once(this::terminate)));
		assertThat(units.failures()).singleElement().satisfies((ex) -> assertThat(state(ex)).isEqualTo("57P01"));
		assertNothingLeftBehind();
	}

	@ParameterizedTest
	@EnumSource(Reading.class)
	void unitRunsElsewhereWhenItsConnectionIsTerminatedWhileAValueIsRead(Reading reading) {
		JdbcTemplate admin = admin(this.cluster.primary());
		long id = admin.queryForObject("SELECT lo_from_bytea(0, 'ab')", Long.class);
		try {
			admin.execute("GRANT SELECT ON LARGE OBJECT " + id + " TO PUBLIC");
			this.cluster.awaitReplication();
			Units units = start();
			assertRanElsewhere(units, units.readValue(id, reading, once(this::terminate)));
			assertNothingLeftBehind();
		}
		finally {
			admin.queryForList("SELECT lo_unlink(" + id + ")");
		}
	}

	@Test
	@Tag("long")
	void unitRunsElsewhereWhenItFailsAtItsEnd() {
		Units units = start();
		List<Served> attempts = new CopyOnWriteArrayList<>();
		Served served = units.readOnce(() -> {
			attempts.add(Served.by(this.application.jdbc()));
			if (attempts.size() == 1) {
				terminate(attempts.get(0));
			}
			return attempts.get(attempts.size() - 1);
		});
		assertThat(attempts).hasSize(2);
		assertThat(served.node()).isNotEqualTo(attempts.get(0).node());
		assertNothingLeftBehind();
	}

	@Test
	@Tag("long")
	void unitWithoutTransactionLeavesTheNodeOutWhoseStatementFailed() {
		Units units = start();
		CompletableFuture<Served> terminated = new CompletableFuture<>();
		units.readInAutoCommit(once((first) -> {
			CompletableFuture.supplyAsync(this::awaitSleeping).thenAccept((sleeping) -> {
				terminated.complete(sleeping);
				terminate(sleeping);
			});
			sleep();
		}));
		assertThat(units.nodes()).hasSize(2);
		List<String> nodes = this.application.decisions().all().stream().map(RouteDecision::node).toList();
		assertThat(nodes).hasSize(4);
		assertThat(nodes.get(1)).isEqualTo(terminated.join().node());
		assertThat(nodes.subList(2, 4)).containsOnly(other(nodes.get(1)));
		assertNothingLeftBehind();
	}

	@Test
	@Tag("long")
	void connectionThatAnOpenStatementKeepsIsNotUsedAgain() {
		Units units = start();
		TransactionTemplate synchronization = this.application.transaction(true);
		synchronization.setPropagationBehavior(TransactionDefinition.PROPAGATION_SUPPORTS);
		Served served = synchronization.execute((status) -> this.application.jdbc()
			.execute("SELECT 1", (PreparedStatement open) -> units.readInAutoCommit(once((first) -> {
				this.application.jdbc().execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$");
			}))));
		assertRanElsewhere(units, served);
		assertNothingLeftBehind();
	}

	@Test
	@Tag("long")
	void unitRunsElsewhereInASessionThatStaysOpen() {
		this.application = TestApplication.on(this.cluster).start(Jpa.class, Beans.class);
		this.application.newCaller();
		JpaUnits units = this.application.bean(JpaUnits.class);
		EntityManagerFactory factory = this.application.bean(EntityManagerFactory.class);
		try (EntityManager session = factory.createEntityManager()) {
			TransactionSynchronizationManager.bindResource(factory, new EntityManagerHolder(session));
			assertThat(units.read(RetryTests::nothing).byReplica()).isTrue();
			units.forget();
			Served served = units.read(once(this::terminate));
			assertRanElsewhere(units, served);
			assertThat(units.read(RetryTests::nothing).byReplica()).isTrue();
		}
		finally {
			TransactionSynchronizationManager.unbindResource(factory);
		}
		assertNothingLeftBehind();
	}

	@Test
	void queryThatIsInTheWayOfRecoveryRunsElsewhere() {
		this.cluster.replicas().forEach((replica) -> replica.set("max_standby_streaming_delay", "0"));
		Units units = start();
		Served served = units.read(once((first) -> {
			CompletableFuture.supplyAsync(this::awaitSleeping).thenAccept((sleeping) -> truncate());
			sleep();
		}));
		assertRanElsewhere(units, served);
		assertThat(units.failures()).singleElement().satisfies((ex) -> assertThat(state(ex)).isEqualTo("40001"));
		assertThat(this.application.bean(ReplicationCluster.class).nodes())
			.allSatisfy((node) -> assertThat(node.state()).isEqualTo(NodeState.ONLINE));
		assertNothingLeftBehind();
	}

	@Test
	@Tag("long")
	void idleTransactionThatIsInTheWayOfRecoveryRunsElsewhere() {
		this.cluster.replicas().forEach((replica) -> replica.set("max_standby_streaming_delay", "0"));
		Units units = start();
		Served served = units.read(once((first) -> {
			this.application.jdbc().queryForList("SELECT * FROM conflicting");
			truncate();
			awaitEnd(first);
		}));
		assertRanElsewhere(units, served);
		assertThat(units.failures()).singleElement().satisfies((ex) -> assertThat(state(ex)).isEqualTo("40001"));
		assertThat(this.application.bean(ReplicationCluster.class).nodes())
			.allSatisfy((node) -> assertThat(node.state()).isEqualTo(NodeState.ONLINE));
		assertNothingLeftBehind();
	}

	@Test
	@Tag("long")
	void unitRunsElsewhereWhenItsConnectionCannotBePrepared() {
		this.application = TestApplication.on(this.cluster).withoutJpa().start(FailingPreparer.class, Beans.class);
		this.application.newCaller();
		Served served = this.application.bean(Units.class).read(RetryTests::nothing);
		List<String> prepared = this.application.bean(FailingPreparer.class).prepared;
		assertThat(prepared).hasSize(2).doesNotHaveDuplicates().last().isEqualTo(served.node());
		assertNothingLeftBehind();
	}

	@Test
	@Tag("long")
	void unitRunsElsewhereWhenItsNodeFallsSilentWhileItsConnectionIsPrepared() {
		this.application = TestApplication.on(this.cluster)
			.with("replication.monitor.interval", "200ms")
			.with("replication.monitor.timeout", "200ms")
			.with("replication.monitor.abort-after", "500ms")
			.withoutJpa()
			.start(SilentPreparer.class, Beans.class);
		SilentPreparer preparer = this.application.bean(SilentPreparer.class);
		preparer.cluster = this.cluster;
		CompletableFuture<Served> read = CompletableFuture.supplyAsync(() -> {
			this.application.newCaller();
			return this.application.bean(Units.class).read(RetryTests::nothing);
		});
		assertThat(read).succeedsWithin(Duration.ofSeconds(30));
		assertThat(preparer.prepared).hasSize(2).doesNotHaveDuplicates().last().isEqualTo(read.join().node());
	}

	@ParameterizedTest
	@Tag("long")
	@ValueSource(booleans = { true, false })
	void unitRunsElsewhereWhenItsNodeFallsSilentBeforeItReadsMetadata(boolean rows) {
		Units units = start("replication.monitor.interval", "200ms", "replication.monitor.timeout", "200ms",
				"replication.monitor.abort-after", "500ms");
		units.read(RetryTests::nothing);
		AtomicInteger runs = new AtomicInteger();
		CompletableFuture<Boolean> read = CompletableFuture.supplyAsync(() -> {
			this.application.newCaller();
			return units.readMetadata(rows, () -> {
				if (runs.incrementAndGet() == 1) {
					this.cluster.node("replica-1").proxy().blackHole();
				}
			});
		});
		assertThat(read).succeedsWithin(Duration.ofSeconds(30)).isEqualTo(true);
		assertThat(runs).hasValue(2);
	}

	@Test
	@Tag("long")
	void unloggedTableIsReadOnThePrimaryAndCostsNoConnection() {
		Units units = start("replication.replicas.replica-1.hikari.maximum-pool-size", "1",
				"replication.replicas.replica-2.weight", "0");
		int backend = units.read(RetryTests::nothing).backend();
		assertThat(units.readCache()).containsExactly(1);
		assertThat(units.nodes()).containsExactly("replica-1", "replica-1", "primary");
		assertThat(this.application.decisions().last().pool()).isEqualTo(PoolKind.READ);
		assertThat(this.application.decisions().lastReason()).isEqualTo(Reason.NO_REPLICA);
		assertThat(units.read(RetryTests::nothing).backend()).isEqualTo(backend);
	}

	@Test
	@Tag("long")
	void unloggedTableIsTriedOnOneReplicaOnly() {
		Units units = start();
		assertThat(units.readCache()).containsExactly(1);
		assertRanElsewhere(units, "primary");
		assertNothingLeftBehind();
	}

	@Test
	void unitThatForbidsItFailsWithItsReplica() {
		Units units = start();
		assertFailsOnce(units, () -> units.readWithoutRetry(this::terminate));
	}

	@Test
	@Tag("long")
	void transactionalUnitFailsWithItsReplica() {
		Units units = start();
		assertFailsOnce(units, () -> units.readTransactional(this::terminate));
	}

	@Test
	@Tag("long")
	void unitThatReturnsAStreamFailsWithItsReplica() {
		Units units = start();
		assertFailsOnce(units, () -> units.stream(this::terminate));
	}

	@Test
	@Tag("long")
	void unitOfARunningTransactionFailsWithItsReplica() {
		Units units = start();
		assertFailsOnce(units,
				() -> this.application.transaction(true).execute((status) -> units.read(this::terminate)));
	}

	@Test
	@Tag("long")
	void onlyTheOutermostUnitRunsAgain() {
		Units units = start();
		Outer outer = this.application.bean(Outer.class);
		outer.read(RetryTests::nothing, once(this::terminate));
		assertThat(outer.nodes()).hasSize(2);
		assertThat(units.nodes()).hasSize(2).doesNotHaveDuplicates();
		assertNothingLeftBehind();
	}

	@Test
	@Tag("long")
	void failureIsBlamedOnTheNodeOfTheStatementAndNotOnTheOneUsedLast() {
		Units units = start();
		Outer outer = this.application.bean(Outer.class);
		outer.read(once(this::terminate), RetryTests::nothing);
		assertThat(outer.nodes()).containsExactly("replica-1", "replica-2");
		assertThat(units.nodes().get(0)).isEqualTo("replica-2");
		assertNothingLeftBehind();
	}

	@Test
	@Tag("long")
	void unitThatHasWrittenInATransactionOfItsOwnFailsWithItsReplica() {
		Units units = start();
		Writes writes = this.application.bean(Writes.class);
		int before = writes.count();
		this.application.newCaller();
		assertFailsOnce(units, () -> units.read((first) -> {
			Replication.untracked(writes::insert);
			terminate(first);
		}));
		assertThat(writes.count()).isEqualTo(before + 1);
	}

	@Test
	void unitThatTriesToWriteIsNotRepeated() {
		Units units = start();
		JdbcTemplate jdbc = this.application.jdbc();
		assertNotRepeated(units, "25006", (first) -> jdbc.update("INSERT INTO note VALUES (801, 'a')"));
	}

	@Test
	@Tag("long")
	void errorOfTheApplicationIsNotRepeated() {
		Units units = start();
		JdbcTemplate jdbc = this.application.jdbc();
		assertNotRepeated(units, "42601", (first) -> jdbc.queryForList("SELEC 1"));
		assertNotRepeated(units, "22012", (first) -> jdbc.queryForList("SELECT 1 / 0"));
		Writes writes = this.application.bean(Writes.class);
		assertNotRepeated(units, "23505", (first) -> writes.insertTwice());
	}

	@Test
	@Tag("long")
	void unitFailsAfterOneAttemptOnEachNodeAndTheWaitForThePrimary() {
		Units units = start("spring.datasource.hikari.connection-timeout", "1000");
		Throwable thrown = catchThrowable(() -> units.read(this::lose));
		assertThat(thrown).hasStackTraceContaining("primary cannot be reached");
		assertThat(units.nodes()).containsExactly("replica-1", "replica-2", "primary");
		assertThat(thrown.getSuppressed()).containsExactlyElementsOf(units.failures())
			.hasSize(3)
			.allSatisfy((earlier) -> assertThat(state(earlier)).startsWith("08"));
		assertNothingLeftBehind();
	}

	@Test
	@Tag("long")
	void unitRunsOnThePrimaryOnceMoreWhenItsConnectionsAreReset() {
		Units units = start();
		Reads others = this.application.bean(Reads.class);
		Served served = units.readStrong(once((first) -> {
			others.readOnThePrimary();
			this.cluster.primary().proxy().resetConnections();
		}));
		assertThat(units.nodes()).containsExactly("primary", "primary");
		assertThat(served.byReplica()).isFalse();
		assertNothingBound();
	}

	@Test
	void unitRunsOnTheSuccessorWhenThePrimaryIsKilled() {
		Units units = start("spring.datasource.hikari.connection-timeout", "20000");
		Served served = units.readStrong(once((first) -> {
			this.cluster.primary().kill();
			this.cluster.node("replica-2").promote();
		}));
		assertThat(units.nodes()).containsExactly("primary", "replica-2");
		assertThat(served.byReplica()).isFalse();
		assertNothingBound();
	}

	@Test
	@Tag("long")
	void unitFailsAfterOneAttemptOnEachReplicaWhereThePrimaryMustNotServe() {
		Units units = start("replication.fallback", "fail");
		Throwable thrown = catchThrowable(() -> units.read(this::lose));
		assertThat(thrown).isInstanceOf(DataAccessException.class).hasRootCauseInstanceOf(NoReplicaException.class);
		assertThat(units.nodes()).containsExactly("replica-1", "replica-2");
		assertThat(thrown.getSuppressed()).hasSize(2);
		assertNothingLeftBehind();
	}

	private Units start(String... properties) {
		TestApplication.Builder builder = TestApplication.on(this.cluster).withoutJpa();
		for (int i = 0; i < properties.length; i += 2) {
			builder.with(properties[i], properties[i + 1]);
		}
		this.application = builder.start(Beans.class);
		this.application.newCaller();
		return this.application.bean(Units.class);
	}

	private static void assertRanElsewhere(Attempts attempts, Served served) {
		assertRanElsewhere(attempts, served.node());
	}

	private static void assertRanElsewhere(Attempts attempts, String node) {
		assertThat(attempts.nodes()).hasSize(2).doesNotHaveDuplicates().last().isEqualTo(node);
		assertThat(attempts.nodes().get(0)).startsWith("replica-");
	}

	private void assertFailsOnce(Attempts attempts, Runnable unit) {
		assertThatExceptionOfType(DataAccessException.class).isThrownBy(unit::run)
			.satisfies((ex) -> assertThat(state(ex)).isEqualTo("57P01"));
		assertThat(attempts.nodes()).singleElement().asString().startsWith("replica-");
		assertNothingLeftBehind();
	}

	private void assertNotRepeated(Units units, String state, Consumer<Served> between) {
		units.forget();
		assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> units.read(between))
			.satisfies((ex) -> assertThat(state(ex)).isEqualTo(state));
		assertThat(units.nodes()).hasSize(1);
		assertNothingLeftBehind();
	}

	private void assertNothingLeftBehind() {
		assertNothingBound();
		assertThat(this.application.bean(FirstIdle.class).offered).hasSize(2)
			.allSatisfy((node) -> assertThat(node.activeConnections()).isZero());
	}

	private static void assertNothingBound() {
		assertThat(RoutingScope.current()).isSameAs(RoutingScope.NONE);
		assertThat(RetryAttempt.isOpen()).isFalse();
		assertThat(TransactionSynchronizationManager.isSynchronizationActive()).isFalse();
		assertThat(TransactionSynchronizationManager.getResourceMap()).isEmpty();
	}

	private static Consumer<Served> once(Consumer<Served> fault) {
		AtomicInteger attempts = new AtomicInteger();
		return (first) -> {
			if (attempts.incrementAndGet() == 1) {
				fault.accept(first);
			}
		};
	}

	private static void nothing(Served served) {
	}

	private PostgresNode node(Served served) {
		return this.cluster.node(served.node());
	}

	private static String other(String replica) {
		return replica.equals("replica-1") ? "replica-2" : "replica-1";
	}

	private void terminate(Served served) {
		admin(node(served)).queryForList("SELECT pg_terminate_backend(" + served.backend() + ", 10000)");
	}

	private void lose(Served served) {
		node(served).proxy().refuse();
		node(served).proxy().resetConnections();
	}

	private void truncate() {
		admin(this.cluster.primary()).execute("TRUNCATE conflicting");
	}

	/**
	 * Runs a query that something is to happen to.
	 */
	private void sleep() {
		this.application.jdbc().queryForList("SELECT pg_sleep(30) FROM (SELECT count(*) FROM conflicting) AS rows");
	}

	/**
	 * Waits until that query runs.
	 */
	private Served awaitSleeping() {
		return Awaitility.await()
			.until(() -> this.cluster.replicas().stream().flatMap(this::sleeping).findFirst(), Optional::isPresent)
			.get();
	}

	private Stream<Served> sleeping(PostgresNode node) {
		return admin(node)
			.queryForList("SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'",
					Integer.class)
			.stream()
			.map((pid) -> new Served(node.name(), node.port(), true, true, pid));
	}

	private void awaitEnd(Served served) {
		String sql = "SELECT count(*) FROM pg_stat_activity WHERE pid = " + served.backend();
		Awaitility.await().until(() -> admin(node(served)).queryForObject(sql, Integer.class) == 0);
	}

	private JdbcTemplate admin(PostgresNode node) {
		return new JdbcTemplate(new DriverManagerDataSource(node.directUrl(), this.cluster.adminUsername(),
				this.cluster.adminPassword()));
	}

	private static @Nullable String state(Throwable failure) {
		Throwable link = failure;
		while (link != null && !(link instanceof SQLException)) {
			link = link.getCause();
		}
		return (link != null) ? ((SQLException) link).getSQLState() : null;
	}

	@Configuration(proxyBeanMethods = false)
	static class Beans {

		@Bean
		FirstIdle firstIdle() {
			return new FirstIdle();
		}

		@Bean
		Units units(JdbcTemplate jdbc) {
			return new Units(jdbc);
		}

		@Bean
		Outer outer(JdbcTemplate jdbc, Units units) {
			return new Outer(jdbc, units);
		}

		@Bean
		Reads reads(JdbcTemplate jdbc) {
			return new Reads(jdbc);
		}

		@Bean
		Writes writes(JdbcTemplate jdbc) {
			return new Writes(jdbc);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EntityScan(basePackageClasses = Note.class)
	static class Jpa {

		@Bean
		JpaUnits jpaUnits(EntityManager entityManager) {
			return new JpaUnits(entityManager);
		}

	}

	/**
	 * Where attempts have read, and how they have failed.
	 */
	abstract static class Attempts {

		private final List<Served> attempts = new CopyOnWriteArrayList<>();

		private final List<RuntimeException> failures = new CopyOnWriteArrayList<>();

		List<String> nodes() {
			return this.attempts.stream().map(Served::node).toList();
		}

		List<RuntimeException> failures() {
			return this.failures;
		}

		void forget() {
			this.attempts.clear();
		}

		final void attempted(Served served) {
			this.attempts.add(served);
		}

		final Served readTwice(Supplier<Served> query, Consumer<Served> between) {
			Served first = query.get();
			attempted(first);
			try {
				between.accept(first);
				return query.get();
			}
			catch (RuntimeException ex) {
				this.failures.add(ex);
				throw ex;
			}
		}

	}

	static class Units extends Attempts {

		private final JdbcTemplate jdbc;

		Units(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		@ReadOnly
		Served read(Consumer<Served> between) {
			return readTwice(between);
		}

		@ReadOnly(consistency = Consistency.STRONG)
		Served readStrong(Consumer<Served> between) {
			return readTwice(between);
		}

		@ReadOnly
		Served readOnce(Supplier<Served> query) {
			return query.get();
		}

		@ReadOnly(retry = false)
		Served readWithoutRetry(Consumer<Served> between) {
			return readTwice(between);
		}

		@ReadOnly
		Served readValue(long id, Reading reading, Consumer<Served> between) {
			Served served = Served.by(this.jdbc);
			attempted(served);
			this.jdbc.execute((Statement statement) -> {
				statement.execute("DECLARE numbers CURSOR FOR SELECT generate_series(1, 10)");
				statement.setFetchSize(1);
				try (ResultSet rows = statement
					.executeQuery("SELECT " + id + "::oid, 'numbers'::refcursor FROM generate_series(1, 10)")) {
					rows.next();
					reading.read(rows, () -> between.accept(served));
				}
				catch (IOException ex) {
					throw new UncheckedIOException(ex);
				}
				return served;
			});
			return served;
		}

		@ReadOnly
		boolean readMetadata(boolean rows, Runnable before) {
			return this.jdbc.execute((Connection connection) -> {
				before.run();
				if (!rows) {
					return connection.getSchema() != null;
				}
				try (ResultSet tables = connection.getMetaData().getTables(null, null, "note", null)) {
					return tables.next();
				}
			});
		}

		@ReadOnly(propagation = Propagation.SUPPORTS)
		Served readInAutoCommit(Consumer<Served> between) {
			return readTwice(between);
		}

		@ReadOnly(propagation = Propagation.REQUIRES_NEW)
		Served readApart(Consumer<Served> between) {
			return readTwice(between);
		}

		@Transactional(readOnly = true)
		Served readTransactional(Consumer<Served> between) {
			return readTwice(between);
		}

		@ReadOnly
		Stream<Served> stream(Consumer<Served> between) {
			return Stream.of(readTwice(between));
		}

		@ReadOnly
		List<Integer> readCache() {
			attempted(Served.by(this.jdbc));
			return this.jdbc.queryForList("SELECT id FROM cache", Integer.class);
		}

		private Served readTwice(Consumer<Served> between) {
			return readTwice(() -> Served.by(this.jdbc), between);
		}

	}

	/**
	 * Reads what the driver asks the server for, after something has happened.
	 */
	enum Reading {

		BLOB {

			@Override
			void read(ResultSet row, Runnable before) throws SQLException {
				Blob blob = row.getBlob(1);
				before.run();
				assertThat(blob.length()).isEqualTo(2);
			}

		},

		STREAM {

			@Override
			void read(ResultSet row, Runnable before) throws SQLException, IOException {
				InputStream stream = row.getBlob(1).getBinaryStream();
				before.run();
				assertThat(stream.read()).isEqualTo('a');
			}

		},

		CLOB {

			@Override
			void read(ResultSet row, Runnable before) throws SQLException {
				Clob clob = row.getClob(1);
				before.run();
				assertThat(clob.getSubString(1, 2)).isEqualTo("ab");
			}

		},

		READER {

			@Override
			void read(ResultSet row, Runnable before) throws SQLException, IOException {
				Reader reader = row.getClob(1).getCharacterStream();
				before.run();
				assertThat(reader.read()).isEqualTo('a');
			}

		},

		CURSOR {

			@Override
			void read(ResultSet row, Runnable before) throws SQLException {
				before.run();
				assertThat(((ResultSet) row.getObject(2)).next()).isTrue();
			}

		},

		LAST_ROW {

			@Override
			void read(ResultSet row, Runnable before) throws SQLException {
				before.run();
				assertThat(row.isLast()).isFalse();
			}

		};

		abstract void read(ResultSet row, Runnable before) throws SQLException, IOException;

	}

	static class Reads {

		private final JdbcTemplate jdbc;

		Reads(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		@ReadOnly(consistency = Consistency.STRONG, propagation = Propagation.REQUIRES_NEW)
		void readOnThePrimary() {
			assertThat(Served.by(this.jdbc).byReplica()).isFalse();
		}

	}

	static class JpaUnits extends Attempts {

		private final EntityManager entityManager;

		JpaUnits(EntityManager entityManager) {
			this.entityManager = entityManager;
		}

		@ReadOnly
		Served read(Consumer<Served> between) {
			return readTwice(this::served, between);
		}

		private Served served() {
			Tuple row = (Tuple) this.entityManager.createNativeQuery(Served.QUERY, Tuple.class).getSingleResult();
			return new Served(row.get("node", String.class), row.get("port", Integer.class),
					row.get("in_recovery", Boolean.class), row.get("read_only", Boolean.class),
					row.get("backend", Integer.class));
		}

	}

	/**
	 * Reads, calls another unit, and reads again.
	 */
	static class Outer extends Attempts {

		private final JdbcTemplate jdbc;

		private final Units units;

		Outer(JdbcTemplate jdbc, Units units) {
			this.jdbc = jdbc;
			this.units = units;
		}

		@ReadOnly
		Served read(Consumer<Served> between, Consumer<Served> betweenInner) {
			return readTwice(() -> Served.by(this.jdbc), (first) -> {
				this.units.readApart(betweenInner);
				between.accept(first);
			});
		}

	}

	static class Writes {

		private static final String INSERT = "INSERT INTO note VALUES (nextval('note_seq'), 'written in a read')";

		private final JdbcTemplate jdbc;

		Writes(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		@Transactional(propagation = Propagation.REQUIRES_NEW)
		void insert() {
			this.jdbc.update(INSERT);
		}

		@Transactional(propagation = Propagation.REQUIRES_NEW)
		void insertTwice() {
			this.jdbc.update("INSERT INTO note VALUES (802, 'a'), (802, 'b')");
		}

		@Transactional
		int count() {
			return this.jdbc.queryForObject("SELECT count(*) FROM note WHERE text = 'written in a read'",
					Integer.class);
		}

	}

	/**
	 * Chooses the first replica that serves nobody, and remembers whom it could choose.
	 */
	static class FirstIdle implements LoadBalancer {

		final Set<Node> offered = new CopyOnWriteArraySet<>();

		@Override
		public <N extends Node> N choose(List<N> candidates) {
			this.offered.addAll(candidates);
			return candidates.stream()
				.filter((node) -> node.activeConnections() == 0)
				.findFirst()
				.orElse(candidates.get(0));
		}

	}

	/**
	 * Fails on the first node that it is called for.
	 */
	static class FailingPreparer implements ConnectionPreparer {

		final List<String> prepared = new CopyOnWriteArrayList<>();

		@Override
		public void prepare(Connection connection, RouteDecision decision) throws SQLException {
			if (!decision.isReplica()) {
				return;
			}
			this.prepared.add(decision.node());
			if (this.prepared.size() == 1) {
				throw new SQLException("x", "57P01");
			}
		}

	}

	/**
	 * Asks each node something, of which the first does not answer any more.
	 */
	static class SilentPreparer implements ConnectionPreparer {

		final List<String> prepared = new CopyOnWriteArrayList<>();

		private volatile @Nullable PostgresCluster cluster;

		@Override
		public void prepare(Connection connection, RouteDecision decision) throws SQLException {
			PostgresCluster cluster = this.cluster;
			if (cluster == null || !decision.isReplica()) {
				return;
			}
			this.prepared.add(decision.node());
			if (this.prepared.size() == 1) {
				cluster.node(decision.node()).proxy().blackHole();
			}
			try (Statement statement = connection.createStatement()) {
				statement.execute("SELECT 1");
			}
		}

	}

}
