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

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * The differences that are meant, each with its reason. Everything else is a defect.
 */
enum OnPurpose {

	/**
	 * HikariCP gives no SQLSTATE to the use of a closed connection, and answers some
	 * getters; here each use of what is closed fails with the state that JDBC defines.
	 */
	CLOSED_HAS_A_STATE(false) {

		@Override
		boolean explains(Difference difference) {
			boolean closed = difference.ours().outcome().failed() || difference.call().method().equals("getStatement")
					|| (difference.call().method().equals("isClosed")
							&& difference.ours().outcome().value().equals("true"));
			boolean ofRows = difference.call().method().equals("getStatement")
					&& "55000".equals(difference.ours().outcome().state());
			return ((closed && difference.history().isClosed(difference.call())) || ofRows)
					&& difference.hasEqualViews();
		}

	},

	/**
	 * The driver stumbles over the metadata of parameters that were cleared meanwhile.
	 */
	DRIVER_STUMBLES(false) {

		@Override
		boolean explains(Difference difference) {
			return difference.plain().outcome().value().equals("java.lang.AssertionError")
					&& difference.hasEqualViews();
		}

	},

	/**
	 * A pool may remember a schema that was set, also if a text or a rollback has changed
	 * it since; here the server is asked.
	 */
	SCHEMA_IS_ASKED(false) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().equals("getSchema") && difference.hasEqualViews()
					&& !difference.ours().outcome().failed()
					&& difference.plain().outcome().value().equals(difference.history().staleSchema(difference.call()));
		}

	},

	/**
	 * A catalog that was set is remembered. The driver ignores it, pools differ.
	 */
	CATALOG_IS_REMEMBERED(false) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().equals("getCatalog") && difference.hasEqualViews()
					&& !difference.ours().outcome().failed() && !difference.plain().outcome().failed();
		}

	},

	/**
	 * In the hands of the application the server is asked, which begins a transaction.
	 */
	SCHEMA_IS_ASKED_IN_A_TRANSACTION(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().equals("getSchema") && difference.hasEqualRows()
					&& !difference.ours().outcome().failed() && difference.history().isManualCommit(difference.call());
		}

	},

	/**
	 * The driver looks up the functions of large objects once for a physical connection.
	 */
	LOOKED_UP_ONCE_FOR_A_CONNECTION(true) {

		@Override
		boolean explains(Difference difference) {
			boolean refused = Stream.of(difference.plain(), difference.ours())
				.anyMatch((step) -> "25P02".equals(step.outcome().state()));
			return difference.call().method().equals("getLargeObjectAPI") && (refused || difference.hasEqualOutcomes())
					&& difference.hasEqualRows();
		}

	},

	/**
	 * A read-only transaction that the caller's own write has overtaken goes on at the
	 * primary. The connection of the replica stays while rows are open on it.
	 */
	ROWS_OF_THE_REPLICA_STAY_OPEN(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.history().isReadOnly(difference.call())
					&& difference.history().isManualCommit(difference.call()) && difference.hasEqualOutcomes()
					&& difference.hasEqualRows()
					&& difference.ours()
						.view()
						.states()
						.equals(difference.plain().view().states() + ", idle in transaction");
		}

	},

	/**
	 * With its results on one connection a statement may still be executed on another,
	 * and its texts are not looked at once it is closed.
	 */
	CLOSES_ON_COMPLETION(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.history().closesOnCompletion(difference.call())
					&& ("55000".equals(difference.plain().outcome().state())
							|| "55000".equals(difference.ours().outcome().state()))
					&& difference.hasEqualRows();
		}

	},

	/**
	 * Some questions about metadata ask for no order, so that a row of
	 * {@code getTypeInfo} may be another one, and so may those that are left after it.
	 */
	METADATA_HAS_NO_ORDER(false) {

		private static final int MOST_READ_BEFORE = 5;

		@Override
		boolean explains(Difference difference) {
			boolean ofOneRow = difference.history().isTypeInfo(difference.call())
					&& difference.call().method().matches("get(Object|String|Int|Long)")
					&& !difference.plain().outcome().failed() && !difference.ours().outcome().failed();
			return (ofOneRow || difference.call().method().equals("rows")) && difference.hasEqualViews()
					&& difference.history().isMetaData(difference.call())
					&& (ofOneRow || sorted(difference.plain().outcome()).equals(sorted(difference.ours().outcome()))
							|| (difference.history().isTypeInfo(difference.call()) && areMostlySame(
									sorted(difference.plain().outcome()), sorted(difference.ours().outcome()))));
		}

		private boolean areMostlySame(List<String> ofPlain, List<String> ofOurs) {
			Set<String> others = new HashSet<>(ofPlain);
			ofOurs.forEach(others::remove);
			return ofPlain.size() == ofOurs.size() && others.size() <= MOST_READ_BEFORE;
		}

		private List<String> sorted(Outcome outcome) {
			return Stream.of(outcome.value().split("; ")).sorted().toList();
		}

	},

	/**
	 * No pool undoes what a text has set, and each side has other connections.
	 */
	NAME_LEFT_BY_A_TEXT(false) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().equals("getClientInfo") && difference.hasEqualViews()
					&& (difference.ours().outcome().value().contains("mine")
							|| difference.plain().outcome().value().contains("mine"));
		}

	},

	/**
	 * A schema that was set by its call counts for each unit. What a text makes of the
	 * search path in a read-only unit is not known to the next one.
	 */
	SCHEMA_OUTLIVES_A_TEXT_IN_READ_ONLY_UNIT(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().executes() && difference.history().isReadOnly(difference.call())
					&& difference.history().staleSchema(difference.call()) != null
					&& String.valueOf(difference.ours().outcome().state()).matches("42P01|42883|42704");
		}

	},

	/**
	 * A statement that has not been executed answers with the connection's present
	 * holdability.
	 */
	HOLDABILITY_BEFORE_EXECUTION(false) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().equals("getResultSetHoldability") && difference.hasEqualRows()
					&& !difference.plain().outcome().failed() && !difference.ours().outcome().failed();
		}

	},

	/**
	 * A text has left another default for transactions in the session of the one around
	 * the sequence, which keeps its snapshot by that.
	 */
	ISOLATION_LEFT_BY_A_TEXT(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().equals("end") && difference.hasEqualRows()
					&& Stream.of(difference.plain(), difference.ours())
						.anyMatch((step) -> step.outcome().value().contains(", repeatable read"));
		}

	},

	/**
	 * A cursor that is held stays with the server's session, which is another one for a
	 * read-only unit.
	 */
	CURSOR_LEFT_BY_A_TEXT(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().text().toLowerCase(Locale.ROOT).matches("(declare|fetch|close) .*hold.*")
					&& difference.hasEqualViews() && difference.history().isReadOnly(difference.call());
		}

	},

	/**
	 * What a text has prepared stays with the server's session as well. No pool undoes
	 * it, and in auto-commit the next statement may be executed in another session.
	 */
	PREPARED_BY_A_TEXT_IN_READ_ONLY_UNIT(true) {

		private static final String TEXT = "(?is)(prepare|execute|deallocate) [qw]\\b.*|.*pg_prepared_statements.*";

		@Override
		boolean explains(Difference difference) {
			History history = difference.history();
			boolean isMissing = "26000".equals(difference.ours().outcome().state());
			return isCounted(difference) || (difference.call().text().matches(TEXT)
					&& (history.isReadOnly(difference.call()) || history.hasPreparedInReadOnlyUnit())
					&& (isMissing ? !history.isManualCommit(difference.call()) : difference.hasEqualRows()));
		}

		/**
		 * The rows of a query for the number of what was prepared.
		 */
		private boolean isCounted(Difference difference) {
			return difference.call().method().equals("rows") && isCount(difference.plain().outcome())
					&& isCount(difference.ours().outcome()) && difference.hasEqualViews()
					&& difference.history().hasPreparedInReadOnlyUnit()
					&& !difference.history().isManualCommit(difference.call());
		}

		private boolean isCount(Outcome outcome) {
			return outcome.value().matches("count int8; \\d+");
		}

	},

	/**
	 * A text that is the first of its transaction lets it run on the primary. A later one
	 * asks the replica, which offers no serializable transaction.
	 */
	SERIALIZABLE_TOO_LATE(true) {

		private static final String TEXT = "(?is)set transaction isolation level serializable.*";

		@Override
		boolean explains(Difference difference) {
			return difference.call().text().matches(TEXT) && "0A000".equals(difference.ours().outcome().state())
					&& difference.history().isReadOnly(difference.call())
					&& difference.history().isManualCommit(difference.call())
					&& difference.history().states().contains("in transaction");
		}

	},

	/**
	 * A physical connection is taken by the first statement, so that the pool's timeout
	 * comes later.
	 */
	TAKEN_BY_FIRST_STATEMENT(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().target().equals(Call.DATA_SOURCE) && difference.plain().outcome().isPoolExhausted()
					&& !difference.ours().outcome().failed();
		}

	},

	/**
	 * After an exception with SQLSTATE 0A000 HikariCP closes the connection; the read
	 * pools keep it, for a standby answers so to much that a primary can do. What the
	 * library refuses itself closes nothing.
	 */
	KEPT_AFTER_UNSUPPORTED(true) {

		@Override
		boolean explains(Difference difference) {
			if (difference.history().isEvicted(difference.call())) {
				return difference.plain().outcome().isOfLostConnection() && !difference.ours().outcome().failed();
			}
			return difference.plain().outcome().unsupported() && difference.hasEqualOutcomes()
					&& difference.hasEqualRows() && difference.plain().closedSocket()
					&& (difference.history().isReadOnly(difference.call()) || isOfRowsBeforeTheTransaction(difference)
							|| difference.call().method().equals("setTransactionIsolation"));
		}

		/**
		 * Rows that a replica has returned before the transaction are of another
		 * connection, so that the transaction goes on.
		 */
		private boolean isOfRowsBeforeTheTransaction(Difference difference) {
			return SlotType.of(difference.call().target()) == SlotType.RESULT_SET && !difference.ours().closedSocket()
					&& difference.ours().view().states().equals(difference.history().states());
		}

	},

	/**
	 * Rows of metadata have no statement in some pools.
	 */
	METADATA_HAS_NO_STATEMENT(false) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().equals("getStatement") && difference.hasEqualViews()
					&& difference.history().isMetaData(difference.call());
		}

	},

	/**
	 * Metadata is answered by a connection that has not been given the isolation level.
	 */
	DEFAULT_ISOLATION_IS_THE_SERVERS(false) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().equals("getDefaultTransactionIsolation") && difference.hasEqualViews()
					&& difference.ours().outcome().value().equals("2");
		}

	},

	/**
	 * The pool gets its connection back as it was, also where the pool itself would not
	 * care, and a transaction that is open is rolled back.
	 */
	GIVEN_BACK_AT_REST(false) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().equals("close") && !difference.ours().outcome().failed()
					&& difference.hasEqualRows()
					&& (difference.hasEqualStates() || difference.ours().view().states().equals("idle"))
					&& difference.ours()
						.pool()
						.stream()
						.allMatch((one) -> difference.pool().isAtRest(one)
								&& difference.pool().isAsNewOrAsIn(one, difference.plain().pool()));
		}

	},

	/**
	 * HikariCP switches auto-commit on to reset a connection that it believes to be idle,
	 * which commits what was done through the driver's connection.
	 */
	CLOSE_ROLLS_BACK(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().equals("close") && difference.hasEqualOutcomes()
					&& difference.ours().view().rows().equals(difference.history().rows())
					&& difference.hasEqualStates()
					&& difference.ours().pool().stream().allMatch(difference.pool()::isAtRest);
		}

	},

	/**
	 * A lost connection is noticed by what needs the server, which fails, and not by
	 * calls that need none.
	 */
	LOST_IS_NOTICED_BY_EXECUTION(false) {

		@Override
		boolean explains(Difference difference) {
			Outcome ours = difference.ours().outcome();
			boolean notManualCommit = !difference.history().isManualCommit(difference.call());
			boolean lost = difference.history().isLost(difference.call())
					|| (difference.history().isTerminated() && difference.plain().outcome().isConnectionLost());
			return lost && !"08007".equals(ours.state()) && difference.hasEqualRows()
					&& (ours.isOfLostConnection() || !difference.call().needsServer()
							|| difference.call().method().matches("rows|next")
							|| (notManualCommit && ours.isOfWrongUse())
							|| difference.history().isWithoutStatements(difference.call())
							|| (difference.history().isLost(difference.call()) && isOfRows(difference))
							|| (difference.call().method().equals("setAutoCommit")
									&& (notManualCommit || difference.call().arguments().contains(false))));
		}

		/**
		 * Rows that are open, or closed, on one side only: a statement that was executed
		 * has closed them there.
		 */
		private boolean isOfRows(Difference difference) {
			return Stream.of(difference.plain(), difference.ours())
				.anyMatch((step) -> "24000".equals(step.outcome().state()) || "55000".equals(step.outcome().state()))
					&& SlotType.of(difference.call().subject()) == SlotType.RESULT_SET;
		}

	},

	/**
	 * A connection that is aborted under a statement is lost for it, whichever of the two
	 * threads is first to say so.
	 */
	LOST_IN_ANOTHER_THREAD(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().equals("aborted") && difference.hasEqualViews()
					&& difference.plain().outcome().isConnectionLost()
					&& difference.ours().outcome().isConnectionLost();
		}

	},

	/**
	 * A setting or a question that has to reach the server notices that the connection is
	 * lost, and so does a unit that begins with what the driver refuses.
	 */
	LOST_IS_NOTICED_EARLIER(true) {

		@Override
		boolean explains(Difference difference) {
			boolean ofConnection = !difference.call().executes()
					&& SlotType.of(difference.call().target()) == SlotType.CONNECTION;
			boolean ofNoRow = difference.call().method().endsWith("Row")
					&& (difference.plain().outcome().isOfWrongUse() || difference.call().method().equals("refreshRow"));
			boolean ofNoParameter = "22023".equals(difference.plain().outcome().state());
			return difference.history().isTerminated()
					&& (ofConnection || ofNoRow || ofNoParameter || difference.plain().outcome().unsupported())
					&& difference.ours().outcome().isConnectionLost() && difference.hasEqualRows();
		}

	},

	/**
	 * A read-only unit cannot write in auto-commit either, nor with COPY or large
	 * objects, where pgjdbc enforces nothing.
	 */
	READ_ONLY_IS_ENFORCED(true) {

		@Override
		boolean explains(Difference difference) {
			// nor is a row that was read outside of the unit written, or read again
			boolean ofAnotherUnit = "55000".equals(difference.ours().outcome().state())
					&& difference.call().method().matches("(insert|update|delete|refresh)Row");
			// a batch of a closed statement fails with that, written or not
			boolean ofClosed = difference.history().closesOnCompletion(difference.call())
					&& "55000".equals(difference.plain().outcome().state())
					&& "55000".equals(difference.ours().outcome().state());
			return ("25006".equals(difference.ours().outcome().state()) || ofAnotherUnit || ofClosed)
					&& difference.history().isReadOnly(difference.call());
		}

	},

	/**
	 * The physical connection of a read-only unit goes back to its pool with the end of
	 * the unit, which closes what was made on it.
	 */
	CLOSED_WITH_READ_ONLY_UNIT(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.history().isClosedWithReadOnlyUnit(difference.call())
					&& ("55000".equals(difference.ours().outcome().state())
							|| (difference.call().method().equals("isClosed")
									&& difference.ours().outcome().value().equals("true")));
		}

	},

	/**
	 * Metadata begins no transaction.
	 */
	METADATA_BEGINS_NO_TRANSACTION(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.history().isManualCommit(difference.call())
					&& difference.history().isMetaData(difference.call()) && difference.hasEqualOutcomes()
					&& difference.hasEqualRows()
					&& difference.ours().view().states().equals(difference.history().states());
		}

	},

	/**
	 * A transaction of metadata that was hidden by a locked table shows later.
	 */
	METADATA_HAS_BEGUN_NO_TRANSACTION(true) {

		@Override
		boolean explains(Difference difference) {
			String more = difference.plain().view().states();
			return difference.history().hasMetaDataInTransaction() && difference.hasEqualOutcomes()
					&& difference.hasEqualRows() && (difference.ours().view().states().equals("idle")
							|| more.contains(difference.ours().view().states()))
					&& more.contains("aborted");
		}

	},

	/**
	 * Where the driver looks up the keys or the types of columns by itself, no
	 * transaction begins.
	 */
	KEYS_BEGIN_NO_TRANSACTION(true) {

		@Override
		boolean explains(Difference difference) {
			return SlotType.of(difference.call().subject()) == SlotType.RESULT_SET
					&& difference.call().method().matches("update.*|moveToInsertRow|deleteRow|refreshRow|rows")
					&& difference.history().isManualCommit(difference.call()) && difference.hasEqualOutcomes()
					&& difference.hasEqualRows()
					&& difference.ours().view().states().equals(difference.history().states());
		}

	},

	/**
	 * In a read-only unit each statement in auto-commit is a transaction of its own.
	 */
	READ_ONLY_STATEMENT_IS_A_TRANSACTION(true) {

		private static final String CONTROL = "(?is)(begin|commit|rollback|savepoint|release|end|abort|start|prepare|vacuum"
				+ "|lock|declare|set local|set transaction|set constraints).*";

		@Override
		boolean explains(Difference difference) {
			return difference.history().isReadOnly(difference.call())
					&& !difference.history().isManualCommit(difference.call())
					&& difference.call().text().matches(CONTROL) && difference.hasEqualRows();
		}

	},

	/**
	 * A setting that is remembered begins no transaction. Pools differ, too.
	 */
	SETTING_BEGINS_NO_TRANSACTION(true) {

		@Override
		boolean explains(Difference difference) {
			String before = difference.history().states();
			return difference.history().isManualCommit(difference.call())
					&& difference.call().method().matches("[gs]et(Schema|Catalog)|getTransactionIsolation")
					&& difference.hasEqualOutcomes() && difference.hasEqualRows()
					&& (difference.ours().view().states().equals(before)
							|| (difference.call().method().startsWith("get")
									&& difference.plain().view().states().equals(before)));
		}

	},

	/**
	 * The driver's connection of a read-only transaction is handed out with the
	 * transaction begun, since the driver would begin one that may write.
	 */
	UNWRAPPING_BEGINS_READ_ONLY_TRANSACTION(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().matches("unwrap|notifications") && difference.hasEqualOutcomes()
					&& difference.hasEqualRows() && difference.history().isReadOnly(difference.call())
					&& difference.history().isManualCommit(difference.call());
		}

	},

	/**
	 * By statement a question about the session may be answered by one that only reads.
	 */
	READ_BY_STATEMENT_IS_READ_ONLY(false) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().equals("rows") && difference.hasEqualViews()
					&& difference.plain().outcome().value().matches("(default_)?transaction_read_only text; off")
					&& difference.ours().outcome().value().matches("(default_)?transaction_read_only text; on");
		}

	},

	/**
	 * A schema that does not exist is remembered as well, where the server would answer
	 * that there is none. The driver remembers that answer beyond a rollback.
	 */
	SCHEMA_IS_NOT_LOOKED_UP(false) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().equals("getSchema")
					&& difference.plain().outcome().equals(Outcome.returned("null"))
					&& !difference.ours().outcome().failed() && difference.hasEqualRows();
		}

	},

	/**
	 * In a failed transaction the driver asks a server that no longer answers, unless the
	 * value is remembered, as some pools do.
	 */
	REMEMBERED_IN_FAILED_TRANSACTION(false) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().matches("getSchema|getTransactionIsolation|[gs]etCatalog")
					&& difference.hasEqualViews() && difference.history().states().contains("aborted")
					&& ("25P02".equals(difference.plain().outcome().state())
							|| "25P02".equals(difference.ours().outcome().state()));
		}

	},

	/**
	 * In a failed transaction the driver describes a text only if it remembers that from
	 * before, for the physical connection. A read-only unit has another one.
	 */
	DESCRIBED_IN_FAILED_TRANSACTION(false) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().matches("getMetaData|getParameterMetaData")
					&& SlotType.of(difference.call().subject()) != SlotType.CONNECTION && difference.hasEqualViews()
					&& difference.history().states().contains("aborted")
					&& ("25P02".equals(difference.plain().outcome().state())
							|| "25P02".equals(difference.ours().outcome().state()));
		}

	},

	/**
	 * A closed statement is refused before what it was asked for.
	 */
	CLOSED_COMES_FIRST(true) {

		@Override
		boolean explains(Difference difference) {
			return "0A000".equals(difference.plain().outcome().state())
					&& "55000".equals(difference.ours().outcome().state())
					&& difference.call().method().matches("execute(Large)?(Update)?") && difference.hasEqualRows();
		}

	},

	/**
	 * A setting that was made within a transaction is empty afterwards for the server's
	 * session, and no value for others.
	 */
	EMPTY_AFTER_A_SETTING(false) {

		@Override
		boolean explains(Difference difference) {
			return difference.hasEqualViews() && Stream.of(difference.plain(), difference.ours())
				.allMatch((step) -> step.outcome().value().matches("current_setting text; (null)?"));
		}

	},

	/**
	 * A driver's object that was made in a read-only unit stays with the connection of
	 * that unit.
	 */
	DRIVER_OBJECT_STAYS_WITH_ITS_CONNECTION(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().equals("copyIn") && "25006".equals(difference.ours().outcome().state())
					&& difference.history().isClosedWithReadOnlyUnit(difference.call());
		}

	},

	/**
	 * An object is missing on one side because the call that would have made it is
	 * explained.
	 */
	FOLLOWS_FROM_ANOTHER(true) {

		@Override
		boolean explains(Difference difference) {
			return Stream.of(difference.plain(), difference.ours())
				.anyMatch((step) -> step.outcome().equals(Outcome.SKIPPED)) && difference.isOriginDifferent();
		}

	},

	/**
	 * A replica cannot lock for others to see.
	 */
	ADVISORY_LOCK_IN_READ_ONLY_UNIT(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().text().toLowerCase(Locale.ROOT).contains("advisory")
					&& difference.history().isReadOnly(difference.call()) && difference.ours().outcome().failed();
		}

	},

	/**
	 * A connection that broke after its transaction had ended is replaced.
	 */
	REPLACED_AFTER_TRANSACTION(true) {

		@Override
		boolean explains(Difference difference) {
			if (difference.call().method().equals("isValid")) {
				return difference.plain().outcome().value().equals("false")
						&& difference.history().isReplaceable(difference.call());
			}
			return difference.plain().outcome().failed()
					&& (difference.plain().outcome().isConnectionLost()
							|| difference.history().isLost(difference.call()))
					&& (difference.history().isReplaceable(difference.call())
							|| difference.history().isMetaData(difference.call()));
		}

	},

	/**
	 * A lost connection has rolled back.
	 */
	ROLLBACK_OF_LOST_CONNECTION(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().equals("rollback") && difference.call().arguments().isEmpty()
					&& !difference.ours().outcome().failed() && (difference.plain().outcome().isConnectionLost()
							|| difference.history().isLost(difference.call()));
		}

	},

	/**
	 * A batch that failed leaves the driver's estimate of the answers under way, which
	 * then commits the next text of several statements in parts. Here the position of the
	 * write is asked in between, and the text is one transaction as ever.
	 */
	SPLIT_AFTER_A_FAILED_BATCH(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.history().hasFailedBatch() && difference.call().executes()
					&& difference.call().text().contains(";") && !difference.history().isManualCommit(difference.call())
					&& difference.hasEqualOutcomes() && difference.ours().outcome().failed()
					&& difference.hasEqualStates() && withoutSequences(difference.ours().view().rows())
						.equals(withoutSequences(difference.history().rows()));
		}

		/**
		 * A sequence is not rolled back.
		 */
		private String withoutSequences(String rows) {
			return rows.replaceAll("_seq: \\S+", "");
		}

	},

	/**
	 * It is not known whether a commit whose answer is lost took effect.
	 */
	OUTCOME_OF_COMMIT_IS_UNKNOWN(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.plain().outcome().isConnectionLost()
					&& "08007".equals(difference.ours().outcome().state())
					&& !difference.history().isLost(difference.call());
		}

	};

	private final boolean last;

	OnPurpose(boolean last) {
		this.last = last;
	}

	/**
	 * Whether the sides cannot be compared any longer.
	 */
	boolean isLast() {
		return this.last;
	}

	abstract boolean explains(Difference difference);

	static @Nullable OnPurpose of(Difference difference) {
		for (OnPurpose purpose : values()) {
			if (purpose.explains(difference)) {
				return purpose;
			}
		}
		return null;
	}

}
