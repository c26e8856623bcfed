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
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One address that leads to several servers in turn, connection by connection, as that of
 * a load balancer does. On the loopback interface only.
 */
final class TurntableProxy implements AutoCloseable {

	private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

	private final List<Socket> sockets = new CopyOnWriteArrayList<>();

	private final AtomicInteger turn = new AtomicInteger();

	private volatile List<Integer> ports;

	/**
	 * Begins to listen.
	 * @param ports the ports of the servers
	 */
	TurntableProxy(Integer... ports) throws IOException {
		this.ports = List.of(ports);
		start(this::accept);
	}

	/**
	 * Leads new connections elsewhere.
	 */
	void leadTo(Integer... ports) {
		this.ports = List.of(ports);
	}

	/**
	 * The URL of a database at this address.
	 */
	String url(String database) {
		return "jdbc:postgresql://127.0.0.1:" + this.socket.getLocalPort() + "/" + database;
	}

	/**
	 * Closes the open connections.
	 */
	void reset() {
		this.sockets.forEach(TurntableProxy::close);
		this.sockets.clear();
	}

	private void accept() {
		while (!this.socket.isClosed()) {
			try {
				Socket client = this.socket.accept();
				this.sockets.add(client);
				List<Integer> ports = this.ports;
				if (ports.isEmpty()) {
					client.close();
				}
				else {
					carry(client, ports.get(Math.floorMod(this.turn.getAndIncrement(), ports.size())));
				}
			}
			catch (IOException ex) {
				reset();
			}
		}
	}

	private void carry(Socket client, int port) throws IOException {
		Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
		this.sockets.add(server);
		client.setTcpNoDelay(true);
		server.setTcpNoDelay(true);
		start(() -> copy(client, server));
		start(() -> copy(server, client));
	}

	private static void copy(Socket from, Socket to) {
		try (InputStream in = from.getInputStream(); OutputStream out = to.getOutputStream()) {
			in.transferTo(out);
		}
		catch (IOException ex) {
			close(from);
		}
		finally {
			close(to);
		}
	}

	private static void close(Socket socket) {
		try {
			socket.close();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void start(Runnable task) {
		Thread thread = new Thread(task, "turntable");
		thread.setDaemon(true);
		thread.start();
	}

	@Override
	public void close() throws IOException {
		this.socket.close();
		reset();
	}

}
