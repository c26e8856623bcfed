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

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.util.function.SingletonSupplier;

import io.github.replication.caller.CallerRecords;
import io.github.replication.position.SampleClock;

/**
 * Protects caches from values of replicas that lag. An eviction by a caller that has
 * written leaves a watermark, the position of that write. A load that follows reads from
 * nodes that have it, and a value whose load began before is not put. Safe for use by
 * several threads.
 *
 * @since 0.1.0
 */
public final class CacheProtection {

	/**
	 * How long an asynchronous load is remembered, in windows. Only a load that takes
	 * longer, or has failed, is forgotten.
	 */
	static final int LONGEST_LOAD = 6;

	private final CallerRecords records;

	private final OpenLoads loads;

	private final CacheSharing sharing;

	private final SingletonSupplier<SharedWatermarks> shared;

	private final BooleanSupplier snapshots;

	private final List<Watermarks> caches = new CopyOnWriteArrayList<>();

	private final LongAdder refused = new LongAdder();

	/**
	 * Creates a protection.
	 * @param records the records of callers
	 * @param sharing the caches that instances share
	 * @param snapshots whether a transaction that names no isolation level may see no
	 * commit after its first statement; asked in such a transaction
	 */
	public CacheProtection(CallerRecords records, CacheSharing sharing, BooleanSupplier snapshots) {
		this.records = records;
		this.loads = new OpenLoads(longestLoad());
		this.sharing = sharing;
		this.shared = SingletonSupplier
			.of(() -> new SharedWatermarks(sharing.store().get(), records.tokens(), sharing.instance()));
		this.snapshots = snapshots;
	}

	/**
	 * Puts a manager of protected caches in the place of another. Its class is a subclass
	 * of that manager's if that is possible.
	 * @param manager the manager
	 * @param protection yields the protection at the first cache, {@code null} for none
	 * @return the manager to use
	 */
	public static CacheManager protect(CacheManager manager, Supplier<@Nullable CacheProtection> protection) {
		return CacheProxies.isProtected(manager) ? manager
				: CacheProxies.of(new ProtectedCacheManager(manager, protection));
	}

	/**
	 * The number of keys and caches with a watermark.
	 * @return the number at the moment
	 */
	public int watermarks() {
		int watermarks = 0;
		for (Watermarks cache : this.caches) {
			watermarks += cache.size();
		}
		return watermarks;
	}

	/**
	 * The number of values that were not put, because their entry was evicted while they
	 * were loaded.
	 * @return the number since the start
	 */
	public long refused() {
		return this.refused.sum();
	}

	CacheWatermarks watermarksOf(String name, Cache cache) {
		CacheWatermarks watermarks = new CacheWatermarks(this, name,
				this.sharing.caches().test(name, cache) ? this.shared.obtain() : null);
		this.caches.add(watermarks.local());
		return watermarks;
	}

	/**
	 * Creates the watermarks of a region of Hibernate's cache.
	 * @return new watermarks, which count with those of the other caches
	 */
	public RegionWatermarks watermarksOfRegion() {
		Watermarks watermarks = new Watermarks(clock(), window());
		this.caches.add(watermarks);
		return new RegionWatermarks(this, watermarks);
	}

	CallerRecords records() {
		return this.records;
	}

	SampleClock clock() {
		return this.records.tokens().clock();
	}

	/**
	 * How long a write counts, in nanoseconds.
	 */
	long window() {
		return this.records.tokens().window().toNanos();
	}

	/**
	 * How long a load is remembered, in nanoseconds.
	 */
	long longestLoad() {
		return LONGEST_LOAD * window();
	}

	/**
	 * Whether a transaction that names no isolation level may see no commit after its
	 * first statement.
	 */
	boolean keepsSnapshots() {
		return this.snapshots.getAsBoolean();
	}

	OpenLoads loads() {
		return this.loads;
	}

	void countRefused() {
		this.refused.increment();
	}

}
