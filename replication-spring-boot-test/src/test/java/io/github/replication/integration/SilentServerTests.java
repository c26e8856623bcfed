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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.replication.NodeState;
import io.github.replication.ReplicationCluster;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A server that accepts connections and says nothing costs little, however long that
 * lasts.
 */
@EmbeddedCluster(dedicated = true)
@Tag("long")
class SilentServerTests {

	private static final int LIMIT = 10;

	/**
	 * Between two looks, so that the machine has time for the others.
	 */
	private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(5);

	/**
	 * A minute in profile {@code world}.
	 */
	private static final int SECONDS = Boolean.getBoolean("world") ? 60 : 15;

	@AfterEach
	void reset(PostgresCluster cluster) {
		cluster.reset();
	}

	@Test
	void silentReplicaCostsFewThreadsAndSocketsWhichEndWithTheContext(PostgresCluster cluster) {
		assertCheap(cluster, cluster.node("replica-1"));
	}

	@Test
	void silentPrimaryCostsFewThreadsAndSocketsWhichEndWithTheContext(PostgresCluster cluster) {
		assertCheap(cluster, cluster.primary());
	}

	private static void assertCheap(PostgresCluster cluster, PostgresNode node) {
		TestApplication.createTable(cluster);
		long before = loginThreads();
		long replicationBefore = replicationThreads();
		try (TestApplication application = TestApplication.exactly(cluster)
			.with("spring.datasource.hikari.connection-timeout", "1000")
			.withoutJpa()
			.start()) {
			application.newCaller();
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			read(application);
			await(() -> nodes.node(node.name()).state() == NodeState.ONLINE);
			node.freeze();
			await(() -> nodes.node(node.name()).state() == NodeState.OFFLINE);
			long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
			while (System.nanoTime() < end) {
				read(application);
				assertThat(loginThreads() - before + replicationThreads() - replicationBefore).isLessThan(2 * LIMIT);
				assertThat(node.proxy().openConnections()).isLessThan(LIMIT);
				LockSupport.parkNanos(PAUSE);
			}
			assertThat(loginThreads() - before).isLessThan(LIMIT);
		}
		await(() -> loginThreads() <= before);
		await(() -> replicationThreads() <= replicationBefore);
		await(() -> node.proxy().openConnections() == 0);
	}

	private static void read(TestApplication application) {
		application.transaction(true)
			.executeWithoutResult((status) -> application.jdbc().queryForObject("SELECT 1", Integer.class));
	}

	private static long loginThreads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().startsWith("PostgreSQL JDBC driver connection thread"))
			.count();
	}

	private static long replicationThreads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().startsWith("replication-"))
			.count();
	}

	private static void await(BooleanSupplier condition) {
		Awaitility.await()
			.pollInSameThread()
			.atMost(Duration.ofSeconds(10))
			.pollInterval(Duration.ofMillis(20))
			.until(condition::getAsBoolean);
	}

}
