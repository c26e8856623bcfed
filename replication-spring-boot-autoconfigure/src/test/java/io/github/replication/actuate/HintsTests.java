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

package io.github.replication.actuate;

import java.time.Instant;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.github.replication.NodeState;
import io.github.replication.NodeStatus;
import io.github.replication.Reason;
import io.github.replication.Role;
import io.github.replication.actuate.Figures.NodeFigures;
import io.github.replication.actuate.Figures.Place;
import io.github.replication.actuate.Hint.Topic;

import static org.assertj.core.api.Assertions.assertThat;

class HintsTests {

	private static final Place PLACE = new Place(1, null, null);

	@Test
	void nothingStandsOutWhereReplicasServe() {
		assertThat(
				hints(primary(Map.of(Reason.READ_WRITE, 500L, Reason.NO_TRANSACTION, 5L, Reason.BEHIND, 9L), 500, 0, 0),
						replica("replica-1", PLACE, 700), replica("replica-2", PLACE, 300)))
			.isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "44, 56, true", "440, 560, true", "9, 91, false", "10, 90, true", "44, 55, false", "0, 0, false" })
	void statementsWithoutATransactionStandOutFromATenthOn(long without, long within, boolean expected) {
		List<Hint> hints = hints(primary(Map.of(Reason.NO_TRANSACTION, without), 0, 0, 0),
				replica("replica-1", PLACE, within));
		assertThat(hints).hasSize(expected ? 1 : 0);
		if (expected) {
			assertThat(hints.get(0).topic()).isEqualTo(Topic.WITHOUT_TRANSACTION);
			assertThat(hints.get(0).figure()).isEqualTo("%d %% (%d of %d) units of work ran outside of a transaction."
				.formatted(Math.round(100.0 * without / (without + within)), without, without + within));
			assertThat(hints.get(0).remedy()).contains("@ReadOnly", "replication.without-transaction=by-statement");
		}
	}

	@Test
	void readWriteTransactionsThatNeverWriteStandOut() {
		assertThat(hints(primary(Map.of(Reason.READ_WRITE, 200L), 150, 50, 0))).singleElement().satisfies((hint) -> {
			assertThat(hint.topic()).isEqualTo(Topic.READ_WRITE_UNCHANGED);
			assertThat(hint.figure()).isEqualTo("25 % (50 of 200) read-write transactions changed nothing.");
			assertThat(hint.remedy()).contains("@Transactional(readOnly = true)");
		});
	}

	@Test
	void readsThatNoReplicaHasReplayedStandOut() {
		assertThat(hints(primary(Map.of(Reason.BEHIND, 30L, Reason.RECENT_WRITE, 20L), 0, 0, 0),
				replica("replica-1", PLACE, 50)))
			.singleElement()
			.satisfies((hint) -> {
				assertThat(hint.topic()).isEqualTo(Topic.BEHIND);
				assertThat(hint.figure()).startsWith("50 % (50 of 100) reads");
				assertThat(hint.remedy()).contains("replication.read-your-writes.wait", "Replication.untracked");
			});
	}

	@ParameterizedTest
	@CsvSource({ "100, 9, true", "100, 10, false", "99, 0, false" })
	void positionsThatNobodyBringsBackStandOut(long sent, long received, boolean expected) {
		List<Hint> hints = Hints.of(new Figures(List.of(), sent, received, null));
		assertThat(hints).extracting(Hint::topic)
			.isEqualTo(expected ? List.of(Topic.POSITION_NOT_RETURNED) : List.of());
		assertThat(hints).allSatisfy((hint) -> {
			assertThat(hint.figure()).contains("100 responses", "9 requests");
			assertThat(hint.remedy()).contains("cookies", "replication.read-your-writes.carrier=header");
		});
	}

	@Test
	void exhaustedFallbackStandsOut() {
		assertThat(hints(primary(Map.of(Reason.NO_REPLICA, 10L), 0, 0, 3))).singleElement().satisfies((hint) -> {
			assertThat(hint.topic()).isEqualTo(Topic.FALLBACK_EXHAUSTED);
			assertThat(hint.figure()).isEqualTo("Reads without a free connection in the read pool of primary: 3.");
			assertThat(hint.remedy()).contains("replication.fallback-max-connections");
		});
	}

	@Test
	void unusedReplicaStandsOutWithItsCause() {
		Figures figures = new Figures(
				List.of(replica("used", new Place(1, null, "here"), 200),
						replica("weightless", new Place(0, null, null), 0),
						replica("grouped", new Place(1, "reports", null), 0),
						replica("far", new Place(1, null, "there"), 0), replica("near", new Place(1, null, "here"), 0)),
				0, 0, "here");
		assertThat(Hints.of(figures)).extracting(Hint::topic).containsOnly(Topic.REPLICA_UNUSED);
		assertThat(Hints.of(figures)).extracting(Hint::cause)
			.containsExactly("Its weight is 0.", "It belongs to the group 'reports', for which no read has asked.",
					"It is in the zone there, and replicas of the application's own zone serve.",
					"Callers stay with the replica that they have read from.");
		assertThat(Hints.of(figures)).extracting(Hint::figure).contains("weightless served none of 200 reads.");
		assertThat(Hints.of(figures)).extracting(Hint::remedy)
			.contains("Use @ReadOnly(group = \"reports\"), or remove replication.replicas.grouped.group.");
	}

	@Test
	void replicaThatDoesNotServeIsNotUnused() {
		NodeFigures lost = new NodeFigures(status("lost", Role.REPLICA, NodeState.OFFLINE, null, null), PLACE, Map.of(),
				0, 0, 0);
		assertThat(hints(lost, replica("replica-1", PLACE, 200))).isEmpty();
	}

	@Test
	void missingRightsStandOut() {
		NodeFigures hidden = new NodeFigures(status("replica-1", Role.REPLICA, NodeState.ONLINE, "0/1", null), PLACE,
				Map.of(), 0, 0, 0);
		NodeFigures unknown = new NodeFigures(status("primary", Role.PRIMARY, NodeState.ONLINE, null, null), PLACE,
				Map.of(), 0, 0, 0);
		assertThat(hints(unknown, hidden)).extracting(Hint::topic)
			.containsExactly(Topic.MISSING_RIGHTS, Topic.MISSING_RIGHTS);
		assertThat(hints(unknown, hidden)).extracting(Hint::figure)
			.containsExactly("The WAL receivers of replica-1 are not visible.",
					"The WAL positions of primary are not known.");
		assertThat(hints(unknown, hidden).get(0).remedy()).contains("GRANT pg_monitor");
		assertThat(hints(unknown, hidden).get(1).remedy()).contains("GRANT EXECUTE");
	}

	private static List<Hint> hints(NodeFigures... nodes) {
		return Hints.of(new Figures(List.of(nodes), 0, 0, null));
	}

	private static NodeFigures primary(Map<Reason, Long> decisions, long changing, long unchanging, long exhaustions) {
		return new NodeFigures(status("primary", Role.PRIMARY, NodeState.ONLINE, "0/1", null), PLACE, decisions,
				changing, unchanging, exhaustions);
	}

	private static NodeFigures replica(String name, Place place, long reads) {
		return new NodeFigures(status(name, Role.REPLICA, NodeState.ONLINE, "0/1", true), place,
				Map.of(Reason.READ_ONLY, reads), 0, 0, 0);
	}

	private static NodeStatus status(String name, Role role, NodeState state, @Nullable String position,
			@Nullable Boolean receiving) {
		return new NodeStatus(name, role, state, Instant.EPOCH, null, null, null, position, null, receiving, null, 0,
				null);
	}

}
