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
	 * HikariCP gives no SQLSTATE to the use of what is closed.
	 */
	CLOSED_HAS_A_STATE(false) {

		@Override
		boolean explains(Difference difference) {
			String plain = difference.plain().outcome().value();
			return (plain.equals("SQLException null") || plain.equals("SQLException 55000"))
					&& difference.ours().outcome().value().equals("SQLException 08003")
					&& difference.history().isClosed(difference.call()) && hasEqualViews(difference);
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
					&& difference.plain().outcome().value().equals(difference.ours().outcome().value())
					&& difference.plain().view().rows().equals(difference.ours().view().rows())
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
					&& (method.equals("setSchema") || method.equals("getSchema") || method.equals("getTransactionIsolation"))
					&& difference.plain().outcome().value().equals(difference.ours().outcome().value())
					&& difference.plain().view().rows().equals(difference.ours().view().rows())
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
			return difference.history().isTerminated() && difference.plain().outcome().isConnectionLost()
					&& !difference.history().hasSessionState(difference.call());
		}

	},

	/**
	 * A lost connection has rolled back.
	 */
	ROLLBACK_OF_LOST_CONNECTION(true) {

		@Override
		boolean explains(Difference difference) {
			return difference.call().method().equals("rollback") && difference.call().arguments().isEmpty()
					&& difference.plain().outcome().isConnectionLost() && !difference.ours().outcome().failed();
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

	private static boolean hasEqualViews(Difference difference) {
		return difference.plain().view().equals(difference.ours().view());
	}

	static @Nullable OnPurpose of(Difference difference) {
		for (OnPurpose purpose : values()) {
			if (purpose.explains(difference)) {
				return purpose;
			}
		}
		return null;
	}

}
