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

import org.hibernate.cache.spi.ExtendedStatisticsSupport;
import org.hibernate.cache.spi.Region;
import org.hibernate.cache.spi.RegionFactory;
import org.hibernate.stat.CacheRegionStatistics;

/**
 * A region that forwards to another one.
 *
 * @param <R> the type of the other region
 */
abstract class ForwardingRegion<R extends Region> implements Region, ExtendedStatisticsSupport {

	private final R target;

	private final RegionFactory factory;

	ForwardingRegion(R target, RegionFactory factory) {
		this.target = target;
		this.factory = factory;
	}

	final R target() {
		return this.target;
	}

	@Override
	public final String getName() {
		return this.target.getName();
	}

	@Override
	public final RegionFactory getRegionFactory() {
		return this.factory;
	}

	@Override
	public void clear() {
		this.target.clear();
	}

	@Override
	public final void destroy() {
		this.target.destroy();
	}

	@Override
	public final long getElementCountInMemory() {
		return (this.target instanceof ExtendedStatisticsSupport statistics) ? statistics.getElementCountInMemory()
				: CacheRegionStatistics.NO_EXTENDED_STAT_SUPPORT_RETURN;
	}

	@Override
	public final long getElementCountOnDisk() {
		return (this.target instanceof ExtendedStatisticsSupport statistics) ? statistics.getElementCountOnDisk()
				: CacheRegionStatistics.NO_EXTENDED_STAT_SUPPORT_RETURN;
	}

	@Override
	public final long getSizeInMemory() {
		return (this.target instanceof ExtendedStatisticsSupport statistics) ? statistics.getSizeInMemory()
				: CacheRegionStatistics.NO_EXTENDED_STAT_SUPPORT_RETURN;
	}

}
