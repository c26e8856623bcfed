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

package io.github.replication.benchmarks;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.cache.caffeine.CaffeineCacheManager;
import org.springframework.cache.concurrent.ConcurrentMapCacheManager;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * One hit of a cache that is protected from values of replicas that lag, or is not.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgsAppend = { "-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:-BackgroundCompilation" })
public class CacheHitBenchmark {

	private static final Long KEY = 1000L;

	private static final Callable<String> LOADER = () -> {
		throw new IllegalStateException("No hit");
	};

	/**
	 * The kind of the cache.
	 */
	@Param({ "ConcurrentMapCache", "CaffeineCache" })
	public String cache = "";

	/**
	 * Whether it is protected.
	 */
	@Param({ "false", "true" })
	public boolean isProtected;

	@SuppressWarnings("NullAway.Init")
	private Application application;

	@SuppressWarnings("NullAway.Init")
	private Cache items;

	@SuppressWarnings("NullAway.Init")
	private Items annotated;

	/**
	 * Starts an application, and fills its cache.
	 */
	@Setup(Level.Trial)
	public void open() throws Exception {
		StubDriver.install();
		this.application = Application.replication(Servers.STUB,
				Map.of("benchmark.cache", this.cache, "replication.read-your-writes.caches", this.isProtected),
				Caches.class);
		this.items = Objects.requireNonNull(this.application.bean(CacheManager.class).getCache("items"));
		this.items.put(KEY, "value");
		this.annotated = this.application.bean(Items.class);
	}

	Class<?> cacheClass() {
		return this.items.getClass();
	}

	@TearDown(Level.Trial)
	public void close() {
		this.application.close();
	}

	/**
	 * A hit by hand.
	 * @return the hit
	 */
	@Benchmark
	public Cache.@Nullable ValueWrapper get() {
		return this.items.get(KEY);
	}

	/**
	 * A hit of a call that would load the value.
	 * @return the value
	 */
	@Benchmark
	public @Nullable String getOrLoad() {
		return this.items.get(KEY, LOADER);
	}

	/**
	 * A hit of an annotated method.
	 * @return the value
	 */
	@Benchmark
	public String annotated() {
		return this.annotated.find(KEY);
	}

	/**
	 * The cache and its user.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableCaching
	static class Caches {

		@Bean
		CacheManager cacheManager(Environment environment) {
			return environment.getRequiredProperty("benchmark.cache").equals("CaffeineCache")
					? new CaffeineCacheManager() : new ConcurrentMapCacheManager();
		}

		@Bean
		Items items() {
			return new Items();
		}

	}

	/**
	 * Has a cached method.
	 */
	static class Items {

		@Cacheable("items")
		public String find(Long id) {
			throw new IllegalStateException("No hit: " + id);
		}

	}

}
