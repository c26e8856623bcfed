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
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The ports of a node, on which nobody else listens. They lie below the range from which
 * systems take the ports of outgoing connections, so that a server that was stopped finds
 * its port free again.
 *
 * @param server the port of the server itself
 * @param proxy the port of the proxy in front of it
 */
record Ports(int server, int proxy) {

	private static final int LOWEST = 12000;

	private static final int HIGHEST = 32000;

	private static final int ATTEMPTS = 1000;

	private static final Set<Integer> taken = ConcurrentHashMap.newKeySet();

	/**
	 * Takes two ports for this JVM.
	 * @return the ports
	 */
	static Ports take() {
		return new Ports(takeOne(), takeOne());
	}

	private static int takeOne() {
		for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
			int port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
			if (taken.add(port)) {
				if (isFree(port)) {
					return port;
				}
				taken.remove(port);
			}
		}
		throw new IllegalStateException("No free port between " + LOWEST + " and " + HIGHEST);
	}

	void giveBack() {
		taken.remove(this.server);
		taken.remove(this.proxy);
	}

	private static boolean isFree(int port) {
		try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
			return socket.isBound();
		}
		catch (IOException ex) {
			return false;
		}
	}

}
