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
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The network between the clients and one node: a TCP proxy on the loopback interface
 * that can fail as networks do, and that counts round trips. Listens while its node runs,
 * so that a node that is down refuses connections as a real one does. Replication does
 * not pass it.
 * <p>
 * Faults add up and stay until {@link #restore()}. They apply to open connections and to
 * new ones alike unless set otherwise. Safe for use by several threads.
 *
 * @since 0.1.0
 */
public final class NodeProxy {

	private static final int BUFFER_SIZE = 1 << 16;

	private static final int BACKLOG = 256;

	private static final int CONNECT_MILLIS = 5000;

	private static final int ACCEPTOR_MILLIS = 5000;

	private static final int SHARES_PER_SECOND = 20;

	private static final Fault NONE = new Fault(false, 0, 0);

	private final Object monitor = new Object();

	private final String node;

	private final int port;

	private final int serverPort;

	private final Set<Link> links = ConcurrentHashMap.newKeySet();

	private final LongAdder roundTrips = new LongAdder();

	private volatile Fault fault = NONE;

	private volatile int target;

	private boolean refusing;

	private boolean serverUp;

	private @Nullable ServerSocket listener;

	private @Nullable Thread acceptor;

	NodeProxy(String node, int port, int serverPort) {
		this.node = node;
		this.port = port;
		this.serverPort = serverPort;
		this.target = serverPort;
	}

	/**
	 * The port that clients connect to, on 127.0.0.1.
	 * @return the port, the same as long as the node exists
	 */
	public int port() {
		return this.port;
	}

	/**
	 * Refuses new connections. Open ones stay; see {@link #resetConnections()}.
	 */
	public void refuse() {
		synchronized (this.monitor) {
			this.refusing = true;
			listenAsNeeded();
		}
	}

	/**
	 * Lets nothing through in either direction and answers nothing, as a network that
	 * drops packets. New connections are taken and then get no answer. After
	 * {@link #restore()} the held data is delivered.
	 */
	public void blackHole() {
		change(new Fault(true, this.fault.delayNanos(), this.fault.bytesPerSecond()));
	}

	/**
	 * Adds a time to every round trip.
	 * @param delay how long each request is held back, zero for no delay
	 * @throws IllegalArgumentException if the delay is negative
	 */
	public void delay(Duration delay) {
		Assert.isTrue(!delay.isNegative(), () -> "delay must not be negative, but was " + delay);
		change(new Fault(this.fault.blackHole(), delay.toNanos(), this.fault.bytesPerSecond()));
	}

	/**
	 * Limits the throughput of each connection in each direction.
	 * @param bytesPerSecond how many bytes pass in a second
	 * @throws IllegalArgumentException if the limit is not positive
	 */
	public void limit(long bytesPerSecond) {
		Assert.isTrue(bytesPerSecond > 0, () -> "bytesPerSecond must be positive, but was " + bytesPerSecond);
		change(new Fault(this.fault.blackHole(), this.fault.delayNanos(), bytesPerSecond));
	}

	/**
	 * Breaks all open connections: both sides see a reset. New ones can be made.
	 */
	public void resetConnections() {
		this.links.forEach(Link::reset);
	}

	/**
	 * Leads new connections to the server of another node, as a name or a virtual address
	 * does that was moved there. Open connections stay where they are.
	 * @param node the node that new connections lead to
	 */
	public void redirect(PostgresNode node) {
		this.target = node.port();
	}

	/**
	 * Ends all faults, and leads new connections to this node's own server again.
	 * Connections that were reset stay so.
	 */
	public void restore() {
		this.target = this.serverPort;
		synchronized (this.monitor) {
			this.refusing = false;
			listenAsNeeded();
		}
		change(NONE);
	}

	/**
	 * How often clients have waited for the server so far: the number of times that data
	 * from a client was followed by data from the server, summed over all connections.
	 * Logging in counts too. A reading taken after a statement has returned includes it.
	 * @return the number since the node was added
	 */
	public long roundTrips() {
		return this.roundTrips.sum();
	}

	/**
	 * How many connections of clients are open.
	 * @return the number of connections
	 */
	public int openConnections() {
		return this.links.size();
	}

	@Override
	public String toString() {
		return "NodeProxy[" + this.node + ", " + this.port + " -> " + this.target + "]";
	}

	void serverUp(boolean up) {
		synchronized (this.monitor) {
			this.serverUp = up;
			listenAsNeeded();
		}
	}

	void close() {
		serverUp(false);
		resetConnections();
	}

	private void change(Fault fault) {
		synchronized (this.monitor) {
			this.fault = fault;
			this.monitor.notifyAll();
		}
	}

	private void listenAsNeeded() {
		boolean wanted = this.serverUp && !this.refusing;
		try {
			if (!wanted && this.listener != null) {
				this.listener.close();
				this.listener = null;
				awaitEndOf(this.acceptor);
			}
			else if (wanted && this.listener == null) {
				ServerSocket socket = new ServerSocket();
				socket.setReuseAddress(true);
				socket.bind(Loopback.address(this.port), BACKLOG);
				this.listener = socket;
				this.acceptor = start("accept", () -> accept(socket));
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(
					"The proxy of node '" + this.node + "' cannot listen on port " + this.port + ": " + ex.getMessage(),
					ex);
		}
	}

	/**
	 * The system goes on taking connections until the thread that waits for them is gone.
	 */
	private static void awaitEndOf(@Nullable Thread acceptor) {
		try {
			if (acceptor != null) {
				acceptor.join(ACCEPTOR_MILLIS);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void accept(ServerSocket socket) {
		while (!socket.isClosed()) {
			try {
				Link link = new Link(socket.accept());
				this.links.add(link);
				start("request", link::carryRequests);
			}
			catch (IOException ex) {
				// Closed, which ends the loop, or the client has gone already.
			}
		}
	}

	private Thread start(String task, Runnable action) {
		Thread thread = new Thread(action, "embedded-cluster-" + this.node + "-" + task);
		thread.setDaemon(true);
		thread.start();
		return thread;
	}

	/**
	 * The state of the network at the moment.
	 *
	 * @param blackHole whether nothing passes
	 * @param delayNanos how long each request is held back
	 * @param bytesPerSecond the throughput, 0 for no limit
	 */
	private record Fault(boolean blackHole, long delayNanos, long bytesPerSecond) {

		int share() {
			return (this.bytesPerSecond == 0) ? BUFFER_SIZE
					: (int) Math.max(1, Math.min(BUFFER_SIZE, this.bytesPerSecond / SHARES_PER_SECOND));
		}

		long nanosFor(int bytes) {
			return (this.bytesPerSecond == 0) ? 0 : TimeUnit.SECONDS.toNanos(bytes) / this.bytesPerSecond;
		}

	}

	/**
	 * One connection of a client, and the one to the server that belongs to it.
	 */
	private final class Link {

		private final Socket client;

		private final Socket server = new Socket();

		private volatile boolean awaitsResponse;

		private volatile boolean closed;

		Link(Socket client) {
			this.client = client;
		}

		void carryRequests() {
			try {
				this.client.setTcpNoDelay(true);
				awaitPassage();
				this.server.setTcpNoDelay(true);
				this.server.connect(Loopback.address(NodeProxy.this.target), CONNECT_MILLIS);
				start("response", this::carryResponses);
				carry(this.client, this.server, this::beforeRequest);
				close(false);
			}
			catch (IOException ex) {
				reset();
			}
		}

		private void carryResponses() {
			try {
				carry(this.server, this.client, this::beforeResponse);
				close(false);
			}
			catch (IOException ex) {
				reset();
			}
		}

		private void carry(Socket from, Socket to, Step before) throws IOException {
			InputStream in = from.getInputStream();
			OutputStream out = to.getOutputStream();
			byte[] buffer = new byte[BUFFER_SIZE];
			for (int count = in.read(buffer); count != -1; count = in.read(buffer)) {
				before.take();
				for (int sent = 0; sent < count;) {
					awaitPassage();
					Fault current = NodeProxy.this.fault;
					int share = Math.min(count - sent, current.share());
					out.write(buffer, sent, share);
					sent += share;
					pause(current.nanosFor(share));
				}
			}
		}

		private void beforeRequest() throws IOException {
			if (!this.awaitsResponse) {
				pause(NodeProxy.this.fault.delayNanos());
				this.awaitsResponse = true;
			}
		}

		private void beforeResponse() {
			if (this.awaitsResponse) {
				this.awaitsResponse = false;
				NodeProxy.this.roundTrips.increment();
			}
		}

		/**
		 * Waits until something may pass. Data that a fault has held back from a
		 * connection that is closed meanwhile is lost.
		 */
		private void awaitPassage() throws IOException {
			synchronized (NodeProxy.this.monitor) {
				while (NodeProxy.this.fault.blackHole() && !this.closed) {
					await(0);
				}
				if (this.closed) {
					throw new IOException("The connection was closed");
				}
			}
		}

		private void pause(long nanos) throws IOException {
			if (nanos == 0) {
				return;
			}
			long end = System.nanoTime() + nanos;
			synchronized (NodeProxy.this.monitor) {
				Fault current = NodeProxy.this.fault;
				for (long left = nanos; left > 0 && current == NodeProxy.this.fault
						&& !this.closed; left = end - System.nanoTime()) {
					await(left / 1_000_000 + 1);
				}
			}
		}

		private void await(long millis) throws IOException {
			try {
				NodeProxy.this.monitor.wait(millis);
			}
			catch (InterruptedException ex) {
				throw new IOException("Interrupted", ex);
			}
		}

		void reset() {
			close(true);
		}

		private void close(boolean reset) {
			this.closed = true;
			NodeProxy.this.links.remove(this);
			synchronized (NodeProxy.this.monitor) {
				NodeProxy.this.monitor.notifyAll();
			}
			for (Socket socket : new Socket[] { this.client, this.server }) {
				close(socket, reset);
			}
		}

		private void close(Socket socket, boolean reset) {
			try (socket) {
				if (reset && !socket.isClosed()) {
					socket.setSoLinger(true, 0);
				}
			}
			catch (IOException ex) {
				// It is closed, as wanted.
			}
		}

	}

	/**
	 * An action when data has arrived, before it is passed on.
	 */
	@FunctionalInterface
	private interface Step {

		void take() throws IOException;

	}

}
