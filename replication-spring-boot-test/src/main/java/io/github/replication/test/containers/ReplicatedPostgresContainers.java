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

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

import org.testcontainers.containers.Network;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.lifecycle.Startables;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

import org.springframework.util.Assert;

/**
 * A PostgreSQL primary in a container, which brings streaming replicas in containers of
 * their own along: they start after it, each from a base backup of it, and stop before
 * it.
 *
 * <pre>{@code
 * try (ReplicatedPostgresContainers cluster = new ReplicatedPostgresContainers("postgres:18", 2)) {
 *     cluster.start();
 *     cluster.replicas().forEach(PostgresReplicaContainer::pauseReplay);
 *     ...
 * }
 * }</pre>
 *
 * With {@code @ServiceConnection} on a field or on the method of a bean it is the primary
 * of the application, and its replicas are those of the application. Whatever is set on
 * this container holds for the primary; the replicas take the image, the environment, the
 * command and the network from it. The image is the official one of PostgreSQL 14 or
 * later, or one that is made from it. Containers that are kept for reuse are not
 * supported. Once started, safe for use by several threads.
 *
 * @since 0.1.0
 */
public final class ReplicatedPostgresContainers extends PostgreSQLContainer {

	private static final int DEFAULT_REPLICAS = 2;

	private static final String REPLICATION_USER = "replicator";

	/**
	 * Sourced by the entry point of the image while nobody but itself can connect. Base
	 * backups have the settings as well. A base backup takes two senders. Without the
	 * interval some replicas wait 5 s before they try again to connect.
	 */
	private static final String INITIALIZATION = """
			echo 'host replication %1$s all scram-sha-256' >>"$PGDATA/pg_hba.conf"
			echo "
			wal_keep_size = '512MB'
			max_wal_senders = %2$d
			wal_retrieve_retry_interval = '50ms'
			wal_receiver_status_interval = '1s'" >>"$PGDATA/postgresql.conf"
			psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \\
				-c "CREATE ROLE %1$s LOGIN REPLICATION PASSWORD '%3$s'"
			""";

	private final String replicationPassword = UUID.randomUUID().toString();

	private final Network ownNetwork = Network.newNetwork();

	private final List<PostgresReplicaContainer> replicas;

	/**
	 * Describes a primary with two replicas.
	 * @param image the name of the image, such as {@code postgres:18}
	 */
	public ReplicatedPostgresContainers(String image) {
		this(image, DEFAULT_REPLICAS);
	}

	/**
	 * Describes a primary with replicas.
	 * @param image the name of the image, such as {@code postgres:18}
	 * @param replicas how many replicas, 0 or more
	 */
	public ReplicatedPostgresContainers(String image, int replicas) {
		this(DockerImageName.parse(image), replicas);
	}

	/**
	 * Describes a primary with replicas.
	 * @param image the image; one of another name names the image that it is a
	 * {@linkplain DockerImageName#asCompatibleSubstituteFor(String) substitute} for
	 * @param replicas how many replicas, 0 or more
	 * @throws IllegalArgumentException if there are to be less than none
	 */
	public ReplicatedPostgresContainers(DockerImageName image, int replicas) {
		super(image);
		Assert.isTrue(replicas >= 0, () -> "replicas must not be negative: " + replicas);
		this.replicas = IntStream.rangeClosed(1, replicas)
			.mapToObj((number) -> new PostgresReplicaContainer(image, "replica-" + number, this))
			.toList();
		setNetwork(this.ownNetwork);
	}

	/**
	 * The replicas, which may be configured further before this container starts.
	 * @return the replicas in the order of their names, {@code replica-1} first
	 */
	public List<PostgresReplicaContainer> replicas() {
		return this.replicas;
	}

	@Override
	public ReplicatedPostgresContainers withDatabaseName(String databaseName) {
		super.withDatabaseName(databaseName);
		return this;
	}

	@Override
	public ReplicatedPostgresContainers withUsername(String username) {
		super.withUsername(username);
		return this;
	}

	@Override
	public ReplicatedPostgresContainers withPassword(String password) {
		super.withPassword(password);
		return this;
	}

	@Override
	protected void configure() {
		super.configure();
		withCopyToContainer(Transferable
			.of(INITIALIZATION.formatted(REPLICATION_USER, 10 + 2 * this.replicas.size(), this.replicationPassword)),
				"/docker-entrypoint-initdb.d/000-replication.sh");
	}

	/**
	 * Starts the primary and then all replicas at once. Returns when all of them stream;
	 * does nothing if the primary runs.
	 */
	@Override
	public void start() {
		if (getContainerId() != null) {
			return;
		}
		try {
			super.start();
			Startables.deepStart(this.replicas).join();
		}
		catch (RuntimeException ex) {
			stop();
			throw ex;
		}
	}

	/**
	 * Stops the replicas and then the primary, and removes the containers with their data
	 * and the network.
	 */
	@Override
	public void stop() {
		this.replicas.forEach(PostgresReplicaContainer::stop);
		super.stop();
		this.ownNetwork.close();
	}

	/**
	 * Waits until the running replicas have replayed all that was committed before this
	 * call, for half a minute at most each.
	 * @throws IllegalStateException if they do not get that far, because replay is paused
	 * for instance
	 */
	public void awaitReplication() {
		String position = query(this, "SELECT pg_current_wal_lsn()");
		this.replicas.stream()
			.filter((replica) -> replica.getContainerId() != null)
			.forEach((replica) -> replica.awaitReplay(position));
	}

	/**
	 * Copies to a replica the settings that it takes from the primary.
	 */
	void configure(PostgresReplicaContainer replica) {
		replica.withNetwork(getNetwork());
		replica.withDatabaseName(getDatabaseName()).withUsername(getUsername()).withPassword(getPassword());
		this.urlParameters.forEach(replica::withUrlParam);
		getEnvMap().forEach(replica::addEnv);
		replica.baseBackup("host=" + getNetworkAliases().get(0) + " user=" + REPLICATION_USER + " password="
				+ this.replicationPassword, getCommandParts());
	}

	static String query(PostgreSQLContainer node, String sql) {
		try (Connection connection = node.createConnection("");
				Statement statement = connection.createStatement();
				ResultSet result = statement.executeQuery(sql)) {
			return result.next() ? String.valueOf(result.getString(1)) : "";
		}
		catch (SQLException ex) {
			throw new IllegalStateException("'" + sql + "' failed: " + ex.getMessage(), ex);
		}
	}

}
