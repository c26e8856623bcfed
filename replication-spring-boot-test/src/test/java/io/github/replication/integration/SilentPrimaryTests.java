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

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.replication.NodeState;
import io.github.replication.ReplicationCluster;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Callers who have written, and clusters that share a host name.
 */
@EmbeddedCluster(dedicated = true)
@Tag("long")
class SilentPrimaryTests {

	private static final AtomicLong ids = new AtomicLong(8_000_000);

	@Test
	void replicaThatHasAWriteServesItsCallerWhileThePrimaryIsSilent(PostgresCluster cluster) {
		TestApplication.createTable(cluster);
		long id = ids.addAndGet(100);
		List<Browser> users = IntStream.range(0, 4).mapToObj((i) -> new Browser()).toList();
		try (TestApplication application = TestApplication.exactly(cluster)
			.with("replication.failover", "false")
			.with("replication.read-your-writes.window", "60s")
			.withoutJpa()
			.web()
			.start(NoteWeb.class)) {
			for (int i = 0; i < 4; i++) {
				users.get(i).post(application, "/notes/" + (id + i));
			}
			cluster.awaitReplication();
			for (int i = 0; i < 4; i++) {
				assertThat(users.get(i).get(application, "/notes/" + (id + i)).body()).isEqualTo("found");
			}
			cluster.primary().kill();
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			Awaitility.await().until(() -> nodes.node("primary").state() == NodeState.OFFLINE);
			long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
			while (System.nanoTime() < end) {
				for (int i = 0; i < 4; i++) {
					assertThat(users.get(i).get(application, "/notes/" + (id + i)).body()).isEqualTo("found");
					assertThat(application.decisions().last().isReplica()).isTrue();
				}
			}
		}
		finally {
			cluster.primary().start();
		}
	}

	@Test
	void servicesOfTwoClustersOnOneHostNameDoNotDisturbEachOther(PostgresCluster orders) {
		TestApplication.createTable(orders);
		long id = ids.addAndGet(100);
		try (PostgresCluster billing = PostgresCluster.builder().replicas(1).ownSystemIdentifier().start();
				TestApplication one = TestApplication.exactly(orders).withoutJpa().web().start(NoteWeb.class);
				TestApplication other = TestApplication.exactly(billing).withoutJpa().web().start(NoteWeb.class)) {
			TestApplication.createTable(billing);
			orders.replicas().forEach((replica) -> replica.pauseReplay());
			billing.replicas().forEach((replica) -> replica.pauseReplay());
			Browser user = new Browser();
			user.post(one, "/notes/" + id);
			for (int i = 0; i < 10; i++) {
				user.post(other, "/notes/" + (id + i));
				assertThat(user.get(other, "/notes/" + (id + i)).body()).isEqualTo("found");
			}
			assertThat(user.get(one, "/notes/" + id).body()).isEqualTo("found");
			assertThat(user.lengthOfCookies()).isLessThan(1000);
		}
		finally {
			orders.replicas().forEach((replica) -> replica.resumeReplay());
		}
	}

}
