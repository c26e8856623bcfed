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

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;

import io.github.replication.node.PrimaryHistory.Lag;
import io.github.replication.node.ServerState.Streaming;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

class NodeHealthTests {

	private static final MonitorSettings SETTINGS = new MonitorSettings(Duration.ofSeconds(30), 1_000L,
			Duration.ofSeconds(3), true);

	private final NodeHealth health = new NodeHealth(SETTINGS, 5);

	@Test
	void nothingIsKnownAtFirst() {
		assertThat(this.health.isAnswering()).isFalse();
		assertThat(this.health.isFailing()).isFalse();
		assertThat(this.health.last()).isNull();
		assertThat(this.health.answeredAt()).isEqualTo(5);
	}

	@Test
	void twoFailuresInARowAreBelieved() {
		this.health.answered(sample(1), 10);
		this.health.failed(new SQLException("one"), 0);
		assertThat(this.health.isFailing()).isFalse();
		assertThat(this.health.isAnswering()).isFalse();
		this.health.answered(sample(2), 20);
		this.health.failed(new SQLException("two"), 0);
		assertThat(this.health.isFailing()).isFalse();
		this.health.failed(new SQLException("three"), 0);
		assertThat(this.health.isFailing()).isTrue();
		assertThat(this.health.failure()).hasMessage("three");
		assertThat(this.health.answeredAt()).isEqualTo(20);
	}

	@Test
	void answerEndsTheFailures() {
		this.health.failed(new SQLException("one"), 0);
		this.health.failed(new SQLException("two"), 0);
		this.health.answered(sample(1), 10);
		assertThat(this.health.isFailing()).isFalse();
		assertThat(this.health.isAnswering()).isTrue();
		assertThat(this.health.failure()).isNull();
	}

	@Test
	void answerFromBeforeTheFailureOfAnotherNodeIsNoneSince() {
		NodeHealth other = new NodeHealth(SETTINGS, 0);
		this.health.failed(new SQLException("one"), 10);
		this.health.failed(new SQLException("two"), 20);
		other.answered(sample(1), 9);
		assertThat(other.hasAnsweredSinceFailureOf(this.health)).isFalse();
		other.answered(sample(2), 11);
		assertThat(other.hasAnsweredSinceFailureOf(this.health)).isTrue();
		other.failed(new SQLException("three"), 12);
		assertThat(other.hasAnsweredSinceFailureOf(this.health)).isFalse();
	}

	@Test
	void newConnectionReportsMoreButIsNoAnswer() {
		this.health.failed(new SQLException("one"), 0);
		this.health.reported(sample(7));
		assertThat(this.health.last()).isEqualTo(sample(7));
		assertThat(this.health.isAnswering()).isFalse();
		this.health.reported(sample(6));
		assertThat(this.health.last()).isEqualTo(sample(7));
	}

	@Test
	void replicaIsTooFarBehindAfterTheSecondTimeAndBackAfterTheSecondTime() {
		Lag far = lag(31);
		this.health.behind(far, 0);
		assertThat(this.health.isLagging()).isFalse();
		this.health.behind(Lag.NONE, 0);
		this.health.behind(far, 0);
		assertThat(this.health.isLagging()).isFalse();
		this.health.behind(far, 0);
		assertThat(this.health.isLagging()).isTrue();
		this.health.behind(Lag.NONE, 0);
		assertThat(this.health.isLagging()).isTrue();
		this.health.behind(Lag.NONE, 0);
		assertThat(this.health.isLagging()).isFalse();
	}

	@Test
	void limitsAreInclusiveAndEachCounts() {
		Lag allowed = new Lag(SECONDS.toNanos(30), Long.MAX_VALUE, 1_000, false);
		this.health.behind(allowed, 0);
		this.health.behind(allowed, 0);
		assertThat(this.health.isLagging()).isFalse();
		Lag tooMuch = new Lag(0, 0, 1_001, false);
		this.health.behind(tooMuch, 0);
		this.health.behind(tooMuch, 0);
		assertThat(this.health.isLagging()).isTrue();
		this.health.behind(null, 0);
		this.health.behind(null, 0);
		assertThat(this.health.isLagging()).isFalse();
	}

	@Test
	void replicaOfWhichNoStateOfThePrimaryIsKnownToBeReachedIsTooFarBehind() {
		this.health.behind(atLeast(0), 0);
		this.health.behind(atLeast(1), 0);
		this.health.behind(atLeast(2), 0);
		assertThat(this.health.isLagging()).isFalse();
		this.health.behind(atLeast(3), 0);
		assertThat(this.health.isLagging()).isTrue();
		this.health.behind(lag(1), 0);
		this.health.behind(lag(1), 0);
		assertThat(this.health.isLagging()).isFalse();
	}

	@Test
	void lowerBoundDoesNotEndLagging() {
		this.health.behind(lag(31), SECONDS.toNanos(100));
		this.health.behind(lag(32), SECONDS.toNanos(101));
		assertThat(this.health.isLagging()).isTrue();
		for (int i = 0; i < 10; i++) {
			this.health.behind(atLeast(i), SECONDS.toNanos(102 + i));
			assertThat(this.health.isLagging()).isTrue();
		}
	}

	@Test
	void lowerBoundCountsFromTheLastTimeThatTheReplicaWasNearEnough() {
		this.health.behind(lag(20), SECONDS.toNanos(100));
		this.health.behind(atLeast(1), SECONDS.toNanos(110));
		this.health.behind(atLeast(2), SECONDS.toNanos(110));
		assertThat(this.health.isLagging()).isFalse();
		this.health.behind(atLeast(2), SECONDS.toNanos(111));
		this.health.behind(atLeast(3), SECONDS.toNanos(112));
		assertThat(this.health.isLagging()).as("30 s and more behind the state of the 80th second").isTrue();
	}

	@Test
	void stateOfTheSameMomentDoesNotReplaceTheKnownOne() {
		Sample known = sample(7);
		this.health.reported(known);
		this.health.reported(sample(7));
		assertThat(this.health.last()).isSameAs(known);
	}

	@Test
	void serverThatRefusesHasAnswered() {
		this.health.failed(new SQLException("one"), 0);
		this.health.refused(new SQLException("starting up"), 30);
		this.health.failed(new SQLException("two"), 0);
		assertThat(this.health.isFailing()).isFalse();
		assertThat(this.health.answeredAt()).isEqualTo(30);
	}

	@Test
	void lossIsNoticedOnceUntilTheNodeIsFound() {
		AtomicInteger losses = new AtomicInteger();
		this.health.onLoss(losses::incrementAndGet);
		assertThat(this.health.isReachable()).isTrue();
		this.health.lost(new SQLException("one"));
		this.health.lost(new SQLException("two"));
		assertThat(losses).hasValue(1);
		assertThat(this.health.isReachable()).isFalse();
		assertThat(this.health.loss()).hasMessage("one");
		this.health.found();
		assertThat(this.health.isReachable()).isTrue();
		assertThat(this.health.loss()).isNull();
		this.health.lost(null);
		assertThat(losses).hasValue(2);
	}

	@Test
	void nodeIsBackAfterTwoSuccessfulAttemptsInARow() {
		this.health.lost(new SQLException("refused"));
		assertThat(this.health.isReturning()).isFalse();
		assertThat(this.health.attempted(null)).isFalse();
		assertThat(this.health.isReturning()).isTrue();
		assertThat(this.health.attempted(new SQLException("still refused"))).isFalse();
		assertThat(this.health.isReturning()).isFalse();
		assertThat(this.health.loss()).hasMessage("still refused");
		assertThat(this.health.attempted(null)).isFalse();
		assertThat(this.health.loss()).hasMessage("still refused");
		assertThat(this.health.attempted(null)).isTrue();
	}

	@Test
	void attemptsBeforeALossDoNotCount() {
		this.health.attempted(null);
		this.health.lost(new SQLException("refused"));
		assertThat(this.health.attempted(null)).isFalse();
	}

	@Test
	void drainedNodeIsPutBack() {
		assertThat(this.health.isDrained()).isFalse();
		this.health.drain(true);
		assertThat(this.health.isDrained()).isTrue();
		this.health.drain(false);
		assertThat(this.health.isDrained()).isFalse();
	}

	private static Lag lag(long seconds) {
		return new Lag(SECONDS.toNanos(seconds), SECONDS.toNanos(seconds), 0, false);
	}

	private static Lag atLeast(long seconds) {
		return new Lag(SECONDS.toNanos(seconds), SECONDS.toNanos(seconds), 0, true);
	}

	private static Sample sample(long tick) {
		return new Sample(tick, tick, new ServerState(0, false, true, 1, 1, 100, 0, 1, "app", Streaming.UNKNOWN));
	}

}
