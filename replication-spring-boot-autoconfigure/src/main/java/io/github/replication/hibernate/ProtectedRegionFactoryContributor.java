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

import org.hibernate.boot.registry.StandardServiceInitiator;
import org.hibernate.boot.registry.StandardServiceRegistryBuilder;
import org.hibernate.cache.internal.NoCachingRegionFactory;
import org.hibernate.cache.internal.RegionFactoryInitiator;
import org.hibernate.cache.spi.RegionFactory;
import org.hibernate.service.spi.ServiceContributor;
import org.hibernate.service.spi.ServiceRegistryImplementor;

/**
 * Protects the regions of the factory that the application has chosen, if the settings of
 * Hibernate say so. Found by Hibernate itself.
 *
 * @since 0.1.0
 */
public final class ProtectedRegionFactoryContributor implements ServiceContributor {

	@Override
	public void contribute(StandardServiceRegistryBuilder builder) {
		if (builder.getSettings().get(HibernateCaches.SETTING) instanceof HibernateCaches caches) {
			builder.addInitiator(new Initiator(caches));
		}
	}

	/**
	 * Lets Hibernate find the factory, and protects its regions.
	 *
	 * @param caches the protection
	 */
	private record Initiator(HibernateCaches caches) implements StandardServiceInitiator<RegionFactory> {

		@Override
		public Class<RegionFactory> getServiceInitiated() {
			return RegionFactory.class;
		}

		@Override
		public RegionFactory initiateService(Map<String, Object> settings, ServiceRegistryImplementor registry) {
			RegionFactory factory = RegionFactoryInitiator.INSTANCE.initiateService(settings, registry);
			return (factory instanceof NoCachingRegionFactory) ? factory : this.caches.protect(factory);
		}

	}

}
