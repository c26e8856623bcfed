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
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A JVM that dies leaves servers behind, and the next one is not disturbed by them.
 */
@Tag("long")
class LeftoversTests {

	@Test
	void killedJvmLeavesNothing() throws Exception {
		assertNothingIsLeftAfter((jvm) -> {
			jvm.killReplica();
			jvm.kill();
		});
	}

	@Test
	void terminatedJvmLeavesNothing() throws Exception {
		assertNothingIsLeftAfter(Forked::terminate);
	}

	private static void assertNothingIsLeftAfter(End end) throws Exception {
		List<Path> folders;
		Set<String> segments;
		try (Forked jvm = new Forked()) {
			jvm.awaitCluster();
			folders = jvm.folders();
			segments = segmentsOf(folders);
			end.of(jvm);
		}
		assertThat(folders).isNotEmpty();
		awaitGone(folders, segments);
	}

	@Test
	void jvmThatIsKilledWithItsGuardsLeavesNothingAfterTheNextStart() throws Exception {
		List<Path> folders;
		Set<String> segments;
		try (Forked jvm = new Forked()) {
			jvm.awaitCluster();
			folders = jvm.folders();
			segments = segmentsOf(folders);
			jvm.killGuards();
			jvm.killReplica();
			jvm.kill();
		}
		assertThat(folders).isNotEmpty().allSatisfy((folder) -> assertThat(folder).exists());
		try (PostgresCluster next = PostgresCluster.builder().replicas(1).start()) {
			assertThat(next.primary().isRunning()).isTrue();
			awaitGone(folders, segments);
		}
	}

	/**
	 * The guard passes over a server that is dead and deletes the folder, just when
	 * another JVM has killed that server and not cleared what it leaves.
	 */
	@Test
	void folderThatIsDeletedMeanwhileLeavesNothing() throws Exception {
		List<Path> folders;
		Set<String> segments;
		ProcessHandle primary;
		try (Forked jvm = new Forked()) {
			jvm.awaitCluster();
			folders = jvm.folders();
			segments = segmentsOf(folders);
			primary = jvm.server("primary");
			jvm.killGuards();
			jvm.kill();
		}
		CompletableFuture<Void> guard = CompletableFuture.runAsync(() -> {
			await().pollDelay(Duration.ZERO)
				.pollInterval(Duration.ofMillis(1))
				.until(() -> !Processes.isRunning(primary));
			folders.forEach(
					(folder) -> Folders.delete(folder.resolve("primary").resolve("data").resolve("postmaster.pid")));
			folders.forEach((folder) -> Folders.delete(folder.resolve("primary")));
		});
		Leftovers.clear();
		guard.join();
		awaitGone(folders, segments);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void jvmThatIsKilledWhileItMakesTheTemplateLeavesNothing(boolean guarded) throws Exception {
		List<Path> folders;
		Set<String> segments;
		try (Forked jvm = new Forked()) {
			segments = await().atMost(Duration.ofSeconds(30))
				.pollInterval(Duration.ofMillis(10))
				.until(() -> Segments.namedIn(jvm.folders()), (named) -> !named.isEmpty());
			folders = jvm.folders();
			if (!guarded) {
				jvm.killGuards();
			}
			segments.addAll(Segments.namedIn(folders));
			jvm.kill();
		}
		assertThat(folders).isNotEmpty();
		if (!guarded) {
			Leftovers.clear();
		}
		awaitGone(folders, segments);
	}

	private static void awaitGone(List<Path> folders, Set<String> segments) {
		await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
			assertThat(folders).allSatisfy((folder) -> {
				assertThat(folder).doesNotExist();
				assertThat(serversIn(folder)).isEmpty();
			});
			assertThat(Segments.present()).doesNotContainAnyElementsOf(segments);
		});
	}

	/**
	 * The shared memory of the servers, as Linux lists it.
	 */
	private static Set<String> segmentsOf(List<Path> folders) throws IOException {
		Set<String> segments = Segments.namedIn(folders);
		assertThat(segments).hasSize(2);
		assertThat(Segments.present()).containsAll(Segments.isListed() ? segments : Set.of());
		return segments;
	}

	@Test
	@EnabledOnOs(OS.LINUX)
	void folderOfThisJvmStaysLockedWhenLeftoversAreLookedFor() throws Exception {
		try (OwnedFolder folder = OwnedFolder.create(Launcher.DIRECT)) {
			assertThat(isLocked(folder)).isTrue();
			Leftovers.clear();
			assertThat(isLocked(folder)).isTrue();
		}
	}

	private static boolean isLocked(OwnedFolder folder) throws IOException {
		Object inode = Files.getAttribute(folder.path().resolve(OwnedFolder.OWNER_FILE), "unix:ino");
		return Files.readAllLines(Path.of("/proc/locks"))
			.stream()
			.anyMatch((lock) -> lock.contains(" " + ProcessHandle.current().pid() + " ")
					&& lock.contains(":" + inode + " "));
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
			.filter((process) -> process.info().commandLine().orElse("").contains(folder.toString())
					|| Processes.worksIn(process, folder))
			.filter(Processes::isRunning)
			.toList();
	}

	/**
	 * How a JVM ends.
	 */
	private interface End {

		void of(Forked jvm) throws Exception;

	}

	/**
	 * A JVM that runs a cluster until it is ended.
	 */
	private static final class Forked implements AutoCloseable {

		private final Process process;

		Forked() throws IOException {
			this.process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
					"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
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

		void killGuards() throws IOException {
			List<ProcessHandle> guards = this.process.children()
				.filter((child) -> child.info().commandLine().orElse("").contains("embedded-cluster-guard"))
				.toList();
			assertThat(guards).hasSameSizeAs(folders());
			guards.forEach(ProcessHandle::destroyForcibly);
			guards.forEach((guard) -> guard.onExit().join());
		}

		/**
		 * Leaves the shared memory of a server to whoever clears.
		 */
		void killReplica() {
			Processes.killTree(server("replica-1"));
		}

		ProcessHandle server(String name) {
			List<ProcessHandle> servers = this.process.children()
				.filter((child) -> child.info().commandLine().orElse("").endsWith("cluster_name=" + name))
				.toList();
			assertThat(servers).hasSize(1);
			return servers.get(0);
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
