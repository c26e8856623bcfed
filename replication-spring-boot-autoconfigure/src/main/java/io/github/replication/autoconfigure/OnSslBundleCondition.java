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

import java.util.Arrays;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.ConfigurationCondition;
import org.springframework.context.aot.AbstractAotProcessor;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Matches when there is a replica, or a property names {@link SslBundleSocketFactory}, so
 * that the primary may be reached with an SSL bundle.
 */
final class OnSslBundleCondition extends SpringBootCondition implements ConfigurationCondition {

	/**
	 * The name of {@link SslBundleSocketFactory}, which cannot be loaded without the
	 * driver.
	 */
	private static final String FACTORY = "io.github.replication.autoconfigure.SslBundleSocketFactory";

	/**
	 * Of properties that may name it: a property of the driver, a URL, or all of a
	 * configuration as one text.
	 */
	private static final Pattern NAME = Pattern.compile("(?i)(ssl_?-?factory|url|spring_application_json)$");

	@Override
	public ConfigurationPhase getConfigurationPhase() {
		return ConfigurationPhase.REGISTER_BEAN;
	}

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		ConditionMessage.Builder message = ConditionMessage.forCondition("SSL bundle");
		if (Boolean.getBoolean(AbstractAotProcessor.AOT_PROCESSING)
				|| OnReplicationCondition.isConfigured(context.getEnvironment(), context.getBeanFactory())) {
			return ConditionOutcome.match(message.because("replicas may be reached with one"));
		}
		return isNamed(context.getEnvironment()) ? ConditionOutcome.match(message.foundExactly(FACTORY))
				: ConditionOutcome.noMatch(message.didNotFind(FACTORY).atAll());
	}

	private static boolean isNamed(Environment environment) {
		return environment instanceof ConfigurableEnvironment configurable && configurable.getPropertySources()
			.stream()
			.filter(EnumerablePropertySource.class::isInstance)
			.anyMatch((source) -> isNamed((EnumerablePropertySource<?>) source));
	}

	private static boolean isNamed(EnumerablePropertySource<?> source) {
		return Arrays.stream(source.getPropertyNames())
			.filter((name) -> NAME.matcher(name).find())
			.anyMatch((name) -> String.valueOf(value(source, name)).contains(FACTORY));
	}

	/**
	 * A value that cannot be read may be one that nobody needs.
	 */
	private static @Nullable Object value(EnumerablePropertySource<?> source, String name) {
		try {
			return source.getProperty(name);
		}
		catch (RuntimeException ex) {
			return null;
		}
	}

}
