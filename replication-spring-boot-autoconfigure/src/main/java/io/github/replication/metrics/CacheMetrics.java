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

package io.github.replication.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

import io.github.replication.cache.CacheProtection;

/**
 * Binds the meters of protected caches.
 *
 * @since 0.1.0
 */
public final class CacheMetrics implements MeterBinder {

	private final CacheProtection protection;

	/**
	 * Creates the metrics of a protection.
	 * @param protection the protection
	 */
	public CacheMetrics(CacheProtection protection) {
		this.protection = protection;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		Gauge.builder(ReplicationMeter.CACHE_WATERMARKS.meterName(), this.protection, CacheProtection::watermarks)
			.description(ReplicationMeter.CACHE_WATERMARKS.description())
			.register(registry);
		FunctionCounter.builder(ReplicationMeter.CACHE_REFUSED.meterName(), this.protection, CacheProtection::refused)
			.description(ReplicationMeter.CACHE_REFUSED.description())
			.register(registry);
	}

}
