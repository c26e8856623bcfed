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
import java.util.EnumSet;
import java.util.Map;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.proof.Fault;
import io.github.replication.test.proof.OperationKind;
import io.github.replication.test.proof.Proof;
import io.github.replication.test.proof.ProofResult;
import io.github.replication.test.proof.Violation;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The promises hold over two instances whatever happens to the cluster, and the checker
 * notices where they do not.
 */
@EmbeddedCluster(dedicated = true)
@Timeout(120)
class ProofTests {

	private PostgresCluster cluster;

	@BeforeEach
	void remember(PostgresCluster cluster) {
		this.cluster = cluster;
	}

	@AfterEach
	void reset() {
		this.cluster.reset();
	}

	@Test
	void promisesHoldWhateverHappensToTheCluster() {
		try (ProofApplications applications = ProofApplications.start(this.cluster, Map.of())) {
			ProofResult result = applications.proof().duration(Duration.ofSeconds(25)).run();
			assertKept(result);
			assertThat(result.faults()).isEqualTo(EnumSet.allOf(Fault.class));
			assertThat(OperationKind.values()).allSatisfy((kind) -> assertThat(result.acknowledged(kind))
				.satisfies((count) -> assertThat(count > 0).isEqualTo(kind != OperationKind.WRITE_IN_READ_ONLY)));
		}
	}

	/**
	 * A replica is reset only when it serves again, or no read is there to run again.
	 */
	@Test
	@Tag("long")
	void readsThatRunAgainElsewhereSeeWhatTheirSessionKnows() {
		this.cluster.node("replica-2").applyDelay(Duration.ofMillis(500));
		try (ProofApplications applications = ProofApplications.start(this.cluster, Map.of())) {
			assertKept(applications.proof()
				.faults(Fault.RESET)
				.lasting(Duration.ofMillis(800), Duration.ofMillis(1200))
				.mix(Map.of(OperationKind.READ, 95, OperationKind.WRITE, 5))
				.duration(Duration.ofSeconds(10))
				.run());
		}
	}

	/**
	 * Whoever has written is for the primary until a replica has it, and so is whoever
	 * wants to read nothing old.
	 */
	@Test
	@Tag("long")
	void promisesHoldOnReplicasThatLag() {
		this.cluster.node("replica-1").applyDelay(Duration.ofMillis(300));
		this.cluster.node("replica-2").applyDelay(Duration.ofMillis(1000));
		try (ProofApplications applications = ProofApplications.start(this.cluster, Map.of())) {
			assertKept(applications.proof()
				.faults()
				.mix(Map.of(OperationKind.READ, 70, OperationKind.READ_FRESH, 20, OperationKind.WRITE, 8,
						OperationKind.WRITE_IN_READ_ONLY, 2))
				.sessions(96, 8)
				.duration(Duration.ofSeconds(8))
				.run());
		}
	}

	/**
	 * Between two writes the replica has everything that the primary was known to have.
	 * What a caller has read does not count, which would keep it from that replica as
	 * well: a write reads what it returns.
	 */
	@Test
	@Tag("long")
	void readsRightAfterAWriteThatIsRareSeeIt() {
		this.cluster.node("replica-2").applyDelay(Duration.ofMillis(100));
		try (ProofApplications applications = ProofApplications.start(this.cluster,
				Map.of("replication.monotonic-reads", "false"))) {
			ProofResult result = applications.proof()
				.faults()
				.mix(Map.of(OperationKind.READ, 996, OperationKind.WRITE, 4))
				.sessions(1, 1)
				.duration(Duration.ofSeconds(8))
				.run();
			assertThat(result.violations()).as(result::describeViolations)
				.extracting(Violation::property)
				.filteredOn((property) -> !property.equals("monotonic reads"))
				.isEmpty();
			assertThat(result.acknowledged(OperationKind.WRITE)).isPositive();
		}
	}

	/**
	 * No replica is there from the beginning to the end, so that nothing excuses a read
	 * that fails.
	 */
	@Test
	@Tag("long")
	void readsInsideWritesNeedNoConnectionOfTheWriters() {
		this.cluster.replicas().forEach((replica) -> replica.proxy().refuse());
		try (ProofApplications applications = ProofApplications.start(this.cluster, Map.of())) {
			assertKept(applications.proof()
				.faults()
				.mix(Map.of(OperationKind.WRITE_AROUND_READ, 1))
				.sessions(32, 16)
				.duration(Duration.ofSeconds(5))
				.run());
		}
	}

	@Test
	@Tag("long")
	void writesThatAreNotWaitedForAreNoticed() {
		try (ProofApplications applications = ProofApplications.start(this.cluster,
				Map.of("replication.read-your-writes.mode", "off", "replication.monotonic-reads", "false"))) {
			ProofResult result = applications.proof().faults(Fault.APPLY_DELAY).duration(Duration.ofSeconds(3)).run();
			assertThat(result.violations()).extracting(Violation::property)
				.contains("read-your-writes", "monotonic reads");
		}
	}

	private static void assertKept(ProofResult result) {
		System.out.println(result.toMarkdown(Map.of()));
		assertThat(result.violations()).as(result::describeViolations).isEmpty();
	}

}
