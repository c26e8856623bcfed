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

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

import javax.sql.DataSource;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.transaction.TransactionException;

import io.github.replication.NodeStatus;
import io.github.replication.Reason;
import io.github.replication.ReplicationCluster;
import io.github.replication.Role;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An ordinary user's application finds out which standbys follow the timeline of the
 * primary, and never reads from one that does not.
 */
@EmbeddedCluster(dedicated = true)
@Tag("long")
class TimelineTests {

	private static final AtomicLong IDS = new AtomicLong(7_000_000);

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

	@Test
	void replicasServeOwnWritesAgainSoonAfterAFailover() {
		try (TestApplication application = builder().start()) {
			assertServedByReplica(application, "replica-2", Duration.ofSeconds(10));
			this.cluster.primary().stop();
			this.cluster.node("replica-1").promote();
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			soon().until(() -> nodes.node("replica-1").role() == Role.PRIMARY);
			long start = System.nanoTime();
			assertServedByReplica(application, "replica-2", Duration.ofSeconds(10));
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
			this.cluster.node("primary").rebuild();
			soon().until(() -> nodes.node("primary").state().isInRotation());
			this.cluster.node("replica-2").stop();
			assertServedByReplica(application, "primary", Duration.ofSeconds(20));
		}
	}

	@Test
	void replicasServeOwnWritesOfAnApplicationThatStartsAfterAFailover() {
		this.cluster.primary().stop();
		this.cluster.node("replica-1").promote();
		this.cluster.awaitReplication();
		try (TestApplication application = builder().without("replication.replicas.primary.url").start()) {
			assertServedByReplica(application, "replica-2", Duration.ofSeconds(10));
		}
	}

	/**
	 * The standby has received, and replays only now, what the promoted one has never
	 * had: it stays on the timeline of the primary that was lost.
	 */
	@Test
	void standbyThatHadReceivedMoreThanThePromotedOneNeverServes() {
		PostgresNode old = this.cluster.primary();
		PostgresNode ahead = this.cluster.node("replica-2");
		leaveBehind(old, ahead);
		this.cluster.node("replica-1").promote();
		try (TestApplication application = builder().without("replication.replicas.primary.url").start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			int stale = 0;
			for (int i = 0; i < 100; i++) {
				stale += isOwnWriteMissing(application) ? 1 : 0;
			}
			assertThat(stale).isZero();
			soon().untilAsserted(
					() -> assertThat(nodes.node("replica-2")).extracting(NodeStatus::state).hasToString("DIVERGED"));
			assertThat(nodes.node("replica-2").cause()).contains("changes that the primary does not have");
			application.newCaller();
			application.decisions().clear();
			for (int i = 0; i < 20; i++) {
				application.newCaller();
				count(application, 0);
			}
			assertThat(application.decisions().all())
				.allSatisfy((decision) -> assertThat(decision.node()).isNotEqualTo("replica-2"));
			ahead.rebuild();
			soon().untilAsserted(
					() -> assertThat(nodes.node("replica-2")).extracting(NodeStatus::state).hasToString("ONLINE"));
			assertServedByReplica(application, "replica-2", Duration.ofSeconds(10));
		}
	}

	/**
	 * As before, but the primary has written more since than the standby was ahead by, so
	 * that positions alone show nothing.
	 */
	@Test
	void standbyOfThePastThatThePrimaryHasOvertakenNeverServes() {
		PostgresNode old = this.cluster.primary();
		PostgresNode ahead = this.cluster.node("replica-2");
		leaveBehind(old, ahead);
		this.cluster.node("replica-1").promote();
		try (SingleConnectionDataSource admin = admin(this.cluster.node("replica-1"))) {
			new JdbcTemplate(admin).execute("INSERT INTO note SELECT i, repeat('x', 1000) FROM generate_series("
					+ IDS.addAndGet(3_000) + ", " + IDS.addAndGet(3_000) + ") i");
		}
		try (TestApplication application = builder().without("replication.replicas.primary.url").start()) {
			int stale = 0;
			for (int i = 0; i < 50; i++) {
				stale += isOwnWriteMissing(application) ? 1 : 0;
			}
			assertThat(stale).isZero();
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			soon().until(() -> !nodes.node("replica-2").state().isInRotation());
		}
	}

	/**
	 * Lets a standby receive more of the primary's log than the other one, and loses the
	 * primary.
	 */
	private void leaveBehind(PostgresNode old, PostgresNode ahead) {
		this.cluster.node("replica-1").cutReceiver();
		try (SingleConnectionDataSource admin = admin(old)) {
			JdbcTemplate jdbc = new JdbcTemplate(admin);
			jdbc.execute("INSERT INTO note SELECT i, repeat('x', 1000) FROM generate_series(" + IDS.addAndGet(1_000)
					+ ", " + IDS.addAndGet(1_000) + ") i");
			String position = jdbc.queryForObject("SELECT pg_current_wal_flush_lsn()", String.class);
			try (SingleConnectionDataSource standby = admin(ahead)) {
				soon().until(() -> Boolean.TRUE.equals(new JdbcTemplate(standby)
					.queryForObject("SELECT pg_last_wal_replay_lsn() >= '" + position + "'::pg_lsn", Boolean.class)));
			}
		}
		old.kill();
	}

	@Test
	void timeDecidesWhereTheUserMayNotFindOutTimelines() {
		String[] functions = { "pg_control_recovery()", "pg_control_checkpoint()", "pg_xact_status(xid8)",
				"pg_current_xact_id()", "pg_current_snapshot()" };
		this.cluster.primary().stop();
		this.cluster.node("replica-1").promote();
		try (SingleConnectionDataSource admin = admin(this.cluster.node("replica-1"))) {
			for (String function : functions) {
				new JdbcTemplate(admin).execute("REVOKE EXECUTE ON FUNCTION " + function + " FROM PUBLIC");
			}
			this.cluster.awaitReplication();
			try (TestApplication application = builder().without("replication.replicas.primary.url")
				.with("replication.monitor.interval", "100ms")
				.with("replication.read-your-writes.window", "2s")
				.start()) {
				for (int i = 0; i < 20; i++) {
					assertThat(isOwnWriteMissing(application)).isFalse();
				}
				application.newCaller();
				long id = write(application);
				soon().untilAsserted(() -> {
					count(application, id);
					assertThat(application.decisions().lastReason()).isEqualTo(Reason.READ_ONLY);
				});
				soon().untilAsserted(() -> {
					application.newCaller();
					long later = write(application);
					assertThat(count(application, later)).isEqualTo(1);
					assertThat(application.decisions().lastReason()).isEqualTo(Reason.RECENT_WRITE);
				});
				grant(admin, functions);
				new JdbcTemplate(admin).execute("CHECKPOINT");
				this.cluster.awaitReplication();
				try (SingleConnectionDataSource standby = admin(this.cluster.node("replica-2"))) {
					new JdbcTemplate(standby).execute("CHECKPOINT");
				}
				Awaitility.await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> {
					application.newCaller();
					assertThat(count(application, write(application))).isEqualTo(1);
					assertThat(application.decisions().lastReason()).isIn(Reason.BEHIND, Reason.READ_ONLY);
				});
			}
			finally {
				grant(admin, functions);
			}
		}
	}

	private static void grant(DataSource admin, String[] functions) {
		for (String function : functions) {
			new JdbcTemplate(admin).execute("GRANT EXECUTE ON FUNCTION " + function + " TO PUBLIC");
		}
	}

	private TestApplication.Builder builder() {
		return TestApplication.exactly(this.cluster).with("replication.monitor.interval", "500ms").withoutJpa();
	}

	private void assertServedByReplica(TestApplication application, String replica, Duration within) {
		Awaitility.await()
			.pollInSameThread()
			.pollInterval(Duration.ofMillis(20))
			.atMost(within)
			.until(() -> isOwnWriteServedBy(application, replica));
	}

	private static boolean isOwnWriteServedBy(TestApplication application, String replica) {
		application.newCaller();
		long id = write(application);
		for (int i = 0; i < 20; i++) {
			assertThat(count(application, id)).isEqualTo(1);
			if (application.decisions().last().node().equals(replica)) {
				return true;
			}
			LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
		}
		return false;
	}

	/**
	 * Whether a caller that has just written reads, some time later, without seeing it.
	 */
	private boolean isOwnWriteMissing(TestApplication application) {
		try {
			application.newCaller();
			long id = write(application);
			return count(application, id) != 1 || count(application, id) != 1;
		}
		catch (DataAccessException | TransactionException ex) {
			return false;
		}
	}

	private static SingleConnectionDataSource admin(PostgresNode node) {
		try {
			return new SingleConnectionDataSource(node.adminConnection(), true);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static long write(TestApplication application) {
		long id = IDS.incrementAndGet();
		application.transaction(false)
			.executeWithoutResult((status) -> application.jdbc().update("INSERT INTO note VALUES (?, 'x')", id));
		return id;
	}

	private static int count(TestApplication application, long id) {
		return application.transaction(true)
			.execute((status) -> application.jdbc()
				.queryForObject("SELECT count(*) FROM note WHERE id = ?", Integer.class, id));
	}

	private static ConditionFactory soon() {
		return Awaitility.await().pollInSameThread().pollInterval(Duration.ofMillis(20)).atMost(Duration.ofSeconds(20));
	}

}
