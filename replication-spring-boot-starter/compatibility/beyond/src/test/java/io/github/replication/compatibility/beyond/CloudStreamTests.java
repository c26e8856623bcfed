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

import java.util.function.Consumer;

import org.junit.jupiter.api.Tag;

import org.junit.jupiter.api.AfterAll;

import org.springframework.cloud.stream.function.StreamBridge;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.test.EmbeddedKafkaBroker;
import org.springframework.kafka.test.EmbeddedKafkaKraftBroker;

/**
 * Messages of Spring Cloud Stream, by its binder for Kafka.
 */
@Tag("long")
class CloudStreamTests extends MessageContract {

	private final EmbeddedKafkaBroker broker = start();

	private static EmbeddedKafkaBroker start() {
		EmbeddedKafkaBroker broker = new EmbeddedKafkaKraftBroker(1, 1, "purchases");
		broker.afterPropertiesSet();
		return broker;
	}

	@AfterAll
	void stopBroker() {
		this.broker.destroy();
	}

	@Override
	Application.Builder connect(Application.Builder builder) {
		return builder.with("spring.cloud.stream.kafka.binder.brokers", this.broker.getBrokersAsString())
			.with("spring.cloud.stream.kafka.binder.enable-observation", "true")
			.with("spring.cloud.function.definition", "handlePurchase")
			.with("spring.cloud.stream.bindings.handlePurchase-in-0.destination", "purchases")
			.with("spring.cloud.stream.bindings.handlePurchase-in-0.group", "purchases")
			.with("spring.cloud.stream.kafka.bindings.handlePurchase-in-0.consumer.start-offset", "earliest");
	}

	@Override
	Class<?> listeners() {
		return Functions.class;
	}

	@Override
	void send(Application application, long id) {
		application.bean(StreamBridge.class).send("purchases", Long.toString(id));
	}

	@Configuration(proxyBeanMethods = false)
	static class Functions {

		@Bean
		Consumer<String> handlePurchase(Orders orders) {
			return (id) -> orders.handled(orders.find(Long.parseLong(id)));
		}

	}

}
