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
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.cache.CacheProtection;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;
import io.github.replication.test.routing.RoutingRecorder;

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

	/**
	 * Second instances on the same caches.
	 */
	private final Map<CacheKind, Application> seconds = new EnumMap<>(CacheKind.class);

	private final Map<CacheKind, Application> unprotected = new EnumMap<>(CacheKind.class);

	private PostgresCluster cluster;

	private RedisServer redis;

	@BeforeAll
	void createTable(PostgresCluster cluster, @TempDir Path folder) throws Exception {
		this.cluster = cluster;
		Application.createProducts(cluster);
		if (RedisServer.isInstalled()) {
			this.redis = RedisServer.start(folder);
		}
	}

	@AfterAll
	void stop() {
		this.applications.values().forEach(Application::close);
		this.seconds.values().forEach(Application::close);
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

	private static Map<String, Change> allChanges() {
		Map<String, Change> changes = new LinkedHashMap<>();
		changes.put("@CacheEvict on a transaction", Products::rename);
		changes.put("@CacheEvict in auto-commit", Products::renameInAutoCommit);
		changes.put("@CacheEvict with a condition", Products::renameOnCondition);
		changes.put("@CacheEvict, CompletableFuture", Products::renameLater);
		changes.put("allEntries", Products::renameAndClear);
		changes.put("allEntries in auto-commit", Products::renameAndClearInAutoCommit);
		changes.put("@Caching", Products::renameAndEvictTwice);
		changes.put("@CachePut", Products::renameAndPut);
		changes.put("@CachePut in auto-commit", Products::renameAndPutInAutoCommit);
		return changes;
	}

	/**
	 * What annotations do to a cache, by hand.
	 */
	private static Map<String, Change> changesByHand() {
		Map<String, Change> changes = new LinkedHashMap<>();
		changes.put("evict", byHand((cache, id) -> cache.evict(id)));
		changes.put("evictIfPresent", byHand((cache, id) -> cache.evictIfPresent(id)));
		changes.put("clear", byHand((cache, id) -> cache.clear()));
		changes.put("invalidate", byHand((cache, id) -> cache.invalidate()));
		changes.put("put", byHand((cache, id) -> cache.put(id, "new")));
		return changes;
	}

	private static Change byHand(BiConsumer<Cache, Long> change) {
		return (products, id, name) -> products.renameByHand(id, name, (cache) -> change.accept(cache, id));
	}

	static Stream<Arguments> changes() {
		return Stream.concat(arguments(Stream.of(CacheKind.values()), allChanges()),
				arguments(Stream.of(CacheKind.CAFFEINE, CacheKind.REDIS, CacheKind.IN_TRANSACTIONS), changesByHand()));
	}

	private static Stream<Arguments> arguments(Stream<CacheKind> kinds, Map<String, ?> all) {
		return kinds.flatMap((kind) -> all.entrySet()
			.stream()
			.map((each) -> Arguments.argumentSet(kind + ", " + each.getKey(), kind, each.getValue())));
	}

	@ParameterizedTest
	@Tag("long")
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
	@Tag("long")
	@EnumSource(mode = Mode.EXCLUDE, names = "NONE")
	void cacheKeepsTheOldValueWithoutProtection(CacheKind kind) throws Exception {
		long id = product();
		Application application = application(kind, false);
		Products products = application.bean(Products.class);
		holdReplicasBack();
		rename(application, id);
		assertThat(application.asNewCaller(() -> products.find(id))).isEqualTo("old");
		release();
		assertThat(application.asNewCaller(() -> products.find(id))).as("for the life of the entry").isEqualTo("old");
	}

	private static Map<String, Read> allReads() {
		Map<String, Read> reads = new LinkedHashMap<>();
		reads.put("@Cacheable", Products::find);
		reads.put("@Cacheable without a transaction", Products::findInAutoCommit);
		reads.put("get(key, loader)", Products::findByHand);
		reads.put("sync", Products::findInSync);
		reads.put("conditional", Products::findOnCondition);
		reads.put("CompletableFuture", (products, id) -> products.findLater(id).get());
		reads.put("CompletableFuture, sync", (products, id) -> products.findLaterInSync(id).get());
		reads.put("in another thread", Products::findInAnotherThread);
		reads.put("CompletableFuture in another thread", (products, id) -> products.findLaterInAnotherThread(id).get());
		reads.put("CompletableFuture in another thread, sync",
				(products, id) -> products.findLaterInAnotherThreadInSync(id).get());
		return reads;
	}

	/**
	 * Every kind of cache where the tests that take long run, else those that most
	 * applications have.
	 */
	static Stream<CacheKind> kinds() {
		return "long".equals(System.getProperty("tests.excluded"))
				? Stream.of(CacheKind.CONCURRENT_MAP, CacheKind.CAFFEINE, CacheKind.REDIS, CacheKind.IN_TRANSACTIONS)
				: Stream.of(CacheKind.values());
	}

	static Stream<Arguments> reads() {
		Map<String, Read> reads = allReads();
		return kinds().flatMap((kind) -> reads.entrySet()
			.stream()
			.filter((read) -> kind.isAsynchronous() || !read.getKey().startsWith("CompletableFuture"))
			.map((read) -> Arguments.argumentSet(kind + ", " + read.getKey(), kind, read.getValue())));
	}

	@ParameterizedTest
	@MethodSource("reads")
	void everyWayToReadSeesWhatTheEvictionWasAbout(CacheKind kind, Read read) throws Exception {
		long id = product();
		Application application = application(kind, true);
		Products products = application.bean(Products.class);
		holdReplicasBack();
		rename(application, id);
		assertThat(application.asNewCaller(() -> read.of(products, id))).isEqualTo("new");
		release();
		assertThat(application.asNewCaller(() -> read.of(products, id))).isEqualTo("new");
	}

	@ParameterizedTest
	@Tag("long")
	@EnumSource
	void missInATransactionThatHasReadOnAReplicaReadsWhatTheEvictionWasAbout(CacheKind kind) throws Exception {
		long other = product();
		long id = product();
		Application application = application(kind, true);
		Products products = application.bean(Products.class);
		holdReplicasBack();
		rename(application, id);
		TransactionTemplate outer = new TransactionTemplate(application.bean(PlatformTransactionManager.class));
		outer.setReadOnly(true);
		List<String> read = application
			.asNewCaller(() -> outer.execute((status) -> List.of(products.findOnCondition(other), products.find(id))));
		assertThat(read).containsExactly("old", "new");
		release();
		assertThat(application.asNewCaller(() -> products.find(id))).isEqualTo("new");
	}

	/**
	 * A transaction that names no level has that of its connection.
	 */
	@ParameterizedTest
	@CsvSource({ "transaction-isolation, TRANSACTION_REPEATABLE_READ, true",
			"connection-init-sql, SET default_transaction_isolation = 'repeatable read', true",
			"connection-init-sql, SET default_transaction_isolation = 'repeatable read', false" })
	void valueOfASnapshotFromBeforeTheEvictionIsNotPut(String property, String value, boolean readOnly)
			throws Exception {
		long id = product();
		// so that the transaction stays on its replica also where its level is not known
		Application.Builder builder = Application.on(this.cluster)
			.with("spring.datasource.hikari." + property, value)
			.with("replication.read-your-writes.wait", "5s");
		try (Application application = CacheKind.CONCURRENT_MAP.start(builder)) {
			Products products = application.bean(Products.class);
			TransactionTemplate outer = new TransactionTemplate(application.bean(PlatformTransactionManager.class));
			outer.setReadOnly(readOnly);
			String read = application.asNewCaller(() -> outer.execute((status) -> {
				products.countInTransaction();
				CompletableFuture.runAsync(() -> renameAsAnother(application, id)).join();
				return products.find(id);
			}));
			assertThat(read).as("of the snapshot").isEqualTo("old");
			this.cluster.awaitReplication();
			assertThat(application.asNewCaller(() -> products.find(id))).isEqualTo("new");
		}
	}

	/**
	 * Without a caller any thread may read for a load, but no transaction that goes on.
	 */
	@ParameterizedTest
	@EnumSource(names = "CONCURRENT_MAP")
	void transactionWithoutACallerGoesOnWhileOthersLoad(CacheKind kind) throws Exception {
		long id = product();
		Application application = application(kind, true);
		Products products = application.bean(Products.class);
		holdReplicasBack();
		TransactionTemplate outer = new TransactionTemplate(application.bean(PlatformTransactionManager.class));
		outer.setReadOnly(true);
		String read = outer.execute((status) -> {
			products.countInTransaction();
			status.createSavepoint();
			CompletableFuture.runAsync(() -> renameAsAnother(application, id)).join();
			CompletableFuture.runAsync(() -> miss(application, id)).join();
			return products.nameInTransaction(id);
		});
		assertThat(read).as("on the replica").isEqualTo("old");
	}

	private static void miss(Application application, long id) {
		try {
			Cache cache = application.bean(CacheManager.class).getCache("products");
			assertThat(application.asNewCaller(() -> cache.get(id))).isNull();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void renameAsAnother(Application application, long id) {
		try {
			rename(application, id);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@ParameterizedTest
	@Tag("long")
	@MethodSource("reads")
	void valueWhoseLoadBeganBeforeTheEvictionIsNotPut(CacheKind kind, Read read) throws Exception {
		long id = product();
		Application application = application(kind, true);
		Products products = application.bean(Products.class);
		long refused = application.bean(CacheProtection.class).refused();
		CompletableFuture<String> early = loadDuring(application, read, id, () -> {
			products.rename(id, "new");
			return null;
		});
		assertThat(early.get(30, TimeUnit.SECONDS)).as("what was loaded before").isEqualTo("old");
		assertThat(application.bean(CacheProtection.class).refused()).isGreaterThan(refused);
		MeterRegistry meters = application.bean(MeterRegistry.class);
		assertThat(meters.get("replication.cache.refused").functionCounter().count()).isGreaterThan(refused);
		assertThat(meters.get("replication.cache.watermarks").gauge().value()).isPositive();
		assertThat(application.asNewCaller(() -> read.of(products, id))).isEqualTo("new");
	}

	/**
	 * Changes a product while another caller has read it and has not put it yet.
	 */
	private CompletableFuture<String> loadDuring(Application application, Read read, long id, Callable<?> change)
			throws Exception {
		Products products = application.bean(Products.class);
		CountDownLatch isRead = new CountDownLatch(1);
		CountDownLatch isChanged = new CountDownLatch(1);
		products.onRead(() -> {
			isRead.countDown();
			await(isChanged);
		});
		CompletableFuture<String> early = CompletableFuture.supplyAsync(() -> {
			try {
				return application.asNewCaller(() -> read.of(products, id));
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		});
		await(isRead);
		CompletableFuture<Object> changed = CompletableFuture.supplyAsync(() -> {
			try {
				return application.asNewCaller(change::call);
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		});
		try {
			changed.get(1, TimeUnit.SECONDS);
		}
		catch (TimeoutException ex) {
			// some caches let evictions of a key wait for the load of the key
		}
		isChanged.countDown();
		changed.get(30, TimeUnit.SECONDS);
		return early;
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void evictionInATransactionCountsFromTheCommit(CacheKind kind) throws Exception {
		long id = product();
		Application application = application(kind, true);
		Products products = application.bean(Products.class);
		holdReplicasBack();
		application.asNewCaller(() -> inTransaction(application, () -> {
			products.evictBefore(id, "new");
			assertThat(elsewhere(application, () -> products.find(id))).as("before the commit").isEqualTo("old");
			return null;
		}));
		assertThat(application.asNewCaller(() -> products.find(id))).isEqualTo("new");
		release();
		assertThat(application.asNewCaller(() -> products.find(id))).isEqualTo("new");
	}

	@ParameterizedTest
	@MethodSource("kinds")
	void evictionIsForgottenAfterARollback(CacheKind kind) throws Exception {
		long id = product();
		Application application = application(kind, true);
		Products products = application.bean(Products.class);
		application.bean(CacheManager.class).getCache("products").get(id);
		int before = application.bean(CacheProtection.class).watermarks();
		holdReplicasBack();
		application.asNewCaller(
				() -> new TransactionTemplate(application.bean(PlatformTransactionManager.class)).execute((status) -> {
					products.evictBefore(id, "new");
					status.setRollbackOnly();
					return null;
				}));
		assertThat(application.bean(CacheProtection.class).watermarks()).isLessThanOrEqualTo(before);
		RoutingRecorder recorder = application.bean(RoutingRecorder.class);
		try (RoutingRecorder.Recording recording = recorder.start()) {
			assertThat(application.asNewCaller(() -> products.find(id))).isEqualTo("old");
			assertThat(recording.decisions()).allSatisfy((each) -> assertThat(each.isReplica()).isTrue());
		}
	}

	private static <T> T inTransaction(Application application, Callable<T> work) {
		return new TransactionTemplate(application.bean(PlatformTransactionManager.class)).execute((status) -> {
			try {
				return work.call();
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		});
	}

	/**
	 * Renames a product as a caller of its own does, which evicts it.
	 */
	private static void rename(Application application, long id) throws Exception {
		application.asNewCaller(() -> {
			application.bean(Products.class).rename(id, "new");
			return null;
		});
	}

	private static <T> T elsewhere(Application application, Callable<T> work) throws Exception {
		return CompletableFuture.supplyAsync(() -> {
			try {
				return application.asNewCaller(work);
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		}).get(30, TimeUnit.SECONDS);
	}

	@ParameterizedTest
	@Tag("long")
	@EnumSource
	void readerThatHasNoWatermarkToSeeStaysOnReplicas(CacheKind kind) throws Exception {
		long evicted = product();
		long other = product();
		Application application = application(kind, true);
		Products products = application.bean(Products.class);
		rename(application, evicted);
		holdReplicasBack();
		RoutingRecorder recorder = application.bean(RoutingRecorder.class);
		try (RoutingRecorder.Recording recording = recorder.start()) {
			application.asNewCaller(() -> products.findOnCondition(other));
			assertThat(recording.decisions()).allSatisfy((each) -> assertThat(each.isReplica()).isTrue());
		}
	}

	static Stream<Arguments> changesOfSharedCaches() {
		return shared(allChanges());
	}

	static Stream<Arguments> readsOfSharedCaches() {
		return shared(allReads()).filter((read) -> read.get()[0] != CacheKind.SHARED_BY_NAME
				|| !((Arguments.ArgumentSet) read).getName().contains("CompletableFuture"));
	}

	private static Stream<Arguments> shared(Map<String, ?> all) {
		return arguments(Stream.of(CacheKind.values()).filter(CacheKind::needsRedis), all);
	}

	private Application second(CacheKind kind) {
		return this.seconds.computeIfAbsent(kind, (any) -> start(kind, true));
	}

	@ParameterizedTest
	@Tag("long")
	@MethodSource("changesOfSharedCaches")
	void missInAnotherInstanceReadsWhatTheEvictionWasAbout(CacheKind kind, Change change) throws Exception {
		Application one = application(kind, true);
		Application two = second(kind);
		long id = product();
		assertThat(two.asNewCaller(() -> two.bean(Products.class).find(id))).isEqualTo("old");
		holdReplicasBack();
		one.asNewCaller(() -> {
			change.apply(one.bean(Products.class), id, "new");
			return null;
		});
		assertThat(two.asNewCaller(() -> two.bean(Products.class).find(id))).isEqualTo("new");
		release();
		assertThat(two.asNewCaller(() -> two.bean(Products.class).find(id))).isEqualTo("new");
	}

	@ParameterizedTest
	@Tag("long")
	@MethodSource("readsOfSharedCaches")
	void everyWayToReadInAnotherInstanceSeesWhatTheEvictionWasAbout(CacheKind kind, Read read) throws Exception {
		Application one = application(kind, true);
		Application two = second(kind);
		long id = product();
		holdReplicasBack();
		rename(one, id);
		assertThat(two.asNewCaller(() -> read.of(two.bean(Products.class), id))).isEqualTo("new");
		release();
		assertThat(two.asNewCaller(() -> read.of(two.bean(Products.class), id))).isEqualTo("new");
	}

	@ParameterizedTest
	@Tag("long")
	@MethodSource("readsOfSharedCaches")
	void loadOfAnotherInstanceThatBeganBeforeTheEvictionIsNotPut(CacheKind kind, Read read) throws Exception {
		Application one = application(kind, true);
		Application two = second(kind);
		long id = product();
		CompletableFuture<String> early = loadDuring(two, read, id, () -> one.asNewCaller(() -> {
			one.bean(Products.class).rename(id, "new");
			return null;
		}));
		assertThat(early.get(30, TimeUnit.SECONDS)).isEqualTo("old");
		assertThat(two.asNewCaller(() -> read.of(two.bean(Products.class), id))).isEqualTo("new");
	}

	@ParameterizedTest
	@Tag("long")
	@MethodSource("kinds")
	void managerAndCachesAreOfTheirOwnClassesUnlessThoseAreFinal(CacheKind kind) {
		CacheManager plain = application(kind, false).bean(CacheManager.class);
		CacheManager used = application(kind, true).bean(CacheManager.class);
		if (kind != CacheKind.OWN && kind != CacheKind.SHARED_BY_NAME) {
			assertThat(used).isInstanceOf(plain.getClass());
		}
		Cache expected = plain.getCache("products");
		Cache cache = used.getCache("products");
		assertThat(cache).isInstanceOf(expected.getClass());
		assertThat(cache.getName()).isEqualTo("products");
		assertThat(cache.getNativeCache()).isInstanceOf(expected.getNativeCache().getClass());
		assertThat(used.getCacheNames()).contains("products");
		if (kind != CacheKind.IN_TRANSACTIONS && kind != CacheKind.REDIS_IN_TRANSACTIONS && kind != CacheKind.OWN
				&& kind != CacheKind.SHARED_BY_NAME) {
			assertThat(used.getCache("products")).isSameAs(cache);
		}
	}

	/**
	 * Reads a product.
	 */
	@FunctionalInterface
	interface Read {

		String of(Products products, long id) throws Exception;

	}

	/**
	 * Changes a product.
	 */
	@FunctionalInterface
	interface Change {

		void apply(Products products, long id, String name);

	}

}
