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

package io.github.replication.test;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/**
 * The ports of a node, on which nobody else listens. They lie below the range from which
 * systems take the ports of outgoing connections, so that a server that was stopped finds
 * its port free again. Each JVM takes them from blocks of its own, so that tests that run
 * at the same time do not take the port of a server that is about to start.
 *
 * @param server the port of the server itself
 * @param proxy the port of the proxy in front of it
 */
record Ports(int server, int proxy) {

	private static final int LOWEST = 12000;

	static final int BLOCK_SIZE = 200;

	private static final int BLOCKS = 100;

	/**
	 * Sockets that listen on the first port of each block of this JVM for as long as it
	 * lives.
	 */
	private static final List<ServerSocket> claims = new ArrayList<>();

	private static final Queue<Integer> free = new ArrayDeque<>();

	/**
	 * Takes two ports for this JVM.
	 * @return the ports
	 * @throws IllegalStateException if no port is free
	 */
	static Ports take() {
		return new Ports(takeOne(), takeOne());
	}

	private static int takeOne() {
		synchronized (free) {
			while (true) {
				Integer port = free.poll();
				if (port == null) {
					claimBlock();
				}
				else if (isFree(port)) {
					return port;
				}
			}
		}
	}

	void giveBack() {
		synchronized (free) {
			free.add(this.server);
			free.add(this.proxy);
		}
	}

	private static void claimBlock() {
		int start = ThreadLocalRandom.current().nextInt(BLOCKS);
		for (int i = 0; i < BLOCKS; i++) {
			int first = LOWEST + (start + i) % BLOCKS * BLOCK_SIZE;
			try {
				claims.add(listen(first));
				IntStream.range(first + 1, first + BLOCK_SIZE).forEach(free::add);
				return;
			}
			catch (IOException ex) {
				// the block of another JVM
			}
		}
		throw new IllegalStateException("No free port between " + LOWEST + " and " + (LOWEST + BLOCKS * BLOCK_SIZE));
	}

	private static boolean isFree(int port) {
		try (ServerSocket socket = listen(port)) {
			return socket.isBound();
		}
		catch (IOException ex) {
			return false;
		}
	}

	static ServerSocket listen(int port) throws IOException {
		return new ServerSocket(port, 1, Loopback.address(port).getAddress());
	}

}
