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

import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class SampleClockTests {

	private final AtomicLong time = new AtomicLong(1_000);

	private final SampleClock clock = new SampleClock(this.time::get);

	@Test
	void sampleThatStartsAfterAnEventHasAGreaterTickAtTheSameTime() {
		long event = this.clock.now();
		assertThat(event).isPositive();
		assertThat(this.clock.startSample()).isGreaterThan(event).isEqualTo(this.clock.now());
	}

	@Test
	void coarseTimeIsThatOfTheLastSample() {
		this.time.set(2_000);
		assertThat(this.clock.coarseNanoTime()).isEqualTo(1_000);
		assertThat(this.clock.nanoTime()).isEqualTo(2_000);
		this.clock.startSample();
		this.time.set(3_000);
		assertThat(this.clock.coarseNanoTime()).isEqualTo(2_000);
	}

}
