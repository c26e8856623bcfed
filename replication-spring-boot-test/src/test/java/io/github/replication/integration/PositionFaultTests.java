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

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.BadSqlGrammarException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.TransactionException;

import io.github.replication.Reason;
import io.github.replication.Replication;
import io.github.replication.WriteRecord;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is known of positions when servers die, begin anew at an older state, are
 * promoted, or report no position.
 */
@EmbeddedCluster(dedicated = true)
@Tag("long")
class PositionFaultTests {

	private static final AtomicLong IDS = new AtomicLong(5_000_000);

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
	void replicaThatStartsAnewAtAnOlderStateServesNobodyWhoHasSeenMore() {
		PostgresNode replica = this.cluster.node("replica-1");
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "1h")
			.with("replication.replicas.replica-2.weight", "0")
			.withoutJpa()
			.start()) {
			application.newCaller();
			long id = write(application);
			soon().untilAsserted(() -> {
				assertThat(count(application, id)).isEqualTo(1);
				assertThat(application.decisions().last().node()).isEqualTo("replica-1");
			});
			replica.set("recovery_min_apply_delay", "1h");
			replica.kill();
			replica.start();
			assertThat(isOn(replica, id)).as("state of the replica that has started anew").isFalse();
			application.decisions().clear();
			int served = 0;
			for (int i = 0; i < 200; i++) {
				served += countIfServed(application, id);
			}
			assertThat(served).isGreaterThan(100);
			assertThat(application.decisions().last().reason()).isIn(Reason.BEHIND, Reason.TOO_STALE);
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void replicaThatStartsAnewAtAnOlderStateServesNobodyWhoHasReadMore(boolean anotherInstance) {
		PostgresNode replica = this.cluster.node("replica-1");
		try (TestApplication application = withOneReplica(); TestApplication other = withOneReplica()) {
			application.newCaller();
			long id = write(application);
			application.newCaller();
			soon().untilAsserted(() -> {
				assertThat(count(application, id)).isEqualTo(1);
				assertThat(application.decisions().last().node()).isEqualTo("replica-1");
			});
			String position = Objects.requireNonNull(application.bean(WriteRecord.class).position());
			replica.set("recovery_min_apply_delay", "1h");
			replica.kill();
			replica.start();
			assertThat(isOn(replica, id)).as("state of the replica that has started anew").isFalse();
			TestApplication reader = anotherInstance ? other : application;
			int served = 0;
			for (int i = 0; i < 20; i++) {
				served += Replication.withPosition(position, () -> countIfServed(reader, id));
			}
			assertThat(served).isGreaterThan(10);
			assertThat(reader.decisions().last().reason()).isIn(Reason.BEHIND, Reason.TOO_STALE);
		}
	}

	private TestApplication withOneReplica() {
		return TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "1h")
			.with("replication.replicas.replica-2.weight", "0")
			.withoutJpa()
			.start();
	}

	/**
	 * Counts an attempt, which must see the row if it is served at all: connections to a
	 * server that was killed break once each.
	 */
	private static int countIfServed(TestApplication application, long id) {
		try {
			assertThat(count(application, id)).isEqualTo(1);
			return 1;
		}
		catch (DataAccessException | TransactionException ex) {
			return 0;
		}
	}

	@Test
	void lossOfTheReplicaThatHasCaughtUpDoesNotLeadToOneThatHasNot() {
		try (TestApplication application = TestApplication.exactly(this.cluster).withoutJpa().start()) {
			application.awaitLags();
			this.cluster.node("replica-2").pauseReplay();
			application.newCaller();
			long id = write(application);
			soon().untilAsserted(() -> {
				assertThat(count(application, id)).isEqualTo(1);
				assertThat(application.decisions().last().node()).isEqualTo("replica-1");
			});
			this.cluster.node("replica-1").kill();
			application.decisions().clear();
			int served = 0;
			for (int i = 0; i < 200; i++) {
				served += countIfServed(application, id);
			}
			assertThat(served).isGreaterThan(100);
			assertThat(application.decisions().all())
				.noneSatisfy((decision) -> assertThat(decision.node()).isEqualTo("replica-2"));
			assertThat(application.decisions().last().reason()).isEqualTo(Reason.BEHIND);
		}
	}

	@Test
	void positionFromBeforeAPromotionNeitherPinsNorIsBelieved() {
		String position;
		long id;
		try (TestApplication before = TestApplication.exactly(this.cluster).withoutJpa().start()) {
			before.newCaller();
			id = write(before);
			position = Replication.position();
		}
		assertThat(position).isNotNull();
		this.cluster.awaitReplication();
		this.cluster.primary().stop();
		this.cluster.node("replica-1").promote();
		this.cluster.awaitReplication();
		try (TestApplication after = TestApplication.exactly(this.cluster)
			.without("replication.replicas.primary.url")
			.withoutJpa()
			.start()) {
			after.newCaller();
			long later = write(after);
			String laterPosition = Replication.position();
			this.cluster.node("replica-2").pauseReplay();
			long missing = write(after);
			after.newCaller();
			Replication.withPosition(position, () -> {
				assertThat(count(after, id)).isEqualTo(1);
				assertThat(count(after, missing)).as("a write before the position came").isEqualTo(1);
				assertThat(after.decisions().last().reason()).isEqualTo(Reason.BEHIND);
				this.cluster.node("replica-2").resumeReplay();
				soon().untilAsserted(() -> {
					assertThat(count(after, missing)).isEqualTo(1);
					assertThat(after.decisions().last().reason()).isEqualTo(Reason.READ_ONLY);
				});
				assertThat(Replication.position()).isNotEqualTo(position);
			});
			assertThat(laterPosition).contains(".2-");
			assertThat(countOn(this.cluster.node("replica-2"), later)).isEqualTo(1);
		}
	}

	@Test
	void timeDecidesWhereThePrimaryReportsNoPosition() {
		JdbcTemplate admin = new JdbcTemplate(new DriverManagerDataSource(this.cluster.primary().directUrl(),
				this.cluster.adminUsername(), this.cluster.adminPassword()));
		admin.execute("REVOKE EXECUTE ON FUNCTION pg_current_wal_flush_lsn() FROM PUBLIC");
		this.cluster.awaitReplication();
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.read-your-writes.window", "2s")
			.withoutJpa()
			.start()) {
			application.newCaller();
			long id = write(application);
			this.cluster.replicas().forEach(PostgresNode::pauseReplay);
			long hidden = write(application);
			assertThat(count(application, hidden)).isEqualTo(1);
			soon().untilAsserted(() -> {
				assertThat(count(application, id)).isEqualTo(1);
				assertThat(application.decisions().last().reason()).isEqualTo(Reason.RECENT_WRITE);
			});
			soon().untilAsserted(() -> {
				count(application, id);
				assertThat(application.decisions().last().reason()).isEqualTo(Reason.READ_ONLY);
			});
		}
		finally {
			admin.execute("GRANT EXECUTE ON FUNCTION pg_current_wal_flush_lsn() TO PUBLIC");
		}
	}

	@Test
	void nobodyIsAskedWhereNobodyWrites() {
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "1h")
			.withoutJpa()
			.start()
			.awaitQuiet()) {
			readSeveralTimes(application, 40);
			long before = roundTripsOfReplicas();
			long primaryBefore = this.cluster.primary().proxy().roundTrips();
			readSeveralTimes(application, 100);
			assertThat(roundTripsOfReplicas() - before).isEqualTo(200);
			assertThat(this.cluster.primary().proxy().roundTrips()).isEqualTo(primaryBefore);
		}
	}

	private static void readSeveralTimes(TestApplication application, int times) {
		for (int i = 0; i < times; i++) {
			application.newCaller();
			count(application, 0);
		}
	}

	private long roundTripsOfReplicas() {
		return this.cluster.replicas().stream().mapToLong((replica) -> replica.proxy().roundTrips()).sum();
	}

	private static ConditionFactory soon() {
		return Awaitility.await().pollInSameThread().pollInterval(Duration.ofMillis(20)).atMost(Duration.ofSeconds(10));
	}

	private static long write(TestApplication application) {
		long id = IDS.incrementAndGet();
		application.transaction(false)
			.executeWithoutResult((status) -> application.jdbc().update("INSERT INTO note VALUES (?, 'x')", id));
		return id;
	}

	private static int count(TestApplication application, long id) {
		return application.transaction(true).execute((status) -> count(application.jdbc(), id));
	}

	private int countOn(PostgresNode node, long id) {
		return count(new JdbcTemplate(
				new DriverManagerDataSource(node.directUrl(), this.cluster.username(), this.cluster.password())), id);
	}

	/**
	 * Whether a node shows a row. It may have begun at a state before the table was made.
	 */
	private boolean isOn(PostgresNode node, long id) {
		try {
			return countOn(node, id) == 1;
		}
		catch (BadSqlGrammarException ex) {
			return false;
		}
	}

	private static int count(JdbcTemplate jdbc, long id) {
		return jdbc.queryForObject("SELECT count(*) FROM note WHERE id = ?", Integer.class, id);
	}

}
