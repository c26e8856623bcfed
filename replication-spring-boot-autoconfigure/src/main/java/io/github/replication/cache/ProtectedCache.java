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

import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.cache.Cache;

import io.github.replication.cache.PutBarrier.Phase;

/**
 * A cache that keeps no value from before an eviction. Everything else is as the cache
 * behind it does it, and a hit goes there without a detour.
 */
final class ProtectedCache implements Cache {

	private final Cache target;

	private final CacheWatermarks watermarks;

	ProtectedCache(Cache target, CacheWatermarks watermarks) {
		this.target = target;
		this.watermarks = watermarks;
	}

	Cache target() {
		return this.target;
	}

	@Override
	public String getName() {
		return this.target.getName();
	}

	@Override
	public Object getNativeCache() {
		return this.target.getNativeCache();
	}

	@Override
	public @Nullable ValueWrapper get(Object key) {
		ValueWrapper hit = this.target.get(key);
		if (hit == null) {
			this.watermarks.beginInThread(key);
		}
		return hit;
	}

	@Override
	public <T> @Nullable T get(Object key, @Nullable Class<T> type) {
		T hit = this.target.get(key, type);
		if (hit == null) {
			this.watermarks.beginInThread(key);
		}
		return hit;
	}

	@Override
	public <T> @Nullable T get(Object key, Callable<T> valueLoader) {
		ProtectedLoad<T> load = new ProtectedLoad<>(key, valueLoader);
		try {
			return this.target.get(key, load);
		}
		catch (RuntimeException ex) {
			RefusedValueException refused = RefusedValueException.in(ex);
			if (refused == null) {
				throw ex;
			}
			return refused.as();
		}
		finally {
			load.end();
		}
	}

	@Override
	public @Nullable CompletableFuture<?> retrieve(Object key) {
		CompletableFuture<?> found = this.target.retrieve(key);
		if (found == null) {
			this.watermarks.beginAsynchronously(key);
			return null;
		}
		return isHit(found) ? found : afterMiss(key, found);
	}

	private static boolean isHit(CompletableFuture<?> found) {
		return found.isDone() && !found.isCompletedExceptionally() && found.join() != null;
	}

	/**
	 * Begins the load in the thread that goes on to it. Where beginning asks a store, the
	 * thread is not that of the cache's driver, which may be the store's as well.
	 */
	private <T> CompletableFuture<T> afterMiss(Object key, CompletableFuture<T> found) {
		CompletableFuture<T> result = new CompletableFuture<>();
		found.whenComplete((value, failure) -> completing(result, () -> {
			if (failure != null) {
				result.completeExceptionally(failure);
			}
			else if (value != null) {
				result.complete(value);
			}
			else if (this.watermarks.isShared() && !found.isDone()) {
				result.completeAsync(() -> miss(key));
			}
			else {
				result.complete(miss(key));
			}
		}));
		return result;
	}

	@SuppressWarnings("NullAway")
	private <T> T miss(Object key) {
		this.watermarks.beginAsynchronously(key);
		return null;
	}

	@Override
	public <T> CompletableFuture<T> retrieve(Object key, Supplier<CompletableFuture<T>> valueLoader) {
		AsynchronousLoad<T> load = new AsynchronousLoad<>(key, valueLoader);
		CompletableFuture<T> found = this.target.retrieve(key, load);
		if (found.isDone() && !found.isCompletedExceptionally() && !load.isRun()) {
			return found;
		}
		CompletableFuture<T> result = new CompletableFuture<>();
		found.whenComplete((value, failure) -> completing(result, () -> {
			RefusedValueException refused = RefusedValueException.in(failure);
			load.end();
			if (refused != null) {
				result.complete(refused.as());
			}
			else if (failure != null) {
				result.completeExceptionally(failure);
			}
			else {
				result.complete(value);
			}
		}));
		return result;
	}

	/**
	 * Completes a future also if the work for it fails. A failure in a callback of
	 * another future is lost otherwise.
	 */
	private static void completing(CompletableFuture<?> result, Runnable work) {
		try {
			work.run();
		}
		catch (RuntimeException | Error ex) {
			result.completeExceptionally(ex);
		}
	}

	@Override
	public void put(Object key, @Nullable Object value) {
		put(key, () -> {
			this.target.put(key, value);
			return null;
		}, () -> null);
	}

	@Override
	public @Nullable ValueWrapper putIfAbsent(Object key, @Nullable Object value) {
		return put(key, () -> this.target.putIfAbsent(key, value), () -> this.target.get(key));
	}

	/**
	 * Puts a value, unless it comes from a load that began before an eviction. If the
	 * caller has written since, it cannot be known which of both the value is: the entry
	 * goes. So does the entry of a cache that may put later, before it does.
	 */
	private @Nullable ValueWrapper put(Object key, Supplier<@Nullable ValueWrapper> put,
			Supplier<@Nullable ValueWrapper> otherwise) {
		Load load = this.watermarks.end(key);
		boolean certain = load != null;
		long own = (load != null) ? this.watermarks.announceLoaded(load) : this.watermarks.announce(key);
		if (own != 0) {
			this.watermarks.local().puts().await();
		}
		if (load == null) {
			load = this.watermarks.possible(key, own != 0);
		}
		if (load == null) {
			if (own != 0 && this.watermarks.isShared()) {
				this.target.evictIfPresent(key);
			}
			return put.get();
		}
		Phase phase = this.watermarks.local().puts().begin();
		try {
			if (!this.watermarks.isOutdated(load, own)) {
				ValueWrapper present = put.get();
				evictIfOutdated(load, own);
				return present;
			}
		}
		finally {
			phase.end();
		}
		this.watermarks.refused();
		if (own != 0 || !certain) {
			this.target.evict(key);
		}
		return otherwise.get();
	}

	/**
	 * Evicts a value that was put during an eviction that did not wait for it, or that
	 * another instance made.
	 */
	private void evictIfOutdated(Load load, long own) {
		if (this.watermarks.isOutdated(load, own)) {
			this.target.evict(load.key());
			this.watermarks.refused();
		}
	}

	/**
	 * Evicts at once if the caller has written. A cache beyond this process may otherwise
	 * do so later, and Redis does.
	 */
	@Override
	public void evict(Object key) {
		if (announce(key) && this.watermarks.isShared()) {
			this.target.evictIfPresent(key);
		}
		else {
			this.target.evict(key);
		}
	}

	@Override
	public boolean evictIfPresent(Object key) {
		announce(key);
		return this.target.evictIfPresent(key);
	}

	/**
	 * Clears at once if the caller has written, as {@link #evict} does.
	 */
	@Override
	public void clear() {
		if (announceAll() && this.watermarks.isShared()) {
			this.target.invalidate();
		}
		else {
			this.target.clear();
		}
	}

	@Override
	public boolean invalidate() {
		announceAll();
		return this.target.invalidate();
	}

	/**
	 * Raises the watermark of the whole cache, before it is cleared in a way of its own.
	 */
	boolean announceAll() {
		return announce(Watermarks.ALL);
	}

	private boolean announce(Object key) {
		boolean announced = this.watermarks.announce(key) != 0;
		if (announced) {
			this.watermarks.local().puts().await();
		}
		return announced;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return this == other || (other instanceof ProtectedCache cache && cache.target.equals(this.target));
	}

	@Override
	public int hashCode() {
		return this.target.hashCode();
	}

	@Override
	public String toString() {
		return this.target.toString();
	}

	/**
	 * The load of a value that the cache puts by itself.
	 *
	 * @param <T> the type of the value
	 */
	private final class ProtectedLoad<T> implements Callable<T> {

		private final Object key;

		private final Callable<T> loader;

		private volatile @Nullable Load load;

		private volatile @Nullable Phase phase;

		private volatile long own;

		ProtectedLoad(Object key, Callable<T> loader) {
			this.key = key;
			this.loader = loader;
		}

		@Override
		public T call() throws Exception {
			CacheWatermarks watermarks = ProtectedCache.this.watermarks;
			Load load = watermarks.begin(this.key);
			T value;
			try {
				value = this.loader.call();
			}
			finally {
				load.release();
			}
			long own = watermarks.announceLoaded(load);
			Phase phase = watermarks.local().puts().begin();
			boolean current = false;
			try {
				current = !watermarks.isOutdated(load, own);
			}
			finally {
				if (!current) {
					phase.end();
				}
			}
			if (!current) {
				watermarks.refused();
				throw new RefusedValueException(value);
			}
			this.own = own;
			this.load = load;
			this.phase = phase;
			return value;
		}

		/**
		 * Ends the put, if there was any.
		 */
		void end() {
			Phase phase = this.phase;
			if (phase == null) {
				return;
			}
			try {
				evictIfOutdated(Objects.requireNonNull(this.load), this.own);
			}
			finally {
				phase.end();
			}
		}

	}

	/**
	 * The load of a value that comes later and that the cache puts by itself.
	 *
	 * @param <T> the type of the value
	 */
	private final class AsynchronousLoad<T> implements Supplier<CompletableFuture<T>> {

		private final Object key;

		private final Supplier<CompletableFuture<T>> loader;

		private volatile @Nullable Load load;

		private volatile boolean put;

		AsynchronousLoad(Object key, Supplier<CompletableFuture<T>> loader) {
			this.key = key;
			this.loader = loader;
		}

		@Override
		public CompletableFuture<T> get() {
			Load load = ProtectedCache.this.watermarks.begin(this.key);
			this.load = load;
			CompletableFuture<T> loaded;
			try {
				loaded = this.loader.get();
			}
			catch (RuntimeException | Error ex) {
				load.release();
				throw ex;
			}
			CompletableFuture<T> checked = new CompletableFuture<>();
			loaded.whenComplete((value, failure) -> completing(checked, () -> {
				load.release();
				if (failure != null) {
					checked.completeExceptionally(failure);
				}
				else if (ProtectedCache.this.watermarks.isOutdated(load, 0)) {
					ProtectedCache.this.watermarks.refused();
					checked.completeExceptionally(new RefusedValueException(value));
				}
				else {
					this.put = true;
					checked.complete(value);
				}
			}));
			return checked;
		}

		boolean isRun() {
			return this.load != null;
		}

		/**
		 * Checks the value that the cache has put by now.
		 */
		void end() {
			Load load = this.load;
			if (load != null && this.put) {
				evictIfOutdated(load, 0);
			}
		}

	}

}
