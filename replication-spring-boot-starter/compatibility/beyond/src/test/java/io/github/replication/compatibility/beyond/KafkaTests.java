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

import java.util.List;
import java.util.concurrent.TimeUnit;

import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.test.EmbeddedKafkaBroker;
import org.springframework.kafka.test.EmbeddedKafkaKraftBroker;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Records of Kafka, one by one and in batches. The binder of Spring Cloud Stream, which
 * is on the class path too, has other serializers as its default.
 */
@Tag("long")
class KafkaTests extends MessageContract {

	private final EmbeddedKafkaBroker broker = start();

	private static EmbeddedKafkaBroker start() {
		EmbeddedKafkaBroker broker = new EmbeddedKafkaKraftBroker(1, 1, "orders", "batches");
		broker.afterPropertiesSet();
		return broker;
	}

	@AfterAll
	void stopBroker() {
		this.broker.destroy();
	}

	@Override
	Application.Builder connect(Application.Builder builder) {
		return builder.with("spring.kafka.bootstrap-servers", this.broker.getBrokersAsString())
			.with("spring.kafka.consumer.auto-offset-reset", "earliest")
			.with("spring.kafka.producer.key-serializer", StringSerializer.class.getName())
			.with("spring.kafka.producer.value-serializer", StringSerializer.class.getName())
			.with("spring.kafka.consumer.key-deserializer", StringDeserializer.class.getName())
			.with("spring.kafka.consumer.value-deserializer", StringDeserializer.class.getName())
			.with("spring.rabbitmq.listener.simple.auto-startup", "false");
	}

	@Override
	Class<?> listeners() {
		return Listeners.class;
	}

	@Override
	void send(Application application, long id) {
		send(application, "orders", id);
	}

	@SuppressWarnings("unchecked")
	private static void send(Application application, String topic, long id) {
		try {
			application.bean(KafkaTemplate.class).send(topic, Long.toString(id)).get(30, TimeUnit.SECONDS);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void batchIsHandledAsFarAsItsLastRecordNeeds() throws Exception {
		Orders orders = application().bean(Orders.class);
		holdReplicasBack();
		long id = newId();
		application().asNewCaller(() -> {
			orders.place(id);
			send(application(), "batches", id);
			return null;
		});
		assertThat(orders.await(id)).isEqualTo(new Orders.Found(id, true, "primary"));
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

		@KafkaListener(id = "orders", topics = "orders")
		void handle(String id) {
			this.orders.handled(this.orders.find(Long.parseLong(id)));
		}

		@KafkaListener(id = "batches", topics = "batches", batch = "true")
		void handle(List<String> ids) {
			ids.forEach((id) -> this.orders.handled(this.orders.find(Long.parseLong(id))));
		}

	}

}
