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

package io.github.replication.test.containers;

import java.util.LinkedHashMap;
import java.util.Map;

import org.springframework.boot.testcontainers.service.connection.ContainerConnectionDetailsFactory;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionSource;
import org.springframework.util.Assert;
import org.springframework.util.ClassUtils;

import io.github.replication.autoconfigure.ReplicationConnectionDetails;

/**
 * Makes the replicas of a {@link ReplicatedPostgresContainers} annotated with
 * {@code @ServiceConnection} those of the application. The primary is a database
 * container like any other, which Spring Boot finds by itself. Cannot be created without
 * the containers of Testcontainers 2, so that Spring Boot leaves it out.
 */
class ReplicatedPostgresContainerConnectionDetailsFactory
		extends ContainerConnectionDetailsFactory<ReplicatedPostgresContainers, ReplicationConnectionDetails> {

	private static final String CONTAINER = "org.testcontainers.postgresql.PostgreSQLContainer";

	ReplicatedPostgresContainerConnectionDetailsFactory() {
		Assert.state(ClassUtils.isPresent(CONTAINER, getClass().getClassLoader()), () -> CONTAINER + " is missing");
	}

	@Override
	protected ReplicationConnectionDetails getContainerConnectionDetails(
			ContainerConnectionSource<ReplicatedPostgresContainers> source) {
		return new ReplicaDetails(source);
	}

	/**
	 * Where the replicas listen on this machine.
	 */
	private static final class ReplicaDetails extends ContainerConnectionDetails<ReplicatedPostgresContainers>
			implements ReplicationConnectionDetails {

		ReplicaDetails(ContainerConnectionSource<ReplicatedPostgresContainers> source) {
			super(source);
		}

		@Override
		public Map<String, Node> getReplicas() {
			Map<String, Node> replicas = new LinkedHashMap<>();
			for (PostgresReplicaContainer replica : getContainer().replicas()) {
				replicas.put(replica.name(),
						new Node(replica.getJdbcUrl(), replica.getUsername(), replica.getPassword()));
			}
			return replicas;
		}

	}

}
