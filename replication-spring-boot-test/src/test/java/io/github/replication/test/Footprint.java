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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What this JVM has that has to be given back: threads, connections, open files,
 * processes and folders of clusters. On Linux; elsewhere threads and processes alone.
 *
 * @param threads the number of threads by name without numbers
 * @param connections the number of connections over TCP
 * @param files open files, without those of the class path and the JVM
 * @param processes command lines of child processes by their id
 * @param folders folders of clusters
 */
record Footprint(Map<String, Long> threads, long connections, Set<String> files, Map<Long, String> processes,
		Set<String> folders) {

	/**
	 * Threads that the JVM, JUnit or a library has once, or until the garbage collector
	 * comes by.
	 */
	private static final Pattern COMMON_THREADS = Pattern
		.compile("(ForkJoinPool\\.commonPool|HttpClient-|Common-Cleaner|process reaper|Keep-Alive|PostgreSQL-JDBC-"
				+ "|surefire|junit|Attach Listener|Cleaner-|Java2D|JNA|RMI|awaitility|Reference Handler|Finalizer"
				+ "|Signal Dispatcher|Notification Thread|DestroyJavaVM|testcontainers-"
				+ "|ForkJoinPool-#-delayScheduler|(Master|Read-|Write-)Poller|VirtualThread-).*");

	/**
	 * The class of the JVM's threads that run virtual threads.
	 */
	private static final String CARRIER_THREAD = "jdk.internal.misc.CarrierThread";

	private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

	private static final Set<String> CONNECTED = Set.of("01", "08");

	static Footprint now() {
		Map<String, Long> threads = Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.isAlive() && !thread.getClass().getName().equals(CARRIER_THREAD))
			.map((thread) -> thread.getName().replaceAll("\\d+", "#"))
			.filter((name) -> !COMMON_THREADS.matcher(name).matches())
			.collect(Collectors.groupingBy((name) -> name, TreeMap::new, Collectors.counting()));
		Set<String> descriptors = descriptors();
		Set<String> files = descriptors.stream()
			.filter((file) -> file.startsWith("/") && !isCommon(file))
			.collect(Collectors.toCollection(TreeSet::new));
		return new Footprint(threads, connections(descriptors), files, children(), ownFolders());
	}

	private static boolean isCommon(String file) {
		boolean device = file.startsWith("/dev/") && !file.startsWith("/dev/shm/");
		return device || file.endsWith(".jar") || file.endsWith(".so") || file.startsWith("/proc/")
				|| file.contains("/lib/modules") || file.contains("surefire");
	}

	private static Set<String> descriptors() {
		Set<String> targets = new HashSet<>();
		if (Files.isDirectory(DESCRIPTORS)) {
			try (Stream<Path> descriptors = Files.list(DESCRIPTORS)) {
				for (Path descriptor : descriptors.toList()) {
					addTarget(descriptor, targets);
				}
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}
		return targets;
	}

	private static void addTarget(Path descriptor, Set<String> targets) {
		try {
			targets.add(Files.readSymbolicLink(descriptor).toString());
		}
		catch (IOException ex) {
			// It has been closed since.
		}
	}

	private static long connections(Set<String> descriptors) {
		return Stream.of("/proc/self/net/tcp", "/proc/self/net/tcp6")
			.map(Path::of)
			.filter(Files::exists)
			.flatMap(Footprint::lines)
			.map((line) -> line.strip().split("\\s+"))
			.filter((columns) -> CONNECTED.contains(columns[3]) && descriptors.contains("socket:[" + columns[9] + "]"))
			.count();
	}

	private static Stream<String> lines(Path table) {
		try {
			return Files.readAllLines(table).stream().skip(1);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Map<Long, String> children() {
		Map<Long, String> processes = new HashMap<>();
		ProcessHandle.current()
			.children()
			.filter(Processes::isRunning)
			.forEach((process) -> processes.put(process.pid(), process.info().commandLine().orElse("?")));
		return processes;
	}

	private static Set<String> ownFolders() {
		try (Stream<Path> folders = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
			return folders.filter((path) -> path.getFileName().toString().startsWith(OwnedFolder.PREFIX))
				.filter(Footprint::isOwn)
				.map(Path::toString)
				.collect(Collectors.toCollection(TreeSet::new));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static boolean isOwn(Path folder) {
		try {
			return Files.readString(folder.resolve(OwnedFolder.OWNER_FILE))
				.startsWith(ProcessHandle.current().pid() + " ");
		}
		catch (IOException ex) {
			return false;
		}
	}

	/**
	 * Lists what is there now and was not then.
	 * @param before what was there
	 * @param shared folders of clusters that may stay, and with them what belongs to them
	 */
	List<String> since(Footprint before, Set<String> shared) {
		Set<String> kept = new TreeSet<>(shared);
		Installation.sharedTemplates().stream().map(Path::toString).forEach(kept::add);
		List<String> left = new ArrayList<>();
		this.threads.forEach((name, count) -> {
			if (count > before.threads.getOrDefault(name, 0L) && (shared.isEmpty() || !isOfCluster(name))) {
				left.add("thread " + name + " (" + count + " of them)");
			}
		});
		if (this.connections > before.connections) {
			left.add(this.connections - before.connections + " connections");
		}
		this.files.stream()
			.filter((file) -> !before.files.contains(file) && !isIn(kept, file))
			.forEach((file) -> left.add("open file " + file));
		this.processes.forEach((pid, command) -> {
			if (!before.processes.containsKey(pid) && !isIn(kept, command)) {
				left.add("process " + command);
			}
		});
		this.folders.stream()
			.filter((folder) -> !before.folders.contains(folder) && !kept.contains(folder))
			.forEach((folder) -> left.add("folder " + folder));
		return left;
	}

	private static boolean isOfCluster(String thread) {
		return thread.startsWith("embedded-cluster-");
	}

	private static boolean isIn(Set<String> folders, String text) {
		return folders.stream().anyMatch(text::contains);
	}

}
