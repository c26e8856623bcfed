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

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.web.context.reactive.ConfigurableReactiveWebEnvironment;
import org.springframework.boot.web.context.reactive.ReactiveWebApplicationContext;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.aot.AbstractAotProcessor;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Reports that requests of a reactive web application are not recognised as callers.
 */
@Configuration(proxyBeanMethods = false)
@Conditional(ReactiveWebConfiguration.OnReactiveWeb.class)
final class ReactiveWebConfiguration {

	private static final String CARRIER = ReplicationProperties.PREFIX + ".read-your-writes.carrier";

	private static final Log logger = LogFactory.getLog(ReactiveWebConfiguration.class);

	@Bean
	static StartupCheck replicationReactiveWebWarning(ApplicationContext context) {
		return new StartupCheck(context, () -> warnUnlessWithoutCarrier(context.getEnvironment()));
	}

	private static void warnUnlessWithoutCarrier(Environment environment) {
		if (hasCarrier(environment)) {
			logger.warn("This is a reactive web application, whose requests have no thread of their own: a user may"
					+ " not see an own write in the next request. Take positions along with Replication.position() and"
					+ " Replication.withPosition(...), or set replication.read-your-writes.carrier=none to accept that.");
		}
	}

	private static boolean hasCarrier(Environment environment) {
		return !"none".equalsIgnoreCase(environment.getProperty(CARRIER));
	}

	/**
	 * Matches in the context of a reactive web application, unless it is configured to do
	 * without a carrier: none of them works there. Spring Boot's own condition matches
	 * only where WebFlux is. Ahead of time the carrier is not known yet.
	 */
	static final class OnReactiveWeb implements Condition {

		@Override
		public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
			boolean reactive = context.getResourceLoader() instanceof ReactiveWebApplicationContext
					|| context.getEnvironment() instanceof ConfigurableReactiveWebEnvironment;
			return reactive && (Boolean.getBoolean(AbstractAotProcessor.AOT_PROCESSING)
					|| hasCarrier(context.getEnvironment()));
		}

	}

}
