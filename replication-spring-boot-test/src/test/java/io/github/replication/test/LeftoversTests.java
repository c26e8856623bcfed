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

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A JVM that dies leaves servers behind, and the next one is not disturbed by them.
 */
@Tag("long")
class LeftoversTests {

	@Test
	void killedJvmLeavesNothingAfterTheNextStart() throws Exception {
		List<Path> left;
		try (Forked jvm = new Forked()) {
			jvm.awaitCluster();
			left = jvm.folders();
			assertThat(left).isNotEmpty();
			jvm.kill();
		}
		try (PostgresCluster next = PostgresCluster.builder().replicas(1).start()) {
			assertThat(next.primary().isRunning()).isTrue();
			Awaitility.await()
				.atMost(Duration.ofSeconds(30))
				.untilAsserted(() -> assertThat(left).allSatisfy((folder) -> {
					assertThat(folder).doesNotExist();
					assertThat(serversIn(folder)).isEmpty();
				}));
		}
	}

	@Test
	void terminatedJvmLeavesNothing() throws Exception {
		List<Path> left;
		try (Forked jvm = new Forked()) {
			jvm.awaitCluster();
			left = jvm.folders();
			jvm.terminate();
		}
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.untilAsserted(() -> assertThat(left).isNotEmpty().allSatisfy((folder) -> {
				assertThat(folder).doesNotExist();
				assertThat(serversIn(folder)).isEmpty();
			}));
	}

	@Test
	void foldersOfAnotherBuildAreNotMistakenForTheOnesOfAJvm() throws Exception {
		try (Forked one = new Forked(); Forked other = new Forked()) {
			one.awaitCluster();
			other.awaitCluster();
			assertThat(one.folders()).isNotEmpty().doesNotContainAnyElementsOf(other.folders());
			one.terminate();
			other.terminate();
		}
	}

	private static List<ProcessHandle> serversIn(Path folder) {
		return ProcessHandle.allProcesses()
			.filter((process) -> process.info().commandLine().orElse("").contains(folder.toString()))
			.filter(Processes::isRunning)
			.toList();
	}

	/**
	 * A JVM that runs a cluster until it is ended.
	 */
	private static final class Forked implements AutoCloseable {

		private final Process process;

		Forked() throws IOException {
			this.process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
					"-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"), "-cp",
					System.getProperty("java.class.path"), ClusterMain.class.getName())
				.redirectError(ProcessBuilder.Redirect.DISCARD)
				.start();
		}

		void awaitCluster() throws IOException {
			BufferedReader output = new BufferedReader(new InputStreamReader(this.process.getInputStream()));
			String line = output.readLine();
			while (line != null && !line.equals(ClusterMain.READY)) {
				line = output.readLine();
			}
			assertThat(line).isEqualTo(ClusterMain.READY);
		}

		/**
		 * The folders that the process owns, whatever other builds have there.
		 */
		List<Path> folders() throws IOException {
			try (var folders = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
				return folders.filter((path) -> path.getFileName().toString().startsWith(OwnedFolder.PREFIX))
					.filter(this::isOwner)
					.toList();
			}
		}

		private boolean isOwner(Path folder) {
			try {
				return Files.readString(folder.resolve(OwnedFolder.OWNER_FILE)).startsWith(this.process.pid() + " ");
			}
			catch (IOException ex) {
				return false;
			}
		}

		void kill() throws InterruptedException {
			this.process.destroyForcibly();
			assertThat(this.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
		}

		void terminate() throws InterruptedException {
			this.process.destroy();
			assertThat(this.process.waitFor(30, TimeUnit.SECONDS)).isTrue();
		}

		@Override
		public void close() {
			this.process.destroyForcibly();
		}

	}

	/**
	 * Starts a cluster and waits to be ended.
	 */
	static final class ClusterMain {

		static final String READY = "cluster is ready";

		private ClusterMain() {
		}

		public static void main(String[] args) throws IOException {
			PostgresCluster.builder().replicas(1).start();
			System.out.println(READY);
			while (System.in.read() >= 0) {
				continue;
			}
		}

	}

}
