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

package io.github.replication.integration;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import io.github.replication.twin.DriverSocketFactory;

/**
 * Opens the sockets of pgjdbc, and loses the next one over which a statement is sent. For
 * URLs that name it as their {@code socketFactory}.
 */
public final class LosingSocketFactory extends DriverSocketFactory {

	private static final AtomicReference<String> LOST = new AtomicReference<>();

	private static final AtomicInteger LOSSES = new AtomicInteger();

	/**
	 * The parameter of a URL whose connections can be lost.
	 */
	static String parameter() {
		return "socketFactory=" + LosingSocketFactory.class.getName();
	}

	/**
	 * Loses the connection that sends this statement next.
	 */
	static void loseNext(String sql) {
		LOSSES.set(0);
		LOST.set(sql);
	}

	/**
	 * How many connections were lost since the last call of {@link #loseNext}.
	 */
	static int losses() {
		return LOSSES.get();
	}

	@Override
	public Socket createSocket() {
		return new Losing();
	}

	private static final class Losing extends Socket {

		@Override
		public OutputStream getOutputStream() throws IOException {
			return new FilterOutputStream(super.getOutputStream()) {

				@Override
				public void write(byte[] bytes, int offset, int length) throws IOException {
					String sql = LOST.get();
					if (sql != null && new String(bytes, offset, length, StandardCharsets.US_ASCII).contains(sql)
							&& LOST.compareAndSet(sql, null)) {
						LOSSES.incrementAndGet();
						close();
						throw new IOException("lost");
					}
					this.out.write(bytes, offset, length);
				}

			};
		}

	}

}
