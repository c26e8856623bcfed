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

import java.sql.Blob;
import java.sql.Clob;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import org.jspecify.annotations.Nullable;

/**
 * The rows that a statement has read. Closes with the physical connection they were read
 * on, and says so.
 */
final class LogicalResultSet extends DelegatingResultSet {

	private final ResultSet delegate;

	private final LogicalStatement statement;

	private final UnitOfWork unit;

	LogicalResultSet(ResultSet delegate, LogicalStatement statement, UnitOfWork unit) {
		this.delegate = delegate;
		this.statement = statement;
		this.unit = unit;
	}

	@Override
	ResultSet delegate() throws SQLException {
		if (this.unit.physical().isReleased()) {
			throw LogicalStatement.closedWithItsUnit(this.unit.physical(), "result set");
		}
		return this.delegate;
	}

	/**
	 * With a fetch size the server is asked for more rows now and then.
	 */
	@Override
	public boolean next() throws SQLException {
		ResultSet rows = delegate();
		try {
			return rows.next();
		}
		catch (SQLException ex) {
			throw this.unit.translate(ex);
		}
	}

	/**
	 * Asks the server as well, to see whether another row follows.
	 */
	@Override
	public boolean isLast() throws SQLException {
		ResultSet rows = delegate();
		try {
			return rows.isLast();
		}
		catch (SQLException ex) {
			throw this.unit.translate(ex);
		}
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

	@Override
	public void refreshRow() throws SQLException {
		change(ResultSet::refreshRow);
	}

	private void change(Change change) throws SQLException {
		ResultSet rows = delegate();
		if (rows.getConcurrency() == ResultSet.CONCUR_READ_ONLY) {
			// the driver refuses it
			change.on(rows);
			return;
		}
		this.statement.changeRow(this.unit.physical(), (statement) -> {
			change.on(rows);
			return rows;
		});
	}

	@Override
	public @Nullable Blob getBlob(int columnIndex) throws SQLException {
		return largeObject(Blob.class, (rows) -> rows.getBlob(columnIndex));
	}

	@Override
	public @Nullable Blob getBlob(String columnLabel) throws SQLException {
		return largeObject(Blob.class, (rows) -> rows.getBlob(columnLabel));
	}

	@Override
	public @Nullable Clob getClob(int columnIndex) throws SQLException {
		return largeObject(Clob.class, (rows) -> rows.getClob(columnIndex));
	}

	@Override
	public @Nullable Clob getClob(String columnLabel) throws SQLException {
		return largeObject(Clob.class, (rows) -> rows.getClob(columnLabel));
	}

	/**
	 * A large object may be asked for by its type as well.
	 */
	@Override
	public <T> T getObject(int columnIndex, Class<T> type) throws SQLException {
		ResultSet rows = delegate();
		try {
			return own(type, rows.getObject(columnIndex, type));
		}
		catch (SQLException ex) {
			throw this.unit.translate(ex);
		}
	}

	@Override
	public <T> T getObject(String columnLabel, Class<T> type) throws SQLException {
		ResultSet rows = delegate();
		try {
			return own(type, rows.getObject(columnLabel, type));
		}
		catch (SQLException ex) {
			throw this.unit.translate(ex);
		}
	}

	/**
	 * The driver reads the rows of a cursor.
	 */
	@Override
	public Object getObject(int columnIndex) throws SQLException {
		ResultSet rows = delegate();
		try {
			return own(Object.class, rows.getObject(columnIndex));
		}
		catch (SQLException ex) {
			throw this.unit.translate(ex);
		}
	}

	@Override
	public Object getObject(String columnLabel) throws SQLException {
		ResultSet rows = delegate();
		try {
			return own(Object.class, rows.getObject(columnLabel));
		}
		catch (SQLException ex) {
			throw this.unit.translate(ex);
		}
	}

	/**
	 * Reads a large object, for which the driver asks the server.
	 */
	private <T> @Nullable T largeObject(Class<T> type, Question<T> question) throws SQLException {
		ResultSet rows = delegate();
		try {
			T object = question.on(rows);
			return (object != null) ? own(type, object) : null;
		}
		catch (SQLException ex) {
			throw this.unit.translate(ex);
		}
	}

	private <T> T own(Class<T> type, T object) throws SQLException {
		return this.statement.own(type, object, this.unit);
	}

	@Override
	public void close() throws SQLException {
		if (!this.unit.physical().isReleased()) {
			this.delegate.close();
		}
		this.statement.closeIfCompleted();
	}

	@Override
	public boolean isClosed() throws SQLException {
		return this.unit.physical().isReleased() || this.delegate.isClosed();
	}

	@Override
	public Statement getStatement() throws SQLException {
		delegate();
		return this.statement.self();
	}

	@Override
	public <T> T unwrap(Class<T> type) throws SQLException {
		if (type.isInstance(this)) {
			return type.cast(this);
		}
		T unwrapped = delegate().unwrap(type);
		this.statement.handOut(type, this.unit);
		return unwrapped;
	}

	@Override
	public boolean isWrapperFor(Class<?> type) throws SQLException {
		return type.isInstance(this) || delegate().isWrapperFor(type);
	}

	/**
	 * A question to the rows of the driver.
	 *
	 * @param <R> the type of the answer
	 */
	@FunctionalInterface
	private interface Question<R> {

		@Nullable R on(ResultSet rows) throws SQLException;

	}

	/**
	 * Changes the row that a result set stands on.
	 */
	@FunctionalInterface
	private interface Change {

		void on(ResultSet rows) throws SQLException;

	}

}
