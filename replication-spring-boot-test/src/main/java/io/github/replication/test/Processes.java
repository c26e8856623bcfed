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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * Runs commands and sends signals, each within a bounded time.
 */
final class Processes {

	private static final Duration SIGNAL_TIMEOUT = Duration.ofSeconds(10);

	private Processes() {
	}

	/**
	 * Runs a command to its end. If it does not end in time, or the thread is
	 * interrupted, it is killed with its children.
	 * @param command the command and its arguments
	 * @param output the file that receives its output, {@code null} to discard it
	 * @param timeout how long it may take
	 * @return the exit code
	 */
	static int run(List<String> command, @Nullable Path output, Duration timeout) {
		return run(command, output, timeout, (process) -> killTree(process.toHandle()));
	}

	private static int run(List<String> command, @Nullable Path output, Duration timeout, Consumer<Process> killer) {
		try {
			Process process = builder(command, output).start();
			try {
				if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
					throw new IllegalStateException(
							"Command " + command + " has not ended within " + timeout.toMillis() + " ms");
				}
				return process.exitValue();
			}
			finally {
				if (process.isAlive()) {
					end(process, killer);
				}
			}
		}
		catch (IOException ex) {
			throw new IllegalStateException("Command " + command + " cannot be run: " + ex.getMessage(), ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("Interrupted while running " + command, ex);
		}
	}

	private static void end(Process process, Consumer<Process> killer) {
		try {
			killer.accept(process);
		}
		catch (IllegalStateException ex) {
			// Why it had to be killed is more to the point.
		}
	}

	/**
	 * Whether a command exists and succeeds.
	 * @param command the command and its arguments
	 * @return {@code true} if it ended with 0
	 * @throws IllegalStateException if the thread is interrupted
	 */
	static boolean succeeds(List<String> command) {
		try {
			return run(command, null, SIGNAL_TIMEOUT) == 0;
		}
		catch (IllegalStateException ex) {
			if (Thread.currentThread().isInterrupted()) {
				throw ex;
			}
			return false;
		}
	}

	/**
	 * Prepares a command without the environment variables that PostgreSQL's programs
	 * would take as settings.
	 * @param command the command and its arguments
	 * @param output the file that receives its output, {@code null} to discard it
	 * @return the builder
	 */
	static ProcessBuilder builder(List<String> command, @Nullable Path output) {
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
		builder.redirectOutput(
				(output != null) ? ProcessBuilder.Redirect.appendTo(output.toFile()) : ProcessBuilder.Redirect.DISCARD);
		builder.environment().keySet().removeIf((name) -> name.startsWith("PG"));
		return builder;
	}

	/**
	 * Sends a signal. Processes that are gone are passed over.
	 * @param signal the signal's name without {@code SIG}
	 * @param processes the receivers
	 */
	static void signal(String signal, Collection<ProcessHandle> processes) {
		if (processes.isEmpty()) {
			return;
		}
		List<String> command = new ArrayList<>(List.of("/bin/sh", "-c",
				"for pid in \"$@\"; do kill -s " + signal + " \"$pid\" 2>/dev/null; done; true", "kill"));
		processes.forEach((process) -> command.add(Long.toString(process.pid())));
		run(command, null, SIGNAL_TIMEOUT, Process::destroyForcibly);
	}

	static void signal(String signal, ProcessHandle process) {
		signal(signal, List.of(process));
	}

	/**
	 * Kills a process with all its children, so that none of them can do anything any
	 * more.
	 * @param root the first process, of a server for example
	 */
	static void killTree(ProcessHandle root) {
		uninterrupted(() -> {
			try {
				// Stopped first, it can neither fork nor restart anything while the list
				// is made.
				signal("STOP", root);
				List<ProcessHandle> tree = tree(root);
				tree.forEach(ProcessHandle::destroyForcibly);
				signal("KILL", tree);
				Waiting.until(SIGNAL_TIMEOUT, () -> tree.stream().noneMatch(Processes::isRunning),
						() -> "Processes that were killed are still there: "
								+ tree.stream().filter(Processes::isRunning).map(ProcessHandle::pid).toList());
			}
			finally {
				root.destroyForcibly();
			}
		});
	}

	/**
	 * Runs work to its end on an interrupted thread too, which stays interrupted.
	 * @param action the work
	 */
	static void uninterrupted(Runnable action) {
		boolean interrupted = Thread.interrupted();
		try {
			action.run();
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	static List<ProcessHandle> tree(ProcessHandle process) {
		List<ProcessHandle> tree = new ArrayList<>();
		tree.add(process);
		process.descendants().forEach(tree::add);
		return tree;
	}

	/**
	 * Whether a process runs. Where nobody collects orphans, a dead one stays in the
	 * process table; it does not count.
	 * @param process the process
	 * @return {@code true} if it is there and not defunct
	 */
	static boolean isRunning(ProcessHandle process) {
		return process.isAlive() && !isDefunct(process);
	}

	private static boolean isDefunct(ProcessHandle process) {
		try {
			String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"),
					StandardCharsets.ISO_8859_1);
			return stat.startsWith("Z", stat.lastIndexOf(')') + 2);
		}
		catch (IOException ex) {
			return false;
		}
	}

	/**
	 * Whether a process was started with an argument that contains a text.
	 * @param process the process
	 * @param text the text
	 * @return {@code false} also where the system does not say
	 */
	static boolean wasStartedWith(ProcessHandle process, String text) {
		ProcessHandle.Info info = process.info();
		return info.commandLine().filter((line) -> line.contains(text)).isPresent() || info.arguments()
			.filter((all) -> Arrays.stream(all).anyMatch((one) -> one.contains(text)))
			.isPresent();
	}

	/**
	 * Whether a process has its working folder in a folder, as a server has.
	 * @param process the process
	 * @param folder the folder, without symbolic links
	 * @return {@code false} also where the system does not say
	 */
	static boolean worksIn(ProcessHandle process, Path folder) {
		try {
			return Files.readSymbolicLink(Path.of("/proc", Long.toString(process.pid()), "cwd")).startsWith(folder);
		}
		catch (IOException ex) {
			return false;
		}
	}

}
