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

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;

/**
 * Calls back before a response may be committed. An error, a redirect, a flush, the end
 * of the announced content, the end of the body, or any byte of the body may commit it.
 * Each container has its own rule for a response whose body is written: Jetty commits on
 * a single write that is larger than a quarter of its buffer. So each write is taken for
 * the one that commits.
 */
final class BeforeCommitResponse extends HttpServletResponseWrapper {

	private final Callback callback;

	private boolean calling;

	private @Nullable ServletOutputStream stream;

	private @Nullable PrintWriter writer;

	/**
	 * Wraps a response.
	 * @param response the response
	 * @param callback the callback; must not throw
	 */
	BeforeCommitResponse(HttpServletResponse response, Callback callback) {
		super(response);
		this.callback = callback;
	}

	private void committing() {
		if (!this.calling && !isCommitted()) {
			this.calling = true;
			try {
				this.callback.beforeCommit();
			}
			finally {
				this.calling = false;
			}
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
		this.stream = null;
		this.writer = null;
		this.callback.afterReset();
	}

	@Override
	public void setContentLength(int length) {
		committing();
		super.setContentLength(length);
	}

	@Override
	public void setContentLengthLong(long length) {
		committing();
		super.setContentLengthLong(length);
	}

	@Override
	public void setHeader(String name, String value) {
		beforeHeader(name);
		boolean replaced = containsHeader(name);
		super.setHeader(name, value);
		afterHeader(name);
		afterSetHeader(replaced);
	}

	@Override
	public void addHeader(String name, String value) {
		beforeHeader(name);
		super.addHeader(name, value);
		afterHeader(name);
	}

	@Override
	public void setIntHeader(String name, int value) {
		beforeHeader(name);
		boolean replaced = containsHeader(name);
		super.setIntHeader(name, value);
		afterSetHeader(replaced);
	}

	@Override
	public void addIntHeader(String name, int value) {
		beforeHeader(name);
		super.addIntHeader(name, value);
	}

	@Override
	public void setDateHeader(String name, long date) {
		boolean replaced = containsHeader(name);
		super.setDateHeader(name, date);
		afterHeader(name);
		afterSetHeader(replaced);
	}

	@Override
	public void addDateHeader(String name, long date) {
		super.addDateHeader(name, date);
		afterHeader(name);
	}

	private void afterHeader(String name) {
		if (SharedCaches.isAddressedBy(name)) {
			this.callback.afterCachingHeader();
		}
	}

	/**
	 * A header that takes the place of another may have been one with a token.
	 */
	private void afterSetHeader(boolean replaced) {
		if (replaced && !isCommitted()) {
			this.callback.afterReplacedHeader();
		}
	}

	/**
	 * The length of the content may say that all of it was written.
	 */
	private void beforeHeader(String name) {
		if (HttpHeaders.CONTENT_LENGTH.equalsIgnoreCase(name)) {
			committing();
		}
	}

	@Override
	public ServletOutputStream getOutputStream() throws IOException {
		ServletOutputStream stream = this.stream;
		if (stream == null) {
			stream = new WatchedStream(super.getOutputStream());
			this.stream = stream;
		}
		return stream;
	}

	@Override
	public PrintWriter getWriter() throws IOException {
		PrintWriter writer = this.writer;
		if (writer == null) {
			writer = new WatchedWriter(super.getWriter(), this::committing);
			this.writer = writer;
		}
		return writer;
	}

	/**
	 * The body as bytes. A container may print text in the encoding of the response; all
	 * methods that print come down to the ones overridden here.
	 */
	private final class WatchedStream extends ServletOutputStream {

		private final ServletOutputStream delegate;

		WatchedStream(ServletOutputStream delegate) {
			this.delegate = delegate;
		}

		@Override
		public void write(int value) throws IOException {
			committing();
			this.delegate.write(value);
		}

		@Override
		public void write(byte[] bytes) throws IOException {
			committing();
			this.delegate.write(bytes);
		}

		@Override
		public void write(byte[] bytes, int offset, int length) throws IOException {
			committing();
			this.delegate.write(bytes, offset, length);
		}

		@Override
		public void write(ByteBuffer buffer) throws IOException {
			committing();
			this.delegate.write(buffer);
		}

		@Override
		public void print(String text) throws IOException {
			committing();
			this.delegate.print(text);
		}

		@Override
		public void println(String text) throws IOException {
			committing();
			this.delegate.println(text);
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
	 * Is called by the thread that uses the response.
	 */
	interface Callback {

		/**
		 * The response may be committed next. Called any number of times before it is.
		 */
		void beforeCommit();

		/**
		 * A header has changed that says whether shared caches may store the response.
		 */
		void afterCachingHeader();

		/**
		 * The headers of the response are gone.
		 */
		void afterReset();

		/**
		 * A header was set in place of another.
		 */
		void afterReplacedHeader();

	}

}
