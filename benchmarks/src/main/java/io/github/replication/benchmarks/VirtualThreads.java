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

package io.github.replication.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Finds a JDK whose virtual threads are not pinned by monitors: 24 or later.
 */
final class VirtualThreads {

	private static final int FIRST_VERSION = 24;

	private static final Pattern VERSION = Pattern.compile("JAVA_VERSION=\"(\\d+)");

	private VirtualThreads() {
	}

	/**
	 * The {@code java} of this JDK, or of one that is installed beside it.
	 * @return the command, {@code null} if there is none
	 */
	static @Nullable Path java() throws IOException {
		Path home = Path.of(System.getProperty("java.home"));
		if (isSuitable(home)) {
			return home.resolve("bin/java");
		}
		try (Stream<Path> others = Files.list(home.resolveSibling("."))) {
			return others.filter(VirtualThreads::isSuitable)
				.sorted()
				.map((other) -> other.normalize().resolve("bin/java"))
				.findFirst()
				.orElse(null);
		}
	}

	private static boolean isSuitable(Path home) {
		try {
			Matcher version = VERSION.matcher(Files.readString(home.resolve("release")));
			return version.find() && Integer.parseInt(version.group(1)) >= FIRST_VERSION;
		}
		catch (IOException ex) {
			return false;
		}
	}

}
