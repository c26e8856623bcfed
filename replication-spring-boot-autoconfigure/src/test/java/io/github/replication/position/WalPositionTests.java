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

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class WalPositionTests {

	private static final WalPosition EARLY = new WalPosition(1, 5);

	private static final WalPosition LATE = new WalPosition(1, 6);

	@Test
	void positionCoversItselfAndThoseBefore() {
		assertThat(LATE.covers(EARLY)).isTrue();
		assertThat(LATE.covers(LATE)).isTrue();
		assertThat(EARLY.covers(LATE)).isFalse();
	}

	@Test
	void positionInTheUpperHalfCoversThoseInTheLower() {
		WalPosition upper = new WalPosition(1, Long.MIN_VALUE);
		assertThat(upper.covers(new WalPosition(1, Long.MAX_VALUE))).isTrue();
		assertThat(EARLY.covers(upper)).isFalse();
	}

	@Test
	void positionOfAnotherTimelineIsNotCovered() {
		assertThat(new WalPosition(2, 6).covers(EARLY)).isFalse();
		assertThat(LATE.covers(new WalPosition(2, 5))).isFalse();
	}

	@Test
	void laterOfTwoIsTheOneThatCoversTheOther() {
		assertThat(WalPosition.later(EARLY, LATE)).isSameAs(LATE);
		assertThat(WalPosition.later(LATE, EARLY)).isSameAs(LATE);
	}

	@Test
	void laterOfTwoTimelinesIsTheNewerWhateverTheLsn() {
		WalPosition newer = new WalPosition(2, 1);
		assertThat(WalPosition.later(LATE, newer)).isSameAs(newer);
		assertThat(WalPosition.later(newer, LATE)).isSameAs(newer);
	}

	@Test
	void anyPositionIsLaterThanNone() {
		assertThat(WalPosition.later(EARLY, null)).isSameAs(EARLY);
		assertThat(WalPosition.later(null, EARLY)).isSameAs(EARLY);
		assertThat(WalPosition.later(null, null)).isNull();
	}

	@Test
	void lsnConsistsOfTwoHalves() {
		assertThat(WalPosition.parseLsn("16/B374D848")).isEqualTo(0x16_B374D848L);
		assertThat(WalPosition.formatLsn(0x16_B374D848L)).isEqualTo("16/B374D848");
	}

	@ParameterizedTest
	@ValueSource(strings = { "0/0", "0/1", "1/0", "A/9", "16/B374D848", "0/FFFFFFFF", "FFFFFFFF/0", "FFFFFFFF/FFFFFFFF",
			"80000000/80000000", "12345678/9ABCDEF0" })
	void textOfAnLsnIsReadAndWrittenAlike(String text) {
		assertThat(WalPosition.formatLsn(WalPosition.parseLsn(text))).isEqualTo(text);
	}

	@Test
	void smallLettersAndLeadingZerosAreReadAsWell() {
		assertThat(WalPosition.parseLsn("0000000a/000000ff")).isEqualTo(0xA_000000FFL);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "/", "16", "1/", "/1", "123456789/0", "0/123456789", "g/0", "0/g", "-1/0", "0/+1",
			"1/2/3", " 1/0", "1/0 ", "0x1/0", "\u0661/0", "0/\uff11" })
	void textThatIsNoLsnIsRefused(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> WalPosition.parseLsn(text))
			.withMessage("Not an LSN: '" + text + "'");
	}

	@Test
	void textOfAPositionNamesItsTimeline() {
		assertThat(new WalPosition(3, 0x1_000000ABL)).hasToString("1/AB (timeline 3)");
	}

}
