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

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * Passes connections on to the Unix domain socket of a server, as a connection pooler on
 * the server's host does. The server knows no address of its own for them.
 */
final class UnixRelay implements AutoCloseable {

	private final ServerSocketChannel listener;

	private volatile Path target;

	UnixRelay(Path target) throws IOException {
		this.target = target;
		this.listener = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
		run("relay", this::accept);
	}

	int port() {
		return this.listener.socket().getLocalPort();
	}

	/**
	 * Has new connections go to another socket. Open ones stay.
	 */
	void redirect(Path target) {
		this.target = target;
	}

	private void accept() throws IOException {
		while (this.listener.isOpen()) {
			SocketChannel client = this.listener.accept();
			SocketChannel server = SocketChannel.open(UnixDomainSocketAddress.of(this.target));
			run("relay-out", () -> copy(client, server));
			run("relay-in", () -> copy(server, client));
		}
	}

	private static void copy(SocketChannel from, SocketChannel to) throws IOException {
		try (from; to) {
			ByteBuffer buffer = ByteBuffer.allocate(8192);
			while (from.read(buffer) >= 0) {
				buffer.flip();
				while (buffer.hasRemaining()) {
					to.write(buffer);
				}
				buffer.clear();
			}
		}
	}

	private static void run(String name, Copy task) {
		Thread thread = new Thread(() -> {
			try {
				task.run();
			}
			catch (IOException ex) {
				// one of the two is closed
			}
		}, name);
		thread.setDaemon(true);
		thread.start();
	}

	@Override
	public void close() throws IOException {
		this.listener.close();
	}

	/**
	 * Reads and writes until one of the two is closed.
	 */
	private interface Copy {

		void run() throws IOException;

	}

}
