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

package io.github.replication.test.proof;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

import io.github.replication.Consistency;
import io.github.replication.ReadOnly;
import io.github.replication.Replication;
import io.github.replication.RouteDecision;

/**
 * The registers of a proof, in a table {@code proof_register} that it creates, read and
 * written in every way that an application has.
 */
class Registers {

	/**
	 * The greatest staleness that {@link #readFresh} accepts.
	 */
	static final Duration MAX_STALENESS = Duration.ofMillis(500);

	private static final String WHERE = " coalesce(nullif(current_setting('cluster_name'), ''),"
			+ " host(inet_server_addr()) || ':' || inet_server_port()) AS node, pg_is_in_recovery() AS standby";

	private static final String SELECT = "SELECT version," + WHERE + " FROM proof_register WHERE id = ?";

	private static final String UPDATE = "UPDATE proof_register SET version = version + 1 WHERE id = ? RETURNING version,"
			+ WHERE;

	private final JdbcOperations jdbc;

	private final LastDecision decisions;

	Registers(JdbcOperations jdbc, LastDecision decisions) {
		this.jdbc = jdbc;
		this.decisions = decisions;
	}

	public void create(int registers) {
		this.jdbc.execute("CREATE TABLE IF NOT EXISTS proof_register"
				+ " (id int PRIMARY KEY, version bigint NOT NULL) WITH (fillfactor = 50)");
		this.jdbc.update("INSERT INTO proof_register SELECT id, 1 FROM generate_series(0, ? - 1) AS id"
				+ " ON CONFLICT (id) DO NOTHING", registers);
	}

	@ReadOnly
	public Served read(int register) {
		return query(SELECT, register);
	}

	@Transactional(readOnly = true)
	public Served readInTransaction(int register) {
		return query(SELECT, register);
	}

	public Served readInAutoCommit(int register) {
		return Replication.readOnly(Consistency.SESSION, () -> query(SELECT, register));
	}

	@ReadOnly(propagation = Propagation.REQUIRES_NEW)
	public Served readInside(int register) {
		return query(SELECT, register);
	}

	@ReadOnly(maxStaleness = "500ms")
	public Served readFresh(int register) {
		return query(SELECT, register);
	}

	@ReadOnly(consistency = Consistency.EVENTUAL)
	public Served readEventual(int register) {
		return query(SELECT, register);
	}

	@ReadOnly(consistency = Consistency.STRONG)
	public Served readStrong(int register) {
		return query(SELECT, register);
	}

	@Transactional
	public Served write(int register) {
		return query(UPDATE, register);
	}

	public Served writeInAutoCommit(int register) {
		return query(UPDATE, register);
	}

	@Transactional
	public Served writeAround(int register, Runnable inside) {
		Served served = query(UPDATE, register);
		inside.run();
		return served;
	}

	@ReadOnly
	public Served writeInReadOnly(int register) {
		return query(UPDATE, register);
	}

	@ReadOnly(consistency = Consistency.EVENTUAL, retry = false)
	public void occupy(Duration time) {
		this.jdbc.query("SELECT pg_sleep(?)", (row) -> {
		}, time.toMillis() / 1000.0);
	}

	private Served query(String sql, int register) {
		Served served = this.jdbc.queryForObject(sql, (row, number) -> new Served(row.getLong("version"),
				row.getString("node"), row.getBoolean("standby"), reason()), register);
		if (served == null) {
			throw new IllegalStateException("There is no register " + register);
		}
		return served;
	}

	private @Nullable String reason() {
		RouteDecision decision = this.decisions.get();
		return (decision != null) ? decision.reason().name() : null;
	}

}
