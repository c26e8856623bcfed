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

package io.github.replication.twin;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.github.replication.SynchronousCommit;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Random sequences of calls have the same outcome through the library as on the
 * application's pool alone. With {@code -Dtwin.sequences} and {@code -Dtwin.seed} the
 * number of sequences and the seed of the first can be set.
 */
@EmbeddedCluster(replicas = 1, dedicated = true)
@Timeout(value = 24, unit = TimeUnit.HOURS)
class TwinTests {

	private static final String ALIVE_BYPASS_WINDOW = "com.zaxxer.hikari.aliveBypassWindowMs";

	private static final int SEQUENCES = Integer.getInteger("twin.sequences",
			"none".equals(System.getProperty("tests.excluded")) ? 200 : 100);

	private static final long SEED = Long.getLong("twin.seed", 20_261);

	@BeforeAll
	static void prepare(PostgresCluster cluster) {
		prepare();
		// so that no commit waits for a replica whose rows are being read
		for (PostgresNode replica : cluster.replicas()) {
			replica.set("hot_standby_feedback", "on");
			replica.set("wal_receiver_status_interval", "1s");
		}
		cluster.synchronous(SynchronousCommit.REMOTE_APPLY);
	}

	/**
	 * Has a broken connection noticed when it is borrowed next, as after a while.
	 */
	static void prepare() {
		System.setProperty(ALIVE_BYPASS_WINDOW, "-1");
	}

	@AfterAll
	static void reset() {
		System.clearProperty(ALIVE_BYPASS_WINDOW);
	}

	@ParameterizedTest
	@EnumSource
	void sequencesHaveTheSameOutcome(TwinConfiguration configuration, PostgresCluster cluster) throws Exception {
		try (Twins twins = configuration.start(cluster, TwinDatabase.TABLES)) {
			Map<String, String> findings = new TwinCampaign(twins, configuration.isSeveral())
				.run(SEQUENCES * configuration.percent() / 100, SEED);
			System.out
				.println(configuration + ": " + twins.steps() + " steps, differences on purpose: " + twins.onPurpose());
			assertThat(findings.values()).as("with -Dtwin.seed=%s", SEED).isEmpty();
			assertThat(twins.onPurpose()).isNotEmpty();
		}
	}

	/**
	 * The driver alone, without a pool: the reason of
	 * {@link OnPurpose#SPLIT_AFTER_A_FAILED_BATCH}.
	 */
	@Test
	void driverCommitsAPartOfATextAfterAFailedBatch(PostgresCluster cluster) throws SQLException {
		try (Connection connection = DriverManager.getConnection(cluster.primary().directUrl(), cluster.username(),
				cluster.password()); Statement statement = connection.createStatement()) {
			statement.execute("CREATE TEMP TABLE part (id int PRIMARY KEY, note text)");
			insertBeforeAnError(statement, 10);
			assertThat(ids(statement)).isNull();
			try (PreparedStatement batch = connection.prepareStatement("INSERT INTO part VALUES (?, 'x')",
					Statement.RETURN_GENERATED_KEYS)) {
				for (int id : new int[] { 0, 0, 1, 2 }) {
					batch.setInt(1, id);
					batch.addBatch();
				}
				assertThatExceptionOfType(SQLException.class).isThrownBy(batch::executeBatch);
			}
			insertBeforeAnError(statement, 20);
			assertThat(ids(statement)).endsWith("20");
		}
	}

	private static void insertBeforeAnError(Statement statement, int id) {
		assertThatExceptionOfType(SQLException.class)
			.isThrownBy(() -> statement.execute("INSERT INTO part VALUES (" + id + ", 'y'); SELECT 1 / 0"))
			.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("22012"));
	}

	private static String ids(Statement statement) throws SQLException {
		try (ResultSet rows = statement.executeQuery("SELECT string_agg(id::text, ',' ORDER BY id) FROM part")) {
			rows.next();
			return rows.getString(1);
		}
	}

}
