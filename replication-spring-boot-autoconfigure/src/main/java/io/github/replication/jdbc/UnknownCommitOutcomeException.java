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
import java.sql.SQLNonTransientConnectionException;

import org.jspecify.annotations.Nullable;

import io.github.replication.postgres.SqlState;

/**
 * The connection was lost during the commit of a transaction, so that its outcome is not
 * known. Has SQLSTATE 08007, {@code transaction_resolution_unknown}. The cause is the
 * exception of the driver.
 *
 * @since 0.1.0
 */
public class UnknownCommitOutcomeException extends SQLNonTransientConnectionException {

	private static final long serialVersionUID = 1L;

	UnknownCommitOutcomeException(@Nullable String unit, String node, SQLException cause) {
		super("The connection to " + node + " was lost while "
				+ ((unit != null) ? "the transaction of " + unit : "a transaction")
				+ " was being committed: it may have taken effect or not. Find out before running it again; it is"
				+ " never repeated by itself. " + cause.getMessage(), SqlState.TRANSACTION_RESOLUTION_UNKNOWN, cause);
	}

}
