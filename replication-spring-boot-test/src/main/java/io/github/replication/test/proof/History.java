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

import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

/**
 * Puts events into one order, and passes each on as it happens. Safe for use by several
 * threads: events are passed on by one thread at a time.
 */
final class History {

	private final Consumer<Event> listener;

	private final LongSupplier nanoTime;

	private final long begin;

	private long order;

	History(LongSupplier nanoTime, Consumer<Event> listener) {
		this.nanoTime = nanoTime;
		this.begin = nanoTime.getAsLong();
		this.listener = listener;
	}

	/**
	 * Begins an operation.
	 */
	Running begin(long session, String instance, OperationKind kind, int register) {
		return new Running(session, instance, kind, register, order(), now());
	}

	private synchronized long order() {
		return this.order;
	}

	private long now() {
		return this.nanoTime.getAsLong() - this.begin;
	}

	synchronized void add(Event event) {
		this.listener.accept(event);
	}

	/**
	 * Reads the state of the listener, while nothing is added.
	 */
	synchronized long read(LongSupplier value) {
		return value.getAsLong();
	}

	void endEpoch() {
		addNext(Event.EpochEnded::new);
	}

	void beginFault(String fault, String node, boolean serves) {
		add(new Event.FaultBegan(fault, node, serves, now()));
	}

	void endFault(String fault, String node) {
		add(new Event.FaultEnded(fault, node, now()));
	}

	private synchronized void addNext(LongFunction<Event> event) {
		this.listener.accept(event.apply(++this.order));
	}

	/**
	 * An operation that has begun.
	 */
	final class Running {

		private final long session;

		private final String instance;

		private final OperationKind kind;

		private final int register;

		private final long invoked;

		private final long from;

		private Running(long session, String instance, OperationKind kind, int register, long invoked, long from) {
			this.session = session;
			this.instance = instance;
			this.kind = kind;
			this.register = register;
			this.invoked = invoked;
			this.from = from;
		}

		void end(Outcome outcome, @Nullable Served served, Operation.@Nullable Error error) {
			long to = now();
			addNext((completed) -> new Event.Ended(new Operation(this.session, this.instance, this.kind, this.register,
					new Span(this.invoked, completed, this.from, to), outcome, served, error)));
		}

	}

}
