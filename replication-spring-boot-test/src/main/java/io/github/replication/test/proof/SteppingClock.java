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

package io.github.replication.test.proof;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The time of day of one instance, which goes its own way. Safe for use by several
 * threads.
 */
final class SteppingClock extends Clock {

	private final Clock clock;

	private final AtomicReference<Duration> offset;

	SteppingClock() {
		this(Clock.systemUTC(), new AtomicReference<>(Duration.ZERO));
	}

	private SteppingClock(Clock clock, AtomicReference<Duration> offset) {
		this.clock = clock;
		this.offset = offset;
	}

	void step(Duration step) {
		this.offset.accumulateAndGet(step, Duration::plus);
	}

	@Override
	public Instant instant() {
		return this.clock.instant().plus(this.offset.get());
	}

	@Override
	public ZoneId getZone() {
		return this.clock.getZone();
	}

	@Override
	public Clock withZone(ZoneId zone) {
		return new SteppingClock(this.clock.withZone(zone), this.offset);
	}

}
