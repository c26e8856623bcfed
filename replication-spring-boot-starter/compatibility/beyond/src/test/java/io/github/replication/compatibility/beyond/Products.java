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

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.CacheEvict;
import org.springframework.cache.annotation.CachePut;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.Caching;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Transactional;

import io.github.replication.Consistency;
import io.github.replication.ReadOnly;
import io.github.replication.Replication;

/**
 * What applications do with a cache.
 */
class Products {

	private final JdbcTemplate jdbc;

	private final CacheManager caches;

	private final AtomicReference<Runnable> afterRead = new AtomicReference<>(() -> {
	});

	Products(JdbcTemplate jdbc, CacheManager caches) {
		this.jdbc = jdbc;
		this.caches = caches;
	}

	/**
	 * Sets what runs, once, after a value was read and before it is put.
	 */
	public void onRead(Runnable action) {
		this.afterRead.set(action);
	}

	@ReadOnly
	@Cacheable("products")
	public String find(long id) {
		return read(id);
	}

	@ReadOnly
	@Cacheable(cacheNames = "products", sync = true)
	public String findInSync(long id) {
		return read(id);
	}

	@ReadOnly
	@Cacheable(cacheNames = "products", condition = "#id > 0", unless = "#result == null")
	public String findOnCondition(long id) {
		return read(id);
	}

	@Cacheable("products")
	public String findInAutoCommit(long id) {
		return Replication.readOnly(Consistency.SESSION, () -> read(id));
	}

	@ReadOnly
	public String findByHand(long id) {
		return cache().get(id, () -> read(id));
	}

	private Cache cache() {
		return Objects.requireNonNull(this.caches.getCache("products"));
	}

	@Transactional(readOnly = true)
	@Cacheable("products")
	public CompletableFuture<String> findLater(long id) {
		return CompletableFuture.completedFuture(read(id));
	}

	@Transactional(readOnly = true)
	@Cacheable(cacheNames = "products", sync = true)
	public CompletableFuture<String> findLaterInSync(long id) {
		return CompletableFuture.completedFuture(read(id));
	}

	@Cacheable("products")
	public String findInAnotherThread(long id) {
		return inAnotherThread(id).join();
	}

	@Cacheable("products")
	public CompletableFuture<String> findLaterInAnotherThread(long id) {
		return inAnotherThread(id);
	}

	@Cacheable(cacheNames = "products", sync = true)
	public CompletableFuture<String> findLaterInAnotherThreadInSync(long id) {
		return inAnotherThread(id);
	}

	/**
	 * Takes the snapshot of the transaction under way.
	 */
	public long countInTransaction() {
		return Objects.requireNonNull(this.jdbc.queryForObject("SELECT count(*) FROM product", Long.class));
	}

	public String nameInTransaction(long id) {
		return read(id);
	}

	/**
	 * Reads in a thread to which nothing passes the caller.
	 */
	private CompletableFuture<String> inAnotherThread(long id) {
		return CompletableFuture.supplyAsync(() -> Replication.readOnly(Consistency.SESSION, () -> read(id)));
	}

	private String read(long id) {
		String name = this.jdbc.queryForObject("SELECT name FROM product WHERE id = ?", String.class, id);
		this.afterRead.getAndSet(() -> {
		}).run();
		return name;
	}

	@Transactional
	@CacheEvict(cacheNames = "products", key = "#id")
	public void rename(long id, String name) {
		update(id, name);
	}

	@CacheEvict(cacheNames = "products", key = "#id")
	public void renameInAutoCommit(long id, String name) {
		update(id, name);
	}

	@Transactional
	@CacheEvict(cacheNames = "products", allEntries = true)
	public void renameAndClear(long id, String name) {
		update(id, name);
	}

	@Transactional
	@Caching(evict = { @CacheEvict(cacheNames = "products", key = "#id"),
			@CacheEvict(cacheNames = "others", allEntries = true) })
	public void renameAndEvictTwice(long id, String name) {
		update(id, name);
	}

	@CacheEvict(cacheNames = "products", key = "#id", beforeInvocation = true)
	public void evictBefore(long id, String name) {
		update(id, name);
	}

	@Transactional
	@CachePut(cacheNames = "products", key = "#id")
	public String renameAndPut(long id, String name) {
		update(id, name);
		return name;
	}

	@CachePut(cacheNames = "products", key = "#id")
	public String renameAndPutInAutoCommit(long id, String name) {
		update(id, name);
		return name;
	}

	@CacheEvict(cacheNames = "products", allEntries = true)
	public void renameAndClearInAutoCommit(long id, String name) {
		update(id, name);
	}

	@Transactional
	@CacheEvict(cacheNames = "products", key = "#id", condition = "#id > 0")
	public void renameOnCondition(long id, String name) {
		update(id, name);
	}

	@Transactional
	@CacheEvict(cacheNames = "products", key = "#id")
	public CompletableFuture<Void> renameLater(long id, String name) {
		update(id, name);
		return CompletableFuture.completedFuture(null);
	}

	/**
	 * Changes a product and the cache without an annotation.
	 */
	public void renameByHand(long id, String name, Consumer<Cache> change) {
		update(id, name);
		change.accept(cache());
	}

	private void update(long id, String name) {
		this.jdbc.update("UPDATE product SET name = ? WHERE id = ?", name, id);
	}

}
