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
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.cache.CacheManager;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.cache.CacheProtection;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * No cache keeps a value from before its eviction, although the replicas are behind.
 */
@EmbeddedCluster
@TestInstance(Lifecycle.PER_CLASS)
class CacheTests {

	private static final AtomicLong IDS = new AtomicLong();

	private final Map<CacheKind, Application> applications = new EnumMap<>(CacheKind.class);

	private final Map<CacheKind, Application> unprotected = new EnumMap<>(CacheKind.class);

	private PostgresCluster cluster;

	private RedisServer redis;

	@BeforeAll
	void createTable(PostgresCluster cluster, @TempDir Path folder) throws Exception {
		this.cluster = cluster;
		Application.admin(cluster.primary())
			.execute("CREATE TABLE product (id bigint PRIMARY KEY, name text NOT NULL)");
		if (RedisServer.isInstalled()) {
			this.redis = RedisServer.start(folder);
		}
	}

	@AfterAll
	void stop() {
		this.applications.values().forEach(Application::close);
		this.unprotected.values().forEach(Application::close);
		if (this.redis != null) {
			this.redis.close();
		}
	}

	@AfterEach
	void release() {
		this.cluster.replicas().forEach(PostgresNode::resumeReplay);
		this.cluster.awaitReplication();
	}

	private Application application(CacheKind kind, boolean isProtected) {
		Map<CacheKind, Application> applications = isProtected ? this.applications : this.unprotected;
		return applications.computeIfAbsent(kind, (any) -> start(kind, isProtected));
	}

	private Application start(CacheKind kind, boolean isProtected) {
		assumeThat(!kind.needsRedis() || this.redis != null).as("redis-server is installed").isTrue();
		Application.Builder builder = Application.on(this.cluster)
			.with("replication.read-your-writes.caches", isProtected);
		if (kind.needsRedis()) {
			builder.with("spring.data.redis.port", this.redis.port());
		}
		return kind.start(builder);
	}

	/**
	 * Adds a product that all nodes have.
	 */
	private long product() throws Exception {
		long id = IDS.incrementAndGet();
		Application.admin(this.cluster.primary()).update("INSERT INTO product VALUES (?, 'old')", id);
		this.cluster.awaitReplication();
		return id;
	}

	private void holdReplicasBack() {
		this.cluster.replicas().forEach(PostgresNode::pauseReplay);
	}

	static Stream<Arguments> changes() {
		Map<String, Change> changes = new LinkedHashMap<>();
		changes.put("@CacheEvict on a transaction", Products::rename);
		changes.put("@CacheEvict in auto-commit", Products::renameInAutoCommit);
		changes.put("allEntries", Products::renameAndClear);
		changes.put("@Caching", Products::renameAndEvictTwice);
		changes.put("@CachePut", Products::renameAndPut);
		return Stream.of(CacheKind.values())
			.flatMap((kind) -> changes.entrySet()
				.stream()
				.map((change) -> Arguments.argumentSet(kind + ", " + change.getKey(), kind, change.getValue())));
	}

	@ParameterizedTest
	@MethodSource("changes")
	void missAfterAChangeReadsWhatTheEvictionWasAbout(CacheKind kind, Change change) throws Exception {
		long id = product();
		Application application = application(kind, true);
		Products products = application.bean(Products.class);
		assertThat(application.asNewCaller(() -> products.find(id))).isEqualTo("old");
		holdReplicasBack();
		application.asNewCaller(() -> {
			change.apply(products, id, "new");
			return null;
		});
		assertThat(application.asNewCaller(() -> products.find(id))).isEqualTo("new");
		release();
		assertThat(application.asNewCaller(() -> products.find(id))).isEqualTo("new");
	}

	@ParameterizedTest
	@EnumSource
	void cacheKeepsTheOldValueWithoutProtection(CacheKind kind) throws Exception {
		long id = product();
		Application application = application(kind, false);
		Products products = application.bean(Products.class);
		holdReplicasBack();
		application.asNewCaller(() -> {
			products.rename(id, "new");
			return null;
		});
		assertThat(application.asNewCaller(() -> products.find(id))).isEqualTo("old");
		release();
		assertThat(application.asNewCaller(() -> products.find(id))).as("for the life of the entry").isEqualTo("old");
	}

	/**
	 * Changes a product.
	 */
	@FunctionalInterface
	interface Change {

		void apply(Products products, long id, String name);

	}

}
