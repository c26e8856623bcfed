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
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.github.replication.NodeDefinition;
import io.github.replication.NodeStatus;
import io.github.replication.ReplicationCluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class DiscoveryTests {

	private final Nodes cluster = new Nodes();

	private final Set<String> answer = new LinkedHashSet<>();

	private boolean unknown;

	private final Discovery discovery = new Discovery(this.cluster,
			new DiscoverySettings("jdbc:postgresql://pg.db.svc:5433/app?ssl=true", "app", "secret", 2, "reports", "a",
					Duration.ofSeconds(1), Duration.ofSeconds(7)),
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
		this.discovery.look();
		awaitChanges("+pg-10.0.0.1", "+pg-10.0.0.2", "-pg-10.0.0.1 PT7S", "+pg-10.0.0.1");
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
	void addressThatIsRefusedIsNoReasonToStop() {
		this.cluster.refused = "pg-10.0.0.1";
		this.answer.addAll(List.of("10.0.0.1", "10.0.0.2"));
		this.discovery.look();
		assertThat(this.cluster.changes).containsExactly("+pg-10.0.0.2");
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

	private void awaitChanges(String... changes) {
		Awaitility.await()
			.atMost(Duration.ofSeconds(10))
			.untilAsserted(() -> assertThat(this.cluster.changes).containsExactly(changes));
	}

	private static final class Nodes implements ReplicationCluster {

		private final List<NodeDefinition> definitions = new ArrayList<>();

		private final List<String> changes = new CopyOnWriteArrayList<>();

		private String refused = "";

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
			this.definitions.add(replica);
			this.changes.add("+" + replica.name());
		}

		@Override
		public boolean remove(String name, Duration deadline) {
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
