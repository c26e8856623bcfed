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

package io.github.replication.sample;

import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.context.ConfigurableApplicationContext;

import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The newsroom as its README starts it with late replicas, and started again with another
 * mode: that changes no server, whatever the levers say.
 */
@Tag("long")
class LauncherTests {

	private static final String LATE = "{\"running\":true,\"frozen\":false,\"paused\":false,\"delayMillis\":5000}";

	private static Launcher launcher;

	private static int port;

	private static PostgresCluster cluster;

	@BeforeAll
	static void startNewsroom() {
		launcher = new Launcher("--server.port=0", "--embedded-cluster.apply-delay=5s", "--replication.max-lag=10m",
				"--replication.read-your-writes.mode=off");
		ConfigurableApplicationContext context = launcher.start();
		port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
		cluster = context.getBean(PostgresCluster.class);
	}

	@AfterAll
	static void endNewsroom() {
		launcher.close();
	}

	@BeforeEach
	void asAtTheStart() throws Exception {
		pull("commits?synchronous=false");
		cluster.reset();
		for (PostgresNode replica : cluster.replicas()) {
			pull(replica.name() + "/delay?seconds=5");
		}
	}

	@Test
	void delayOfTheStartIsShownAndStays() throws Exception {
		assertThat(state().split(Pattern.quote(LATE), -1)).hasSize(3);
		startAgain();
		assertThat(state().split(Pattern.quote(LATE), -1)).hasSize(3);
		assertThat(delays()).containsExactly("5s", "5s");
	}

	@Test
	void delayThatWasChangedStays() throws Exception {
		pull("replica-1/delay?seconds=0");
		pull("replica-2/delay?seconds=1.5");
		startAgain();
		assertThat(state()).contains("\"delayMillis\":1500").doesNotContain("\"delayMillis\":5000");
		assertThat(delays()).containsExactly("0", "1500ms");
	}

	@Test
	void replicasThatAreKilledAndPausedStaySo() throws Exception {
		pull("replica-1/kill");
		pull("replica-2/pause");
		startAgain();
		assertThat(state()).contains("\"running\":false,\"frozen\":false,\"paused\":false")
			.contains("\"running\":true,\"frozen\":false,\"paused\":true");
	}

	@Test
	void replicasThatAreFrozenAndVeryLateStaySo() throws Exception {
		pull("replica-1/freeze");
		pull("replica-2/delay?seconds=60");
		new Visitor(port).comment(2, "Not there for a minute.");
		startAgain();
		assertThat(state()).contains("\"frozen\":true").contains("\"delayMillis\":60000");
	}

	@Test
	void commitsStillWaitForAReplicaThatIsKilled() throws Exception {
		pull("commits?synchronous=true");
		pull("replica-1/kill");
		startAgain();
		assertThat(state()).contains("\"synchronous\":true").contains("\"running\":false");
	}

	@Test
	void promotedReplicaStaysThePrimary() throws Exception {
		pull("primary/kill");
		pull("replica-2/promote");
		startAgain();
		HttpResponse<String> written = new Visitor(port).post("/api/articles/2/comments", """
				{"author": "Ada", "text": "After the failover."}""");
		assertThat(Visitor.servedBy(written)).isEqualTo("replica-2; reason=READ_WRITE");
		assertThat(cluster.node("primary").isRunning()).isFalse();
	}

	/**
	 * Starts the newsroom again with a mode that it does not have yet.
	 */
	private static void startAgain() throws Exception {
		String mode = state().contains("\"mode\":\"off\"") ? "time" : "off";
		HttpResponse<String> accepted = new Visitor(port).post("/api/cluster/read-your-writes?mode=" + mode, "");
		assertThat(accepted.statusCode()).isEqualTo(202);
		Awaitility.await()
			.atMost(Duration.ofSeconds(60))
			.ignoreExceptions()
			.until(() -> state().contains("\"mode\":\"" + mode + "\""));
	}

	/**
	 * The delays that the replicas themselves name.
	 */
	private static List<String> delays() throws SQLException {
		List<String> delays = new ArrayList<>();
		for (PostgresNode replica : cluster.replicas()) {
			try (Connection connection = replica.adminConnection();
					Statement statement = connection.createStatement();
					ResultSet answer = statement.executeQuery("SHOW recovery_min_apply_delay")) {
				answer.next();
				delays.add(answer.getString(1));
			}
		}
		return delays;
	}

	private static String state() throws Exception {
		return new Visitor(port).get("/api/cluster").body();
	}

	private static void pull(String lever) throws Exception {
		assertThat(new Visitor(port).post("/api/cluster/" + lever, "").statusCode()).as(lever).isEqualTo(204);
	}

}
