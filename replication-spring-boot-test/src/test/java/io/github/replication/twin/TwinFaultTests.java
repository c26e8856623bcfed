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
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Random sequences of calls have the same outcome as on the application's pool alone also
 * while the replica shows nothing new, or does not answer at all. With
 * {@code -Dtwin.sequences} and {@code -Dtwin.seed} the number of sequences and the seed
 * of the first can be set.
 */
@EmbeddedCluster(replicas = 1, dedicated = true)
@Timeout(value = 24, unit = TimeUnit.HOURS)
@Tag("long")
class TwinFaultTests {

	private static final int SEQUENCES = Integer.getInteger("twin.sequences", 1600) / 40;

	private static final long SEED = Long.getLong("twin.seed", 20_261);

	@BeforeAll
	static void prepare() {
		TwinTests.prepare();
	}

	@AfterAll
	static void reset() {
		TwinTests.reset();
	}

	@AfterEach
	void recover(PostgresCluster cluster) {
		PostgresNode replica = cluster.replicas().get(0);
		replica.thaw();
		replica.resumeReplay();
	}

	@Test
	void sequencesHaveTheSameOutcomeWhileTheReplicaLags(PostgresCluster cluster) throws Exception {
		PostgresNode replica = cluster.replicas().get(0);
		try (Twins twins = TwinConfiguration.HIKARI.start(cluster, TwinDatabase.TABLES, "lagging",
				Map.of("replication.read-your-writes.wait", "20ms"), true)) {
			twins.around(() -> {
				cluster.awaitReplication();
				replica.pauseReplay();
			}, replica::resumeReplay);
			assertThat(new TwinCampaign(twins, false).run(SEQUENCES, SEED).values()).as("with -Dtwin.seed=%s", SEED)
				.isEmpty();
		}
	}

	@Test
	void sequencesHaveTheSameOutcomeWhileTheReplicaIsSilent(PostgresCluster cluster) throws Exception {
		try (Twins twins = TwinConfiguration.HIKARI.start(cluster, TwinDatabase.TABLES, "silent", Map.of(), false)) {
			cluster.replicas().get(0).freeze();
			Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> reads(twins.ours()));
			assertThat(new TwinCampaign(twins, false).run(SEQUENCES, SEED).values()).as("with -Dtwin.seed=%s", SEED)
				.isEmpty();
		}
	}

	/**
	 * Whether a read-only statement is answered at once.
	 */
	private static boolean reads(DataSource dataSource) {
		long start = System.nanoTime();
		try (Connection connection = dataSource.getConnection()) {
			connection.setReadOnly(true);
			try (Statement statement = connection.createStatement()) {
				statement.executeQuery("SELECT 1");
			}
			return System.nanoTime() - start < TimeUnit.MILLISECONDS.toNanos(500);
		}
		catch (SQLException ex) {
			return false;
		}
	}

}
