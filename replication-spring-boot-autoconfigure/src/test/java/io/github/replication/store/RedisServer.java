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

package io.github.replication.store;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.awaitility.Awaitility;

/**
 * A real Redis on a port of the loopback interface, that keeps nothing on disk.
 */
final class RedisServer implements AutoCloseable {

	private static final int ATTEMPTS = 5;

	private final Process process;

	private final int port;

	private final Thread hook = new Thread(this::kill, "redis-server-shutdown");

	private RedisServer(Process process, int port) {
		this.process = process;
		this.port = port;
		Runtime.getRuntime().addShutdownHook(this.hook);
	}

	/**
	 * Whether there is anything to start.
	 * @return whether a {@code redis-server} is on the {@code PATH}
	 */
	static boolean isInstalled() {
		return program().isPresent();
	}

	/**
	 * Starts a server. Another process may take the port it was to have, so that a server
	 * that ends at once is tried again on another one.
	 * @param folder an empty folder for its files
	 * @return a server that answers
	 */
	static RedisServer start(Path folder) throws IOException {
		Path program = program().orElseThrow();
		Path log = folder.resolve("redis.log");
		for (int i = 0; i < ATTEMPTS; i++) {
			RedisServer server = launch(program, folder, log);
			Awaitility.await().until(() -> !server.process.isAlive() || Files.readString(log).contains("Ready to"));
			if (server.process.isAlive()) {
				return server;
			}
			server.close();
		}
		throw new IllegalStateException("redis-server does not start: " + Files.readString(log));
	}

	private static Optional<Path> program() {
		return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
			.filter((folder) -> !folder.isEmpty())
			.map((folder) -> Path.of(folder, "redis-server"))
			.filter(Files::isExecutable)
			.findFirst();
	}

	private static RedisServer launch(Path program, Path folder, Path log) throws IOException {
		return launch(program, folder, log, freePort());
	}

	private static RedisServer launch(Path program, Path folder, Path log, int port) throws IOException {
		Process process = new ProcessBuilder(program.toString(), "--port", Integer.toString(port), "--bind",
				"127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", folder.toString())
			.redirectErrorStream(true)
			.redirectOutput(log.toFile())
			.start();
		return new RedisServer(process, port);
	}

	static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
			return socket.getLocalPort();
		}
	}

	int port() {
		return this.port;
	}

	/**
	 * Lets the server accept connections and answer nothing.
	 */
	void freeze() throws Exception {
		signal("-STOP");
	}

	/**
	 * Lets the server go on.
	 */
	void thaw() throws Exception {
		signal("-CONT");
	}

	private void signal(String signal) throws Exception {
		new ProcessBuilder("kill", signal, Long.toString(this.process.pid())).start().waitFor();
	}

	/**
	 * Starts another server on the port of one that has ended.
	 */
	static RedisServer restart(RedisServer ended, Path folder) throws IOException {
		Path log = folder.resolve("redis-again.log");
		RedisServer server = launch(program().orElseThrow(), folder, log, ended.port);
		Awaitility.await().until(() -> Files.readString(log).contains("Ready to"));
		return server;
	}

	@Override
	public void close() {
		Runtime.getRuntime().removeShutdownHook(this.hook);
		kill();
	}

	private void kill() {
		try {
			this.process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
