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

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.ApplicationContext;
import org.springframework.kafka.config.AbstractKafkaListenerContainerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.BatchInterceptor;
import org.springframework.kafka.listener.CompositeBatchInterceptor;

import io.github.replication.message.MessagePositions;
import io.github.replication.message.PositionBatchInterceptor;

/**
 * Turns on the observation of Kafka's records, and takes the positions of batches.
 */
final class ObservedKafka implements BeanPostProcessor {

	private static final String TEMPLATE = "spring.kafka.template.observation-enabled";

	private static final String LISTENER = "spring.kafka.listener.observation-enabled";

	private final ObservationSwitch observation;

	private final ObjectProvider<MessagePositions> positions;

	ObservedKafka(ApplicationContext context, ObjectProvider<MessagePositions> positions) {
		this.observation = new ObservationSwitch(context);
		this.positions = positions;
	}

	@Override
	public Object postProcessBeforeInitialization(Object bean, String beanName) {
		if (bean instanceof KafkaTemplate<?, ?> template && this.observation.turnsOn("Kafka", TEMPLATE)) {
			template.setObservationEnabled(true);
		}
		if (bean instanceof AbstractKafkaListenerContainerFactory<?, ?, ?> factory
				&& this.observation.turnsOn("Kafka", LISTENER)) {
			factory.getContainerProperties().setObservationEnabled(true);
			addInterceptor(factory);
		}
		return bean;
	}

	private <K, V> void addInterceptor(AbstractKafkaListenerContainerFactory<?, K, V> factory) {
		PositionBatchInterceptor<K, V> interceptor = new PositionBatchInterceptor<>(this.positions.getObject());
		BatchInterceptor<K, V> present = factory.getBatchInterceptor();
		factory.setBatchInterceptor(
				(present != null) ? new CompositeBatchInterceptor<>(interceptor, present) : interceptor);
	}

}
