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
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import javax.cache.CacheManager;
import javax.cache.Caching;

import com.github.benmanes.caffeine.jcache.spi.CaffeineCachingProvider;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import org.hibernate.SessionFactory;
import org.hibernate.boot.spi.SessionFactoryOptions;
import org.hibernate.cache.jcache.internal.JCacheRegionFactory;
import org.hibernate.stat.Statistics;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.orm.jpa.SharedEntityManagerCreator;

import io.github.replication.cache.CacheProtection;
import io.github.replication.compatibility.beyond.Goods.Coded;
import io.github.replication.compatibility.beyond.Goods.Constant;
import io.github.replication.compatibility.beyond.Goods.Counted;
import io.github.replication.compatibility.beyond.Goods.Good;
import io.github.replication.compatibility.beyond.Goods.Loose;
import io.github.replication.compatibility.beyond.Goods.Plain;
import io.github.replication.compatibility.beyond.Goods.Strict;
import io.github.replication.compatibility.beyond.Goods.Tagged;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;
import io.github.replication.test.routing.RoutingRecorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Hibernate's second-level and query cache while replicas lag. There is no provider for
 * {@code TRANSACTIONAL} without JTA.
 */
@EmbeddedCluster
@TestInstance(Lifecycle.PER_CLASS)
@Tag("long")
class HibernateCacheTests {

	private static final AtomicLong IDS = new AtomicLong();

	private PostgresCluster cluster;

	private Application application;

	private Application unprotected;

	@BeforeAll
	void start(PostgresCluster cluster) throws Exception {
		this.cluster = cluster;
		for (String table : new String[] { "constant", "loose", "strict", "counted", "plain", "tagged" }) {
			Application.admin(cluster.primary())
				.execute("CREATE TABLE " + table + " (id bigint PRIMARY KEY, name text NOT NULL, version integer)");
		}
		Application.admin(cluster.primary())
			.execute("CREATE TABLE coded (id bigint PRIMARY KEY, name text NOT NULL, code text NOT NULL UNIQUE)");
		Application.admin(cluster.primary()).execute("CREATE TABLE tagged_tags (tagged_id bigint, tags text)");
		cluster.awaitReplication();
		this.application = start(true);
		this.unprotected = start(false);
	}

	private Application start(boolean isProtected) {
		return application(isProtected, isProtected ? "protected" : "plain").start(Shop.class);
	}

	private Application.Builder application(boolean isProtected, String regions) {
		return Application.on(this.cluster)
			.withoutMessaging()
			.with("replication.read-your-writes.caches", isProtected)
			.with("spring.autoconfigure.exclude", Application.MODULITH)
			.with("spring.jpa.properties.hibernate.cache.use_query_cache", true)
			.with("spring.jpa.properties.hibernate.generate_statistics", true)
			.with("spring.jpa.properties.hibernate.cache.region_prefix", regions)
			.with("spring.jpa.properties.hibernate.javax.cache.missing_cache_strategy", "create")
			.with("spring.jpa.properties.hibernate.javax.cache.provider", CaffeineCachingProvider.class.getName());
	}

	@AfterAll
	void stop() {
		this.application.close();
		this.unprotected.close();
	}

	@AfterEach
	void release() {
		this.cluster.replicas().forEach(PostgresNode::resumeReplay);
		this.cluster.awaitReplication();
	}

	private void holdReplicasBack() {
		this.cluster.replicas().forEach(PostgresNode::pauseReplay);
	}

	/**
	 * How an entity changes, how others read it meanwhile, and its value afterwards.
	 */
	static Stream<Arguments> changes() {
		Change rename = (goods, type, id) -> goods.rename(type, id, "new");
		Change bulk = (goods, type, id) -> goods.renameInBulk(type, id, "new");
		return Stream.of(
				Arguments.argumentSet("READ_ONLY, deleted", Constant.class, (Change) Goods::delete, (Read) Goods::find,
						null),
				Arguments.argumentSet("READ_ONLY, changed in bulk", Constant.class, bulk, (Read) Goods::find, "new"),
				Arguments.argumentSet("NONSTRICT_READ_WRITE", Loose.class, rename, (Read) Goods::find, "new"),
				Arguments.argumentSet("NONSTRICT_READ_WRITE, deleted", Loose.class, (Change) Goods::delete,
						(Read) Goods::find, null),
				Arguments.argumentSet("NONSTRICT_READ_WRITE, changed in bulk", Loose.class, bulk, (Read) Goods::find,
						"new"),
				Arguments.argumentSet("READ_WRITE, deleted", Strict.class, (Change) Goods::delete, (Read) Goods::find,
						null),
				Arguments.argumentSet("READ_WRITE, changed in bulk", Strict.class, bulk, (Read) Goods::find, "new"),
				Arguments.argumentSet("READ_WRITE with versions, changed in bulk", Counted.class, bulk,
						(Read) Goods::find, "new"));
	}

	@ParameterizedTest
	@MethodSource("changes")
	void entityOfALaggingReplicaIsNotPut(Class<? extends Good> type, Change change, Read meanwhile,
			@Nullable String expected) throws Exception {
		Application application = this.application;
		long id = changed(application, type, change);
		long refused = application.bean(CacheProtection.class).refused();
		assertThat(read(application, meanwhile, type, id)).as("what the replica has").isEqualTo("old");
		assertThat(application.bean(CacheProtection.class).refused()).isGreaterThan(refused);
		release();
		assertThat(read(application, Goods::find, type, id)).isEqualTo(expected);
	}

	@ParameterizedTest
	@MethodSource("changes")
	void entityOfALaggingReplicaStaysWithoutProtection(Class<? extends Good> type, Change change, Read meanwhile,
			@Nullable String expected) throws Exception {
		long id = changed(this.unprotected, type, change);
		assertThat(read(this.unprotected, meanwhile, type, id)).isEqualTo("old");
		release();
		assertThat(read(this.unprotected, Goods::find, type, id)).as("for the life of the entry").isEqualTo("old");
	}

	/**
	 * Adds an entity that all nodes have, and changes it while replicas are held back.
	 */
	private long changed(Application application, Class<? extends Good> type, Change change) throws Exception {
		long id = add(application, type);
		holdReplicasBack();
		application.asNewCaller(() -> {
			change.apply(application.bean(Goods.class), type, id);
			return null;
		});
		return id;
	}

	private long add(Application application, Class<? extends Good> type) throws Exception {
		long id = IDS.incrementAndGet();
		application.asNewCaller(() -> {
			application.bean(Goods.class).add(type, id);
			return null;
		});
		this.cluster.awaitReplication();
		return id;
	}

	private static @Nullable String read(Application application, Read read, Class<? extends Good> type, long id)
			throws Exception {
		return application.asNewCaller(() -> read.of(application.bean(Goods.class), type, id));
	}

	@ParameterizedTest
	@ValueSource(classes = { Strict.class, Counted.class })
	void changedEntityThatIsCachedWinsByItself(Class<? extends Good> type) throws Exception {
		long id = changed(this.unprotected, type, (goods, any, key) -> goods.rename(any, key, "new"));
		assertThat(read(this.unprotected, Goods::list, type, id)).isEqualTo("old");
		assertThat(read(this.unprotected, Goods::find, type, id)).isEqualTo("new");
	}

	@Test
	void deletedEntityWithVersionsStaysDeletedByItself() throws Exception {
		long id = changed(this.unprotected, Counted.class, Goods::delete);
		assertThat(read(this.unprotected, Goods::find, Counted.class, id)).isEqualTo("old");
		release();
		assertThat(read(this.unprotected, Goods::find, Counted.class, id)).isNull();
	}

	@Test
	void resultOfALaggingReplicaIsNotPut() throws Exception {
		long id = changed(this.application, Plain.class, (goods, type, any) -> goods.rename(type, any, "new"));
		assertThat(read(this.application, Goods::searchCached, Plain.class, id)).isEqualTo("old");
		release();
		assertThat(read(this.application, Goods::searchCached, Plain.class, id)).isEqualTo("new");
	}

	@Test
	void resultOfALaggingReplicaStaysWithoutProtection() throws Exception {
		long id = changed(this.unprotected, Plain.class, (goods, type, any) -> goods.rename(type, any, "new"));
		assertThat(read(this.unprotected, Goods::searchCached, Plain.class, id)).isEqualTo("old");
		release();
		assertThat(read(this.unprotected, Goods::searchCached, Plain.class, id)).isEqualTo("old");
	}

	@Test
	void collectionOfALaggingReplicaIsNotPut() throws Exception {
		assertThat(tagsAfterLag(this.application)).isEqualTo(1);
	}

	@Test
	void collectionOfALaggingReplicaStaysWithoutProtection() throws Exception {
		assertThat(tagsAfterLag(this.unprotected)).isZero();
	}

	private int tagsAfterLag(Application application) throws Exception {
		Goods goods = application.bean(Goods.class);
		long id = changed(application, Tagged.class, (any, type, key) -> any.tag(key, "red"));
		assertThat(application.asNewCaller(() -> goods.tags(id))).isZero();
		release();
		return application.asNewCaller(() -> goods.tags(id));
	}

	@Test
	void entityThatASessionWithoutStateReadsOnALaggingReplicaIsNotPut() throws Exception {
		long id = changed(this.application, Loose.class, (goods, type, any) -> goods.rename(type, any, "new"));
		assertThat(read(this.application, Goods::findStateless, Loose.class, id)).isEqualTo("old");
		release();
		assertThat(read(this.application, Goods::find, Loose.class, id)).isEqualTo("new");
	}

	@Test
	void entityThatASessionWithoutStateReadsOnALaggingReplicaStaysWithoutProtection() throws Exception {
		long id = changed(this.unprotected, Loose.class, (goods, type, any) -> goods.rename(type, any, "new"));
		assertThat(read(this.unprotected, Goods::findStateless, Loose.class, id)).isEqualTo("old");
		release();
		assertThat(read(this.unprotected, Goods::find, Loose.class, id)).isEqualTo("old");
	}

	@ParameterizedTest
	@ValueSource(classes = { Loose.class, Strict.class })
	void entityThatASessionWithoutStateHasChangedIsNotPutFromALaggingReplica(Class<? extends Good> type)
			throws Exception {
		long id = changed(this.application, type, (goods, any, key) -> goods.renameStateless(any, key, "new"));
		assertThat(read(this.application, Goods::find, type, id)).isEqualTo("old");
		release();
		assertThat(read(this.application, Goods::find, type, id)).isEqualTo("new");
	}

	@ParameterizedTest
	@ValueSource(classes = { Loose.class, Strict.class })
	void entityThatASessionWithoutStateHasChangedStaysWithoutProtection(Class<? extends Good> type) throws Exception {
		long id = changed(this.unprotected, type, (goods, any, key) -> goods.renameStateless(any, key, "new"));
		assertThat(read(this.unprotected, Goods::find, type, id)).isEqualTo("old");
		release();
		assertThat(read(this.unprotected, Goods::find, type, id)).isEqualTo("old");
	}

	@Test
	void naturalIdOfALaggingReplicaIsNotPut() throws Exception {
		assertThat(findByCodeAfterLag(this.application, (goods, type, id) -> goods.recode(id, "other-" + id))).isNull();
		assertThat(findByCodeAfterLag(this.application, Goods::delete)).isNull();
	}

	@Test
	void naturalIdOfALaggingReplicaStaysWithoutProtection() throws Exception {
		assertThat(findByCodeAfterLag(this.unprotected, (goods, type, id) -> goods.recode(id, "other-" + id)))
			.isEqualTo("old");
		assertThat(findByCodeAfterLag(this.unprotected, Goods::delete)).isEqualTo("old");
	}

	/**
	 * Finds an entity by its natural id before and after the replica has caught up with a
	 * change by which there is none any longer.
	 */
	private @Nullable String findByCodeAfterLag(Application application, Change change) throws Exception {
		long id = changed(application, Coded.class, change);
		Goods goods = application.bean(Goods.class);
		assertThat(application.asNewCaller(() -> goods.findByCode("code-" + id))).isEqualTo("old");
		release();
		return application.asNewCaller(() -> goods.findByCode("code-" + id));
	}

	@Test
	void regionFactoryOfTheApplicationIsProtected() throws Exception {
		OwnRegionFactory.started = false;
		try (Application own = application(true, "own")
			.with("spring.jpa.properties.hibernate.cache.region.factory_class", OwnRegionFactory.class.getName())
			.start(Shop.class)) {
			assertThat(OwnRegionFactory.started).isTrue();
			long id = changed(own, Loose.class, (goods, type, any) -> goods.rename(type, any, "new"));
			assertThat(read(own, Goods::find, Loose.class, id)).isEqualTo("old");
			release();
			assertThat(read(own, Goods::find, Loose.class, id)).isEqualTo("new");
		}
	}

	@Test
	void replicaThatHasCaughtUpFillsTheCacheAgain() throws Exception {
		long id = changed(this.application, Loose.class, (goods, type, any) -> goods.rename(type, any, "new"));
		assertThat(read(this.application, Goods::find, Loose.class, id)).isEqualTo("old");
		release();
		Statistics statistics = statistics();
		RoutingRecorder recorder = this.application.bean(RoutingRecorder.class);
		try (RoutingRecorder.Recording recording = recorder.start()) {
			await().untilAsserted(() -> {
				long hits = statistics.getSecondLevelCacheHitCount();
				assertThat(read(this.application, Goods::find, Loose.class, id)).isEqualTo("new");
				assertThat(statistics.getSecondLevelCacheHitCount()).isGreaterThan(hits);
			});
			assertThat(recording.decisions()).isNotEmpty().allSatisfy((each) -> assertThat(each.isReplica()).isTrue());
		}
	}

	@Test
	void valueOfASnapshotFromBeforeTheChangeIsNotPut() throws Exception {
		assertThat(findAfterSnapshot(this.application)).isEqualTo("new");
	}

	@Test
	void valueOfASnapshotFromBeforeTheChangeStaysWithoutProtection() throws Exception {
		assertThat(findAfterSnapshot(this.unprotected)).isEqualTo("old");
	}

	/**
	 * Changes an entity while another caller has a snapshot and has not read it yet.
	 */
	private @Nullable String findAfterSnapshot(Application application) throws Exception {
		long id = add(application, Loose.class);
		Goods goods = application.bean(Goods.class);
		Runnable change = () -> CompletableFuture.runAsync(() -> {
			try {
				application.asNewCaller(() -> {
					goods.rename(Loose.class, id, "new");
					return null;
				});
				this.cluster.awaitReplication();
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		}).orTimeout(30, TimeUnit.SECONDS).join();
		assertThat(application.asNewCaller(() -> goods.findInSnapshot(Loose.class, id, change))).isEqualTo("old");
		return read(application, Goods::find, Loose.class, id);
	}

	@Test
	void entityThatNobodyHasChangedIsPutAtOnce() throws Exception {
		long other = add(this.application, Tagged.class);
		long id = IDS.incrementAndGet();
		Application.admin(this.cluster.primary()).update("INSERT INTO tagged VALUES (?, 'old')", id);
		this.cluster.awaitReplication();
		holdReplicasBack();
		this.application.asNewCaller(() -> {
			this.application.bean(Goods.class).rename(Tagged.class, other, "new");
			return null;
		});
		assertThat(read(this.application, Goods::find, Tagged.class, id)).isEqualTo("old");
		long hits = statistics().getSecondLevelCacheHitCount();
		assertThat(read(this.application, Goods::find, Tagged.class, id)).isEqualTo("old");
		assertThat(statistics().getSecondLevelCacheHitCount()).isGreaterThan(hits);
	}

	private Statistics statistics() {
		return this.application.bean(EntityManagerFactory.class).unwrap(SessionFactory.class).getStatistics();
	}

	/**
	 * A factory of the application's own.
	 */
	@SuppressWarnings("serial")
	public static class OwnRegionFactory extends JCacheRegionFactory {

		static boolean started;

		/**
		 * A manager of its own, since the factory closes it.
		 */
		@Override
		protected CacheManager resolveCacheManager(SessionFactoryOptions settings, Map<String, Object> properties) {
			started = true;
			return Caching.getCachingProvider(CaffeineCachingProvider.class.getName())
				.getCacheManager(URI.create("test:own"), null);
		}

	}

	/**
	 * Changes an entity.
	 */
	@FunctionalInterface
	interface Change {

		void apply(Goods goods, Class<? extends Good> type, long id);

	}

	/**
	 * Reads an entity.
	 */
	@FunctionalInterface
	interface Read {

		@Nullable String of(Goods goods, Class<? extends Good> type, long id);

	}

	/**
	 * The entities and who works with them.
	 */
	@Configuration(proxyBeanMethods = false)
	@EntityScan(basePackageClasses = Goods.class)
	static class Shop {

		@Bean
		Goods goods(EntityManagerFactory factory) {
			EntityManager entities = SharedEntityManagerCreator.createSharedEntityManager(factory);
			return new Goods(entities);
		}

	}

}
