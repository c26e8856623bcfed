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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

import io.github.replication.NodeStatus;

/**
 * A check of the database that does not wait for a primary which is known not to serve:
 * it is {@code DOWN} at once then. The check itself runs on a thread of its own, one for
 * all callers. A check that began before an outage delays no caller, during or after it.
 * One without an answer for a minute is {@code DOWN}, and is begun anew twice at most.
 *
 * @since 0.1.0
 */
public final class PrimaryHealthIndicator implements HealthIndicator {

	private static final long TURN_MILLIS = 50;

	/**
	 * How long a check may take: twice the connection timeout that HikariCP has by
	 * default.
	 */
	private static final Duration LIMIT = Duration.ofMinutes(1);

	/**
	 * How many checks without an answer are given up for a new one at a time: each may
	 * hold a connection.
	 */
	private static final int GIVEN_UP = 2;

	private final HealthIndicator check;

	private final Supplier<NodeStatus> primary;

	private final LongSupplier nanoTime;

	private final ReentrantLock lock = new ReentrantLock();

	private final AtomicInteger givenUp = new AtomicInteger();

	private @Nullable Check underway;

	/**
	 * Creates the indicator.
	 * @param check asks the database
	 * @param primary yields the known state of the primary
	 * @param nanoTime a monotonic clock in nanoseconds
	 */
	public PrimaryHealthIndicator(HealthIndicator check, Supplier<NodeStatus> primary, LongSupplier nanoTime) {
		this.check = check;
		this.primary = primary;
		this.nanoTime = nanoTime;
	}

	@Override
	public Health health() {
		Check check = null;
		while (true) {
			NodeStatus primary = this.primary.get();
			if (!primary.state().isInRotation()) {
				return down(primary, String.valueOf(primary.cause()));
			}
			check = (check != null && check.isOf(primary)) ? check : ask(primary);
			if (isOverdue(check)) {
				return down(primary, "no answer to the check for " + LIMIT.toSeconds() + " s");
			}
			try {
				return check.answer().get(TURN_MILLIS, TimeUnit.MILLISECONDS);
			}
			catch (TimeoutException ex) {
				// the primary may have been lost meanwhile
			}
			catch (ExecutionException ex) {
				return Health.down((ex.getCause() != null) ? ex.getCause() : ex).build();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				return Health.down(ex).build();
			}
		}
	}

	private static Health down(NodeStatus primary, String cause) {
		return Health.down()
			.withDetail("primary", primary.name())
			.withDetail("state", primary.state())
			.withDetail("cause", cause)
			.build();
	}

	private boolean isOverdue(Check check) {
		return !check.answer().isDone() && this.nanoTime.getAsLong() - check.begun() > LIMIT.toNanos();
	}

	/**
	 * The check that is under way, or a new one. One from before an outage may wait for
	 * an answer that never comes.
	 */
	private Check ask(NodeStatus primary) {
		this.lock.lock();
		try {
			Check underway = this.underway;
			if (underway != null && isOverdue(underway) && this.givenUp.get() < GIVEN_UP) {
				this.givenUp.incrementAndGet();
				underway.answer().whenComplete((health, failure) -> this.givenUp.decrementAndGet());
				underway = null;
			}
			if (underway == null || underway.answer().isDone() || !underway.isOf(primary)) {
				underway = new Check(primary, this.nanoTime.getAsLong(), new CompletableFuture<>());
				this.underway = underway;
				start(underway.answer());
			}
			return underway;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void start(CompletableFuture<Health> answer) {
		Thread thread = new Thread(() -> {
			try {
				answer.complete(this.check.health());
			}
			catch (RuntimeException | Error ex) {
				answer.completeExceptionally(ex);
			}
		}, "replication-db-health");
		thread.setDaemon(true);
		try {
			thread.start();
		}
		catch (OutOfMemoryError ex) {
			answer.completeExceptionally(ex);
		}
	}

	/**
	 * A check that has begun.
	 *
	 * @param primary the state of the primary then
	 * @param begun when it has begun
	 * @param answer its outcome
	 */
	private record Check(NodeStatus primary, long begun, CompletableFuture<Health> answer) {

		/**
		 * Whether the primary has been in the same state since the check began.
		 */
		boolean isOf(NodeStatus primary) {
			return this.primary.name().equals(primary.name()) && this.primary.since().equals(primary.since());
		}

	}

}
