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

package io.github.replication.store;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Bounds how long another store may take. A call that takes longer goes on in a thread of
 * this store, and its caller goes on without it. After several failures in a row the
 * other store is left alone, and tried again after a pause that grows.
 *
 * <p>
 * Tokens that could not be put are kept in memory, so that the requests that come to this
 * instance still find them. Never fails. All methods may be called by any number of
 * threads at a time; the threads of this store end a second after they were used last.
 *
 * @since 0.1.0
 */
public final class BoundedPositionStore implements PositionStore {

	private static final Log logger = LogFactory.getLog(BoundedPositionStore.class);

	private static final int THREADS = 8;

	private static final int QUEUE = 1024;

	private final PositionStore store;

	private final Duration timeout;

	private final LongSupplier nanoTime;

	private final InMemoryPositionStore memory;

	private final Renewals renewals = new Renewals();

	private final Executor executor;

	private final Breaker breaker;

	/**
	 * Creates a store.
	 * @param store the store to bound
	 * @param timeout how long the calls of one request may take, more than zero
	 * @param nanoTime a monotonic clock in nanoseconds
	 */
	public BoundedPositionStore(PositionStore store, Duration timeout, LongSupplier nanoTime) {
		Assert.isTrue(timeout.compareTo(Duration.ZERO) > 0, () -> "timeout must be positive, but was " + timeout);
		this.store = store;
		this.timeout = timeout;
		this.nanoTime = nanoTime;
		this.memory = new InMemoryPositionStore(nanoTime);
		this.executor = (store instanceof InMemoryPositionStore) ? Runnable::run : executor();
		this.breaker = new Breaker(store.toString());
	}

	private static Executor executor() {
		ThreadPoolExecutor executor = new ThreadPoolExecutor(THREADS, THREADS, 1, TimeUnit.SECONDS,
				new LinkedBlockingQueue<>(QUEUE), BoundedPositionStore::thread);
		executor.allowCoreThreadTimeOut(true);
		return executor;
	}

	private static Thread thread(Runnable work) {
		Thread thread = new Thread(work, "replication-position-store");
		thread.setDaemon(true);
		return thread;
	}

	@Override
	public Collection<String> find(String user) {
		return find(user, allowance());
	}

	@Override
	public void put(String user, String token, Collection<String> replaced, Duration timeToLive) {
		put(user, token, replaced, timeToLive, allowance());
	}

	/**
	 * How long the calls of one request may take together.
	 * @return an allowance of which nothing is spent yet
	 */
	public Allowance allowance() {
		return new Allowance(this.timeout.toNanos());
	}

	/**
	 * Finds the tokens of a user within an allowance.
	 * @param user the name of the user
	 * @param allowance how long the calls of the request may take together
	 * @return the tokens of the store, if it has answered in time, and the ones kept in
	 * memory
	 */
	public Collection<String> find(String user, Allowance allowance) {
		Collection<String> kept = this.memory.find(user);
		Collection<String> found = call(() -> this.store.find(user), allowance);
		if (found == null || found.isEmpty()) {
			return kept;
		}
		Set<String> all = new LinkedHashSet<>(found);
		all.addAll(kept);
		return all;
	}

	/**
	 * Puts a token within an allowance.
	 * @param user the name of the user
	 * @param token the token to keep
	 * @param replaced the tokens that the new one covers
	 * @param timeToLive how long the token lives
	 * @param allowance how long the calls of the request may take together
	 */
	public void put(String user, String token, Collection<String> replaced, Duration timeToLive, Allowance allowance) {
		Assert.isTrue(timeToLive.compareTo(Duration.ZERO) > 0,
				() -> "timeToLive must be positive, but was " + timeToLive);
		Collection<String> covered = List.copyOf(replaced);
		Boolean done = call(() -> {
			this.store.put(user, token, covered, timeToLive);
			return true;
		}, allowance);
		if (done == null) {
			this.memory.put(user, token, replaced, timeToLive);
		}
	}

	/**
	 * Puts a token within an allowance. One that is kept already is put again once half
	 * of its time has passed since this store has done so, so that it lives on at the
	 * cost of a call now and then.
	 * @param user the name of the user
	 * @param token the token to keep
	 * @param replaced the tokens that the new one covers, with the token itself if it is
	 * kept already
	 * @param timeToLive how long the token lives
	 * @param allowance how long the calls of the request may take together
	 */
	public void renew(String user, String token, Collection<String> replaced, Duration timeToLive,
			Allowance allowance) {
		long now = this.nanoTime.getAsLong();
		long pause = timeToLive.dividedBy(2).toNanos();
		if (!replaced.contains(token)) {
			this.renewals.note(user, token, now, pause);
			put(user, token, replaced, timeToLive, allowance);
		}
		else if (this.renewals.isDue(user, token, now, pause)) {
			this.renewals.note(user, token, now, pause);
			Collection<String> covered = List.copyOf(replaced);
			// not waited for: the token is there
			call(() -> {
				this.store.put(user, token, covered, timeToLive);
				return true;
			}, new Allowance(0));
		}
	}

	private <T> @Nullable T call(Callable<T> call, Allowance allowance) {
		if (!this.breaker.isCallable()) {
			return null;
		}
		long start = this.nanoTime.getAsLong();
		long rest = allowance.rest();
		FutureTask<T> task = new FutureTask<>(call);
		try {
			this.executor.execute(task);
			T result = task.get(rest, TimeUnit.NANOSECONDS);
			this.breaker.succeeded();
			return result;
		}
		catch (TimeoutException ex) {
			if (rest >= this.timeout.toNanos() / 2) {
				this.breaker.failed("no answer within " + this.timeout.toMillis() + " ms", task);
			}
			else {
				this.breaker.abandon(task);
			}
		}
		catch (RejectedExecutionException ex) {
			this.breaker.failed("too many calls at a time", null);
		}
		catch (OutOfMemoryError ex) {
			// also where the system has no thread left
			this.breaker.failed(String.valueOf(ex), null);
		}
		catch (ExecutionException ex) {
			this.breaker.failed(String.valueOf(ex.getCause()), null);
		}
		catch (InterruptedException ex) {
			this.breaker.abandon(task);
			Thread.currentThread().interrupt();
		}
		finally {
			allowance.spend(this.nanoTime.getAsLong() - start);
		}
		return null;
	}

	@Override
	public String toString() {
		return "BoundedPositionStore[store=" + this.store + ", timeout=" + this.timeout + "]";
	}

	/**
	 * The rest of the time that the calls of one request may take.
	 */
	public static final class Allowance {

		private final AtomicLong nanos;

		private Allowance(long nanos) {
			this.nanos = new AtomicLong(nanos);
		}

		private long rest() {
			return Math.max(0, this.nanos.get());
		}

		private void spend(long nanos) {
			this.nanos.addAndGet(-nanos);
		}

	}

	/**
	 * Keeps calls from a store that fails.
	 */
	private final class Breaker {

		private static final int FAILURES = 3;

		private static final long SHORTEST_PAUSE = 500_000_000;

		private static final long LONGEST_PAUSE = 8_000_000_000L;

		/**
		 * The longest duration of an abandoned call, so that a call can succeed that
		 * takes longer than the timeout, as the first connection may.
		 */
		private static final long LONGEST_CALL = 2_000_000_000;

		private final String name;

		private final ReentrantLock lock = new ReentrantLock();

		private final Queue<Abandoned> abandoned = new ConcurrentLinkedQueue<>();

		private volatile int failures;

		private long pause = SHORTEST_PAUSE;

		private volatile boolean open;

		private volatile long tryAt;

		Breaker(String name) {
			this.name = name;
		}

		boolean isCallable() {
			return !this.open || mayTry();
		}

		private boolean mayTry() {
			this.lock.lock();
			try {
				long now = BoundedPositionStore.this.nanoTime.getAsLong();
				if (this.open && now - this.tryAt < 0) {
					return false;
				}
				this.tryAt = now + this.pause;
				return true;
			}
			finally {
				this.lock.unlock();
			}
		}

		void succeeded() {
			if (this.failures > 0) {
				close();
			}
		}

		private void close() {
			boolean closed;
			this.lock.lock();
			try {
				closed = this.open;
				this.failures = 0;
				this.open = false;
				this.pause = SHORTEST_PAUSE;
			}
			finally {
				this.lock.unlock();
			}
			if (closed) {
				logger.info(this.name + " answers again");
			}
		}

		/**
		 * Leaves a call to itself that had too little time left for its failure to say
		 * anything.
		 */
		void abandon(Future<?> unfinished) {
			long now = BoundedPositionStore.this.nanoTime.getAsLong();
			this.abandoned.add(new Abandoned(unfinished, now));
			this.abandoned.removeIf((call) -> call.isOver(now));
		}

		void failed(String cause, @Nullable Future<?> unfinished) {
			if (unfinished != null) {
				abandon(unfinished);
			}
			if (opens(BoundedPositionStore.this.nanoTime.getAsLong())) {
				logger.warn(this.name + " does not answer (" + cause + "): until it does, the positions of users are"
						+ " kept in the memory of this instance, and other instances do not find them");
			}
		}

		private boolean opens(long now) {
			this.lock.lock();
			try {
				this.failures = this.failures + 1;
				boolean opens = !this.open && this.failures >= FAILURES;
				if (this.open) {
					this.pause = Math.min(2 * this.pause, LONGEST_PAUSE);
				}
				this.open = this.open || opens;
				this.tryAt = now + this.pause;
				return opens;
			}
			finally {
				this.lock.unlock();
			}
		}

	}

	/**
	 * A call whose caller does not wait any longer.
	 *
	 * @param call the call
	 * @param since when its caller has given up
	 */
	private record Abandoned(Future<?> call, long since) {

		boolean isOver(long now) {
			if (now - this.since > Breaker.LONGEST_CALL) {
				this.call.cancel(true);
			}
			return this.call.isDone();
		}

	}

}
