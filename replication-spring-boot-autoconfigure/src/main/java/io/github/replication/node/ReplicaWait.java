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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

import io.github.replication.position.SampleClock;

/**
 * Asks nodes again on behalf of a read, and waits for replicas to get further. Bounded in
 * time and in the number of questions.
 */
final class ReplicaWait {

	private static final long SHORTEST_BUDGET = Duration.ofMillis(50).toNanos();

	private static final long POLL = Duration.ofMillis(2).toNanos();

	private final PositionSettings settings;

	private final SampleClock clock;

	private final LongAdder waits = new LongAdder();

	private final LongAdder waitedNanos = new LongAdder();

	private volatile @Nullable NodeInquiry primary;

	ReplicaWait(PositionSettings settings, SampleClock clock) {
		this.settings = settings;
		this.clock = clock;
	}

	/**
	 * Sets the node to ask for positions of the primary.
	 */
	void follow(NodeInquiry primary) {
		this.primary = primary;
	}

	@Nullable NodeInquiry primary() {
		return this.primary;
	}

	/**
	 * How many reads have asked.
	 */
	long waits() {
		return this.waits.sum();
	}

	/**
	 * How long they have waited in all, in nanoseconds.
	 */
	long waitedNanos() {
		return this.waitedNanos.sum();
	}

	/**
	 * Asks the primary, and waits no longer than a probe may take.
	 * @param tick the tick that the sample must exceed
	 */
	void askPrimary(long tick) {
		NodeInquiry primary = this.primary;
		if (primary != null) {
			await(primary.sampleAfter(tick), this.clock.nanoTime() + this.settings.timeout().toNanos());
		}
	}

	/**
	 * Asks replicas, and the primary if need be, until one replica is far enough or the
	 * time is over.
	 * @param replicas the replicas that may be asked
	 * @param tick yields the tick that a sample of the primary must exceed to be useful,
	 * -1 if the primary need not be asked
	 * @param reached whether a replica is known to be far enough
	 * @return {@code true} if one is
	 */
	boolean run(List<ClusterNode> replicas, LongSupplier tick, BooleanSupplier reached) {
		long start = this.clock.nanoTime();
		boolean done = new Attempt(replicas, tick, reached, start).run();
		this.waits.increment();
		this.waitedNanos.add(this.clock.nanoTime() - start);
		return done;
	}

	/**
	 * Waits for an answer.
	 * @return {@code true} if there was one in time
	 */
	private boolean await(CompletableFuture<?> answer, long deadline) {
		try {
			answer.get(Math.max(0, deadline - this.clock.nanoTime()), TimeUnit.NANOSECONDS);
			return true;
		}
		catch (ExecutionException | TimeoutException ex) {
			return false;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	/**
	 * Waits for answers until a replica is far enough. An answer that arrives while
	 * another one is judged is judged as well.
	 * @param answers the answers to come
	 * @param reached whether a replica is known to be far enough
	 * @param deadline the end of waiting, by the monotonic clock in nanoseconds
	 * @return {@code true} if one is
	 */
	boolean awaitEach(List<? extends CompletableFuture<?>> answers, BooleanSupplier reached, long deadline) {
		List<CompletableFuture<?>> missing = new ArrayList<>(answers);
		while (!missing.isEmpty() && isTimeLeft(deadline)) {
			await(CompletableFuture.anyOf(missing.toArray(new CompletableFuture<?>[0])), deadline);
			missing.removeIf(CompletableFuture::isDone);
			if (reached.getAsBoolean()) {
				return true;
			}
		}
		return false;
	}

	private boolean isTimeLeft(long deadline) {
		return this.clock.nanoTime() - deadline < 0 && !Thread.currentThread().isInterrupted();
	}

	/**
	 * One read's attempt to find a replica that is far enough.
	 */
	private final class Attempt {

		private final List<ClusterNode> replicas;

		private final LongSupplier tick;

		private final BooleanSupplier reached;

		private final boolean waiting;

		private final long deadline;

		Attempt(List<ClusterNode> replicas, LongSupplier tick, BooleanSupplier reached, long start) {
			this.replicas = replicas;
			this.tick = tick;
			this.reached = reached;
			long wait = ReplicaWait.this.settings.maxWait().toNanos();
			this.waiting = wait > 0;
			this.deadline = start + Math.max(wait, SHORTEST_BUDGET);
		}

		boolean run() {
			boolean reached = ask();
			while (!reached && this.waiting && isTimeLeft(this.deadline)) {
				LockSupport.parkNanos(POLL);
				reached = this.reached.getAsBoolean() || ask();
			}
			return reached;
		}

		private boolean ask() {
			List<NodeInquiry> inquiries = this.replicas.stream()
				.map(ClusterNode::inquiry)
				.filter((inquiry) -> inquiry.mayBeAsked(this.waiting))
				.toList();
			if (inquiries.isEmpty() || !askPrimary()) {
				return this.reached.getAsBoolean();
			}
			return this.reached.getAsBoolean() || ask(inquiries);
		}

		private boolean askPrimary() {
			long tick = this.tick.getAsLong();
			NodeInquiry primary = ReplicaWait.this.primary;
			if (tick < 0) {
				return true;
			}
			boolean answered = primary != null && await(primary.sampleAfter(tick), this.deadline);
			this.tick.getAsLong();
			return answered;
		}

		private boolean ask(List<NodeInquiry> inquiries) {
			long tick = ReplicaWait.this.clock.now();
			List<CompletableFuture<Sample>> answers = new ArrayList<>();
			inquiries.forEach((inquiry) -> answers.add(inquiry.furtherSampleAfter(tick)));
			return awaitEach(answers, this.reached, this.deadline);
		}

	}

}
