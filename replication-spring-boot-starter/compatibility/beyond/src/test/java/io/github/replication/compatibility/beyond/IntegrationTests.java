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

package io.github.replication.compatibility.beyond;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.integration.annotation.ServiceActivator;
import org.springframework.integration.channel.ExecutorChannel;
import org.springframework.integration.config.EnableIntegrationManagement;
import org.springframework.messaging.support.GenericMessage;

/**
 * Messages of Spring Integration, on a channel that hands them to other threads.
 */
class IntegrationTests extends MessageContract {

	@Override
	Application.Builder connect(Application.Builder builder) {
		return builder;
	}

	@Override
	Class<?> listeners() {
		return Flow.class;
	}

	@Override
	void send(Application application, long id) {
		application.bean(ExecutorChannel.class).send(new GenericMessage<>(Long.toString(id)));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableIntegrationManagement(observationPatterns = "*")
	static class Flow {

		@Bean(destroyMethod = "shutdownNow")
		ExecutorService channelThreads() {
			return Executors.newSingleThreadExecutor();
		}

		@Bean
		ExecutorChannel purchases(ExecutorService channelThreads) {
			return new ExecutorChannel(channelThreads);
		}

		@Bean
		Activator activator(Orders orders) {
			return new Activator(orders);
		}

	}

	static class Activator {

		private final Orders orders;

		Activator(Orders orders) {
			this.orders = orders;
		}

		@ServiceActivator(inputChannel = "purchases")
		public void handle(String id) {
			this.orders.handled(this.orders.find(Long.parseLong(id)));
		}

	}

}
