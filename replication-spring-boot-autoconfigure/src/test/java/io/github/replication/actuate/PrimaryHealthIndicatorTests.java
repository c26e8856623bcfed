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

package io.github.replication.actuate;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

import io.github.replication.NodeState;
import io.github.replication.NodeStatus;
import io.github.replication.Role;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(20)
class PrimaryHealthIndicatorTests {

	private final AtomicReference<NodeStatus> primary = new AtomicReference<>(status(NodeState.ONLINE));

	private final AtomicInteger checks = new AtomicInteger();

	private final AtomicLong time = new AtomicLong();

	@Test
	void checkDecidesWhileThePrimaryServes() {
		PrimaryHealthIndicator indicator = new PrimaryHealthIndicator(this::up, this.primary::get, this.time::get);
		assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
		assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
		assertThat(this.checks).hasValue(2);
	}

	@Test
	void failureOfTheCheckIsItsAnswer() {
		PrimaryHealthIndicator indicator = new PrimaryHealthIndicator(() -> {
			throw new IllegalStateException("broken");
		}, this.primary::get, this.time::get);
		assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN);
		assertThat(indicator.health().getDetails().get("error")).asString().contains("broken");
	}

	@Test
	void primaryThatDoesNotServeIsDownWithoutACheck() {
		this.primary.set(status(NodeState.OFFLINE));
		Health health = new PrimaryHealthIndicator(this::up, this.primary::get, this.time::get).health();
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails()).containsEntry("primary", "pg-1").containsEntry("cause", "no answer");
		assertThat(this.checks).hasValue(0);
	}

	@Test
	void checkThatHangsIsGivenUpWhenThePrimaryIsLost() throws Exception {
		HangingCheck check = new HangingCheck();
		PrimaryHealthIndicator indicator = indicator(check);
		CompletableFuture<Health> first = CompletableFuture.supplyAsync(indicator::health);
		check.awaitBegun();
		this.primary.set(status(NodeState.OFFLINE, Instant.EPOCH.plusSeconds(1)));
		assertThat(first.get().getStatus()).isEqualTo(Status.DOWN);
		assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN);
		assertThat(check.begun).hasValue(1);
		check.end.countDown();
	}

	@Test
	void checkFromBeforeAnOutageDelaysNobodyAfterIt() throws Exception {
		HangingCheck check = new HangingCheck();
		PrimaryHealthIndicator indicator = indicator(() -> (check.begun.get() > 0) ? up() : check.health());
		CompletableFuture<Health> first = CompletableFuture.supplyAsync(indicator::health);
		check.awaitBegun();
		this.primary.set(status(NodeState.ONLINE, Instant.EPOCH.plusSeconds(1)));
		assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
		assertThat(first.get().getStatus()).isEqualTo(Status.UP);
		check.end.countDown();
	}

	@Test
	void callersShareACheck() throws Exception {
		HangingCheck check = new HangingCheck();
		Set<Thread> callers = ConcurrentHashMap.newKeySet();
		PrimaryHealthIndicator indicator = new PrimaryHealthIndicator(check, () -> {
			callers.add(Thread.currentThread());
			return this.primary.get();
		}, this.time::get);
		List<CompletableFuture<Health>> answers = Stream
			.generate(() -> CompletableFuture.supplyAsync(indicator::health, (caller) -> new Thread(caller).start()))
			.limit(3)
			.toList();
		Awaitility.await().until(() -> callers.size() == 3 && check.begun.get() > 0);
		assertThat(answers).noneMatch(CompletableFuture::isDone);
		assertThat(check.begun).hasValue(1);
		check.end.countDown();
		for (CompletableFuture<Health> answer : answers) {
			assertThat(answer.get().getStatus()).isEqualTo(Status.UP);
		}
	}

	/**
	 * Each check that has begun may hold a connection.
	 */
	@Test
	void checkWithoutAnAnswerForAMinuteIsDownAndBegunAnewTwice() throws Exception {
		HangingCheck check = new HangingCheck();
		PrimaryHealthIndicator indicator = indicator(check);
		for (int begun = 1; begun <= 3; begun++) {
			CompletableFuture<Health> answer = CompletableFuture.supplyAsync(indicator::health);
			int expected = begun;
			Awaitility.await().until(() -> check.begun.get() == expected);
			this.time.addAndGet(Duration.ofSeconds(61).toNanos());
			assertThat(answer.get().getDetails()).containsEntry("cause", "no answer to the check for 60 s");
		}
		assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN);
		assertThat(check.begun).hasValue(3);
		check.end.countDown();
		Awaitility.await().until(() -> indicator.health().getStatus() == Status.UP);
	}

	private PrimaryHealthIndicator indicator(HealthIndicator check) {
		return new PrimaryHealthIndicator(check, this.primary::get, this.time::get);
	}

	private Health up() {
		this.checks.incrementAndGet();
		return Health.up().build();
	}

	private static NodeStatus status(NodeState state) {
		return status(state, Instant.EPOCH);
	}

	private static NodeStatus status(NodeState state, Instant since) {
		return new NodeStatus("pg-1", Role.PRIMARY, state, since, (state != NodeState.ONLINE) ? "no answer" : null,
				null, null, null, null, null, null, 0, null);
	}

	private static final class HangingCheck implements HealthIndicator {

		private final AtomicInteger begun = new AtomicInteger();

		private final CountDownLatch end = new CountDownLatch(1);

		@Override
		public Health health() {
			this.begun.incrementAndGet();
			try {
				this.end.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			return Health.up().build();
		}

		void awaitBegun() {
			Awaitility.await().until(() -> this.begun.get() > 0);
		}

	}

}
