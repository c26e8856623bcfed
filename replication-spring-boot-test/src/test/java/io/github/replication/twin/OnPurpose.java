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

import java.util.Locale;

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
			String state = String.valueOf(difference.ours().outcome().state());
			return difference.history().isClosed(difference.call()) && difference.ours().outcome().failed()
					&& (state.equals("08003") || state.equals("55000")) && difference.hasEqualViews();
		}

	},

	/**
	 * A physical connection is taken by the first statement, so that the pool's timeout
	 * comes later.
	 */
	TAKEN_BY_FIRST_STATEMENT(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().target().equals(Call.DATA_SOURCE)
					&& difference.plain().outcome().value().startsWith("SQLTransientConnectionException");
		}

	},

	/**
	 * HikariCP closes a connection after an exception with SQLSTATE 0A000, a moment later
	 * and in another thread.
	 */
	EVICTED_BY_UNSUPPORTED_CALL(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.history().evictedBy(difference.call()) != null
					&& (difference.plain().outcome().failed() || difference.ours().outcome().failed());
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
					&& difference.hasEqualRows() && difference.ours().view().states().equals("idle")
					&& difference.ours()
						.pool()
						.stream()
						.allMatch((one) -> difference.pool().isAtRest(one)
								&& difference.pool().isAsNewOrAsIn(one, difference.plain().pool()));
		}

	},

	/**
	 * A lost connection is noticed by what is executed, and not by calls that need no
	 * server.
	 */
	LOST_IS_NOTICED_BY_EXECUTION(false) {

		@Override
		boolean explains(Difference difference) {
			Call call = difference.call();
			return difference.plain().outcome().failed() && difference.history().isLost(call)
					&& difference.hasEqualRows() && SlotType.of(call.target()) == SlotType.CONNECTION
					&& (!difference.history().isInTransaction() || !call.method().equals("commit"));
		}

	},

	/**
	 * A read-only unit cannot write in auto-commit either, where pgjdbc enforces nothing.
	 */
	READ_ONLY_IN_AUTO_COMMIT(true) {

		@Override
		boolean explains(Difference difference) {
			return "25006".equals(difference.ours().outcome().state())
					&& difference.history().isReadOnly(difference.call())
					&& !difference.history().isManualCommit(difference.call());
		}

	},

	/**
	 * The physical connection of a read-only unit goes back to its pool with the end of
	 * the unit, which closes what was made on it.
	 */
	CLOSED_WITH_READ_ONLY_UNIT(true) {

		@Override
		boolean explains(Difference difference) {
			Outcome ours = difference.ours().outcome();
			SlotType type = SlotType.of(difference.call().subject());
			return (type == SlotType.STATEMENT || type == SlotType.PREPARED || type == SlotType.CALLABLE
					|| type == SlotType.RESULT_SET || type == SlotType.RESULT_SET_META_DATA || type == SlotType.ARRAY)
					&& difference.history().has("setReadOnly")
					&& ("55000".equals(ours.state()) || difference.call().method().equals("isClosed"));
		}

	},

	/**
	 * Metadata begins no transaction.
	 */
	METADATA_BEGINS_NO_TRANSACTION(true) {

		@Override
		boolean explains(Difference difference) {
			String method = difference.call().method();
			return difference.history().isManualCommit(difference.call())
					&& (SlotType.of(difference.call().subject()) == SlotType.META_DATA
							|| method.equals("columnsOfTables"))
					&& difference.hasEqualOutcomes() && difference.hasEqualRows()
					&& difference.ours().view().states().equals("idle");
		}

	},

	/**
	 * A setting that is remembered begins no transaction.
	 */
	SETTING_BEGINS_NO_TRANSACTION(true) {

		@Override
		boolean explains(Difference difference) {
			String method = difference.call().method();
			return difference.history().isManualCommit(difference.call())
					&& method.matches("[gs]etSchema|getTransactionIsolation|getCatalog")
					&& difference.hasEqualOutcomes() && difference.hasEqualRows()
					&& difference.ours().view().states().equals("idle");
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
			return difference.history().isTerminated() && difference.plain().outcome().failed()
					&& (difference.plain().outcome().isConnectionLost()
							|| difference.history().isLost(difference.call()))
					&& !difference.history().isHeldAtTermination(difference.call());
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
