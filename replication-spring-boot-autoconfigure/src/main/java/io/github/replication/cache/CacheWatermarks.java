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

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.support.TransactionSynchronizationManager;

import io.github.replication.cache.Load.LoadRequirement;
import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.position.WriteMark;

/**
 * The known evictions and loads of one cache. Safe for use by several threads.
 */
final class CacheWatermarks {

	/**
	 * The number of keys with asynchronous loads that are remembered one by one.
	 */
	static final int MAXIMUM_ASYNCHRONOUS = 4096;

	/**
	 * The number of asynchronous loads of one key that are remembered one by one.
	 */
	static final int MAXIMUM_OF_KEY = 64;

	private final CacheProtection protection;

	private final String name;

	private final Watermarks local;

	private final @Nullable SharedWatermarks shared;

	/**
	 * The loads whose values may be put by other threads than the ones that have begun
	 * them.
	 */
	private final ConcurrentMap<Object, List<Load>> asynchronous = new ConcurrentHashMap<>();

	private final AtomicReference<@Nullable LostLoads> lost = new AtomicReference<>();

	private final CleaningSchedule cleaning;

	CacheWatermarks(CacheProtection protection, String name, @Nullable SharedWatermarks shared) {
		this.protection = protection;
		this.name = name;
		this.local = new Watermarks(protection.clock(), protection.window());
		this.shared = shared;
		this.cleaning = new CleaningSchedule(protection.window(), protection.clock().nanoTime());
	}

	Watermarks local() {
		return this.local;
	}

	boolean isShared() {
		return this.shared != null;
	}

	/**
	 * Begins a load: the caller's reads have to see the write of the last eviction, and
	 * so do those of threads that may read for it.
	 * @param key the key that was missed
	 */
	Load begin(Object key) {
		long began = this.local.number();
		WriteMark write = this.local.required(key);
		Set<String> found = Set.of();
		if (this.shared != null) {
			found = this.shared.find(this.name, key);
			WriteMark others = found.isEmpty() ? null : this.shared.required(found);
			write = (others != null) ? others.and(write) : write;
		}
		long now = this.protection.clock().nanoTime();
		if (write == null) {
			return new Load(key, began, now, found, null);
		}
		CallerRecords records = this.protection.records();
		return new Load(key, readsSnapshot() ? Load.TOO_OLD : began, now, found,
				new LoadRequirement(records.current().require(write), records.requireInThreads(write)));
	}

	/**
	 * Whether the transaction may have begun before the eviction, and sees nothing later.
	 */
	private boolean readsSnapshot() {
		if (!TransactionSynchronizationManager.isActualTransactionActive()) {
			return false;
		}
		Integer isolation = TransactionSynchronizationManager.getCurrentTransactionIsolationLevel();
		return (isolation != null) ? isolation >= Connection.TRANSACTION_REPEATABLE_READ
				: this.protection.keepsSnapshots();
	}

	/**
	 * Begins a load whose value this thread puts, or another one.
	 * @param key the key that was missed
	 */
	void beginInThread(Object key) {
		this.protection.loads().add(this, begin(key));
	}

	/**
	 * Begins a load whose value comes later.
	 * @param key the key that was missed
	 */
	void beginAsynchronously(Object key) {
		Load load = begin(key);
		this.protection.loads().add(this, load);
		this.asynchronous.compute(key, (any, before) -> {
			List<Load> loads = alive(before, load.at());
			if (loads.size() < MAXIMUM_OF_KEY) {
				loads.add(load);
			}
			else {
				lose(load, load.at());
			}
			return loads;
		});
		forgetAsynchronous(load.at());
		if (this.asynchronous.size() > MAXIMUM_ASYNCHRONOUS) {
			loseAsynchronous(load.at());
		}
	}

	/**
	 * Replaces the asynchronous loads, of which there are too many, by one statement
	 * about all of them.
	 */
	private void loseAsynchronous(long now) {
		for (Object key : this.asynchronous.keySet()) {
			this.asynchronous.computeIfPresent(key, (any, loads) -> {
				loads.forEach((load) -> lose(load, now));
				return null;
			});
		}
	}

	private void lose(Load load, long now) {
		this.lost.updateAndGet((before) -> LostLoads.add(before, load, now, this.protection.longestLoad()));
	}

	/**
	 * Forgets the loads whose values are never put, since they have failed or a condition
	 * says so.
	 */
	private void forgetAsynchronous(long now) {
		if (this.cleaning.isDue(now)) {
			for (Object key : this.asynchronous.keySet()) {
				forgetAsynchronous(key, now);
			}
		}
	}

	private void forgetAsynchronous(Object key, long now) {
		this.asynchronous.computeIfPresent(key, (any, before) -> {
			List<Load> loads = alive(before, now);
			return loads.isEmpty() ? null : loads;
		});
	}

	/**
	 * The number of keys with a load whose value another thread may put.
	 */
	int asynchronousLoads() {
		return this.asynchronous.size();
	}

	private List<Load> alive(@Nullable List<Load> loads, long now) {
		List<Load> alive = new ArrayList<>(2);
		if (loads != null) {
			for (Load load : loads) {
				if (now - load.at() <= this.protection.longestLoad()) {
					alive.add(load);
				}
			}
		}
		return alive;
	}

	/**
	 * Ends the load whose value is put now.
	 * @param key the key
	 * @return the load, {@code null} if the value does not come from one
	 */
	@Nullable Load end(Object key) {
		Load load = this.protection.loads().remove(this, key);
		if (load != null) {
			load.release();
			if (!this.asynchronous.isEmpty()) {
				remove(load);
			}
		}
		return load;
	}

	private void remove(Load load) {
		this.asynchronous.computeIfPresent(load.key(), (any, before) -> {
			List<Load> loads = new ArrayList<>(before);
			loads.remove(load);
			return loads.isEmpty() ? null : loads;
		});
	}

	/**
	 * The load that a value may come from which is put by a thread without a load of the
	 * key: the eldest that has begun asynchronously, or one of those that were too many.
	 * @param key the key
	 * @param written whether the value may as well be one that the thread has written, so
	 * that the load goes on
	 * @return the load, {@code null} if no load is open
	 */
	@Nullable Load possible(Object key, boolean written) {
		long now = this.protection.clock().nanoTime();
		Load load = this.asynchronous.isEmpty() ? null : asynchronous(key, written, now);
		if (load != null) {
			return load;
		}
		Load lost = LostLoads.find(this.lost.get(), key, now, this.protection.longestLoad());
		return (lost != null) ? lost : this.protection.loads().lost(this, key, now);
	}

	private @Nullable Load asynchronous(Object key, boolean written, long now) {
		List<Load> loads = alive(this.asynchronous.get(key), now);
		if (loads.isEmpty()) {
			forgetAsynchronous(key, now);
			return null;
		}
		if (!written) {
			Load over = loads.get(loads.size() - 1);
			over.releaseThreads();
			remove(over);
		}
		return loads.get(0);
	}

	/**
	 * Whether the value of a load must not be put.
	 * @param load the load
	 * @param own the number of the watermark that this thread has just raised, 0 for none
	 */
	boolean isOutdated(Load load, long own) {
		return this.local.isNewer(load.key(), load.began(), own, TransactionWatermarks.current())
				|| (this.shared != null && (isForgotten(load) || this.shared.isNewer(this.name, load)));
	}

	/**
	 * Whether the load has gone on for so long that evictions of other instances since it
	 * began may no longer be known.
	 */
	private boolean isForgotten(Load load) {
		return this.protection.clock().nanoTime() - load.at() >= this.protection.window();
	}

	/**
	 * Counts a value that was not put.
	 */
	void refused() {
		this.protection.countRefused();
	}

	/**
	 * Raises the watermark of a key if the caller has written, or may write in the
	 * transaction under way. One that has raised many keys raises the whole cache.
	 * @param key the key, or {@link Watermarks#ALL}
	 * @return the number of the watermark, 0 for none
	 */
	long announce(Object key) {
		TransactionWatermarks transaction = TransactionWatermarks.join();
		WriteMark write = this.protection.records().current().write();
		if (transaction != null) {
			Object raised = transaction.keyFor(this.local, key);
			return this.local.raise(raised, write, transaction.add(this, raised) ? 1 : 0);
		}
		if (write == null) {
			return 0;
		}
		long number = this.local.raise(key, write, 0);
		announce(key, write, null);
		return number;
	}

	/**
	 * Raises the watermark of the whole cache, as {@link #announce} does.
	 */
	void announceAll() {
		if (announce(Watermarks.ALL) != 0) {
			this.local.puts().await();
		}
	}

	/**
	 * Raises the watermark of a key whose value was loaded, if the caller has written
	 * meanwhile, or may have in the transaction under way.
	 * @param load the load
	 * @return the number of the watermark, 0 for none
	 */
	long announceLoaded(Load load) {
		CallerRecord caller = this.protection.records().current();
		boolean written = caller.hasWrittenSince(load.at()) || TransactionWatermarks.join() != null;
		return written ? announce(load.key()) : 0;
	}

	/**
	 * Announces an eviction of a transaction to the other instances.
	 * @return the token to replace at its end, empty for none
	 */
	String announcePending(Object key) {
		return (this.shared != null) ? this.shared.raisePending(this.name, key) : "";
	}

	/**
	 * Completes the watermark of a transaction.
	 * @param key the key, or {@link Watermarks#ALL}
	 * @param token the token that {@link #announcePending} has returned
	 * @param committed whether the transaction was committed, or may have been
	 */
	void complete(Object key, String token, boolean committed) {
		WriteMark write = committed ? this.protection.records().current().write() : null;
		String pending = token.isEmpty() ? null : token;
		if (write == null) {
			this.local.takeBack(key);
			if (this.shared != null) {
				this.shared.takeBack(this.name, key, pending);
			}
			return;
		}
		this.local.raise(key, write, -1);
		announce(key, write, pending);
	}

	/**
	 * Announces an eviction to the other instances, in place of the earlier ones.
	 */
	private void announce(Object key, WriteMark write, @Nullable String pending) {
		if (this.shared != null) {
			this.shared.raise(this.name, key, write.and(this.local.required(key)), pending);
		}
	}

}
