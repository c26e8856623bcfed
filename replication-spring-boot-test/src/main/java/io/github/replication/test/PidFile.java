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
 * The notes of a server in {@code postmaster.pid}: its process in line 1, its shared
 * memory in line 7, its state in line 8. The process id has a minus sign if the process
 * is not a server's first one but a single backend that {@code initdb} runs.
 */
record PidFile(Path data) {

	private static final int PROCESS = 0;

	private static final int SHARED_MEMORY = 6;

	private static final int STATE = 7;

	/**
	 * The server's first process.
	 * @return the process, if the file names one that is there
	 */
	Optional<ProcessHandle> process() {
		return pid().flatMap(ProcessHandle::of);
	}

	private Optional<Long> pid() {
		return line(PROCESS).filter((pid) -> pid.matches("-?\\d{1,18}")).map(Long::valueOf).map(Math::abs);
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
	 * The server's shared memory.
	 * @return the memory, if the file names it
	 */
	Optional<SharedMemory> sharedMemory() {
		return line(SHARED_MEMORY).map((keyAndId) -> keyAndId.split(" +"))
			.filter((keyAndId) -> keyAndId.length == 2)
			.flatMap((keyAndId) -> pid().flatMap((pid) -> SharedMemory.of(keyAndId[0], keyAndId[1], pid)));
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
