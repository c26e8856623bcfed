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
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Finds and clears the remains of JVMs that were killed together with their guards. A
 * folder counts as left behind only if nobody holds its lock and the process named in it
 * is gone; a process is ended only if it was started on that folder or works in it.
 */
final class Leftovers {

	private static final Log logger = LogFactory.getLog(Leftovers.class);

	private static final Duration START_TOLERANCE = Duration.ofSeconds(5);

	private static final Duration UNFINISHED_AGE = Duration.ofHours(1);

	private Leftovers() {
	}

	/**
	 * Clears everything that is left behind in the system's folder for temporary files.
	 * Never fails: remains that cannot be cleared are left to the next attempt.
	 */
	static void clear() {
		try (DirectoryStream<Path> folders = Files.newDirectoryStream(Path.of(System.getProperty("java.io.tmpdir")),
				OwnedFolder.PREFIX + "*")) {
			for (Path folder : folders) {
				clearIfAbandoned(folder);
			}
		}
		catch (IOException | RuntimeException ex) {
			logger.debug("Leftovers of embedded clusters cannot be listed", ex);
		}
	}

	private static void clearIfAbandoned(Path candidate) {
		try {
			Path folder = candidate.toRealPath();
			if (Files.isDirectory(folder) && !OwnedFolder.isOpen(folder) && belongsToThisUser(folder)
					&& isAbandoned(folder)) {
				clear(folder);
			}
		}
		catch (IOException | RuntimeException ex) {
			logger.debug("Leftover " + candidate + " stays", ex);
		}
	}

	private static boolean belongsToThisUser(Path folder) throws IOException {
		Path probe = Files.createTempFile("embedded-cluster", ".probe");
		try {
			return Files.getOwner(probe).equals(Files.getOwner(folder));
		}
		finally {
			Files.delete(probe);
		}
	}

	private static boolean isAbandoned(Path folder) throws IOException {
		Path owner = folder.resolve(OwnedFolder.OWNER_FILE);
		if (Files.notExists(owner)) {
			return Files.getLastModifiedTime(folder).toInstant().isBefore(Instant.now().minus(UNFINISHED_AGE));
		}
		return !isLocked(owner) && !isAlive(Files.readString(owner).strip().split(" "));
	}

	private static boolean isLocked(Path owner) throws IOException {
		try (FileChannel channel = FileChannel.open(owner, StandardOpenOption.WRITE);
				FileLock lock = channel.tryLock()) {
			return lock == null;
		}
	}

	private static boolean isAlive(String[] owner) {
		if (owner.length != 2) {
			return false;
		}
		Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(owner[0])).filter(Processes::isRunning);
		Optional<Instant> started = process.flatMap((alive) -> alive.info().startInstant());
		return (started.isPresent()) ? Duration.between(started.get(), Instant.ofEpochMilli(Long.parseLong(owner[1])))
			.abs()
			.compareTo(START_TOLERANCE) < 0 : process.isPresent();
	}

	private static void clear(Path folder) throws IOException {
		List<ProcessHandle> initdb = ProcessHandle.allProcesses()
			.filter((process) -> Processes.wasStartedWith(process, "/initdb -D " + folder + "/"))
			.toList();
		initdb.forEach(Processes::killTree);
		boolean stopped = true;
		try (DirectoryStream<Path> nodes = Files.newDirectoryStream(folder, Files::isDirectory)) {
			for (Path node : nodes) {
				stopped &= stop(folder, new PidFile(node.resolve("data")), !initdb.isEmpty());
			}
		}
		if (stopped && Folders.delete(folder)) {
			logger.info("Cleared " + folder + ", which an embedded cluster had left behind");
		}
	}

	private static boolean stop(Path folder, PidFile pidFile, boolean sinceStart) {
		// before it is killed, as its guard may clear the folder at the same time
		Optional<SharedMemory> memory = pidFile.sharedMemory();
		Optional<ProcessHandle> running = pidFile.process().filter(Processes::isRunning);
		boolean own = running.isPresent() && (Processes.wasStartedWith(running.get(), folder.toString())
				|| Processes.worksIn(running.get(), folder));
		if (own) {
			Processes.killTree(running.get());
		}
		else if (running.isPresent() && List.of("postgres", "").contains(commandName(running.get()))) {
			return false;
		}
		memory.or(pidFile::sharedMemory).ifPresent((left) -> left.release(Launcher.detect(), own || sinceStart));
		return true;
	}

	private static String commandName(ProcessHandle process) {
		return process.info().command().map((command) -> Path.of(command).getFileName().toString()).orElse("");
	}

}
