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
import java.util.Map;
import java.util.Objects;
import java.util.Properties;

import org.jspecify.annotations.Nullable;

import io.github.replication.jdbc.SessionSettings.NetworkTimeout;

/**
 * The session state of one physical connection as far as we have changed it. Asks the
 * connection only for what it knows without the server, and changes only what differs.
 */
final class AppliedState {

	private final Connection connection;

	private boolean autoCommit;

	private boolean readOnly;

	private @Nullable Integer isolation;

	private @Nullable Integer originalIsolation;

	private @Nullable String catalog;

	private @Nullable String originalCatalog;

	private @Nullable String schema;

	private @Nullable Integer holdability;

	private int originalHoldability;

	private @Nullable NetworkTimeout networkTimeout;

	private int originalNetworkTimeout;

	private @Nullable Properties clientInfo;

	private @Nullable Properties originalClientInfo;

	private @Nullable Map<String, Class<?>> typeMap;

	AppliedState(Connection connection) throws SQLException {
		this.connection = connection;
		this.autoCommit = connection.getAutoCommit();
		this.readOnly = connection.isReadOnly();
	}

	/**
	 * Brings the connection to what the session asks, before a unit begins.
	 */
	void apply(SessionSettings session, boolean readOnly, boolean autoCommit) throws SQLException {
		if (autoCommit) {
			setAutoCommit(true);
		}
		if (this.readOnly != readOnly) {
			this.connection.setReadOnly(readOnly);
			this.readOnly = readOnly;
		}
		if (!Objects.equals(this.isolation, session.getIsolation())) {
			applyIsolation(session.getIsolation());
		}
		if (hasRareSettings() || session.hasRareSettings()) {
			applyRareSettings(session);
		}
		setAutoCommit(autoCommit);
	}

	void setAutoCommit(boolean autoCommit) throws SQLException {
		if (this.autoCommit != autoCommit) {
			this.connection.setAutoCommit(autoCommit);
			this.autoCommit = autoCommit;
		}
	}

	/**
	 * Undoes what the pool itself does not undo when the connection goes back to it.
	 * @return {@code false} if that failed and nobody else must get the connection
	 */
	boolean restore() {
		if (!hasRareSettings()) {
			return true;
		}
		try {
			if (!this.autoCommit) {
				this.connection.rollback();
			}
			applyRareSettings(new SessionSettings(true));
			return true;
		}
		catch (SQLException ex) {
			return false;
		}
	}

	private boolean hasRareSettings() {
		return this.catalog != null || this.schema != null || this.holdability != null || this.networkTimeout != null
				|| this.clientInfo != null || this.typeMap != null;
	}

	private void applyIsolation(@Nullable Integer isolation) throws SQLException {
		if (this.originalIsolation == null) {
			this.originalIsolation = this.connection.getTransactionIsolation();
		}
		this.connection.setTransactionIsolation((isolation != null) ? isolation : this.originalIsolation);
		this.isolation = isolation;
	}

	/**
	 * Brings what is rarely set to what the session asks.
	 */
	void applyRareSettings(SessionSettings session) throws SQLException {
		applyCatalog(session.getCatalog());
		applySchema(session.getSchema());
		applyHoldability(session.getHoldability());
		applyNetworkTimeout(session.getNetworkTimeout());
		applyClientInfo(session.getClientInfo());
		applyTypeMap(session.getTypeMap());
	}

	private void applyCatalog(@Nullable String catalog) throws SQLException {
		if (!Objects.equals(this.catalog, catalog)) {
			if (this.catalog == null) {
				this.originalCatalog = this.connection.getCatalog();
			}
			this.connection.setCatalog((catalog != null) ? catalog : this.originalCatalog);
			this.catalog = catalog;
		}
	}

	/**
	 * With {@code null} pgjdbc sets the search path to its default, which getSchema()
	 * could not tell: that names the first schema of the path only.
	 */
	private void applySchema(@Nullable String schema) throws SQLException {
		if (!Objects.equals(this.schema, schema)) {
			this.connection.setSchema(schema);
			this.schema = schema;
		}
	}

	private void applyHoldability(@Nullable Integer holdability) throws SQLException {
		if (!Objects.equals(this.holdability, holdability)) {
			if (this.holdability == null) {
				this.originalHoldability = this.connection.getHoldability();
			}
			this.connection.setHoldability((holdability != null) ? holdability : this.originalHoldability);
			this.holdability = holdability;
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

	private void applyClientInfo(@Nullable Properties clientInfo) throws SQLException {
		if (!Objects.equals(this.clientInfo, clientInfo)) {
			if (this.clientInfo == null) {
				this.originalClientInfo = copyOf(this.connection.getClientInfo());
			}
			this.connection.setClientInfo((clientInfo != null) ? clientInfo : this.originalClientInfo);
			this.clientInfo = (clientInfo != null) ? copyOf(clientInfo) : null;
		}
	}

	private void applyTypeMap(@Nullable Map<String, Class<?>> typeMap) throws SQLException {
		if (!Objects.equals(this.typeMap, typeMap)) {
			this.connection.setTypeMap((typeMap != null) ? typeMap : Map.of());
			this.typeMap = typeMap;
		}
	}

	private static Properties copyOf(Properties properties) {
		Properties copy = new Properties();
		properties.forEach(copy::put);
		return copy;
	}

}
