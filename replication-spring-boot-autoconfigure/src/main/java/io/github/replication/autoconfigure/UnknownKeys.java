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

import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.IgnoreTopLevelConverterNotFoundBindHandler;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.env.Environment;

/**
 * Stops the start of an application that has a key below {@code replication} which is
 * none of the properties, although no bean binds them. It may be meant to name a replica.
 */
final class UnknownKeys {

	private static final ConfigurationPropertyName DISCOVERY = ConfigurationPropertyName
		.of(ReplicationProperties.PREFIX + ".discovery");

	private UnknownKeys() {
	}

	/**
	 * Refuses keys that are no properties.
	 * @param binder binds the environment
	 * @throws org.springframework.boot.context.properties.bind.BindException if there is
	 * such a key
	 */
	static void refuse(Binder binder) {
		binder.bind(ReplicationProperties.PREFIX, Bindable.of(ReplicationProperties.class),
				new NoUnboundElementsBindHandler(new IgnoreTopLevelConverterNotFoundBindHandler(),
						new UnboundElementsSourceFilter()));
	}

	/**
	 * Refuses settings of the discovery that nothing discovers with.
	 * @param environment has the properties
	 * @throws InvalidReplicationConfigurationException if the name to resolve is missing
	 */
	static void refuseDiscoveryWithoutUrl(Environment environment) {
		Binder binder = Binder.get(environment);
		if (!binder.bind(DISCOVERY.append("url"), Bindable.of(String.class)).isBound()) {
			UnknownReplicationPropertyFailureAnalyzer.keysUnder(DISCOVERY)
				.stream()
				.map(DISCOVERY::append)
				.filter((name) -> binder.bind(name, Bindable.of(String.class)).isBound())
				.findFirst()
				.ifPresent(UnknownKeys::refuseDiscovery);
		}
	}

	private static void refuseDiscovery(ConfigurationPropertyName setting) {
		throw new InvalidReplicationConfigurationException(DISCOVERY.append("url").toString(), null,
				"'" + setting + "' is set, but no URL with the name of the replicas.",
				"Set the URL, for example jdbc:postgresql://replicas/database, or remove the other property.");
	}

}
