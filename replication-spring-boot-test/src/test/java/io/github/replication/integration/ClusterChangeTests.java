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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.replication.NodeDefinition;
import io.github.replication.NodeState;
import io.github.replication.NodeStatus;
import io.github.replication.ReplicationCluster;
import io.github.replication.RouteDecision;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Replicas that are added, removed and drained while the application runs.
 */
@EmbeddedCluster(dedicated = true)
@Tag("long")
class ClusterChangeTests {

	private PostgresCluster cluster;

	private TestApplication application;

	private ReplicationCluster nodes;

	@BeforeEach
	void start(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
		this.application = TestApplication.on(cluster)
			.with("replication.monitor.interval", "200ms")
			.withoutJpa()
			.start();
		this.nodes = this.application.bean(ReplicationCluster.class);
	}

	@AfterEach
	void reset() {
		this.application.close();
		this.cluster.reset();
	}

	@Test
	void addedReplicaServes() {
		PostgresNode added = this.cluster.addReplica("replica-3");
		this.nodes.add(NodeDefinition.of("replica-3", added.jdbcUrl()));
		await(() -> read().node().equals("replica-3"));
		assertThat(this.nodes.nodes()).extracting(NodeStatus::name)
			.containsExactly("primary", "replica-1", "replica-2", "replica-3");
	}

	/**
	 * Its caches are cold.
	 */
	@Test
	void addedReplicaHasASmallShareAtFirst() {
		PostgresNode added = this.cluster.addReplica("replica-3");
		this.nodes.add(NodeDefinition.of("replica-3", added.jdbcUrl()));
		for (int i = 0; i < 60; i++) {
			read();
		}
		assertThat(servedBy("replica-3")).isLessThan(servedBy("replica-1")).isLessThan(servedBy("replica-2"));
	}

	@Test
	void removedReplicaServesNobodyAndItsConnectionsAreClosed() {
		for (int i = 0; i < 10; i++) {
			read();
		}
		assertThat(this.nodes.remove("replica-1", Duration.ofSeconds(5))).isTrue();
		this.application.decisions().clear();
		for (int i = 0; i < 20; i++) {
			assertThat(read().node()).isEqualTo("replica-2");
		}
		await(() -> this.cluster.node("replica-1").proxy().openConnections() == 0);
		assertThat(this.nodes.nodes()).extracting(NodeStatus::name).containsExactly("primary", "replica-2");
	}

	@Test
	void unitUnderWayEndsBeforeItsReplicaIsGone() throws Exception {
		this.nodes.drain("replica-2");
		CompletableFuture<String> unit = sleep(1);
		assertThat(this.nodes.remove("replica-1", Duration.ofSeconds(20))).isTrue();
		assertThat(unit).isDone();
		assertThat(unit.get(1, TimeUnit.SECONDS)).isEqualTo("replica-1");
	}

	@Test
	void unitThatTakesTooLongIsBrokenOff() {
		this.nodes.drain("replica-2");
		CompletableFuture<String> unit = sleep(60);
		assertThat(this.nodes.remove("replica-1", Duration.ofMillis(100))).isFalse();
		assertThat(catchThrowable(() -> unit.get(20, TimeUnit.SECONDS))).hasRootCauseInstanceOf(Exception.class);
	}

	@Test
	void replicaThatIsRemovedCanBeAddedAgain() {
		this.nodes.remove("replica-1", Duration.ofSeconds(5));
		this.nodes.add(NodeDefinition.of("replica-1", this.cluster.node("replica-1").jdbcUrl()));
		await(() -> read().node().equals("replica-1"));
	}

	@Test
	void drainedReplicaServesNobodyUntilItIsResumed() {
		this.nodes.drain("replica-1");
		assertThat(this.nodes.node("replica-1")).returns(NodeState.DRAINED, NodeStatus::state);
		for (int i = 0; i < 20; i++) {
			assertThat(read().node()).isEqualTo("replica-2");
		}
		this.nodes.resume("replica-1");
		await(() -> read().node().equals("replica-1"));
		assertThat(this.nodes.node("replica-1").state()).isEqualTo(NodeState.ONLINE);
	}

	@Test
	void whatCannotBeDoneIsSaid() {
		assertThatIllegalStateException().isThrownBy(() -> this.nodes.drain("primary"))
			.withMessageContaining("primary is the primary, which cannot be drained");
		assertThatIllegalStateException().isThrownBy(() -> this.nodes.remove("primary", Duration.ZERO))
			.withMessageContaining("cannot be removed");
		assertThatIllegalArgumentException().isThrownBy(() -> this.nodes.drain("replica-9"))
			.withMessageContaining("replica-9")
			.withMessageContaining("[primary, replica-1, replica-2]");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.nodes.add(NodeDefinition.of("replica-1", "jdbc:postgresql://elsewhere/app")))
			.withMessageContaining("There is a node of the name 'replica-1' already");
		assertThatIllegalArgumentException()
			.isThrownBy(
					() -> this.nodes.add(NodeDefinition.of("other", this.cluster.node("replica-1").jdbcUrl() + "?x=y")))
			.withMessageContaining("The URL of other is that of replica-1");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.nodes.add(NodeDefinition.of("other", "pg-4:5432/app?password=secret")))
			.withMessageContaining("pg-4:5432/app")
			.withMessageNotContaining("secret");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.nodes.add(NodeDefinition.of("other", "jdbc:postgresql://a,b/app")))
			.withMessageContaining("several servers");
		assertThat(this.nodes.nodes()).hasSize(3);
	}

	@Test
	void replicasAreFoundByName() {
		String url = this.cluster.node("replica-1").jdbcUrl().replace("127.0.0.1", "localhost");
		assertThat(url).contains("localhost");
		try (TestApplication found = TestApplication.on(this.cluster)
			.without("replication.replicas.replica-1.url")
			.without("replication.replicas.replica-2.url")
			.with("replication.discovery.url", url)
			.with("replication.discovery.interval", "100ms")
			.withoutJpa()
			.start()) {
			found.newCaller();
			await(() -> found.transaction(true)
				.execute((status) -> Served.by(found.jdbc()))
				.node()
				.equals("replica-1"));
			assertThat(found.decisions().last().node()).isEqualTo("localhost-127.0.0.1");
		}
	}

	/**
	 * A unit on replica-1, the only one in rotation, that has begun when this returns.
	 */
	private CompletableFuture<String> sleep(int seconds) {
		CompletableFuture<String> begun = new CompletableFuture<>();
		CompletableFuture<String> unit = CompletableFuture
			.supplyAsync(() -> this.application.transaction(true).execute((status) -> {
				begun.complete(Served.by(this.application.jdbc()).node());
				return this.application.jdbc()
					.queryForObject("SELECT current_setting('cluster_name') FROM pg_sleep(" + seconds + ")",
							String.class);
			}));
		assertThat(begun.join()).isEqualTo("replica-1");
		return unit;
	}

	private Served read() {
		return this.application.transaction(true).execute((status) -> Served.by(this.application.jdbc()));
	}

	private long servedBy(String node) {
		List<RouteDecision> decisions = this.application.decisions().all();
		return decisions.stream().filter((decision) -> decision.node().equals(node)).count();
	}

	private static void await(BooleanSupplier condition) {
		Awaitility.await()
			.pollInSameThread()
			.atMost(Duration.ofSeconds(20))
			.pollInterval(Duration.ofMillis(10))
			.until(condition::getAsBoolean);
	}

}
