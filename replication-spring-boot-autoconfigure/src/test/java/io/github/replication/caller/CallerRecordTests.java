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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.github.replication.position.PositionResolver;
import io.github.replication.position.PositionToken.Reached;
import io.github.replication.position.ReadMark;
import io.github.replication.position.ReadYourWritesMode;
import io.github.replication.position.SampleClock;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WalPosition;
import io.github.replication.position.WriteMark;

import static org.assertj.core.api.Assertions.assertThat;

class CallerRecordTests {

	private static final Duration WINDOW = Duration.ofSeconds(10);

	private static final int CLUSTER = 0xcafe;

	private final AtomicLong time = new AtomicLong(1_000);

	private final SampleClock clock = new SampleClock(this.time::get);

	private final CallerTokens tokens = new CallerTokens(this.clock,
			Clock.fixed(Instant.EPOCH.plusSeconds(100), ZoneOffset.UTC), WINDOW);

	private final CallerRecords records = new CallerRecords(this.tokens);

	@AfterEach
	void close() {
		this.records.close();
	}

	/**
	 * A sample that is under way when the commit returns may have looked before it.
	 */
	@Test
	void sampleUnderWayDoesNotCoverTheWrite() {
		long underWay = this.clock.startSample();
		CallerRecord record = this.records.forRequest(null);
		record.recordWrite(false);
		assertThat(write(record).tick()).isEqualTo(underWay);
		assertThat(this.clock.startSample()).isGreaterThan(write(record).tick());
	}

	@Test
	void writeCountsForAUnitThatHasBegunWithinTheWindowUntilThatIsServed() {
		CallerRecord record = this.records.forRequest(null);
		record.recordWrite(false);
		this.time.addAndGet(WINDOW.toNanos());
		CallerRecord.Requirement early = record.delayedSince(this.time.get());
		this.time.addAndGet(WINDOW.toNanos());
		CallerRecord.Requirement late = record.delayedSince(this.time.get());
		assertThat(record.guarantee().write()).isNotNull();
		late.release();
		late.release();
		assertThat(record.guarantee().write()).isNotNull();
		early.release();
		assertThat(record.guarantee().write()).isNull();
	}

	@Test
	void writeIsForgottenAfterTheWindow() {
		CallerRecord record = this.records.forRequest(null);
		record.recordWrite(false);
		this.time.addAndGet(WINDOW.toNanos());
		assertThat(record.guarantee().write()).isNotNull();
		assertThat(record.hasWritten()).isTrue();
		this.time.addAndGet(1);
		assertThat(record.guarantee().write()).isNull();
		assertThat(record.hasWritten()).isFalse();
	}

	@Test
	void nothingThatThreadsRecordAtOnceIsLost() {
		CallerRecord record = this.records.forRequest(null);
		IntStream.range(0, 4).parallel().forEach((thread) -> {
			for (int i = 0; i < 20_000; i++) {
				record.add(new SessionGuarantee(
						new WriteMark(0, false, new WalPosition(1, thread * 20_000L + i), 0, 1_000), null));
			}
		});
		assertThat(write(record).position()).isEqualTo(new WalPosition(1, 79_999));
	}

	@Test
	void whatCameAlongIsAskedForOnceAtTheFirstLook() {
		AtomicInteger asked = new AtomicInteger();
		CallerRecord record = this.records.forRequest(() -> {
			asked.incrementAndGet();
			return new SessionGuarantee(null, new ReadMark(3, 1, 1));
		});
		assertThat(record.isUsed()).isFalse();
		assertThat(asked).hasValue(0);
		assertThat(record.guarantee().read()).isEqualTo(new ReadMark(3, 1, 1));
		record.guarantee();
		assertThat(asked).hasValue(1);
		assertThat(record.isUsed()).isTrue();
	}

	@Test
	void originThatIsOpenIsAskedAgain() {
		AtomicInteger asked = new AtomicInteger();
		CallerRecord record = this.records.forRequest(new CallerOrigin() {

			@Override
			public SessionGuarantee recall() {
				return (asked.incrementAndGet() < 3) ? SessionGuarantee.NONE
						: new SessionGuarantee(null, new ReadMark(3, 1, 1));
			}

			@Override
			public boolean isOpen() {
				return asked.get() < 3;
			}

		});
		assertThat(record.guarantee()).isEqualTo(SessionGuarantee.NONE);
		assertThat(record.guarantee()).isEqualTo(SessionGuarantee.NONE);
		assertThat(record.guarantee().read()).isNotNull();
		record.guarantee();
		assertThat(asked).hasValue(3);
	}

	/**
	 * As an origin that looks into the database.
	 */
	@Test
	void originMayLookAtTheRecordItself() {
		CallerRecord[] record = new CallerRecord[1];
		record[0] = this.records.forRequest(() -> {
			assertThat(record[0].guarantee()).isEqualTo(SessionGuarantee.NONE);
			return new SessionGuarantee(null, new ReadMark(3, 1, 1));
		});
		assertThat(record[0].guarantee().read()).isNotNull();
	}

	@Test
	void originThatThrowsIsNotAskedAgain() {
		AtomicInteger asked = new AtomicInteger();
		CallerRecord record = this.records.forRequest(() -> {
			asked.incrementAndGet();
			throw new IllegalStateException("broken");
		});
		try {
			record.guarantee();
		}
		catch (IllegalStateException ex) {
			assertThat(ex).hasMessage("broken");
		}
		assertThat(record.guarantee()).isEqualTo(SessionGuarantee.NONE);
		assertThat(asked).hasValue(1);
	}

	@Test
	void writeOfAnInnerRecordIsReportedToTheOuterUnlessItIsUntracked() {
		CallerRecord outer = this.records.forRequest(null);
		outer.inner(SessionGuarantee.NONE, false).recordWrite(false);
		assertThat(outer.hasWritten()).isFalse();
		CallerRecord inner = outer.inner(new SessionGuarantee(null, new ReadMark(3, 1, 1)), true);
		inner.recordWrite(true);
		assertThat(outer.hasWritten()).isTrue();
		assertThat(write(outer).asynchronous()).isTrue();
		assertThat(outer.guarantee().read()).isNull();
		assertThat(inner.guarantee().read()).isNotNull();
	}

	@Test
	void tokenKeepsWhatIsKnown() {
		resolveAt(null);
		CallerRecord record = this.records.forRequest(null);
		record.add(new SessionGuarantee(new WriteMark(0, false, new WalPosition(2, 77), 0, this.time.get()), null));
		SessionGuarantee read = this.tokens.decode(this.tokens.resolved(record).toString());
		assertThat(read.write()).isNotNull();
		assertThat(read.write().position()).isEqualTo(new WalPosition(2, 77));
		assertThat(read.write().isResolved()).isTrue();
	}

	@Test
	void tokenOfAnotherClusterIsAbsent() {
		resolveAt(null);
		assertThat(this.tokens.decode("2.beef.1-ff.")).isEqualTo(SessionGuarantee.NONE);
	}

	@Test
	void tokenThatCannotBeComparedIsAWriteAtItsArrival() {
		WriteMark write = this.tokens.decode("2.cafe.1-ff.").write();
		assertThat(write).isNotNull();
		assertThat(write.isResolved()).isFalse();
		assertThat(write.tick()).isEqualTo(this.clock.now());
	}

	@Test
	void tokenWithAnInstantCountsForTheRestOfTheWindow() {
		String text = "2.cafe.t" + Long.toHexString(93_000) + ".";
		SessionGuarantee guarantee = this.tokens.decode(text);
		CallerRecord record = this.records.forRequest(() -> guarantee);
		assertThat(record.guarantee().write()).isNotNull();
		this.time.addAndGet(Duration.ofSeconds(3).toNanos() + 1);
		assertThat(record.guarantee().write()).isNull();
		assertThat(this.tokens.decode("2.cafe.t" + Long.toHexString(90_000) + ".").write()).isNull();
	}

	@Test
	void tokenWithAnInstantOfAnotherClockIsAWriteAtItsArrivalWherePositionsDecide() {
		resolveAt(null);
		for (long millis : new long[] { 1, 90_000, 5_000_000 }) {
			WriteMark write = this.tokens.decode("2.cafe.t" + Long.toHexString(millis) + ".").write();
			assertThat(write).isEqualTo(WriteMark.unresolved(this.clock.now(), false, this.time.get()));
		}
	}

	@Test
	void instantOfTheFutureIsNow() {
		WriteMark write = this.tokens.decode("2.cafe.tffffffffffff.").write();
		assertThat(write).isNotNull();
		assertThat(write.at()).isEqualTo(this.time.get());
	}

	@Test
	void positionThatIsAskedForHoldsOnlyForTheWriteItWasAskedFor() {
		CallerRecord record = this.records.forRequest(null);
		record.recordWrite(false);
		this.tokens.resolveWith(new Resolver(new WalPosition(1, 100)) {

			@Override
			public WriteMark resolve(WriteMark write) {
				CallerRecordTests.this.clock.startSample();
				record.recordWrite(false);
				return super.resolve(write);
			}

		});
		this.tokens.resolve(record);
		assertThat(write(record).isResolved()).isFalse();
	}

	@Test
	void positionThatIsLearntWhileAnotherIsAskedForCountsBesides() {
		CallerRecord record = this.records.forRequest(null);
		record.recordWrite(false);
		this.tokens.resolveWith(new Resolver(new WalPosition(1, 100)) {

			@Override
			public WriteMark resolve(WriteMark write) {
				record.add(CallerRecordTests.this.tokens.decode("2.cafe.1-1ff."));
				return super.resolve(write);
			}

		});
		this.tokens.resolve(record);
		assertThat(write(record).isResolved()).isTrue();
		assertThat(write(record).position()).isEqualTo(new WalPosition(1, 0x1ff));
	}

	/**
	 * A replica that has replayed as far serves also while the primary is silent.
	 */
	@Test
	void resolvedPositionStaysOneWhileThePrimaryIsSilent() {
		resolveAt(null);
		SessionGuarantee guarantee = this.tokens.decode("2.cafe.1-1ff.");
		this.time.addAndGet(Duration.ofSeconds(4).toNanos());
		Reached known = new Reached(new WalPosition(1, 0x1ff));
		assertThat(this.tokens.encode(guarantee.write())).isEqualTo(known);
		silence();
		assertThat(this.tokens.encode(guarantee.write())).isEqualTo(known);
	}

	@Test
	void positionThatIsNotKnownIsATimeWhileThePrimaryIsSilent() {
		resolveAt(null);
		CallerRecord record = this.records.forRequest(null);
		record.recordWrite(false);
		assertThat(this.tokens.encode(record.guarantee().write())).isEqualTo(Reached.unknown(false));
		this.time.addAndGet(Duration.ofSeconds(4).toNanos());
		silence();
		assertThat(this.tokens.encode(record.guarantee().write()))
			.isEqualTo(new Reached(null, Instant.EPOCH.plusSeconds(96), false));
	}

	private void silence() {
		this.tokens.resolveWith(new Resolver(null) {

			@Override
			public boolean isExact() {
				return false;
			}

		});
	}

	@Test
	void writeThatIsLearntOfIsReported() {
		AtomicInteger reported = new AtomicInteger();
		CallerRecord record = this.records.forRequest(null);
		record.listener(new Listener(reported::incrementAndGet));
		record.add(new SessionGuarantee(null, new ReadMark(3, 1, 1)));
		assertThat(reported).hasValue(0);
		CallerRecord inner = record.inner(SessionGuarantee.NONE, true);
		inner.add(this.tokens.decode("2.cafe.1-1ff."));
		assertThat(reported).hasValue(1);
		assertThat(record.guarantee().write()).isNotNull();
		assertThat(record.hasWritten()).isFalse();
	}

	/**
	 * The listener may hold a lock that another thread has which waits for the answer.
	 */
	@Test
	void writeThatFindsOutWhatCameAlongIsNotReported() {
		AtomicInteger reported = new AtomicInteger();
		CallerRecord[] record = new CallerRecord[1];
		record[0] = this.records.forRequest(() -> {
			record[0].recordWrite(false);
			return SessionGuarantee.NONE;
		});
		record[0].listener(new Listener(reported::incrementAndGet));
		assertThat(write(record[0]).isResolved()).isFalse();
		assertThat(reported).hasValue(0);
		record[0].recordWrite(false);
		assertThat(reported).hasValue(1);
	}

	@Test
	void severalTokensCountTogether() {
		resolveAt(null);
		SessionGuarantee guarantee = this.tokens.decode("2.cafe.1-ff., 2.cafe.1-1ff.,garbage,2.cafe.1-f.");
		assertThat(guarantee.write()).isNotNull();
		assertThat(guarantee.write().position()).isEqualTo(new WalPosition(1, 0x1ff));
	}

	/**
	 * As a thread that had to wait for its node once, because no other was as far.
	 */
	@Test
	void threadThatHadToStayOnceIsSpreadAgain() {
		CallerRecord record = this.records.forThread();
		record.recordRead(3, null);
		record.keepNode();
		for (int i = 0; i < 3; i++) {
			this.clock.startSample();
			record.recordRead(3, record.guarantee().read());
		}
		assertThat(record.guarantee().read()).isNotNull().returns(false, ReadMark::isStaying);
	}

	@Test
	void unitThatBeginsEarlierThanAnotherExtendsTheWindow() {
		CallerRecord record = this.records.forRequest(null);
		record.recordWrite(false);
		long early = this.time.addAndGet(WINDOW.toNanos());
		this.time.incrementAndGet();
		CallerRecord.Requirement late = record.delayedSince(this.time.get());
		assertThat(record.guarantee().write()).isNull();
		record.delayedSince(early);
		assertThat(record.guarantee().write()).isNotNull();
		late.release();
		assertThat(record.guarantee().write()).isNotNull();
	}

	@Test
	void requiredWriteOfAnotherIsNotTheCallers() {
		CallerRecord record = this.records.forRequest(null);
		CallerRecord.Requirement first = record.require(WriteMark.unresolved(1, false, this.time.get()));
		assertThat(record.guarantee().write()).isNotNull();
		assertThat(record.write()).isNull();
		assertThat(record.hasWritten()).isFalse();
		this.time.addAndGet(WINDOW.toNanos());
		record.require(WriteMark.unresolved(2, false, this.time.get())).release();
		assertThat(record.guarantee().write()).as("the first still counts").isNotNull();
		first.release();
		assertThat(record.guarantee().write()).isNull();
	}

	@Test
	void positionOfARequiredWriteIsRemembered() {
		CallerRecord record = this.records.forRequest(null);
		record.require(WriteMark.unresolved(1, false, this.time.get()));
		record.updateWrite((write) -> write.resolvedAt(new WalPosition(1, 100), false));
		assertThat(write(record).position()).isEqualTo(new WalPosition(1, 100));
		assertThat(write(record).isResolved()).isTrue();
	}

	@Test
	void writeThatTheCallerHasBroughtIsItsOwnUntilTheWindowEnds() {
		WriteMark brought = WriteMark.unresolved(1, false, this.time.get());
		CallerRecord record = this.records.forRequest(() -> new SessionGuarantee(brought, null));
		assertThat(record.write()).isEqualTo(brought);
		this.time.addAndGet(WINDOW.toNanos() + 1);
		assertThat(record.write()).isNull();
	}

	@Test
	void callerThatIsIdentifiedIsNotAskedForAgain() {
		AtomicInteger asked = new AtomicInteger();
		CallerRecord record = this.records.forRequest(() -> {
			asked.incrementAndGet();
			return SessionGuarantee.NONE;
		});
		record.identify();
		assertThat(asked).hasValue(1);
		record.guarantee();
		assertThat(asked).hasValue(1);
		assertThat(record.isUsed()).isTrue();
	}

	@Test
	void connectionOfAnInnerRecordIsReturnedOnceForTheOuterAfterAWrite() {
		AtomicInteger returned = new AtomicInteger();
		CallerRecord outer = this.records.forRequest(null);
		outer.listener(new Listener(() -> {
		}, returned::incrementAndGet));
		CallerRecord inner = outer.inner(SessionGuarantee.NONE, true);
		inner.connectionReturned();
		assertThat(returned).as("before a write").hasValue(0);
		inner.recordWrite(false);
		inner.connectionReturned();
		inner.connectionReturned();
		assertThat(returned).hasValue(1);
	}

	@Test
	void readThatShowsNothingNewChangesNothing() {
		CallerRecord record = this.records.forRequest(null);
		record.recordRead(3, null);
		Object state = record.state();
		record.recordRead(3, record.guarantee().read());
		assertThat(record.state()).isSameAs(state);
		record.recordRead(4, record.guarantee().read());
		assertThat(record.state()).as("another node").isNotSameAs(state);
		state = record.state();
		this.clock.startSample();
		record.recordRead(4, record.guarantee().read());
		assertThat(record.state()).as("a later sample").isNotSameAs(state);
		assertThat(record.guarantee().read()).isNotNull().returns(this.clock.now(), ReadMark::tick);
	}

	@Test
	void firstReadOfAnInnerRecordIsItsOwnAlthoughTheOuterHasReadTheSame() {
		CallerRecord outer = this.records.forRequest(null);
		outer.recordRead(3, null);
		CallerRecord inner = outer.inner(SessionGuarantee.NONE, true);
		assertThat(inner.ownRead()).isNull();
		inner.recordRead(3, inner.guarantee().read());
		assertThat(inner.ownRead()).isEqualTo(outer.guarantee().read());
	}

	@Test
	void readOfAnInnerRecordIsThatOfTheOuter() {
		CallerRecord outer = this.records.forRequest(null);
		CallerRecord inner = outer.inner(SessionGuarantee.NONE, false);
		inner.recordRead(3, null);
		inner.recordBehind(4);
		assertThat(outer.ownRead()).isNotNull().returns(3, ReadMark::node);
		assertThat(outer.isBehind()).isTrue();
		assertThat(outer.successor()).isEqualTo(4);
	}

	@Test
	void readsThatWereDecidedAtTheSameTimeLeaveThePrimaryAlone() {
		CallerRecord record = this.records.forRequest(null);
		record.recordRead(3, null);
		record.recordRead(4, null);
		assertThat(record.guarantee().read()).isNotNull().returns(ReadMark.PRIMARY, ReadMark::node);
		record.recordRead(4, record.guarantee().read());
		assertThat(record.guarantee().read()).as("decided in view of both").isNotNull().returns(4, ReadMark::node);
	}

	@Test
	void readsOfOneNodeThatWereDecidedAtTheSameTimeStayWithIt() {
		CallerRecord record = this.records.forRequest(null);
		record.recordRead(3, null);
		this.clock.startSample();
		record.recordRead(3, null);
		assertThat(record.guarantee().read()).isNotNull()
			.returns(3, ReadMark::node)
			.returns(this.clock.now(), ReadMark::tick);
	}

	@Test
	void callerThatKeepsItsNodeStaysInAnyRotationUntilItMoves() {
		this.tokens.resolveWith(inRotation(7));
		CallerRecord record = this.records.forRequest(null);
		record.recordRead(3, null);
		assertThat(rotation(record)).isEqualTo(7);
		record.keepNode();
		assertThat(rotation(record)).isEqualTo(ReadMark.ANY);
		this.clock.startSample();
		record.recordRead(3, record.guarantee().read());
		assertThat(rotation(record)).isEqualTo(ReadMark.ANY);
		record.recordRead(4, record.guarantee().read());
		assertThat(rotation(record)).isEqualTo(7);
	}

	@Test
	void callerThatDoesNotKeepItsNodeFollowsTheRotation() {
		this.tokens.resolveWith(inRotation(6));
		CallerRecord record = this.records.forRequest(null);
		record.recordRead(3, null);
		this.tokens.resolveWith(inRotation(7));
		this.clock.startSample();
		record.recordRead(3, record.guarantee().read());
		assertThat(rotation(record)).isEqualTo(7);
	}

	@Test
	void callerKeepsItsNodeOnlyForReadsThatStayedWithIt() {
		this.tokens.resolveWith(inRotation(7));
		for (ReadMark decidedBy : new ReadMark[] { null, new ReadMark(3, 1, 1), new ReadMark(4, 1, 1, 7) }) {
			CallerRecord record = this.records.forRequest(null);
			record.keepNode();
			record.recordRead(3, decidedBy);
			assertThat(rotation(record)).as("%s", decidedBy).isEqualTo(7);
		}
	}

	@Test
	void callerHasWrittenSinceTheMomentOfItsCommitAndNoLater() {
		CallerRecord record = this.records.forRequest(null);
		assertThat(record.hasWrittenSince(-1)).isFalse();
		record.recordWrite(false);
		assertThat(record.hasWrittenSince(this.time.get())).isTrue();
		assertThat(record.hasWrittenSince(this.time.get() + 1)).isFalse();
	}

	@Test
	void asynchronousCommitDuringTheQuestionIsNotCoveredByItsAnswer() {
		CallerRecord record = this.records.forRequest(null);
		record.recordWrite(false);
		assertThat(resolvedDuring(record, () -> record.recordWrite(true)).isResolved()).isFalse();
	}

	@Test
	void asynchronousCommitThatWasAskedForIsCoveredByTheAnswer() {
		CallerRecord record = this.records.forRequest(null);
		record.recordWrite(true);
		assertThat(resolvedDuring(record, () -> {
			this.time.incrementAndGet();
			record.recordWrite(false);
		})).returns(true, WriteMark::isResolved).returns(true, WriteMark::asynchronous);
	}

	@Test
	void writeThatWasResolvedMeanwhileIsNotFlushedIfEitherPartIsNot() {
		for (boolean asynchronous : new boolean[] { false, true }) {
			CallerRecord record = this.records.forRequest(null);
			record.recordWrite(false);
			this.tokens.resolveWith(new Resolver(new WalPosition(1, 100)) {

				@Override
				public WriteMark resolve(WriteMark write) {
					record.add(new SessionGuarantee(new WriteMark(0, false, new WalPosition(1, 50), 0, 0), null));
					return write.resolvedAt(new WalPosition(1, 100), asynchronous);
				}

			});
			this.tokens.resolve(record);
			assertThat(write(record)).returns(true, WriteMark::isResolved)
				.returns(asynchronous, WriteMark::asynchronous);
		}
	}

	@Test
	void outerRecordExpectsWhatAnInnerDoesUnlessItIsUntracked() {
		CallerRecord outer = this.records.forRequest(null);
		outer.inner(SessionGuarantee.NONE, false).expectAsynchronousCommit();
		assertThat(outer.isAsynchronousCommitExpected()).isFalse();
		outer.inner(SessionGuarantee.NONE, true).expectAsynchronousCommit();
		assertThat(outer.isAsynchronousCommitExpected()).isTrue();
	}

	private WriteMark resolvedDuring(CallerRecord record, Runnable meanwhile) {
		this.tokens.resolveWith(new Resolver(new WalPosition(1, 100)) {

			@Override
			public WriteMark resolve(WriteMark write) {
				meanwhile.run();
				return super.resolve(write);
			}

		});
		this.tokens.resolve(record);
		return write(record);
	}

	private static Resolver inRotation(int rotation) {
		return new Resolver(null) {

			@Override
			public Place placeOf(int node) {
				return new Place(1, rotation);
			}

		};
	}

	private static int rotation(CallerRecord record) {
		ReadMark read = record.guarantee().read();
		assertThat(read).isNotNull();
		return read.rotation();
	}

	private void resolveAt(@Nullable WalPosition position) {
		this.tokens.resolveWith(new Resolver(position));
	}

	private static WriteMark write(CallerRecord record) {
		WriteMark write = record.guarantee().write();
		assertThat(write).isNotNull();
		return write;
	}

	private static class Resolver implements PositionResolver {

		private final @Nullable WalPosition position;

		@Override
		public ReadYourWritesMode mode() {
			return ReadYourWritesMode.POSITION;
		}

		@Override
		public boolean isMonotonic() {
			return true;
		}

		@Override
		public int indexOf(int node) {
			Place place = placeOf(node);
			return (place != null) ? place.index() : 0;
		}

		@Override
		public @Nullable Place placeOf(int node) {
			return null;
		}

		Resolver(@Nullable WalPosition position) {
			this.position = position;
		}

		@Override
		public int cluster() {
			return CLUSTER;
		}

		@Override
		public boolean isExact() {
			return true;
		}

		@Override
		public WriteMark lookUp(WriteMark write) {
			return (this.position != null) ? write.resolvedAt(this.position, false) : write;
		}

		@Override
		public WriteMark resolve(WriteMark write) {
			return lookUp(write);
		}

	}

	private record Listener(Runnable action, Runnable returned) implements CallerListener {

		Listener(Runnable action) {
			this(action, () -> {
			});
		}

		@Override
		public void written() {
			this.action.run();
		}

		@Override
		public void learnt() {
			this.action.run();
		}

		@Override
		public void connectionReturned() {
			this.returned.run();
		}

	}

}
