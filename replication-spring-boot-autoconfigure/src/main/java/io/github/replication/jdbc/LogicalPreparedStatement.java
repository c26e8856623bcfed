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

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * A prepared statement, made on the node that was decided when it was prepared.
 */
class LogicalPreparedStatement extends DelegatingPreparedStatement {

	private final String sql;

	LogicalPreparedStatement(LogicalConnection connection, String sql, StatementFactory factory) {
		super(connection, sql, factory);
		this.sql = sql;
	}

	@Override
	public ResultSet executeQuery() throws SQLException {
		return wrap(execute(this.sql, (statement) -> ((PreparedStatement) statement).executeQuery()));
	}

	@Override
	public int executeUpdate() throws SQLException {
		return execute(this.sql, (statement) -> ((PreparedStatement) statement).executeUpdate());
	}

	@Override
	public long executeLargeUpdate() throws SQLException {
		return execute(this.sql, (statement) -> ((PreparedStatement) statement).executeLargeUpdate());
	}

	@Override
	public boolean execute() throws SQLException {
		return execute(this.sql, (statement) -> ((PreparedStatement) statement).execute());
	}

}
