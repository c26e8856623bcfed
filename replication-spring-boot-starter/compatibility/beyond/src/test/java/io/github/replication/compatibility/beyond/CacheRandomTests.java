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

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.ReentrantLock;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.jdbc.core.JdbcTemplate;

import io.github.replication.cache.CacheProtection;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Callers that change, evict and read in random order, over replicas that apply later: no
 * value is older than the last eviction that had returned before it was asked for. The
 * number of operations is the system property {@code cache.operations}.
 */
@EmbeddedCluster
@TestInstance(Lifecycle.PER_CLASS)
@Tag("long")
class CacheRandomTests {

	private static final int KEYS = 4;

	private static final int THREADS = 6;

	private static final int OPERATIONS = Integer.getInteger("cache.operations", 3000);

	/**
	 * For each key the value that reads must see.
	 */
	private final AtomicLongArray evicted = new AtomicLongArray(KEYS);

	private final AtomicLongArray written = new AtomicLongArray(KEYS);

	private final ReentrantLock[] writing = new ReentrantLock[KEYS];

	private final AtomicLong violations = new AtomicLong();

	private final AtomicLong reads = new AtomicLong();

	private PostgresCluster cluster;

	private RedisServer redis;

	@BeforeAll
	void start(PostgresCluster cluster, @TempDir Path folder) throws Exception {
		this.cluster = cluster;
		JdbcTemplate admin = Application.createProducts(cluster);
		for (int i = 0; i < KEYS; i++) {
			this.writing[i] = new ReentrantLock();
			admin.update("INSERT INTO product VALUES (?, '0')", id(i));
		}
		cluster.awaitReplication();
		cluster.replicas().forEach((replica) -> replica.applyDelay(Duration.ofMillis(20)));
		if (RedisServer.isInstalled()) {
			this.redis = RedisServer.start(folder);
		}
	}

	@AfterAll
	void stop() {
		this.cluster.replicas().forEach((replica) -> replica.applyDelay(Duration.ZERO));
		if (this.redis != null) {
			this.redis.close();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "CONCURRENT_MAP", "CAFFEINE", "JCACHE", "IN_TRANSACTIONS" })
	void valueIsNeverOlderThanTheLastEviction(CacheKind kind) throws Exception {
		try (Application application = start(kind, true)) {
			run(List.of(application), 1);
			assertThat(this.violations).hasValue(0);
			assertThat(application.bean(CacheProtection.class).refused()).as("refused").isPositive();
		}
	}

	@Test
	void valueOfTwoInstancesIsNeverOlderThanTheLastEvictionOnceThatIsKnown() throws Exception {
		assumeThat(this.redis).as("redis-server is installed").isNotNull();
		try (Application one = start(CacheKind.REDIS, true); Application two = start(CacheKind.REDIS, true)) {
			run(List.of(one, two), 2);
			for (int key = 0; key < KEYS; key++) {
				long id = id(key);
				long last = this.evicted.get(key);
				assertThat(one.asNewCaller(() -> one.bean(Products.class).find(id))).isEqualTo(Long.toString(last));
			}
		}
	}

	@Test
	void valueIsOlderWithoutProtection() throws Exception {
		try (Application application = start(CacheKind.CONCURRENT_MAP, false)) {
			run(List.of(application), 1);
			assertThat(this.violations.get()).isPositive();
		}
	}

	private static long id(int key) {
		return key + 1L;
	}

	private Application start(CacheKind kind, boolean isProtected) {
		Application.Builder builder = Application.on(this.cluster)
			.with("replication.read-your-writes.caches", isProtected);
		if (kind.needsRedis()) {
			builder.with("spring.data.redis.port", this.redis.port());
		}
		return kind.start(builder);
	}

	private void run(List<Application> applications, long seed) throws Exception {
		this.violations.set(0);
		this.reads.set(0);
		ExecutorService executor = Executors.newFixedThreadPool(THREADS);
		try {
			List<Future<?>> all = new ArrayList<>();
			for (int i = 0; i < THREADS; i++) {
				Random random = new Random(seed * 1000 + i);
				Application application = applications.get(i % applications.size());
				all.add(executor.submit(() -> {
					for (int n = 0; n < OPERATIONS / THREADS; n++) {
						application.asNewCaller(() -> operate(application.bean(Products.class), random));
					}
					return null;
				}));
			}
			for (Future<?> each : all) {
				each.get(10, TimeUnit.MINUTES);
			}
		}
		finally {
			executor.shutdownNow();
		}
		assertThat(this.reads.get()).as("reads").isGreaterThan(OPERATIONS / 2);
	}

	private Object operate(Products products, Random random) {
		int key = random.nextInt(KEYS);
		if (random.nextInt(10) == 0) {
			write(products, key, random);
		}
		else {
			read(products, key, random);
		}
		return key;
	}

	private void write(Products products, int key, Random random) {
		this.writing[key].lock();
		try {
			long value = this.written.incrementAndGet(key);
			String name = Long.toString(value);
			switch (random.nextInt(5)) {
				case 0 -> products.renameInAutoCommit(id(key), name);
				case 1 -> products.renameAndClear(id(key), name);
				case 2 -> products.renameAndEvictTwice(id(key), name);
				case 3 -> products.renameAndPut(id(key), name);
				default -> products.rename(id(key), name);
			}
			this.evicted.set(key, value);
		}
		finally {
			this.writing[key].unlock();
		}
	}

	private void read(Products products, int key, Random random) {
		long least = this.evicted.get(key);
		String name = switch (random.nextInt(3)) {
			case 0 -> products.findInSync(id(key));
			case 1 -> products.findOnCondition(id(key));
			default -> products.find(id(key));
		};
		this.reads.incrementAndGet();
		if (Long.parseLong(name) < least) {
			this.violations.incrementAndGet();
		}
	}

}
