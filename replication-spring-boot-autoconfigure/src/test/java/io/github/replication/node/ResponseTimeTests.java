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
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

class ResponseTimeTests {

	private final AtomicLong time = new AtomicLong();

	private final ResponseTime responseTime = new ResponseTime(this.time::get);

	@Test
	void nothingIsKnownBeforeTheFirstAnswer() {
		assertThat(this.responseTime.nanos()).isZero();
	}

	@Test
	void slowAnswerCountsAtOnce() {
		answer(100);
		answer(1_000_000);
		assertThat(this.responseTime.nanos()).isEqualTo(1_000_000);
	}

	@Test
	void slowAnswerIsForgottenAsTimePassesAndOthersCome() {
		answer(1_000_000);
		for (int i = 0; i < 100; i++) {
			this.time.addAndGet(Duration.ofMillis(100).toNanos());
			answer(100);
		}
		assertThat(this.responseTime.nanos()).isBetween(100.0, 200_000.0);
	}

	@Test
	void nodeThatNobodyAsksIsTriedAgain() {
		answer(1_000_000);
		this.time.addAndGet(Duration.ofSeconds(5).toNanos());
		assertThat(this.responseTime.nanos()).isCloseTo(1_000_000 / Math.E, within(1.0));
		this.time.addAndGet(Duration.ofMinutes(5).toNanos());
		assertThat(this.responseTime.nanos()).isLessThan(1);
	}

	@Test
	void answersAtTheSameTimeLeaveAnAverageOfThem() {
		IntStream.range(0, 100_000).parallel().forEach((i) -> {
			this.time.addAndGet(1_000);
			answer(100 + i % 100);
		});
		assertThat(this.responseTime.nanos()).isBetween(99.0, 200.0);
	}

	private void answer(long nanos) {
		this.responseTime.observe(nanos, this.time.get());
	}

}
