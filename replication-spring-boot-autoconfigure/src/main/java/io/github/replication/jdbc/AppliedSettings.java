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
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;

import org.jspecify.annotations.Nullable;

import io.github.replication.jdbc.SessionSettings.NetworkTimeout;
import io.github.replication.jdbc.SessionSettings.Transactional;
import io.github.replication.postgres.DriverConnection;

/**
 * The settings of one physical connection that were changed through this class. Asks the
 * connection only for values that it knows without the server, and changes only settings
 * that differ.
 */
final class AppliedSettings {

	private final Connection connection;

	private final boolean initialized;

	private final @Nullable Integer defaultIsolation;

	private final boolean originalAutoCommit;

	private final boolean originalReadOnly;

	private boolean autoCommit;

	private boolean readOnly;

	/**
	 * What the server had for its sessions' transactions before they were made read-only,
	 * {@code null} if they are not.
	 */
	private @Nullable String beforeSessionReadOnly;

	private @Nullable Integer isolation;

	private @Nullable Integer originalIsolation;

	private @Nullable String catalog;

	private @Nullable String originalCatalog;

	private @Nullable String originalSearchPath;

	private @Nullable Integer holdability;

	private @Nullable Integer originalHoldability;

	private @Nullable NetworkTimeout networkTimeout;

	private int originalNetworkTimeout;

	private @Nullable Properties originalClientInfo;

	private @Nullable Map<String, Class<?>> typeMap;

	private @Nullable Map<String, Class<?>> originalTypeMap;

	/**
	 * The settings that belong to transactions, as they were sent last.
	 */
	private Transactional applied = Transactional.NONE;

	/**
	 * The settings that a rollback on the server restores, {@code null} while the
	 * transaction has changed nothing.
	 */
	private @Nullable Transactional beforeTransaction;

	/**
	 * Creates the settings of a connection that was just taken from its pool.
	 * @param connection the connection
	 * @param initialized whether its pool has executed a statement of the application's
	 * on it, which may have set the search path
	 * @param defaultIsolation the isolation level that it has, {@code null} if that is
	 * not known
	 */
	AppliedSettings(Connection connection, boolean initialized, @Nullable Integer defaultIsolation)
			throws SQLException {
		this.connection = connection;
		this.initialized = initialized;
		this.defaultIsolation = defaultIsolation;
		this.originalAutoCommit = connection.getAutoCommit();
		this.originalReadOnly = connection.isReadOnly();
		this.autoCommit = this.originalAutoCommit;
		this.readOnly = this.originalReadOnly;
	}

	/**
	 * The isolation level of a transaction of a session, {@code null} if it is not known.
	 */
	@Nullable Integer isolation(SessionSettings session) {
		Integer isolation = session.getIsolation();
		return (isolation != null) ? isolation : this.defaultIsolation;
	}

	boolean isAutoCommit() {
		return this.autoCommit;
	}

	/**
	 * Brings the connection to the settings of a session, before a unit begins.
	 * Statements that this takes run in auto-commit.
	 */
	void apply(SessionSettings session, boolean readOnly) throws SQLException {
		setReadOnly(readOnly);
		Integer isolation = withoutDefault(session.getIsolation());
		if (!Objects.equals(this.isolation, isolation)) {
			setAutoCommit(true);
			applyIsolation(isolation);
		}
		if (hasRareSettings() || session.hasRareSettings()) {
			setAutoCommit(true);
			applyRareSettings(session);
		}
	}

	void setAutoCommit(boolean autoCommit) throws SQLException {
		if (this.autoCommit != autoCommit) {
			this.connection.setAutoCommit(autoCommit);
			this.autoCommit = autoCommit;
		}
	}

	void setReadOnly(boolean readOnly) throws SQLException {
		if (this.readOnly != readOnly) {
			this.connection.setReadOnly(readOnly);
			this.readOnly = readOnly;
		}
	}

	/**
	 * Makes every transaction of the session read-only, however it begins. To be called
	 * outside of a transaction.
	 * @param backendPid the process that the driver knows to serve the session
	 * @return {@code false} if another process serves it, as behind a connection pooler,
	 * so that the session is not this connection's own
	 */
	boolean setSessionReadOnly(int backendPid) throws SQLException {
		if (this.beforeSessionReadOnly == null) {
			boolean autoCommit = this.autoCommit;
			setAutoCommit(true);
			this.beforeSessionReadOnly = first("SELECT s.before, " + sessionReadOnly("on")
					+ " FROM (SELECT pg_catalog.current_setting('default_transaction_read_only') AS before"
					+ " WHERE pg_catalog.pg_backend_pid() = " + backendPid + " OFFSET 0) s");
			setAutoCommit(autoCommit);
		}
		return this.beforeSessionReadOnly != null;
	}

	/**
	 * Undoes {@link #setSessionReadOnly}, which leaves a setting that a text has made
	 * before. To be called outside of a transaction.
	 */
	void setSessionReadWrite() throws SQLException {
		String before = this.beforeSessionReadOnly;
		if (before != null) {
			boolean autoCommit = this.autoCommit;
			setAutoCommit(true);
			first("SELECT " + sessionReadOnly(before));
			this.beforeSessionReadOnly = null;
			setAutoCommit(autoCommit);
		}
	}

	private static String sessionReadOnly(String value) {
		return "pg_catalog.set_config('default_transaction_read_only', '" + value + "', false)";
	}

	private @Nullable String first(String sql) throws SQLException {
		try (Statement statement = this.connection.createStatement(); ResultSet row = statement.executeQuery(sql)) {
			return row.next() ? row.getString(1) : null;
		}
	}

	/**
	 * Undoes every change, when the connection goes back to its pool.
	 * @throws SQLException if that failed and the connection must not be used again
	 */
	void restore() throws SQLException {
		if (hasChanges()) {
			setAutoCommit(true);
			setSessionReadWrite();
			applyIsolation(null);
			applyRareSettings(new SessionSettings(true));
		}
		setReadOnly(this.originalReadOnly);
		setAutoCommit(this.originalAutoCommit);
	}

	private boolean hasChanges() {
		return this.isolation != null || this.beforeSessionReadOnly != null || hasRareSettings();
	}

	private boolean hasRareSettings() {
		return this.catalog != null || this.applied.schemaRevision() != 0 || this.applied.clientInfoRevision() != 0
				|| this.holdability != null || this.networkTimeout != null || this.typeMap != null;
	}

	void committed() {
		this.beforeTransaction = null;
	}

	void rolledBack() {
		Transactional before = this.beforeTransaction;
		if (before != null) {
			revertTo(before);
			this.beforeTransaction = null;
		}
	}

	/**
	 * The server has rolled back to a savepoint. It has the search path and the
	 * properties again that it had before any was set here; a text of the transaction may
	 * have been the one to set those found then.
	 */
	void revertTo(Transactional transactional) {
		if (this.beforeTransaction != null) {
			this.applied = transactional;
			if (transactional.schemaRevision() == 0) {
				this.originalSearchPath = null;
			}
			if (transactional.clientInfoRevision() == 0) {
				this.originalClientInfo = null;
			}
		}
	}

	private void willChange() {
		if (!this.autoCommit && this.beforeTransaction == null) {
			this.beforeTransaction = this.applied;
		}
	}

	/**
	 * The driver begins no transaction to set a client property. Another driver may.
	 */
	private boolean isTransactionUnderWay() throws SQLException {
		return DriverConnection.of(this.connection).transaction() != DriverConnection.TransactionState.IDLE;
	}

	private void applyIsolation(@Nullable Integer isolation) throws SQLException {
		Integer level = (isolation != null) ? isolation : this.originalIsolation;
		if (level != null && !Objects.equals(this.isolation, isolation)) {
			setIsolation(level, isolation);
		}
	}

	/**
	 * Sets the isolation level outside of a transaction, whatever the session has been
	 * given since.
	 */
	void useIsolation(int level) throws SQLException {
		setIsolation(level, withoutDefault(level));
	}

	private @Nullable Integer withoutDefault(@Nullable Integer isolation) {
		return Objects.equals(isolation, this.defaultIsolation) ? null : isolation;
	}

	private void setIsolation(int level, @Nullable Integer setting) throws SQLException {
		if (this.originalIsolation == null && setting != null) {
			this.originalIsolation = this.connection.getTransactionIsolation();
		}
		this.connection.setTransactionIsolation(level);
		this.isolation = setting;
	}

	/**
	 * Applies the rarely used settings of a session.
	 */
	void applyRareSettings(SessionSettings session) throws SQLException {
		applyCatalog(session.getCatalog());
		applySchema(session);
		applyHoldability(session.getHoldability());
		applyNetworkTimeout(session.getNetworkTimeout());
		applyClientInfo(session);
		applyTypeMap(session.getTypeMap());
	}

	private void applyCatalog(@Nullable String catalog) throws SQLException {
		if (!Objects.equals(this.catalog, catalog) && DriverConnection.of(this.connection).hasCatalogs()) {
			if (this.catalog == null) {
				this.originalCatalog = this.connection.getCatalog();
			}
			this.connection.setCatalog((catalog != null) ? catalog : this.originalCatalog);
			this.catalog = catalog;
		}
	}

	/**
	 * Sets the schema if it is another one, or was set again. With {@code null} the
	 * driver sets the search path to its default. A path that the pool has set is asked
	 * for before it is changed, to be restored: {@code getSchema()} names only its first
	 * schema.
	 */
	private void applySchema(SessionSettings session) throws SQLException {
		String schema = session.getSchema();
		int revision = session.transactional().schemaRevision();
		if (this.applied.schemaRevision() == revision) {
			return;
		}
		willChange();
		if (this.initialized && this.originalSearchPath == null) {
			this.originalSearchPath = searchPath();
		}
		if (revision != 0 || this.originalSearchPath == null) {
			this.connection.setSchema(schema);
		}
		else {
			setSearchPath(this.originalSearchPath);
		}
		this.applied = this.applied.withSchema(schema, revision);
	}

	private @Nullable String searchPath() throws SQLException {
		return first("SELECT pg_catalog.current_setting('search_path')");
	}

	private void setSearchPath(String path) throws SQLException {
		try (PreparedStatement statement = this.connection
			.prepareStatement("SELECT pg_catalog.set_config('search_path', ?, false)")) {
			statement.setString(1, path);
			statement.execute();
		}
	}

	private void applyHoldability(@Nullable Integer holdability) throws SQLException {
		if (!Objects.equals(this.holdability, holdability)) {
			Integer original = this.originalHoldability;
			if (original == null) {
				original = this.connection.getHoldability();
				this.originalHoldability = original;
			}
			this.connection.setHoldability((holdability != null) ? holdability : original);
			this.holdability = holdability;
		}
	}

	/**
	 * Makes a statement with another holdability.
	 * @param factory makes it
	 * @param holdability the holdability, {@code null} for that before any was set
	 */
	Statement createStatement(StatementFactory factory, @Nullable Integer holdability) throws SQLException {
		int current = this.connection.getHoldability();
		Integer wanted = (holdability != null) ? holdability : this.originalHoldability;
		this.connection.setHoldability((wanted != null) ? wanted : current);
		try {
			return factory.create(this.connection);
		}
		finally {
			this.connection.setHoldability(current);
		}
	}

	private void applyNetworkTimeout(@Nullable NetworkTimeout timeout) throws SQLException {
		if (!Objects.equals(this.networkTimeout, timeout)) {
			if (this.networkTimeout == null) {
				this.originalNetworkTimeout = this.connection.getNetworkTimeout();
			}
			NetworkTimeout next = (timeout != null) ? timeout
					: new NetworkTimeout(Runnable::run, this.originalNetworkTimeout);
			this.connection.setNetworkTimeout(next.executor(), next.milliseconds());
			this.networkTimeout = timeout;
		}
	}

	/**
	 * Sets the client properties if they are others, or were set again.
	 */
	private void applyClientInfo(SessionSettings session) throws SQLException {
		Map<String, String> clientInfo = session.getClientInfo();
		int revision = session.transactional().clientInfoRevision();
		if (this.applied.clientInfoRevision() == revision) {
			return;
		}
		if (isTransactionUnderWay()) {
			willChange();
		}
		if (this.originalClientInfo == null) {
			Properties original = new Properties();
			original.putAll(this.connection.getClientInfo());
			this.originalClientInfo = original;
		}
		for (String name : this.applied.clientInfo().keySet()) {
			if (!clientInfo.containsKey(name)) {
				this.connection.setClientInfo(name, this.originalClientInfo.getProperty(name));
			}
		}
		for (Map.Entry<String, String> property : clientInfo.entrySet()) {
			this.connection.setClientInfo(property.getKey(), property.getValue());
		}
		this.applied = this.applied.withClientInfo(clientInfo, revision);
	}

	private void applyTypeMap(@Nullable Map<String, Class<?>> typeMap) throws SQLException {
		if (this.typeMap != typeMap) {
			Map<String, Class<?>> original = this.originalTypeMap;
			if (original == null) {
				original = this.connection.getTypeMap();
				this.originalTypeMap = original;
			}
			this.connection.setTypeMap((typeMap != null) ? typeMap : original);
			this.typeMap = typeMap;
		}
	}

}
