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

import java.util.List;

import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;

import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Role;
import org.springframework.kafka.core.KafkaTemplate;

import io.github.replication.caller.CallerRecords;
import io.github.replication.message.MessagePositions;
import io.github.replication.message.PositionReceiverObservationHandler;
import io.github.replication.message.PositionSenderObservationHandler;

/**
 * Auto-configuration for the positions that travel with messages.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = ReplicationAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration")
@ConditionalOnClass(ObservationRegistry.class)
@ConditionalOnBean(ClusterFactory.class)
@Conditional(OnMessagesCondition.class)
public final class ReplicationMessagingAutoConfiguration {

	@Bean
	MessagePositions replicationMessagePositions(CallerRecords records, ApplicationContext context) {
		return new MessagePositions(records, OnMessagesCondition.isOn(context));
	}

	@Bean
	PositionSenderObservationHandler replicationPositionSender(MessagePositions positions) {
		return new PositionSenderObservationHandler(positions);
	}

	@Bean
	PositionReceiverObservationHandler replicationPositionReceiver(MessagePositions positions) {
		return new PositionReceiverObservationHandler(positions);
	}

	@Bean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	static ObservedJms replicationObservedJms(ApplicationContext context) {
		return new ObservedJms(context);
	}

	/**
	 * Where Spring Boot's support for observations is not there, which comes with
	 * Actuator.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnMissingClass("org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration")
	static class RegistryConfiguration {

		@Bean
		@ConditionalOnMissingBean
		ObservationRegistry replicationObservationRegistry() {
			return ObservationRegistry.create();
		}

		@Bean
		SmartInitializingSingleton replicationObservationHandlers(ObjectProvider<ObservationRegistry> registries,
				PositionSenderObservationHandler sender, PositionReceiverObservationHandler receiver) {
			return () -> registries.forEach((registry) -> {
				for (ObservationHandler<?> handler : List.of(sender, receiver)) {
					registry.observationConfig().observationHandler(handler);
				}
			});
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(KafkaTemplate.class)
	static class KafkaConfiguration {

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static ObservedKafka replicationObservedKafka(ApplicationContext context,
				ObjectProvider<MessagePositions> positions) {
			return new ObservedKafka(context, positions);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(RabbitTemplate.class)
	static class RabbitConfiguration {

		@Bean
		@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
		static ObservedRabbit replicationObservedRabbit(ApplicationContext context) {
			return new ObservedRabbit(context);
		}

	}

}
