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

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.IgnoreTopLevelConverterNotFoundBindHandler;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.ConfigurationCondition;
import org.springframework.context.aot.AbstractAotProcessor;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Matches when there is a replica: by property, by discovery, or by a bean with
 * connection details. Keys that mean nothing are refused even if there is none, so that a
 * typo does not leave everything on the primary unnoticed.
 */
class OnReplicationCondition extends SpringBootCondition implements ConfigurationCondition {

	@Override
	public ConfigurationPhase getConfigurationPhase() {
		return ConfigurationPhase.REGISTER_BEAN;
	}

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		ConditionMessage.Builder message = ConditionMessage.forCondition("Replication");
		if (Boolean.getBoolean(AbstractAotProcessor.AOT_PROCESSING)) {
			return ConditionOutcome.match(message.because("replicas may be configured when the application starts"));
		}
		Environment environment = context.getEnvironment();
		if (!isEnabled(environment)) {
			return ConditionOutcome.noMatch(message.because("replication.enabled is false"));
		}
		UnknownKeys.refuseDiscoveryWithoutUrl(environment);
		String found = found(environment, context.getBeanFactory());
		if (found != null) {
			return ConditionOutcome.match(message.foundExactly(found));
		}
		UnknownKeys.refuse(Binder.get(environment));
		return ConditionOutcome.noMatch(message.didNotFind("replica").atAll());
	}

	/**
	 * Whether there is a replica, or may be one once its settings are read.
	 * @param environment has the properties
	 * @param beanFactory has the connection details, {@code null} for none
	 */
	static boolean isConfigured(Environment environment, @Nullable ListableBeanFactory beanFactory) {
		return isEnabled(environment) && found(environment, beanFactory) != null;
	}

	/**
	 * Whether there is a replica, or may be one once its settings are read.
	 * @param context the application
	 */
	static boolean isConfigured(ApplicationContext context) {
		return isConfigured(context.getEnvironment(), context);
	}

	private static boolean isEnabled(Environment environment) {
		return Binder.get(environment).bind("replication.enabled", Boolean.class).orElse(true);
	}

	private static @Nullable String found(Environment environment, @Nullable ListableBeanFactory beanFactory) {
		if (ReplicaBinding.isPresent(environment)) {
			return "replicas under replication.replicas";
		}
		if (Binder.get(environment).bind("replication.discovery.url", String.class).isBound()) {
			return "replication.discovery.url";
		}
		boolean details = beanFactory != null && BeanFactoryUtils.beanNamesForTypeIncludingAncestors(beanFactory,
				ReplicationConnectionDetails.class, true, false).length > 0;
		return details ? "connection details of replicas" : null;
	}

}
