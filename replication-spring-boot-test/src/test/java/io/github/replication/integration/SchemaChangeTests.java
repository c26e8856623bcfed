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
import java.util.List;
import java.util.Map;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.InitializingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.BadSqlGrammarException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import io.github.replication.Consistency;
import io.github.replication.NodeState;
import io.github.replication.ReadOnly;
import io.github.replication.Reason;
import io.github.replication.ReplicationCluster;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Reads around a change of the schema that replicas do not have yet.
 */
@EmbeddedCluster
class SchemaChangeTests {

	private PostgresCluster cluster;

	@BeforeEach
	void remember(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
		admin("DROP TABLE IF EXISTS migrated");
		cluster.awaitReplication();
	}

	@AfterEach
	void reset() {
		this.cluster.reset();
	}

	@Test
	void readsOfEveryCallerSeeTheSchemaThatTheStartingApplicationHasMadeUntilAReplicaHasIt() {
		this.cluster.replicas().forEach(PostgresNode::pauseReplay);
		try (TestApplication application = start(Migration.class)) {
			application.newCaller();
			assertThat(application.bean(Migrated.class).countForSession()).isZero();
			assertThat(application.decisions().last().reason()).isEqualTo(Reason.BEHIND);
			assertThat(application.bean(Migrated.class).countEventually()).isZero();
			assertThat(application.decisions().last().reason()).isEqualTo(Reason.BEHIND);
			this.cluster.replicas().forEach(PostgresNode::resumeReplay);
			Awaitility.await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> {
				application.newCaller();
				assertThat(application.bean(Migrated.class).countForSession()).isZero();
				assertThat(application.decisions().last().isReplica()).isTrue();
			});
		}
	}

	@Test
	void tableThatAReplicaDoesNotHaveYetIsReadOnThePrimary() {
		try (TestApplication application = start()) {
			this.cluster.replicas().forEach(PostgresNode::pauseReplay);
			admin("CREATE TABLE migrated (id bigint)");
			application.newCaller();
			assertThat(application.bean(Migrated.class).countForSession()).isZero();
			assertThat(application.decisions().last().isReplica()).isFalse();
			admin("ALTER TABLE migrated ADD COLUMN name text");
			application.newCaller();
			assertThat(application.bean(Migrated.class).names()).isEmpty();
			assertThat(application.decisions().last().isReplica()).isFalse();
		}
	}

	@Test
	void tableThatNobodyHasIsLookedForOnOneNode() {
		try (TestApplication application = start()) {
			this.cluster.awaitReplication();
			awaitOnline(application);
			Awaitility.await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> {
				application.newCaller();
				application.decisions().clear();
				assertThatExceptionOfType(BadSqlGrammarException.class)
					.isThrownBy(() -> application.bean(Migrated.class).countForSession());
				assertThat(application.decisions().all()).hasSize(1);
			});
		}
	}

	/**
	 * A transaction that does not run again by itself sees the error.
	 */
	@Test
	void planFromBeforeAChangeIsNothingThatAStandbyDoesNotSupport() {
		admin("CREATE TABLE migrated (id bigint)");
		this.cluster.awaitReplication();
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.replicas.replica-2.weight", "0")
			.withoutJpa()
			.start()) {
			application.newCaller();
			for (int i = 0; i < 10; i++) {
				application.transaction(true)
					.executeWithoutResult(
							(status) -> application.jdbc().queryForList("SELECT * FROM migrated WHERE id > ?", 0));
			}
			assertThat(application.decisions().last().node()).isEqualTo("replica-1");
			admin("ALTER TABLE migrated ADD COLUMN name text");
			this.cluster.awaitReplication();
			assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> application.transaction(true)
					.executeWithoutResult(
							(status) -> application.jdbc().queryForList("SELECT * FROM migrated WHERE id > ?", 0)))
				.withMessageContaining("cached plan must not change result type")
				.withMessageNotContaining("standby");
		}
	}

	@Test
	void planFromBeforeAChangeIsMadeAnewOnTheSameNode() {
		admin("CREATE TABLE migrated (id bigint)");
		admin("INSERT INTO migrated VALUES (1)");
		this.cluster.awaitReplication();
		try (TestApplication application = TestApplication.exactly(this.cluster)
			.with("replication.replicas.replica-2.weight", "0")
			.withoutJpa()
			.start(Migrated.class)) {
			application.newCaller();
			for (int i = 0; i < 10; i++) {
				assertThat(application.bean(Migrated.class).all()).hasSize(1);
			}
			assertThat(application.decisions().last().node()).isEqualTo("replica-1");
			admin("ALTER TABLE migrated ADD COLUMN name text");
			this.cluster.awaitReplication();
			application.decisions().clear();
			assertThat(application.bean(Migrated.class).all()).hasSize(1)
				.allSatisfy((row) -> assertThat(row).containsKey("name"));
			assertThat(application.decisions().all()).hasSize(2)
				.allSatisfy((decision) -> assertThat(decision.node()).isEqualTo("replica-1"));
		}
	}

	private TestApplication start(Class<?>... sources) {
		Class<?>[] all = new Class<?>[sources.length + 1];
		System.arraycopy(sources, 0, all, 1, sources.length);
		all[0] = Migrated.class;
		return TestApplication.exactly(this.cluster)
			.with("replication.monotonic-reads", "false")
			.withoutJpa()
			.start(all);
	}

	private static void awaitOnline(TestApplication application) {
		ReplicationCluster nodes = application.bean(ReplicationCluster.class);
		Awaitility.await()
			.atMost(Duration.ofSeconds(5))
			.until(() -> nodes.nodes()
				.stream()
				.allMatch((node) -> node.state() == NodeState.ONLINE && node.position() != null));
	}

	private void admin(String sql) {
		PostgresNode primary = this.cluster.primary();
		new JdbcTemplate(
				new DriverManagerDataSource(primary.directUrl(), this.cluster.username(), this.cluster.password()))
			.execute(sql);
	}

	/**
	 * Reads the table.
	 */
	static class Migrated {

		private final JdbcTemplate jdbc;

		Migrated(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		@ReadOnly(consistency = Consistency.EVENTUAL)
		Integer countEventually() {
			return countRows();
		}

		@ReadOnly
		Integer countForSession() {
			return countRows();
		}

		private Integer countRows() {
			return this.jdbc.queryForObject("SELECT count(*) FROM migrated", Integer.class);
		}

		@ReadOnly
		List<String> names() {
			return this.jdbc.queryForList("SELECT name FROM migrated", String.class);
		}

		@ReadOnly
		List<Map<String, Object>> all() {
			return this.jdbc.queryForList("SELECT * FROM migrated WHERE id = ?", 1L);
		}

	}

	/**
	 * Changes the schema while the application starts.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Migration {

		@Bean
		InitializingBean migration(JdbcTemplate jdbc) {
			return () -> jdbc.execute("CREATE TABLE migrated (id bigint)");
		}

	}

}
