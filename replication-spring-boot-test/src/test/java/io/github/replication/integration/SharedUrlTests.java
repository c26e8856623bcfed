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
import java.util.function.BooleanSupplier;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.NodeState;
import io.github.replication.Reason;
import io.github.replication.ReplicationCluster;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One URL of a replica that leads to several servers in turn, as the reader endpoint of a
 * managed database does.
 */
@EmbeddedCluster(dedicated = true)
@Tag("long")
class SharedUrlTests {

	private static final AtomicLong IDS = new AtomicLong(3_000_000);

	private PostgresCluster cluster;

	/**
	 * The replica that was started first.
	 */
	private PostgresNode earlier;

	private PostgresNode later;

	@BeforeEach
	void remember(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
		this.earlier = cluster.node("replica-1");
		this.later = cluster.node("replica-2");
		this.later.restart();
		cluster.awaitReplication();
	}

	@AfterEach
	void reset() {
		this.cluster.reset();
	}

	/**
	 * The monitor sees the server that is up to date, and the pool has connections to
	 * both.
	 */
	@Test
	void ownWriteIsSeenAlthoughNobodyHasNoticedTheSecondServer() throws Exception {
		try (TurntableProxy reader = new TurntableProxy(this.earlier.port(), this.later.port());
				TestApplication application = builder(reader).with("replication.monitor.interval", "1h")
					.with("replication.replicas.reader.hikari.maximum-pool-size", "2")
					.with("replication.replicas.reader.hikari.minimum-idle", "2")
					.start()) {
			application.newCaller();
			count(application, 0);
			await(() -> connections(this.earlier) == 1 && connections(this.later) == 1);
			reader.leadTo(this.later.port());
			this.earlier.pauseReplay();
			int missing = 0;
			for (int i = 0; i < 40; i++) {
				application.newCaller();
				long id = write(application);
				missing += readTwice(application, id);
			}
			assertThat(missing).isZero();
		}
	}

	/**
	 * Reads on two connections at the same time.
	 * @return how many of the reads do not see a row
	 */
	private static int readTwice(TestApplication application, long id) {
		TransactionTemplate inner = application.transaction(true);
		inner.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		return application.transaction(true).execute((status) -> {
			int missing = 1 - select(application, id);
			return missing + inner.execute((innerStatus) -> 1 - select(application, id));
		});
	}

	private static ReplicationCluster awaitShared(TestApplication application) {
		ReplicationCluster nodes = application.bean(ReplicationCluster.class);
		application.newCaller();
		count(application, 0);
		await(() -> {
			readTwice(application, 0);
			return nodes.node("reader").state() == NodeState.SHARED;
		});
		return nodes;
	}

	@Test
	void serverThatIsTooFarBehindIsOutOfRotation() throws Exception {
		try (TurntableProxy reader = new TurntableProxy(this.earlier.port(), this.later.port());
				TestApplication application = builder(reader).with("replication.monitor.interval", "100ms")
					.with("replication.max-lag", "500ms")
					.with("replication.replicas.reader.hikari.minimum-idle", "4")
					.start()) {
			ReplicationCluster nodes = awaitShared(application);
			this.earlier.pauseReplay();
			this.later.pauseReplay();
			await(() -> {
				write(application);
				return nodes.node("reader").state() == NodeState.LAGGING;
			});
			application.newCaller();
			count(application, 0);
			assertThat(application.decisions().lastReason()).isEqualTo(Reason.TOO_STALE);
			this.earlier.resumeReplay();
			this.later.resumeReplay();
			await(() -> nodes.node("reader").state() != NodeState.LAGGING);
		}
	}

	@Test
	void timeDecidesUntilEveryConnectionLeadsToOneServer() throws Exception {
		try (TurntableProxy reader = new TurntableProxy(this.earlier.port(), this.later.port());
				TestApplication application = builder(reader).with("replication.monitor.interval", "200ms")
					.with("replication.read-your-writes.window", "2s")
					.with("replication.replicas.reader.hikari.minimum-idle", "4")
					.start()) {
			ReplicationCluster nodes = awaitShared(application);
			this.earlier.pauseReplay();
			for (int i = 0; i < 20; i++) {
				application.newCaller();
				long id = write(application);
				assertThat(count(application, id)).isEqualTo(1);
				assertThat(application.decisions().lastReason()).isEqualTo(Reason.RECENT_WRITE);
				application.newCaller();
				count(application, 0);
				assertThat(application.decisions().lastReason()).isEqualTo(Reason.READ_ONLY);
			}
			assertThat(nodes.node("reader").state()).isEqualTo(NodeState.SHARED);
			reader.leadTo(this.later.port());
			reader.reset();
			await(() -> nodes.node("reader").state() == NodeState.ONLINE);
			await(() -> {
				application.newCaller();
				long id = write(application);
				return count(application, id) + count(application, id) == 2
						&& application.decisions().lastReason() == Reason.READ_ONLY;
			});
		}
	}

	/**
	 * Restarts are no reason to take one server for several.
	 */
	@Test
	void serverThatIsRestartedIsNotTakenForSeveral() {
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "200ms")
			.with("replication.replicas.replica-2.weight", "0")
			.with("replication.replicas.replica-1.hikari.minimum-idle", "4")
			.withoutJpa()
			.start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			application.newCaller();
			count(application, 0);
			this.earlier.kill();
			this.earlier.start();
			await(() -> nodes.node("replica-1").state() == NodeState.ONLINE && ownWriteIsOnReplica(application));
			this.earlier.restart();
			await(() -> nodes.node("replica-1").state() == NodeState.ONLINE && ownWriteIsOnReplica(application));
		}
	}

	private static boolean ownWriteIsOnReplica(TestApplication application) {
		application.newCaller();
		long id = write(application);
		return count(application, id) == 1 && application.decisions().lastReason() == Reason.READ_ONLY;
	}

	private TestApplication.Builder builder(TurntableProxy reader) {
		return TestApplication.exactly(this.cluster)
			.without("replication.replicas.replica-1.url")
			.without("replication.replicas.replica-2.url")
			.with("replication.replicas.reader.url", reader.url(this.cluster.database()))
			.withoutJpa();
	}

	private int connections(PostgresNode node) {
		try (SingleConnectionDataSource admin = new SingleConnectionDataSource(node.adminConnection(), true)) {
			return new JdbcTemplate(admin).queryForObject("SELECT count(*) FROM pg_stat_activity WHERE usename = ?",
					Integer.class, this.cluster.username());
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
		return application.transaction(true).execute((status) -> select(application, id));
	}

	private static int select(TestApplication application, long id) {
		return application.jdbc().queryForObject("SELECT count(*) FROM note WHERE id = ?", Integer.class, id);
	}

	private static void await(BooleanSupplier condition) {
		Awaitility.await()
			.pollInSameThread()
			.ignoreExceptions()
			.atMost(Duration.ofSeconds(20))
			.pollInterval(Duration.ofMillis(50))
			.until(condition::getAsBoolean);
	}

}
