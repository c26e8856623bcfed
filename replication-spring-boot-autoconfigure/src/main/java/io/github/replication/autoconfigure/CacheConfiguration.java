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

package io.github.replication.autoconfigure;

import java.util.Set;
import java.util.UUID;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.cache.Cache;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Role;
import org.springframework.core.env.Environment;

import io.github.replication.autoconfigure.ReplicationProperties.ReadYourWrites;
import io.github.replication.cache.CacheProtection;
import io.github.replication.cache.CacheSharing;
import io.github.replication.caller.CallerRecords;
import io.github.replication.store.InMemoryPositionStore;
import io.github.replication.store.PositionStore;

/**
 * Protects the caches of all managers that are beans.
 */
@Configuration(proxyBeanMethods = false)
final class CacheConfiguration {

	private static final Log logger = LogFactory.getLog(CacheConfiguration.class);

	/**
	 * The cache classes whose caches the instances share under any name.
	 */
	private static final Set<String> SHARED = Set.of("org.springframework.data.redis.cache.RedisCache",
			"org.redisson.spring.cache.RedissonCache");

	@Bean
	@ConditionalOnMissingBean
	CacheProtection replicationCacheProtection(ReplicationProperties properties, CallerRecords records,
			ObjectProvider<PositionStore> stores, ObjectProvider<ClusterFactory> owners) {
		ReadYourWrites readYourWrites = properties.getReadYourWrites();
		String instance = UUID.randomUUID().toString().replace("-", "").substring(0, 12);
		CacheSharing sharing = new CacheSharing(
				(name, cache) -> readYourWrites.getSharedCaches().contains(name) || isShared(cache),
				() -> store(stores, readYourWrites), instance);
		return new CacheProtection(records, sharing, () -> owners.getObject().keepsSnapshots());
	}

	private static boolean isShared(Cache cache) {
		for (Class<?> type = cache.getClass(); type != null; type = type.getSuperclass()) {
			if (SHARED.contains(type.getName())) {
				return true;
			}
		}
		return false;
	}

	private static PositionStore store(ObjectProvider<PositionStore> stores, ReadYourWrites readYourWrites) {
		if (stores.getObject() instanceof InMemoryPositionStore) {
			logger.warn("Caches are shared between instances, but positions are kept in the memory of this one: an"
					+ " instance may put a value that another one has just evicted. Let the application use Redis"
					+ " (spring.data.redis), or define a PositionStore bean.");
		}
		return PositionStoreConfiguration.bounded(stores, readYourWrites);
	}

	@Bean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	static CacheManagerPostProcessor replicationCacheManagerPostProcessor(ConfigurableListableBeanFactory beanFactory,
			Environment environment) {
		return new CacheManagerPostProcessor(beanFactory, environment);
	}

}
