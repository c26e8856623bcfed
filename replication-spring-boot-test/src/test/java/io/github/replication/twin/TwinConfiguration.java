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

package io.github.replication.twin;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

import io.github.replication.test.PostgresCluster;
import io.github.replication.twin.TwinApplication.PoolType;

/**
 * The pools and settings under which sequences are run.
 */
enum TwinConfiguration {

	HIKARI(PoolType.HIKARI, 1, 40, Map.of()), MANUAL_COMMIT(PoolType.HIKARI, 1, 5, Map.of()) {

		@Override
		Map<String, Object> poolProperties() {
			return Map.of("spring.datasource.hikari.auto-commit", false);
		}

	},
	SEVERAL_CONNECTIONS(PoolType.HIKARI, 5, 25, Map.of("twin.preparer", true)),
	BY_STATEMENT(PoolType.HIKARI, 1, 15, Map.of("replication.without-transaction", "by-statement")),
	DBCP2(PoolType.DBCP2, 1, 15, Map.of());

	private final PoolType pool;

	private final int size;

	private final int percent;

	private final Map<String, Object> properties;

	TwinConfiguration(PoolType pool, int size, int percent, Map<String, Object> properties) {
		this.pool = pool;
		this.size = size;
		this.percent = percent;
		this.properties = properties;
	}

	/**
	 * Whether more than one connection may be open at a time.
	 */
	boolean isSeveral() {
		return this.size > 1;
	}

	/**
	 * Returns the share of the sequences.
	 */
	int percent() {
		return this.percent;
	}

	/**
	 * Returns properties of the pools of both sides.
	 */
	Map<String, Object> poolProperties() {
		return Map.of();
	}

	/**
	 * Starts both sides, each on a database of its own.
	 */
	Twins start(PostgresCluster cluster, TwinDatabase database) throws SQLException {
		return start(cluster, database, name() + "_" + database, Map.of(), true);
	}

	/**
	 * Starts both sides, each on a database of its own.
	 * @param name a part of the names of the databases
	 * @param more properties of the side with the library
	 * @param watched whether sessions on the replica are looked at
	 */
	Twins start(PostgresCluster cluster, TwinDatabase database, String name, Map<String, Object> more, boolean watched)
			throws SQLException {
		String suffix = name.toLowerCase(Locale.ROOT);
		String plainName = "plain_" + suffix;
		String ourName = "ours_" + suffix;
		database.create(cluster, plainName, false);
		database.create(cluster, ourName, true);
		// what is recorded needs more than one connection now and then
		int poolSize = (database == TwinDatabase.EMPTY) ? 10 : this.size;
		Map<String, Object> properties = new HashMap<>(this.properties);
		properties.putAll(poolProperties());
		properties.putAll(more);
		TwinApplication plain = TwinApplication.start(cluster, plainName, false, this.pool, poolSize, poolProperties());
		return new Twins(new Side(plain, new ThirdSession(cluster, plainName, false), plainName),
				() -> new Side(TwinApplication.start(cluster, ourName, true, this.pool, poolSize, properties),
						new ThirdSession(cluster, ourName, watched), ourName));
	}

}
