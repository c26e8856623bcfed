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

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.github.replication.node.ServerState.Streaming;

import static org.assertj.core.api.Assertions.assertThat;

class MisconfigurationTests {

	@Test
	void serverOfAnotherSystemBelongsToAnotherCluster() {
		assertThat(Misconfiguration.ofServer(server(-1, "app", true), 4711, "app"))
			.isEqualTo("it belongs to another cluster (system identifier 18446744073709551615, that of this cluster"
					+ " is 4711): correct its URL");
	}

	@Test
	void serverWithAnotherDatabaseIsConnectedToTheWrongOne() {
		assertThat(Misconfiguration.ofServer(server(4711, "other", true), 4711, "app"))
			.isEqualTo("it is connected to the database 'other', but that of the primary is 'app': correct its URL");
	}

	@Test
	void serverOfTheClusterIsNoMistake() {
		assertThat(Misconfiguration.ofServer(server(4711, "app", true), 4711, "app")).isNull();
	}

	@Test
	void unknownIdentityIsNoMistake() {
		assertThat(Misconfiguration.ofServer(server(0, null, true), 4711, "app")).isNull();
		assertThat(Misconfiguration.ofServer(server(4711, "app", true), 0, null)).isNull();
	}

	@Test
	void primaryMustNotBeAStandby() {
		assertThat(Misconfiguration.ofRole(server(4711, "app", true), true, "rivalry"))
			.isEqualTo("it is a standby, and no node is known that has become the primary");
		assertThat(Misconfiguration.ofRole(server(4711, "app", false), true, "rivalry")).isNull();
	}

	@Test
	void replicaMustNotBeASecondPrimary() {
		assertThat(Misconfiguration.ofRole(server(4711, "app", false), false, "rivalry")).isEqualTo("rivalry");
		assertThat(Misconfiguration.ofRole(server(4711, "app", true), false, "rivalry")).isNull();
	}

	@Test
	void replicaThatReportsNoRoleIsNoSecondPrimary() {
		assertThat(Misconfiguration.ofRole(server(0, null, false), false, "rivalry")).isNull();
	}

	private static ServerState server(long system, @Nullable String database, boolean inRecovery) {
		return new ServerState(0, false, inRecovery, 1, 1, 100, 0, system, database, Streaming.UNKNOWN);
	}

}
