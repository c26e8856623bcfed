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

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

import io.github.replication.NodeStatus;

/**
 * A check of the database that does not wait for a primary which is known not to serve:
 * it is {@code DOWN} at once then. The check itself runs on a thread of its own, one at a
 * time, so that a check that began before the primary fell silent holds no caller up.
 *
 * @since 0.1.0
 */
public final class PrimaryHealthIndicator implements HealthIndicator {

	private static final long TURN_MILLIS = 50;

	private final HealthIndicator check;

	private final Supplier<NodeStatus> primary;

	private final ReentrantLock lock = new ReentrantLock();

	private @Nullable CompletableFuture<Health> underway;

	/**
	 * Creates the indicator.
	 * @param check asks the database
	 * @param primary yields the known state of the primary
	 */
	public PrimaryHealthIndicator(HealthIndicator check, Supplier<NodeStatus> primary) {
		this.check = check;
		this.primary = primary;
	}

	@Override
	public Health health() {
		Health known = unlessServing();
		CompletableFuture<Health> answer = (known == null) ? ask() : null;
		while (known == null && answer != null) {
			try {
				return answer.get(TURN_MILLIS, TimeUnit.MILLISECONDS);
			}
			catch (TimeoutException ex) {
				known = unlessServing();
			}
			catch (ExecutionException ex) {
				return Health.down((ex.getCause() != null) ? ex.getCause() : ex).build();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				return Health.down(ex).build();
			}
		}
		return (known != null) ? known : Health.unknown().build();
	}

	private @Nullable Health unlessServing() {
		NodeStatus primary = this.primary.get();
		return primary.state().isInRotation() ? null
				: Health.down()
					.withDetail("primary", primary.name())
					.withDetail("state", primary.state())
					.withDetail("cause", String.valueOf(primary.cause()))
					.build();
	}

	private CompletableFuture<Health> ask() {
		this.lock.lock();
		try {
			CompletableFuture<Health> underway = this.underway;
			if (underway == null || underway.isDone()) {
				underway = new CompletableFuture<>();
				this.underway = underway;
				start(underway);
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
		thread.start();
	}

}
