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
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * How PostgreSQL's programs are started, which refuse to run as root.
 */
enum Launcher {

	/**
	 * An ordinary user starts them as they are.
	 */
	DIRECT(List.of()),

	/**
	 * Root starts them in a user namespace in which it is not root. Files stay root's
	 * own, and the process keeps its id.
	 */
	USER_NAMESPACE(List.of("unshare", "-U", "--")),

	/**
	 * Root starts them as user {@value #NOBODY}, who has to own the data and to reach the
	 * binaries.
	 */
	NOBODY_USER(List.of("setpriv", "--reuid=" + Launcher.NOBODY, "--regid=" + Launcher.NOBODY, "--clear-groups", "--"));

	static final int NOBODY = 65534;

	/**
	 * Keeps signals from a terminal away, which reach all processes of a group: with
	 * Ctrl-C the application stops first and then its servers. Not everywhere available.
	 */
	static final List<String> DETACH = detach();

	private final List<String> prefix;

	Launcher(List<String> prefix) {
		this.prefix = prefix;
	}

	/**
	 * For the whole JVM, so also for others than the thread that comes first.
	 */
	private static List<String> detach() {
		boolean interrupted = Thread.interrupted();
		try {
			return Processes.succeeds(List.of("setsid", "true")) ? List.of("setsid") : List.of();
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	/**
	 * Finds the launcher for the user who runs this JVM.
	 * @return the launcher
	 * @throws IllegalStateException if the user is root and neither way out works
	 */
	static Launcher detect() {
		if (!isRoot()) {
			return DIRECT;
		}
		if (Processes.succeeds(USER_NAMESPACE.command(List.of("true")))) {
			return USER_NAMESPACE;
		}
		if (Processes.succeeds(NOBODY_USER.command(List.of("true")))) {
			return NOBODY_USER;
		}
		throw new IllegalStateException("PostgreSQL does not run as root, and neither 'unshare -U' nor 'setpriv' works "
				+ "here. Run as an ordinary user, or install util-linux.");
	}

	private static boolean isRoot() {
		try {
			Path probe = Files.createTempFile("embedded-cluster", ".probe");
			try {
				return Integer.valueOf(0).equals(Files.getAttribute(probe, "unix:uid"));
			}
			finally {
				Files.delete(probe);
			}
		}
		catch (IOException | UnsupportedOperationException | IllegalArgumentException ex) {
			return false;
		}
	}

	/**
	 * Puts the prefix before a command.
	 * @param command the command and its arguments
	 * @return the whole command, whose process becomes the command itself
	 */
	List<String> command(List<String> command) {
		List<String> whole = new ArrayList<>(DETACH);
		whole.addAll(this.prefix);
		whole.addAll(command);
		return whole;
	}

	/**
	 * Hands a folder and everything in it to the user that the programs run as.
	 * @param folder the folder
	 */
	void own(Path folder) {
		if (this != NOBODY_USER) {
			return;
		}
		try {
			Files.walkFileTree(folder, new SimpleFileVisitor<>() {

				@Override
				public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attrs) throws IOException {
					return own(dir);
				}

				@Override
				public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) throws IOException {
					return own(file);
				}

				private FileVisitResult own(Path path) throws IOException {
					Files.setAttribute(path, "unix:uid", NOBODY);
					Files.setAttribute(path, "unix:gid", NOBODY);
					return FileVisitResult.CONTINUE;
				}

			});
		}
		catch (IOException ex) {
			throw new IllegalStateException("Folder " + folder + " cannot be given to user " + NOBODY, ex);
		}
	}

}
