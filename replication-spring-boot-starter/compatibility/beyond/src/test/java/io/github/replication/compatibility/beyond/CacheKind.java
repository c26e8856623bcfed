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

package io.github.replication.compatibility.beyond;

import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.cache.autoconfigure.CacheManagerCustomizer;
import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.caffeine.CaffeineCacheManager;
import org.springframework.cache.concurrent.ConcurrentMapCacheManager;
import org.springframework.cache.support.CompositeCacheManager;
import org.springframework.cache.support.SimpleValueWrapper;
import org.springframework.cache.transaction.TransactionAwareCacheManagerProxy;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.cache.RedisCacheManager;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The kinds of caches that applications use.
 */
enum CacheKind {

	CONCURRENT_MAP(Annotated.class, Map.of("spring.cache.type", "simple")),

	CAFFEINE(Annotated.class, Map.of("spring.cache.type", "caffeine")),

	CAFFEINE_ASYNCHRONOUS(AsynchronousCaffeine.class, Map.of("spring.cache.type", "caffeine")),

	JCACHE(Jsr107.class, Map.of("spring.cache.type", "jcache")),

	REDIS(Annotated.class, Map.of("spring.cache.type", "redis")),

	REDIS_IN_TRANSACTIONS(TransactionAwareRedis.class, Map.of()),

	COMPOSITE(Composite.class, Map.of()),

	IN_TRANSACTIONS(TransactionAware.class, Map.of()),

	OWN(Own.class, Map.of()),

	SHARED_BY_NAME(SharedByName.class, Map.of("replication.read-your-writes.shared-caches", "products, others")),

	NONE(Annotated.class, Map.of("spring.cache.type", "none"));

	private final Class<?> configuration;

	private final Map<String, String> properties;

	CacheKind(Class<?> configuration, Map<String, String> properties) {
		this.configuration = configuration;
		this.properties = properties;
	}

	boolean needsRedis() {
		return isInRedis() || this == SHARED_BY_NAME;
	}

	private boolean isInRedis() {
		return this == REDIS || this == REDIS_IN_TRANSACTIONS;
	}

	/**
	 * Whether values are put by the caller's thread alone, so that a method that returns
	 * a future can be cached.
	 */
	boolean isAsynchronous() {
		return this == CONCURRENT_MAP || this == CAFFEINE_ASYNCHRONOUS || isInRedis();
	}

	Application start(Application.Builder builder) {
		this.properties.forEach(builder::with);
		// one of them beside all that is about messages
		return ((this == CAFFEINE) ? builder : builder.withoutMessaging()).start(this.configuration);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableCaching
	static class Annotated {

		@Bean
		Products products(JdbcTemplate jdbc, CacheManager caches) {
			return new Products(jdbc, caches);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class AsynchronousCaffeine extends Annotated {

		@Bean
		CacheManagerCustomizer<CaffeineCacheManager> asynchronous() {
			return (manager) -> manager.setAsyncCacheMode(true);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Jsr107 extends Annotated {

		@Bean
		javax.cache.CacheManager caches() {
			CachingProvider provider = Caching
				.getCachingProvider("com.github.benmanes.caffeine.jcache.spi.CaffeineCachingProvider");
			javax.cache.CacheManager manager = provider.getCacheManager(URI.create("test:" + UUID.randomUUID()), null);
			manager.createCache("products", new MutableConfiguration<>());
			manager.createCache("others", new MutableConfiguration<>());
			return manager;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TransactionAwareRedis extends Annotated {

		@Bean
		RedisCacheManager cacheManager(RedisConnectionFactory connections) {
			return RedisCacheManager.builder(connections).transactionAware().build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Composite extends Annotated {

		@Bean
		CompositeCacheManager cacheManager() {
			return new CompositeCacheManager(new ConcurrentMapCacheManager("others"),
					new CaffeineCacheManager("products"));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class TransactionAware extends Annotated {

		@Bean
		TransactionAwareCacheManagerProxy cacheManager() {
			return new TransactionAwareCacheManagerProxy(new ConcurrentMapCacheManager());
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Own extends Annotated {

		@Bean
		CacheManager cacheManager() {
			return new OwnManager();
		}

	}

	/**
	 * Caches that the instances share, as all of them are in this process.
	 */
	@Configuration(proxyBeanMethods = false)
	static class SharedByName extends Annotated {

		private static final OwnManager SHARED = new OwnManager();

		@Bean
		CacheManager cacheManager() {
			return SHARED;
		}

	}

	/**
	 * A manager of which there can be no subclass, with a cache for each call.
	 */
	static final class OwnManager implements CacheManager {

		private final ConcurrentMap<String, ConcurrentMap<Object, Object>> values = new ConcurrentHashMap<>();

		@Override
		public Cache getCache(String name) {
			return new OwnCache(name, this.values.computeIfAbsent(name, (key) -> new ConcurrentHashMap<>()));
		}

		@Override
		public Collection<String> getCacheNames() {
			return List.copyOf(this.values.keySet());
		}

	}

	/**
	 * The least that a cache has to do.
	 */
	static class OwnCache implements Cache {

		private final String name;

		private final ConcurrentMap<Object, Object> values;

		OwnCache(String name, ConcurrentMap<Object, Object> values) {
			this.name = name;
			this.values = values;
		}

		@Override
		public String getName() {
			return this.name;
		}

		@Override
		public Object getNativeCache() {
			return this.values;
		}

		@Override
		public @Nullable ValueWrapper get(Object key) {
			Object value = this.values.get(key);
			return (value != null) ? new SimpleValueWrapper(value) : null;
		}

		@Override
		public <T> @Nullable T get(Object key, @Nullable Class<T> type) {
			Object value = this.values.get(key);
			return (value != null && type != null) ? type.cast(value) : null;
		}

		@Override
		@SuppressWarnings("unchecked")
		public <T> @Nullable T get(Object key, Callable<T> valueLoader) {
			return (T) this.values.computeIfAbsent(key, (any) -> {
				try {
					return valueLoader.call();
				}
				catch (Exception ex) {
					throw new ValueRetrievalException(key, valueLoader, ex);
				}
			});
		}

		@Override
		public void put(Object key, @Nullable Object value) {
			if (value != null) {
				this.values.put(key, value);
			}
		}

		@Override
		public void evict(Object key) {
			this.values.remove(key);
		}

		@Override
		public void clear() {
			this.values.clear();
		}

	}

}
