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

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Reader;
import java.sql.SQLException;

/**
 * The access of a large object to the connection on which it was read: until that goes
 * back to its pool, since it then serves others. Each call may ask the server, so that
 * its errors are those of the unit.
 */
final class LargeObjectAccess {

	private final PhysicalConnection physical;

	private final UnitOfWork unit;

	LargeObjectAccess(UnitOfWork unit) {
		this.physical = unit.physical();
		this.unit = unit;
	}

	boolean isOver() {
		return this.physical.isReleased();
	}

	private void require() throws SQLException {
		if (isOver()) {
			throw LogicalStatement.closedWithItsUnit(this.physical, "large object");
		}
	}

	/**
	 * Calls the large object of the driver.
	 */
	<R> R call(Call<R> call) throws SQLException {
		require();
		try {
			return call.make();
		}
		catch (SQLException ex) {
			throw this.unit.translate(ex);
		}
	}

	/**
	 * Uses a stream of the driver.
	 */
	private long use(StreamUse use) throws IOException {
		requireForStream();
		try {
			return use.make();
		}
		catch (IOException ex) {
			throw translate(ex);
		}
	}

	private void run(StreamAction action) throws IOException {
		use(() -> {
			action.run();
			return 0;
		});
	}

	private void requireForStream() throws IOException {
		try {
			require();
		}
		catch (SQLException ex) {
			throw new IOException(ex.getMessage(), ex);
		}
	}

	/**
	 * Notes the error of the connection that has failed a stream.
	 */
	private IOException translate(IOException ex) {
		Throwable link = ex;
		while (link != null && !(link instanceof SQLException)) {
			link = link.getCause();
		}
		if (!(link instanceof SQLException cause)) {
			return ex;
		}
		SQLException translated = this.unit.translate(cause);
		return (translated != cause) ? new IOException(translated.getMessage(), translated) : ex;
	}

	InputStream guard(InputStream stream) {
		return new Input(stream, this);
	}

	OutputStream guard(OutputStream stream) {
		return new Output(stream, this);
	}

	Reader guard(Reader reader) {
		return new Characters(reader, this);
	}

	/**
	 * The bytes of a large object.
	 */
	private static final class Input extends FilterInputStream {

		private final LargeObjectAccess access;

		Input(InputStream delegate, LargeObjectAccess access) {
			super(delegate);
			this.access = access;
		}

		@Override
		public int read() throws IOException {
			return (int) this.access.use(() -> super.read());
		}

		@Override
		public int read(byte[] bytes, int offset, int length) throws IOException {
			return (int) this.access.use(() -> super.read(bytes, offset, length));
		}

		@Override
		public long skip(long count) throws IOException {
			return this.access.use(() -> super.skip(count));
		}

		@Override
		public int available() throws IOException {
			return (int) this.access.use(() -> super.available());
		}

		@Override
		public void reset() throws IOException {
			this.access.run(() -> super.reset());
		}

		@Override
		public void close() throws IOException {
			if (!this.access.isOver()) {
				this.access.run(() -> super.close());
			}
		}

	}

	/**
	 * Writes the bytes of a large object. They may not be there before it is closed.
	 */
	private static final class Output extends FilterOutputStream {

		private final LargeObjectAccess access;

		Output(OutputStream delegate, LargeObjectAccess access) {
			super(delegate);
			this.access = access;
		}

		@Override
		public void write(int value) throws IOException {
			this.access.run(() -> this.out.write(value));
		}

		@Override
		public void write(byte[] bytes, int offset, int length) throws IOException {
			this.access.run(() -> this.out.write(bytes, offset, length));
		}

		@Override
		public void flush() throws IOException {
			this.access.run(() -> this.out.flush());
		}

		@Override
		public void close() throws IOException {
			this.access.run(() -> this.out.close());
		}

	}

	/**
	 * The characters of a large object.
	 */
	private static final class Characters extends FilterReader {

		private final LargeObjectAccess access;

		Characters(Reader delegate, LargeObjectAccess access) {
			super(delegate);
			this.access = access;
		}

		@Override
		public int read() throws IOException {
			return (int) this.access.use(() -> super.read());
		}

		@Override
		public int read(char[] characters, int offset, int length) throws IOException {
			return (int) this.access.use(() -> super.read(characters, offset, length));
		}

		@Override
		public long skip(long count) throws IOException {
			return this.access.use(() -> super.skip(count));
		}

		@Override
		public boolean ready() throws IOException {
			return this.access.use(() -> super.ready() ? 1 : 0) == 1;
		}

		@Override
		public void close() throws IOException {
			if (!this.access.isOver()) {
				this.access.run(() -> super.close());
			}
		}

	}

	/**
	 * Calls a large object.
	 *
	 * @param <R> the type of the result
	 */
	@FunctionalInterface
	interface Call<R> {

		R make() throws SQLException;

	}

	/**
	 * Uses a stream that returns a number.
	 */
	@FunctionalInterface
	private interface StreamUse {

		long make() throws IOException;

	}

	/**
	 * Uses a stream that returns nothing.
	 */
	@FunctionalInterface
	private interface StreamAction {

		void run() throws IOException;

	}

}
