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

import org.jspecify.annotations.Nullable;

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
 * replicas or does not want it.
 */
final class CacheManagerPostProcessor implements BeanPostProcessor {

	private final ConfigurableListableBeanFactory beanFactory;

	private final Environment environment;

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
		return CacheProtection.protect(manager, SingletonSupplier.ofNullable(this::protection));
	}

	/**
	 * The protection, asked for at the first cache, since a manager may be created early.
	 */
	private @Nullable CacheProtection protection() {
		ReadYourWrites readYourWrites = this.beanFactory.getBean(ReplicationProperties.class).getReadYourWrites();
		boolean wanted = readYourWrites.isCaches() && readYourWrites.getMode() != ReadYourWritesMode.OFF
				&& this.beanFactory.getBean(ClusterFactory.class).hasReplicas();
		return wanted ? this.beanFactory.getBean(CacheProtection.class) : null;
	}

}
