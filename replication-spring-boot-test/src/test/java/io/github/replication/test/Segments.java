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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The ids of the shared memory of servers.
 */
final class Segments {

	private Segments() {
	}

	/**
	 * Those that servers in the folders have noted.
	 * @param folders folders of clusters, which may be deleted meanwhile
	 */
	static Set<String> namedIn(Iterable<Path> folders) throws IOException {
		Set<String> segments = new HashSet<>();
		for (Path folder : folders) {
			try (Stream<Path> nodes = Files.list(folder)) {
				nodes.map((node) -> new PidFile(node.resolve("data")))
					.flatMap((file) -> file.sharedMemory().stream())
					.forEach((memory) -> segments.add(Long.toString(memory.id())));
			}
			catch (IOException | UncheckedIOException ex) {
				if (Files.exists(folder)) {
					throw ex;
				}
			}
		}
		return segments;
	}

	/**
	 * Those that are there, none where the system does not list them.
	 */
	static Set<String> present() throws IOException {
		return isListed() ? Files.readAllLines(SharedMemory.LIST)
			.stream()
			.map((line) -> line.strip().split(" +")[1])
			.collect(Collectors.toSet()) : Set.of();
	}

	static boolean isListed() {
		return Files.exists(SharedMemory.LIST);
	}

}
