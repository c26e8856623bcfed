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

import org.springframework.amqp.rabbit.config.AbstractRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.config.DirectRabbitListenerContainerFactory;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.ApplicationContext;

/**
 * Turns on the observation of RabbitMQ's messages.
 */
final class ObservedRabbit implements BeanPostProcessor {

	private static final String TEMPLATE = "spring.rabbitmq.template.observation-enabled";

	private static final String LISTENER = "spring.rabbitmq.listener.%s.observation-enabled";

	private final ObservationSwitch observation;

	ObservedRabbit(ApplicationContext context) {
		this.observation = new ObservationSwitch(context);
	}

	@Override
	public Object postProcessBeforeInitialization(Object bean, String beanName) {
		if (bean instanceof RabbitTemplate template && this.observation.turnsOn("RabbitMQ", TEMPLATE)) {
			template.setObservationEnabled(true);
		}
		if (bean instanceof AbstractRabbitListenerContainerFactory<?> factory) {
			String type = (factory instanceof DirectRabbitListenerContainerFactory) ? "direct" : "simple";
			if (this.observation.turnsOn("RabbitMQ", LISTENER.formatted(type))) {
				factory.setObservationEnabled(true);
			}
		}
		return bean;
	}

}
