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

import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.cache.transaction.TransactionAwareCacheDecorator;
import org.springframework.util.ClassUtils;

/**
 * A manager whose caches are protected.
 */
final class ProtectedCacheManager implements CacheManager {

	private static final boolean TRANSACTION_AWARE = ClassUtils.isPresent(
			"org.springframework.cache.transaction.TransactionAwareCacheDecorator",
			ProtectedCacheManager.class.getClassLoader());

	private final CacheManager target;

	private final Supplier<@Nullable CacheProtection> protection;

	private final ConcurrentMap<String, Entry> caches = new ConcurrentHashMap<>();

	ProtectedCacheManager(CacheManager target, Supplier<@Nullable CacheProtection> protection) {
		this.target = target;
		this.protection = protection;
	}

	CacheManager target() {
		return this.target;
	}

	@Override
	public @Nullable Cache getCache(String name) {
		Cache cache = this.target.getCache(name);
		return (cache != null) ? protect(name, cache) : null;
	}

	private Cache protect(String name, Cache cache) {
		Entry entry = this.caches.get(name);
		if (entry != null && entry.target == cache) {
			return entry.standIn;
		}
		if (TRANSACTION_AWARE && TransactionAware.isDecorator(cache)) {
			return TransactionAware.decorate(cache, (inner) -> protect(name, inner));
		}
		if (CacheProxies.isProtected(cache)) {
			return cache;
		}
		CacheProtection protection = this.protection.get();
		if (protection == null) {
			return cache;
		}
		return this.caches.compute(name, (any, before) -> {
			if (before != null && before.target == cache) {
				return before;
			}
			CacheWatermarks watermarks = (before != null) ? before.watermarks : protection.watermarksOf(name, cache);
			return new Entry(cache, watermarks, CacheProxies.of(new ProtectedCache(cache, watermarks)));
		}).standIn;
	}

	@Override
	public Collection<String> getCacheNames() {
		return this.target.getCacheNames();
	}

	@Override
	public void resetCaches() {
		this.caches.values().forEach((entry) -> entry.watermarks.announceAll());
		this.target.resetCaches();
	}

	@Override
	public String toString() {
		return this.target.toString();
	}

	/**
	 * A cache and its stand-in.
	 *
	 * @param target the cache
	 * @param watermarks its watermarks, which stay when the manager replaces the cache
	 * @param standIn the protected cache
	 */
	private record Entry(Cache target, CacheWatermarks watermarks, Cache standIn) {

	}

	/**
	 * Loaded only where the decorator is. It holds changes back until the commit, so it
	 * has to be around the protection: they count when they happen.
	 */
	private static final class TransactionAware {

		static boolean isDecorator(Cache cache) {
			return cache.getClass() == TransactionAwareCacheDecorator.class;
		}

		static Cache decorate(Cache cache, UnaryOperator<Cache> protection) {
			Cache inner = ((TransactionAwareCacheDecorator) cache).getTargetCache();
			Cache protectedCache = protection.apply(inner);
			return (protectedCache == inner) ? cache : new TransactionAwareCacheDecorator(protectedCache);
		}

	}

}
