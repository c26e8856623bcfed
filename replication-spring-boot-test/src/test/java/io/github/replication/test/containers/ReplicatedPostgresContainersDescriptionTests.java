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

package io.github.replication.test.containers;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * The description of containers before there is an engine.
 */
class ReplicatedPostgresContainersDescriptionTests {

	@Test
	void replicasHaveNamesOfTheirOwn() {
		assertThat(new ReplicatedPostgresContainers("postgres:18").replicas())
			.extracting(PostgresReplicaContainer::name)
			.containsExactly("replica-1", "replica-2");
		assertThat(new ReplicatedPostgresContainers("postgres:18", 0).replicas()).isEmpty();
	}

	@Test
	void negativeNumberOfReplicasIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> new ReplicatedPostgresContainers("postgres:18", -1))
			.withMessage("replicas must not be negative: -1");
	}

	@Test
	void imageOfAnotherDatabaseIsRefused() {
		assertThatIllegalStateException().isThrownBy(() -> new ReplicatedPostgresContainers("mysql:9"))
			.withMessageContaining("mysql");
	}

}
