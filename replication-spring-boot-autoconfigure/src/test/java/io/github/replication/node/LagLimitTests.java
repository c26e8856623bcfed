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

import java.time.Duration;

import org.junit.jupiter.api.Test;

import io.github.replication.node.PrimaryHistory.Lag;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

class LagLimitTests {

	/**
	 * One answer is enough, so that each shows whether it is beyond the limits.
	 */
	private final LagLimit limit = new LagLimit(
			new MonitorSettings(Duration.ofSeconds(30), null, Duration.ofSeconds(3), true), 1);

	@Test
	void replicaKeepsTheLimitUntilItIsBeyond() {
		assertThat(this.limit.isExceeded()).isFalse();
		assertThat(isBeyond(lag(30, 30), 100)).isFalse();
		assertThat(isBeyond(new Lag(SECONDS.toNanos(30) + 1, 0, Long.MAX_VALUE, false), 100)).isTrue();
	}

	@Test
	void sizeDoesNotCountWithoutALimit() {
		assertThat(isBeyond(new Lag(0, 0, Long.MAX_VALUE, false), 100)).isFalse();
	}

	@Test
	void lagDoesNotGrowWhileThePrimaryIsGone() {
		assertThat(isBeyond(lag(5, 500), 600)).isFalse();
	}

	@Test
	void ageOfALowerBoundIsThatAtTheLastAnswerOfThePrimary() {
		isBeyond(lag(20, 25), 100);
		assertThat(isBeyond(atLeast(1, 1), 105)).as("30 s behind the state of the 75th second").isFalse();
		assertThat(isBeyond(atLeast(1, 6), 110)).as("the primary has not answered since").isFalse();
		assertThat(isBeyond(atLeast(1, 1), 106)).isTrue();
	}

	@Test
	void lowerBoundThatIsGreaterThanTheTimeSinceCounts() {
		isBeyond(lag(0, 0), 100);
		assertThat(isBeyond(atLeast(31, 31), 110)).isTrue();
	}

	@Test
	void unknownLagIsWithinTheLimit() {
		assertThat(isBeyond(lag(31, 31), 100)).isTrue();
		this.limit.note(null, SECONDS.toNanos(101));
		assertThat(this.limit.isExceeded()).isFalse();
	}

	@Test
	void replicaThatWasNeverNearEnoughHasASecondToGetThere() {
		assertThat(isBeyond(atLeast(1, 1), 100)).isFalse();
		assertThat(isBeyond(new Lag(SECONDS.toNanos(1) + 1, SECONDS.toNanos(1) + 1, 0, true), 100)).isTrue();
	}

	@Test
	void answersThatAlternateChangeNothing() {
		LagLimit patient = new LagLimit(new MonitorSettings(Duration.ofSeconds(30), null, Duration.ofSeconds(3), true),
				3);
		for (int i = 0; i < 5; i++) {
			patient.note(lag(31, 31), 0);
			patient.note(lag(31, 31), 0);
			patient.note(lag(30, 30), 0);
			assertThat(patient.isExceeded()).isFalse();
		}
		patient.note(lag(31, 31), 0);
		patient.note(lag(31, 31), 0);
		patient.note(lag(31, 31), 0);
		assertThat(patient.isExceeded()).isTrue();
		patient.note(lag(30, 30), 0);
		patient.note(lag(30, 30), 0);
		assertThat(patient.isExceeded()).as("the turns back are counted anew").isTrue();
		patient.note(lag(30, 30), 0);
		assertThat(patient.isExceeded()).isFalse();
	}

	private boolean isBeyond(Lag lag, long second) {
		this.limit.note(lag, SECONDS.toNanos(second));
		return this.limit.isExceeded();
	}

	private static Lag lag(long known, long now) {
		return new Lag(SECONDS.toNanos(known), SECONDS.toNanos(now), 0, false);
	}

	private static Lag atLeast(long known, long now) {
		return new Lag(SECONDS.toNanos(known), SECONDS.toNanos(now), 0, true);
	}

}
