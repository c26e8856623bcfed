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
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Stream;

import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A streaming replica in a container, which {@link ReplicatedPostgresContainers} starts.
 * Stopped, it is gone with its data; started again, it is made from a new base backup and
 * has another port, of which a running application does not know.
 *
 * @since 0.1.0
 */
public final class PostgresReplicaContainer extends PostgreSQLContainer {

	/**
	 * Makes the data before the entry point of the image finds that there is some.
	 */
	private static final String COMMAND = """
			pg_basebackup -D "$PGDATA" -d "$PRIMARY_CONNINFO" -R -X stream -c fast --no-sync
			exec docker-entrypoint.sh "$@"
			""";

	private final String name;

	private final ReplicatedPostgresContainers primary;

	PostgresReplicaContainer(DockerImageName image, String name, ReplicatedPostgresContainers primary) {
		super(image);
		this.name = name;
		this.primary = primary;
		waitingFor(Wait.forLogMessage(".*database system is ready to accept read-only connections.*\\s", 1));
	}

	/**
	 * The name of the replica, as {@code @ServiceConnection} gives it to the node.
	 * @return the name, such as {@code replica-1}
	 */
	public String name() {
		return this.name;
	}

	@Override
	protected void configure() {
		this.primary.configure(this);
		super.configure();
	}

	void baseBackup(String primary, String[] command) {
		addEnv("PRIMARY_CONNINFO", primary + " application_name=" + this.name);
		setCommand(Stream.concat(Stream.of("sh", "-ec", COMMAND, "sh"), Stream.of(command)).toArray(String[]::new));
	}

	@Override
	protected void waitUntilContainerStarted() {
		super.waitUntilContainerStarted();
		await("EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')");
	}

	/**
	 * Lets the replica lag from now on: it receives the primary's WAL, but does not show
	 * it. Returns when replay has come to a halt.
	 */
	public void pauseReplay() {
		ReplicatedPostgresContainers.query(this, "SELECT pg_wal_replay_pause()");
		await("pg_get_wal_replay_pause_state() = 'paused'");
	}

	/**
	 * Lets the replica replay again, at once and in the background.
	 */
	public void resumeReplay() {
		ReplicatedPostgresContainers.query(this, "SELECT pg_wal_replay_resume()");
	}

	void awaitReplay(String position) {
		await("pg_last_wal_replay_lsn() >= '" + position + "'");
	}

	/**
	 * Waits on the server, where that costs a single statement.
	 */
	private void await(String condition) {
		try (Connection connection = createConnection(""); Statement statement = connection.createStatement()) {
			statement.execute("SET statement_timeout = '30s'");
			statement.execute("DO 'BEGIN WHILE NOT (" + condition.replace("'", "''")
					+ ") LOOP PERFORM pg_sleep(0.01); END LOOP; END'");
		}
		catch (SQLException ex) {
			throw new IllegalStateException(
					"'" + condition + "' did not come true on " + this.name + ": " + ex.getMessage(), ex);
		}
	}

}
