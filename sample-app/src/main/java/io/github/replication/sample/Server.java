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

package io.github.replication.sample;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

import io.github.replication.ReadOnly;

/**
 * Lets the server that serves a read say who it is.
 */
@Component
class Server {

	private final JdbcClient jdbc;

	Server(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	@ReadOnly
	public Identity identity() {
		return this.jdbc
			.sql("SELECT current_setting('cluster_name') AS name, inet_server_port() AS port,"
					+ " pg_is_in_recovery() AS standby")
			.query(Identity.class)
			.single();
	}

	/**
	 * The description that a server gives of itself.
	 *
	 * @param name its {@code cluster_name}
	 * @param port the port that it listens on
	 * @param standby whether it replays the WAL of a primary
	 */
	record Identity(String name, int port, boolean standby) {

	}

}
