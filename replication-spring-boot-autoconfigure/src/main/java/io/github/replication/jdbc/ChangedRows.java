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
import java.sql.Statement;

/**
 * Reads from the result of an execution whether rows were changed.
 */
final class ChangedRows {

	private ChangedRows() {
	}

	/**
	 * Whether at least one row was changed.
	 * @param result the result of the execution: a count, the counts of a batch, or
	 * whether there are rows
	 * @param statement the statement that was executed
	 * @return {@code false} also if that is not known
	 */
	static boolean isAny(Object result, Statement statement) throws SQLException {
		if (result instanceof Number count) {
			return count.longValue() > 0;
		}
		if (result instanceof Boolean rows) {
			return !rows && statement.getUpdateCount() > 0;
		}
		if (result instanceof int[] counts) {
			for (int count : counts) {
				if (count > 0) {
					return true;
				}
			}
		}
		if (result instanceof long[] counts) {
			for (long count : counts) {
				if (count > 0) {
					return true;
				}
			}
		}
		return false;
	}

}
