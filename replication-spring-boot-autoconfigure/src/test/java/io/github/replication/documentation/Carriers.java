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

package io.github.replication.documentation;

import java.time.Duration;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;

import io.github.replication.store.BoundedPositionStore;
import io.github.replication.store.RedisPositionStore;
import io.github.replication.web.CookiePositionCarrier;
import io.github.replication.web.PositionCarrier;
import io.github.replication.web.UserPositionCarrier;

@Configuration(proxyBeanMethods = false)
class Carriers {

	private static final Duration WINDOW = Duration.ofSeconds(10);

	private static final Duration STORE_TIMEOUT = Duration.ofMillis(100);

	@Bean
	PositionCarrier cookies() {
		return new CookiePositionCarrier("replication-position",
				new CookiePositionCarrier.Attributes(null, null, null, "Lax", WINDOW), System::nanoTime);
	}

	@Bean
	PositionCarrier users(RedisConnectionFactory connections) {
		return new UserPositionCarrier(
				new BoundedPositionStore(new RedisPositionStore(connections), STORE_TIMEOUT, System::nanoTime), WINDOW);
	}

}
