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

import java.util.Map;

import org.hibernate.boot.spi.SessionFactoryOptions;
import org.hibernate.cache.cfg.spi.DomainDataRegionBuildingContext;
import org.hibernate.cache.cfg.spi.DomainDataRegionConfig;
import org.hibernate.cache.spi.CacheTransactionSynchronization;
import org.hibernate.cache.spi.DomainDataRegion;
import org.hibernate.cache.spi.QueryResultsRegion;
import org.hibernate.cache.spi.RegionFactory;
import org.hibernate.cache.spi.StandardCacheTransactionSynchronization;
import org.hibernate.cache.spi.TimestampsRegion;
import org.hibernate.cache.spi.access.AccessType;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.hibernate.engine.spi.SharedSessionContractImplementor;

import io.github.replication.cache.RegionWatermarks;

/**
 * Creates regions that refuse values of replicas from before a write.
 */
@SuppressWarnings("serial")
final class ProtectedRegionFactory implements RegionFactory {

	private final RegionFactory target;

	private final HibernateCaches caches;

	private final RegionWatermarks queries;

	ProtectedRegionFactory(RegionFactory target, HibernateCaches caches) {
		this.target = target;
		this.caches = caches;
		this.queries = caches.watermarks();
	}

	@Override
	public void start(SessionFactoryOptions settings, Map<String, Object> configValues) {
		this.target.start(settings, configValues);
	}

	@Override
	public void stop() {
		this.target.stop();
	}

	@Override
	public boolean isMinimalPutsEnabledByDefault() {
		return this.target.isMinimalPutsEnabledByDefault();
	}

	@Override
	public AccessType getDefaultAccessType() {
		return this.target.getDefaultAccessType();
	}

	@Override
	public String qualify(String regionName) {
		return this.target.qualify(regionName);
	}

	/**
	 * The context of a session. A provider may rely on a class of its own, which cannot
	 * note when the transaction has begun: then no value is put that has a watermark.
	 */
	@Override
	public CacheTransactionSynchronization createTransactionContext(SharedSessionContractImplementor session) {
		CacheTransactionSynchronization context = this.target.createTransactionContext(session);
		return (context.getClass() == StandardCacheTransactionSynchronization.class)
				? new SessionStart(context, this.caches.clock()) : context;
	}

	@Override
	public long nextTimestamp() {
		return this.target.nextTimestamp();
	}

	@Override
	public long getTimeout() {
		return this.target.getTimeout();
	}

	@Override
	public DomainDataRegion buildDomainDataRegion(DomainDataRegionConfig config,
			DomainDataRegionBuildingContext context) {
		return new ProtectedRegion(this.target.buildDomainDataRegion(config, context), this, this.caches);
	}

	@Override
	public QueryResultsRegion buildQueryResultsRegion(String name, SessionFactoryImplementor sessionFactory) {
		return new ProtectedQueryResults(this.target.buildQueryResultsRegion(name, sessionFactory), this, this.caches,
				this.queries);
	}

	@Override
	public TimestampsRegion buildTimestampsRegion(String name, SessionFactoryImplementor sessionFactory) {
		return new WatchedTimestamps(this.target.buildTimestampsRegion(name, sessionFactory), this, this.queries);
	}

}
