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

import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Executor;

import org.jspecify.annotations.Nullable;

/**
 * What a logical connection was told about its session, {@code null} where nothing was
 * said. Holds for every physical connection that serves it.
 */
final class SessionSettings {

	private boolean autoCommit;

	private boolean readOnly;

	private @Nullable Integer isolation;

	private @Nullable String catalog;

	private @Nullable String schema;

	private @Nullable Integer holdability;

	private @Nullable NetworkTimeout networkTimeout;

	private @Nullable Properties clientInfo;

	private @Nullable Map<String, Class<?>> typeMap;

	SessionSettings(boolean autoCommit) {
		this.autoCommit = autoCommit;
	}

	boolean isAutoCommit() {
		return this.autoCommit;
	}

	void setAutoCommit(boolean autoCommit) {
		this.autoCommit = autoCommit;
	}

	boolean isReadOnly() {
		return this.readOnly;
	}

	void setReadOnly(boolean readOnly) {
		this.readOnly = readOnly;
	}

	@Nullable Integer getIsolation() {
		return this.isolation;
	}

	void setIsolation(@Nullable Integer isolation) {
		this.isolation = isolation;
	}

	@Nullable String getCatalog() {
		return this.catalog;
	}

	void setCatalog(@Nullable String catalog) {
		this.catalog = catalog;
	}

	@Nullable String getSchema() {
		return this.schema;
	}

	void setSchema(@Nullable String schema) {
		this.schema = schema;
	}

	@Nullable Integer getHoldability() {
		return this.holdability;
	}

	void setHoldability(@Nullable Integer holdability) {
		this.holdability = holdability;
	}

	@Nullable NetworkTimeout getNetworkTimeout() {
		return this.networkTimeout;
	}

	void setNetworkTimeout(@Nullable NetworkTimeout networkTimeout) {
		this.networkTimeout = networkTimeout;
	}

	@Nullable Properties getClientInfo() {
		return this.clientInfo;
	}

	void setClientInfo(@Nullable Properties clientInfo) {
		this.clientInfo = clientInfo;
	}

	@Nullable Map<String, Class<?>> getTypeMap() {
		return this.typeMap;
	}

	void setTypeMap(@Nullable Map<String, Class<?>> typeMap) {
		this.typeMap = typeMap;
	}

	/**
	 * Whether anything was said that hardly anybody says.
	 */
	boolean hasRareSettings() {
		return this.catalog != null || this.schema != null || this.holdability != null || this.networkTimeout != null
				|| this.clientInfo != null || this.typeMap != null;
	}

	/**
	 * How long the driver waits for the server.
	 *
	 * @param executor what the driver may use
	 * @param milliseconds the timeout, 0 for none
	 */
	record NetworkTimeout(@Nullable Executor executor, int milliseconds) {

	}

}
