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

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The rows that a statement has read. Closes with the physical connection they were read
 * on, and says so.
 */
final class LogicalResultSet extends DelegatingResultSet {

	private final ResultSet delegate;

	private final LogicalStatement statement;

	private final Binding binding;

	LogicalResultSet(ResultSet delegate, LogicalStatement statement, Binding binding) {
		this.delegate = delegate;
		this.statement = statement;
		this.binding = binding;
	}

	@Override
	ResultSet delegate() throws SQLException {
		if (this.binding.isReleased()) {
			LogicalStatement.requireBound(this.binding, "result set");
		}
		return this.delegate;
	}

	@Override
	public boolean next() throws SQLException {
		return delegate().next();
	}

	@Override
	public void insertRow() throws SQLException {
		change(ResultSet::insertRow);
	}

	@Override
	public void updateRow() throws SQLException {
		change(ResultSet::updateRow);
	}

	@Override
	public void deleteRow() throws SQLException {
		change(ResultSet::deleteRow);
	}

	private void change(Change change) throws SQLException {
		try {
			change.on(delegate());
		}
		finally {
			this.statement.rowChanged(this.binding);
		}
	}

	@Override
	public void close() throws SQLException {
		this.delegate.close();
		this.statement.resultSetClosed();
	}

	@Override
	public boolean isClosed() throws SQLException {
		return this.binding.isReleased() || this.delegate.isClosed();
	}

	@Override
	public Statement getStatement() throws SQLException {
		delegate();
		return this.statement;
	}

	@Override
	public <T> T unwrap(Class<T> type) throws SQLException {
		return type.isInstance(this) ? type.cast(this) : delegate().unwrap(type);
	}

	@Override
	public boolean isWrapperFor(Class<?> type) throws SQLException {
		return type.isInstance(this) || delegate().isWrapperFor(type);
	}

	/**
	 * Changes the row that a result set stands on.
	 */
	@FunctionalInterface
	private interface Change {

		void on(ResultSet rows) throws SQLException;

	}

}
