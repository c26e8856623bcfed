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

package io.github.replication.web;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * Calls somebody right before a response is committed, by whatever commits it: an error,
 * a redirect, a flush, a full buffer, the end of the announced content, the end of the
 * body. As long as the response is not committed that may happen several times.
 * <p>
 * What is written goes through the response's own buffer; only its length is counted
 * here, and for text that is an upper bound.
 */
final class BeforeCommitResponse extends HttpServletResponseWrapper {

	private final Runnable beforeCommit;

	private long contentLength = -1;

	private long written;

	private boolean calling;

	private @Nullable ServletOutputStream stream;

	private @Nullable PrintWriter writer;

	/**
	 * Wraps a response.
	 * @param response the response
	 * @param beforeCommit what to call; must not throw
	 */
	BeforeCommitResponse(HttpServletResponse response, Runnable beforeCommit) {
		super(response);
		this.beforeCommit = beforeCommit;
	}

	private void committing() {
		if (!this.calling && !isCommitted()) {
			this.calling = true;
			try {
				this.beforeCommit.run();
			}
			finally {
				this.calling = false;
			}
		}
	}

	/**
	 * Counts what is about to be written.
	 */
	private void writing(long length) {
		this.written += length;
		if (this.written >= getBufferSize() || (this.contentLength >= 0 && this.written >= this.contentLength)) {
			committing();
		}
	}

	@Override
	public void sendError(int status) throws IOException {
		committing();
		super.sendError(status);
	}

	@Override
	public void sendError(int status, String message) throws IOException {
		committing();
		super.sendError(status, message);
	}

	@Override
	public void sendRedirect(String location) throws IOException {
		committing();
		super.sendRedirect(location);
	}

	@Override
	public void sendRedirect(String location, boolean clearBuffer) throws IOException {
		committing();
		super.sendRedirect(location, clearBuffer);
	}

	@Override
	public void sendRedirect(String location, int status) throws IOException {
		committing();
		super.sendRedirect(location, status);
	}

	@Override
	public void sendRedirect(String location, int status, boolean clearBuffer) throws IOException {
		committing();
		super.sendRedirect(location, status, clearBuffer);
	}

	@Override
	public void flushBuffer() throws IOException {
		if (this.writer != null) {
			this.writer.flush();
		}
		committing();
		super.flushBuffer();
	}

	@Override
	public void reset() {
		super.reset();
		this.written = 0;
		this.contentLength = -1;
		this.stream = null;
		this.writer = null;
	}

	@Override
	public void resetBuffer() {
		super.resetBuffer();
		this.written = 0;
	}

	@Override
	public void setContentLength(int length) {
		this.contentLength = length;
		super.setContentLength(length);
		writing(0);
	}

	@Override
	public void setContentLengthLong(long length) {
		this.contentLength = length;
		super.setContentLengthLong(length);
		writing(0);
	}

	@Override
	public void setHeader(String name, String value) {
		noteLength(name, value);
		super.setHeader(name, value);
	}

	@Override
	public void addHeader(String name, String value) {
		noteLength(name, value);
		super.addHeader(name, value);
	}

	@Override
	public void setIntHeader(String name, int value) {
		noteLength(name, Integer.toString(value));
		super.setIntHeader(name, value);
	}

	@Override
	public void addIntHeader(String name, int value) {
		noteLength(name, Integer.toString(value));
		super.addIntHeader(name, value);
	}

	private void noteLength(String name, @Nullable String value) {
		if (value != null && HttpHeaders.CONTENT_LENGTH.equalsIgnoreCase(name)) {
			try {
				this.contentLength = Long.parseLong(value.strip());
			}
			catch (NumberFormatException ex) {
				this.contentLength = -1;
			}
		}
	}

	@Override
	public ServletOutputStream getOutputStream() throws IOException {
		ServletOutputStream stream = this.stream;
		if (stream == null) {
			stream = new CountingStream(super.getOutputStream());
			this.stream = stream;
		}
		return stream;
	}

	@Override
	public PrintWriter getWriter() throws IOException {
		PrintWriter writer = this.writer;
		if (writer == null) {
			writer = new CountingWriter(super.getWriter(), bytesPerChar(getCharacterEncoding()));
			this.writer = writer;
		}
		return writer;
	}

	private static int bytesPerChar(@Nullable String encoding) {
		Charset charset = (encoding != null && Charset.isSupported(encoding)) ? Charset.forName(encoding)
				: StandardCharsets.UTF_8;
		return charset.canEncode() ? (int) Math.ceil(charset.newEncoder().maxBytesPerChar()) : 4;
	}

	/**
	 * The body as bytes.
	 */
	private final class CountingStream extends ServletOutputStream {

		private final ServletOutputStream delegate;

		CountingStream(ServletOutputStream delegate) {
			this.delegate = delegate;
		}

		@Override
		public void write(int value) throws IOException {
			writing(1);
			this.delegate.write(value);
		}

		@Override
		public void write(byte[] bytes) throws IOException {
			writing(bytes.length);
			this.delegate.write(bytes);
		}

		@Override
		public void write(byte[] bytes, int offset, int length) throws IOException {
			writing(length);
			this.delegate.write(bytes, offset, length);
		}

		@Override
		public void write(ByteBuffer buffer) throws IOException {
			writing(buffer.remaining());
			this.delegate.write(buffer);
		}

		@Override
		public void flush() throws IOException {
			committing();
			this.delegate.flush();
		}

		@Override
		public void close() throws IOException {
			committing();
			this.delegate.close();
		}

		@Override
		public boolean isReady() {
			return this.delegate.isReady();
		}

		@Override
		public void setWriteListener(WriteListener listener) {
			this.delegate.setWriteListener(listener);
		}

	}

	/**
	 * The body as text. All that a {@link PrintWriter} offers comes down to what is
	 * overridden here; its own buffer is the response's.
	 */
	private final class CountingWriter extends PrintWriter {

		private final PrintWriter delegate;

		private final int bytesPerChar;

		CountingWriter(PrintWriter delegate, int bytesPerChar) {
			super(delegate);
			this.delegate = delegate;
			this.bytesPerChar = bytesPerChar;
		}

		@Override
		public void write(int c) {
			writing(this.bytesPerChar);
			this.delegate.write(c);
		}

		@Override
		public void write(char[] text, int offset, int length) {
			writing((long) length * this.bytesPerChar);
			this.delegate.write(text, offset, length);
		}

		@Override
		public void write(char[] text) {
			write(text, 0, text.length);
		}

		@Override
		public void write(String text, int offset, int length) {
			writing((long) length * this.bytesPerChar);
			this.delegate.write(text, offset, length);
		}

		@Override
		public void write(String text) {
			write(text, 0, text.length());
		}

		@Override
		public void println() {
			write(System.lineSeparator());
		}

		@Override
		public void flush() {
			committing();
			this.delegate.flush();
		}

		@Override
		public void close() {
			committing();
			this.delegate.close();
		}

		@Override
		public boolean checkError() {
			committing();
			return this.delegate.checkError();
		}

	}

}
