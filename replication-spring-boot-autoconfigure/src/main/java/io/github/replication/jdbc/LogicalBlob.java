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
import java.sql.Blob;
import java.sql.SQLException;

/**
 * A large object of bytes of a row. Ends with the connection on which it was read, and
 * says so.
 */
final class LogicalBlob implements Blob {

	private final Blob delegate;

	private final LargeObjectAccess access;

	LogicalBlob(Blob delegate, UnitOfWork unit) {
		this.delegate = delegate;
		this.access = new LargeObjectAccess(unit);
	}

	@Override
	public long length() throws SQLException {
		return this.access.call(() -> this.delegate.length());
	}

	@Override
	public byte[] getBytes(long position, int length) throws SQLException {
		return this.access.call(() -> this.delegate.getBytes(position, length));
	}

	@Override
	public InputStream getBinaryStream() throws SQLException {
		return this.access.guard(this.access.call(() -> this.delegate.getBinaryStream()));
	}

	@Override
	public InputStream getBinaryStream(long position, long length) throws SQLException {
		return this.access.guard(this.access.call(() -> this.delegate.getBinaryStream(position, length)));
	}

	@Override
	public long position(byte[] pattern, long start) throws SQLException {
		return this.access.call(() -> this.delegate.position(pattern, start));
	}

	@Override
	public long position(Blob pattern, long start) throws SQLException {
		return this.access.call(() -> this.delegate.position(pattern, start));
	}

	@Override
	public int setBytes(long position, byte[] bytes) throws SQLException {
		return this.access.call(() -> this.delegate.setBytes(position, bytes));
	}

	@Override
	public int setBytes(long position, byte[] bytes, int offset, int length) throws SQLException {
		return this.access.call(() -> this.delegate.setBytes(position, bytes, offset, length));
	}

	@Override
	public OutputStream setBinaryStream(long position) throws SQLException {
		return this.access.guard(this.access.call(() -> this.delegate.setBinaryStream(position)));
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
