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
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A temporary folder that belongs to this JVM. It is locked as long as the JVM lives, so
 * that others recognise an abandoned folder, and a small guard process clears it when the
 * JVM ends without doing so itself.
 */
final class OwnedFolder implements AutoCloseable {

	static final String PREFIX = "embedded-cluster-";

	static final String OWNER_FILE = "owner";

	/**
	 * Waits for the end of its input. A line on it says that all is well; without one the
	 * JVM has died. Interrupts from a terminal reach the guard too and must not end it.
	 * Then it ends the processes started on the folder, and the backend that
	 * {@code initdb} may be running, which only its working folder gives away. It frees
	 * the shared memory that servers note, and reads the notes twice, as another JVM may
	 * be clearing the same folder.
	 */
	private static final String GUARD = """
			trap '' INT TERM HUP
			if read -r line; then exit 0; fi
			export COLUMNS=100000
			folder=$1
			shift
			processes() { # each with its id, its parent and its command
				ps -A -o pid= -o ppid= -o args= || for process in /proc/[0-9]*; do
					parent=$(sed -n 's/^PPid:[^0-9]*//p' "$process/status")
					command=$(tr '\\000\\n' '  ' < "$process/cmdline")
					printf '%s %s %s\\n' "${process#/proc/}" "$parent" "$command"
				done
			}
			end() { # stopped first, it cannot start another child
				kill -s STOP "$1"
				children=$(processes | while read -r pid parent command; do
					[ "$parent" = "$1" ] && echo "$pid"
				done)
				kill -s KILL "$1" $children
			}
			notes() { # of the servers: each with its process and the id of its shared memory
				for file in "$folder"/*/data/postmaster.pid; do
					sed -n '1s/^-//;1p;7p' "$file" | {
						read -r pid
						read -r key id
						echo "$pid $id"
					}
				done
			}
			notes=$(notes)
			processes | while read -r pid parent command; do
				case "$command" in
					*/initdb\\ -D\\ "$folder"/*|*/postgres\\ -D\\ "$folder"/*) end "$pid" ;;
				esac
			done
			{ echo "$notes"; notes; } | while read -r pid id; do
				case "$(readlink "/proc/$pid/cwd")" in
					"$folder"/*) end "$pid" ;;
				esac
			done
			{ echo "$notes"; notes; } | sort -u | while read -r pid id; do
				[ -n "$id" ] || continue
				if [ ! -e /proc/sysvipc/shm ] ||
						grep -Eq "^ *-?[0-9]+ +$id +[0-9]+ +[0-9]+ +$pid " /proc/sysvipc/shm; then
					"$@" ipcrm -m "$id"
				fi
			done
			for attempt in 1 2 3 4 5; do rm -rf "$folder" && break; done
			""";

	/**
	 * Those of this JVM. It must not look into their files of the owner: to close such a
	 * file once more ends the lock that it holds.
	 */
	private static final Set<Path> open = ConcurrentHashMap.newKeySet();

	private final Path path;

	private final FileChannel owner;

	private final FileLock lock;

	private final Process guard;

	private OwnedFolder(Path path, FileChannel owner, FileLock lock, Process guard) {
		this.path = path;
		this.owner = owner;
		this.lock = lock;
		this.guard = guard;
	}

	/**
	 * Creates a folder in the system's folder for temporary files.
	 * @param launcher knows the user that has to reach its content
	 * @return the folder
	 */
	static OwnedFolder create(Launcher launcher) {
		Path path = null;
		try {
			path = Files.createTempDirectory(PREFIX).toRealPath();
			open.add(path);
			if (launcher == Launcher.NOBODY_USER) {
				Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx--x--x"));
			}
			Path unfinished = path.resolve(OWNER_FILE + ".unfinished");
			FileChannel owner = FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
			FileLock lock = owner.lock();
			owner.write(ByteBuffer.wrap(describeThisJvm().getBytes(StandardCharsets.UTF_8)));
			// with its lock and its content at once, for a JVM that looks for remains
			Files.move(unfinished, path.resolve(OWNER_FILE), StandardCopyOption.ATOMIC_MOVE);
			List<String> guard = new ArrayList<>(
					List.of("/bin/sh", "-c", GUARD, "embedded-cluster-guard", path.toString()));
			guard.addAll(launcher.command(List.of()));
			return new OwnedFolder(path, owner, lock,
					Processes.builder(guard, null).directory(path.getRoot().toFile()).start());
		}
		catch (IOException ex) {
			if (path != null) {
				Folders.delete(path);
				open.remove(path);
			}
			throw new UncheckedIOException("No temporary folder for the embedded cluster in "
					+ System.getProperty("java.io.tmpdir") + ": " + ex.getMessage(), ex);
		}
	}

	/**
	 * Whether this JVM has opened a folder and not closed it.
	 * @param path its path, without symbolic links
	 * @return {@code true} if it has
	 */
	static boolean isOpen(Path path) {
		return open.contains(path);
	}

	private static String describeThisJvm() {
		ProcessHandle self = ProcessHandle.current();
		return self.pid() + " " + self.info().startInstant().map(Instant::toEpochMilli).orElse(0L) + "\n";
	}

	Path path() {
		return this.path;
	}

	/**
	 * Deletes the folder and ends its guard. Servers in it must have been stopped.
	 */
	@Override
	public void close() {
		try {
			this.lock.close();
			this.owner.close();
			boolean gone = Folders.delete(this.path);
			if (gone) {
				this.guard.getOutputStream().write('\n');
			}
			this.guard.getOutputStream().close();
		}
		catch (IOException ex) {
			this.guard.destroyForcibly();
		}
		finally {
			open.remove(this.path);
		}
	}

}
