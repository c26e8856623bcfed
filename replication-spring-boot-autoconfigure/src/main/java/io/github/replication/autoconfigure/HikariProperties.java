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
import java.util.Map;

import com.zaxxer.hikari.HikariConfig;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

import io.github.replication.autoconfigure.ReplicationProperties.Replica;
import io.github.replication.node.JdbcUrls;
import io.github.replication.node.ReplicaPoolCustomizer;

/**
 * Applies the pool settings under {@code replication.replicas.<name>.hikari}.
 */
final class HikariProperties implements ReplicaPoolCustomizer {

	private static final List<String> ADDRESSES = List.of("jdbcurl", "datasourceclassname", "datasourcejndi");

	private static final List<String> CREDENTIALS = List.of("username", "password");

	private final Map<String, Replica> replicas;

	HikariProperties(Map<String, Replica> replicas) {
		this.replicas = replicas;
	}

	@Override
	public void customize(String node, HikariConfig config) {
		Replica replica = this.replicas.get(node);
		if (replica != null && !replica.getHikari().isEmpty()) {
			bind(replica.getHikari(), "replication.replicas." + node + ".hikari", config);
		}
	}

	private static void bind(Map<String, String> settings, String prefix, HikariConfig config) {
		settings.forEach((key, value) -> requireNoAddress(key, value, prefix));
		if (settings.keySet().stream().map(ReplicaBinding::uniform).anyMatch(CREDENTIALS::contains)) {
			// it would have precedence
			config.setCredentialsProvider(null);
		}
		MapConfigurationPropertySource source = new MapConfigurationPropertySource();
		settings.forEach((key, value) -> source.put("hikari." + key, value));
		try {
			new Binder(source).bind("hikari", Bindable.ofInstance(config),
					new NoUnboundElementsBindHandler(BindHandler.DEFAULT));
		}
		catch (BindException ex) {
			throw invalid(settings, prefix, ex);
		}
	}

	/**
	 * A pool with an address of its own would read from another server than the node that
	 * is shown.
	 */
	private static void requireNoAddress(String key, String value, String prefix) {
		if (ADDRESSES.contains(ReplicaBinding.uniform(key))) {
			throw new InvalidReplicationConfigurationException(prefix + "." + key, JdbcUrls.withoutSecrets(value),
					"The server of a replica is no setting of its pool.",
					"Set '" + prefix.substring(0, prefix.lastIndexOf('.')) + ".url', and remove this property.");
		}
	}

	private static InvalidReplicationConfigurationException invalid(Map<String, String> settings, String prefix,
			BindException ex) {
		ConfigurationPropertyName name = (ex.getCause() instanceof UnboundConfigurationPropertiesException unbound)
				? unbound.getUnboundProperties().iterator().next().getName()
				: (ex.getProperty() != null) ? ex.getProperty().getName() : ex.getName();
		String key = name.subName(1).toString();
		boolean unknown = ex.getCause() instanceof UnboundConfigurationPropertiesException;
		InvalidReplicationConfigurationException invalid = new InvalidReplicationConfigurationException(
				prefix + "." + key, shown(name, settings.get(key)),
				unknown ? "HikariCP has no such setting."
						: "HikariCP does not take this value: " + rootMessage(ex) + ".",
				"Use a setting of com.zaxxer.hikari.HikariConfig, as under spring.datasource.hikari. A duration there is"
						+ " a number of milliseconds.");
		invalid.initCause(ex);
		return invalid;
	}

	private static @Nullable String shown(ConfigurationPropertyName name, @Nullable String value) {
		return (value != null) ? UnknownReplicationPropertyFailureAnalyzer.shown(name, value) : null;
	}

	private static String rootMessage(Throwable ex) {
		Throwable root = ex;
		while (root.getCause() != null) {
			root = root.getCause();
		}
		return String.valueOf(root.getMessage());
	}

}
