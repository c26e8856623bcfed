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

import org.hibernate.cache.spi.RegionFactory;
import org.hibernate.cache.spi.TimestampsRegion;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.jspecify.annotations.Nullable;

import io.github.replication.cache.RegionWatermarks;

/**
 * The region in which Hibernate notes when it has changed a table last.
 */
final class WatchedTimestamps extends ForwardingRegion<TimestampsRegion> implements TimestampsRegion {

	private final RegionWatermarks watermarks;

	WatchedTimestamps(TimestampsRegion target, RegionFactory factory, RegionWatermarks watermarks) {
		super(target, factory);
		this.watermarks = watermarks;
	}

	@Override
	@SuppressWarnings("NullAway")
	public @Nullable Object getFromCache(Object key, SharedSessionContractImplementor session) {
		return target().getFromCache(key, session);
	}

	@Override
	public void putIntoCache(Object key, Object value, SharedSessionContractImplementor session) {
		this.watermarks.raiseAll();
		target().putIntoCache(key, value, session);
	}

}
