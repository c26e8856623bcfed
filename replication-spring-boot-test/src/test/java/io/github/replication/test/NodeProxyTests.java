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

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link NodeProxy} in front of a real server.
 */
@EmbeddedCluster
class NodeProxyTests {

	private final PostgresNode node;

	private final NodeProxy proxy;

	NodeProxyTests(PostgresCluster cluster) {
		this.node = cluster.node("replica-1");
		this.proxy = this.node.proxy();
	}

	@BeforeEach
	void noConnectionIsLeft() {
		await().until(() -> this.proxy.openConnections() == 0);
	}

	@AfterEach
	void restore() {
		this.proxy.restore();
	}

	@Test
	void refusingProxyRefusesNewConnectionsAndKeepsOpenOnes() throws SQLException {
		try (Connection connection = connect("")) {
			this.proxy.refuse();
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> connect(""))
				.withMessageContaining("refused");
			assertThat(read(connection)).isEqualTo("1");
		}
		this.proxy.restore();
		connect("").close();
	}

	@Test
	void resetConnectionsBreaksOpenConnectionsOnly() throws SQLException {
		try (Connection connection = connect("")) {
			this.proxy.resetConnections();
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> read(connection));
		}
		try (Connection connection = connect("")) {
			assertThat(read(connection)).isEqualTo("1");
		}
	}

	@Test
	void blackHoleHoldsRequestBackUntilRestored() throws Exception {
		try (Connection connection = connect("")) {
			this.proxy.blackHole();
			CompletableFuture<String> answer = inBackground(() -> readUnchecked(connection));
			await().during(Duration.ofMillis(300)).until(() -> !answer.isDone());
			this.proxy.restore();
			assertThat(answer.get(5, TimeUnit.SECONDS)).isEqualTo("1");
		}
	}

	@Test
	void blackHoleTakesNewConnectionAndDoesNotAnswer() {
		this.proxy.blackHole();
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> connect("?socketTimeout=1"));
	}

	@Test
	void connectionLeftInBlackHoleCanBeReset() throws SQLException {
		try (Connection connection = connect("")) {
			this.proxy.blackHole();
			CompletableFuture<String> answer = inBackground(() -> readUnchecked(connection));
			await().during(Duration.ofMillis(100)).until(() -> !answer.isDone());
			this.proxy.resetConnections();
			await().until(answer::isCompletedExceptionally);
		}
		assertThat(this.proxy.openConnections()).isZero();
	}

	@Test
	void delayIsAddedToEachRoundTrip() throws SQLException {
		try (Connection connection = connect("")) {
			read(connection);
			this.proxy.delay(Duration.ofMillis(100));
			long start = System.nanoTime();
			for (int i = 0; i < 3; i++) {
				read(connection);
			}
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(300),
					Duration.ofMillis(600));
		}
	}

	@Test
	void limitBoundsThroughput() throws SQLException {
		try (Connection connection = connect("")) {
			this.proxy.limit(100_000);
			long start = System.nanoTime();
			assertThat(read(connection, "SELECT repeat('x', 50000)")).hasSize(50_000);
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(450),
					Duration.ofMillis(1500));
		}
	}

	@Test
	void roundTripsOfReadOnlyTransactionWithOneStatementAreTwo() throws SQLException {
		try (Connection connection = connect("?readOnlyMode=transaction")) {
			connection.setReadOnly(true);
			connection.setAutoCommit(false);
			read(connection);
			connection.commit();
			long before = this.proxy.roundTrips();
			for (int i = 0; i < 50; i++) {
				read(connection);
				connection.commit();
			}
			assertThat(this.proxy.roundTrips() - before).isEqualTo(100);
		}
	}

	@Test
	void roundTripsCountLargeAnswersOnce() throws SQLException {
		try (Connection connection = connect("")) {
			long before = this.proxy.roundTrips();
			read(connection, "SELECT repeat('x', 5000000)");
			assertThat(this.proxy.roundTrips() - before).isEqualTo(1);
		}
	}

	@Test
	void meaninglessFaultsAreRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.proxy.delay(Duration.ofMillis(-1)));
		assertThatIllegalArgumentException().isThrownBy(() -> this.proxy.limit(0));
	}

	@Test
	void clusterIsReachedInAJvmThatPrefersIpv6() throws Exception {
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-Djava.net.preferIPv6Addresses=true", "-cp", System.getProperty("java.class.path"),
				AnotherJvm.class.getName())
			.redirectErrorStream(true)
			.start();
		String output = new String(process.getInputStream().readAllBytes());
		assertThat(process.waitFor()).as(output).isZero();
		assertThat(output).endsWith("reached" + System.lineSeparator());
	}

	private Connection connect(String parameters) throws SQLException {
		return DriverManager.getConnection(this.node.jdbcUrl() + parameters, this.node.username(),
				this.node.password());
	}

	/**
	 * Not on the common pool, which has a single thread on a machine with two cores.
	 */
	private static CompletableFuture<String> inBackground(Supplier<String> work) {
		return CompletableFuture.supplyAsync(work, (task) -> {
			Thread thread = new Thread(task, "background");
			thread.setDaemon(true);
			thread.start();
		});
	}

	private static String readUnchecked(Connection connection) {
		try {
			return read(connection);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String read(Connection connection) throws SQLException {
		return read(connection, "SELECT 1");
	}

	private static String read(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(sql)) {
			result.next();
			return result.getString(1);
		}
	}

	/**
	 * Asks a server through its proxy, with the network settings of its own JVM.
	 */
	static final class AnotherJvm {

		private AnotherJvm() {
		}

		public static void main(String[] args) throws SQLException {
			try (PostgresCluster cluster = PostgresCluster.builder().replicas(0).start();
					Connection connection = DriverManager.getConnection(cluster.primary().jdbcUrl(), cluster.username(),
							cluster.password())) {
				read(connection);
				System.out.println("reached");
			}
		}

	}

}
