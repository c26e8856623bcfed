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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import io.github.replication.position.ReadYourWritesMode;
import io.github.replication.position.SampleClock;

import static org.assertj.core.api.Assertions.assertThat;

class ReplicaWaitTests {

	private static final long SECOND = Duration.ofSeconds(1).toNanos();

	private final AtomicLong time = new AtomicLong();

	private final ReplicaWait replicaWait = new ReplicaWait(new PositionSettings(ReadYourWritesMode.POSITION, true,
			Duration.ZERO, Duration.ofSeconds(1), Duration.ofMillis(500)), new SampleClock(this.time::get));

	@Test
	void answerThatArrivesWhileAnotherIsJudgedIsJudged() {
		CompletableFuture<Object> first = CompletableFuture.completedFuture("first");
		CompletableFuture<Object> second = new CompletableFuture<>();
		AtomicInteger judgments = new AtomicInteger();
		boolean reached = this.replicaWait.awaitEach(List.of(first, second), () -> {
			boolean arrived = second.isDone();
			second.complete("second");
			judgments.incrementAndGet();
			return arrived;
		}, SECOND);
		assertThat(reached).isTrue();
		assertThat(judgments).hasValue(2);
	}

	@Test
	void eachAnswerIsJudgedOnce() {
		AtomicInteger judgments = new AtomicInteger();
		boolean reached = this.replicaWait.awaitEach(
				List.of(CompletableFuture.completedFuture("first"), CompletableFuture.failedFuture(new Exception())),
				() -> judgments.incrementAndGet() > 1, SECOND);
		assertThat(reached).isFalse();
		assertThat(judgments).hasValue(1);
	}

	@Test
	void nothingIsAwaitedAfterTheDeadline() {
		this.time.set(SECOND);
		boolean reached = this.replicaWait.awaitEach(List.of(new CompletableFuture<>()), () -> {
			throw new AssertionError();
		}, SECOND);
		assertThat(reached).isFalse();
	}

}
