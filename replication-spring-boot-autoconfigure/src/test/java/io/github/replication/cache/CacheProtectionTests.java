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
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.cache.Cache;
import org.springframework.cache.concurrent.ConcurrentMapCache;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionSynchronizationUtils;

import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.caller.CallerTokens;
import io.github.replication.position.SampleClock;
import io.github.replication.store.InMemoryPositionStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Loads that take longer than a watermark lives, and those that never end.
 */
class CacheProtectionTests {

	private static final Duration WINDOW = Duration.ofSeconds(10);

	private final AtomicLong time = new AtomicLong();

	private final CallerRecords records = new CallerRecords(
			new CallerTokens(new SampleClock(this.time::get), Clock.systemUTC(), WINDOW));

	private final InMemoryPositionStore store = new InMemoryPositionStore(this.time::get);

	private final Cache target = new ConcurrentMapCache("values");

	@AfterEach
	void endTransaction() {
		TransactionSynchronizationManager.clear();
	}

	private CacheProtection protection(boolean shared, String instance) {
		return new CacheProtection(this.records, (name, cache) -> shared, () -> this.store, instance);
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
	void asynchronousLoadsThatAreNeverPutAreForgottenWithTheWindow() {
		CacheWatermarks watermarks = watermarks(false, "one");
		for (int i = 0; i < 1000; i++) {
			watermarks.beginAsynchronously(i);
		}
		pass(WINDOW.plusSeconds(1));
		watermarks.beginAsynchronously("last");
		assertThat(watermarks.asynchronousLoads()).isEqualTo(1);
	}

}
