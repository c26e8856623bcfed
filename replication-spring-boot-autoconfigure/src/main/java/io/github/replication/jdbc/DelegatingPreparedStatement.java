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

import java.io.InputStream;
import java.io.Reader;
import java.math.BigDecimal;
import java.net.URL;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Date;
import java.sql.NClob;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.Ref;
import java.sql.ResultSetMetaData;
import java.sql.RowId;
import java.sql.SQLException;
import java.sql.SQLType;
import java.sql.SQLXML;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Calendar;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The methods that a prepared statement delegates to the physical one.
 */
abstract class DelegatingPreparedStatement extends LogicalStatement implements PreparedStatement {

	/**
	 * The parameters, {@code null} if the statement never moves to another connection.
	 */
	private @Nullable Parameters parameters;

	/**
	 * The parameters of the entries of the batch, {@code null} if there is none.
	 */
	private @Nullable List<Parameters> entries;

	DelegatingPreparedStatement(LogicalConnection connection, StatementFactory factory) {
		super(connection, factory);
	}

	@Override
	PreparedStatement delegate() throws SQLException {
		return (PreparedStatement) super.delegate();
	}

	/**
	 * A statement of a read-write transaction stays where it was made.
	 */
	@Override
	final void made(Statement statement, UnitOfWork unit) throws SQLException {
		if (this.parameters != null) {
			makeAgain((PreparedStatement) statement, this.parameters);
		}
		else if (!unit.isTransaction() || unit.isReadOnly()) {
			this.parameters = new Parameters();
		}
	}

	private void makeAgain(PreparedStatement statement, Parameters parameters) throws SQLException {
		if (this.entries != null) {
			for (Parameters entry : this.entries) {
				entry.apply(statement);
				statement.addBatch();
			}
		}
		parameters.apply(statement);
	}

	@Override
	final boolean isMovable() {
		return this.parameters != null && !this.parameters.isConsumed();
	}

	/**
	 * The parameters are about to be read.
	 */
	@Override
	final void willExecute() {
		if (this.parameters != null) {
			this.parameters.consume();
		}
	}

	final boolean isRecording() {
		return this.parameters != null;
	}

	@Override
	final void batchExecuted() {
		this.entries = null;
	}

	/**
	 * Keeps a call that sets something by another name than an index.
	 */
	final void record(Object name, Parameters.Parameter parameter) {
		if (this.parameters != null) {
			this.parameters.set(name, parameter);
		}
	}

	private void record(int index, Parameters.Parameter parameter) {
		if (this.parameters != null) {
			this.parameters.set(index, parameter);
		}
	}

	/**
	 * Large objects are written when they are set.
	 */
	private void willSet(@Nullable Object value) throws SQLException {
		if (value instanceof Blob || value instanceof Clob || value instanceof InputStream) {
			willWriteLargeObject();
		}
	}

	private void recordObject(int index, @Nullable Object value, Parameters.Parameter parameter) {
		if (value instanceof InputStream || value instanceof Reader) {
			recordStream(index, parameter);
		}
		else {
			record(index, parameter);
		}
	}

	private void recordStream(int index, Parameters.Parameter parameter) {
		if (this.parameters != null) {
			this.parameters.setStream(index, parameter);
		}
	}

	@Override
	public void addBatch() throws SQLException {
		delegate().addBatch();
		if (this.parameters != null) {
			if (this.entries == null) {
				this.entries = new ArrayList<>();
			}
			this.entries.add(this.parameters.copy());
		}
	}

	@Override
	public void addBatch(String sql) throws SQLException {
		delegate().addBatch(sql);
	}

	@Override
	public void clearBatch() throws SQLException {
		super.clearBatch();
		this.entries = null;
	}

	@Override
	public void clearParameters() throws SQLException {
		delegate().clearParameters();
		if (this.parameters != null) {
			this.parameters.clear();
		}
	}

	@Override
	public @Nullable ResultSetMetaData getMetaData() throws SQLException {
		return describe(PreparedStatement::getMetaData);
	}

	@Override
	public ParameterMetaData getParameterMetaData() throws SQLException {
		return describe(PreparedStatement::getParameterMetaData);
	}

	@Override
	public void setArray(int parameterIndex, Array x) throws SQLException {
		delegate().setArray(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setArray(parameterIndex, x));
		}
	}

	@Override
	public void setAsciiStream(int parameterIndex, InputStream x, int length) throws SQLException {
		delegate().setAsciiStream(parameterIndex, x, length);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setAsciiStream(parameterIndex, x, length));
		}
	}

	@Override
	public void setAsciiStream(int parameterIndex, InputStream x, long length) throws SQLException {
		delegate().setAsciiStream(parameterIndex, x, length);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setAsciiStream(parameterIndex, x, length));
		}
	}

	@Override
	public void setAsciiStream(int parameterIndex, InputStream x) throws SQLException {
		delegate().setAsciiStream(parameterIndex, x);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setAsciiStream(parameterIndex, x));
		}
	}

	@Override
	public void setBigDecimal(int parameterIndex, BigDecimal x) throws SQLException {
		delegate().setBigDecimal(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setBigDecimal(parameterIndex, x));
		}
	}

	@Override
	public void setBinaryStream(int parameterIndex, InputStream x, int length) throws SQLException {
		delegate().setBinaryStream(parameterIndex, x, length);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setBinaryStream(parameterIndex, x, length));
		}
	}

	@Override
	public void setBinaryStream(int parameterIndex, InputStream x, long length) throws SQLException {
		delegate().setBinaryStream(parameterIndex, x, length);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setBinaryStream(parameterIndex, x, length));
		}
	}

	@Override
	public void setBinaryStream(int parameterIndex, InputStream x) throws SQLException {
		delegate().setBinaryStream(parameterIndex, x);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setBinaryStream(parameterIndex, x));
		}
	}

	@Override
	public void setBlob(int parameterIndex, InputStream x, long length) throws SQLException {
		willWriteLargeObject();
		delegate().setBlob(parameterIndex, x, length);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setBlob(parameterIndex, x, length));
		}
	}

	@Override
	public void setBlob(int parameterIndex, InputStream x) throws SQLException {
		willWriteLargeObject();
		delegate().setBlob(parameterIndex, x);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setBlob(parameterIndex, x));
		}
	}

	@Override
	public void setBlob(int parameterIndex, Blob x) throws SQLException {
		willWriteLargeObject();
		delegate().setBlob(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setBlob(parameterIndex, x));
		}
	}

	@Override
	public void setBoolean(int parameterIndex, boolean x) throws SQLException {
		delegate().setBoolean(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setBoolean(parameterIndex, x));
		}
	}

	@Override
	public void setByte(int parameterIndex, byte x) throws SQLException {
		delegate().setByte(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setByte(parameterIndex, x));
		}
	}

	@Override
	public void setBytes(int parameterIndex, byte[] x) throws SQLException {
		delegate().setBytes(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setBytes(parameterIndex, x));
		}
	}

	@Override
	public void setCharacterStream(int parameterIndex, Reader x, int length) throws SQLException {
		delegate().setCharacterStream(parameterIndex, x, length);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setCharacterStream(parameterIndex, x, length));
		}
	}

	@Override
	public void setCharacterStream(int parameterIndex, Reader x, long length) throws SQLException {
		delegate().setCharacterStream(parameterIndex, x, length);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setCharacterStream(parameterIndex, x, length));
		}
	}

	@Override
	public void setCharacterStream(int parameterIndex, Reader x) throws SQLException {
		delegate().setCharacterStream(parameterIndex, x);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setCharacterStream(parameterIndex, x));
		}
	}

	@Override
	public void setClob(int parameterIndex, Reader x, long length) throws SQLException {
		willWriteLargeObject();
		delegate().setClob(parameterIndex, x, length);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setClob(parameterIndex, x, length));
		}
	}

	@Override
	public void setClob(int parameterIndex, Reader x) throws SQLException {
		willWriteLargeObject();
		delegate().setClob(parameterIndex, x);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setClob(parameterIndex, x));
		}
	}

	@Override
	public void setClob(int parameterIndex, Clob x) throws SQLException {
		willWriteLargeObject();
		delegate().setClob(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setClob(parameterIndex, x));
		}
	}

	@Override
	public void setDate(int parameterIndex, Date x, Calendar calendar) throws SQLException {
		delegate().setDate(parameterIndex, x, calendar);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setDate(parameterIndex, x, calendar));
		}
	}

	@Override
	public void setDate(int parameterIndex, Date x) throws SQLException {
		delegate().setDate(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setDate(parameterIndex, x));
		}
	}

	@Override
	public void setDouble(int parameterIndex, double x) throws SQLException {
		delegate().setDouble(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setDouble(parameterIndex, x));
		}
	}

	@Override
	public void setFloat(int parameterIndex, float x) throws SQLException {
		delegate().setFloat(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setFloat(parameterIndex, x));
		}
	}

	@Override
	public void setInt(int parameterIndex, int x) throws SQLException {
		delegate().setInt(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setInt(parameterIndex, x));
		}
	}

	@Override
	public void setLong(int parameterIndex, long x) throws SQLException {
		delegate().setLong(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setLong(parameterIndex, x));
		}
	}

	@Override
	public void setNCharacterStream(int parameterIndex, Reader x, long length) throws SQLException {
		delegate().setNCharacterStream(parameterIndex, x, length);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setNCharacterStream(parameterIndex, x, length));
		}
	}

	@Override
	public void setNCharacterStream(int parameterIndex, Reader x) throws SQLException {
		delegate().setNCharacterStream(parameterIndex, x);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setNCharacterStream(parameterIndex, x));
		}
	}

	@Override
	public void setNClob(int parameterIndex, Reader x, long length) throws SQLException {
		delegate().setNClob(parameterIndex, x, length);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setNClob(parameterIndex, x, length));
		}
	}

	@Override
	public void setNClob(int parameterIndex, Reader x) throws SQLException {
		delegate().setNClob(parameterIndex, x);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setNClob(parameterIndex, x));
		}
	}

	@Override
	public void setNClob(int parameterIndex, NClob x) throws SQLException {
		delegate().setNClob(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setNClob(parameterIndex, x));
		}
	}

	@Override
	public void setNString(int parameterIndex, String x) throws SQLException {
		delegate().setNString(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setNString(parameterIndex, x));
		}
	}

	@Override
	public void setNull(int parameterIndex, int sqlType, String typeName) throws SQLException {
		delegate().setNull(parameterIndex, sqlType, typeName);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setNull(parameterIndex, sqlType, typeName));
		}
	}

	@Override
	public void setNull(int parameterIndex, int sqlType) throws SQLException {
		delegate().setNull(parameterIndex, sqlType);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setNull(parameterIndex, sqlType));
		}
	}

	@Override
	public void setObject(int parameterIndex, Object x, int targetSqlType, int scaleOrLength) throws SQLException {
		willSet(x);
		delegate().setObject(parameterIndex, x, targetSqlType, scaleOrLength);
		if (isRecording()) {
			recordObject(parameterIndex, x,
					(statement) -> statement.setObject(parameterIndex, x, targetSqlType, scaleOrLength));
		}
	}

	@Override
	public void setObject(int parameterIndex, Object x, int targetSqlType) throws SQLException {
		willSet(x);
		delegate().setObject(parameterIndex, x, targetSqlType);
		if (isRecording()) {
			recordObject(parameterIndex, x, (statement) -> statement.setObject(parameterIndex, x, targetSqlType));
		}
	}

	@Override
	public void setObject(int parameterIndex, Object x, SQLType targetSqlType, int scaleOrLength) throws SQLException {
		willSet(x);
		delegate().setObject(parameterIndex, x, targetSqlType, scaleOrLength);
		if (isRecording()) {
			recordObject(parameterIndex, x,
					(statement) -> statement.setObject(parameterIndex, x, targetSqlType, scaleOrLength));
		}
	}

	@Override
	public void setObject(int parameterIndex, Object x, SQLType targetSqlType) throws SQLException {
		willSet(x);
		delegate().setObject(parameterIndex, x, targetSqlType);
		if (isRecording()) {
			recordObject(parameterIndex, x, (statement) -> statement.setObject(parameterIndex, x, targetSqlType));
		}
	}

	@Override
	public void setObject(int parameterIndex, Object x) throws SQLException {
		willSet(x);
		delegate().setObject(parameterIndex, x);
		if (isRecording()) {
			recordObject(parameterIndex, x, (statement) -> statement.setObject(parameterIndex, x));
		}
	}

	@Override
	public void setRef(int parameterIndex, Ref x) throws SQLException {
		delegate().setRef(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setRef(parameterIndex, x));
		}
	}

	@Override
	public void setRowId(int parameterIndex, RowId x) throws SQLException {
		delegate().setRowId(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setRowId(parameterIndex, x));
		}
	}

	@Override
	public void setSQLXML(int parameterIndex, SQLXML x) throws SQLException {
		delegate().setSQLXML(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setSQLXML(parameterIndex, x));
		}
	}

	@Override
	public void setShort(int parameterIndex, short x) throws SQLException {
		delegate().setShort(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setShort(parameterIndex, x));
		}
	}

	@Override
	public void setString(int parameterIndex, String x) throws SQLException {
		delegate().setString(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setString(parameterIndex, x));
		}
	}

	@Override
	public void setTime(int parameterIndex, Time x, Calendar calendar) throws SQLException {
		delegate().setTime(parameterIndex, x, calendar);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setTime(parameterIndex, x, calendar));
		}
	}

	@Override
	public void setTime(int parameterIndex, Time x) throws SQLException {
		delegate().setTime(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setTime(parameterIndex, x));
		}
	}

	@Override
	public void setTimestamp(int parameterIndex, Timestamp x, Calendar calendar) throws SQLException {
		delegate().setTimestamp(parameterIndex, x, calendar);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setTimestamp(parameterIndex, x, calendar));
		}
	}

	@Override
	public void setTimestamp(int parameterIndex, Timestamp x) throws SQLException {
		delegate().setTimestamp(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setTimestamp(parameterIndex, x));
		}
	}

	@Override
	public void setURL(int parameterIndex, URL x) throws SQLException {
		delegate().setURL(parameterIndex, x);
		if (isRecording()) {
			record(parameterIndex, (statement) -> statement.setURL(parameterIndex, x));
		}
	}

	@Override
	@Deprecated
	public void setUnicodeStream(int parameterIndex, InputStream x, int length) throws SQLException {
		delegate().setUnicodeStream(parameterIndex, x, length);
		if (isRecording()) {
			recordStream(parameterIndex, (statement) -> statement.setUnicodeStream(parameterIndex, x, length));
		}
	}

	/**
	 * Asks the server about the statement, which executes nothing.
	 */
	private <R> R describe(Description<R> description) throws SQLException {
		PreparedStatement statement = delegate();
		try {
			return description.of(statement);
		}
		catch (SQLException ex) {
			throw translate(ex);
		}
	}

	/**
	 * Describes a prepared statement.
	 *
	 * @param <R> the type of the description
	 */
	@FunctionalInterface
	private interface Description<R> {

		R of(PreparedStatement statement) throws SQLException;

	}

}
