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

package io.github.replication.stub;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * A server without a database: remembers what it was asked, and fails when asked to.
 * Found by {@link StubDriver} under the host of its URL.
 */
public final class StubServer {

	private static final AtomicInteger NUMBERS = new AtomicInteger();

	private static final Map<String, StubServer> SERVERS = new ConcurrentHashMap<>();

	private final String host;

	private final AtomicInteger attempts = new AtomicInteger();

	private final List<StubConnection> connections = new CopyOnWriteArrayList<>();

	private final List<Executed> executed = new CopyOnWriteArrayList<>();

	private final List<Failure> failures = new CopyOnWriteArrayList<>();

	private volatile boolean refusing;

	private volatile @Nullable CountDownLatch gate;

	private volatile String isolation = "read committed";

	private StubServer(String host) {
		this.host = host;
	}

	/**
	 * Creates a server that no other test knows.
	 */
	public static StubServer create() {
		String host = "stub" + NUMBERS.incrementAndGet();
		StubServer server = new StubServer(host);
		SERVERS.put(host, server);
		return server;
	}

	static @Nullable StubServer find(String host) {
		return SERVERS.get(host);
	}

	public String host() {
		return this.host;
	}

	public String url() {
		return "jdbc:stub://" + this.host + "/app";
	}

	/**
	 * Refuses connections and breaks those that are open.
	 */
	public void stop() {
		this.refusing = true;
		this.connections.forEach(StubConnection::shut);
	}

	public void start() {
		this.refusing = false;
	}

	/**
	 * Lets attempts to connect wait until the latch opens.
	 */
	public void waitFor(CountDownLatch gate) {
		this.gate = gate;
	}

	/**
	 * The value of {@code default_transaction_isolation}.
	 */
	public void defaultIsolation(String isolation) {
		this.isolation = isolation;
	}

	/**
	 * Fails the next call of a method of a connection or statement.
	 */
	public void failNext(String method, Throwable failure) {
		this.failures.add(new Failure(method::equals, failure, true));
	}

	/**
	 * Fails every call of a method of a connection or statement.
	 */
	public void failAlways(String method, Throwable failure) {
		this.failures.add(new Failure(method::equals, failure, false));
	}

	public void heal() {
		this.failures.clear();
	}

	public int attempts() {
		return this.attempts.get();
	}

	/**
	 * The connections that were opened, in their order.
	 */
	public List<StubConnection> connections() {
		return List.copyOf(this.connections);
	}

	public long openConnections() {
		return this.connections.stream().filter((connection) -> !connection.isShut()).count();
	}

	/**
	 * What was executed, {@code BEGIN}, {@code COMMIT} and {@code ROLLBACK} included.
	 */
	public List<Executed> executed() {
		return List.copyOf(this.executed);
	}

	public List<String> statements() {
		return this.executed.stream().map(Executed::sql).toList();
	}

	/**
	 * The execution of a statement, which must have been executed once.
	 */
	public Executed execution(String sql) {
		List<Executed> matches = this.executed.stream().filter((one) -> one.sql().equals(sql)).toList();
		if (matches.size() != 1) {
			throw new AssertionError(sql + " was not executed once, but these were: " + statements());
		}
		return matches.get(0);
	}

	Connection connect() throws SQLException {
		this.attempts.incrementAndGet();
		CountDownLatch gate = this.gate;
		if (gate != null) {
			try {
				gate.await();
			}
			catch (InterruptedException ex) {
				throw new SQLException("Interrupted", ex);
			}
		}
		if (this.refusing) {
			throw new SQLException("Connection to " + this.host + " refused", "08001");
		}
		fail("connect");
		StubConnection connection = new StubConnection(this, this.connections.size());
		this.connections.add(connection);
		return connection.proxy();
	}

	String isolation() {
		return this.isolation;
	}

	void record(Executed executed) {
		this.executed.add(executed);
	}

	void fail(String method) throws SQLException {
		for (Failure failure : this.failures) {
			if (failure.method().test(method)) {
				if (failure.once()) {
					this.failures.remove(failure);
				}
				StubConnection.sneak(failure.exception());
			}
		}
	}

	/**
	 * A statement with the session in which it was executed.
	 */
	public record Executed(int connection, String sql, boolean autoCommit, boolean readOnly, int isolation,
			@Nullable String schema, @Nullable String catalog, Map<Object, Object> clientInfo, int networkTimeout,
			int holdability) {

	}

	private record Failure(Predicate<String> method, Throwable exception, boolean once) {

	}

}
