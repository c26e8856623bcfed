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

package io.github.replication.twin;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

import javax.net.SocketFactory;

/**
 * Counts what the driver sends, so that nobody has to look at the server after a call
 * that sent nothing. The driver creates it by name.
 */
public class CountingSocketFactory extends SocketFactory {

	private static final Map<String, AtomicLong> COUNTS = new ConcurrentHashMap<>();

	private final AtomicLong count;

	/**
	 * Creates a factory.
	 * @param side the name of the side, as the URL has it
	 */
	public CountingSocketFactory(String side) {
		this.count = counter(side);
	}

	static AtomicLong counter(String side) {
		return COUNTS.computeIfAbsent(side, (key) -> new AtomicLong());
	}

	@Override
	public Socket createSocket() {
		return new CountingSocket(this.count);
	}

	@Override
	public Socket createSocket(String host, int port) {
		throw new UnsupportedOperationException();
	}

	@Override
	public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
		throw new UnsupportedOperationException();
	}

	@Override
	public Socket createSocket(InetAddress host, int port) {
		throw new UnsupportedOperationException();
	}

	@Override
	public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
		throw new UnsupportedOperationException();
	}

	private static final class CountingSocket extends Socket {

		private final AtomicLong count;

		CountingSocket(AtomicLong count) {
			this.count = count;
		}

		@Override
		public OutputStream getOutputStream() throws IOException {
			return new FilterOutputStream(super.getOutputStream()) {

				@Override
				public void write(int value) throws IOException {
					CountingSocket.this.count.incrementAndGet();
					this.out.write(value);
				}

				@Override
				public void write(byte[] bytes, int offset, int length) throws IOException {
					CountingSocket.this.count.incrementAndGet();
					this.out.write(bytes, offset, length);
				}

			};
		}

		@Override
		public synchronized void close() throws IOException {
			this.count.incrementAndGet();
			super.close();
		}

	}

}
