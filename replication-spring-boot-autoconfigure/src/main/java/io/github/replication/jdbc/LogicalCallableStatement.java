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
import java.sql.CallableStatement;
import java.sql.Clob;
import java.sql.Date;
import java.sql.NClob;
import java.sql.Ref;
import java.sql.RowId;
import java.sql.SQLException;
import java.sql.SQLType;
import java.sql.SQLXML;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.Calendar;
import java.util.Map;

/**
 * A call whose physical statement was made on the node that was decided.
 */
final class LogicalCallableStatement extends LogicalPreparedStatement implements CallableStatement {

	LogicalCallableStatement(LogicalConnection connection, String sql, StatementFactory factory) {
		super(connection, sql, factory);
	}

	@Override
	CallableStatement delegate() throws SQLException {
		return (CallableStatement) super.delegate();
	}

	@Override
	public Array getArray(String parameterName) throws SQLException {
		return delegate().getArray(parameterName);
	}

	@Override
	public Array getArray(int parameterIndex) throws SQLException {
		return delegate().getArray(parameterIndex);
	}

	@Override
	public BigDecimal getBigDecimal(String parameterName) throws SQLException {
		return delegate().getBigDecimal(parameterName);
	}

	@Override
	@Deprecated
	public BigDecimal getBigDecimal(int parameterIndex, int scale) throws SQLException {
		return delegate().getBigDecimal(parameterIndex, scale);
	}

	@Override
	public BigDecimal getBigDecimal(int parameterIndex) throws SQLException {
		return delegate().getBigDecimal(parameterIndex);
	}

	@Override
	public Blob getBlob(String parameterName) throws SQLException {
		return delegate().getBlob(parameterName);
	}

	@Override
	public Blob getBlob(int parameterIndex) throws SQLException {
		return delegate().getBlob(parameterIndex);
	}

	@Override
	public boolean getBoolean(String parameterName) throws SQLException {
		return delegate().getBoolean(parameterName);
	}

	@Override
	public boolean getBoolean(int parameterIndex) throws SQLException {
		return delegate().getBoolean(parameterIndex);
	}

	@Override
	public byte getByte(String parameterName) throws SQLException {
		return delegate().getByte(parameterName);
	}

	@Override
	public byte getByte(int parameterIndex) throws SQLException {
		return delegate().getByte(parameterIndex);
	}

	@Override
	public byte[] getBytes(String parameterName) throws SQLException {
		return delegate().getBytes(parameterName);
	}

	@Override
	public byte[] getBytes(int parameterIndex) throws SQLException {
		return delegate().getBytes(parameterIndex);
	}

	@Override
	public Reader getCharacterStream(String parameterName) throws SQLException {
		return delegate().getCharacterStream(parameterName);
	}

	@Override
	public Reader getCharacterStream(int parameterIndex) throws SQLException {
		return delegate().getCharacterStream(parameterIndex);
	}

	@Override
	public Clob getClob(String parameterName) throws SQLException {
		return delegate().getClob(parameterName);
	}

	@Override
	public Clob getClob(int parameterIndex) throws SQLException {
		return delegate().getClob(parameterIndex);
	}

	@Override
	public Date getDate(String parameterName, Calendar calendar) throws SQLException {
		return delegate().getDate(parameterName, calendar);
	}

	@Override
	public Date getDate(String parameterName) throws SQLException {
		return delegate().getDate(parameterName);
	}

	@Override
	public Date getDate(int parameterIndex, Calendar calendar) throws SQLException {
		return delegate().getDate(parameterIndex, calendar);
	}

	@Override
	public Date getDate(int parameterIndex) throws SQLException {
		return delegate().getDate(parameterIndex);
	}

	@Override
	public double getDouble(String parameterName) throws SQLException {
		return delegate().getDouble(parameterName);
	}

	@Override
	public double getDouble(int parameterIndex) throws SQLException {
		return delegate().getDouble(parameterIndex);
	}

	@Override
	public float getFloat(String parameterName) throws SQLException {
		return delegate().getFloat(parameterName);
	}

	@Override
	public float getFloat(int parameterIndex) throws SQLException {
		return delegate().getFloat(parameterIndex);
	}

	@Override
	public int getInt(String parameterName) throws SQLException {
		return delegate().getInt(parameterName);
	}

	@Override
	public int getInt(int parameterIndex) throws SQLException {
		return delegate().getInt(parameterIndex);
	}

	@Override
	public long getLong(String parameterName) throws SQLException {
		return delegate().getLong(parameterName);
	}

	@Override
	public long getLong(int parameterIndex) throws SQLException {
		return delegate().getLong(parameterIndex);
	}

	@Override
	public Reader getNCharacterStream(String parameterName) throws SQLException {
		return delegate().getNCharacterStream(parameterName);
	}

	@Override
	public Reader getNCharacterStream(int parameterIndex) throws SQLException {
		return delegate().getNCharacterStream(parameterIndex);
	}

	@Override
	public NClob getNClob(String parameterName) throws SQLException {
		return delegate().getNClob(parameterName);
	}

	@Override
	public NClob getNClob(int parameterIndex) throws SQLException {
		return delegate().getNClob(parameterIndex);
	}

	@Override
	public String getNString(String parameterName) throws SQLException {
		return delegate().getNString(parameterName);
	}

	@Override
	public String getNString(int parameterIndex) throws SQLException {
		return delegate().getNString(parameterIndex);
	}

	@Override
	public <T> T getObject(String parameterName, Class<T> type) throws SQLException {
		return delegate().getObject(parameterName, type);
	}

	@Override
	public Object getObject(String parameterName, Map<String, Class<?>> map) throws SQLException {
		return delegate().getObject(parameterName, map);
	}

	@Override
	public Object getObject(String parameterName) throws SQLException {
		return delegate().getObject(parameterName);
	}

	@Override
	public <T> T getObject(int parameterIndex, Class<T> type) throws SQLException {
		return delegate().getObject(parameterIndex, type);
	}

	@Override
	public Object getObject(int parameterIndex, Map<String, Class<?>> map) throws SQLException {
		return delegate().getObject(parameterIndex, map);
	}

	@Override
	public Object getObject(int parameterIndex) throws SQLException {
		return delegate().getObject(parameterIndex);
	}

	@Override
	public Ref getRef(String parameterName) throws SQLException {
		return delegate().getRef(parameterName);
	}

	@Override
	public Ref getRef(int parameterIndex) throws SQLException {
		return delegate().getRef(parameterIndex);
	}

	@Override
	public RowId getRowId(String parameterName) throws SQLException {
		return delegate().getRowId(parameterName);
	}

	@Override
	public RowId getRowId(int parameterIndex) throws SQLException {
		return delegate().getRowId(parameterIndex);
	}

	@Override
	public SQLXML getSQLXML(String parameterName) throws SQLException {
		return delegate().getSQLXML(parameterName);
	}

	@Override
	public SQLXML getSQLXML(int parameterIndex) throws SQLException {
		return delegate().getSQLXML(parameterIndex);
	}

	@Override
	public short getShort(String parameterName) throws SQLException {
		return delegate().getShort(parameterName);
	}

	@Override
	public short getShort(int parameterIndex) throws SQLException {
		return delegate().getShort(parameterIndex);
	}

	@Override
	public String getString(String parameterName) throws SQLException {
		return delegate().getString(parameterName);
	}

	@Override
	public String getString(int parameterIndex) throws SQLException {
		return delegate().getString(parameterIndex);
	}

	@Override
	public Time getTime(String parameterName, Calendar calendar) throws SQLException {
		return delegate().getTime(parameterName, calendar);
	}

	@Override
	public Time getTime(String parameterName) throws SQLException {
		return delegate().getTime(parameterName);
	}

	@Override
	public Time getTime(int parameterIndex, Calendar calendar) throws SQLException {
		return delegate().getTime(parameterIndex, calendar);
	}

	@Override
	public Time getTime(int parameterIndex) throws SQLException {
		return delegate().getTime(parameterIndex);
	}

	@Override
	public Timestamp getTimestamp(String parameterName, Calendar calendar) throws SQLException {
		return delegate().getTimestamp(parameterName, calendar);
	}

	@Override
	public Timestamp getTimestamp(String parameterName) throws SQLException {
		return delegate().getTimestamp(parameterName);
	}

	@Override
	public Timestamp getTimestamp(int parameterIndex, Calendar calendar) throws SQLException {
		return delegate().getTimestamp(parameterIndex, calendar);
	}

	@Override
	public Timestamp getTimestamp(int parameterIndex) throws SQLException {
		return delegate().getTimestamp(parameterIndex);
	}

	@Override
	public URL getURL(String parameterName) throws SQLException {
		return delegate().getURL(parameterName);
	}

	@Override
	public URL getURL(int parameterIndex) throws SQLException {
		return delegate().getURL(parameterIndex);
	}

	@Override
	public void registerOutParameter(String parameterName, int sqlType, String typeName) throws SQLException {
		delegate().registerOutParameter(parameterName, sqlType, typeName);
	}

	@Override
	public void registerOutParameter(String parameterName, int sqlType, int scale) throws SQLException {
		delegate().registerOutParameter(parameterName, sqlType, scale);
	}

	@Override
	public void registerOutParameter(String parameterName, int sqlType) throws SQLException {
		delegate().registerOutParameter(parameterName, sqlType);
	}

	@Override
	public void registerOutParameter(String parameterName, SQLType sqlType, String typeName) throws SQLException {
		delegate().registerOutParameter(parameterName, sqlType, typeName);
	}

	@Override
	public void registerOutParameter(String parameterName, SQLType sqlType, int scale) throws SQLException {
		delegate().registerOutParameter(parameterName, sqlType, scale);
	}

	@Override
	public void registerOutParameter(String parameterName, SQLType sqlType) throws SQLException {
		delegate().registerOutParameter(parameterName, sqlType);
	}

	@Override
	public void registerOutParameter(int parameterIndex, int sqlType, String typeName) throws SQLException {
		delegate().registerOutParameter(parameterIndex, sqlType, typeName);
	}

	@Override
	public void registerOutParameter(int parameterIndex, int sqlType, int scale) throws SQLException {
		delegate().registerOutParameter(parameterIndex, sqlType, scale);
	}

	@Override
	public void registerOutParameter(int parameterIndex, int sqlType) throws SQLException {
		delegate().registerOutParameter(parameterIndex, sqlType);
	}

	@Override
	public void registerOutParameter(int parameterIndex, SQLType sqlType, String typeName) throws SQLException {
		delegate().registerOutParameter(parameterIndex, sqlType, typeName);
	}

	@Override
	public void registerOutParameter(int parameterIndex, SQLType sqlType, int scale) throws SQLException {
		delegate().registerOutParameter(parameterIndex, sqlType, scale);
	}

	@Override
	public void registerOutParameter(int parameterIndex, SQLType sqlType) throws SQLException {
		delegate().registerOutParameter(parameterIndex, sqlType);
	}

	@Override
	public void setAsciiStream(String parameterName, InputStream x, int length) throws SQLException {
		delegate().setAsciiStream(parameterName, x, length);
	}

	@Override
	public void setAsciiStream(String parameterName, InputStream x, long length) throws SQLException {
		delegate().setAsciiStream(parameterName, x, length);
	}

	@Override
	public void setAsciiStream(String parameterName, InputStream x) throws SQLException {
		delegate().setAsciiStream(parameterName, x);
	}

	@Override
	public void setBigDecimal(String parameterName, BigDecimal x) throws SQLException {
		delegate().setBigDecimal(parameterName, x);
	}

	@Override
	public void setBinaryStream(String parameterName, InputStream x, int length) throws SQLException {
		delegate().setBinaryStream(parameterName, x, length);
	}

	@Override
	public void setBinaryStream(String parameterName, InputStream x, long length) throws SQLException {
		delegate().setBinaryStream(parameterName, x, length);
	}

	@Override
	public void setBinaryStream(String parameterName, InputStream x) throws SQLException {
		delegate().setBinaryStream(parameterName, x);
	}

	@Override
	public void setBlob(String parameterName, InputStream x, long length) throws SQLException {
		delegate().setBlob(parameterName, x, length);
	}

	@Override
	public void setBlob(String parameterName, InputStream x) throws SQLException {
		delegate().setBlob(parameterName, x);
	}

	@Override
	public void setBlob(String parameterName, Blob x) throws SQLException {
		delegate().setBlob(parameterName, x);
	}

	@Override
	public void setBoolean(String parameterName, boolean x) throws SQLException {
		delegate().setBoolean(parameterName, x);
	}

	@Override
	public void setByte(String parameterName, byte x) throws SQLException {
		delegate().setByte(parameterName, x);
	}

	@Override
	public void setBytes(String parameterName, byte[] x) throws SQLException {
		delegate().setBytes(parameterName, x);
	}

	@Override
	public void setCharacterStream(String parameterName, Reader x, int length) throws SQLException {
		delegate().setCharacterStream(parameterName, x, length);
	}

	@Override
	public void setCharacterStream(String parameterName, Reader x, long length) throws SQLException {
		delegate().setCharacterStream(parameterName, x, length);
	}

	@Override
	public void setCharacterStream(String parameterName, Reader x) throws SQLException {
		delegate().setCharacterStream(parameterName, x);
	}

	@Override
	public void setClob(String parameterName, Reader x, long length) throws SQLException {
		delegate().setClob(parameterName, x, length);
	}

	@Override
	public void setClob(String parameterName, Reader x) throws SQLException {
		delegate().setClob(parameterName, x);
	}

	@Override
	public void setClob(String parameterName, Clob x) throws SQLException {
		delegate().setClob(parameterName, x);
	}

	@Override
	public void setDate(String parameterName, Date x, Calendar calendar) throws SQLException {
		delegate().setDate(parameterName, x, calendar);
	}

	@Override
	public void setDate(String parameterName, Date x) throws SQLException {
		delegate().setDate(parameterName, x);
	}

	@Override
	public void setDouble(String parameterName, double x) throws SQLException {
		delegate().setDouble(parameterName, x);
	}

	@Override
	public void setFloat(String parameterName, float x) throws SQLException {
		delegate().setFloat(parameterName, x);
	}

	@Override
	public void setInt(String parameterName, int x) throws SQLException {
		delegate().setInt(parameterName, x);
	}

	@Override
	public void setLong(String parameterName, long x) throws SQLException {
		delegate().setLong(parameterName, x);
	}

	@Override
	public void setNCharacterStream(String parameterName, Reader x, long length) throws SQLException {
		delegate().setNCharacterStream(parameterName, x, length);
	}

	@Override
	public void setNCharacterStream(String parameterName, Reader x) throws SQLException {
		delegate().setNCharacterStream(parameterName, x);
	}

	@Override
	public void setNClob(String parameterName, Reader x, long length) throws SQLException {
		delegate().setNClob(parameterName, x, length);
	}

	@Override
	public void setNClob(String parameterName, Reader x) throws SQLException {
		delegate().setNClob(parameterName, x);
	}

	@Override
	public void setNClob(String parameterName, NClob x) throws SQLException {
		delegate().setNClob(parameterName, x);
	}

	@Override
	public void setNString(String parameterName, String x) throws SQLException {
		delegate().setNString(parameterName, x);
	}

	@Override
	public void setNull(String parameterName, int sqlType, String typeName) throws SQLException {
		delegate().setNull(parameterName, sqlType, typeName);
	}

	@Override
	public void setNull(String parameterName, int sqlType) throws SQLException {
		delegate().setNull(parameterName, sqlType);
	}

	@Override
	public void setObject(String parameterName, Object x, int targetSqlType, int scaleOrLength) throws SQLException {
		delegate().setObject(parameterName, x, targetSqlType, scaleOrLength);
	}

	@Override
	public void setObject(String parameterName, Object x, int targetSqlType) throws SQLException {
		delegate().setObject(parameterName, x, targetSqlType);
	}

	@Override
	public void setObject(String parameterName, Object x, SQLType targetSqlType, int scaleOrLength)
			throws SQLException {
		delegate().setObject(parameterName, x, targetSqlType, scaleOrLength);
	}

	@Override
	public void setObject(String parameterName, Object x, SQLType targetSqlType) throws SQLException {
		delegate().setObject(parameterName, x, targetSqlType);
	}

	@Override
	public void setObject(String parameterName, Object x) throws SQLException {
		delegate().setObject(parameterName, x);
	}

	@Override
	public void setRowId(String parameterName, RowId x) throws SQLException {
		delegate().setRowId(parameterName, x);
	}

	@Override
	public void setSQLXML(String parameterName, SQLXML x) throws SQLException {
		delegate().setSQLXML(parameterName, x);
	}

	@Override
	public void setShort(String parameterName, short x) throws SQLException {
		delegate().setShort(parameterName, x);
	}

	@Override
	public void setString(String parameterName, String x) throws SQLException {
		delegate().setString(parameterName, x);
	}

	@Override
	public void setTime(String parameterName, Time x, Calendar calendar) throws SQLException {
		delegate().setTime(parameterName, x, calendar);
	}

	@Override
	public void setTime(String parameterName, Time x) throws SQLException {
		delegate().setTime(parameterName, x);
	}

	@Override
	public void setTimestamp(String parameterName, Timestamp x, Calendar calendar) throws SQLException {
		delegate().setTimestamp(parameterName, x, calendar);
	}

	@Override
	public void setTimestamp(String parameterName, Timestamp x) throws SQLException {
		delegate().setTimestamp(parameterName, x);
	}

	@Override
	public void setURL(String parameterName, URL x) throws SQLException {
		delegate().setURL(parameterName, x);
	}

	@Override
	public boolean wasNull() throws SQLException {
		return delegate().wasNull();
	}

}
