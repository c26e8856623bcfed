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

import java.io.PrintWriter;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * The body of a response as text. How values become text is left to the container, which
 * may format them in the locale of the response.
 */
final class WatchedWriter extends PrintWriter {

	private final PrintWriter delegate;

	private final Runnable committing;

	/**
	 * Wraps a writer.
	 * @param delegate the writer of the container
	 * @param committing is called before anything may commit the response
	 */
	WatchedWriter(PrintWriter delegate, Runnable committing) {
		super(delegate);
		this.delegate = delegate;
		this.committing = committing;
	}

	@Override
	public void write(int c) {
		this.committing.run();
		this.delegate.write(c);
	}

	@Override
	public void write(char[] text, int offset, int length) {
		this.committing.run();
		this.delegate.write(text, offset, length);
	}

	@Override
	public void write(char[] text) {
		this.committing.run();
		this.delegate.write(text);
	}

	@Override
	public void write(String text, int offset, int length) {
		this.committing.run();
		this.delegate.write(text, offset, length);
	}

	@Override
	public void write(String text) {
		this.committing.run();
		this.delegate.write(text);
	}

	@Override
	public void print(boolean value) {
		this.committing.run();
		this.delegate.print(value);
	}

	@Override
	public void print(char value) {
		this.committing.run();
		this.delegate.print(value);
	}

	@Override
	public void print(int value) {
		this.committing.run();
		this.delegate.print(value);
	}

	@Override
	public void print(long value) {
		this.committing.run();
		this.delegate.print(value);
	}

	@Override
	public void print(float value) {
		this.committing.run();
		this.delegate.print(value);
	}

	@Override
	public void print(double value) {
		this.committing.run();
		this.delegate.print(value);
	}

	@Override
	public void print(char[] text) {
		this.committing.run();
		this.delegate.print(text);
	}

	@Override
	public void print(@Nullable String text) {
		this.committing.run();
		this.delegate.print(text);
	}

	@Override
	public void print(@Nullable Object value) {
		this.committing.run();
		this.delegate.print(value);
	}

	@Override
	public void println() {
		this.committing.run();
		this.delegate.println();
	}

	@Override
	public void println(boolean value) {
		this.committing.run();
		this.delegate.println(value);
	}

	@Override
	public void println(char value) {
		this.committing.run();
		this.delegate.println(value);
	}

	@Override
	public void println(int value) {
		this.committing.run();
		this.delegate.println(value);
	}

	@Override
	public void println(long value) {
		this.committing.run();
		this.delegate.println(value);
	}

	@Override
	public void println(float value) {
		this.committing.run();
		this.delegate.println(value);
	}

	@Override
	public void println(double value) {
		this.committing.run();
		this.delegate.println(value);
	}

	@Override
	public void println(char[] text) {
		this.committing.run();
		this.delegate.println(text);
	}

	@Override
	public void println(@Nullable String text) {
		this.committing.run();
		this.delegate.println(text);
	}

	@Override
	public void println(@Nullable Object value) {
		this.committing.run();
		this.delegate.println(value);
	}

	@Override
	public PrintWriter printf(String format, @Nullable Object... values) {
		this.committing.run();
		this.delegate.printf(format, values);
		return this;
	}

	@Override
	public PrintWriter printf(@Nullable Locale locale, String format, @Nullable Object... values) {
		this.committing.run();
		this.delegate.printf(locale, format, values);
		return this;
	}

	@Override
	public PrintWriter format(String format, @Nullable Object... values) {
		this.committing.run();
		this.delegate.format(format, values);
		return this;
	}

	@Override
	public PrintWriter format(@Nullable Locale locale, String format, @Nullable Object... values) {
		this.committing.run();
		this.delegate.format(locale, format, values);
		return this;
	}

	@Override
	public void flush() {
		this.committing.run();
		this.delegate.flush();
	}

	@Override
	public void close() {
		this.committing.run();
		this.delegate.close();
	}

	@Override
	public boolean checkError() {
		this.committing.run();
		return this.delegate.checkError();
	}

}
