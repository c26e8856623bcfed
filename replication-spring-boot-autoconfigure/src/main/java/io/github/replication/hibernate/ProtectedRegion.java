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
import org.hibernate.cache.spi.RegionFactory;
import org.hibernate.cache.spi.access.CollectionDataAccess;
import org.hibernate.cache.spi.access.EntityDataAccess;
import org.hibernate.cache.spi.access.NaturalIdDataAccess;
import org.hibernate.metamodel.model.domain.NavigableRole;
import org.jspecify.annotations.Nullable;

import io.github.replication.cache.RegionWatermarks;

/**
 * A region of entities, collections and natural ids with its watermarks.
 */
final class ProtectedRegion extends ForwardingRegion<DomainDataRegion> implements DomainDataRegion {

	private final HibernateCaches caches;

	private final RegionWatermarks watermarks;

	ProtectedRegion(DomainDataRegion target, RegionFactory factory, HibernateCaches caches) {
		super(target, factory);
		this.caches = caches;
		this.watermarks = caches.watermarks();
	}

	HibernateCaches caches() {
		return this.caches;
	}

	RegionWatermarks watermarks() {
		return this.watermarks;
	}

	@Override
	public void clear() {
		this.watermarks.raiseAll();
		super.clear();
	}

	@Override
	@SuppressWarnings("NullAway")
	public @Nullable EntityDataAccess getEntityDataAccess(NavigableRole role) {
		EntityDataAccess access = target().getEntityDataAccess(role);
		return (access != null) ? new ProtectedEntities(access, this) : null;
	}

	@Override
	@SuppressWarnings("NullAway")
	public @Nullable NaturalIdDataAccess getNaturalIdDataAccess(NavigableRole role) {
		NaturalIdDataAccess access = target().getNaturalIdDataAccess(role);
		return (access != null) ? new ProtectedNaturalIds(access, this) : null;
	}

	@Override
	@SuppressWarnings("NullAway")
	public @Nullable CollectionDataAccess getCollectionDataAccess(NavigableRole role) {
		CollectionDataAccess access = target().getCollectionDataAccess(role);
		return (access != null) ? new ProtectedCollections(access, this) : null;
	}

}
