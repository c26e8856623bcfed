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
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

import javax.sql.DataSource;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.Consistency;
import io.github.replication.PoolKind;
import io.github.replication.Reason;
import io.github.replication.Replication;
import io.github.replication.RouteDecision;
import io.github.replication.RoutingScope;
import io.github.replication.WriteRecord;
import io.github.replication.balance.LoadBalancer;
import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.node.Node;
import io.github.replication.position.PositionToken;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A caller never misses its own write, and reads from replicas as soon as they have it.
 */
@EmbeddedCluster
@TestInstance(Lifecycle.PER_CLASS)
class PositionTests {

	private static final AtomicLong IDS = new AtomicLong(1_000_000);

	private PostgresCluster cluster;

	private TestApplication application;

	private JdbcTemplate jdbc;

	@BeforeEach
	void start(PostgresCluster cluster) {
		this.cluster = cluster;
		if (this.application == null) {
			TestApplication.createTable(cluster);
			this.application = TestApplication.exactly(cluster).withoutJpa().start();
			this.jdbc = this.application.jdbc();
			createFunctions();
		}
		this.application.newCaller();
		this.application.decisions().clear();
	}

	private void createFunctions() {
		this.jdbc.execute("CREATE OR REPLACE FUNCTION add_note(bigint) RETURNS bigint LANGUAGE sql AS"
				+ " 'INSERT INTO note VALUES ($1, ''f'') RETURNING id'");
		this.jdbc.execute("CREATE OR REPLACE PROCEDURE add_note_by_call(bigint) LANGUAGE sql AS"
				+ " 'INSERT INTO note VALUES ($1, ''p'')'");
		this.cluster.awaitReplication();
	}

	@AfterEach
	void release() {
		this.cluster.replicas().forEach(PostgresNode::resumeReplay);
		this.cluster.awaitReplication();
	}

	@AfterAll
	void stop() {
		this.application.close();
	}

	@Test
	void ownWriteIsSeenOnThePrimaryWhileBothReplicasAreBehindAndOnReplicasOnceTheyAreNot() {
		pause("replica-1", "replica-2");
		long id = write();
		assertSees(id);
		assertThat(lastRead()).isEqualTo(new Where("primary", PoolKind.READ, Reason.BEHIND));
		this.cluster.replicas().forEach(PostgresNode::resumeReplay);
		this.cluster.awaitReplication();
		soon().untilAsserted(() -> {
			assertSees(id);
			assertThat(lastRead().reason()).isEqualTo(Reason.READ_ONLY);
		});
		assertThat(this.application.bean(WriteRecord.class).hasWritten()).isTrue();
	}

	@Test
	void ownWriteIsServedByTheOnlyReplicaThatHasCaughtUp() {
		for (String behind : new String[] { "replica-1", "replica-2" }) {
			pause(behind);
			for (int i = 0; i < 10; i++) {
				this.application.newCaller();
				long id = write();
				soon().untilAsserted(() -> {
					assertSees(id);
					assertThat(lastRead().reason()).isEqualTo(Reason.READ_ONLY);
				});
				assertThat(lastRead().node()).startsWith("replica-").isNotEqualTo(behind);
			}
			this.cluster.replicas().forEach(PostgresNode::resumeReplay);
			this.cluster.awaitReplication();
		}
	}

	@Test
	void statementPreparedOnThePrimaryIsExecutedThereAlthoughTheReplicasHaveCaughtUpSince() throws SQLException {
		pause("replica-1", "replica-2");
		long id = write();
		Replication.readOnly(Consistency.SESSION, () -> {
			try (Connection connection = this.application.bean(DataSource.class).getConnection();
					PreparedStatement statement = connection
						.prepareStatement("SELECT count(*) FROM note WHERE id = ?")) {
				statement.setLong(1, id);
				assertThat(lastRead().reason()).isEqualTo(Reason.BEHIND);
				this.cluster.replicas().forEach(PostgresNode::resumeReplay);
				soon().untilAsserted(() -> {
					assertSees(id);
					assertThat(lastRead().reason()).isEqualTo(Reason.READ_ONLY);
				});
				try (ResultSet row = statement.executeQuery()) {
					row.next();
					assertThat(row.getInt(1)).isEqualTo(1);
				}
			}
		});
	}

	@Test
	void writeOfAnotherThreadOfTheCallerCountsAlthoughANodeIsBeingChosen() throws SQLException {
		long id = IDS.incrementAndGet();
		try (Connection admin = this.cluster.primary().adminConnection();
				TestApplication other = TestApplication.exactly(this.cluster)
					.withoutJpa()
					.start(InterruptedChoice.class)) {
			pause("replica-1", "replica-2");
			other.newCaller();
			CallerRecord record = other.bean(CallerRecords.class).current();
			InterruptedChoice.meanwhile.set(() -> {
				new JdbcTemplate(new SingleConnectionDataSource(admin, true)).update("INSERT INTO note VALUES (?, 'x')",
						id);
				record.recordWrite(false);
			});
			assertThat(count(other, id)).isEqualTo(1);
			assertThat(InterruptedChoice.meanwhile).hasNullValue();
			assertThat(other.decisions().last().reason()).isEqualTo(Reason.BEHIND);
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class InterruptedChoice {

		static final AtomicReference<Runnable> meanwhile = new AtomicReference<>();

		@Bean
		LoadBalancer interruptedChoice() {
			return new LoadBalancer() {

				@Override
				public <N extends Node> N choose(List<N> candidates) {
					Runnable work = meanwhile.getAndSet(null);
					if (work != null) {
						work.run();
					}
					return candidates.get(0);
				}

			};
		}

	}

	@Test
	void callersOfOthersWritesAreNotKeptFromReplicas() {
		pause("replica-1", "replica-2");
		write();
		this.application.newCaller();
		assertThat(readOnly().byReplica()).isTrue();
		assertThat(Replication.position()).isNotNull();
	}

	@Test
	void rolledBackTransactionLeavesNoPosition() {
		pause("replica-1", "replica-2");
		this.application.transaction(false).executeWithoutResult((status) -> {
			insert(IDS.incrementAndGet());
			status.setRollbackOnly();
		});
		assertThat(this.application.bean(WriteRecord.class).hasWritten()).isFalse();
	}

	@Test
	void readWriteTransactionThatOnlyReadsLeavesNoPosition() {
		this.application.transaction(false)
			.executeWithoutResult((status) -> this.jdbc.queryForObject("SELECT count(*) FROM note", Long.class));
		assertThat(this.application.bean(WriteRecord.class).hasWritten()).isFalse();
		assertThat(Stream.ofNullable(Replication.position()).map(PositionToken::parse))
			.noneMatch(PositionToken::hasWrite);
		soon().untilAsserted(() -> assertThat(readOnly().byReplica()).isTrue());
	}

	@ParameterizedTest
	@ValueSource(strings = { "INSERT INTO note VALUES (%d, 'x')", "SELECT add_note(%d)", "CALL add_note_by_call(%d)",
			"WITH w AS (INSERT INTO note VALUES (%d, 'x') RETURNING id) SELECT * FROM w",
			"INSERT INTO note VALUES (%d, 'x') RETURNING id", "DO $$ BEGIN INSERT INTO note VALUES (%d, 'x'); END $$" })
	void everyWayToWriteIsSeen(String sql) {
		pause("replica-1", "replica-2");
		long inTransaction = IDS.incrementAndGet();
		this.application.transaction(false)
			.executeWithoutResult((status) -> this.jdbc.execute(sql.formatted(inTransaction)));
		assertWritten();
		assertSees(inTransaction);
		this.application.newCaller();
		long inAutoCommit = IDS.incrementAndGet();
		this.jdbc.execute(sql.formatted(inAutoCommit));
		assertWritten();
		assertSees(inAutoCommit);
		assertThat(lastRead().reason()).isEqualTo(Reason.BEHIND);
	}

	@Test
	void insertReturningThroughAQueryMethodIsSeen() {
		pause("replica-1", "replica-2");
		long id = IDS.incrementAndGet();
		this.jdbc.queryForObject("INSERT INTO note VALUES (?, 'x') RETURNING id", Long.class, id);
		assertWritten();
		assertSees(id);
	}

	@Test
	void batchIsSeen() {
		pause("replica-1", "replica-2");
		long id = IDS.incrementAndGet();
		this.jdbc.batchUpdate("INSERT INTO note VALUES (" + id + ", 'x')",
				"INSERT INTO note VALUES (" + IDS.incrementAndGet() + ", 'x')");
		assertWritten();
		assertSees(id);
	}

	@Test
	void commitAsTextIsSeen() throws SQLException {
		pause("replica-1", "replica-2");
		long id = IDS.incrementAndGet();
		try (Connection connection = this.application.bean(DataSource.class).getConnection();
				Statement statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			statement.execute("INSERT INTO note VALUES (" + id + ", 'x')");
			statement.execute("COMMIT");
			connection.commit();
		}
		assertWritten();
		assertSees(id);
	}

	@Test
	void commitAsTextIsSeenAlthoughTheTransactionIsRolledBackThen() throws SQLException {
		pause("replica-1", "replica-2");
		long id = IDS.incrementAndGet();
		try (Connection connection = this.application.bean(DataSource.class).getConnection();
				Statement statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			statement.addBatch("INSERT INTO note VALUES (" + id + ", 'x')");
			statement.addBatch("COMMIT");
			statement.executeBatch();
			connection.rollback();
		}
		assertWritten();
		assertSees(id);
	}

	@Test
	void commitAsTextIsSeenAlthoughTheConnectionIsClosedThen() throws SQLException {
		pause("replica-1", "replica-2");
		long id = IDS.incrementAndGet();
		try (Connection connection = this.application.bean(DataSource.class).getConnection();
				Statement statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			statement.execute("INSERT INTO note VALUES (" + id + ", '--'); COMMIT");
		}
		assertWritten();
		assertSees(id);
	}

	@Test
	void batchThatIsRolledBackLeavesNoPosition() {
		this.application.transaction(false).executeWithoutResult((status) -> {
			this.jdbc.batchUpdate("INSERT INTO note VALUES (" + IDS.incrementAndGet() + ", 'x')",
					"INSERT INTO note VALUES (" + IDS.incrementAndGet() + ", 'x')");
			status.setRollbackOnly();
		});
		assertThat(this.application.bean(WriteRecord.class).hasWritten()).isFalse();
	}

	@Test
	void rowThatIsInsertedThroughAResultSetIsSeen() throws SQLException {
		// a read may count as a write while the catalog is not read again
		this.application.awaitQuiet();
		pause("replica-1", "replica-2");
		long id = IDS.incrementAndGet();
		try (Connection connection = this.application.bean(DataSource.class).getConnection();
				Statement statement = connection.createStatement(ResultSet.TYPE_FORWARD_ONLY,
						ResultSet.CONCUR_UPDATABLE);
				ResultSet rows = statement.executeQuery("SELECT id, text FROM note WHERE id = " + id)) {
			assertThat(this.application.bean(WriteRecord.class).hasWritten()).isFalse();
			rows.moveToInsertRow();
			rows.updateLong(1, id);
			rows.updateString(2, "x");
			rows.insertRow();
			assertWritten();
			assertSees(id);
		}
	}

	@Test
	void commitByAutoCommitIsSeen() throws SQLException {
		pause("replica-1", "replica-2");
		long id = IDS.incrementAndGet();
		try (Connection connection = this.application.bean(DataSource.class).getConnection();
				Statement statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			statement.execute("INSERT INTO note VALUES (" + id + ", 'x')");
			connection.setAutoCommit(true);
		}
		assertWritten();
		assertSees(id);
	}

	@Test
	void callbackAfterTheCommitSeesTheWrite() {
		pause("replica-1", "replica-2");
		long id = IDS.incrementAndGet();
		Set<Boolean> written = new HashSet<>();
		this.application.transaction(false).executeWithoutResult((status) -> {
			insert(id);
			TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

				@Override
				public void afterCommit() {
					written.add(PositionTests.this.application.bean(WriteRecord.class).hasWritten());
				}

			});
		});
		assertThat(written).containsExactly(true);
	}

	@Test
	void untrackedWritesKeepNobodyFromReplicas() {
		pause("replica-1", "replica-2");
		long id = IDS.incrementAndGet();
		Replication.untracked(() -> {
			this.application.transaction(false).executeWithoutResult((status) -> insert(id));
			assertSees(id);
		});
		assertThat(this.application.bean(WriteRecord.class).hasWritten()).isFalse();
	}

	@Test
	void positionTakenElsewhereIsRespectedThereAndOnlyThere() throws ExecutionException, InterruptedException {
		pause("replica-1", "replica-2");
		long id = write();
		String position = Replication.position();
		assertThat(position).isNotNull();
		ExecutorService thread = Executors.newSingleThreadExecutor();
		try {
			thread.submit(() -> {
				assertThat(readOnly().byReplica()).isTrue();
				Replication.withPosition(position, () -> assertSees(id));
			}).get();
		}
		finally {
			thread.shutdownNow();
		}
	}

	@Test
	void positionIsRespectedByAnotherInstance() {
		pause("replica-1");
		long id = write();
		String position = Replication.position();
		try (TestApplication other = TestApplication.exactly(this.cluster).withoutJpa().start()) {
			for (int i = 0; i < 20; i++) {
				nodeThatShows(other, position, id);
			}
			soon().until(() -> nodeThatShows(other, position, id).equals("replica-2"));
		}
	}

	private static String nodeThatShows(TestApplication other, String position, long id) {
		other.newCaller();
		Replication.withPosition(position, () -> assertThat(count(other, id)).isEqualTo(1));
		String node = other.decisions().last().node();
		assertThat(node).isNotEqualTo("replica-1");
		return node;
	}

	@Test
	void malformedPositionIsAbsent() {
		for (String position : new String[] { "", "x", "2.", "1.0..", "2.0.ffffffff-ffffffffffffffff.", "2.0.t0." }) {
			this.application.newCaller();
			Replication.withPosition(position, () -> assertThat(count(this.application, 0)).isZero());
		}
	}

	@Test
	void positionThatIsStillToComeIsClamped() {
		String cluster = positionOf(write()).split("\\.")[1];
		this.cluster.awaitReplication();
		this.application.newCaller();
		Replication.withPosition("2." + cluster + ".1-ffffffffffffffff.", () -> {
			soon().untilAsserted(() -> {
				count(this.application, 0);
				assertThat(lastRead().reason()).isEqualTo(Reason.READ_ONLY);
			});
			String clamped = Replication.position();
			assertThat(clamped).isNotNull().doesNotContain("ffffffffffffffff");
		});
	}

	@Test
	void positionOfAnotherTimelineIsAWriteBeforeItsArrival() {
		String position = positionOf(write());
		this.cluster.awaitReplication();
		String other = position.replaceFirst("^(2\\.[0-9a-f]+\\.)1-", "$17-");
		assertThat(other).isNotEqualTo(position);
		this.application.newCaller();
		Replication.withPosition(other, () -> soon().untilAsserted(() -> {
			count(this.application, 0);
			assertThat(lastRead().reason()).isEqualTo(Reason.READ_ONLY);
		}));
	}

	@Test
	void positionOfAnotherClusterIsAbsent() {
		pause("replica-1", "replica-2");
		String position = positionOf(write());
		this.application.newCaller();
		Replication.withPosition(position.replaceFirst("^2\\.[0-9a-f]+", "2.7"), () -> {
			count(this.application, 0);
			assertThat(lastRead().reason()).isEqualTo(Reason.READ_ONLY);
		});
	}

	/**
	 * With the insert position as a token no replica would reach it, as long as the other
	 * session's work is not flushed.
	 */
	@Test
	void anotherSessionsOpenTransactionDoesNotKeepCallersOnThePrimary() throws SQLException {
		try (Connection other = this.cluster.primary().adminConnection();
				Statement statement = other.createStatement()) {
			other.setAutoCommit(false);
			for (int i = 0; i < 20; i++) {
				long first = IDS.addAndGet(20);
				statement.execute("INSERT INTO note SELECT i, repeat('x', 200) FROM generate_series(" + (first - 10)
						+ ", " + first + ") i");
				this.application.newCaller();
				long id = write();
				statement.execute("INSERT INTO note VALUES (" + IDS.incrementAndGet() + ", 'x')");
				soon().untilAsserted(() -> {
					assertSees(id);
					assertThat(lastRead().reason()).isEqualTo(Reason.READ_ONLY);
				});
			}
			other.rollback();
		}
	}

	/**
	 * The WAL writer flushes whole pages of what is not committed, so that what is
	 * flushed ends inside a record. Nobody completes it for many seconds.
	 */
	@Test
	void recordThatIsFlushedInPartDoesNotKeepCallersOnThePrimary() throws SQLException {
		try (Connection other = this.cluster.primary().adminConnection();
				Statement statement = other.createStatement()) {
			other.setAutoCommit(false);
			soon().until(() -> {
				statement.execute("INSERT INTO note SELECT " + IDS.incrementAndGet()
						+ ", string_agg(md5(random()::text), '') FROM generate_series(1, 40)");
				return endsInsideRecord();
			});
			this.application.newCaller();
			this.application.bean(CallerRecords.class).current().recordWrite(false);
			soon().untilAsserted(() -> {
				count(this.application, 1);
				assertThat(lastRead().reason()).isEqualTo(Reason.READ_ONLY);
			});
			other.rollback();
		}
	}

	private boolean endsInsideRecord() throws SQLException {
		try (Connection connection = this.cluster.primary().adminConnection();
				Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery("SELECT flushed < inserted AND (flushed - '0/0') % 8192 = 0"
						+ " FROM pg_current_wal_flush_lsn() flushed, pg_current_wal_insert_lsn() inserted")) {
			row.next();
			return row.getBoolean(1);
		}
	}

	/**
	 * There the insert position lies behind the header of the next page already, which no
	 * replica reaches before somebody writes. A patient reader shows it, because a read
	 * on the primary may write itself, to note who is visible.
	 */
	@Test
	void commitThatEndsWithItsPageDoesNotKeepItsCallerOnThePrimary() throws SQLException {
		try (Connection connection = this.cluster.primary().adminConnection();
				TestApplication patient = TestApplication.exactly(this.cluster)
					.with("replication.read-your-writes.wait", "10s")
					.withoutJpa()
					.start()) {
			Wal wal = new Wal(new JdbcTemplate(new SingleConnectionDataSource(connection, true)), patient.jdbc());
			long id;
			do {
				patient.newCaller();
				id = IDS.incrementAndGet();
				long note = id;
				patient.transaction(false).executeWithoutResult((status) -> {
					patient.jdbc().update("INSERT INTO note VALUES (?, 'x')", note);
					wal.fillPage();
				});
			}
			while (!wal.endsWithPage());
			assertThat(count(patient, id)).isEqualTo(1);
			assertThat(patient.decisions().last().isReplica()).isTrue();
		}
	}

	/**
	 * The log of the primary, which writes in pages.
	 */
	private static final class Wal {

		private static final int PAGE = 8192;

		private static final int MESSAGE = 300;

		private final JdbcTemplate admin;

		private final JdbcTemplate writer;

		/**
		 * More than it takes, until that is known.
		 */
		private long sizeOfCommit = 512;

		private long beforeCommit;

		private int attempts;

		Wal(JdbcTemplate admin, JdbcTemplate writer) {
			this.admin = admin;
			this.writer = writer;
		}

		/**
		 * Fills the current page so far that a commit finds just the space it needs.
		 */
		void fillPage() {
			long before = position("insert");
			write(MESSAGE);
			long after = position("insert");
			long size = after - before;
			long space = PAGE - after % PAGE - this.sizeOfCommit;
			if (space >= size) {
				write(MESSAGE + space - size);
			}
			this.beforeCommit = position("insert");
		}

		private void write(long length) {
			this.writer.queryForObject("SELECT pg_logical_emit_message(true, '', repeat('x', ?))::text", String.class,
					(int) length);
		}

		/**
		 * Whether the commit has ended where its page ends. If not, it reports its size.
		 */
		boolean endsWithPage() {
			assertThat(this.attempts++).as("attempts to fill a page").isLessThan(200);
			long flushed = position("flush");
			if (flushed % PAGE == 0) {
				return position("insert") > flushed;
			}
			if (flushed / PAGE == this.beforeCommit / PAGE) {
				this.sizeOfCommit = flushed - this.beforeCommit;
			}
			return false;
		}

		private long position(String which) {
			return this.admin.queryForObject("SELECT pg_current_wal_" + which + "_lsn() - '0/0'::pg_lsn", Long.class);
		}

	}

	@Test
	@Tag("long")
	void noReadIsStaleWithAsynchronousCommitAndApplyDelay() {
		TransactionTemplate transaction = this.application.transaction(false);
		this.cluster.replicas().forEach((replica) -> replica.applyDelay(Duration.ofMillis(3)));
		try {
			for (int i = 0; i < 2_000; i++) {
				this.application.newCaller();
				long id = IDS.incrementAndGet();
				transaction.executeWithoutResult((status) -> {
					this.jdbc.execute("SET LOCAL synchronous_commit = off");
					insert(id);
				});
				assertSees(id);
			}
		}
		finally {
			this.cluster.replicas().forEach((replica) -> replica.applyDelay(Duration.ZERO));
		}
		assertThat(this.application.decisions().all()).filteredOn((decision) -> decision.reason() != Reason.READ_WRITE)
			.hasSize(2_000)
			.allSatisfy((decision) -> assertThat(decision.reason()).isIn(Reason.BEHIND, Reason.READ_ONLY));
	}

	/**
	 * Statements in auto-commit say nothing of how they are committed.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void noReadIsStaleWhereSessionsCommitAsynchronously(boolean fromTheStart) {
		String setting = "SET synchronous_commit = off";
		try (TestApplication hasty = TestApplication.exactly(this.cluster)
			.with("spring.datasource.hikari.maximum-pool-size", "1")
			.with("spring.datasource.hikari.connection-init-sql", fromTheStart ? setting : "SELECT 1")
			.withoutJpa()
			.start()) {
			hasty.jdbc().execute(fromTheStart ? "SELECT 1" : setting);
			for (int i = 0; i < 300; i++) {
				hasty.newCaller();
				long id = IDS.incrementAndGet();
				hasty.jdbc().update("INSERT INTO note VALUES (?, 'x')", id);
				assertThat(count(hasty, id)).isEqualTo(1);
			}
		}
	}

	@Test
	void readsWithAnOpenPositionDoNotAskEachTime() throws SQLException {
		pause("replica-1", "replica-2");
		write();
		assertThat(readOnly().byReplica()).isFalse();
		long before = probesOf("replica-1");
		for (int i = 0; i < 1_000; i++) {
			assertThat(readOnly().byReplica()).isFalse();
		}
		assertThat(probesOf("replica-1") - before).isLessThan(100);
	}

	/**
	 * Nothing else asks this replica in the class's application but the probe.
	 */
	private long probesOf(String replica) {
		return this.cluster.node(replica).proxy().roundTrips();
	}

	/**
	 * It was asked in vain again and again, but nobody needed it to get further. A read
	 * that has waited was answered too late, by a busy machine. One may come just after
	 * another question.
	 */
	@Test
	@Tag("long")
	void replicaIsAskedAtOnceForTheFirstWriteAfterALongTime() {
		try (TestApplication idle = TestApplication.exactly(this.cluster)
			.withoutJpa()
			.with("replication.monitor.interval", "260ms")
			.start()) {
			List<Duration> withoutAnswer = new ArrayList<>();
			int inTime = 0;
			while (inTime < 3) {
				Awaitility.await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
				idle.newCaller();
				long id = IDS.incrementAndGet();
				idle.jdbc().update("INSERT INTO note VALUES (?, 'x')", id);
				this.cluster.awaitReplication();
				long start = System.nanoTime();
				assertThat(count(idle, id)).isEqualTo(1);
				Duration time = Duration.ofNanos(System.nanoTime() - start);
				if (idle.decisions().last().reason() == Reason.READ_ONLY) {
					inTime++;
				}
				else {
					withoutAnswer.add(time);
				}
				assertThat(withoutAnswer).hasSizeLessThan(6)
					.filteredOn((waited) -> waited.toMillis() < 50)
					.hasSizeLessThan(2);
			}
		}
	}

	@Test
	void readMarkKeepsACallerOnItsReplicaUntilAnotherIsKnownToHaveCaughtUp() {
		pause("replica-2");
		long id = writeAsAnother();
		soon().untilAsserted(() -> {
			this.application.newCaller();
			assertSees(id);
			assertThat(lastRead().node()).isEqualTo("replica-1");
		});
		for (int i = 0; i < 50; i++) {
			assertThat(readOnly().node()).isEqualTo("replica-1");
		}
	}

	@Test
	void readOnThePrimaryIsNotFollowedByOneOfThePast() {
		pause("replica-1", "replica-2");
		long id = writeAsAnother();
		Replication.readOnly(Consistency.STRONG, () -> assertThat(countPlain(id)).isEqualTo(1));
		assertSees(id);
		assertThat(lastRead().reason()).isEqualTo(Reason.BEHIND);
		Replication.readOnly(Consistency.EVENTUAL, () -> assertThat(countPlain(id)).isZero());
	}

	@Test
	void boundedStalenessIsAskedForAndKept() {
		Fresh reader = new Fresh();
		soon().untilAsserted(() -> assertThat(reader.served().byReplica()).isTrue());
		pause("replica-1", "replica-2");
		writeAsAnother();
		soon().untilAsserted(() -> {
			assertThat(reader.served().byReplica()).isFalse();
			assertThat(lastRead().reason()).isEqualTo(Reason.TOO_STALE);
		});
	}

	private final class Fresh {

		Served served() {
			RoutingScope previous = RoutingScope.current()
				.readOnly(Consistency.EVENTUAL, Duration.ofMillis(300), null, "fresh")
				.enter();
			try {
				return Served.by(PositionTests.this.jdbc);
			}
			finally {
				RoutingScope.leave(previous);
			}
		}

	}

	@Test
	void readWaitsForAReplicaWhereConfigured() {
		this.cluster.replicas().forEach((replica) -> replica.applyDelay(Duration.ofMillis(100)));
		try (TestApplication patient = TestApplication.exactly(this.cluster)
			.with("replication.read-your-writes.wait", "10s")
			.withoutJpa()
			.start()) {
			for (int i = 0; i < 5; i++) {
				patient.newCaller();
				long id = IDS.incrementAndGet();
				patient.jdbc().update("INSERT INTO note VALUES (?, 'x')", id);
				assertThat(count(patient, id)).isEqualTo(1);
				assertThat(patient.decisions().last().isReplica()).isTrue();
			}
		}
		finally {
			this.cluster.replicas().forEach((replica) -> replica.applyDelay(Duration.ZERO));
		}
	}

	/**
	 * Waits on this thread, which is the caller.
	 */
	private static ConditionFactory soon() {
		return Awaitility.await().pollInSameThread().pollInterval(Duration.ofMillis(20)).atMost(Duration.ofSeconds(5));
	}

	private String positionOf(long written) {
		assertThat(written).isPositive();
		String position = Replication.position();
		assertThat(position).isNotNull();
		return position;
	}

	private void pause(String... replicas) {
		this.cluster.awaitReplication();
		for (String replica : replicas) {
			this.cluster.node(replica).pauseReplay();
		}
	}

	private long write() {
		long id = IDS.incrementAndGet();
		this.application.transaction(false).executeWithoutResult((status) -> insert(id));
		return id;
	}

	private long writeAsAnother() {
		long[] id = new long[1];
		this.application.asNewCaller(() -> id[0] = write());
		return id[0];
	}

	private void insert(long id) {
		this.jdbc.update("INSERT INTO note VALUES (?, 'x')", id);
	}

	private Served readOnly() {
		return this.application.transaction(true).execute((status) -> Served.by(this.jdbc));
	}

	/**
	 * A read of the primary keeps its caller from the past as well, so that what is read
	 * says nothing about the write.
	 */
	private void assertWritten() {
		assertThat(this.application.bean(WriteRecord.class).hasWritten()).isTrue();
	}

	private void assertSees(long id) {
		assertThat(count(this.application, id)).isEqualTo(1);
	}

	private int countPlain(long id) {
		return this.jdbc.queryForObject("SELECT count(*) FROM note WHERE id = ?", Integer.class, id);
	}

	private static int count(TestApplication application, long id) {
		return application.transaction(true)
			.execute((status) -> application.jdbc()
				.queryForObject("SELECT count(*) FROM note WHERE id = ?", Integer.class, id));
	}

	private Where lastRead() {
		RouteDecision last = this.application.decisions().last();
		return new Where(last.node(), last.pool(), last.reason());
	}

	private record Where(String node, PoolKind pool, Reason reason) {

	}

}
