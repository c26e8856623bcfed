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

import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import io.github.replication.twin.Difference.Step;

/**
 * Facts about a sequence up to a step, by its calls and the outcomes without the library.
 */
final class History {

	private static final Pattern READ = Pattern.compile("select |table |values |with |show |/\\*");

	private static final Pattern SCHEMA_CHANGE = Pattern.compile("search_path|discard all|reset all|rollback|abort");

	private static final Pattern TRANSACTION_END = Pattern.compile("commit|rollback|abort|\\bend\\b");

	private static final Pattern SIDE_EFFECT = Pattern
		.compile("set_config|advisory|nextval|setval|log|lo_creat|notify|into|for update");

	private final Map<String, String> connections = new HashMap<>();

	private final Set<String> metaData = new HashSet<>();

	private final Set<String> typeInfo = new HashSet<>();

	private final Set<String> readOnly = new HashSet<>();

	private final Set<String> manualCommit = new HashSet<>();

	private final Set<String> closed = new HashSet<>();

	private final Set<String> sessionState = new HashSet<>();

	private final Set<String> lost = new HashSet<>();

	private final Map<String, String> schemas = new HashMap<>();

	/**
	 * The texts of prepared statements, and of batches.
	 */
	private final Map<String, String> prepared = new HashMap<>();

	private final Set<String> staleSchemas = new HashSet<>();

	/**
	 * Statements and what was made by them, while their connection was read-only.
	 */
	private final Set<String> usedReadOnly = new HashSet<>();

	private final Set<String> closingOnCompletion = new HashSet<>();

	private final Set<String> closedWithUnit = new HashSet<>();

	private final Set<String> lostWithSession = new HashSet<>();

	private final Set<String> evicted = new HashSet<>();

	private final Set<String> begun = new HashSet<>();

	private String rows = "";

	private String states = "idle";

	private boolean terminated;

	/**
	 * The statements of results.
	 */
	private final Map<String, String> makers = new HashMap<>();

	private boolean metaDataInTransaction;

	private boolean preparedInReadOnlyUnit;

	private boolean failedBatch;

	private final boolean autoCommit;

	/**
	 * Creates a history without calls.
	 * @param autoCommit whether connections begin in auto-commit
	 */
	History(boolean autoCommit) {
		this.autoCommit = autoCommit;
	}

	/**
	 * Notes a call and its outcome without the library.
	 */
	void add(Call call, Step step) {
		boolean inTransactionBefore = isInTransaction();
		if (!step.view().isLocked()) {
			this.rows = step.view().rows();
		}
		this.states = step.view().states();
		String connection = connectionOf(call.subject());
		noteClosedResultSets(call);
		if (call.result() != null) {
			boolean begins = call.target().equals(Call.DATA_SOURCE);
			if (begins && !this.autoCommit) {
				this.manualCommit.add(call.result());
			}
			this.makers.put(call.result(), call.subject());
			this.connections.put(call.result(), begins ? call.result() : String.valueOf(connection));
			if (call.method().equals("getMetaData") || this.metaData.contains(call.target())) {
				this.metaData.add(call.result());
			}
			if (call.method().equals("getTypeInfo")) {
				this.typeInfo.add(call.result());
			}
		}
		if (connection == null) {
			if (call.method().equals("terminate")) {
				this.terminated = true;
				this.lostWithSession.addAll(this.sessionState);
				if (inTransactionBefore) {
					this.lostWithSession.addAll(this.begun);
				}
			}
			return;
		}
		Outcome outcome = step.outcome();
		if (outcome.isConnectionLost() || (outcome.value().equals("SQLException null") && !isClosed(call))) {
			this.lost.add(connection);
		}
		if (outcome.unsupported() && step.closedSocket()) {
			this.lost.add(connection);
			this.evicted.add(connection);
			if (this.sessionState.contains(connection) || (inTransactionBefore && this.begun.contains(connection))) {
				this.lostWithSession.add(connection);
			}
		}
		noteSchema(connection, call, outcome);
		noteUnit(connection, call);
		switch (call.method()) {
			case "commit", "rollback" -> {
				if (call.arguments().isEmpty()) {
					// a transaction that was lost has to be rolled back
					if (call.method().equals("rollback") || !this.lost.contains(connection)) {
						this.begun.remove(connection);
					}
					noteEndOfReads(connection);
				}
			}
			case "closeOnCompletion" -> this.closingOnCompletion.add(call.subject());
			case "setReadOnly" -> set(this.readOnly, connection, outcome, call);
			case "setAutoCommit" -> {
				set(this.manualCommit, connection, outcome, call, false);
				noteEndOfReads(connection);
			}
			case "close", "abort" -> this.closed.add(call.target());
			case "aborted" -> this.closed.add(call.subject());
			case "unwrap", "notifications" -> {
				if (!this.readOnly.contains(connection)) {
					this.sessionState.add(connection);
				}
			}
			default -> {
			}
		}
		if (this.manualCommit.contains(connection)) {
			if (call.executes() || call.method().equals("setSavepoint")) {
				this.begun.add(connection);
			}
		}
		else {
			this.begun.remove(connection);
		}
		this.metaDataInTransaction |= isMetaData(call) && this.manualCommit.contains(connection);
		if (call.result() != null && call.method().startsWith("prepare")) {
			this.prepared.put(call.result(), call.text());
		}
		this.preparedInReadOnlyUnit |= call.executes() && this.readOnly.contains(connection)
				&& textOf(call).matches("prepare [qw]\\b.*");
		this.failedBatch |= call.method().matches("execute(Large)?Batch") && outcome.failed();
		if (call.method().equals("addBatch") && !isPlainRead(textOf(call))) {
			this.prepared.put(call.subject(), call.text());
		}
		if (call.method().matches("execute.*") && !this.manualCommit.contains(connection)
				&& !this.readOnly.contains(connection) && !isClosed(call) && !isPlainRead(textOf(call))
				&& !outcome.isConnectionLost()) {
			this.sessionState.add(connection);
		}
	}

	/**
	 * A statement that is executed again closes its result sets.
	 */
	private void noteClosedResultSets(Call call) {
		if (call.method().startsWith("execute")) {
			this.makers.forEach((object, maker) -> {
				if (maker.equals(call.subject()) && SlotType.of(object) == SlotType.RESULT_SET) {
					this.closed.add(object);
				}
			});
		}
	}

	private String textOf(Call call) {
		String text = call.text().isEmpty() ? this.prepared.getOrDefault(call.subject(), "") : call.text();
		return text.strip().toLowerCase(Locale.ROOT);
	}

	/**
	 * Nothing is lost with a transaction that only reads.
	 */
	private void noteEndOfReads(String connection) {
		if (this.readOnly.contains(connection) && !this.sessionState.contains(connection)) {
			this.lostWithSession.remove(connection);
		}
	}

	private void noteSchema(String connection, Call call, Outcome outcome) {
		if (call.method().equals("setSchema") && !outcome.failed()) {
			this.schemas.put(connection, call.text());
			this.staleSchemas.remove(connection);
		}
		else if (call.method().matches("rollback|setAutoCommit|commit")
				|| SCHEMA_CHANGE.matcher(call.text().toLowerCase(Locale.ROOT)).find()) {
			this.staleSchemas.add(connection);
		}
	}

	private void noteUnit(String connection, Call call) {
		if (call.method().matches("commit|rollback|setAutoCommit|setReadOnly|setTransactionIsolation")
				|| TRANSACTION_END.matcher(call.text().toLowerCase(Locale.ROOT)).find()) {
			for (String object : this.usedReadOnly) {
				if (connection.equals(connectionOf(object))) {
					this.closedWithUnit.add(object);
				}
			}
		}
		if (this.readOnly.contains(connection)) {
			this.usedReadOnly.add(call.subject());
			if (call.result() != null) {
				this.usedReadOnly.add(call.result());
			}
		}
		else if (call.result() != null && this.closedWithUnit.contains(call.subject())) {
			this.closedWithUnit.add(call.result());
		}
	}

	private static boolean isPlainRead(String text) {
		return text.isEmpty() || (READ.matcher(text).lookingAt() && !SIDE_EFFECT.matcher(text).find());
	}

	private static void set(Set<String> names, String name, Outcome outcome, Call call) {
		set(names, name, outcome, call, true);
	}

	private static void set(Set<String> names, String name, Outcome outcome, Call call, boolean on) {
		if (!outcome.failed() && call.arguments().get(0) instanceof Boolean value) {
			if (value == on) {
				names.add(name);
			}
			else {
				names.remove(name);
			}
		}
	}

	/**
	 * Returns the connection that an object belongs to, {@code null} for none.
	 */
	@Nullable String connectionOf(String name) {
		return this.connections.get(name);
	}

	/**
	 * Whether a call is about metadata, or about a result that came from it.
	 */
	boolean isMetaData(Call call) {
		return this.metaData.contains(call.subject()) || call.method().equals("columnsOfTables");
	}

	/**
	 * Whether a call is about the rows of {@code getTypeInfo}, which are in any order.
	 */
	boolean isTypeInfo(Call call) {
		return this.typeInfo.contains(call.subject());
	}

	/**
	 * Whether a text has prepared a statement by its name in a read-only unit.
	 */
	boolean hasPreparedInReadOnlyUnit() {
		return this.preparedInReadOnlyUnit;
	}

	/**
	 * Whether a batch has failed.
	 */
	boolean hasFailedBatch() {
		return this.failedBatch;
	}

	boolean isReadOnly(Call call) {
		return contains(this.readOnly, call);
	}

	boolean isManualCommit(Call call) {
		return contains(this.manualCommit, call);
	}

	/**
	 * Whether the connection may have been lost, and had neither session state nor a
	 * transaction then.
	 */
	boolean isReplaceable(Call call) {
		return (this.terminated || contains(this.evicted, call)) && !contains(this.lostWithSession, call);
	}

	/**
	 * Whether the object was used in a read-only unit that has ended.
	 */
	boolean isClosedWithReadOnlyUnit(Call call) {
		return this.closedWithUnit.contains(call.subject());
	}

	/**
	 * Whether the statement was to close with its last result.
	 */
	boolean closesOnCompletion(Call call) {
		return this.closingOnCompletion.contains(call.subject());
	}

	/**
	 * Returns the schema that was set last, {@code null} unless a text or the end of a
	 * transaction may have changed it since.
	 */
	@Nullable String staleSchema(Call call) {
		String connection = connectionOf(call.subject());
		return this.staleSchemas.contains(String.valueOf(connection))
				? this.schemas.getOrDefault(connection, TwinDatabase.TABLES.defaultSchema()) : null;
	}

	/**
	 * Returns the rows after the last call that has locked none, without the library.
	 */
	String rows() {
		return this.rows;
	}

	/**
	 * Whether a transaction is under way without the library.
	 */
	boolean isInTransaction() {
		return !this.states.equals("idle");
	}

	/**
	 * Returns the states of the sessions after the last call, without the library.
	 */
	String states() {
		return this.states;
	}

	boolean isClosed(Call call) {
		return this.closed.contains(call.subject()) || contains(this.closed, call)
				|| this.closed.contains(String.valueOf(this.makers.get(call.subject())))
				|| call.names().stream().anyMatch(this.closed::contains);
	}

	/**
	 * Whether a commit or rollback has nothing to end: no statement was executed since
	 * the last one.
	 */
	boolean isWithoutStatements(Call call) {
		return call.method().matches("commit|rollback") && call.arguments().isEmpty() && !contains(this.begun, call);
	}

	/**
	 * Whether metadata may have begun a transaction without the library.
	 */
	boolean hasMetaDataInTransaction() {
		return this.metaDataInTransaction;
	}

	/**
	 * Whether the pool has noticed that the physical connection is lost.
	 */
	boolean isLost(Call call) {
		return contains(this.lost, call);
	}

	/**
	 * Whether the pool has closed the connection after it did not support something.
	 */
	boolean isEvicted(Call call) {
		return contains(this.evicted, call);
	}

	boolean isTerminated() {
		return this.terminated;
	}

	private boolean contains(Set<String> names, Call call) {
		String connection = connectionOf(call.subject());
		return connection != null && names.contains(connection);
	}

}
