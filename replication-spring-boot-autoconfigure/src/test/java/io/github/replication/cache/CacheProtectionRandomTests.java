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

package io.github.replication.cache;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.ReentrantLock;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.cache.concurrent.ConcurrentMapCacheManager;

import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.caller.CallerTokens;
import io.github.replication.position.SampleClock;
import io.github.replication.store.InMemoryPositionStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Writers, evictions and readers in random order, over a database whose replica lags: no
 * value that a cache yields is older than the last eviction that had returned before. The
 * number of operations for each seed is the system property {@code cache.operations}.
 */
class CacheProtectionRandomTests {

	private static final int KEYS = 4;

	private static final int THREADS = 6;

	private static final int OPERATIONS = Integer.getInteger("cache.operations", 10_000);

	private final CallerRecords records = new CallerRecords(
			new CallerTokens(new SampleClock(System::nanoTime), Clock.systemUTC(), Duration.ofMinutes(10)));

	private final CacheProtection protection = new CacheProtection(this.records,
			new CacheSharing((name, cache) -> false, () -> new InMemoryPositionStore(System::nanoTime), "test"),
			() -> false);

	private final AtomicLongArray primary = new AtomicLongArray(KEYS);

	private final AtomicLongArray replica = new AtomicLongArray(KEYS);

	/**
	 * For each key the value that reads must see, since the eviction after it has
	 * returned.
	 */
	private final AtomicLongArray evicted = new AtomicLongArray(KEYS);

	private final ReentrantLock[] writing = new ReentrantLock[KEYS];

	private final AtomicLong violations = new AtomicLong();

	private final AtomicLong hits = new AtomicLong();

	CacheProtectionRandomTests() {
		for (int i = 0; i < KEYS; i++) {
			this.writing[i] = new ReentrantLock();
		}
	}

	@ParameterizedTest
	@ValueSource(longs = { 1, 2, 3, 4 })
	void valueIsNeverOlderThanTheLastEviction(long seed) throws Exception {
		CacheManager manager = CacheProtection.protect(new ConcurrentMapCacheManager(), () -> this.protection);
		run(manager, seed);
		assertThat(this.violations).hasValue(0);
		assertThat(this.hits.get()).as("hits").isGreaterThan(OPERATIONS / 20);
		assertThat(this.protection.refused()).as("refused").isPositive();
		assertThat(this.protection.watermarks()).isBetween(1, KEYS + 1);
	}

	@Test
	void valueIsOlderWithoutProtection() throws Exception {
		run(new ConcurrentMapCacheManager(), 1);
		assertThat(this.violations.get()).isPositive();
	}

	private void run(CacheManager manager, long seed) throws Exception {
		AtomicBoolean over = new AtomicBoolean();
		ExecutorService executor = Executors.newFixedThreadPool(THREADS + 1);
		try {
			Future<?> replay = executor.submit(() -> {
				Random random = new Random(seed);
				while (!over.get()) {
					for (int key = 0; key < KEYS; key++) {
						this.replica.set(key, this.primary.get(key));
						pause(random, 2000);
					}
				}
			});
			List<Future<?>> all = new ArrayList<>();
			for (int i = 0; i < THREADS; i++) {
				Random random = new Random(seed * 1000 + i);
				all.add(executor.submit(() -> {
					for (int n = 0; n < OPERATIONS / THREADS; n++) {
						operate(manager, random);
					}
					return null;
				}));
			}
			for (Future<?> each : all) {
				each.get(5, TimeUnit.MINUTES);
			}
			over.set(true);
			replay.get(1, TimeUnit.MINUTES);
		}
		finally {
			over.set(true);
			executor.shutdownNow();
		}
	}

	private static void pause(Random random, int spins) {
		for (int i = random.nextInt(spins); i > 0; i--) {
			Thread.onSpinWait();
		}
	}

	/**
	 * Does something as a caller of its own, as a request does.
	 */
	private void operate(CacheManager manager, Random random) throws Exception {
		CallerRecord caller = this.records.forRequest(null);
		CallerRecord previous = this.records.bind(caller);
		try {
			int key = random.nextInt(KEYS);
			Cache cache = manager.getCache("values");
			if (random.nextInt(10) == 0) {
				write(cache, key, caller, random);
			}
			if (random.nextInt(3) > 0) {
				read(cache, key, random);
			}
		}
		finally {
			this.records.restore(previous);
		}
	}

	private void write(Cache cache, int key, CallerRecord caller, Random random) {
		this.writing[key].lock();
		try {
			long value = this.primary.incrementAndGet(key);
			caller.recordWrite(false);
			pause(random, 200);
			switch (random.nextInt(6)) {
				case 0 -> cache.put(key, value);
				case 1 -> cache.clear();
				case 2 -> cache.invalidate();
				case 3 -> cache.evictIfPresent(key);
				default -> cache.evict(key);
			}
			this.evicted.set(key, value);
		}
		finally {
			this.writing[key].unlock();
		}
	}

	private void read(Cache cache, int key, Random random) throws Exception {
		long least = this.evicted.get(key);
		Callable<Long> load = () -> load(key, random);
		Long value = switch (random.nextInt(5)) {
			case 0 -> cache.get(key, load);
			case 1 -> cache.retrieve(key, () -> CompletableFuture.completedFuture(load(key, random))).get();
			case 2 -> {
				CompletableFuture<?> found = cache.retrieve(key);
				Object present = (found != null) ? found.get() : null;
				yield (present instanceof Cache.ValueWrapper wrapper) ? (Long) wrapper.get()
						: putLoaded(cache, key, random);
			}
			default -> {
				Cache.ValueWrapper hit = cache.get(key);
				if (hit != null) {
					this.hits.incrementAndGet();
				}
				yield (hit != null) ? (Long) hit.get() : putLoaded(cache, key, random);
			}
		};
		if (value == null || value < least) {
			this.violations.incrementAndGet();
		}
	}

	private Long putLoaded(Cache cache, int key, Random random) {
		long value = load(key, random);
		if (random.nextInt(10) > 0) {
			if (random.nextBoolean()) {
				cache.put(key, value);
			}
			else {
				cache.putIfAbsent(key, value);
			}
		}
		return value;
	}

	/**
	 * Loads in the thread of the caller, or in one that has no caller.
	 */
	private long load(int key, Random random) {
		return (random.nextInt(4) > 0) ? query(key, random)
				: CompletableFuture.supplyAsync(() -> query(key, random)).join();
	}

	private long query(int key, Random random) {
		boolean written = this.records.current().guarantee().write() != null;
		pause(random, 500);
		long value = written ? this.primary.get(key) : this.replica.get(key);
		pause(random, 500);
		return value;
	}

}
