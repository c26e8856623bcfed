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

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.awaitility.Awaitility;

/**
 * A program of the system that runs for a test, as an ordinary user, and listens on the
 * loopback interface.
 */
final class Program implements AutoCloseable {

	private final Process process;

	private Program(Process process) {
		this.process = process;
	}

	/**
	 * Looks for a program on the path, and where those of the administrator are.
	 */
	static Optional<Path> find(String name) {
		return Stream
			.concat(Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)),
					Stream.of("/usr/sbin"))
			.filter((folder) -> !folder.isEmpty())
			.map((folder) -> Path.of(folder, name))
			.filter(Files::isExecutable)
			.findFirst();
	}

	/**
	 * Starts a program, and waits until it listens.
	 * @param folder its folder, which it may write to
	 * @param port where it listens
	 * @param command the program and its arguments
	 */
	static Program start(Path folder, int port, String... command) throws IOException {
		List<String> all = new ArrayList<>();
		if ("root".equals(System.getProperty("user.name"))) {
			all.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"));
			Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
		}
		all.addAll(List.of(command));
		Path log = folder.resolve("output.log");
		Program program = new Program(
				new ProcessBuilder(all).redirectErrorStream(true).redirectOutput(log.toFile()).start());
		try {
			Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> program.listensOn(port, log));
		}
		catch (RuntimeException ex) {
			program.close();
			throw ex;
		}
		return program;
	}

	private boolean listensOn(int port, Path log) throws IOException {
		if (!this.process.isAlive()) {
			throw new IllegalStateException("The program has ended: " + Files.readString(log));
		}
		try (Socket socket = new Socket()) {
			socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

	static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
	}

	@Override
	public void close() {
		this.process.destroyForcibly();
		try {
			this.process.waitFor(10, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
