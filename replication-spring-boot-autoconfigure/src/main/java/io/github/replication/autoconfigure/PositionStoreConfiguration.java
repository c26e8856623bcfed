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

import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.data.redis.connection.RedisConnectionFactory;

import io.github.replication.store.InMemoryPositionStore;
import io.github.replication.store.PositionStore;
import io.github.replication.store.RedisPositionStore;

/**
 * Where the positions of users are kept: in Redis if the application uses it, so that all
 * its instances know them, else in memory.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(prefix = ReplicationProperties.PREFIX, name = "read-your-writes.carrier", havingValue = "user")
@Import({ PositionStoreConfiguration.Redis.class, PositionStoreConfiguration.Memory.class })
final class PositionStoreConfiguration {

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(RedisConnectionFactory.class)
	@ConditionalOnBean(RedisConnectionFactory.class)
	@ConditionalOnMissingBean(PositionStore.class)
	static final class Redis {

		@Bean
		RedisPositionStore replicationPositionStore(RedisConnectionFactory connectionFactory) {
			return new RedisPositionStore(connectionFactory);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnMissingBean(PositionStore.class)
	static final class Memory {

		@Bean
		InMemoryPositionStore replicationPositionStore() {
			return new InMemoryPositionStore(System::nanoTime);
		}

	}

}
