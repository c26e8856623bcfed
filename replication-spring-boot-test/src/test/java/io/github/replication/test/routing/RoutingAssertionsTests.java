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

package io.github.replication.test.routing;

import java.util.List;

import org.junit.jupiter.api.Test;

import io.github.replication.PoolKind;
import io.github.replication.Reason;
import io.github.replication.Role;
import io.github.replication.RouteDecision;

import static io.github.replication.test.routing.RoutingAssertions.assertThatRouting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class RoutingAssertionsTests {

	private static final RouteDecision READ = new RouteDecision("replica-1", Role.REPLICA, PoolKind.READ,
			Reason.READ_ONLY, "Reader.find");

	private static final RouteDecision OTHER_READ = new RouteDecision("replica-2", Role.REPLICA, PoolKind.READ,
			Reason.READ_ONLY, "Reader.find");

	private static final RouteDecision WRITE = new RouteDecision("primary", Role.PRIMARY, PoolKind.WRITE,
			Reason.READ_WRITE, "Writer.store");

	@Test
	void whatHappenedPasses() {
		assertThatRouting(List.of(READ)).isServedByReplica()
			.isServedBy("replica-1", "replica-2")
			.hasReason(Reason.READ_ONLY)
			.usesPool(PoolKind.READ);
		assertThatRouting(List.of(READ, WRITE)).isServedInOrderBy("replica-1", "primary").hasDecisions(2);
		assertThatRouting(List.of()).isNotRouted();
	}

	@Test
	void whatDidNotHappenFailsAndShowsTheDecisions() {
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThatRouting(List.of(READ, WRITE)).isServedByReplica())
			.withMessageContaining("primary (READ_WRITE)");
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThatRouting(List.of(READ)).isServedByPrimary());
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThatRouting(List.of(READ)).isServedBy("replica-2"));
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThatRouting(List.of(READ)).hasReason(Reason.HELD, Reason.STRONG))
			.withMessageContaining("replica-1 (READ_ONLY)");
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThatRouting(List.of(READ)).usesPool(PoolKind.WRITE));
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThatRouting(List.of(READ)).isNotRouted());
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThatRouting(List.of()).isServedByReplica())
			.withMessageContaining("none was routed");
	}

	@Test
	void oneOfSeveralNodesMayServeEverything() {
		assertThatRouting(List.of(READ, READ)).isServedBy("replica-1", "replica-2").isServedByEach("replica-1");
		assertThatRouting(List.of(READ, OTHER_READ, READ)).isServedByEach("replica-2", "replica-1");
	}

	@Test
	void nodeThatServesNothingFailsWhereEachIsToServe() {
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThatRouting(List.of(READ, READ)).isServedByEach("replica-1", "replica-2"))
			.withMessageContaining("[replica-2] served none of")
			.withMessageContaining("replica-1 (READ_ONLY)");
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(
					() -> assertThatRouting(List.of(READ, OTHER_READ, WRITE)).isServedByEach("replica-1", "replica-2"))
			.withMessageContaining("primary (READ_WRITE)");
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThatRouting(List.of()).isServedByEach("replica-1"))
			.withMessageContaining("none was routed");
	}

	@Test
	void onlyDecisionsOfTheBlockAreRecorded() {
		RoutingRecorder recorder = new RoutingRecorder();
		recorder.routed(WRITE);
		assertThatRouting(recorder, () -> recorder.routed(READ)).isServedInOrderBy("replica-1");
		try (RoutingRecorder.Recording recording = recorder.start()) {
			recorder.routed(WRITE);
			assertThat(recording.decisions()).containsExactly(WRITE);
		}
	}

	@Test
	void failureOfTheBlockIsReported() {
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThatRouting(new RoutingRecorder(), () -> {
				throw new IllegalStateException("broken");
			}))
			.withMessageContaining("broken");
	}

}
