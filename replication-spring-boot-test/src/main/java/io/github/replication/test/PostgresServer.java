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
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * One server as the operating system sees it: a data folder, a port and processes.
 */
final class PostgresServer {

	private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);

	private static final Duration DISCARD_TIMEOUT = Duration.ofSeconds(5);

	private static final int LOG_TAIL = 25;

	private final String name;

	private final int port;

	private final Path folder;

	private final Installation installation;

	private @Nullable Process process;

	private boolean frozen;

	PostgresServer(String name, int port, Path folder, Installation installation) {
		this.name = name;
		this.port = port;
		this.folder = folder;
		this.installation = installation;
	}

	Path data() {
		return this.folder.resolve("data");
	}

	private Path log() {
		return this.folder.resolve("server.log");
	}

	/**
	 * Starts the server without waiting for it.
	 */
	synchronized void launch() {
		List<String> command = this.installation.launcher()
			.command(List.of(this.installation.binaries().program("postgres").toString(), "-D", data().toString(), "-p",
					Integer.toString(this.port), "-c", "cluster_name=" + this.name));
		try {
			this.process = Processes.builder(command, log()).directory(this.folder.toFile()).start();
			this.frozen = false;
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Node '" + this.name + "' cannot be started with " + command, ex);
		}
	}

	/**
	 * Waits until the server takes connections.
	 */
	void awaitReady() {
		Process current = this.process;
		if (current == null) {
			throw new IllegalStateException("Node '" + this.name + "' has not been started");
		}
		PidFile pidFile = new PidFile(data());
		Waiting.until(START_TIMEOUT, () -> {
			if (!current.isAlive()) {
				throw new ServerFailedException("Node '" + this.name + "' ended with exit code " + current.exitValue()
						+ " while starting." + logTail());
			}
			return pidFile.isReady(current.pid());
		}, () -> "Node '" + this.name + "' does not take connections." + logTail());
	}

	boolean isRunning() {
		Process current = this.process;
		return current != null && current.isAlive();
	}

	boolean isFrozen() {
		return this.frozen && isRunning();
	}

	/**
	 * Stops the server with a signal and waits for its end.
	 * @param signal {@code INT} for a fast stop, {@code QUIT} for an immediate one
	 */
	synchronized void stop(String signal) {
		Process current = this.process;
		if (current == null || !current.isAlive()) {
			return;
		}
		thaw();
		Processes.signal(signal, current.toHandle());
		Waiting.until(STOP_TIMEOUT, () -> !current.isAlive(), () -> "Node '" + this.name + "' does not stop."
				+ " A primary waits for its replicas: is one frozen?" + logTail());
	}

	/**
	 * Kills all of the server's processes at once, as a crash would.
	 */
	synchronized void kill() {
		Process current = this.process;
		if (current != null && current.isAlive()) {
			Processes.killTree(current.toHandle());
			Waiting.until(STOP_TIMEOUT, () -> !current.isAlive(),
					() -> "Node '" + this.name + "' was killed and is still there");
		}
	}

	/**
	 * Sends the signal that ends the server at once; see {@link #discard()}.
	 */
	void prepareDiscard() {
		Process current = this.process;
		if (current != null && current.isAlive()) {
			Processes.signal("QUIT", current.toHandle());
			Processes.signal("CONT", Processes.tree(current.toHandle()));
		}
	}

	/**
	 * Ends the server for good, whatever state it is in. The data is worthless
	 * afterwards.
	 */
	synchronized void discard() {
		Processes.uninterrupted(() -> {
			Process current = this.process;
			try {
				prepareDiscard();
				Waiting.until(DISCARD_TIMEOUT, () -> current == null || !current.isAlive(), () -> "");
			}
			catch (IllegalStateException ex) {
				Processes.uninterrupted(this::kill);
			}
			new PidFile(data()).sharedMemory().ifPresent((left) -> left.release(this.installation.launcher(), true));
		});
	}

	synchronized void freeze() {
		Process current = this.process;
		if (current == null || !current.isAlive()) {
			throw new IllegalStateException("Node '" + this.name + "' does not run, so it cannot be frozen");
		}
		// The first process alone at first, so that it does not fork any more while the
		// others are listed.
		Processes.signal("STOP", current.toHandle());
		Processes.signal("STOP", Processes.tree(current.toHandle()));
		this.frozen = true;
	}

	synchronized void thaw() {
		Process current = this.process;
		if (this.frozen && current != null && current.isAlive()) {
			Processes.signal("CONT", Processes.tree(current.toHandle()));
		}
		this.frozen = false;
	}

	/**
	 * The end of the server's log, to be appended to a message.
	 * @return several lines, the first of them empty
	 */
	String logTail() {
		try {
			List<String> lines = Files.readAllLines(log(), StandardCharsets.UTF_8);
			return "\nThe end of " + log() + ":\n"
					+ String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL), lines.size()));
		}
		catch (IOException ex) {
			return "\nIts log " + log() + " cannot be read: " + ex;
		}
	}

}
