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
import java.util.Map;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.util.ClassUtils;

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

	@Bean
	@Lazy
	@ConditionalOnMissingBean(PositionStore.class)
	PositionStore replicationPositionStore(ListableBeanFactory beanFactory) {
		boolean redis = ClassUtils.isPresent("org.springframework.data.redis.connection.RedisConnectionFactory",
				getClass().getClassLoader());
		return (redis && Redis.isUsed(beanFactory)) ? Redis.store(beanFactory)
				: new InMemoryPositionStore(System::nanoTime);
	}

	/**
	 * The store, whose calls are bounded.
	 * @param stores the store to ask for
	 * @param readYourWrites how long it may take
	 */
	static BoundedPositionStore bounded(ObjectProvider<PositionStore> stores, ReadYourWrites readYourWrites) {
		Duration timeout = readYourWrites.getStoreTimeout();
		if (timeout.isZero() || timeout.isNegative()) {
			throw new InvalidReplicationConfigurationException("replication.read-your-writes.store-timeout",
					timeout.toString(), "A store needs some time to answer.",
					"Set a duration above zero, such as 100ms.");
		}
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
			ObjectProvider<RedisConnectionFactory> factories = beanFactory
				.getBeanProvider(RedisConnectionFactory.class);
			RedisConnectionFactory unique = factories.getIfUnique();
			if (unique != null) {
				return new RedisPositionStore(unique);
			}
			Map<String, RedisConnectionFactory> all = beanFactory.getBeansOfType(RedisConnectionFactory.class);
			RedisConnectionFactory byName = all.get(DEFAULT);
			if (byName == null) {
				throw new InvalidReplicationConfigurationException("replication.read-your-writes.carrier", "user",
						"Several beans can connect to a Redis, " + String.join(", ", all.keySet())
								+ ", and none of them is primary.",
						"Mark the one that is to keep the positions of users with @Primary, or define a PositionStore"
								+ " bean.");
			}
			return new RedisPositionStore(byName);
		}

	}

}
