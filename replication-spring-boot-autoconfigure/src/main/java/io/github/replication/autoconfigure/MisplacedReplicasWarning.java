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
import java.util.Optional;
import java.util.stream.StreamSupport;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.Environment;

/**
 * Warns once of replicas that are configured where nothing reads them, beside the
 * properties of Spring Boot.
 */
class MisplacedReplicasWarning implements ApplicationListener<ApplicationStartedEvent> {

	private static final Log logger = LogFactory.getLog(MisplacedReplicasWarning.class);

	private static final List<ConfigurationPropertyName> PLACES = List.of(
			ConfigurationPropertyName.of("spring.replication"),
			ConfigurationPropertyName.of("spring.datasource.replication"),
			ConfigurationPropertyName.of("spring.datasource.replicas"));

	@Override
	public void onApplicationEvent(ApplicationStartedEvent event) {
		misplaced(event.getApplicationContext().getEnvironment()).ifPresent((name) -> logger.warn(
				"'" + name + "' means nothing: replicas are configured under 'replication.replicas', which is a key of"
						+ " its own and not below 'spring'."));
	}

	private static Optional<ConfigurationPropertyName> misplaced(Environment environment) {
		return StreamSupport.stream(ConfigurationPropertySources.get(environment).spliterator(), false)
			.filter(IterableConfigurationPropertySource.class::isInstance)
			.flatMap((source) -> ((IterableConfigurationPropertySource) source).stream())
			.filter((name) -> PLACES.stream().anyMatch((place) -> place.isAncestorOf(name)))
			.findFirst();
	}

}
