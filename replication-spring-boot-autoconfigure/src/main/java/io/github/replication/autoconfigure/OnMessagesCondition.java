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

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.aot.AbstractAotProcessor;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Matches unless positions are not to travel with messages. Ahead of time that is not
 * known: the beans ask for themselves when the application starts.
 */
final class OnMessagesCondition extends SpringBootCondition {

	static final String PROPERTY = "replication.read-your-writes.messages";

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		ConditionMessage.Builder message = ConditionMessage.forCondition("Messages");
		if (Boolean.getBoolean(AbstractAotProcessor.AOT_PROCESSING)) {
			return ConditionOutcome.match(message.because("the property counts when the application starts"));
		}
		return new ConditionOutcome(isOn(context.getEnvironment()), message.because(PROPERTY));
	}

	/**
	 * Whether messages carry positions, as it is known when the application starts.
	 * @param context the application
	 */
	static boolean isOn(ApplicationContext context) {
		return isOn(context.getEnvironment()) && OnReplicationCondition.isConfigured(context);
	}

	private static boolean isOn(Environment environment) {
		return environment.getProperty(PROPERTY, Boolean.class, true);
	}

}
