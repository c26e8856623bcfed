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
package io.github.replication.position;

import java.time.Instant;
import java.util.Random;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.replication.position.PositionToken.Reached;
import io.github.replication.position.PositionToken.Read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class PositionTokenTests {

	private static final Pattern FORMAT = Pattern
		.compile("2\\.[0-9a-f]{1,8}" + "\\.(n?([0-9a-f]{1,8}-[0-9a-f]{1,16}|(t[0-9a-f]{1,12}|u)(-[0-9a-f]{1,16})?))?"
				+ "\\.([0-9a-f]{1,2}-[0-9a-f]{1,8}-[0-9a-f]{1,8}-([0-9a-z]{2}){1,7})?");

	private static final String ALPHABET = "0123456789abcdefABCDEFtunx.-,; =\u00e4";

	@ParameterizedTest
	@ValueSource(strings = { "2.0..", "2.cafe.1-16b3748.", "2.ffffffff.ffffffff-ffffffffffffffff.", "2.cafe.t18c.",
			"2.cafe.u.", "2.cafe.nu.", "2.cafe.nt18c.", "2.cafe.nu-ffffffffffffffff.", "2.cafe.t18c-1.",
			"2.cafe.n1-16b3748.", "2.cafe..1-2-3-0004", "2.cafe.1-16b3748.ff-ffffffff-ffffffff-zzzzzzzzzzzzzz" })
	void textIsReadAndWrittenAlike(String text) {
		assertThat(PositionToken.parse(text)).hasToString(text);
	}

	@Test
	void everythingThatIsSentComesBack() {
		PositionToken token = new PositionToken(-7, new Reached(new WalPosition(3, -1)), new Read(8, -9, 77, "00ab"));
		assertThat(PositionToken.parse(token.toString())).isEqualTo(token);
		PositionToken timed = new PositionToken(7, new Reached(null, Instant.ofEpochMilli(1_700_000_000_123L), false),
				null);
		assertThat(PositionToken.parse(timed.toString())).isEqualTo(timed);
		assertThat(token.toString()).hasSizeLessThanOrEqualTo(160).matches("[0-9a-z.-]+");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "2", "2.", "2..", "1.cafe.1-16b3748.", "0.cafe.1-16b3748.", "2.cafe.1-16b3748",
			"2.cafe.-16b3748.", "2.cafe.1-.", "2.123456789..", "2.cafe.123456789-1.", "2.cafe.1-11111111111111111.",
			"2.cafe.t1234567890123.", "2.cafe.t-1.", "2.cafe.uu.", "2.cafe.u1.", "2.cafe.u-.", "2.cafe.u-1-1.",
			"2.cafe.u-11111111111111111.", "2.cafe.nnu.", "2.cafe.un.", "2.cafe.nn1-1.", "2.cafe.n.", "2.CAFE.1-1.",
			" 2.0..", "2.0.. ", "2.0..\n", "2.0..1-2-3", "2.0..1-2-3-", "2.0..1-2-3-04-5", "2.0..1-2-3-123",
			"2.0..1-2-3-1234567812345678", "2.0..111-2-3-04", "2.0..1-2-3-0Z", "null" })
	void whatIsNoTokenIsAbsent(String text) {
		assertThat(PositionToken.parse(text)).isNull();
	}

	@Test
	void tokenIsEmptyOnceBothPartsAreTakenOut() {
		PositionToken both = new PositionToken(7, Reached.unknown(false), new Read(1, 2, 3));
		assertThat(both.isEmpty()).isFalse();
		assertThat(both.withoutRead()).returns(false, PositionToken::isEmpty).returns(true, PositionToken::hasWrite);
		assertThat(both.withoutPosition()).returns(false, PositionToken::isEmpty)
			.returns(false, PositionToken::hasWrite);
		assertThat(both.withoutRead().withoutPosition()).isEqualTo(new PositionToken(7, null, null))
			.returns(true, PositionToken::isEmpty);
	}

	@Test
	void tokenWithoutAPositionIsTakenForNoOtherOnceItHasANumber() {
		PositionToken unknown = new PositionToken(7, Reached.unknown(true), new Read(1, 2, 3));
		PositionToken numbered = unknown.numbered(-1);
		assertThat(numbered).isNotEqualTo(unknown).isNotEqualTo(unknown.numbered(2));
		assertThat(PositionToken.parse(numbered.toString())).isEqualTo(numbered);
		assertThat(numbered.withoutRead()).hasToString("2.7.nu-ffffffffffffffff.");
		PositionToken known = new PositionToken(7, new Reached(new WalPosition(1, 2)), null);
		assertThat(known.numbered(1)).isEqualTo(known);
		assertThat(known.withoutPosition().numbered(1)).isEqualTo(known.withoutPosition());
	}

	@Test
	void tokenNamesTheInstantOnlyWhereTimeDecides() {
		Instant instant = Instant.ofEpochMilli(1_700_000_000_123L);
		assertThat(new PositionToken(7, new Reached(null, instant, false), null))
			.returns(instant, PositionToken::writtenAt)
			.returns(null, PositionToken::position);
		assertThat(new PositionToken(7, new Reached(new WalPosition(1, 2)), null))
			.returns(null, PositionToken::writtenAt)
			.returns(new WalPosition(1, 2), PositionToken::position);
		assertThat(new PositionToken(7, null, null)).returns(null, PositionToken::writtenAt)
			.returns(null, PositionToken::position);
	}

	@Test
	void positionAndInstantExcludeEachOther() {
		assertThatIllegalArgumentException().isThrownBy(() -> new Reached(new WalPosition(1, 2), Instant.EPOCH, false))
			.withMessageStartingWith("position and at exclude each other");
	}

	@Test
	void instantBeforeTheEpochIsWrittenAsTheEpoch() {
		assertThat(new Reached(null, Instant.ofEpochMilli(-1), false)).hasToString("t0");
	}

	@Test
	void textThatIsTooLongIsNotLookedAt() {
		assertThat(PositionToken.parse("2.0.." + "0".repeat(1_000_000))).isNull();
		assertThat(PositionToken.parse(null)).isNull();
	}

	/**
	 * Fails with the seed in the message, which reproduces the run.
	 */
	@Test
	void strangersTextIsReadIfItHasTheFormatAndNeverThrows() {
		long seed = System.nanoTime();
		Random random = new Random(seed);
		for (int i = 0; i < 200_000; i++) {
			String text = random.nextBoolean() ? anything(random) : damaged(random);
			try {
				PositionToken token = PositionToken.parse(text);
				assertThat(token != null).isEqualTo(text.length() <= 160 && FORMAT.matcher(text).matches());
				if (token != null) {
					assertThat(PositionToken.parse(token.toString())).isEqualTo(token);
				}
			}
			catch (RuntimeException ex) {
				throw new AssertionError("seed " + seed + ", text '" + text + "'", ex);
			}
		}
	}

	private static String anything(Random random) {
		StringBuilder text = new StringBuilder();
		int length = random.nextInt(170);
		for (int i = 0; i < length; i++) {
			text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
		}
		return text.toString();
	}

	private static String damaged(Random random) {
		PositionToken token = new PositionToken(random.nextInt(),
				new Reached(new WalPosition(random.nextInt(), random.nextLong())),
				new Read(random.nextInt(9), random.nextInt(), random.nextInt(), "0" + random.nextInt(10)));
		StringBuilder text = new StringBuilder(token.toString());
		switch (random.nextInt(3)) {
			case 0 -> text.setLength(random.nextInt(text.length()));
			case 1 -> text.setCharAt(random.nextInt(text.length()), ALPHABET.charAt(random.nextInt(ALPHABET.length())));
			default -> text.insert(random.nextInt(text.length()), ALPHABET.charAt(random.nextInt(ALPHABET.length())));
		}
		return text.toString();
	}

}
