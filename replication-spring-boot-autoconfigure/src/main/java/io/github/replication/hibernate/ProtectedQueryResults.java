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

import org.hibernate.cache.spi.QueryResultsRegion;
import org.hibernate.cache.spi.RegionFactory;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.jspecify.annotations.Nullable;

import io.github.replication.cache.RegionWatermarks;

/**
 * A region of query results. A result has no key that changes refer to, so it has to
 * include the last change of any table.
 */
final class ProtectedQueryResults extends ForwardingRegion<QueryResultsRegion> implements QueryResultsRegion {

	private final HibernateCaches caches;

	private final RegionWatermarks watermarks;

	ProtectedQueryResults(QueryResultsRegion target, RegionFactory factory, HibernateCaches caches,
			RegionWatermarks watermarks) {
		super(target, factory);
		this.caches = caches;
		this.watermarks = watermarks;
	}

	@Override
	@SuppressWarnings("NullAway")
	public @Nullable Object getFromCache(Object key, SharedSessionContractImplementor session) {
		return target().getFromCache(key, session);
	}

	/**
	 * Puts a result. A change that ends meanwhile makes it invalid, since its timestamp
	 * is that of its session.
	 */
	@Override
	public void putIntoCache(Object key, Object value, SharedSessionContractImplementor session) {
		if (this.caches.includes(this.watermarks.requiredOfAll(), session)) {
			target().putIntoCache(key, value, session);
		}
		else {
			this.watermarks.countRefused();
		}
	}

}
