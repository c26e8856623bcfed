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

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.replication.position.PositionToken.Read;

import static org.assertj.core.api.Assertions.assertThat;

class PositionTokenTests {

	private static final String ALPHABET = "0123456789abcdefABCDEFtx.-,; =\u00e4";

	@ParameterizedTest
	@ValueSource(strings = { "1.0..", "1.cafe.1-16b3748.", "1.ffffffff.ffffffff-ffffffffffffffff.", "1.cafe.t18c.",
			"1.cafe..1-2-3-4", "1.cafe.1-16b3748.ffffffff-ffffffffffffffff-ffffffffffffffff-ffffffff" })
	void textIsReadAndWrittenAlike(String text) {
		assertThat(PositionToken.parse(text)).hasToString(text);
	}

	@Test
	void everythingThatIsToldComesBack() {
		PositionToken token = new PositionToken(-7, new WalPosition(3, -1), null, new Read(-9, -1, 77, 12));
		assertThat(PositionToken.parse(token.toString())).isEqualTo(token);
		PositionToken timed = new PositionToken(7, null, Instant.ofEpochMilli(1_700_000_000_123L), null);
		assertThat(PositionToken.parse(timed.toString())).isEqualTo(timed);
		assertThat(token.toString()).hasSizeLessThanOrEqualTo(160).matches("[0-9a-z.-]+");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "1", "1.", "1..", "2.cafe.1-16b3748.", "0.cafe.1-16b3748.", "1.cafe.1-16b3748",
			"1.cafe.-16b3748.", "1.cafe.1-.", "1.123456789..", "1.cafe.123456789-1.", "1.cafe.1-11111111111111111.",
			"1.cafe.t1234567890123.", "1.cafe.t-1.", "1.CAFE.1-1.", " 1.0..", "1.0.. ", "1.0..\n", "1.0..1-2-3",
			"1.0..1-2-3-4-5", "1.0..1-2-3-123456789", "null" })
	void whatIsNoTokenIsAbsent(String text) {
		assertThat(PositionToken.parse(text)).isNull();
	}

	@Test
	void textThatIsTooLongIsNotLookedAt() {
		assertThat(PositionToken.parse("1.0.." + "0".repeat(1_000_000))).isNull();
		assertThat(PositionToken.parse(null)).isNull();
	}

	/**
	 * Fails with the seed in the message, which reproduces the run.
	 */
	@Test
	void strangersTextNeverThrows() {
		long seed = System.nanoTime();
		Random random = new Random(seed);
		for (int i = 0; i < 200_000; i++) {
			String text = random.nextBoolean() ? anything(random) : damaged(random);
			try {
				PositionToken token = PositionToken.parse(text);
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
		PositionToken token = new PositionToken(random.nextInt(), new WalPosition(random.nextInt(), random.nextLong()),
				null, new Read(random.nextInt(), random.nextLong(), random.nextLong(), random.nextInt()));
		StringBuilder text = new StringBuilder(token.toString());
		switch (random.nextInt(3)) {
			case 0 -> text.setLength(random.nextInt(text.length()));
			case 1 -> text.setCharAt(random.nextInt(text.length()), ALPHABET.charAt(random.nextInt(ALPHABET.length())));
			default -> text.insert(random.nextInt(text.length()), ALPHABET.charAt(random.nextInt(ALPHABET.length())));
		}
		return text.toString();
	}

}
