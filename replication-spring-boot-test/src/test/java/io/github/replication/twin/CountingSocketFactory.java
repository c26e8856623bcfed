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
import java.net.Socket;
import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts writes of the driver, so that the server is not looked at after a call that sent
 * nothing, and knows when a socket was closed last. The driver creates it by name.
 */
public class CountingSocketFactory extends DriverSocketFactory {

	private static final Map<String, Traffic> TRAFFIC = new ConcurrentHashMap<>();

	private final Traffic traffic;

	/**
	 * Creates a factory.
	 * @param name the name of a side's server, as the URL has it
	 */
	public CountingSocketFactory(String name) {
		this.traffic = traffic(name);
	}

	static Traffic traffic(String name) {
		return TRAFFIC.computeIfAbsent(name, (key) -> new Traffic());
	}

	@Override
	public Socket createSocket() {
		return new CountingSocket(this.traffic);
	}

	private static final class CountingSocket extends Socket {

		private final Traffic traffic;

		private final AtomicBoolean open = new AtomicBoolean();

		CountingSocket(Traffic traffic) {
			this.traffic = traffic;
		}

		@Override
		public void connect(SocketAddress endpoint, int timeout) throws IOException {
			this.open.set(true);
			this.traffic.open.incrementAndGet();
			super.connect(endpoint, timeout);
		}

		@Override
		public OutputStream getOutputStream() throws IOException {
			return new FilterOutputStream(super.getOutputStream()) {

				@Override
				public void write(int value) throws IOException {
					CountingSocket.this.traffic.sent.incrementAndGet();
					this.out.write(value);
				}

				@Override
				public void write(byte[] bytes, int offset, int length) throws IOException {
					CountingSocket.this.traffic.sent.incrementAndGet();
					this.out.write(bytes, offset, length);
				}

			};
		}

		@Override
		public synchronized void close() throws IOException {
			if (this.open.compareAndSet(true, false)) {
				this.traffic.open.decrementAndGet();
			}
			this.traffic.closed.incrementAndGet();
			super.close();
		}

	}

	/**
	 * The traffic of one side with one server.
	 */
	static final class Traffic {

		private final AtomicLong sent = new AtomicLong();

		private final AtomicLong closed = new AtomicLong();

		private final AtomicLong open = new AtomicLong();

		/**
		 * Returns a number that grows with each write and each closed socket.
		 */
		long count() {
			return this.sent.get() + this.closed.get();
		}

		/**
		 * Returns how many sockets are open.
		 */
		long open() {
			return this.open.get();
		}

		/**
		 * Returns how many times sockets were closed.
		 */
		long closed() {
			return this.closed.get();
		}

	}

}
