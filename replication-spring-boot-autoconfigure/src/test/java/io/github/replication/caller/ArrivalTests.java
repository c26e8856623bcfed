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

package io.github.replication.caller;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.github.replication.position.PositionResolver.Place;
import io.github.replication.position.PositionToken;
import io.github.replication.position.PositionToken.Read;
import io.github.replication.position.ReadMark;
import io.github.replication.position.ReadYourWritesMode;
import io.github.replication.position.SampleClock;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WalPosition;
import io.github.replication.position.WriteMark;

import static org.assertj.core.api.Assertions.assertThat;

class ArrivalTests {

	private static final int ONE = 0x11;

	private static final int TWO = 0x22;

	private static final int ROTATION = 7;

	/**
	 * The mark of a read from the first node, as a response has sent it.
	 */
	private static final String MARK = "2.cafe..1-11-7-0004";

	private final AtomicLong time = new AtomicLong(1_000);

	private final SampleClock clock = new SampleClock(this.time::get);

	private final CallerTokens tokens = new CallerTokens(this.clock, Clock.fixed(Instant.EPOCH, ZoneOffset.UTC),
			Duration.ofSeconds(10));

	private final CallerRecords records = new CallerRecords(this.tokens);

	private final KnownCluster cluster = new KnownCluster(
			Map.of(ONE, new Place(1, ROTATION), TWO, new Place(2, ROTATION)));

	ArrivalTests() {
		this.tokens.resolveWith(this.cluster);
	}

	@Test
	void markIsAsOfTheArrival() {
		this.clock.startSample();
		long now = this.clock.now();
		assertThat(arrive("2.cafe..1-11-7-0001").guarantee().read()).isEqualTo(new ReadMark(ONE, now, 1_000, ROTATION));
	}

	@Test
	void readerThatStaysGetsNothing() {
		Caller caller = arrive("2.cafe..1-11-7-0001");
		assertThat(caller.departureAfter(ONE)).isNull();
	}

	@Test
	void firstReadNamesItsNode() {
		Caller caller = arrive();
		assertThat(caller.departureAfter(ONE)).asString().matches("2\\.cafe\\.\\.1-11-7-00[0-9a-z]{2}");
	}

	@Test
	void moveSupersedesTheNodeBefore() {
		Caller caller = arrive("2.cafe..1-11-7-0004");
		assertThat(caller.departureAfter(TWO)).asString().matches("2\\.cafe\\.\\.2-22-7-0004[0-9a-z]{2}");
		assertThat(arrive("2.cafe..1-11-7-0004", "2.cafe..2-22-7-000405").guarantee().read()).isNotNull()
			.returns(TWO, ReadMark::node);
	}

	/**
	 * The slow request began before the others and may have read later than they.
	 */
	@Test
	void slowRequestCountsBesideThoseThatHaveMovedMeanwhile() {
		Caller slow = arrive();
		Caller first = arrive();
		String one = String.valueOf(first.departureAfter(ONE));
		Caller second = arrive(one);
		String two = String.valueOf(second.departureAfter(TWO));
		String late = String.valueOf(slow.departureAfter(ONE));
		assertThat(arrive(one, two).guarantee().read()).isNotNull().returns(TWO, ReadMark::node);
		assertThat(arrive(late, two).guarantee().read()).isNotNull().returns(ReadMark.PRIMARY, ReadMark::node);
		Caller next = arrive(late, two);
		next.read(ONE);
		assertThat(arrive(String.valueOf(next.departure()), two).guarantee().read()).isNotNull()
			.returns(ONE, ReadMark::node);
	}

	/**
	 * By versions that two responses happen to have chosen, which neither knew of.
	 */
	@Test
	void marksThatSupersedeEachOtherBothCount() {
		assertThat(arrive("2.cafe..1-11-7-000405", "2.cafe..2-22-7-000405").guarantee().read()).isNotNull()
			.returns(ReadMark.PRIMARY, ReadMark::node);
	}

	/**
	 * There are about 1,300 versions, so that some of 20,000 marks would have taken it.
	 */
	@Test
	void noMarkTakesAVersionThatOneOfTheArrivedHasSuperseded() {
		for (int i = 0; i < 20_000; i++) {
			Caller caller = arrive("2.cafe..1-11-7-0006", "2.cafe..2-22-7-000405");
			PositionToken token = caller.departureAfter(ONE);
			assertThat(token).isNotNull();
			assertThat(token.read()).isNotNull();
			assertThat(token.read().version()).isNotIn("04", "05", "06");
		}
	}

	/**
	 * One of two parallel requests stays with its node, for which nothing need be sent,
	 * and the other moves. The one that stays has read last.
	 */
	@Test
	void requestThatStaysCountsBesideOneThatHasMoved() {
		Caller staying = arrive(MARK);
		Caller moving = arrive(MARK);
		this.clock.startSample();
		String two = String.valueOf(moving.departureAfter(TWO));
		String one = String.valueOf(staying.departureAfter(ONE));
		assertThat(one).matches("2\\.cafe\\.\\.1-11-7-00[0-9a-z]{2}").isNotEqualTo(MARK);
		assertThat(arrive(one, two).guarantee().read()).isNotNull().returns(ReadMark.PRIMARY, ReadMark::node);
	}

	/**
	 * Carriers other than cookies drop what the response replaces.
	 */
	@Test
	void requestThatMovesAfterAnotherHasStayedCoversBoth() {
		Caller staying = arrive(MARK);
		Caller moving = arrive(MARK);
		this.clock.startSample();
		assertThat(staying.departureAfter(ONE)).isNull();
		String two = String.valueOf(moving.departureAfter(TWO));
		assertThat(arrive(two).guarantee().read()).isNotNull().returns(ReadMark.PRIMARY, ReadMark::node);
		assertThat(arrive(MARK, two).guarantee().read()).isNotNull().returns(ReadMark.PRIMARY, ReadMark::node);
	}

	@Test
	void requestThatMovesAfterTheLastHasStayedSupersedesIt() {
		this.clock.startSample();
		Caller staying = arrive(MARK);
		assertThat(staying.departureAfter(ONE)).isNull();
		Caller moving = arrive(MARK);
		String two = String.valueOf(moving.departureAfter(TWO));
		assertThat(arrive(MARK, two).guarantee().read()).isNotNull().returns(TWO, ReadMark::node);
	}

	/**
	 * A shared cache may store it, or its head was sent before.
	 */
	@Test
	void responseThatTakesNoMarkAlongCountsForOneThatMoves() {
		Caller stored = arrive(MARK);
		Caller streamed = arrive(MARK);
		Caller moving = arrive(MARK);
		this.clock.startSample();
		stored.read(ONE);
		assertThat(stored.arrival.departure(stored.record, false, true)).isNull();
		assertThat(moving.departureAfter(TWO)).asString().contains("..0-0-");
		Caller other = arrive(MARK);
		this.clock.startSample();
		streamed.read(ONE);
		streamed.arrival.keep(streamed.record);
		assertThat(other.departureAfter(TWO)).asString().contains("..0-0-");
	}

	/**
	 * The request that comes third names the mark of the first anew, which is as good as
	 * leaving it.
	 */
	@Test
	void markThatIsReplacedByAnotherOfItsNodeWasLeftAsWell() {
		Caller slow = arrive(MARK);
		Caller third = arrive(MARK, "2.cafe..2-22-7-000005");
		String renewed = String.valueOf(third.departureAfter(ONE));
		assertThat(renewed).matches("2\\.cafe\\.\\.1-11-7-00[0-9a-z]{2}05");
		assertThat(slow.departureAfter(ONE)).isNotNull();
	}

	/**
	 * Such as {@code Replication.position()} yields: those of all callers are the same.
	 */
	@Test
	void markThatNoResponseHasSentIsNotShared() {
		String mark = "2.cafe..1-11-7-0001";
		Caller moving = arrive(mark);
		moving.departureAfter(TWO);
		Caller staying = arrive(mark);
		assertThat(staying.departureAfter(ONE)).isNull();
	}

	@Test
	void callerThatShouldMoveAndStaysKeepsItsRotationInANewMark() {
		String mark = "2.cafe..1-11-6-0004";
		Caller staying = arrive(mark);
		Caller moving = arrive(mark);
		moving.departureAfter(TWO);
		staying.record.guarantee();
		staying.record.keepNode();
		assertThat(staying.departureAfter(ONE)).asString().matches("2\\.cafe\\.\\.1-11-6-00[0-9a-z]{2}");
	}

	@Test
	void markThatWasRenewedForAParallelRequestIsNotRenewedAgain() {
		Caller staying = arrive(MARK);
		Caller moving = arrive(MARK);
		moving.departureAfter(TWO);
		Caller next = arrive(String.valueOf(staying.departureAfter(ONE)));
		assertThat(next.departureAfter(ONE)).isNull();
	}

	@Test
	void requestThatArrivesLateCountsBesideOneThatHasMoved() {
		Caller moving = arrive(MARK);
		moving.departureAfter(TWO);
		this.time.addAndGet(Duration.ofSeconds(2).toNanos());
		Caller late = arrive(MARK);
		assertThat(late.departureAfter(ONE)).isNotNull();
		this.time.addAndGet(Duration.ofSeconds(2).toNanos());
		Caller later = arrive(MARK);
		assertThat(later.departureAfter(ONE)).isNull();
	}

	/**
	 * The mark of a parallel read counts beside the word that a position covers others.
	 */
	@Test
	void positionThatCoversReadsDoesNotCoverThoseOfParallelRequests() {
		assertThat(arrive("2.cafe..7-ffffffff-ffffffff-0002", "2.cafe..1-11-7-0003").guarantee().read()).isNotNull()
			.returns(ONE, ReadMark::node);
		assertThat(arrive("2.cafe..7-ffffffff-ffffffff-0003", "2.cafe..1-11-7-0003").guarantee().read()).isNull();
	}

	/**
	 * As when a request has read in another service alone.
	 */
	@Test
	void readInAnotherServiceLeavesWithTheResponse() {
		Caller caller = arrive("2.cafe..1-11-7-0004");
		assertThat(caller.guarantee().read()).as("what the request takes along").isNotNull();
		caller.record.add(this.tokens.decode("2.cafe..2-22-7-000001"));
		PositionToken token = caller.departure();
		assertThat(token).isNotNull();
		assertThat(arrive("2.cafe..1-11-7-0004", token.toString()).guarantee().read()).isNotNull()
			.returns(ReadMark.PRIMARY, ReadMark::node);
		Caller unknown = arrive();
		unknown.record.add(this.tokens.decode("2.cafe..0-0-ffffffff-01"));
		assertThat(unknown.departure()).asString().matches("2\\.cafe\\.\\.0-0-ffffffff-[0-9a-z]{2}");
	}

	@Test
	void markWithoutVersionsIsStillAToken() {
		this.cluster.sampled = new WalPosition(1, 0x500);
		Caller caller = arrive("2.cafe..9-33-7-00");
		caller.record.recordBehind(ReadMark.PRIMARY);
		caller.read(ReadMark.PRIMARY);
		assertThat(PositionToken.parse(String.valueOf(caller.departure()))).isNotNull();
	}

	@Test
	void nodesOfParallelReadsCountTogether() {
		assertThat(arrive("2.cafe..1-11-7-0001", "2.cafe..2-22-7-000001").guarantee().read()).isNotNull()
			.returns(ReadMark.PRIMARY, ReadMark::node);
	}

	@Test
	void nodeOfAnotherRotationIsSentAnew() {
		Caller caller = arrive("2.cafe..1-11-6-0001");
		assertThat(caller.departureAfter(ONE)).asString().matches("2\\.cafe\\.\\.1-11-7-00[0-9a-z]{2}");
	}

	@Test
	void callerThatShouldMoveAndStaysGetsNothing() {
		Caller caller = arrive("2.cafe..1-11-6-0001");
		assertThat(caller.guarantee().read()).isNotNull();
		caller.record.keepNode();
		assertThat(caller.guarantee().read()).isNotNull().returns(ReadMark.ANY, ReadMark::rotation);
		assertThat(caller.departureAfter(ONE)).isNull();
	}

	@Test
	void readOnThePrimaryForLackOfAReplicaIsAPosition() {
		this.cluster.sampled = new WalPosition(1, 0x500);
		Caller caller = arrive("2.cafe.1-10.1-11-7-0003");
		caller.record.recordBehind(ONE);
		caller.read(ReadMark.PRIMARY);
		assertThat(caller.departure()).hasToString("2.cafe.1-500.1-11-7-0003");
	}

	@Test
	void callerOfANodeThatIsGoneGetsAnother() {
		this.cluster.sampled = new WalPosition(1, 0x500);
		this.cluster.places.remove(ONE);
		Caller caller = arrive("2.cafe..1-11-7-0003");
		caller.record.recordBehind(TWO);
		caller.read(ReadMark.PRIMARY);
		assertThat(caller.departure()).asString().matches("2\\.cafe\\.1-500\\.2-22-7-0003[0-9a-z]{2}");
	}

	@Test
	void parallelReadersOnThePrimaryGetTheSameNode() {
		this.cluster.sampled = new WalPosition(1, 0x500);
		for (int successor : List.of(ONE, TWO)) {
			Caller caller = arrive("2.cafe..1-11-7-0003", "2.cafe..2-22-7-000003");
			caller.record.recordBehind(successor);
			caller.read(ReadMark.PRIMARY);
			assertThat(caller.departure()).asString().matches("2\\.cafe\\.1-500\\.1-11-7-00[0-9a-z]{2}03");
		}
	}

	@Test
	void readOnThePrimaryByChoiceAsksForNoPosition() {
		Caller caller = arrive("2.cafe..1-11-7-0003");
		caller.read(ReadMark.PRIMARY);
		PositionToken token = caller.departure();
		assertThat(token).isNotNull();
		assertThat(token.reached()).isNull();
		assertThat(token.read()).isNotNull().returns(ReadMark.PRIMARY, Read::node);
		assertThat(this.cluster.asked).isZero();
		Caller next = arrive(token.toString());
		next.read(ReadMark.PRIMARY);
		assertThat(next.departure()).isNull();
	}

	@Test
	void writeCoversAReadOnThePrimaryThatHasComeAlong() {
		this.cluster.sampled = new WalPosition(1, 0x500);
		Caller caller = arrive("2.cafe..0-0-7-03");
		caller.record.recordWrite(false);
		caller.read(ReadMark.PRIMARY);
		PositionToken token = caller.arrival.departure(caller.record, true, false);
		assertThat(token).isNotNull();
		assertThat(token.position()).isEqualTo(new WalPosition(1, 0x500));
		assertThat(arrive("2.cafe..0-0-7-03", token.toString()).guarantee().read()).isNull();
	}

	@Test
	void writeLeavesWithThePositionThatIsAskedFor() {
		this.cluster.sampled = new WalPosition(1, 0x500);
		Caller caller = arrive();
		caller.record.recordWrite(false);
		assertThat(caller.arrival.departure(caller.record, true, false)).hasToString("2.cafe.1-500.");
	}

	@Test
	void sharedResponseReportsWritesOnly() {
		this.cluster.sampled = new WalPosition(1, 0x500);
		Caller reader = arrive();
		reader.read(ONE);
		assertThat(reader.arrival.departure(reader.record, false, true)).isNull();
		reader.record.recordWrite(false);
		assertThat(reader.arrival.departure(reader.record, true, true)).isNotNull();
	}

	/**
	 * Where the caller becomes known in the middle of a request, carriers are asked
	 * again.
	 */
	@Test
	void tokenThatWasDecodedIsNotDecodedAgain() {
		Arrival arrival = new Arrival(this.tokens);
		SessionGuarantee first = arrival.add(List.of("2.cafe.1-10."));
		this.clock.startSample();
		assertThat(first.write()).isNotNull();
		assertThat(arrival.add(List.of("2.cafe.1-10."))).isEqualTo(SessionGuarantee.NONE);
	}

	@Test
	void tokenOfAnotherClusterIsNeitherUsedNorReplaced() {
		Arrival arrival = new Arrival(this.tokens);
		assertThat(arrival.add(List.of("2.beef.1-10.1-11-7-0009"))).isEqualTo(SessionGuarantee.NONE);
		assertThat(arrival.mayReplace("2.beef.1-10.")).isFalse();
		assertThat(arrival.mayReplace("2.cafe.1-10.")).isTrue();
	}

	/**
	 * As by an instance that is newer than this one.
	 */
	@Test
	void tokenOfAnotherVersionIsNeitherUsedNorReplaced() {
		Arrival arrival = new Arrival(this.tokens);
		assertThat(arrival.add(List.of("3.cafe.1-10."))).isEqualTo(SessionGuarantee.NONE);
		assertThat(arrival.mayReplace("3.cafe.1-10.")).isFalse();
	}

	@Test
	void positionCountsAnewOnceItIsWritten() {
		Caller reader = arrive("2.cafe.1-10.1-11-7-0001");
		assertThat(reader.departureAfter(TWO)).isNotNull();
		assertThat(reader.arrival.isRenewing()).isFalse();
		Caller writer = arrive("2.cafe.1-10.");
		writer.record.recordWrite(false);
		assertThat(writer.arrival.departure(writer.record, true, false)).isNotNull();
		assertThat(writer.arrival.isRenewing()).isTrue();
	}

	@Test
	void nothingIsTrackedWhereNothingIsConfigured() {
		this.cluster.mode = ReadYourWritesMode.OFF;
		this.cluster.monotonic = false;
		Caller caller = arrive("2.cafe.1-10.1-11-7-0009");
		assertThat(caller.guarantee().write()).isNull();
		caller.record.recordWrite(false);
		caller.read(ONE);
		assertThat(caller.arrival.departure(caller.record, true, false)).isNull();
	}

	@Test
	void markCountsBesideATokenWithoutOne() {
		for (List<String> texts : List.of(List.of("2.cafe..1-11-7-0001", "2.cafe.1-10."),
				List.of("2.cafe.1-10.", "2.cafe..1-11-7-0001"))) {
			assertThat(new Arrival(this.tokens).add(texts).read()).isNotNull().returns(ONE, ReadMark::node);
		}
	}

	@Test
	void tokenThatArrivesLaterRepeatsNoMark() {
		Arrival arrival = new Arrival(this.tokens);
		arrival.add(List.of("2.cafe..1-11-7-000504"));
		assertThat(arrival.add(List.of("2.cafe.1-10.")).read()).as("without a mark").isNull();
		assertThat(arrival.add(List.of("2.cafe..2-22-7-000004")).read()).as("that was superseded").isNull();
		assertThat(arrival.add(List.of("2.cafe.1-20.1-11-7-0007")).read()).as("with the same node").isNull();
		assertThat(arrival.add(List.of("2.cafe.1-30.1-11-7-000504")).read()).as("the same mark").isNull();
	}

	@Test
	void announcementNamesThePositionThatIsKnownWithoutAQuestion() {
		Caller caller = arrive("2.cafe..1-11-7-0003");
		caller.record.recordWrite(false);
		assertThat(caller.arrival.announcement(caller.record)).hasToString("2.cafe.u.1-11-7-0003");
		this.cluster.known = new WalPosition(1, 0x500);
		assertThat(caller.arrival.announcement(caller.record)).hasToString("2.cafe.1-500.1-11-7-0003");
		assertThat(this.cluster.asked).isZero();
	}

	/**
	 * As of a write after the response.
	 */
	@Test
	void announcementRepeatsTheMarkThatWasSentLast() {
		Caller caller = arrive("2.cafe..1-11-7-0003");
		caller.record.recordRead(2, null);
		PositionToken sent = caller.arrival.departure(caller.record, false, false);
		assertThat(sent).isNotNull();
		assertThat(sent.read()).isNotNull().isNotEqualTo(PositionToken.parse("2.cafe..1-11-7-0003").read());
		caller.record.recordWrite(false);
		assertThat(caller.arrival.announcement(caller.record).read()).isEqualTo(sent.read());
	}

	@Test
	void positionThatWasNotKnownIsReplacedOnceItIs() {
		Caller caller = arrive("2.cafe.u.");
		assertThat(caller.departure()).as("while it is not known").isNull();
		this.cluster.known = new WalPosition(1, 0x500);
		assertThat(caller.arrival.departure(caller.record, false, true)).as("in a shared response").isNull();
		assertThat(caller.departure()).hasToString("2.cafe.1-500.");
		assertThat(this.cluster.asked).isZero();
	}

	@Test
	void positionThatWasKnownIsNotSentAgain() {
		this.cluster.known = new WalPosition(1, 0x500);
		assertThat(arrive("2.cafe.1-10.").departure()).isNull();
	}

	@Test
	void writeThatOthersHaveMadeDoesNotLeaveWithAReader() {
		Caller caller = arrive();
		caller.record.add(new SessionGuarantee(new WriteMark(0, false, new WalPosition(1, 0x10), 0, 1_000), null));
		assertThat(caller.departure()).isNull();
	}

	@Test
	void arrivedWriteIsForgottenWithTheWindow() {
		Caller caller = arrive("2.cafe.u.");
		assertThat(caller.guarantee().write()).isNotNull();
		this.cluster.known = new WalPosition(1, 0x500);
		this.time.addAndGet(Duration.ofSeconds(10).toNanos() + 1);
		assertThat(caller.departure()).isNull();
	}

	@Test
	void ownWriteThatNoLongerCountsAtTheResponseDoesNotLeave() {
		Caller caller = arrive();
		caller.record.recordWrite(false);
		this.time.addAndGet(Duration.ofSeconds(10).toNanos() + 1);
		assertThat(caller.arrival.departure(caller.record, true, false)).isNull();
	}

	@Test
	void readersOfANodeThatIsGoneAndAnotherMoveToTheOther() {
		this.cluster.sampled = new WalPosition(1, 0x500);
		this.cluster.places.remove(ONE);
		Caller caller = arrive("2.cafe..1-11-7-0003", "2.cafe..2-22-7-000003");
		caller.record.recordBehind(ONE);
		caller.read(ReadMark.PRIMARY);
		assertThat(caller.departure()).asString().matches("2\\.cafe\\.1-500\\.2-22-7-0003[0-9a-z]{2}");
	}

	private Caller arrive(String... texts) {
		Arrival arrival = new Arrival(this.tokens);
		return new Caller(arrival, this.records.forRequest(() -> arrival.add(List.of(texts))));
	}

	private record Caller(Arrival arrival, CallerRecord record) {

		SessionGuarantee guarantee() {
			return this.record.guarantee();
		}

		void read(int node) {
			this.record.recordRead(node, this.record.guarantee().read());
		}

		@Nullable PositionToken departureAfter(int node) {
			read(node);
			return departure();
		}

		@Nullable PositionToken departure() {
			return this.arrival.departure(this.record, false, false);
		}

	}

}
