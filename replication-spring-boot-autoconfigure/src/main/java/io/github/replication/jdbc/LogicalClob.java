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
import java.io.OutputStream;
import java.io.Reader;
import java.io.Writer;
import java.sql.Clob;
import java.sql.SQLException;

/**
 * A large object of characters of a row. Ends with the connection on which it was read,
 * and says so.
 */
final class LogicalClob implements Clob {

	private final Clob delegate;

	private final LargeObjectAccess access;

	LogicalClob(Clob delegate, UnitOfWork unit) {
		this.delegate = delegate;
		this.access = new LargeObjectAccess(unit);
	}

	@Override
	public long length() throws SQLException {
		return this.access.call(() -> this.delegate.length());
	}

	@Override
	public String getSubString(long position, int length) throws SQLException {
		return this.access.call(() -> this.delegate.getSubString(position, length));
	}

	@Override
	public Reader getCharacterStream() throws SQLException {
		return this.access.guard(this.access.call(() -> this.delegate.getCharacterStream()));
	}

	@Override
	public Reader getCharacterStream(long position, long length) throws SQLException {
		return this.access.guard(this.access.call(() -> this.delegate.getCharacterStream(position, length)));
	}

	@Override
	public InputStream getAsciiStream() throws SQLException {
		return this.access.guard(this.access.call(() -> this.delegate.getAsciiStream()));
	}

	@Override
	public long position(String pattern, long start) throws SQLException {
		return this.access.call(() -> this.delegate.position(pattern, start));
	}

	@Override
	public long position(Clob pattern, long start) throws SQLException {
		return this.access.call(() -> this.delegate.position(pattern, start));
	}

	@Override
	public int setString(long position, String text) throws SQLException {
		return this.access.call(() -> this.delegate.setString(position, text));
	}

	@Override
	public int setString(long position, String text, int offset, int length) throws SQLException {
		return this.access.call(() -> this.delegate.setString(position, text, offset, length));
	}

	@Override
	public OutputStream setAsciiStream(long position) throws SQLException {
		return this.access.guard(this.access.call(() -> this.delegate.setAsciiStream(position)));
	}

	/**
	 * PostgreSQL's driver has no such stream.
	 */
	@Override
	public Writer setCharacterStream(long position) throws SQLException {
		return this.access.call(() -> this.delegate.setCharacterStream(position));
	}

	@Override
	public void truncate(long length) throws SQLException {
		this.access.call(() -> {
			this.delegate.truncate(length);
			return this.delegate;
		});
	}

	@Override
	public void free() throws SQLException {
		if (!this.access.isOver()) {
			this.access.call(() -> {
				this.delegate.free();
				return this.delegate;
			});
		}
	}

}
