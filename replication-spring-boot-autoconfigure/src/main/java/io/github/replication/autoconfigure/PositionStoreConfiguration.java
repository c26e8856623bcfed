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

import java.time.Duration;
import java.util.List;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.util.ClassUtils;

import io.github.replication.autoconfigure.ReplicationProperties.Carrier;
import io.github.replication.autoconfigure.ReplicationProperties.ReadYourWrites;
import io.github.replication.store.BoundedPositionStore;
import io.github.replication.store.InMemoryPositionStore;
import io.github.replication.store.PositionStore;
import io.github.replication.store.RedisPositionStore;

/**
 * Where the positions of users are kept: in Redis if the application uses it, so that all
 * its instances know them, else in memory. The one definition decides when the store is
 * needed, which is never unless users are the carrier or a cache is shared.
 */
@Configuration(proxyBeanMethods = false)
final class PositionStoreConfiguration {

	private static final String BEAN = "replicationPositionStore";

	@Bean(BEAN)
	@Lazy
	@ConditionalOnMissingBean(PositionStore.class)
	PositionStore replicationPositionStore(ListableBeanFactory beanFactory) {
		boolean redis = ClassUtils.isPresent("org.springframework.data.redis.connection.RedisConnectionFactory",
				getClass().getClassLoader());
		return (redis && Redis.isUsed(beanFactory)) ? Redis.store(beanFactory)
				: new InMemoryPositionStore(System::nanoTime);
	}

	/**
	 * Chooses the store now, so that an ambiguous choice stops the start. A store that
	 * the application defines is left alone.
	 * @param beanFactory the beans of the application
	 */
	static void choose(ListableBeanFactory beanFactory) {
		if (beanFactory.containsBeanDefinition(BEAN)) {
			beanFactory.getBean(BEAN);
		}
	}

	/**
	 * The store, whose calls are bounded.
	 * @param stores the store to ask for
	 * @param readYourWrites how long it may take
	 */
	static BoundedPositionStore bounded(ObjectProvider<PositionStore> stores, ReadYourWrites readYourWrites) {
		Duration timeout = readYourWrites.getStoreTimeout();
		PropertyRanges.checkStoreTimeout(timeout);
		return new BoundedPositionStore(stores.getObject(), timeout, System::nanoTime);
	}

	/**
	 * Loaded only where Spring Data Redis is.
	 */
	private static final class Redis {

		/**
		 * The name that Spring Boot gives to the connection factory of
		 * {@code spring.data.redis}.
		 */
		private static final String DEFAULT = "redisConnectionFactory";

		static boolean isUsed(ListableBeanFactory beanFactory) {
			return beanFactory.getBeanNamesForType(RedisConnectionFactory.class, true, false).length > 0;
		}

		static PositionStore store(ListableBeanFactory beanFactory) {
			RedisConnectionFactory unique = beanFactory.getBeanProvider(RedisConnectionFactory.class).getIfUnique();
			if (unique != null) {
				return new RedisPositionStore(unique);
			}
			List<String> names = List.of(beanFactory.getBeanNamesForType(RedisConnectionFactory.class, true, false));
			if (!names.contains(DEFAULT)) {
				throw ambiguous(names, beanFactory.getBean(ReplicationProperties.class).getReadYourWrites());
			}
			return new RedisPositionStore(beanFactory.getBean(DEFAULT, RedisConnectionFactory.class));
		}

		private static InvalidReplicationConfigurationException ambiguous(List<String> names,
				ReadYourWrites readYourWrites) {
			String reason = "Several beans can connect to a Redis, " + String.join(", ", names)
					+ ", and none of them is primary.";
			if (readYourWrites.getCarrier() == Carrier.USER) {
				return new InvalidReplicationConfigurationException("replication.read-your-writes.carrier", "user",
						reason, "Mark the one that is to keep the positions of users with @Primary, or define a"
								+ " PositionStore bean.");
			}
			return new InvalidReplicationConfigurationException("replication.read-your-writes.caches", "true", reason,
					"Mark the one that is to keep the evictions of shared caches with @Primary, define a PositionStore"
							+ " bean, or set replication.read-your-writes.caches=false.");
		}

	}

}
