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

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import io.github.replication.Consistency;
import io.github.replication.Replication;
import io.github.replication.ReplicationCluster;
import io.github.replication.Role;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Pools whose first connection is lost while HikariCP asks it for its isolation level,
 * which HikariCP does once in the life of a pool.
 */
@EmbeddedCluster(dedicated = true, replicas = 1)
class FirstConnectionTests {

	private static final String QUESTION = "SHOW TRANSACTION ISOLATION LEVEL";

	private static final Duration SOON = Duration.ofSeconds(8);

	private PostgresCluster cluster;

	private TestApplication application;

	@BeforeEach
	void start(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
		this.application = TestApplication.exactly(cluster)
			.with("spring.datasource.url", losing(cluster.primary().jdbcUrl()))
			.with("replication.replicas.replica-1.url", losing(cluster.node("replica-1").jdbcUrl()))
			.withoutJpa()
			.start();
		this.application.awaitLags();
	}

	@AfterEach
	void close() {
		this.application.close();
		this.cluster.reset();
	}

	@Test
	void poolOfAReplicaServesAllTheSame() {
		LosingSocketFactory.loseNext(QUESTION);
		Awaitility.await().atMost(SOON).pollInSameThread().until(() -> {
			port();
			return this.application.decisions().last().isReplica();
		});
		assertThat(LosingSocketFactory.losses()).isOne();
		assertThat(port()).isEqualTo(this.cluster.node("replica-1").port());
	}

	/**
	 * The connection that has answered is like any other.
	 */
	@Test
	void poolOfReadsOnThePrimaryServesAllTheSame() {
		write(1);
		LosingSocketFactory.loseNext(QUESTION);
		assertThat(Replication.readOnly(Consistency.STRONG, this::serverPort)).isEqualTo(this.cluster.primary().port());
		assertThat(LosingSocketFactory.losses()).isOne();
		Replication.readOnly(Consistency.STRONG, () -> this.application.jdbc().execute(unwrapping()));
	}

	@Test
	void poolOfANewPrimaryServesAllTheSame() {
		write(2);
		this.cluster.awaitReplication();
		this.cluster.primary().kill();
		this.cluster.node("replica-1").promote();
		Awaitility.await()
			.until(() -> this.application.bean(ReplicationCluster.class).node("replica-1").role() == Role.PRIMARY);
		LosingSocketFactory.loseNext(QUESTION);
		write(3);
		assertThat(LosingSocketFactory.losses()).isOne();
	}

	private static ConnectionCallback<Void> unwrapping() {
		return (connection) -> {
			JdbcTemplate jdbc = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
			assertThat(connection.unwrap(PGConnection.class).getBackendPID())
				.isEqualTo(jdbc.queryForObject("SELECT pg_backend_pid()", Integer.class));
			assertThat(connection.isWrapperFor(PGConnection.class)).isTrue();
			return null;
		};
	}

	private int port() {
		this.application.newCaller();
		return Replication.readOnly(Consistency.SESSION, this::serverPort);
	}

	private int serverPort() {
		return this.application.jdbc().queryForObject("SELECT current_setting('port')::int", Integer.class);
	}

	private void write(long id) {
		this.application.transaction(false)
			.executeWithoutResult((status) -> this.application.jdbc()
				.update("INSERT INTO note (id, text) VALUES (?, 'first') ON CONFLICT DO NOTHING", id));
	}

	private static String losing(String url) {
		return url + ((url.indexOf('?') < 0) ? "?" : "&") + LosingSocketFactory.parameter();
	}

}
