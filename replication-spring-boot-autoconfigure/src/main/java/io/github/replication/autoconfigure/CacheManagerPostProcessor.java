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

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.cache.CacheManager;
import org.springframework.core.env.Environment;
import org.springframework.util.function.SingletonSupplier;

import io.github.replication.autoconfigure.ReplicationProperties.ReadYourWrites;
import io.github.replication.cache.CacheProtection;
import io.github.replication.position.ReadYourWritesMode;

/**
 * Protects the caches of each manager that is a bean, unless the application has no
 * replicas or does not want it. Once the application has started, it has the store for
 * caches that instances share, or does not start.
 */
final class CacheManagerPostProcessor implements BeanPostProcessor, SmartInitializingSingleton {

	/**
	 * The managers of caches that instances share under any name.
	 */
	private static final Set<String> SHARED = Set.of("org.springframework.data.redis.cache.RedisCacheManager",
			"org.redisson.spring.cache.RedissonSpringCacheManager");

	private final ConfigurableListableBeanFactory beanFactory;

	private final Environment environment;

	private volatile boolean any;

	private volatile boolean shared;

	CacheManagerPostProcessor(ConfigurableListableBeanFactory beanFactory, Environment environment) {
		this.beanFactory = beanFactory;
		this.environment = environment;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (!(bean instanceof CacheManager manager)
				|| !OnReplicationCondition.isConfigured(this.environment, this.beanFactory)) {
			return bean;
		}
		this.any = true;
		if (isShared(manager)) {
			this.shared = true;
		}
		return CacheProtection.protect(manager, SingletonSupplier.ofNullable(this::protection));
	}

	private static boolean isShared(CacheManager manager) {
		for (Class<?> type = manager.getClass(); type != null; type = type.getSuperclass()) {
			if (SHARED.contains(type.getName())) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Chooses the store if there is a manager by now. One that is lazy finds its store at
	 * the first cache.
	 */
	@Override
	public void afterSingletonsInstantiated() {
		if (this.any && (this.shared || !readYourWrites().getSharedCaches().isEmpty()) && isWanted()) {
			PositionStoreConfiguration.choose(this.beanFactory);
		}
	}

	/**
	 * The protection, asked for at the first cache, since a manager may be created early.
	 */
	private @Nullable CacheProtection protection() {
		return isWanted() ? this.beanFactory.getBean(CacheProtection.class) : null;
	}

	private boolean isWanted() {
		ReadYourWrites readYourWrites = readYourWrites();
		return readYourWrites.isCaches() && readYourWrites.getMode() != ReadYourWritesMode.OFF
				&& this.beanFactory.getBean(ClusterFactory.class).hasReplicas();
	}

	private ReadYourWrites readYourWrites() {
		return this.beanFactory.getBean(ReplicationProperties.class).getReadYourWrites();
	}

}
