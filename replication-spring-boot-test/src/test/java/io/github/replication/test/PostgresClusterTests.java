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

package io.github.replication.test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.replication.SynchronousCommit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link PostgresCluster} and {@link PostgresNode} on real servers.
 */
@Tag("long")
class PostgresClusterTests {

	private static final String BACKEND = "SELECT pg_backend_pid()";

	private static PostgresCluster cluster;

	@BeforeAll
	static void start() {
		cluster = PostgresCluster.builder().start();
		update("CREATE TABLE note (id int GENERATED ALWAYS AS IDENTITY, text text)");
	}

	@AfterEach
	void reset() {
		cluster.reset();
	}

	@AfterAll
	static void close() {
		cluster.close();
	}

	@Test
	void startedClusterHasOnePrimaryAndTwoStreamingReplicas() {
		assertThat(cluster.nodes()).extracting(PostgresNode::name).containsExactly("primary", "replica-1", "replica-2");
		assertThat(cluster.primary().isInRecovery()).isFalse();
		assertThat(cluster.replicas()).hasSize(2).allMatch(PostgresNode::isInRecovery);
		assertThat(cluster.primary().query("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"))
			.isEqualTo("2");
	}

	@Test
	void applicationUserIsNoSuperuserAndOwnsItsDatabase() {
		assertThat(read(cluster.primary(), "SELECT current_setting('is_superuser')")).isEqualTo("off");
		assertThat(read(cluster.primary(), "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'app'"))
			.isEqualTo("app");
	}

	@Test
	void wrongPasswordIsRefused() {
		assertThatExceptionOfType(SQLException.class)
			.isThrownBy(() -> DriverManager.getConnection(cluster.primary().jdbcUrl(), "app", "wrong"))
			.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("28P01"));
	}

	@Test
	void passwordsTakeOneIterationWhereTheServerAllowsIt() {
		boolean allowed = cluster.primary()
			.query("SELECT count(*) FROM pg_settings WHERE name = 'scram_iterations'")
			.equals("1");
		assertThat(cluster.primary()
			.query("SELECT string_agg(split_part(rolpassword, ':', 1), ' ')"
					+ " FROM pg_authid WHERE rolpassword IS NOT NULL"))
			.isEqualTo(allowed ? "SCRAM-SHA-256$1 SCRAM-SHA-256$1" : "SCRAM-SHA-256$4096 SCRAM-SHA-256$4096");
	}

	@Test
	void questionsShareAConnectionUnlessOneWaits() throws SQLException {
		PostgresNode node = cluster.primary();
		String kept = node.query(BACKEND);
		assertThat(node.query(BACKEND)).isEqualTo(kept);
		String other = node.ask((statement) -> {
			assertThat(PostgresNode.single(statement, BACKEND)).isEqualTo(kept);
			return node.query(BACKEND);
		});
		assertThat(other).isNotEqualTo(kept);
		assertThat(node.query(BACKEND)).isEqualTo(other);
		node.closeSession();
		assertThat(node.query(BACKEND)).isNotIn(kept, other);
	}

	@Test
	void questionAfterTheServerHasEndedTheConnectionHasANewOne() throws SQLException {
		PostgresNode node = cluster.primary();
		String kept = node.query(BACKEND);
		try (Connection connection = node.adminConnection(); Statement statement = connection.createStatement()) {
			PostgresNode.single(statement, "SELECT pg_terminate_backend(" + kept + ", 5000)");
		}
		assertThat(node.query(BACKEND)).isNotEqualTo(kept);
	}

	@Test
	void connectionOfAQuestionThatFailedIsNotUsedAgain() {
		PostgresNode node = cluster.primary();
		String kept = node.query(BACKEND);
		assertThatIllegalStateException().isThrownBy(() -> node.query("SELECT 1 / 0"));
		assertThat(node.query(BACKEND)).isNotEqualTo(kept);
	}

	@Test
	void serverReportsItsNameAndPortThroughTheProxy() {
		for (PostgresNode node : cluster.nodes()) {
			assertThat(node.proxy().port()).isNotEqualTo(node.port());
			assertThat(read(node, "SELECT inet_server_port()")).isEqualTo(Integer.toString(node.port()));
			assertThat(read(node, "SELECT current_setting('cluster_name')")).isEqualTo(node.name());
		}
	}

	@Test
	void awaitReplicationMakesWritesVisibleOnAllReplicas() {
		String id = insert();
		cluster.awaitReplication();
		assertThat(cluster.replicas()).allMatch((replica) -> sees(replica, id));
	}

	@Test
	void awaitReplicationCoversCommitsThatWereNotFlushed() {
		String id = read(cluster.primary(),
				"SET synchronous_commit = off; INSERT INTO note (text) VALUES ('x') RETURNING id");
		cluster.awaitReplication();
		assertThat(cluster.replicas()).allMatch((replica) -> sees(replica, id));
	}

	@Test
	void pausedReplicaShowsNothingNewUntilResumed() {
		PostgresNode replica = cluster.node("replica-1");
		replica.pauseReplay();
		String id = insert();
		assertThatIllegalStateException().isThrownBy(() -> cluster.awaitReplication(Duration.ofMillis(300)))
			.withMessageContaining("replica-1")
			.withMessageContaining("The end of ");
		assertThat(sees(replica, id)).isFalse();
		replica.resumeReplay();
		cluster.awaitReplication();
		assertThat(sees(replica, id)).isTrue();
	}

	@Test
	void replicaThatIsCutOffReceivesNothingUntilRestored() {
		PostgresNode replica = cluster.node("replica-2");
		replica.cutReceiver();
		String id = insert();
		assertThatIllegalStateException().isThrownBy(() -> cluster.awaitReplication(Duration.ofMillis(300)));
		assertThat(replica.query("SELECT count(*) FROM pg_stat_wal_receiver")).isEqualTo("0");
		assertThat(sees(replica, id)).isFalse();
		replica.restoreReceiver();
		cluster.awaitReplication();
		assertThat(sees(replica, id)).isTrue();
	}

	@Test
	void applyDelayPostponesReplay() {
		PostgresNode replica = cluster.node("replica-1");
		replica.applyDelay(Duration.ofMillis(700));
		long start = System.nanoTime();
		String id = insert();
		assertThat(sees(replica, id)).isFalse();
		cluster.awaitReplication();
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(650));
		replica.applyDelay(Duration.ZERO);
		assertThat(replica.query("SHOW recovery_min_apply_delay")).isEqualTo("0");
	}

	@Test
	void nodeKnowsItsLeversWithoutAnAnswerOfItsServer() {
		PostgresNode replica = cluster.node("replica-1");
		replica.applyDelay(Duration.ofMillis(1500));
		replica.pauseReplay();
		replica.freeze();
		assertThat(replica.isReplayPaused()).isTrue();
		assertThat(replica.applyDelay()).isEqualTo(Duration.ofMillis(1500));
		replica.kill();
		replica.start();
		assertThat(replica.isReplayPaused()).isFalse();
		assertThat(replica.applyDelay()).isEqualTo(Duration.ofMillis(1500));
		assertThat(replica.query("SHOW recovery_min_apply_delay")).isEqualTo("1500ms");
		replica.rebuild();
		assertThat(replica.applyDelay()).isEqualTo(Duration.ZERO);
		assertThat(replica.query("SHOW recovery_min_apply_delay")).isEqualTo("0");
		replica.applyDelay(Duration.ofSeconds(1));
		cluster.reset();
		assertThat(replica.applyDelay()).isEqualTo(Duration.ZERO);
	}

	@Test
	void stoppedNodeRefusesConnectionsUntilStarted() {
		PostgresNode replica = cluster.node("replica-1");
		replica.stop();
		assertThat(replica.isRunning()).isFalse();
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> connect(replica))
			.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("08001"))
			.withMessageContaining("refused");
		replica.start();
		assertThat(read(replica, "SELECT 1")).isEqualTo("1");
	}

	@Test
	void immediateStopBreaksSessionsAndLosesNoCommit() throws SQLException {
		PostgresNode primary = cluster.primary();
		String id = insert();
		try (Connection connection = connect(primary)) {
			primary.stopImmediately();
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> read(connection, "SELECT 1"));
		}
		primary.start();
		assertThat(sees(primary, id)).isTrue();
	}

	@Test
	void killedNodeLeavesNoProcessAndRecovers() throws SQLException {
		PostgresNode primary = cluster.primary();
		String id = insert();
		long backend;
		try (Connection connection = connect(primary)) {
			backend = Long.parseLong(read(connection, "SELECT pg_backend_pid()"));
			primary.kill();
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> read(connection, "SELECT 1"));
		}
		assertThat(primary.isRunning()).isFalse();
		assertThat(ProcessHandle.of(backend).filter(Processes::isRunning)).isEmpty();
		primary.start();
		assertThat(sees(primary, id)).isTrue();
	}

	@Test
	void killedNodeLeavesNoSharedMemoryThatOutlivesItsFolder() throws IOException {
		for (PostgresNode node : cluster.nodes()) {
			assertThat(read(node, "SHOW dynamic_shared_memory_type")).isEqualTo("mmap");
			try (Stream<Path> segments = Files.list(node.data().resolve("pg_dynshmem"))) {
				assertThat(segments).isNotEmpty();
			}
		}
	}

	@Test
	void interruptedThreadClosesAllTheSame() {
		PostgresCluster other = PostgresCluster.builder().replicas(1).ownSystemIdentifier().start();
		List<Path> data = other.nodes().stream().map(PostgresNode::data).toList();
		Set<String> folders = Footprint.now().folders();
		Thread.currentThread().interrupt();
		other.close();
		assertThat(Thread.interrupted()).isTrue();
		assertThat(other.nodes()).noneMatch(PostgresNode::isRunning);
		assertThat(data).allSatisfy((folder) -> assertThat(folder).doesNotExist());
		// those of the servers and of the template that nobody shares
		assertThat(Footprint.now().folders()).hasSize(folders.size() - 2);
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 50, 200, 400, 700, 1000, 1300 })
	@Tag("long")
	void startThatIsInterruptedLeavesNothing(int afterMillis) throws InterruptedException {
		Footprint before = Footprint.now();
		Thread starter = starter();
		starter.join(afterMillis + 1);
		assertInterruptedLeavesNothing(starter, before);
	}

	@Test
	void startThatIsInterruptedWhileTheTemplateIsMadeLeavesNoSharedMemory() throws Exception {
		Footprint before = Footprint.now();
		Thread starter = starter();
		Set<String> segments = await().pollInterval(Duration.ofMillis(5))
			.until(() -> Segments.namedIn(foldersSince(before)), (named) -> !named.isEmpty());
		assertInterruptedLeavesNothing(starter, before);
		assertThat(Segments.present()).doesNotContainAnyElementsOf(segments);
	}

	private static Thread starter() {
		Thread starter = new Thread(() -> {
			try (PostgresCluster other = PostgresCluster.builder().replicas(1).ownSystemIdentifier().start()) {
				assertThat(other.isOpen()).isTrue();
			}
			catch (RuntimeException ex) {
				// It was interrupted before it was ready.
			}
		}, "interrupted-start");
		starter.start();
		return starter;
	}

	private static List<Path> foldersSince(Footprint before) {
		return Footprint.now()
			.folders()
			.stream()
			.filter((folder) -> !before.folders().contains(folder))
			.map(Path::of)
			.toList();
	}

	private static void assertInterruptedLeavesNothing(Thread starter, Footprint before) throws InterruptedException {
		starter.interrupt();
		starter.join(Duration.ofSeconds(30).toMillis());
		assertThat(starter.isAlive()).isFalse();
		await().untilAsserted(() -> assertThat(Footprint.now().since(before, Set.of())).isEmpty());
	}

	@Test
	void restartEndsSessionsAndKeepsPorts() {
		PostgresNode replica = cluster.node("replica-2");
		String before = read(replica, "SELECT pg_postmaster_start_time()");
		replica.restart();
		assertThat(read(replica, "SELECT pg_postmaster_start_time()")).isNotEqualTo(before);
		assertThat(read(replica, "SELECT inet_server_port()")).isEqualTo(Integer.toString(replica.port()));
	}

	@Test
	void frozenNodeTakesConnectionsAndAnswersNothingUntilThawed() throws SQLException {
		PostgresNode replica = cluster.node("replica-1");
		try (Connection connection = connect(replica)) {
			connection.setNetworkTimeout(Runnable::run, 300);
			replica.freeze();
			assertThat(replica.isFrozen()).isTrue();
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> read(connection, "SELECT 1"))
				.withMessageContaining("I/O");
		}
		assertThatExceptionOfType(SQLException.class)
			.isThrownBy(() -> DriverManager.getConnection(replica.jdbcUrl() + "?socketTimeout=1", "app", "secret"));
		replica.thaw();
		assertThat(replica.isFrozen()).isFalse();
		assertThat(read(replica, "SELECT 1")).isEqualTo("1");
	}

	@Test
	void frozenNodeCanBeStoppedAndKilled() {
		PostgresNode replica = cluster.node("replica-1");
		replica.freeze();
		replica.stop();
		assertThat(replica.isRunning()).isFalse();
		replica.start();
		replica.freeze();
		replica.kill();
		assertThat(replica.isRunning()).isFalse();
	}

	@Test
	void promotedReplicaTakesWritesThatTheOthersFollow() {
		PostgresNode old = cluster.primary();
		String before = insert();
		cluster.awaitReplication();
		old.kill();
		PostgresNode promoted = cluster.node("replica-1");
		promoted.promote();
		assertThat(cluster.primary()).isSameAs(promoted);
		assertThat(promoted.isInRecovery()).isFalse();
		String after = insert();
		cluster.awaitReplication();
		assertThat(sees(cluster.node("replica-2"), after)).isTrue();
		old.rebuild();
		cluster.awaitReplication();
		assertThat(old.isInRecovery()).isTrue();
		assertThat(sees(old, before)).isTrue();
		assertThat(sees(old, after)).isTrue();
	}

	@Test
	void resetAfterPromotionRestoresRolesAndKeepsData() {
		PostgresNode first = cluster.primary();
		first.kill();
		cluster.node("replica-2").promote();
		String id = insert();
		cluster.reset();
		assertThat(cluster.primary()).isSameAs(first);
		assertThat(first.isInRecovery()).isFalse();
		assertThat(cluster.replicas()).hasSize(2).allMatch(PostgresNode::isInRecovery);
		assertThat(cluster.nodes()).allMatch((node) -> sees(node, id));
	}

	@Test
	void replicaCanBeAddedAndRemovedWhileThePrimaryRuns() {
		String id = insert();
		PostgresNode added = cluster.addReplica("replica-3");
		cluster.awaitReplication();
		assertThat(cluster.replicas()).contains(added).hasSize(3);
		assertThat(sees(added, id)).isTrue();
		cluster.removeReplica("replica-3");
		assertThat(cluster.replicas()).hasSize(2);
		assertThat(added.isRunning()).isFalse();
		assertThatIllegalArgumentException().isThrownBy(() -> cluster.node("replica-3"))
			.withMessageContaining("No node 'replica-3'");
	}

	@Test
	void resetBringsBackRemovedReplicaOnTheSamePorts() {
		String url = cluster.node("replica-1").jdbcUrl();
		cluster.removeReplica("replica-1");
		cluster.reset();
		assertThat(cluster.node("replica-1").jdbcUrl()).isEqualTo(url);
		assertThat(read(cluster.node("replica-1"), "SELECT pg_is_in_recovery()")).isEqualTo("t");
	}

	@Test
	void primaryCannotBeRemovedOrRebuilt() {
		assertThatIllegalArgumentException().isThrownBy(() -> cluster.removeReplica("primary"));
		assertThatIllegalStateException().isThrownBy(() -> cluster.primary().rebuild());
	}

	@Test
	void synchronousApplyMakesCommitsVisibleAtOnce() {
		cluster.synchronous(SynchronousCommit.REMOTE_APPLY);
		for (int i = 0; i < 20; i++) {
			String id = insert();
			assertThat(cluster.replicas()).allMatch((replica) -> sees(replica, id));
		}
	}

	@Test
	void synchronousCommitWaitsForTheNamedReplicaOnly() throws SQLException {
		cluster.synchronous(SynchronousCommit.REMOTE_APPLY, "replica-1");
		cluster.node("replica-2").pauseReplay();
		insert();
		cluster.node("replica-1").pauseReplay();
		try (Connection connection = connect(cluster.primary())) {
			connection.setNetworkTimeout(Runnable::run, 500);
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> read(connection, "INSERT INTO note (text) VALUES ('x') RETURNING id"));
		}
		cluster.asynchronous();
		insert();
	}

	@Test
	void changedSettingIsInForceAtOnceAndCanBeTakenBack() {
		PostgresNode replica = cluster.node("replica-1");
		replica.set("statement_timeout", "12s");
		assertThat(read(replica, "SHOW statement_timeout")).isEqualTo("12s");
		replica.set("statement_timeout", null);
		assertThat(read(replica, "SHOW statement_timeout")).isEqualTo("0");
	}

	@Test
	void resetUndoesEveryLever() {
		PostgresNode first = cluster.node("replica-1");
		PostgresNode second = cluster.node("replica-2");
		first.pauseReplay();
		first.applyDelay(Duration.ofMinutes(5));
		first.cutReceiver();
		second.set("wal_receiver_status_interval", "7s");
		second.kill();
		cluster.primary().freeze();
		cluster.primary().proxy().blackHole();
		cluster.reset();
		String id = insert();
		cluster.awaitReplication();
		assertThat(cluster.nodes()).allMatch((node) -> sees(node, id));
		assertThat(second.query("SHOW wal_receiver_status_interval")).isEqualTo("1s");
	}

	@Test
	void leversOfReplicasAreRefusedOnThePrimary() {
		PostgresNode primary = cluster.primary();
		assertThatIllegalStateException().isThrownBy(primary::pauseReplay)
			.withMessage("Node 'primary' follows no other node: pull this lever on a replica, one of "
					+ "PostgresCluster.replicas()");
		assertThatIllegalStateException().isThrownBy(primary::cutReceiver).withMessageContaining("'primary'");
		String started = read(primary, "SELECT pg_postmaster_start_time()");
		cluster.reset();
		assertThat(read(primary, "SELECT pg_postmaster_start_time()")).isEqualTo(started);
	}

	@Test
	void leversOfReplicasMoveWithTheRoles() {
		PostgresNode old = cluster.primary();
		old.kill();
		PostgresNode promoted = cluster.node("replica-1");
		promoted.promote();
		assertThatIllegalStateException().isThrownBy(promoted::pauseReplay)
			.withMessageContaining("'replica-1'")
			.withMessageContaining("PostgresCluster.replicas()");
		assertThatIllegalStateException().isThrownBy(old::cutReceiver)
			.withMessage("Node 'primary' follows no other node: make it a replica with rebuild() first");
		old.rebuild();
		old.pauseReplay();
		old.cutReceiver();
		cluster.reset();
		assertThat(cluster.primary()).isSameAs(old);
		assertThat(cluster.replicas()).hasSize(2).allMatch(PostgresNode::isInRecovery);
	}

	@Test
	void resetForgetsALeverThatTheServerHasRefused() {
		PostgresNode primary = cluster.primary();
		primary.follow(cluster.node("replica-1"));
		assertThatIllegalStateException().isThrownBy(primary::pauseReplay)
			.withMessageContaining("recovery is not in progress");
		String started = read(primary, "SELECT pg_postmaster_start_time()");
		cluster.reset();
		assertThat(read(primary, "SELECT pg_postmaster_start_time()")).isEqualTo(started);
	}

	@Test
	void resetStartsThePrimaryWithoutTheSettingThatKeepsItFromStarting() {
		PostgresNode primary = cluster.primary();
		primary.set("shared_preload_libraries", "missing");
		assertThatIllegalStateException().isThrownBy(primary::restart).withMessageContaining("missing");
		cluster.reset();
		assertThat(primary.query("SHOW shared_preload_libraries")).isEmpty();
		assertThat(cluster.replicas()).hasSize(2).allMatch(PostgresNode::isInRecovery);
	}

	@Test
	void leverOnStoppedNodeSaysSo() {
		PostgresNode replica = cluster.node("replica-1");
		replica.stop();
		assertThatIllegalStateException().isThrownBy(replica::pauseReplay)
			.withMessageContaining("'replica-1' (is stopped)");
	}

	@Test
	void walPositionAdvancesWithWrites() {
		String before = cluster.primary().walPosition();
		insert();
		assertThat(cluster.primary().walPosition()).isNotEqualTo(before);
		cluster.awaitReplication();
		await().untilAsserted(
				() -> assertThat(cluster.node("replica-1").walPosition()).isEqualTo(cluster.primary().walPosition()));
	}

	private static String insert() {
		return read(cluster.primary(), "INSERT INTO note (text) VALUES ('x') RETURNING id");
	}

	private static boolean sees(PostgresNode node, String id) {
		return "1".equals(read(node, "SELECT count(*) FROM note WHERE id = " + id));
	}

	private static void update(String sql) {
		try (Connection connection = connect(cluster.primary()); Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static Connection connect(PostgresNode node) throws SQLException {
		return DriverManager.getConnection(node.jdbcUrl(), node.username(), node.password());
	}

	private static String read(PostgresNode node, String sql) {
		try (Connection connection = connect(node)) {
			return read(connection, sql);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String read(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			boolean rows = statement.execute(sql);
			while (!rows) {
				rows = statement.getMoreResults();
			}
			try (ResultSet result = statement.getResultSet()) {
				result.next();
				return result.getString(1);
			}
		}
	}

}
