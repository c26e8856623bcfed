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

import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.replication.postgres.SqlState;

/**
 * A prepared statement, made on the node that was decided when it was prepared.
 */
final class LogicalPreparedStatement extends DelegatingPreparedStatement {

	private final StatementText text;

	private Statement self = this;

	private LogicalPreparedStatement(LogicalConnection connection, StatementText text, StatementFactory factory) {
		super(connection, factory);
		this.text = factory.isUpdatable() ? text.asUpdatable() : text;
	}

	/**
	 * Prepares a statement, in the unit under way or one that begins.
	 */
	static PreparedStatement prepare(LogicalConnection connection, String sql, StatementFactory factory)
			throws SQLException {
		return open(connection, sql, factory);
	}

	/**
	 * Prepares a call. The methods of calls are few and rarely used, so that a proxy
	 * passes them on.
	 */
	static CallableStatement prepareCall(LogicalConnection connection, String sql, StatementFactory factory)
			throws SQLException {
		LogicalPreparedStatement statement = open(connection, sql, factory);
		CallableStatement call = (CallableStatement) Proxy.newProxyInstance(
				LogicalPreparedStatement.class.getClassLoader(), new Class<?>[] { CallableStatement.class },
				new LogicalCall(statement));
		statement.self = call;
		return call;
	}

	private static LogicalPreparedStatement open(LogicalConnection connection, String sql, StatementFactory factory)
			throws SQLException {
		StatementText text = connection.session().source().text(sql);
		LogicalPreparedStatement statement = new LogicalPreparedStatement(connection, text, factory);
		statement.open(statement.text);
		return statement;
	}

	@Override
	Statement self() {
		return this.self;
	}

	@Override
	public ResultSet executeQuery() throws SQLException {
		return wrap(execute(this.text, (statement) -> ((PreparedStatement) statement).executeQuery()));
	}

	@Override
	public int executeUpdate() throws SQLException {
		return execute(this.text, (statement) -> ((PreparedStatement) statement).executeUpdate());
	}

	@Override
	public long executeLargeUpdate() throws SQLException {
		return execute(this.text, (statement) -> ((PreparedStatement) statement).executeLargeUpdate());
	}

	@Override
	public boolean execute() throws SQLException {
		return execute(this.text, (statement) -> ((PreparedStatement) statement).execute());
	}

	@Override
	public ResultSet executeQuery(String sql) throws SQLException {
		throw textRefused();
	}

	@Override
	public int executeUpdate(String sql) throws SQLException {
		throw textRefused();
	}

	@Override
	public boolean execute(String sql) throws SQLException {
		throw textRefused();
	}

	@Override
	public void addBatch(String sql) throws SQLException {
		throw textRefused();
	}

	/**
	 * JDBC allows no text for a prepared statement. To ask the driver would begin a unit.
	 */
	private SQLException textRefused() throws SQLException {
		requireOpen();
		return new SQLException("This statement was prepared with its SQL and cannot be given another one. Use the"
				+ " method without it, or createStatement().", SqlState.WRONG_OBJECT_TYPE);
	}

	@Override
	StatementText batchText(@Nullable List<String> batch) {
		return this.text;
	}

}
