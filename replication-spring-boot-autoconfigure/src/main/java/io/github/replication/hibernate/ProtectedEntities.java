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

import org.hibernate.cache.spi.access.EntityDataAccess;
import org.hibernate.cache.spi.access.SoftLock;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.hibernate.persister.entity.EntityPersister;
import org.jspecify.annotations.Nullable;

/**
 * Access to cached entities.
 */
final class ProtectedEntities extends ProtectedAccess<EntityDataAccess> implements EntityDataAccess {

	ProtectedEntities(EntityDataAccess target, ProtectedRegion region) {
		super(target, region);
	}

	@Override
	public Object generateCacheKey(Object id, EntityPersister persister, SessionFactoryImplementor factory,
			@Nullable String tenantIdentifier) {
		return target().generateCacheKey(id, persister, factory, tenantIdentifier);
	}

	@Override
	public Object getCacheKeyId(Object cacheKey) {
		return target().getCacheKeyId(cacheKey);
	}

	@Override
	public boolean insert(SharedSessionContractImplementor session, Object key, Object value,
			@Nullable Object version) {
		return target().insert(session, key, value, version);
	}

	@Override
	public boolean afterInsert(SharedSessionContractImplementor session, Object key, Object value,
			@Nullable Object version) {
		changed(key);
		return target().afterInsert(session, key, value, version);
	}

	@Override
	public boolean update(SharedSessionContractImplementor session, Object key, Object value,
			@Nullable Object currentVersion, @Nullable Object previousVersion) {
		return target().update(session, key, value, currentVersion, previousVersion);
	}

	@Override
	public boolean afterUpdate(SharedSessionContractImplementor session, Object key, Object value,
			@Nullable Object currentVersion, @Nullable Object previousVersion, @Nullable SoftLock lock) {
		changed(key);
		return target().afterUpdate(session, key, value, currentVersion, previousVersion, lock);
	}

}
