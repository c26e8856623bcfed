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
import java.util.List;
import java.util.Optional;

/**
 * The facts about a running server in {@code postmaster.pid}: its process in line 1, its
 * shared memory in line 7, its state in line 8.
 */
record PidFile(Path data) {

	private static final int PROCESS = 0;

	private static final int SHARED_MEMORY = 6;

	private static final int STATE = 7;

	/**
	 * Linux's list of the shared memory: the key, the id, and in column 6 how many
	 * processes use it.
	 */
	private static final Path SEGMENTS = Path.of("/proc/sysvipc/shm");

	private static final int USERS = 6;

	/**
	 * The server's first process.
	 * @return the process, if the file names one that is there
	 */
	Optional<ProcessHandle> process() {
		return line(PROCESS).filter((pid) -> pid.matches("\\d+")).map(Long::valueOf).flatMap(ProcessHandle::of);
	}

	/**
	 * Whether this process says that it takes connections.
	 * @param pid the process that has to have written the file
	 * @return {@code true} if it is ready
	 */
	boolean isReady(long pid) {
		return line(PROCESS).filter(Long.toString(pid)::equals).isPresent()
				&& line(STATE).filter("ready"::equals).isPresent();
	}

	/**
	 * Frees the few bytes of shared memory that a killed server cannot free itself, if
	 * they are there and nobody uses them. Where the system does not say, they count as
	 * there as long as it has not started again.
	 * @param launcher knows the user who owns them
	 * @param sinceStart whether the system has not started again since the server ran
	 */
	void releaseSharedMemory(Launcher launcher, boolean sinceStart) {
		line(SHARED_MEMORY).map((keyAndId) -> keyAndId.split(" +"))
			.filter((keyAndId) -> keyAndId.length == 2 && keyAndId[1].matches("\\d+"))
			.filter((keyAndId) -> Files.exists(SEGMENTS) ? isUnused(keyAndId[0], keyAndId[1]) : sinceStart)
			.ifPresent((keyAndId) -> Processes.succeeds(launcher.command(List.of("ipcrm", "-m", keyAndId[1]))));
	}

	private static boolean isUnused(String key, String id) {
		try {
			String signedKey = Integer.toString((int) Long.parseUnsignedLong(key));
			return Files.readAllLines(SEGMENTS)
				.stream()
				.map((line) -> line.strip().split(" +"))
				.anyMatch((segment) -> segment[0].equals(signedKey) && segment[1].equals(id)
						&& segment[USERS].equals("0"));
		}
		catch (IOException | NumberFormatException ex) {
			return false;
		}
	}

	private Optional<String> line(int index) {
		try {
			List<String> lines = Files.readAllLines(this.data.resolve("postmaster.pid"), StandardCharsets.ISO_8859_1);
			return (lines.size() > index) ? Optional.of(lines.get(index).strip()) : Optional.empty();
		}
		catch (IOException ex) {
			return Optional.empty();
		}
	}

}
