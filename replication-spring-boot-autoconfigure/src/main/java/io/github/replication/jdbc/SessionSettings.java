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

import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * The settings that a logical connection was given, {@code null} for each that was not
 * set. They hold for every physical connection that serves it. Schema and client
 * properties belong to the transaction in which they are set, as on the server: a
 * rollback takes them back.
 */
final class SessionSettings {

	private boolean autoCommit;

	private boolean readOnly;

	private @Nullable Integer isolation;

	private @Nullable String catalog;

	private @Nullable Integer holdability;

	private @Nullable NetworkTimeout networkTimeout;

	private @Nullable Map<String, Class<?>> typeMap;

	private Transactional transactional = Transactional.NONE;

	/**
	 * How often the schema or a client property was set. Never goes back, so that each
	 * revision stands for one setting.
	 */
	private int revisions;

	/**
	 * The settings that a rollback restores, {@code null} while the transaction has
	 * changed nothing.
	 */
	private @Nullable Transactional beforeTransaction;

	private @Nullable List<Mark> savepoints;

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

	@Nullable Map<String, Class<?>> getTypeMap() {
		return this.typeMap;
	}

	void setTypeMap(@Nullable Map<String, Class<?>> typeMap) {
		this.typeMap = typeMap;
	}

	@Nullable String getSchema() {
		return this.transactional.schema();
	}

	void setSchema(@Nullable String schema) {
		change(this.transactional.withSchema(schema, ++this.revisions));
	}

	/**
	 * The client properties that were set.
	 */
	Map<String, String> getClientInfo() {
		return this.transactional.clientInfo();
	}

	/**
	 * The settings that belong to a transaction.
	 */
	Transactional transactional() {
		return this.transactional;
	}

	/**
	 * Sets a client property. Unlike a schema, it begins no transaction.
	 * @param inTransaction whether a transaction is under way on the server, to which the
	 * property belongs then
	 */
	void setClientInfo(String name, String value, boolean inTransaction) {
		Map<String, String> clientInfo = new HashMap<>(this.transactional.clientInfo());
		clientInfo.put(name, value);
		int revision = ++this.revisions;
		Transactional changed = this.transactional.withClientInfo(clientInfo, revision);
		if (inTransaction) {
			change(changed);
		}
		else {
			this.transactional = changed;
			if (this.beforeTransaction != null) {
				this.beforeTransaction = this.beforeTransaction.withClientInfo(clientInfo, revision);
			}
		}
	}

	private void change(Transactional changed) {
		if (!this.autoCommit && this.beforeTransaction == null) {
			this.beforeTransaction = this.transactional;
		}
		this.transactional = changed;
	}

	/**
	 * Remembers the settings that a rollback to a savepoint leads back to.
	 * @param name the name that the application has given to the savepoint, {@code null}
	 * for none
	 */
	void mark(Savepoint savepoint, @Nullable String name) {
		if (this.savepoints == null) {
			this.savepoints = new ArrayList<>(1);
		}
		this.savepoints.add(new Mark(savepoint, name, this.transactional));
	}

	/**
	 * Whether the transaction has savepoints that a rollback may lead back to.
	 */
	boolean hasSavepoints() {
		return this.savepoints != null;
	}

	/**
	 * Finds the mark of a savepoint. The server knows savepoints by name alone: of those
	 * with the same name it means the last one.
	 * @return {@code null} if the transaction has no such savepoint
	 */
	@Nullable Mark find(Savepoint savepoint) {
		List<Mark> savepoints = this.savepoints;
		if (savepoints == null) {
			return null;
		}
		Mark mark = last(savepoints, (candidate) -> candidate.savepoint.equals(savepoint));
		String name = (mark != null) ? mark.name : nameOf(savepoint);
		return (name != null) ? last(savepoints, (candidate) -> name.equals(candidate.name)) : mark;
	}

	private static @Nullable Mark last(List<Mark> savepoints, Predicate<Mark> condition) {
		for (int i = savepoints.size() - 1; i >= 0; i--) {
			if (condition.test(savepoints.get(i))) {
				return savepoints.get(i);
			}
		}
		return null;
	}

	private static @Nullable String nameOf(Savepoint savepoint) {
		try {
			return savepoint.getSavepointName();
		}
		catch (SQLException ex) {
			// it has no name, or was released
			return null;
		}
	}

	/**
	 * Takes back what was set after a savepoint, and forgets the savepoints after it.
	 * @param mark that of the savepoint, {@code null} for one that is not known
	 */
	void rolledBackTo(@Nullable Mark mark) {
		if (mark != null) {
			forgetAfter(mark);
			revertTo(mark.settings);
		}
	}

	/**
	 * Forgets a savepoint and those after it.
	 * @param mark that of the savepoint, {@code null} for one that is not known
	 */
	void released(@Nullable Mark mark) {
		List<Mark> savepoints = this.savepoints;
		if (mark != null && savepoints != null) {
			forgetAfter(mark);
			savepoints.remove(savepoints.size() - 1);
			if (savepoints.isEmpty()) {
				this.savepoints = null;
			}
		}
	}

	private void forgetAfter(Mark mark) {
		List<Mark> savepoints = this.savepoints;
		while (savepoints != null && savepoints.get(savepoints.size() - 1) != mark) {
			savepoints.remove(savepoints.size() - 1);
		}
	}

	boolean isChangedInTransaction() {
		return this.beforeTransaction != null;
	}

	private void revertTo(Transactional transactional) {
		if (this.beforeTransaction != null) {
			this.transactional = transactional;
		}
	}

	void committed() {
		this.savepoints = null;
		this.beforeTransaction = null;
	}

	/**
	 * Takes back the settings of a transaction.
	 * @return whether there were any
	 */
	boolean rolledBack() {
		this.savepoints = null;
		if (this.beforeTransaction == null) {
			return false;
		}
		this.transactional = this.beforeTransaction;
		this.beforeTransaction = null;
		return true;
	}

	/**
	 * Returns the settings that belong to a transaction as they are, to be undone to.
	 */
	Undo undo() {
		return new Undo(this.transactional, this.beforeTransaction);
	}

	/**
	 * Undoes changes that the server has refused.
	 */
	void undo(Undo undo) {
		this.transactional = undo.transactional();
		this.beforeTransaction = undo.beforeTransaction();
	}

	/**
	 * Whether any of the settings was made that few applications make.
	 */
	boolean hasRareSettings() {
		return this.transactional != Transactional.NONE || this.catalog != null || this.holdability != null
				|| this.networkTimeout != null || this.typeMap != null;
	}

	/**
	 * The settings that belong to a transaction. A text may set another search path or
	 * property, so that one that is set again is sent again: its revision is another one.
	 *
	 * @param schema the schema, {@code null} for the default
	 * @param schemaRevision stands for the moment at which the schema was set, 0 if it
	 * was not
	 * @param clientInfo the client properties that were set
	 * @param clientInfoRevision stands for the moment at which one was set last, 0 if
	 * none was
	 */
	record Transactional(@Nullable String schema, int schemaRevision, Map<String, String> clientInfo,
			int clientInfoRevision) {

		static final Transactional NONE = new Transactional(null, 0, Map.of(), 0);

		Transactional withSchema(@Nullable String schema, int revision) {
			return new Transactional(schema, revision, this.clientInfo, this.clientInfoRevision);
		}

		Transactional withClientInfo(Map<String, String> clientInfo, int revision) {
			return new Transactional(this.schema, this.schemaRevision, clientInfo, revision);
		}

	}

	/**
	 * The settings that belong to a transaction at a moment.
	 *
	 * @param transactional the settings
	 * @param beforeTransaction the settings that a rollback restores, {@code null} for
	 * the same
	 */
	record Undo(Transactional transactional, @Nullable Transactional beforeTransaction) {

	}

	/**
	 * A savepoint with the settings at that time.
	 *
	 * @param savepoint the savepoint of the driver
	 * @param name the name that the application has given to it, {@code null} for none
	 * @param settings the settings that a rollback to it leads back to
	 */
	record Mark(Savepoint savepoint, @Nullable String name, Transactional settings) {

	}

	/**
	 * How long the driver waits for the server.
	 *
	 * @param executor an executor for the driver
	 * @param milliseconds the timeout, 0 for none
	 */
	record NetworkTimeout(@Nullable Executor executor, int milliseconds) {

	}

}
