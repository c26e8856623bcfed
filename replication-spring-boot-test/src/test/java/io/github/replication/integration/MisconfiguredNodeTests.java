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
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.function.BooleanSupplier;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import io.github.replication.NodeState;
import io.github.replication.NodeStatus;
import io.github.replication.ReplicationCluster;
import io.github.replication.Role;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Replicas that are not what they should be: they are never used, it is said why, and the
 * application serves.
 */
@EmbeddedCluster(dedicated = true)
@ExtendWith(OutputCaptureExtension.class)
@Tag("long")
class MisconfiguredNodeTests {

	private static final String URL = "replication.replicas.replica-1.url";

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
	void replicaOfAnotherCluster(CapturedOutput output) {
		try (PostgresCluster other = PostgresCluster.builder().replicas(1).ownSystemIdentifier().start()) {
			TestApplication.createTable(other);
			try (TestApplication application = start(builder().with(URL, other.replicas().get(0).jdbcUrl()))) {
				assertOthersServe(application);
				awaitMisconfigured(application, "it belongs to another cluster (system identifier ");
				assertOthersServe(application);
			}
		}
		assertThat(output).contains("replica-1 is MISCONFIGURED").doesNotContain(this.cluster.password());
	}

	/**
	 * The primary is slow, so that it is the last to say what the cluster is.
	 */
	@Test
	void replicaOfAnotherClusterIsBlamedAndNoHealthyOne(CapturedOutput output) {
		try (PostgresCluster other = PostgresCluster.builder().replicas(1).ownSystemIdentifier().start()) {
			TestApplication.createTable(other);
			this.cluster.primary().proxy().delay(Duration.ofMillis(100));
			try (TestApplication application = start(builder().with(URL, other.replicas().get(0).jdbcUrl())
				.with("replication.monitor.interval", "500ms")
				.with("replication.monitor.timeout", "5s"))) {
				awaitMisconfigured(application, "it belongs to another cluster (system identifier ");
				ReplicationCluster nodes = application.bean(ReplicationCluster.class);
				assertThat(nodes.node("replica-2").state()).isEqualTo(NodeState.ONLINE);
			}
		}
		assertThat(output).containsPattern("replica-1 is MISCONFIGURED .*: it belongs to another cluster")
			.doesNotContain("replica-2 is MISCONFIGURED");
	}

	@Test
	void nobodyIsBlamedWhileThePrimaryIsGoneAndTwoReplicasDisagree(CapturedOutput output) {
		try (PostgresCluster other = PostgresCluster.builder().replicas(1).ownSystemIdentifier().start()) {
			TestApplication.createTable(other);
			this.cluster.primary().stop();
			try (TestApplication application = start(
					builder().with(URL, other.replicas().get(0).jdbcUrl()).withoutData())) {
				ReplicationCluster nodes = application.bean(ReplicationCluster.class);
				await(() -> nodes.node("primary").state() == NodeState.OFFLINE
						&& nodes.node("replica-1").position() != null && nodes.node("replica-2").position() != null);
				assertThat(output).doesNotContain("MISCONFIGURED");
				this.cluster.primary().start();
				awaitMisconfigured(application, "it belongs to another cluster (system identifier ");
			}
		}
		assertThat(output).doesNotContain("replica-2 is MISCONFIGURED");
	}

	@Test
	void replicaOfAnotherDatabase() throws SQLException {
		try (Connection admin = this.cluster.primary().adminConnection();
				Statement statement = admin.createStatement()) {
			statement.execute("DROP DATABASE IF EXISTS other");
			statement.execute("CREATE DATABASE other");
		}
		this.cluster.awaitReplication();
		String url = this.cluster.node("replica-1").jdbcUrl().replace("/" + this.cluster.database(), "/other");
		try (TestApplication application = start(builder().with(URL, url))) {
			assertOthersServe(application);
			awaitMisconfigured(application, "it is connected to the database 'other', but that of the primary is '"
					+ this.cluster.database() + "'");
			assertOthersServe(application);
		}
	}

	@Test
	void replicaThatRefusesTheCredentials(CapturedOutput output) {
		try (TestApplication application = start(
				builder().with("replication.replicas.replica-1.password", "not-the-password"))) {
			assertOthersServe(application);
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> nodes.node("replica-1").state() == NodeState.OFFLINE);
			assertThat(nodes.node("replica-1").cause()).contains("password authentication failed");
			assertOthersServe(application);
		}
		assertThat(output).doesNotContain("not-the-password");
	}

	@Test
	void replicaThatIsAPrimaryWhileThePrimaryGoesOn() {
		PostgresNode promoted = this.cluster.node("replica-1");
		try (TestApplication application = start(builder())) {
			promoteAlone(promoted);
			awaitMisconfigured(application, "it is a primary, but primary is the primary of this cluster");
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> nodes.node("replica-2").state() == NodeState.ONLINE);
			assertThat(write(application)).isEqualTo("primary");
			assertOthersServe(application);
		}
	}

	@Test
	void replicaThatIsAPrimaryFromTheStart() {
		PostgresNode primary = this.cluster.primary();
		promoteAlone(this.cluster.node("replica-1"));
		try (TestApplication application = start(builder().with("spring.datasource.url", primary.jdbcUrl())
			.with(URL, this.cluster.node("replica-1").jdbcUrl())
			.without("replication.replicas.primary.url"))) {
			assertOthersServe(application);
			awaitMisconfigured(application, "it is a primary, but primary is the primary of this cluster");
			assertThat(write(application)).isEqualTo("primary");
			assertOthersServe(application);
		}
	}

	/**
	 * Promotes a replica while the other one is down, so that it stays with the primary.
	 */
	private void promoteAlone(PostgresNode promoted) {
		PostgresNode other = this.cluster.node("replica-2");
		other.stop();
		promoted.promote();
		other.start();
	}

	@Test
	void failoverFromBeforeTheStartIsFollowed() {
		this.cluster.primary().stop();
		this.cluster.node("replica-1").promote();
		String former = this.cluster.node("primary").jdbcUrl();
		try (TestApplication application = start(builder().with("spring.datasource.url", former)
			.with(URL, this.cluster.node("replica-1").jdbcUrl())
			.with("replication.replicas.replica-2.url", this.cluster.node("replica-2").jdbcUrl())
			.without("replication.replicas.primary.url"))) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> nodes.node("replica-1").role() == Role.PRIMARY);
			assertThat(write(application)).isEqualTo("replica-1");
			assertThat(nodes.node("primary")).returns(Role.REPLICA, NodeStatus::role)
				.returns(NodeState.OFFLINE, NodeStatus::state);
		}
	}

	@Test
	void failoverAfterWhichTheConfiguredPrimaryIsAStandbyIsFollowed() {
		PostgresNode former = this.cluster.primary();
		former.stop();
		this.cluster.node("replica-1").promote();
		former.rebuild();
		try (TestApplication application = start(builder().with("spring.datasource.url", former.jdbcUrl())
			.with(URL, this.cluster.node("replica-1").jdbcUrl())
			.without("replication.replicas.primary.url"))) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> nodes.node("replica-1").role() == Role.PRIMARY);
			assertThat(write(application)).isEqualTo("replica-1");
			await(() -> nodes.node("primary").state() == NodeState.ONLINE);
			await(() -> read(application).equals("primary"));
		}
	}

	private TestApplication.Builder builder() {
		return TestApplication.exactly(this.cluster)
			.with("replication.monitor.interval", "200ms")
			.with("replication.read-your-writes.mode", "off")
			.with("replication.monotonic-reads", "false")
			.withoutJpa();
	}

	private static TestApplication start(TestApplication.Builder builder) {
		TestApplication application = builder.start();
		application.newCaller();
		return application;
	}

	private static void assertOthersServe(TestApplication application) {
		for (int i = 0; i < 20; i++) {
			assertThat(read(application)).isEqualTo("replica-2");
		}
	}

	private static void awaitMisconfigured(TestApplication application, String cause) {
		ReplicationCluster nodes = application.bean(ReplicationCluster.class);
		await(() -> nodes.node("replica-1").state() == NodeState.MISCONFIGURED);
		assertThat(nodes.node("replica-1").cause()).contains(cause);
	}

	private static String read(TestApplication application) {
		return application.transaction(true).execute((status) -> Served.by(application.jdbc())).node();
	}

	private static String write(TestApplication application) {
		return application.transaction(false).execute((status) -> {
			Served served = Served.by(application.jdbc());
			application.jdbc().execute("CREATE TEMPORARY TABLE scratch (id int) ON COMMIT DROP");
			return served.node();
		});
	}

	private static void await(BooleanSupplier condition) {
		Awaitility.await()
			.pollInSameThread()
			.atMost(Duration.ofSeconds(20))
			.pollInterval(Duration.ofMillis(20))
			.until(condition::getAsBoolean);
	}

}
