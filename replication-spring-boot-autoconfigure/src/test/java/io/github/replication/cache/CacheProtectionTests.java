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
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.cache.Cache;
import org.springframework.cache.concurrent.ConcurrentMapCache;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionSynchronizationUtils;

import io.github.replication.CallerContext;
import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.caller.CallerTokens;
import io.github.replication.position.SampleClock;
import io.github.replication.store.InMemoryPositionStore;
import io.github.replication.store.PositionNames;
import io.github.replication.store.PositionStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Loads that take longer than a watermark lives, and those that never end.
 */
class CacheProtectionTests {

	private static final Duration WINDOW = Duration.ofSeconds(10);

	private final AtomicLong time = new AtomicLong();

	private final CallerRecords records = new CallerRecords(
			new CallerTokens(new SampleClock(this.time::get), Clock.systemUTC(), WINDOW));

	private final FailingStore store = new FailingStore(new InMemoryPositionStore(this.time::get));

	private final AtomicBoolean snapshots = new AtomicBoolean();

	private final Cache target = new ConcurrentMapCache("values");

	@AfterEach
	void endTransaction() {
		TransactionSynchronizationManager.clear();
		Set.copyOf(TransactionSynchronizationManager.getResourceMap().keySet())
			.forEach(TransactionSynchronizationManager::unbindResource);
	}

	private CacheProtection protection(boolean shared, String instance) {
		return new CacheProtection(this.records, new CacheSharing((name, cache) -> shared, () -> this.store, instance),
				this.snapshots::get);
	}

	private CacheWatermarks watermarks(boolean shared, String instance) {
		return protection(shared, instance).watermarksOf("values", this.target);
	}

	private void asWriter(Runnable work) {
		CallerRecord writer = this.records.forRequest(null);
		CallerRecord previous = this.records.bind(writer);
		try {
			writer.recordWrite(false);
			work.run();
		}
		finally {
			this.records.restore(previous);
		}
	}

	private void pass(Duration duration) {
		this.time.addAndGet(duration.toNanos());
	}

	@Test
	void loadIsOutdatedAlthoughALaterTransactionTookItsEvictionBack() {
		ProtectedCache cache = new ProtectedCache(this.target, watermarks(false, "one"));
		assertThat(cache.get("key")).isNull();
		asWriter(() -> cache.evict("key"));
		pass(WINDOW.plusSeconds(1));
		CallerRecord other = this.records.forRequest(null);
		CallerRecord previous = this.records.bind(other);
		TransactionSynchronizationManager.setActualTransactionActive(true);
		TransactionSynchronizationManager.initSynchronization();
		cache.evict("key");
		List<TransactionSynchronization> synchronizations = TransactionSynchronizationManager.getSynchronizations();
		TransactionSynchronizationUtils.invokeAfterCompletion(synchronizations,
				TransactionSynchronization.STATUS_ROLLED_BACK);
		TransactionSynchronizationManager.clear();
		this.records.restore(previous);
		cache.put("key", "old");
		assertThat(this.target.get("key")).isNull();
	}

	@Test
	void loadOfASharedCacheThatTakesLongerThanTheWindowIsNotPut() {
		ProtectedCache one = new ProtectedCache(this.target, watermarks(true, "one"));
		ProtectedCache two = new ProtectedCache(this.target, watermarks(true, "two"));
		assertThat(two.get("key")).isNull();
		asWriter(() -> one.evict("key"));
		pass(WINDOW.plusSeconds(1));
		two.put("key", "old");
		assertThat(this.target.get("key")).isNull();
	}

	@Test
	void loadOfASharedCacheWithinTheWindowIsPut() {
		ProtectedCache cache = new ProtectedCache(this.target, watermarks(true, "one"));
		assertThat(cache.get("key")).isNull();
		cache.put("key", "value");
		assertThat(this.target.get("key", String.class)).isEqualTo("value");
	}

	@Test
	void everyWatermarkOfATransactionIsCompletedAlthoughTheStoreFails() {
		ProtectedCache cache = new ProtectedCache(this.target, watermarks(true, "one"));
		CallerRecord writer = this.records.forRequest(null);
		CallerRecord previous = this.records.bind(writer);
		TransactionSynchronizationManager.setActualTransactionActive(true);
		TransactionSynchronizationManager.initSynchronization();
		List<String> keys = List.of("first", "second", "third");
		keys.forEach(cache::evict);
		List<TransactionSynchronization> synchronizations = TransactionSynchronizationManager.getSynchronizations();
		writer.recordWrite(false);
		this.store.fail(true);
		TransactionSynchronizationUtils.invokeAfterCommit(synchronizations);
		TransactionSynchronizationUtils.invokeAfterCompletion(synchronizations,
				TransactionSynchronization.STATUS_COMMITTED);
		TransactionSynchronizationManager.clear();
		this.store.fail(false);
		this.records.restore(previous);
		for (String key : keys) {
			assertThat(cache.get(key)).isNull();
			cache.put(key, "new");
			assertThat(this.target.get(key, String.class)).as("pending no longer: " + key).isEqualTo("new");
		}
		for (String key : keys) {
			asTransaction(() -> {
				cache.evict(key);
				asOther(() -> {
					assertThat(cache.get(key)).isNull();
					cache.put(key, "old");
				});
			});
			assertThat(this.target.get(key)).as("pending again: " + key).isNull();
		}
	}

	@Test
	void errorOfOneWatermarkOfATransactionLeavesTheOthersToBeCompleted() {
		ProtectedCache one = new ProtectedCache(this.target, watermarks(true, "one"));
		Cache others = new ConcurrentMapCache("others");
		CacheWatermarks watermarks = protection(false, "one").watermarksOf("others", others);
		ProtectedCache two = new ProtectedCache(others, watermarks);
		asReader(() -> {
			begin();
			one.evict("first");
			one.evict("second");
			two.evict("third");
			this.records.current().recordWrite(false);
			this.store.failOnce(new AssertionError("an error"));
			end(TransactionSynchronization.STATUS_COMMITTED);
		});
		asReader(() -> load(one, "new", "first"));
		asReader(() -> load(one, "new", "second"));
		asReader(() -> load(two, "new", "third"));
		assertThat(this.target.get("first")).as("completed before the error").isNotNull();
		assertThat(this.target.get("second")).isNotNull();
		assertThat(others.get("third")).isNotNull();
	}

	@Test
	void evictionsOfASharedCacheHaveNoNameThatAUserHas() {
		ProtectedCache cache = new ProtectedCache(this.target, watermarks(true, "one"));
		asWriter(() -> {
			cache.evict("key");
			cache.clear();
		});
		assertThat(this.store.names).containsExactlyInAnyOrder(PositionNames.ofKey("values", "key"),
				PositionNames.ofCache("values"));
	}

	/**
	 * Runs work in a transaction of a caller that has written, which is rolled back.
	 */
	private void asTransaction(Runnable work) {
		asWriter(() -> {
			TransactionSynchronizationManager.setActualTransactionActive(true);
			TransactionSynchronizationManager.initSynchronization();
			work.run();
			TransactionSynchronizationUtils.invokeAfterCompletion(
					TransactionSynchronizationManager.getSynchronizations(),
					TransactionSynchronization.STATUS_ROLLED_BACK);
			TransactionSynchronizationManager.clear();
		});
	}

	private static void asOther(Runnable work) {
		try {
			CompletableFuture.runAsync(work).get(30, TimeUnit.SECONDS);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void loadThatTakesLongerThanTheWindowIsOutdatedAlthoughItBeginsOthers() {
		ProtectedCache cache = new ProtectedCache(this.target, watermarks(false, "one"));
		assertThat(cache.get("outer")).isNull();
		asWriter(() -> cache.evict("outer"));
		pass(WINDOW.plusSeconds(1));
		assertThat(cache.get("inner")).isNull();
		cache.put("inner", "value");
		cache.put("outer", "old");
		assertThat(this.target.get("inner", String.class)).isEqualTo("value");
		assertThat(this.target.get("outer")).isNull();
	}

	@Test
	void loadIsOutdatedAlthoughItsThreadHasBegunMoreThanAreRemembered() {
		ProtectedCache cache = new ProtectedCache(this.target, watermarks(false, "one"));
		assertThat(cache.get("first")).isNull();
		assertThat(cache.get("second")).isNull();
		asWriter(() -> cache.evict("first"));
		for (int i = 0; i < OpenLoads.MAXIMUM_PER_THREAD; i++) {
			assertThat(cache.get(i)).isNull();
		}
		cache.put("first", "old");
		cache.put("second", "value");
		assertThat(this.target.get("first")).isNull();
		assertThat(this.target.get("second", String.class)).isEqualTo("value");
	}

	@Test
	void valueThatAnotherThreadPutsAfterTheWindowIsOutdated() {
		ProtectedCache cache = new ProtectedCache(this.target, watermarks(false, "one"));
		asOther(() -> assertThat(cache.retrieve("key")).isNull());
		asWriter(() -> cache.evict("key"));
		pass(WINDOW.plusSeconds(1));
		cache.put("key", "old");
		assertThat(this.target.get("key")).isNull();
	}

	/**
	 * Without protection the caller would have the value. The outdated one cannot stay
	 * unnoticed.
	 */
	@Test
	void asynchronousLoadEndsAlsoIfItsOutdatedValueCannotBeEvicted() {
		RefusingCache refusing = new RefusingCache();
		ProtectedCache cache = new ProtectedCache(refusing, protection(false, "one").watermarksOf("values", refusing));
		refusing.onPut = () -> {
			asWriter(() -> cache.evict("key"));
			refusing.refuses = true;
		};
		assertThat(cache.retrieve("key", () -> CompletableFuture.completedFuture("old")))
			.failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.withMessageContaining("no connection");
	}

	@Test
	void asynchronousLoadsThatAreNeverPutAreForgottenInTheEnd() {
		CacheWatermarks watermarks = watermarks(false, "one");
		for (int i = 0; i < 1000; i++) {
			watermarks.beginAsynchronously(i);
		}
		pass(WINDOW.multipliedBy(CacheProtection.LONGEST_LOAD).plusSeconds(1));
		watermarks.beginAsynchronously("last");
		assertThat(watermarks.asynchronousLoads()).isEqualTo(1);
	}

	@Test
	void asynchronousLoadsAreBoundedAndTheirValuesOutdatedAllTheSame() {
		CacheWatermarks watermarks = watermarks(false, "one");
		ProtectedCache cache = new ProtectedCache(this.target, watermarks);
		asOther(() -> {
			watermarks.beginAsynchronously("first");
			watermarks.beginAsynchronously("second");
		});
		asWriter(() -> cache.evict("first"));
		asOther(() -> {
			for (int i = 0; i < 2 * CacheWatermarks.MAXIMUM_ASYNCHRONOUS; i++) {
				watermarks.beginAsynchronously(i);
			}
		});
		assertThat(watermarks.asynchronousLoads()).isLessThanOrEqualTo(CacheWatermarks.MAXIMUM_ASYNCHRONOUS);
		cache.put("first", "old");
		cache.put("second", "value");
		assertThat(this.target.get("first")).isNull();
		assertThat(this.target.get("second", String.class)).isEqualTo("value");
	}

	@Test
	void asynchronousLoadsOfOneKeyAreBoundedAndTheirValuesOutdatedAllTheSame() {
		CacheWatermarks watermarks = watermarks(false, "one");
		ProtectedCache cache = new ProtectedCache(this.target, watermarks);
		int loads = 4 * CacheWatermarks.MAXIMUM_OF_KEY;
		for (int i = 0; i < loads; i++) {
			asOther(() -> watermarks.beginAsynchronously("key"));
		}
		asWriter(() -> cache.evict("key"));
		for (int i = 0; i < loads; i++) {
			cache.put("key", "old");
			assertThat(this.target.get("key")).as("put " + i).isNull();
		}
	}

	@Test
	void loadThatReadsInThreadsWithoutACallerSeesTheWriteThere() {
		ProtectedCache cache = new ProtectedCache(this.target, watermarks(false, "one"));
		asWriter(() -> cache.evict("key"));
		asReader(() -> {
			assertThat(cache.get("key")).isNull();
			assertThat(requiredInAnotherThread()).isTrue();
			cache.put("key", "new");
			assertThat(requiredInAnotherThread()).as("the load is over").isFalse();
		});
		assertThat(this.target.get("key", String.class)).isEqualTo("new");
	}

	@Test
	void loadByALoaderThatReadsInThreadsWithoutACallerSeesTheWriteThere() {
		ProtectedCache cache = new ProtectedCache(this.target, watermarks(false, "one"));
		asWriter(() -> cache.evict("key"));
		asReader(() -> assertThat(cache.get("key", this::requiredInAnotherThread)).isTrue());
		assertThat(requiredInAnotherThread()).as("the load is over").isFalse();
	}

	@Test
	void loadWhoseValueAnotherThreadPutsSeesTheWriteThere() {
		ProtectedCache cache = new ProtectedCache(this.target, watermarks(false, "one"));
		asWriter(() -> cache.evict("key"));
		asReader(() -> assertThat(cache.retrieve("key")).isNull());
		assertThat(requiredInAnotherThread()).isTrue();
		asOther(() -> cache.put("key", "new"));
		assertThat(requiredInAnotherThread()).as("the load is over").isFalse();
		assertThat(this.target.get("key", String.class)).isEqualTo("new");
	}

	@Test
	void loadInAnotherThreadWithAPositionSeesTheWrite() {
		ProtectedCache cache = new ProtectedCache(this.target, watermarks(false, "one"));
		asWriter(() -> cache.evict("key"));
		asOther(() -> {
			try (CallerContext.Scope scope = this.records.withPosition("")) {
				asReaderInAnotherThread(() -> assertThat(cache.get("key")).isNull());
				assertThat(this.records.current().guarantee().write()).isNotNull();
				assertThat(this.records.current().write()).as("not its own").isNull();
				assertThat(this.records.current().guaranteeOfTransaction().write()).as("in a transaction").isNull();
			}
		});
	}

	@Test
	void callersOfOtherRequestsDoNotWaitForALoad() {
		ProtectedCache cache = new ProtectedCache(this.target, watermarks(false, "one"));
		asWriter(() -> cache.evict("key"));
		asReader(() -> assertThat(cache.get("key")).isNull());
		asReader(() -> assertThat(this.records.current().guarantee().isEmpty()).isTrue());
	}

	@Test
	void loadSeesTheWriteAlthoughItsThreadHasBegunMoreThanAreRemembered() {
		ProtectedCache cache = new ProtectedCache(this.target, watermarks(false, "one"));
		asWriter(() -> cache.evict("first"));
		asReader(() -> {
			assertThat(cache.get("first")).isNull();
			for (int i = 0; i < OpenLoads.MAXIMUM_PER_THREAD; i++) {
				assertThat(cache.get(i)).isNull();
			}
			assertThat(this.records.current().guarantee().write()).isNotNull();
			assertThat(requiredInAnotherThread()).isTrue();
		});
	}

	@Test
	void loadInATransactionWhoseDefaultIsASnapshotIsNotPut() {
		ProtectedCache cache = new ProtectedCache(this.target, watermarks(false, "one"));
		asWriter(() -> cache.evict("key"));
		this.snapshots.set(true);
		asReader(() -> load(cache, "without a transaction"));
		assertThat(this.target.get("key")).isNotNull();
		this.target.clear();
		TransactionSynchronizationManager.setActualTransactionActive(true);
		asReader(() -> load(cache, "of the snapshot"));
		assertThat(this.target.get("key")).isNull();
		TransactionSynchronizationManager
			.setCurrentTransactionIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
		asReader(() -> load(cache, "at another level"));
		assertThat(this.target.get("key", String.class)).isEqualTo("at another level");
		asReader(() -> load(cache, "of a snapshot in any case", "unchanged"));
		assertThat(this.target.get("unchanged")).as("without an eviction").isNotNull();
	}

	private static void load(ProtectedCache cache, String value) {
		load(cache, value, "key");
	}

	private static void load(ProtectedCache cache, String value, String key) {
		assertThat(cache.get(key)).isNull();
		cache.put(key, value);
	}

	private void asReader(Runnable work) {
		CallerRecord previous = this.records.bind(this.records.forRequest(null));
		try {
			work.run();
		}
		finally {
			this.records.restore(previous);
		}
	}

	private void asReaderInAnotherThread(Runnable work) {
		asOther(() -> asReader(work));
	}

	/**
	 * Whether the reads of a thread that has no caller have to see a write.
	 */
	private boolean requiredInAnotherThread() {
		AtomicBoolean required = new AtomicBoolean();
		asOther(() -> required.set(this.records.current().guarantee().write() != null));
		return required.get();
	}

	@Test
	void transactionThatEvictsManyKeysEvictsTheWholeCacheUntilItsCommit() {
		CacheWatermarks watermarks = watermarks(false, "one");
		ProtectedCache cache = new ProtectedCache(this.target, watermarks);
		int keys = 4 * TransactionWatermarks.MAXIMUM_KEYS;
		asReader(() -> {
			begin();
			for (int i = 0; i < keys; i++) {
				cache.evict(i);
			}
			assertThat(watermarks.local().size()).isEqualTo(TransactionWatermarks.MAXIMUM_KEYS + 1);
			asOther(() -> load(cache, "old", "another"));
			assertThat(this.target.get("another")).as("may be among the evicted ones").isNull();
			this.records.current().recordWrite(false);
			end(TransactionSynchronization.STATUS_COMMITTED);
		});
		asReader(() -> {
			assertThat(cache.get(keys - 1)).isNull();
			assertThat(this.records.current().guarantee().write()).isNotNull();
			cache.put(keys - 1, "new");
		});
		assertThat(this.target.get(keys - 1)).isNotNull();
	}

	@Test
	void nothingRemainsOfATransactionThatEvictsManyKeysAndIsRolledBack() {
		CacheWatermarks watermarks = watermarks(false, "one");
		ProtectedCache cache = new ProtectedCache(this.target, watermarks);
		asReader(() -> {
			begin();
			for (int i = 0; i < 2 * TransactionWatermarks.MAXIMUM_KEYS; i++) {
				cache.evict(i);
			}
			end(TransactionSynchronization.STATUS_ROLLED_BACK);
		});
		assertThat(watermarks.local().size()).isZero();
		asReader(() -> load(cache, "value"));
		assertThat(this.target.get("key")).isNotNull();
	}

	@Test
	void valueThatATransactionLoadsBeforeItEvictsTheKeyIsNotPutAfterManyOthers() {
		ProtectedCache cache = new ProtectedCache(this.target, watermarks(false, "one"));
		asReader(() -> {
			begin();
			for (int i = 0; i < 2 * TransactionWatermarks.MAXIMUM_KEYS; i++) {
				cache.evict(i);
			}
			assertThat(cache.get("key")).isNull();
			cache.evict("key");
			cache.put("key", "old");
			assertThat(this.target.get("key")).isNull();
			load(cache, "new");
			assertThat(this.target.get("key")).isNotNull();
			end(TransactionSynchronization.STATUS_ROLLED_BACK);
		});
	}

	@Test
	void loadsOfATransactionTakeATimeThatDoesNotGrowWithTheirNumber() {
		ProtectedCache cache = new ProtectedCache(this.target, watermarks(false, "one"));
		AtomicLong comparisons = new AtomicLong();
		int keys = TransactionWatermarks.MAXIMUM_KEYS;
		asReader(() -> {
			begin();
			for (int i = 0; i < keys; i++) {
				CountedKey key = new CountedKey(i, comparisons);
				assertThat(cache.get(key)).isNull();
				cache.put(key, "value");
			}
			end(TransactionSynchronization.STATUS_ROLLED_BACK);
		});
		assertThat(comparisons.get()).isLessThan(50L * keys);
	}

	private static void begin() {
		TransactionSynchronizationManager.setActualTransactionActive(true);
		TransactionSynchronizationManager.initSynchronization();
	}

	private static void end(int status) {
		List<TransactionSynchronization> synchronizations = TransactionSynchronizationManager.getSynchronizations();
		if (status == TransactionSynchronization.STATUS_COMMITTED) {
			TransactionSynchronizationUtils.invokeAfterCommit(synchronizations);
		}
		TransactionSynchronizationUtils.invokeAfterCompletion(synchronizations, status);
		TransactionSynchronizationManager.clear();
	}

	/**
	 * A key that counts how often it is compared.
	 *
	 * @param value the key
	 * @param comparisons the number of comparisons
	 */
	private record CountedKey(int value, AtomicLong comparisons) {

		@Override
		public boolean equals(Object other) {
			this.comparisons.incrementAndGet();
			return other instanceof CountedKey key && key.value == this.value;
		}

		@Override
		public int hashCode() {
			return this.value;
		}

	}

	/**
	 * A store that fails on demand.
	 */
	private static final class FailingStore implements PositionStore {

		private final PositionStore target;

		private final Set<String> names = new HashSet<>();

		private final AtomicReference<Error> error = new AtomicReference<>();

		private volatile boolean failing;

		FailingStore(PositionStore target) {
			this.target = target;
		}

		void fail(boolean failing) {
			this.failing = failing;
		}

		void failOnce(Error error) {
			this.error.set(error);
		}

		@Override
		public Collection<String> find(String user) {
			return this.target.find(user);
		}

		@Override
		public void put(String user, String token, Collection<String> replaced, Duration timeToLive) {
			this.names.add(user);
			Error error = this.error.getAndSet(null);
			if (error != null) {
				throw error;
			}
			if (this.failing) {
				throw new IllegalStateException("The store fails");
			}
			this.target.put(user, token, replaced, timeToLive);
		}

	}

	/**
	 * A cache whose values load asynchronously, and that at last cannot be reached.
	 */
	private static final class RefusingCache extends ConcurrentMapCache {

		private Runnable onPut = () -> {
		};

		private volatile boolean refuses;

		RefusingCache() {
			super("values");
		}

		@Override
		public <T> CompletableFuture<T> retrieve(Object key, Supplier<CompletableFuture<T>> valueLoader) {
			return CompletableFuture.supplyAsync(() -> {
				T value = valueLoader.get().join();
				put(key, value);
				this.onPut.run();
				return value;
			});
		}

		@Override
		public void evict(Object key) {
			if (this.refuses) {
				throw new IllegalStateException("no connection");
			}
			super.evict(key);
		}

	}

}
