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
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.replication.node.PrimaryHistory.Lag;
import io.github.replication.node.PrimaryHistory.Point;
import io.github.replication.node.ServerState.Streaming;

import static org.assertj.core.api.Assertions.assertThat;

class PrimaryHistoryTests {

	private static final long HOUR = Duration.ofHours(1).toNanos();

	private PrimaryHistory history = PrimaryHistory.EMPTY;

	private long tick;

	private long now;

	@ParameterizedTest
	@ValueSource(longs = { 1, 10, 100 })
	void lagOfAReplicaThatIsStuckForAnHourIsKnownAtAnyRateOfSamples(long perSecond) {
		long lsn = run(Duration.ofMinutes(1), perSecond);
		long stuckSince = this.now;
		for (int i = 0; i < 60; i++) {
			run(Duration.ofMinutes(1), perSecond);
			Lag lag = lagOf(lsn);
			assertThat(lag.atLeast()).isFalse();
			assertAge(lag.known(), this.now - stuckSince, perSecond);
		}
		assertThat(lagOf(lsn).known()).isGreaterThan(HOUR * 15 / 16);
		assertThat(this.history.points()).hasSizeLessThan(600);
	}

	@ParameterizedTest
	@ValueSource(longs = { 1, 10, 100, 1_000 })
	void newestStateThatAReplicaHasReachedIsKnownAtAnyRateOfSamples(long perSecond) {
		run(Duration.ofMinutes(1), perSecond);
		for (int seconds : new int[] { 1, 3, 10, 30 }) {
			long lsn = run(Duration.ofSeconds(10), perSecond);
			long reached = this.now;
			run(Duration.ofSeconds(seconds), perSecond);
			Point newest = this.history.newestReached(lsn);
			assertThat(newest).isNotNull();
			assertAge(this.now - newest.until(), this.now - reached, perSecond);
		}
	}

	/**
	 * An age is as exact as the distance of samples and of those that are kept.
	 */
	private static void assertAge(long age, long expected, long perSecond) {
		long exact = 2 * Duration.ofSeconds(1).toNanos() / perSecond;
		assertThat(age).isBetween(expected - expected / 16 - exact, expected + expected / 16 + exact);
	}

	@Test
	void samplesOfIrregularRatesAreThinnedToThePrecision() {
		Random random = new Random(42);
		for (int i = 0; i < 20_000; i++) {
			this.now += (long) (Duration.ofMillis(1).toNanos() * Math.exp(random.nextDouble() * 9));
			add(1);
		}
		for (int i = 1; i < this.history.points().size() - 1; i++) {
			long gap = this.history.points().get(i + 1).since() - this.history.points().get(i - 1).until();
			long age = this.now - this.history.points().get(i + 1).since();
			assertThat(gap).as("both neighbours of a sample that is kept").isGreaterThan(age / 17);
		}
		assertThat(this.history.points()).hasSizeLessThan(700);
	}

	@Test
	void replicaBehindTheFirstSampleIsAtLeastAsFarBehindAsThat() {
		this.now = 100;
		add(1_000);
		long first = this.now;
		this.now += HOUR;
		add(1_000);
		Lag lag = lagOf(999);
		assertThat(lag.atLeast()).isTrue();
		assertThat(lag.known()).isEqualTo(this.now - first);
		assertThat(lag.size()).isEqualTo(1_001);
		assertThat(lagOf(1_000).atLeast()).isFalse();
		assertThat(lagOf(2_000)).isEqualTo(Lag.NONE);
	}

	@Test
	void idlePrimaryLeavesNoReplicaBehind() {
		add(1_000);
		for (int i = 0; i < 1_000; i++) {
			this.now += Duration.ofSeconds(1).toNanos();
			add(0);
		}
		assertThat(lagOf(1_000)).isEqualTo(Lag.NONE);
		assertThat(this.history.points()).hasSize(1);
	}

	/**
	 * Lets the primary write all the time.
	 * @return the position at the end
	 */
	private long run(Duration duration, long perSecond) {
		long samples = duration.toSeconds() * perSecond;
		for (long i = 0; i < samples; i++) {
			this.now += Duration.ofSeconds(1).toNanos() / perSecond;
			add(8);
		}
		return this.history.last().flushed();
	}

	private void add(long bytes) {
		Point last = this.history.last();
		long lsn = ((last != null) ? last.flushed() : 0) + bytes;
		this.tick++;
		this.history = this.history.with(new Sample(this.tick, this.now,
				new ServerState(0, false, false, 1, 1, lsn, lsn, 1, "app", Streaming.UNKNOWN)));
	}

	private Lag lagOf(long lsn) {
		return this.history.lagOf(lsn, this.now);
	}

}
