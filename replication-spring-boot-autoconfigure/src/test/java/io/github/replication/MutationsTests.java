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

package io.github.replication;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The mutations of the library still fit the code that they break, and name tests that
 * exist.
 */
class MutationsTests {

	private static final Path ROOT = Path.of("..");

	static Stream<Path> mutations() throws IOException {
		try (Stream<Path> files = Files.list(ROOT.resolve("src/mutations"))) {
			return files.filter((file) -> file.toString().endsWith(".patch")).sorted().toList().stream();
		}
	}

	@ParameterizedTest
	@MethodSource("mutations")
	void mutationApplies(Path mutation) throws Exception {
		Assumptions.assumeTrue(Files.exists(ROOT.resolve(".git")), "This is no checkout of git");
		Process process = new ProcessBuilder("git", "apply", "--check",
				mutation.toAbsolutePath().normalize().toString())
			.directory(ROOT.toFile())
			.redirectErrorStream(true)
			.start();
		String output = new String(process.getInputStream().readAllBytes());
		assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
		assertThat(process.exitValue()).as(output).isZero();
	}

	@Test
	void eachMutationHasARow() throws IOException {
		List<String> rows = Files.readAllLines(ROOT.resolve("docs/mutations.md"))
			.stream()
			.filter((line) -> line.startsWith("| ["))
			.map((line) -> line.substring(line.indexOf('[') + 1, line.indexOf(']')))
			.toList();
		assertThat(rows).containsExactlyElementsOf(
				mutations().map((file) -> file.getFileName().toString().replace(".patch", "")).toList());
	}

	@ParameterizedTest
	@MethodSource("mutations")
	void testsThatAreToNoticeExist(Path mutation) throws IOException {
		String line = Files.readAllLines(mutation).get(1);
		assertThat(line).startsWith("Tests: ");
		List<String> classes = Arrays.stream(line.substring("Tests: ".length()).split(","))
			.map((test) -> test.replaceAll("#.*", ""))
			.toList();
		List<String> present = Stream.of("replication-spring-boot-autoconfigure", "replication-spring-boot-test")
			.flatMap(MutationsTests::tests)
			.toList();
		assertThat(classes).allSatisfy((name) -> assertThat(present).contains(name + ".java"));
	}

	private static Stream<String> tests(String module) {
		try (Stream<Path> files = Files.walk(ROOT.resolve(module + "/src/test/java"))) {
			return files.map((file) -> file.getFileName().toString()).toList().stream();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
