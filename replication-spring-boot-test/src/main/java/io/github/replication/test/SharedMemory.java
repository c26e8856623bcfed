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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The few bytes of System V shared memory by which a server keeps a second one from its
 * data folder. A server that is killed cannot free them itself, and they would stay until
 * the system starts again.
 *
 * @param key the key, unsigned, which the server takes from the folder's inode
 * @param id the id that the system has given
 * @param creator the process id of the server
 */
record SharedMemory(long key, long id, long creator) {

	/**
	 * Linux's list.
	 */
	static final Path LIST = Path.of("/proc/sysvipc/shm");

	/**
	 * Reads the note of a server.
	 * @param key the key
	 * @param id the id
	 * @param creator the process id of the server
	 * @return the memory, if key and id are numbers
	 */
	static Optional<SharedMemory> of(String key, String id, long creator) {
		try {
			return Optional.of(new SharedMemory(Long.parseUnsignedLong(key), Long.parseUnsignedLong(id), creator));
		}
		catch (NumberFormatException ex) {
			return Optional.empty();
		}
	}

	/**
	 * Frees it, if it is there and its server is not. Processes of the server that are
	 * just ending may still use it, or seem to. Where the system does not list it, it
	 * counts as there as long as the system has not started again.
	 * @param launcher knows the user who owns it
	 * @param sinceStart whether the system has not started again since the server ran
	 */
	void release(Launcher launcher, boolean sinceStart) {
		if (Files.exists(LIST) ? isAbandoned() : sinceStart) {
			List<String> command = launcher.command(List.of("ipcrm", "-m", Long.toString(this.id)));
			Processes.uninterrupted(() -> Processes.succeeds(command));
		}
	}

	private boolean isAbandoned() {
		try {
			return Files.readAllLines(LIST).stream().skip(1).map(Entry::of).anyMatch(this::isAbandoned);
		}
		catch (IOException | NumberFormatException ex) {
			return false;
		}
	}

	private boolean isAbandoned(Entry entry) {
		return entry.key() == (int) this.key && entry.id() == this.id
				&& (entry.users() == 0 || (entry.creator() == this.creator && !isRunning(this.creator)));
	}

	private static boolean isRunning(long pid) {
		return ProcessHandle.of(pid).filter(Processes::isRunning).isPresent();
	}

	/**
	 * A line of the list.
	 *
	 * @param key the key, signed
	 * @param id the id
	 * @param creator the process that has created it
	 * @param users how many processes use it
	 */
	private record Entry(long key, long id, long creator, long users) {

		static Entry of(String line) {
			long[] columns = Arrays.stream(line.strip().split(" +")).limit(7).mapToLong(Long::parseLong).toArray();
			return new Entry(columns[0], columns[1], columns[4], columns[6]);
		}

	}

}
