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

import org.hibernate.cache.spi.access.NaturalIdDataAccess;
import org.hibernate.cache.spi.access.SoftLock;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.hibernate.persister.entity.EntityPersister;
import org.jspecify.annotations.Nullable;

/**
 * Access to cached natural ids.
 */
final class ProtectedNaturalIds extends ProtectedAccess<NaturalIdDataAccess> implements NaturalIdDataAccess {

	ProtectedNaturalIds(NaturalIdDataAccess target, ProtectedRegion region) {
		super(target, region);
	}

	@Override
	public Object generateCacheKey(Object naturalIdValues, EntityPersister persister,
			SharedSessionContractImplementor session) {
		return target().generateCacheKey(naturalIdValues, persister, session);
	}

	@Override
	public Object getNaturalIdValues(Object cacheKey) {
		return target().getNaturalIdValues(cacheKey);
	}

	@Override
	public boolean insert(SharedSessionContractImplementor session, Object key, Object value) {
		return target().insert(session, key, value);
	}

	@Override
	public boolean afterInsert(SharedSessionContractImplementor session, Object key, Object value) {
		changed(key);
		return target().afterInsert(session, key, value);
	}

	@Override
	public boolean update(SharedSessionContractImplementor session, Object key, Object value) {
		return target().update(session, key, value);
	}

	@Override
	public boolean afterUpdate(SharedSessionContractImplementor session, Object key, Object value,
			@Nullable SoftLock lock) {
		changed(key);
		return target().afterUpdate(session, key, value, lock);
	}

}
