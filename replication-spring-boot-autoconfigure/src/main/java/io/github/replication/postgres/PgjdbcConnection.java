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

package io.github.replication.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;
import org.postgresql.core.BaseConnection;
import org.postgresql.jdbc.AutoSave;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * A connection of PostgreSQL's driver.
 */
final class PgjdbcConnection extends DriverConnection {

	/**
	 * How long a known setting of a session holds, in nanoseconds: the server may reload
	 * its configuration.
	 */
	private static final long KNOWN_FOR = TimeUnit.SECONDS.toNanos(1);

	/**
	 * The connections whose sessions were found to wait at each commit, and when.
	 */
	private static final Map<BaseConnection, Long> SYNCHRONOUS = Collections.synchronizedMap(new WeakHashMap<>());

	private final BaseConnection connection;

	private PgjdbcConnection(BaseConnection connection) {
		this.connection = connection;
	}

	static @Nullable DriverConnection behind(Connection connection) throws SQLException {
		return connection.isWrapperFor(BaseConnection.class)
				? new PgjdbcConnection(connection.unwrap(BaseConnection.class)) : null;
	}

	static boolean hasServerMessage(Throwable ex) {
		for (Throwable link = ex; link != null; link = link.getCause()) {
			if (link instanceof PSQLException known && known.getServerErrorMessage() != null) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Its SQLSTATE is that of every feature that is not supported: the routine of the
	 * server distinguishes them, as it does for the driver.
	 */
	static boolean hasOutdatedPlan(Throwable ex) {
		for (Throwable link = ex; link != null; link = link.getCause()) {
			ServerErrorMessage message = (link instanceof PSQLException known) ? known.getServerErrorMessage() : null;
			if (message != null) {
				return SqlState.FEATURE_NOT_SUPPORTED.equals(message.getSQLState())
						&& String.valueOf(message.getRoutine()).startsWith("RevalidateCached");
			}
		}
		return false;
	}

	@Override
	public TransactionState transaction() {
		return switch (this.connection.getTransactionState()) {
			case IDLE -> TransactionState.IDLE;
			case OPEN -> TransactionState.OPEN;
			case FAILED -> TransactionState.FAILED;
		};
	}

	@Override
	public boolean setsSavepoints() {
		return this.connection.getAutosave() != AutoSave.NEVER;
	}

	/**
	 * A statement that the server has not prepared under a name is parsed each time.
	 */
	@Override
	public boolean prepareAnew(Statement statement) throws SQLException {
		boolean prepared = !setsSavepoints() && statement.isWrapperFor(PGStatement.class)
				&& statement.unwrap(PGStatement.class).isUseServerPrepare();
		if (prepared) {
			this.connection.setAutosave(AutoSave.CONSERVATIVE);
		}
		return prepared;
	}

	@Override
	public void stopPreparingAnew() {
		this.connection.setAutosave(AutoSave.NEVER);
	}

	@Override
	public boolean beginsReadOnly() {
		return this.connection.hintReadOnly();
	}

	@Override
	public @Nullable String parameter(String name) {
		return this.connection.getParameterStatus(name);
	}

	@Override
	public Object identity() {
		return this.connection;
	}

	@Override
	public boolean hasCatalogs() {
		return false;
	}

	@Override
	public @Nullable String schema(Connection connection) throws SQLException {
		return this.connection.getSchema();
	}

	@Override
	public int backendPid() {
		return this.connection.getBackendPID();
	}

	@Override
	public boolean commitsSynchronously(long now) {
		Long found = SYNCHRONOUS.get(this.connection);
		return found != null && now - found < KNOWN_FOR;
	}

	@Override
	public void commitsSynchronously(boolean known, long now) {
		if (known) {
			SYNCHRONOUS.put(this.connection, now);
		}
		else {
			SYNCHRONOUS.remove(this.connection);
		}
	}

}
