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

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

import io.github.replication.NodeState;
import io.github.replication.NodeStatus;
import io.github.replication.Role;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(20)
class PrimaryHealthIndicatorTests {

	private final AtomicReference<NodeStatus> primary = new AtomicReference<>(status(NodeState.ONLINE));

	private final AtomicInteger checks = new AtomicInteger();

	@Test
	void checkDecidesWhileThePrimaryServes() {
		PrimaryHealthIndicator indicator = new PrimaryHealthIndicator(this::up, this.primary::get);
		assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
		assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
		assertThat(this.checks).hasValue(2);
	}

	@Test
	void failureOfTheCheckIsItsAnswer() {
		PrimaryHealthIndicator indicator = new PrimaryHealthIndicator(() -> {
			throw new IllegalStateException("broken");
		}, this.primary::get);
		assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN);
		assertThat(indicator.health().getDetails().get("error")).asString().contains("broken");
	}

	@Test
	void primaryThatDoesNotServeIsDownWithoutACheck() {
		this.primary.set(status(NodeState.OFFLINE));
		Health health = new PrimaryHealthIndicator(this::up, this.primary::get).health();
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails()).containsEntry("primary", "pg-1").containsEntry("cause", "no answer");
		assertThat(this.checks).hasValue(0);
	}

	@Test
	void checkThatHangsIsGivenUpWhenThePrimaryIsLostAndNotRepeatedMeanwhile() throws Exception {
		CountDownLatch hanging = new CountDownLatch(1);
		CountDownLatch begun = new CountDownLatch(1);
		PrimaryHealthIndicator indicator = new PrimaryHealthIndicator(() -> {
			begun.countDown();
			await(hanging);
			return up();
		}, this.primary::get);
		CompletableFuture<Health> first = CompletableFuture.supplyAsync(indicator::health);
		begun.await();
		this.primary.set(status(NodeState.OFFLINE));
		assertThat(first.get().getStatus()).isEqualTo(Status.DOWN);
		this.primary.set(status(NodeState.ONLINE));
		CompletableFuture<Health> second = CompletableFuture.supplyAsync(indicator::health);
		hanging.countDown();
		assertThat(second.get().getStatus()).isEqualTo(Status.UP);
		assertThat(this.checks).hasValueLessThanOrEqualTo(2);
	}

	/**
	 * Nobody has looked during the outage.
	 */
	@Test
	void checkFromBeforeAnOutageHoldsNobodyUpAfterIt() throws Exception {
		CountDownLatch hanging = new CountDownLatch(1);
		CountDownLatch begun = new CountDownLatch(1);
		PrimaryHealthIndicator indicator = new PrimaryHealthIndicator(() -> {
			if (this.checks.getAndIncrement() == 0) {
				begun.countDown();
				await(hanging);
			}
			return Health.up().build();
		}, this.primary::get);
		CompletableFuture<Health> first = CompletableFuture.supplyAsync(indicator::health);
		begun.await();
		this.primary.set(status(NodeState.ONLINE, Instant.EPOCH.plusSeconds(1)));
		assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
		assertThat(first.get().getStatus()).isEqualTo(Status.UP);
		hanging.countDown();
	}

	@Test
	void callersShareACheck() throws Exception {
		CountDownLatch hanging = new CountDownLatch(1);
		CountDownLatch begun = new CountDownLatch(1);
		PrimaryHealthIndicator indicator = new PrimaryHealthIndicator(() -> {
			begun.countDown();
			await(hanging);
			return up();
		}, this.primary::get);
		List<CompletableFuture<Health>> callers = Stream
			.generate(() -> CompletableFuture.supplyAsync(indicator::health))
			.limit(2)
			.toList();
		begun.await();
		assertThat(callers).noneMatch(CompletableFuture::isDone);
		hanging.countDown();
		assertThat(callers).allSatisfy((caller) -> assertThat(caller.get().getStatus()).isEqualTo(Status.UP));
		assertThat(this.checks).hasValueLessThanOrEqualTo(2);
	}

	private Health up() {
		this.checks.incrementAndGet();
		return Health.up().build();
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static NodeStatus status(NodeState state) {
		return status(state, Instant.EPOCH);
	}

	private static NodeStatus status(NodeState state, Instant since) {
		return new NodeStatus("pg-1", Role.PRIMARY, state, since, (state != NodeState.ONLINE) ? "no answer" : null,
				null, null, null, null, null, null, 0, null);
	}

}
