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

import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.github.replication.Reason;
import io.github.replication.node.HistoryMark.Finding;
import io.github.replication.node.ServerState.Streaming;
import io.github.replication.position.ReadMark;
import io.github.replication.position.ReadYourWritesMode;
import io.github.replication.position.SampleClock;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WalPosition;
import io.github.replication.position.WriteMark;

import static org.assertj.core.api.Assertions.assertThat;

class PositionsTests {

	private static final long SYSTEM = 4711;

	private static final long STARTED = 99;

	private final AtomicLong time = new AtomicLong();

	private final SampleClock clock = new SampleClock(this.time::get);

	private final ClusterNode one = Nodes.replica("replica-1", this.clock);

	private final ClusterNode two = Nodes.replica("replica-2", this.clock);

	private Positions positions = positions(ReadYourWritesMode.POSITION);

	private Positions positions(ReadYourWritesMode mode) {
		return new Positions(
				new PositionSettings(mode, true, Duration.ZERO, Duration.ofSeconds(1), Duration.ofMillis(500)),
				this.clock);
	}

	@Test
	void onlyReplicasThatHaveReplayedAPositionQualify() {
		primary(1, 1_000);
		replica(this.one, 1, 500);
		replica(this.two, 1, 499);
		assertThat(qualifying(written(1, 500))).containsExactly(this.one);
		assertThat(qualifying(written(1, 499))).containsExactly(this.one, this.two);
		assertThat(qualifying(written(1, 501))).isEmpty();
	}

	/**
	 * Instances do not notice a failover at the same time. What they call the same node
	 * must not be what another one calls another node.
	 */
	@Test
	void failoverChangesNoNumberOfANode() {
		List<ClusterNode> nodes = Stream.of("one", "three", "two")
			.map((name) -> Nodes.replica(name, this.clock))
			.toList();
		nodes.forEach((node) -> replica(node, 1, 500));
		Map<Integer, Set<Integer>> numbers = new HashMap<>();
		for (ClusterNode primary : nodes) {
			List<ClusterNode> replicas = nodes.stream().filter((node) -> node != primary).toList();
			Positions positions = Nodes.positions(this.clock, Nodes.topology(primary, replicas, null));
			replicas.forEach((node) -> numbers.computeIfAbsent(node.id(), (id) -> new TreeSet<>())
				.add(positions.indexOf(node.id())));
		}
		assertThat(numbers.values()).containsExactlyInAnyOrder(Set.of(1), Set.of(2), Set.of(3));
		assertThat(numbers).doesNotContainKey(ReadMark.PRIMARY);
	}

	@Test
	void replicaOutsideOfTheRotationKeepsItsNumber() {
		ClusterNode resting = Nodes.replica("resting", 0, null, null);
		replica(resting, 1, 500);
		Positions positions = Nodes.positions(this.clock,
				Nodes.topology(Nodes.primary(), List.of(resting, this.one), null));
		assertThat(positions.placeOf(resting.id())).isNull();
		assertThat(positions.indexOf(resting.id())).isEqualTo(3);
		assertThat(positions.indexOf(ReadMark.PRIMARY)).isZero();
		assertThat(positions.indexOf(4711)).isZero();
	}

	@Test
	void positionsAreComparedAsUnsignedNumbers() {
		primary(1, -1);
		replica(this.one, 1, -2);
		assertThat(qualifying(written(1, 500))).containsExactly(this.one);
		assertThat(qualifying(written(1, -1))).isEmpty();
	}

	@Test
	void positionOfAnotherTimelineIsNotCompared() {
		primary(2, 1_000);
		replica(this.one, 1, 5_000);
		replica(this.two, 2, 600);
		assertThat(qualifying(written(2, 500))).containsExactly(this.two);
		assertThat(qualifying(written(1, 500))).containsExactly(this.one);
	}

	@Test
	void standbyWhoseTimelineIsNotKnownQualifiesOnceItIsProven() {
		primary(2, 1_000);
		replica(this.one, 0, 900);
		replica(this.two, 1, 900);
		assertThat(qualifying(written(2, 500))).isEmpty();
		ReplicaPosition position = this.one.inquiry().position();
		position.compared(2, Finding.NOT_YET, position.incarnation());
		assertThat(qualifying(written(2, 500))).isEmpty();
		position.compared(2, Finding.SAME_HISTORY, position.incarnation());
		assertThat(qualifying(written(2, 500))).containsExactly(this.one);
		replica(this.one, 1, 950);
		assertThat(qualifying(written(2, 950))).as("the control file is late").containsExactly(this.one);
		primary(3, 1_000);
		assertThat(qualifying(written(3, 500))).isEmpty();
	}

	@Test
	void standbyThatIsAheadOfALaterSampleOfThePrimaryIsOfAnotherHistory() {
		primary(2, 1_000, 1_010);
		replica(this.one, 1, 1_011);
		this.positions.compare(this.one);
		assertThat(this.positions.hasDiverged(this.one)).as("the sample was before").isFalse();
		primary(2, 1_000, 1_011);
		this.positions.compare(this.one);
		assertThat(this.positions.hasDiverged(this.one)).isFalse();
		replica(this.one, 1, 1_012);
		primary(2, 1_000, 1_011);
		this.positions.compare(this.one);
		assertThat(this.positions.hasDiverged(this.one)).isTrue();
		primary(2, 5_000);
		replica(this.one, 1, 1_012);
		this.positions.compare(this.one);
		assertThat(this.positions.hasDiverged(this.one)).as("the primary goes on").isTrue();
		this.one.inquiry()
			.position()
			.reported(sample(restarted(2, 4_000)), this.one.inquiry().position().incarnation());
		assertThat(this.positions.hasDiverged(this.one)).as("it was started anew").isFalse();
	}

	@Test
	void positionDecidesAgainOnceAStandbyReportsItsTimelineItself() {
		primary(2, 1_000);
		replica(this.one, 1, 900);
		ReplicaPosition position = this.one.inquiry().position();
		position.compared(2, null, position.incarnation());
		position.endDoubt(2);
		assertThat(this.positions.reason(List.of(this.one))).isEqualTo(Reason.RECENT_WRITE);
		replica(this.one, 2, 950);
		position.endDoubt(0);
		assertThat(this.positions.reason(List.of(this.one))).isEqualTo(Reason.RECENT_WRITE);
		position.endDoubt(2);
		assertThat(this.positions.reason(List.of(this.one))).isEqualTo(Reason.BEHIND);
		assertThat(qualifying(written(2, 500))).containsExactly(this.one);
	}

	@Test
	void timeDecidesWhereNothingProvesTheTimelineOfAStandby() {
		primary(2, 1_000);
		replica(this.one, 1, 900);
		ReplicaPosition position = this.one.inquiry().position();
		position.compared(2, null, position.incarnation());
		List<ClusterNode> replicas = List.of(this.one);
		assertThat(this.positions.reason(replicas)).isEqualTo(Reason.RECENT_WRITE);
		assertThat(this.positions.qualifying(replicas, written(2, 500))).isEmpty();
		assertThat(this.positions.qualifying(replicas, new SessionGuarantee(null, new ReadMark(7, 1, 1))))
			.isEqualTo(replicas);
		assertThat(this.positions.reason(List.of(this.one, this.two))).isEqualTo(Reason.BEHIND);
	}

	@Test
	void replicaOfAnotherClusterNeverQualifies() {
		primary(1, 1_000);
		reports(this.one, standby(1, 900, SYSTEM + 1));
		assertThat(qualifying(written(1, 500))).isEmpty();
	}

	@Test
	void unresolvedWriteIsCoveredByASampleThatStartedAfterItOnly() {
		primary(1, 1_000);
		replica(this.one, 1, 1_000);
		WriteMark write = WriteMark.unresolved(this.clock.now(), false, 0);
		assertThat(qualifying(new SessionGuarantee(write, null))).isEmpty();
		primary(1, 1_000);
		assertThat(qualifying(new SessionGuarantee(write, null))).containsExactly(this.one);
	}

	@Test
	void asynchronousWriteIsCoveredByTheInsertPosition() {
		replica(this.one, 1, 1_000);
		WriteMark write = WriteMark.unresolved(this.clock.now(), true, 0);
		primary(1, 1_000, 1_050);
		assertThat(qualifying(new SessionGuarantee(write, null))).isEmpty();
		replica(this.one, 1, 1_050);
		assertThat(qualifying(new SessionGuarantee(write, null))).containsExactly(this.one);
	}

	@Test
	void positionCountsAsNotFlushedUntilASampleHasSeenItFlushed() {
		WriteMark write = WriteMark.unresolved(this.clock.now(), true, 0);
		primary(1, 1_000, 1_050);
		WriteMark resolved = this.positions.lookUp(write);
		assertThat(resolved).returns(new WalPosition(1, 1_050), WriteMark::position)
			.returns(true, WriteMark::asynchronous);
		WriteMark more = WriteMark.unresolved(this.clock.now(), false, 0).and(resolved);
		primary(1, 1_040, 1_060);
		assertThat(this.positions.lookUp(more)).returns(new WalPosition(1, 1_060), WriteMark::position)
			.returns(true, WriteMark::asynchronous);
		WriteMark last = WriteMark.unresolved(this.clock.now(), false, 0).and(resolved);
		primary(1, 1_060, 1_060);
		assertThat(this.positions.lookUp(last)).returns(new WalPosition(1, 1_060), WriteMark::position)
			.returns(false, WriteMark::asynchronous);
	}

	@Test
	void writeThatWasFlushedMeanwhileIsAnyOther() {
		WriteMark write = WriteMark.unresolved(this.clock.now(), true, 0);
		primary(1, 1_050, 1_050);
		assertThat(this.positions.lookUp(write)).returns(new WalPosition(1, 1_050), WriteMark::position)
			.returns(false, WriteMark::asynchronous);
	}

	@Test
	void readMarkKeepsToItsNodeUntilAnotherHasReachedALaterSample() {
		primary(1, 1_000);
		replica(this.one, 1, 1_000);
		replica(this.two, 1, 1_000);
		SessionGuarantee read = new SessionGuarantee(null, new ReadMark(this.one.id(), this.clock.now(), 0));
		assertThat(qualifying(read)).containsExactly(this.one);
		primary(1, 1_000);
		assertThat(qualifying(read)).containsExactly(this.one, this.two);
	}

	@Test
	void readMarkDoesNotOutliveItsServer() {
		primary(1, 1_000);
		replica(this.one, 1, 1_000);
		SessionGuarantee read = new SessionGuarantee(null, new ReadMark(this.one.id(), this.clock.now(), 0));
		reports(this.one, restarted(1, 900));
		assertThat(qualifying(read)).isEmpty();
		replica(this.two, 1, 1_000);
		assertThat(qualifying(new SessionGuarantee(null, new ReadMark(ReadMark.PRIMARY, this.clock.now(), 0))))
			.isEmpty();
	}

	@Test
	void positionAboveThePrimaryIsClampedByALaterSampleOnly() {
		primary(1, 1_000);
		long arrival = this.clock.now();
		WriteMark future = new WriteMark(0, false, new WalPosition(1, 1_000_000), arrival, 0);
		assertThat(this.positions.lookUp(future).position()).isEqualTo(new WalPosition(1, 1_000_000));
		primary(1, 1_001, 1_010);
		assertThat(this.positions.lookUp(future).position()).isEqualTo(new WalPosition(1, 1_001));
	}

	@Test
	void positionOfAnotherTimelineIsAWriteBeforeItsArrival() {
		primary(2, 1_000);
		WriteMark old = new WriteMark(0, false, new WalPosition(1, 5_000), this.clock.now(), 0);
		primary(2, 1_001);
		assertThat(this.positions.lookUp(old).position()).isEqualTo(new WalPosition(2, 1_001));
	}

	@Test
	void timeDecidesWhileThePrimaryReportsNoPosition() {
		primary(1, 1_000);
		replica(this.one, 1, 2_000);
		this.positions.primaryAnswered(null, new SQLException("refused"));
		assertThat(this.positions.isExact()).as("after one silence").isTrue();
		this.positions.primaryAnswered(null, new SQLException("refused"));
		assertThat(this.positions.isExact()).isFalse();
		assertThat(this.positions.reason(List.of(this.one))).isEqualTo(Reason.RECENT_WRITE);
		assertThat(qualifying(new SessionGuarantee(WriteMark.unresolved(this.clock.now(), false, 0), null))).isEmpty();
		assertThat(qualifying(written(1, 1_500))).containsExactly(this.one);
		primary(1, 1_000);
		assertThat(this.positions.isExact()).isTrue();
	}

	@Test
	void furthestReplicaStandsInForANodeThatIsLostWithThePrimary() {
		primary(1, 1_000);
		replica(this.one, 1, 900);
		replica(this.two, 1, 950);
		this.positions.within(() -> Nodes.topology(Nodes.primary(), List.of(this.one, this.two), null));
		SessionGuarantee read = new SessionGuarantee(null, new ReadMark(4711, this.clock.now(), 0));
		assertThat(qualifying(read)).isEmpty();
		silence();
		assertThat(qualifying(read)).containsExactly(this.two);
		assertThat(this.positions.qualifies(this.one, read)).isFalse();
		assertThat(this.positions.qualifies(this.two, read)).isTrue();
		replica(this.one, 1, 950);
		assertThat(qualifying(read)).containsExactly(this.one, this.two);
		replica(this.one, 2, 920);
		assertThat(qualifying(read)).as("follows a later timeline").containsExactly(this.one);
	}

	@Test
	void nodeThatWasPromotedServesThoseWhoHaveReadFromItUntilItsPositionIsKnown() {
		primary(1, 1_000);
		replica(this.one, 1, 950);
		replica(this.two, 1, 950);
		SessionGuarantee read = new SessionGuarantee(null, new ReadMark(this.one.id(), this.clock.now(), 0));
		this.positions.within(() -> Nodes.topology(this.one, List.of(this.two), null));
		silence();
		assertThat(this.positions.qualifying(List.of(this.two), read)).isEmpty();
		assertThat(this.positions.qualifies(this.two, read)).isFalse();
	}

	@Test
	void primaryThatServesAlthoughItCountsAsSilentServesThoseWhoHaveReadFromIt() {
		primary(1, 1_000);
		replica(this.one, 1, 900);
		replica(this.two, 1, 950);
		this.positions.within(() -> Nodes.topology(Nodes.primary(), List.of(this.one, this.two), null));
		this.positions.primaryHasServed();
		silence();
		SessionGuarantee read = new SessionGuarantee(null, new ReadMark(ReadMark.PRIMARY, this.clock.now(), 0));
		assertThat(qualifying(read)).as("it has served before").containsExactly(this.two);
		this.positions.primaryHasServed();
		assertThat(qualifying(read)).isEmpty();
		silence();
		assertThat(qualifying(read)).containsExactly(this.two);
	}

	@Test
	void replicaThatWasPromotedStandsInAloneUntilItIsFollowed() {
		primary(1, 1_000);
		replica(this.one, 1, 950);
		replica(this.two, 1, 940);
		this.positions.within(() -> Nodes.topology(Nodes.primary(), List.of(this.one, this.two), null));
		silence();
		reports(this.one, new ServerState(0, false, false, STARTED, 2, 960, 960, SYSTEM, "app", Streaming.UNKNOWN));
		SessionGuarantee read = new SessionGuarantee(null, new ReadMark(ReadMark.PRIMARY, this.clock.now(), 0));
		assertThat(qualifying(read)).containsExactly(this.one);
		assertThat(this.positions.qualifies(this.one, read)).isTrue();
		assertThat(this.positions.qualifies(this.two, read)).isFalse();
		replica(this.one, 1, 930);
		assertThat(qualifying(read)).as("is a standby again").containsExactly(this.two);
	}

	@Test
	void anyReplicaStandsInWhereThePrimaryHasNeverReportedItsPosition() {
		replica(this.one, 1, 900);
		replica(this.two, 1, 950);
		this.positions.within(() -> Nodes.topology(Nodes.primary(), List.of(this.one, this.two), null));
		silence();
		SessionGuarantee read = new SessionGuarantee(null, new ReadMark(4711, this.clock.now(), 0));
		assertThat(qualifying(read)).containsExactly(this.one, this.two);
	}

	private void silence() {
		this.positions.primaryAnswered(null, new SQLException("refused"));
		this.positions.primaryAnswered(null, new SQLException("refused"));
	}

	@Test
	void modesThatDoNotLookAtPositions() {
		this.positions = positions(ReadYourWritesMode.TIME);
		primary(1, 1_000);
		replica(this.one, 1, 2_000);
		assertThat(qualifying(written(1, 500))).isEmpty();
		this.positions = positions(ReadYourWritesMode.OFF);
		assertThat(qualifying(written(1, 5_000))).containsExactly(this.one, this.two);
	}

	@Test
	void freshIsWhoHasReachedASampleOfThatTime() {
		primary(1, 1_000);
		replica(this.one, 1, 1_000);
		this.time.addAndGet(Duration.ofSeconds(2).toNanos());
		assertThat(this.positions.fresh(List.of(this.one), Duration.ofSeconds(2))).containsExactly(this.one);
		assertThat(this.positions.fresh(List.of(this.one), Duration.ofMillis(1_999))).isEmpty();
		primary(1, 1_000);
		assertThat(this.positions.fresh(List.of(this.one), Duration.ZERO)).containsExactly(this.one);
		this.time.incrementAndGet();
		primary(1, 1_001);
		assertThat(this.positions.fresh(List.of(this.one), Duration.ZERO)).isEmpty();
	}

	@Test
	void severalServersBehindOneUrlQualifyForNoPosition() {
		primary(1, 1_000);
		ReplicaPosition position = this.one.inquiry().position();
		reports(this.one, standby(1, 900, SYSTEM));
		reports(this.one, new ServerState(0, false, true, STARTED - 1, 1, 900, 0, SYSTEM, "app", Streaming.UNKNOWN));
		assertThat(position.isShared()).isTrue();
		assertThat(this.one.id()).isEqualTo(ReadMark.PRIMARY);
		assertThat(qualifying(written(1, 500))).isEmpty();
		assertThat(this.positions.reason(List.of(this.one))).isEqualTo(Reason.RECENT_WRITE);
	}

	private List<ClusterNode> qualifying(SessionGuarantee guarantee) {
		return this.positions.qualifying(List.of(this.one, this.two), guarantee);
	}

	private static SessionGuarantee written(int timeline, long lsn) {
		return new SessionGuarantee(new WriteMark(0, false, new WalPosition(timeline, lsn), 0, 0), null);
	}

	private void primary(int timeline, long lsn) {
		primary(timeline, lsn, lsn);
	}

	private void primary(int timeline, long flushed, long inserted) {
		this.positions.primaryAnswered(sample(new ServerState(0, false, false, STARTED, timeline, flushed, inserted,
				SYSTEM, "app", Streaming.UNKNOWN)), null);
	}

	private void replica(ClusterNode node, int timeline, long lsn) {
		reports(node, standby(timeline, lsn, SYSTEM));
	}

	private void reports(ClusterNode node, ServerState state) {
		ReplicaPosition position = node.inquiry().position();
		position.reported(sample(state), position.incarnation());
	}

	private static ServerState restarted(int timeline, long lsn) {
		return new ServerState(0, false, true, STARTED + 1, timeline, lsn, 0, SYSTEM, "app", Streaming.UNKNOWN);
	}

	private static ServerState standby(int timeline, long lsn, long system) {
		return new ServerState(0, false, true, STARTED, timeline, lsn, 0, system, "app", Streaming.UNKNOWN);
	}

	private Sample sample(@Nullable ServerState state) {
		return new Sample(this.clock.startSample(), this.time.get(), state);
	}

}
