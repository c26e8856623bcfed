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

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

import io.github.replication.NodeDefinition;
import io.github.replication.autoconfigure.ReplicationProperties.Replica;
import io.github.replication.node.JdbcUrls;

/**
 * Puts together the replicas of the properties and the connection details, and refuses
 * settings that cannot work.
 */
final class ReplicaDefinitions {

	private static final String REPLICAS = ReplicationProperties.PREFIX + ".replicas.";

	private final ReplicationProperties properties;

	private final Map<String, ReplicationConnectionDetails.Node> details = new LinkedHashMap<>();

	ReplicaDefinitions(ReplicationProperties properties, List<ReplicationConnectionDetails> details) {
		this.properties = properties;
		details.forEach((each) -> this.details.putAll(each.getReplicas()));
	}

	boolean isEmpty() {
		return names().isEmpty();
	}

	/**
	 * The definitions of all replicas.
	 * @param primaryUrl the URL of the primary, which no replica may have
	 */
	List<NodeDefinition> create(String primaryUrl) {
		requireOwnNames();
		List<NodeDefinition> definitions = new ArrayList<>();
		for (String name : names()) {
			NodeDefinition definition = create(name, primaryUrl);
			definitions.forEach((other) -> requireOwnUrl(definition, other));
			definitions.add(definition);
		}
		return definitions;
	}

	private static void requireOwnUrl(NodeDefinition definition, NodeDefinition other) {
		if (JdbcUrls.isSame(definition.url(), other.url())) {
			throw new InvalidReplicationConfigurationException(REPLICAS + definition.name() + ".url",
					JdbcUrls.withoutSecrets(definition.url()), "This is the URL of " + other.name() + " as well.",
					"Set the URL of the replica's own server, or give one of them a higher weight instead.");
		}
	}

	private Set<String> names() {
		Set<String> names = new LinkedHashSet<>(this.properties.getReplicas().keySet());
		this.details.keySet().stream().filter((name) -> sameName(name, names) == null).forEach(names::add);
		return names;
	}

	private static @Nullable String sameName(String name, Set<String> names) {
		String uniform = ReplicaBinding.uniform(name);
		return names.stream().filter((other) -> ReplicaBinding.uniform(other).equals(uniform)).findFirst().orElse(null);
	}

	private void requireOwnNames() {
		String primary = this.properties.getPrimary().getName();
		if (!StringUtils.hasText(primary)) {
			throw new InvalidReplicationConfigurationException("replication.primary.name", primary,
					"A node needs a name.", "Name the primary, or remove the property: it is then called 'primary'.");
		}
		if (names().stream().map(ReplicaBinding::uniform).anyMatch(ReplicaBinding.uniform(primary)::equals)) {
			throw new InvalidReplicationConfigurationException("replication.primary.name", primary,
					"A replica has the same name.", "Give the primary or the replica another name.");
		}
	}

	private NodeDefinition create(String name, String primaryUrl) {
		Replica replica = this.properties.getReplicas().getOrDefault(name, new Replica());
		String nameOfDetail = sameName(name, this.details.keySet());
		ReplicationConnectionDetails.Node detail = (nameOfDetail != null) ? this.details.get(nameOfDetail) : null;
		String url = usable(name, (detail != null) ? detail.url() : replica.getUrl(), primaryUrl);
		if (replica.getWeight() < 0) {
			throw new InvalidReplicationConfigurationException(REPLICAS + name + ".weight",
					String.valueOf(replica.getWeight()), "A weight cannot be negative.",
					"Set 1 or more, or 0 to keep the replica out of rotation.");
		}
		return new NodeDefinition(name, url, (detail != null) ? detail.username() : replica.getUsername(),
				(detail != null) ? detail.password() : replica.getPassword(), replica.getWeight(),
				emptyToNull(replica.getGroup()), emptyToNull(replica.getZone()));
	}

	private static String usable(String name, @Nullable String url, String primaryUrl) {
		String property = REPLICAS + name + ".url";
		if (!StringUtils.hasText(url)) {
			throw new InvalidReplicationConfigurationException(property, url, "The replica has no URL.",
					"Set the JDBC URL of the replica's server, for example jdbc:postgresql://host/database.");
		}
		String shown = JdbcUrls.withoutSecrets(url);
		if (url.contains("${")) {
			throw new InvalidReplicationConfigurationException(property, shown,
					"A placeholder in the URL has no value.",
					"Define it, as an environment variable for example, or write the URL.");
		}
		if (!url.equals(url.strip())) {
			throw new InvalidReplicationConfigurationException(property, "'" + shown + "'",
					"The URL begins or ends with white space.", "Remove the white space.");
		}
		if (!JdbcUrls.isJdbc(url)) {
			throw new InvalidReplicationConfigurationException(property, shown, "This is not a JDBC URL.",
					"Set a URL that starts with 'jdbc:', for example jdbc:postgresql://host/database.");
		}
		if (!JdbcUrls.isPostgres(url) && JdbcUrls.isPostgres(primaryUrl)) {
			throw new InvalidReplicationConfigurationException(property, shown,
					"This is not the URL of a PostgreSQL server, as that of the primary is.",
					"Set the URL of a standby of the primary, for example jdbc:postgresql://host/database.");
		}
		if (JdbcUrls.leadsToPostgres(url) && !JdbcUrls.leadsToPostgres(primaryUrl)) {
			throw new InvalidReplicationConfigurationException(property, shown,
					"The primary is no PostgreSQL server (" + JdbcUrls.withoutSecrets(primaryUrl)
							+ "), so that this one cannot be its replica.",
					"Set spring.datasource.url to the primary, or replication.enabled=false where the application runs"
							+ " on another database, in tests for example.");
		}
		if (JdbcUrls.isMultiHost(url)) {
			throw new InvalidReplicationConfigurationException(property, shown,
					"The URL names several servers, but a node is one server.",
					"Configure each server as a replica of its own.");
		}
		if (!JdbcUrls.isReadable(url)) {
			throw new InvalidReplicationConfigurationException(property, shown, "The driver cannot read this URL.",
					"Set one such as jdbc:postgresql://host:5432/database. The user belongs into the username; a % in a"
							+ " parameter is written as %25.");
		}
		if (JdbcUrls.isSame(url, primaryUrl)) {
			throw new InvalidReplicationConfigurationException(property, shown,
					"This is the primary's own URL (spring.datasource.url).",
					"Set the URL of the replica's server, or remove the replica.");
		}
		return url;
	}

	static @Nullable String emptyToNull(@Nullable String text) {
		return StringUtils.hasText(text) ? text : null;
	}

}
