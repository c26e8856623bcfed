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

import org.junit.jupiter.api.Tag;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jms.annotation.JmsListener;
import org.springframework.jms.core.JmsTemplate;

/**
 * Messages of JMS, by an embedded Artemis.
 */
@Tag("long")
class ArtemisTests extends MessageContract {

	@Override
	Application.Builder connect(Application.Builder builder) {
		return builder.with("spring.artemis.mode", "embedded")
			.with("spring.artemis.embedded.queues", "orders")
			.with("spring.artemis.embedded.data-directory", "target/artemis")
			.with("spring.kafka.listener.auto-startup", "false");
	}

	@Override
	Class<?> listeners() {
		return Listeners.class;
	}

	@Override
	void send(Application application, long id) {
		application.bean(JmsTemplate.class).convertAndSend("orders", Long.toString(id));
	}

	@Configuration(proxyBeanMethods = false)
	static class Listeners {

		@Bean
		Listener listener(Orders orders) {
			return new Listener(orders);
		}

	}

	static class Listener {

		private final Orders orders;

		Listener(Orders orders) {
			this.orders = orders;
		}

		@JmsListener(destination = "orders")
		void handle(String id) {
			this.orders.handled(this.orders.find(Long.parseLong(id)));
		}

	}

}
