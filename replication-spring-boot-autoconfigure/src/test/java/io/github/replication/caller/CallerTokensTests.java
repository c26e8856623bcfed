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
import java.util.Map;

import org.junit.jupiter.api.Test;

import io.github.replication.position.PositionResolver.Place;
import io.github.replication.position.PositionToken.Read;
import io.github.replication.position.ReadMark;
import io.github.replication.position.ReadYourWritesMode;
import io.github.replication.position.SampleClock;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WalPosition;
import io.github.replication.position.WriteMark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class CallerTokensTests {

	private static final long NOW = 1_000;

	private static final int KNOWN = 3;

	private final SampleClock clock = new SampleClock(() -> NOW);

	private final CallerTokens tokens = tokens(Duration.ofSeconds(10));

	private final CallerRecords records = new CallerRecords(this.tokens);

	private final CallerRecord record = this.records.forRequest(null);

	private final KnownCluster resolver = new KnownCluster(Map.of(KNOWN, new Place(5, 7)));

	/**
	 * The samples know another position than the primary, so that both can be
	 * distinguished.
	 */
	CallerTokensTests() {
		this.resolver.known = new WalPosition(1, 0xbb);
		this.resolver.sampled = new WalPosition(1, 0xaa);
	}

	@Test
	void windowThatIsNotPositiveIsRefused() {
		for (Duration window : new Duration[] { Duration.ZERO, Duration.ofSeconds(-1) }) {
			assertThatIllegalArgumentException().isThrownBy(() -> tokens(window))
				.withMessage("window must be positive, but was " + window);
		}
	}

	@Test
	void tokenAfterAQuestionNamesTheAnsweredPosition() {
		this.tokens.resolveWith(this.resolver);
		this.record.recordWrite(false);
		assertThat(this.tokens.resolved(this.record)).hasToString("2.cafe.1-aa.");
	}

	@Test
	void tokenWithoutAQuestionNamesThePositionFromTheSamples() {
		this.tokens.resolveWith(this.resolver);
		this.record.recordWrite(false);
		assertThat(this.tokens.known(this.record, false)).hasToString("2.cafe.1-bb.");
	}

	@Test
	void tokenDuringATransactionThatWritesNamesNoPosition() {
		this.tokens.resolveWith(this.resolver);
		assertThat(this.tokens.known(this.record, true)).hasToString("2.cafe.u.");
		this.record.recordWrite(false);
		assertThat(this.tokens.known(this.record, true)).hasToString("2.cafe.u.");
	}

	/**
	 * The position that is flushed at the next request may not cover it yet.
	 */
	@Test
	void writeThatDidNotWaitForTheLogIsStillOneWhenItComesBack() {
		this.resolver.known = null;
		this.resolver.sampled = null;
		this.tokens.resolveWith(this.resolver);
		this.record.recordWrite(true);
		String token = this.tokens.resolved(this.record).toString();
		assertThat(token).isEqualTo("2.cafe.nu.");
		assertThat(this.tokens.decode(token).write()).isNotNull().returns(true, WriteMark::asynchronous);
		assertThat(this.tokens.decode("2.cafe.u.").write()).isNotNull().returns(false, WriteMark::asynchronous);
		this.resolver.mode = ReadYourWritesMode.TIME;
		String timed = this.tokens.resolved(this.record).toString();
		assertThat(timed).startsWith("2.cafe.nt");
		assertThat(this.tokens.decode(timed).write()).isNotNull().returns(true, WriteMark::asynchronous);
	}

	/**
	 * Its position is not flushed yet, and a token without it must not say less.
	 */
	@Test
	void positionThatIsNotFlushedIsNotForgottenWithATokenThatNamesNone() {
		this.tokens.resolveWith(this.resolver);
		this.resolver.flushed = false;
		this.record.recordWrite(true);
		assertThat(this.tokens.resolved(this.record)).hasToString("2.cafe.n1-aa.");
		assertThat(this.tokens.known(this.record, true)).hasToString("2.cafe.nu.");
		CallerRecord next = this.records.forRequest(() -> this.tokens.decode("2.cafe.n1-aa."));
		assertThat(this.tokens.known(next, false)).hasToString("2.cafe.n1-aa.");
		assertThat(this.tokens.known(next, true)).hasToString("2.cafe.nu.");
		this.resolver.cluster = 0;
		assertThat(this.tokens.decode("2.cafe.n1-aa.").write()).isNotNull().returns(true, WriteMark::asynchronous);
	}

	@Test
	void tokenDuringATransactionThatWillNotWaitForTheLogSaysSo() {
		this.tokens.resolveWith(this.resolver);
		this.record.expectAsynchronousCommit();
		assertThat(this.tokens.known(this.record, false)).hasToString("2.cafe..");
		assertThat(this.tokens.known(this.record, true)).hasToString("2.cafe.nu.");
	}

	@Test
	void tokenWithoutAResolverNamesATime() {
		this.record.recordWrite(false);
		assertThat(this.tokens.known(this.record, false)).hasToString("2.0.t" + Long.toHexString(100_000) + '.');
	}

	@Test
	void tokenHoldsTheReadMarkOnlyWhereReadsAreMonotonic() {
		this.record.recordRead(KNOWN, null);
		assertThat(this.tokens.known(this.record, false).read()).as("nothing is configured yet").isNotNull();
		this.tokens.resolveWith(this.resolver);
		Read read = new Read(5, KNOWN, 7);
		assertThat(this.tokens.known(this.record, false).read()).isEqualTo(read);
		assertThat(this.tokens.resolved(this.record).read()).isEqualTo(read);
		this.resolver.monotonic = false;
		assertThat(this.tokens.known(this.record, false).isEmpty()).isTrue();
		assertThat(this.tokens.resolved(this.record).isEmpty()).isTrue();
	}

	@Test
	void markNamesTheRotationThatItsNodeWasChosenIn() {
		this.tokens.resolveWith(this.resolver);
		assertThat(this.tokens.read(new ReadMark(KNOWN, 1, 1, 6))).isEqualTo(new Read(5, KNOWN, 6));
		assertThat(this.tokens.read(new ReadMark(KNOWN, 1, 1, ReadMark.ANY))).isEqualTo(new Read(5, KNOWN, 7));
		assertThat(this.tokens.read(new ReadMark(99, 1, 1, ReadMark.ANY))).as("a node that is none any longer")
			.isEqualTo(new Read(0, ReadMark.PRIMARY, ReadMark.ANY));
	}

	@Test
	void readMarkOfANodeOutsideOfTheRotationNamesAnyRotation() {
		this.tokens.resolveWith(this.resolver);
		assertThat(this.tokens.rotationOf(KNOWN)).isEqualTo(7);
		assertThat(this.tokens.rotationOf(99)).isEqualTo(ReadMark.ANY);
	}

	@Test
	void tokenOfAWriteForOthersNamesItsPositionWithoutAQuestion() {
		WriteMark write = WriteMark.unresolved(1, false, NOW);
		assertThat(this.tokens.writeToken(write)).isEqualTo("2.0.t" + Long.toHexString(100_000) + '.');
		this.tokens.resolveWith(this.resolver);
		assertThat(this.tokens.writeToken(write)).isEqualTo("2.cafe.1-bb.");
		this.resolver.mode = ReadYourWritesMode.OFF;
		assertThat(this.tokens.writeToken(write)).isNull();
	}

	@Test
	void writeWhereTimeDecidesIsATimeAlthoughItsPositionIsKnown() {
		this.resolver.mode = ReadYourWritesMode.TIME;
		this.tokens.resolveWith(this.resolver);
		this.record.add(new SessionGuarantee(new WriteMark(0, false, new WalPosition(1, 5), 0, NOW), null));
		assertThat(this.tokens.known(this.record, false)).hasToString("2.cafe.t" + Long.toHexString(100_000) + '.');
	}

	private CallerTokens tokens(Duration window) {
		return new CallerTokens(this.clock, Clock.fixed(Instant.EPOCH.plusSeconds(100), ZoneOffset.UTC), window);
	}

}
