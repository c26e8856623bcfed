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
import java.util.Collection;
import java.util.List;
import java.util.function.BooleanSupplier;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.github.replication.NodeDefinition;
import io.github.replication.NodeState;
import io.github.replication.NodeStatus;
import io.github.replication.ReplicationCluster;
import io.github.replication.Role;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of reads and writes under way when nodes fail and come back.
 */
@EmbeddedCluster(dedicated = true)
@Tag("long")
class LoadUnderFaultTests {

	private static final Duration INTERVAL = Duration.ofMillis(250);

	private PostgresCluster cluster;

	private TestApplication application;

	private ReplicationCluster nodes;

	private Load load;

	@BeforeEach
	void start(PostgresCluster cluster) {
		this.cluster = cluster;
		this.application = TestApplication.exactly(cluster)
			.with("replication.monitor.interval", INTERVAL)
			.with("replication.monitor.timeout", "250ms")
			.with("replication.monitor.abort-after", "1s")
			.with("replication.max-lag", "1s")
			.with("spring.datasource.hikari.connection-timeout", "10000")
			.withoutJpa()
			.start(Load.Beans.class);
		this.nodes = this.application.bean(ReplicationCluster.class);
		this.load = new Load(this.application);
		cluster.awaitReplication();
		this.load.start();
		awaitReads(200);
	}

	@AfterEach
	void reset() {
		this.load.close();
		this.application.close();
		this.cluster.reset();
	}

	@ParameterizedTest
	@EnumSource
	void noUnitFailsAndNobodyReadsThePastWhateverHappensToAReplica(ReplicaFault fault) {
		PostgresNode replica = this.cluster.node("replica-1");
		fault.begin(replica);
		if (fault.state != NodeState.ONLINE) {
			awaitState("replica-1", fault.state);
		}
		awaitReads(400);
		fault.end(replica);
		awaitState("replica-1", NodeState.ONLINE);
		awaitReadsOn("replica-1");
		assertNothingFailed();
	}

	@Test
	void noUnitFailsWhileAllReplicasAreGone() {
		this.cluster.replicas().forEach(PostgresNode::kill);
		awaitState("replica-1", NodeState.OFFLINE);
		awaitState("replica-2", NodeState.OFFLINE);
		awaitReads(400);
		this.cluster.replicas().forEach(PostgresNode::start);
		awaitState("replica-1", NodeState.ONLINE);
		awaitState("replica-2", NodeState.ONLINE);
		awaitReadsOn("replica-1");
		awaitReadsOn("replica-2");
		assertNothingFailed();
	}

	@Test
	void noUnitFailsWhenAReplicaOfAnotherClusterIsAdded() {
		try (PostgresCluster other = PostgresCluster.builder().replicas(1).ownSystemIdentifier().start()) {
			this.nodes.add(NodeDefinition.of("stranger", other.replicas().get(0).jdbcUrl()));
			awaitCause("stranger", "it belongs to another cluster");
			awaitReads(400);
			assertThat(this.application.decisions().all())
				.noneSatisfy((decision) -> assertThat(decision.node()).isEqualTo("stranger"));
			this.nodes.remove("stranger", Duration.ofSeconds(5));
			assertNothingFailed();
		}
	}

	@Test
	void readsGoOnWhileThePrimaryIsGone() {
		this.cluster.primary().kill();
		awaitState("primary", NodeState.OFFLINE);
		awaitEventualReads(400);
		this.cluster.primary().start();
		awaitState("primary", NodeState.ONLINE);
		awaitWrites(50);
		this.load.close();
		assertThat(withoutWhatOnlyThePrimaryHad(this.load.violations)).isEmpty();
		assertThat(this.load.eventual.failures).isEmpty();
	}

	/**
	 * While a primary is gone, those who have read from it what no replica has received
	 * are served all the same. Own writes are no exception.
	 */
	private static List<String> withoutWhatOnlyThePrimaryHad(Collection<String> violations) {
		return violations.stream()
			.filter((violation) -> !violation.matches("a reader has read .* from replica-\\d after \\d+ from primary"))
			.toList();
	}

	@Test
	void readsGoOnWhileThePrimaryIsRestarted() {
		this.cluster.primary().restart();
		awaitWrites(50);
		awaitReads(200);
		this.load.close();
		assertThat(this.load.violations).isEmpty();
		assertThat(this.load.eventual.failures).isEmpty();
	}

	@Test
	void writesGoOnAfterAPromotion() {
		this.cluster.primary().stop();
		this.cluster.node("replica-1").promote();
		await(() -> this.nodes.node("replica-1").role() == Role.PRIMARY);
		assertThat(this.nodes.nodes().get(0).name()).isEqualTo("replica-1");
		awaitWrites(50);
		awaitReads(200);
		assertThat(this.nodes.node("primary")).returns(Role.REPLICA, NodeStatus::role)
			.returns(NodeState.OFFLINE, NodeStatus::state);
		this.load.close();
		assertThat(this.load.violations).isEmpty();
		assertThat(this.load.eventual.failures).isEmpty();
	}

	@Test
	void oldPrimaryThatComesBackAsAPrimaryIsNotUsed() {
		PostgresNode old = this.cluster.primary();
		old.kill();
		this.cluster.node("replica-1").promote();
		await(() -> this.nodes.node("replica-1").role() == Role.PRIMARY);
		awaitWrites(50);
		old.start();
		awaitCause("primary", "it is a primary, but replica-1 is the primary");
		this.application.decisions().clear();
		awaitWrites(50);
		awaitReads(200);
		this.load.close();
		assertThat(this.application.decisions().all())
			.noneSatisfy((decision) -> assertThat(decision.node()).isEqualTo("primary"));
		assertThat(this.load.eventual.failures).isEmpty();
	}

	@Test
	void oldPrimaryThatComesBackAsAStandbyServesAsAReplica() {
		PostgresNode old = this.cluster.primary();
		old.stop();
		this.cluster.node("replica-1").promote();
		await(() -> this.nodes.node("replica-1").role() == Role.PRIMARY);
		old.rebuild();
		awaitState("primary", NodeState.ONLINE);
		awaitReadsOn("primary");
		assertThat(this.nodes.node("primary").role()).isEqualTo(Role.REPLICA);
		awaitWrites(50);
		this.load.close();
		assertThat(this.load.violations).isEmpty();
		assertThat(this.load.eventual.failures).isEmpty();
	}

	private void assertNothingFailed() {
		this.load.close();
		assertThat(this.load.violations).isEmpty();
		assertThat(this.load.eventual.failures).isEmpty();
		assertThat(this.load.session.failures).isEmpty();
		assertThat(this.load.own.failures).isEmpty();
		assertThat(this.load.writes.failures).isEmpty();
	}

	private void awaitCause(String node, String cause) {
		await(() -> this.nodes.nodes()
			.stream()
			.anyMatch((status) -> status.name().equals(node) && status.state() == NodeState.MISCONFIGURED
					&& String.valueOf(status.cause()).contains(cause)));
	}

	private void awaitState(String node, NodeState state) {
		await(() -> this.nodes.node(node).state() == state);
	}

	/**
	 * Lets some reads of each kind succeed from now on.
	 */
	private void awaitReads(long reads) {
		long session = this.load.session.successes() + reads;
		long own = this.load.own.successes() + reads / 10;
		awaitEventualReads(reads);
		await(() -> this.load.session.successes() >= session && this.load.own.successes() >= own);
	}

	private void awaitEventualReads(long reads) {
		long eventual = this.load.eventual.successes() + reads;
		await(() -> this.load.eventual.successes() >= eventual);
	}

	private void awaitWrites(long writes) {
		long enough = this.load.writes.successes() + writes;
		await(() -> this.load.writes.successes() >= enough);
	}

	private void awaitReadsOn(String node) {
		this.application.decisions().clear();
		await(() -> this.application.decisions()
			.all()
			.stream()
			.anyMatch((decision) -> decision.isReplica() && decision.node().equals(node)));
	}

	private static void await(BooleanSupplier condition) {
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.pollInterval(Duration.ofMillis(20))
			.until(condition::getAsBoolean);
	}

	/**
	 * What can happen to a replica, and what the application is to make of it.
	 */
	enum ReplicaFault {

		STOP(NodeState.OFFLINE) {

			@Override
			void begin(PostgresNode replica) {
				replica.stop();
			}

			@Override
			void end(PostgresNode replica) {
				replica.start();
			}

		},

		KILL(NodeState.OFFLINE) {

			@Override
			void begin(PostgresNode replica) {
				replica.kill();
			}

			@Override
			void end(PostgresNode replica) {
				replica.start();
			}

		},

		FREEZE(NodeState.OFFLINE) {

			@Override
			void begin(PostgresNode replica) {
				replica.freeze();
			}

			@Override
			void end(PostgresNode replica) {
				replica.thaw();
			}

		},

		BLACK_HOLE(NodeState.OFFLINE) {

			@Override
			void begin(PostgresNode replica) {
				replica.proxy().blackHole();
			}

			@Override
			void end(PostgresNode replica) {
				replica.proxy().restore();
			}

		},

		REFUSE(NodeState.OFFLINE) {

			@Override
			void begin(PostgresNode replica) {
				replica.proxy().refuse();
				replica.proxy().resetConnections();
			}

			@Override
			void end(PostgresNode replica) {
				replica.proxy().restore();
			}

		},

		SLOW(NodeState.ONLINE) {

			@Override
			void begin(PostgresNode replica) {
				replica.proxy().delay(Duration.ofMillis(100));
			}

			@Override
			void end(PostgresNode replica) {
				replica.proxy().restore();
			}

		},

		CUT_RECEIVER(NodeState.LAGGING) {

			@Override
			void begin(PostgresNode replica) {
				replica.cutReceiver();
			}

			@Override
			void end(PostgresNode replica) {
				replica.restoreReceiver();
			}

		},

		PAUSED_REPLAY(NodeState.LAGGING) {

			@Override
			void begin(PostgresNode replica) {
				replica.pauseReplay();
			}

			@Override
			void end(PostgresNode replica) {
				replica.resumeReplay();
			}

		},

		RESTART(NodeState.ONLINE) {

			@Override
			void begin(PostgresNode replica) {
				replica.restart();
			}

			@Override
			void end(PostgresNode replica) {
				// runs again
			}

		};

		private final NodeState state;

		ReplicaFault(NodeState state) {
			this.state = state;
		}

		abstract void begin(PostgresNode replica);

		abstract void end(PostgresNode replica);

	}

}
