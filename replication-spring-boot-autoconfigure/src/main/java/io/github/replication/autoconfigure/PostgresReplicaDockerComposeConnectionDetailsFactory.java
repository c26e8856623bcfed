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

import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.docker.compose.core.RunningService;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionDetailsFactory;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionSource;
import org.springframework.util.StringUtils;

/**
 * Makes a replica of each Docker Compose service that is labelled
 * {@code org.springframework.boot.service-connection: postgres-replica}. The name of the
 * service is that of the node.
 */
class PostgresReplicaDockerComposeConnectionDetailsFactory
		extends DockerComposeConnectionDetailsFactory<ReplicationConnectionDetails> {

	private static final int PORT = 5432;

	/**
	 * As Spring Boot reads it of the primary's service.
	 */
	private static final String PARAMETERS = "org.springframework.boot.jdbc.parameters";

	PostgresReplicaDockerComposeConnectionDetailsFactory() {
		super("postgres-replica");
	}

	@Override
	protected ReplicationConnectionDetails getDockerComposeConnectionDetails(DockerComposeConnectionSource source) {
		return new ReplicaDetails(source.getRunningService());
	}

	/**
	 * Reads the environment of a service, as that of the official image and of Bitnami's
	 * does.
	 */
	private static final class ReplicaDetails extends DockerComposeConnectionDetails
			implements ReplicationConnectionDetails {

		private final Map<String, Node> replicas;

		ReplicaDetails(RunningService service) {
			super(service);
			String username = any(service, "POSTGRES_USER", "POSTGRESQL_USERNAME", "POSTGRESQL_USER");
			String database = any(service, "POSTGRES_DB", "POSTGRESQL_DATABASE");
			String password = any(service, "POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD");
			if (database == null) {
				database = (username != null) ? username : "postgres";
			}
			this.replicas = Map.of(service.name(), new Node(url(service, database), username, password));
		}

		private static String url(RunningService service, String database) {
			String parameters = service.labels().get(PARAMETERS);
			return "jdbc:postgresql://" + service.host() + ":" + service.ports().get(PORT) + "/" + database
					+ (StringUtils.hasLength(parameters) ? "?" + parameters : "");
		}

		private static @Nullable String any(RunningService service, String... variables) {
			for (String variable : variables) {
				String value = service.env().get(variable);
				if (value != null) {
					return value;
				}
			}
			return null;
		}

		@Override
		public Map<String, Node> getReplicas() {
			return this.replicas;
		}

	}

}
