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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

import io.github.replication.position.SampleClock;

/**
 * Asks one node for its state, one question at a time. A caller gets the answer to a
 * question that is sent after its call. It shares the answer with all callers since the
 * previous question was sent.
 */
final class Sampler {

	private final SampleClock clock;

	private final Executor executor;

	private final Asking asking;

	private final ReentrantLock lock = new ReentrantLock();

	private @Nullable Flight underway;

	private @Nullable Flight next;

	/**
	 * Creates a sampler.
	 * @param clock orders samples and events
	 * @param executor runs the questions
	 * @param asking asks the node
	 */
	Sampler(SampleClock clock, Executor executor, Asking asking) {
		this.clock = clock;
		this.executor = executor;
		this.asking = asking;
	}

	/**
	 * Asks.
	 * @param tick the tick that the sample must exceed
	 * @return the sample, completed exceptionally if the node does not answer
	 */
	CompletableFuture<Sample> after(long tick) {
		this.lock.lock();
		try {
			Flight underway = this.underway;
			if (underway != null && underway.tick > tick) {
				return underway.result;
			}
			Flight next = (this.next != null) ? this.next : new Flight();
			this.next = next;
			if (underway == null) {
				start(next);
			}
			return next.result;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void start(Flight flight) {
		this.next = null;
		this.underway = flight;
		flight.tick = this.clock.startSample();
		flight.at = this.clock.nanoTime();
		try {
			this.executor.execute(() -> run(flight));
		}
		catch (RejectedExecutionException ex) {
			this.underway = null;
			flight.result.completeExceptionally(ex);
		}
	}

	private void run(Flight flight) {
		Sample sample = null;
		Throwable failure = null;
		try {
			sample = this.asking.ask(flight.tick, flight.at);
		}
		catch (SQLException | RuntimeException | Error ex) {
			failure = ex;
		}
		landed();
		if (failure == null) {
			flight.result.complete(sample);
		}
		else {
			flight.result.completeExceptionally(failure);
		}
	}

	private void landed() {
		this.lock.lock();
		try {
			this.underway = null;
			if (this.next != null) {
				start(this.next);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * A question and the callers that wait for its answer.
	 */
	private static final class Flight {

		private final CompletableFuture<Sample> result = new CompletableFuture<>();

		private long tick;

		private long at;

	}

	/**
	 * Asks a node.
	 */
	@FunctionalInterface
	interface Asking {

		Sample ask(long tick, long at) throws SQLException;

	}

}
