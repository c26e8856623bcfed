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

import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.transaction.support.TransactionSynchronizationManager;

import io.github.replication.caller.CallerRecords;
import io.github.replication.message.MessagePositions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Whether messages carry positions. No connection is opened: the hosts do not exist.
 */
class ReplicationMessagingAutoConfigurationTests {

	private static final String OFF = "replication.read-your-writes.messages=false";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, ReplicationAutoConfiguration.class,
				ReplicationMessagingAutoConfiguration.class))
		.withBean(ObservationRegistry.class, ObservationRegistry::create)
		.withBean(Template.class, Template::new)
		.withPropertyValues("spring.datasource.url=jdbc:postgresql://pg-1/app",
				"replication.replicas.replica-1.url=jdbc:postgresql://pg-2/app");

	@Test
	void messagesCarryPositions() {
		this.runner.run((context) -> {
			assertThat(outgoing(context.getBean(MessagePositions.class))).isNotNull();
			assertThat(context.getBean(Template.class).isObserved()).isTrue();
		});
	}

	@Test
	void switchedOffThereIsNoBean() {
		this.runner.withPropertyValues(OFF).run((context) -> {
			assertThat(context).hasNotFailed().doesNotHaveBean(MessagePositions.class);
			assertThat(context.getBean(Template.class).isObserved()).isFalse();
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { OFF, "replication.enabled=false" })
	void processedAheadOfTimeTheyAreSwitchedOffAtTheStart(String off) {
		this.runner.withSystemProperties("spring.aot.processing=true").withPropertyValues(off).run((context) -> {
			MessagePositions positions = context.getBean(MessagePositions.class);
			assertThat(outgoing(positions)).isNull();
			String token = context.getBean(CallerRecords.class)
				.tokens()
				.known(context.getBean(CallerRecords.class).current(), true)
				.toString();
			assertThat(positions.incoming(token)).isNull();
			assertThat(context.getBean(Template.class).isObserved()).isFalse();
		});
	}

	/**
	 * What a message carries that is sent in a read-write transaction.
	 */
	private static @Nullable String outgoing(MessagePositions positions) {
		TransactionSynchronizationManager.setActualTransactionActive(true);
		try {
			return positions.outgoing();
		}
		finally {
			TransactionSynchronizationManager.clear();
		}
	}

	private static final class Template extends KafkaTemplate<String, String> {

		private boolean observed;

		@SuppressWarnings("unchecked")
		Template() {
			super(mock(ProducerFactory.class));
		}

		@Override
		public void setObservationEnabled(boolean observationEnabled) {
			this.observed = observationEnabled;
		}

		boolean isObserved() {
			return this.observed;
		}

	}

}
