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

package io.github.replication.hibernate;

import org.hibernate.cache.spi.DomainDataRegion;
import org.hibernate.cache.spi.access.AccessType;
import org.hibernate.cache.spi.access.CachedDomainDataAccess;
import org.hibernate.cache.spi.access.SoftLock;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.jspecify.annotations.Nullable;

/**
 * Access to cached data that refuses values from before a write. Whatever the strategy,
 * Hibernate ends a change of an entry after the commit: that raises the watermark.
 *
 * @param <A> the type of the access behind it
 */
abstract class ProtectedAccess<A extends CachedDomainDataAccess> implements CachedDomainDataAccess {

	private final A target;

	private final ProtectedRegion region;

	ProtectedAccess(A target, ProtectedRegion region) {
		this.target = target;
		this.region = region;
	}

	final A target() {
		return this.target;
	}

	/**
	 * A change of an entry was committed.
	 */
	final void changed(Object key) {
		this.region.watermarks().raise(key);
	}

	private void changedAll() {
		this.region.watermarks().raiseAll();
	}

	private boolean mayPut(SharedSessionContractImplementor session, Object key) {
		return this.region.caches().includes(this.region.watermarks().required(key), session);
	}

	@Override
	public final boolean putFromLoad(SharedSessionContractImplementor session, Object key, Object value,
			@Nullable Object version) {
		if (!mayPut(session, key)) {
			return refuse();
		}
		boolean put = this.target.putFromLoad(session, key, value, version);
		return evictIfChanged(session, key, put);
	}

	@Override
	public final boolean putFromLoad(SharedSessionContractImplementor session, Object key, Object value,
			@Nullable Object version, boolean minimalPutOverride) {
		if (!mayPut(session, key)) {
			return refuse();
		}
		boolean put = this.target.putFromLoad(session, key, value, version, minimalPutOverride);
		return evictIfChanged(session, key, put);
	}

	private boolean refuse() {
		this.region.watermarks().countRefused();
		return false;
	}

	/**
	 * Evicts a value that was put while a change was ending.
	 */
	private boolean evictIfChanged(SharedSessionContractImplementor session, Object key, boolean put) {
		if (!put || mayPut(session, key)) {
			return put;
		}
		this.target.evict(key);
		return refuse();
	}

	@Override
	public final void unlockItem(SharedSessionContractImplementor session, Object key, @Nullable SoftLock lock) {
		changed(key);
		this.target.unlockItem(session, key, lock);
	}

	@Override
	public final void unlockRegion(@Nullable SoftLock lock) {
		changedAll();
		this.target.unlockRegion(lock);
	}

	@Override
	public final void evict(Object key) {
		changed(key);
		this.target.evict(key);
	}

	@Override
	public final void evictAll() {
		changedAll();
		this.target.evictAll();
	}

	@Override
	public final DomainDataRegion getRegion() {
		return this.region;
	}

	@Override
	public final AccessType getAccessType() {
		return this.target.getAccessType();
	}

	@Override
	public final @Nullable Object get(SharedSessionContractImplementor session, Object key) {
		return this.target.get(session, key);
	}

	@Override
	public final boolean contains(Object key) {
		return this.target.contains(key);
	}

	@Override
	public final @Nullable SoftLock lockItem(SharedSessionContractImplementor session, Object key,
			@Nullable Object version) {
		return this.target.lockItem(session, key, version);
	}

	@Override
	public final @Nullable SoftLock lockRegion() {
		return this.target.lockRegion();
	}

	@Override
	public final void remove(SharedSessionContractImplementor session, Object key) {
		this.target.remove(session, key);
	}

	@Override
	public final void removeAll(SharedSessionContractImplementor session) {
		this.target.removeAll(session);
	}

}
