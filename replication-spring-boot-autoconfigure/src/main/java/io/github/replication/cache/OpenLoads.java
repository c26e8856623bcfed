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

import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * The loads that each thread has begun and not put yet. Some are never put, because a
 * condition says so or they have failed, and nothing says which. The number of a thread's
 * loads is therefore bounded.
 */
final class OpenLoads {

	/**
	 * More than a method that asks for keys one by one and loads them together.
	 */
	static final int MAXIMUM_PER_THREAD = 1024;

	private final ThreadLocal<@Nullable ThreadLoads> loads = new ThreadLocal<>();

	private final long life;

	/**
	 * Creates an object without loads.
	 * @param life how long loads count that are too many to be remembered one by one, in
	 * nanoseconds
	 */
	OpenLoads(long life) {
		this.life = life;
	}

	/**
	 * Adds a load of this thread. It takes the place of one of the same key.
	 * @param cache the cache
	 * @param load the load
	 */
	void add(CacheWatermarks cache, Load load) {
		ThreadLoads loads = this.loads.get();
		if (loads == null) {
			loads = new ThreadLoads();
			this.loads.set(loads);
		}
		Load before = loads.open.remove(new Key(cache, load.key()));
		if (before != null) {
			before.release();
		}
		if (loads.open.size() >= MAXIMUM_PER_THREAD) {
			loseEldest(loads, load.at());
		}
		loads.open.put(new Key(cache, load.key()), load);
	}

	/**
	 * Takes a load for one of many. It may go on, so its requirement stays until it is
	 * too old.
	 */
	private void loseEldest(ThreadLoads loads, long now) {
		Iterator<Map.Entry<Key, Load>> eldest = loads.open.entrySet().iterator();
		Map.Entry<Key, Load> entry = eldest.next();
		Load load = entry.getValue();
		loads.lost.compute(entry.getKey().cache, (any, before) -> LostLoads.add(before, load, now, this.life));
		eldest.remove();
	}

	/**
	 * The load of this thread that a value of an unknown load may come from.
	 * @param cache the cache
	 * @param key the key of the value
	 * @param now the time, in nanoseconds of the monotonic clock
	 * @return the load, {@code null} if this thread has begun no load that is not known
	 */
	@Nullable Load lost(CacheWatermarks cache, Object key, long now) {
		ThreadLoads loads = this.loads.get();
		LostLoads lost = (loads != null) ? loads.lost.get(cache) : null;
		return LostLoads.find(lost, key, now, this.life);
	}

	/**
	 * Removes the load of a key, which is put now.
	 * @param cache the cache
	 * @param key the key
	 * @return the load, {@code null} if this thread has begun none
	 */
	@Nullable Load remove(CacheWatermarks cache, Object key) {
		ThreadLoads loads = this.loads.get();
		if (loads == null || loads.open.isEmpty()) {
			return null;
		}
		return loads.open.remove(new Key(cache, key));
	}

	/**
	 * The key of a load, by identity of the cache.
	 */
	private static final class Key {

		private final CacheWatermarks cache;

		private final Object value;

		Key(CacheWatermarks cache, Object value) {
			this.cache = cache;
			this.value = value;
		}

		@Override
		public boolean equals(@Nullable Object other) {
			return other instanceof Key key && key.cache == this.cache && Objects.equals(key.value, this.value);
		}

		@Override
		public int hashCode() {
			return 31 * System.identityHashCode(this.cache) + this.value.hashCode();
		}

	}

	/**
	 * The loads of one thread, in the order in which they began.
	 */
	private static final class ThreadLoads {

		private final Map<Key, Load> open = new LinkedHashMap<>();

		private final Map<CacheWatermarks, LostLoads> lost = new IdentityHashMap<>();

	}

}
