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

package io.github.replication.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.util.Optional;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * Changes the settings of a session, and passes them on to the connection that is in use.
 * For use by the thread of that session.
 */
final class SettingChanges {

	private final SessionSettings settings;

	private final RouteRequests requests;

	private final SessionConnections connections;

	private final SessionUnits units;

	private final MetadataAccess metadata;

	SettingChanges(RouteRequests requests, SessionConnections connections, SessionUnits units,
			MetadataAccess metadata) {
		this.settings = requests.settings();
		this.requests = requests;
		this.connections = connections;
		this.units = units;
		this.metadata = metadata;
	}

	/**
	 * Sets the schema. If a text may have changed the search path, the transaction begins
	 * first: its rollback then restores that path, as on one connection.
	 */
	void setSchema(String schema) throws SQLException {
		this.connections.requireOpen();
		if (!this.settings.isAutoCommit() && sessionOfTheApplication() != null) {
			this.units.useTransaction();
		}
		change((settings) -> settings.setSchema(schema));
	}

	/**
	 * Sets a client property. The driver alone knows which there are: it warns of others.
	 */
	void setClientInfo(String name, String value) throws SQLException {
		boolean known = this.metadata.ask((connection) -> connection.getClientInfo().containsKey(name));
		if (known) {
			boolean inTransaction = this.connections.isTransactionUnderWay();
			change((settings) -> settings.setClientInfo(name, value, inTransaction));
		}
		else {
			Optional<SQLWarning> warning = this.metadata.ask((connection) -> warningOf(connection, name, value));
			this.connections.warning(warning.orElse(null));
		}
	}

	private static Optional<SQLWarning> warningOf(Connection connection, String name, String value)
			throws SQLException {
		connection.setClientInfo(name, value);
		return Optional.ofNullable(connection.getWarnings());
	}

	/**
	 * Changes a setting that reaches the server. One that the connection in use refuses
	 * stays as it was.
	 */
	private void change(Consumer<SessionSettings> change) throws SQLException {
		SessionSettings.Undo undo = this.settings.undo();
		change.accept(this.settings);
		try {
			applyAtOnce();
		}
		catch (SQLException ex) {
			this.settings.undo(undo);
			throw ex;
		}
	}

	/**
	 * Passes a setting on to the connection in use: it may count for the next statement
	 * of the unit under way. On a replica's connection in the hands of the application no
	 * transaction begins by that: the next one may have to write.
	 */
	void applyAtOnce() throws SQLException {
		PhysicalConnection current = this.connections.current();
		if (current == null || current.isBroken()) {
			return;
		}
		if (current.isExposed() && current.isOnReadPool() && !current.isTransactionUnderWay()) {
			current.applyInAutoCommit(this.settings);
		}
		else {
			current.applyRareSettings(this.settings);
		}
	}

	/**
	 * The isolation level of the transaction under way, or else of the next one. Whoever
	 * has been given the answer may rely on it, although a node may have another default.
	 */
	int isolation() throws SQLException {
		boolean asked = this.connections.isTransactionUnderWay() || sessionOfTheApplication() != null;
		if (asked) {
			return this.metadata.ask(Connection::getTransactionIsolation);
		}
		int isolation = this.requests.isolation();
		if (this.requests.isIsolationKnown()) {
			this.settings.setIsolation(isolation);
		}
		return isolation;
	}

	/**
	 * Sets the isolation level of transactions to come. A session in which the
	 * application may have set another default gets it at once.
	 */
	void setIsolation(int level) throws SQLException {
		this.settings.setIsolation(level);
		PhysicalConnection session = sessionOfTheApplication();
		if (session != null) {
			session.useIsolation(level);
		}
	}

	/**
	 * The connection whose session the application may have changed by a text or with the
	 * driver, {@code null} for none.
	 */
	private @Nullable PhysicalConnection sessionOfTheApplication() throws SQLException {
		PhysicalConnection current = this.connections.current();
		return (current != null && current.holdsSession() && !current.isSessionKnown() && !current.isBroken()) ? current
				: null;
	}

}
