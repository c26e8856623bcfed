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

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import org.jspecify.annotations.Nullable;

/**
 * Rows of metadata, which give the connection back that they were read on.
 */
final class MetaDataRows extends DelegatingResultSet {

	private final ResultSet delegate;

	private final LogicalConnection connection;

	private final PhysicalConnection physical;

	private @Nullable Statement statement;

	private boolean closed;

	MetaDataRows(ResultSet delegate, LogicalConnection connection, PhysicalConnection physical) {
		this.delegate = delegate;
		this.connection = connection;
		this.physical = physical;
	}

	@Override
	ResultSet delegate() throws SQLException {
		if (this.physical.isReleased()) {
			throw LogicalStatement.closedWithItsUnit(this.physical, "result set");
		}
		return this.delegate;
	}

	@Override
	public boolean next() throws SQLException {
		ResultSet rows = delegate();
		try {
			return rows.next();
		}
		catch (SQLException ex) {
			throw this.connection.session().noteFailure(this.physical, ex);
		}
	}

	@Override
	public void close() throws SQLException {
		if (this.closed) {
			return;
		}
		this.closed = true;
		try {
			this.delegate.close();
		}
		finally {
			this.connection.session().leave(this.physical);
		}
	}

	@Override
	public boolean isClosed() throws SQLException {
		return this.closed || this.physical.isReleased() || this.delegate.isClosed();
	}

	/**
	 * A statement of the logical connection: the driver's own would execute past it.
	 */
	@Override
	public Statement getStatement() throws SQLException {
		delegate();
		Statement statement = this.statement;
		if (statement == null) {
			statement = new StatementOfRows(this);
			this.statement = statement;
		}
		return statement;
	}

	@Override
	public <T> T unwrap(Class<T> type) throws SQLException {
		if (type.isInstance(this)) {
			return type.cast(this);
		}
		T unwrapped = delegate().unwrap(type);
		this.physical.sessionMayHaveChanged();
		return unwrapped;
	}

	@Override
	public boolean isWrapperFor(Class<?> type) throws SQLException {
		return type.isInstance(this) || delegate().isWrapperFor(type);
	}

	/**
	 * A statement that closes its rows.
	 */
	private static final class StatementOfRows extends LogicalStatement {

		private final MetaDataRows rows;

		StatementOfRows(MetaDataRows rows) {
			super(rows.connection, Connection::createStatement);
			this.rows = rows;
		}

		@Override
		public void close() throws SQLException {
			super.close();
			this.rows.close();
		}

	}

}
