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

package io.github.replication.test.proof;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The address of several instances, which get connections in turn. Loses some responses:
 * it closes the connection when one begins. On the loopback interface only.
 */
final class FrontDoor implements AutoCloseable {

	private static final int FIRST_LOST = 8;

	private static final int RESPONSES_BETWEEN = 60;

	private static final int BUFFER = 16384;

	private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

	private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

	private final AtomicInteger turn = new AtomicInteger();

	private final AtomicInteger lost = new AtomicInteger();

	private final List<Integer> ports;

	private final AtomicInteger responses = new AtomicInteger();

	/**
	 * Begins to listen.
	 * @param ports the ports of the instances
	 */
	FrontDoor(List<Integer> ports) throws IOException {
		this.ports = List.copyOf(ports);
		start(this::accept);
	}

	int port() {
		return this.socket.getLocalPort();
	}

	/**
	 * How many responses were lost.
	 */
	int lost() {
		return this.lost.get();
	}

	private void accept() {
		while (!this.socket.isClosed()) {
			try {
				Socket client = this.socket.accept();
				this.sockets.add(client);
				Socket server = new Socket(InetAddress.getLoopbackAddress(),
						this.ports.get(Math.floorMod(this.turn.getAndIncrement(), this.ports.size())));
				this.sockets.add(server);
				client.setTcpNoDelay(true);
				server.setTcpNoDelay(true);
				start(() -> copy(client, server, false));
				start(() -> copy(server, client, true));
			}
			catch (IOException ex) {
				// An instance refuses, or this is closed.
			}
		}
	}

	private void copy(Socket from, Socket to, boolean losing) {
		try (InputStream in = from.getInputStream(); OutputStream out = to.getOutputStream()) {
			byte[] buffer = new byte[BUFFER];
			int length = in.read(buffer);
			while (length >= 0) {
				if (losing && isLost()) {
					// the status line has arrived, or nothing
					out.write(buffer, 0, this.lost.incrementAndGet() % 2 * Math.min(length, 12));
					return;
				}
				out.write(buffer, 0, length);
				length = in.read(buffer);
			}
		}
		catch (IOException ex) {
			// One side has closed the connection, which the other is to notice.
		}
		finally {
			close(from);
			close(to);
		}
	}

	private boolean isLost() {
		return this.responses.incrementAndGet() % RESPONSES_BETWEEN == FIRST_LOST;
	}

	private void close(Socket socket) {
		this.sockets.remove(socket);
		try {
			socket.close();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void start(Runnable task) {
		Thread thread = new Thread(task, "front-door");
		thread.setDaemon(true);
		thread.start();
	}

	@Override
	public void close() {
		try {
			this.socket.close();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		this.sockets.forEach(this::close);
	}

}
