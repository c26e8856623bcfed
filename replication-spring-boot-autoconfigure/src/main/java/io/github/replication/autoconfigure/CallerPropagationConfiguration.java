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

import io.micrometer.context.ContextRegistry;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ClientHttpRequestInterceptor;

import io.github.replication.caller.CallerRecords;
import io.github.replication.caller.CallerThreadLocalAccessor;
import io.github.replication.web.PositionClientInterceptor;

/**
 * The beans that take a caller's position to other threads and other services.
 */
@Configuration(proxyBeanMethods = false)
final class CallerPropagationConfiguration {

	/**
	 * To other threads.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ContextRegistry.class)
	static final class ThreadConfiguration {

		@Bean
		Registration replicationCallerPropagation(CallerRecords records) {
			return new Registration(new CallerThreadLocalAccessor(records));
		}

	}

	/**
	 * To other services.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ClientHttpRequestInterceptor.class)
	static final class ClientConfiguration {

		@Bean
		@ConditionalOnMissingBean
		PositionClientInterceptor replicationPositionClientInterceptor(ReplicationProperties properties,
				CallerRecords records) {
			return new PositionClientInterceptor(records,
					PositionHeader.nameOf(properties.getReadYourWrites().getHeader()));
		}

	}

	/**
	 * Registers an accessor for as long as the application context lives.
	 *
	 * @param accessor the accessor
	 */
	record Registration(CallerThreadLocalAccessor accessor) implements DisposableBean {

		Registration {
			ContextRegistry.getInstance().registerThreadLocalAccessor(accessor);
		}

		@Override
		public void destroy() {
			ContextRegistry.getInstance().removeThreadLocalAccessor((String) this.accessor.key());
		}

	}

}
