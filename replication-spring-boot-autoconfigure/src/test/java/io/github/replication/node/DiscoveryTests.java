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
package io.github.replication.node;

import java.net.UnknownHostException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import io.github.replication.NodeDefinition;
import io.github.replication.NodeStatus;
import io.github.replication.ReplicationCluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

@ExtendWith(OutputCaptureExtension.class)
class DiscoveryTests {

	private final Nodes cluster = new Nodes();

	private final Set<String> answer = new ConcurrentSkipListSet<>();

	private boolean unknown;

	private Error error;

	private final Discovery discovery = new Discovery(this.cluster,
			new DiscoverySettings("jdbc:postgresql://pg.db.svc:5433/app?ssl=true", "app", "secret", 2, "reports", "a",
					Duration.ofMillis(100), Duration.ofSeconds(7)),
			this::resolve);

	@AfterEach
	void close() {
		this.discovery.close();
	}

	private Set<String> resolve(String host) throws UnknownHostException {
		assertThat(host).isEqualTo("pg.db.svc");
		if (this.unknown) {
			throw new UnknownHostException(host);
		}
		if (this.error != null) {
			throw this.error;
		}
		return new LinkedHashSet<>(this.answer);
	}

	@Test
	void eachAddressIsANodeOfItsOwn() {
		this.answer.addAll(List.of("10.0.0.1", "fd00::2"));
		this.discovery.look();
		assertThat(this.cluster.definitions).containsExactly(
				new NodeDefinition("pg-10.0.0.1", "jdbc:postgresql://10.0.0.1:5433/app?ssl=true", "app", "secret", 2,
						"reports", "a"),
				new NodeDefinition("pg-fd00::2", "jdbc:postgresql://[fd00::2]:5433/app?ssl=true", "app", "secret", 2,
						"reports", "a"));
	}

	@Test
	void sameAnswerChangesNothing() {
		this.answer.add("10.0.0.1");
		this.discovery.look();
		this.discovery.look();
		assertThat(this.cluster.changes).containsExactly("+pg-10.0.0.1");
	}

	@Test
	void replicasComeAndGoWithTheAnswer() {
		this.answer.add("10.0.0.1");
		this.discovery.look();
		this.answer.add("10.0.0.2");
		this.discovery.look();
		this.answer.remove("10.0.0.1");
		this.discovery.look();
		awaitChanges("+pg-10.0.0.1", "+pg-10.0.0.2", "-pg-10.0.0.1 PT7S");
		this.answer.add("10.0.0.1");
		awaitChangesWhileLooking("+pg-10.0.0.1", "+pg-10.0.0.2", "-pg-10.0.0.1 PT7S", "+pg-10.0.0.1");
	}

	@Test
	void addressThatComesBackWhileItsNodeLeavesIsAddedAfterThat() {
		this.answer.addAll(List.of("10.0.0.1", "10.0.0.2"));
		this.discovery.look();
		this.cluster.leaving = new CountDownLatch(1);
		this.answer.remove("10.0.0.1");
		this.discovery.look();
		this.answer.add("10.0.0.1");
		this.discovery.look();
		this.discovery.look();
		assertThat(this.cluster.changes).containsExactly("+pg-10.0.0.1", "+pg-10.0.0.2");
		this.cluster.leaving.countDown();
		awaitChangesWhileLooking("+pg-10.0.0.1", "+pg-10.0.0.2", "-pg-10.0.0.1 PT7S", "+pg-10.0.0.1");
	}

	@Test
	void nodesThatTakeLongToLeaveDoNotKeepOthersFromComing() {
		Set<String> gone = IntStream.rangeClosed(1, 5).mapToObj((i) -> "10.0.0." + i).collect(Collectors.toSet());
		this.answer.addAll(gone);
		this.discovery.start();
		Awaitility.await().until(() -> this.cluster.changes.size() == 5);
		this.cluster.leaving = new CountDownLatch(1);
		this.answer.removeAll(gone);
		this.answer.add("10.0.0.6");
		Awaitility.await().until(() -> this.cluster.changes.contains("+pg-10.0.0.6"));
		this.answer.add("10.0.0.7");
		Awaitility.await().until(() -> this.cluster.changes.contains("+pg-10.0.0.7"));
		assertThat(this.cluster.changes).hasSize(7);
		this.cluster.leaving.countDown();
		Awaitility.await().until(() -> this.cluster.changes.size() == 12);
	}

	@Test
	void emptyOrFailedAnswerKeepsTheOldList() {
		this.answer.add("10.0.0.1");
		this.discovery.look();
		this.answer.clear();
		this.discovery.look();
		this.unknown = true;
		this.discovery.look();
		this.unknown = false;
		this.answer.add("10.0.0.1");
		this.discovery.look();
		awaitChanges("+pg-10.0.0.1");
	}

	@Test
	void errorIsReportedAndNoReasonToStop(CapturedOutput output) {
		this.error = new NoClassDefFoundError("resolver");
		this.discovery.look();
		assertThat(output).contains("NoClassDefFoundError: resolver");
		this.error = null;
		this.answer.add("10.0.0.1");
		this.discovery.look();
		assertThat(this.cluster.changes).containsExactly("+pg-10.0.0.1");
	}

	@Test
	void addressThatIsRefusedIsNoReasonToStop() {
		this.cluster.refused = "pg-10.0.0.1";
		this.answer.addAll(List.of("10.0.0.1", "10.0.0.2"));
		this.discovery.look();
		assertThat(this.cluster.changes).containsExactly("+pg-10.0.0.2");
	}

	@Test
	void addressThatIsRefusedIsTriedAgainAndReportedOnce(CapturedOutput output) {
		this.cluster.refused = "pg-10.0.0.1";
		this.answer.add("10.0.0.1");
		this.discovery.look();
		this.discovery.look();
		assertThat(output).containsOnlyOnce("The replica at 10.0.0.1 is not added: refused");
		this.cluster.refused = "";
		this.discovery.look();
		assertThat(this.cluster.changes).containsExactly("+pg-10.0.0.1");
	}

	@Test
	void errorOfOneAddressIsReportedOnceAndLeavesTheOthersAlone(CapturedOutput output) {
		this.answer.add("10.0.0.2");
		this.discovery.look();
		this.cluster.failing = "pg-10.0.0.1";
		this.answer.addAll(List.of("10.0.0.1", "10.0.0.3"));
		this.discovery.look();
		this.discovery.look();
		assertThat(this.cluster.changes).containsExactly("+pg-10.0.0.2", "+pg-10.0.0.3");
		assertThat(output).containsOnlyOnce("The replica at 10.0.0.1 is not added");
		this.cluster.failing = "";
		this.discovery.look();
		assertThat(this.cluster.changes).containsExactly("+pg-10.0.0.2", "+pg-10.0.0.3", "+pg-10.0.0.1");
	}

	@Test
	void primaryThatIsGoneFromTheAnswerIsRemovedOnceItIsAReplica(CapturedOutput output) {
		this.answer.addAll(List.of("10.0.0.1", "10.0.0.2"));
		this.discovery.look();
		this.cluster.primary = "pg-10.0.0.1";
		this.answer.remove("10.0.0.1");
		Awaitility.await().until(() -> {
			this.discovery.look();
			return this.cluster.attempts.get() >= 3;
		});
		assertThat(output).containsOnlyOnce("pg-10.0.0.1 stays although its address is gone");
		this.cluster.primary = "";
		awaitChangesWhileLooking("+pg-10.0.0.1", "+pg-10.0.0.2", "-pg-10.0.0.1 PT7S");
	}

	@ParameterizedTest
	@CsvSource({ "jdbc:postgresql:app", "jdbc:postgresql:///app", "'jdbc:postgresql://a,b/app'", "jdbc:h2:mem:app" })
	void urlHasToNameAHost(String url) {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new DiscoverySettings(url + "?password=secret", null, null, 1, null, null,
					Duration.ofSeconds(1), Duration.ZERO))
			.withMessageContaining(url)
			.withMessageNotContaining("secret");
	}

	private void awaitChangesWhileLooking(String... changes) {
		Awaitility.await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
			this.discovery.look();
			assertThat(this.cluster.changes).containsExactly(changes);
		});
	}

	private void awaitChanges(String... changes) {
		Awaitility.await()
			.atMost(Duration.ofSeconds(10))
			.untilAsserted(() -> assertThat(this.cluster.changes).containsExactly(changes));
	}

	private static final class Nodes implements ReplicationCluster {

		private final List<NodeDefinition> definitions = new CopyOnWriteArrayList<>();

		private final List<String> changes = new CopyOnWriteArrayList<>();

		private final AtomicInteger attempts = new AtomicInteger();

		private volatile String refused = "";

		private volatile String failing = "";

		private volatile String primary = "";

		private volatile CountDownLatch leaving = new CountDownLatch(0);

		@Override
		public List<NodeStatus> nodes() {
			return List.of();
		}

		@Override
		public NodeStatus node(String name) {
			throw new IllegalArgumentException(name);
		}

		@Override
		public void add(NodeDefinition replica) {
			if (replica.name().equals(this.refused)) {
				throw new IllegalArgumentException("refused");
			}
			if (replica.name().equals(this.failing)) {
				throw new NoClassDefFoundError("driver");
			}
			this.definitions.add(replica);
			this.changes.add("+" + replica.name());
		}

		@Override
		public boolean remove(String name, Duration deadline) {
			this.attempts.incrementAndGet();
			if (name.equals(this.primary)) {
				throw new IllegalStateException(name + " is the primary");
			}
			try {
				this.leaving.await();
			}
			catch (InterruptedException ex) {
				return false;
			}
			this.changes.add("-" + name + " " + deadline);
			return true;
		}

		@Override
		public void drain(String name) {
			throw new UnsupportedOperationException();
		}

		@Override
		public void resume(String name) {
			throw new UnsupportedOperationException();
		}

	}

}
