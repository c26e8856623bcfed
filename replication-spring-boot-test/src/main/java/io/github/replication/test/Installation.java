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
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL ready for use: its programs, how they are started, and a cleanly stopped
 * empty data folder to copy. Made once in a JVM for each set of programs.
 *
 * @param binaries the programs
 * @param launcher how they are started
 * @param template the folder that holds the data folder
 * @param superuserPassword the password of {@value #SUPERUSER}
 */
record Installation(Binaries binaries, Launcher launcher, OwnedFolder template, String superuserPassword) {

	static final String SUPERUSER = "postgres";

	private static final Duration INITDB_TIMEOUT = Duration.ofSeconds(120);

	private static final int PASSWORD_BYTES = 16;

	/**
	 * Since version 16 {@code initdb} takes settings, and a server can be asked for fewer
	 * iterations than 4,096. They protect a password whose hash was stolen. A cluster of
	 * a test has nothing to lose, and they would take most of the time of a new
	 * connection.
	 */
	private static final int SETTINGS_AT_INITDB = 16;

	private static final Pattern VERSION = Pattern.compile("\\d+");

	private static final Map<Binaries, Installation> installations = new ConcurrentHashMap<>();

	/**
	 * Finds the programs and prepares the template.
	 * @param folder the installation to use, {@code null} for the one on the class path
	 * @return the installation
	 */
	static Installation of(@Nullable Path folder) {
		Launcher launcher = Launcher.detect();
		Binaries binaries = (folder != null) ? Binaries.in(folder, launcher) : Binaries.ofClasspath(launcher);
		return installations.computeIfAbsent(binaries, (key) -> create(key, launcher));
	}

	/**
	 * Finds the programs and prepares a template that nobody shares, so that its copies
	 * have a system identifier of their own.
	 * @param folder the installation to use, {@code null} for the one on the class path
	 * @return the installation
	 */
	static Installation unshared(@Nullable Path folder) {
		return create(of(folder).binaries(), Launcher.detect());
	}

	private static Installation create(Binaries binaries, Launcher launcher) {
		OwnedFolder folder = OwnedFolder.create(launcher);
		try {
			byte[] random = new byte[PASSWORD_BYTES];
			new SecureRandom().nextBytes(random);
			String password = HexFormat.of().formatHex(random);
			initialize(binaries, launcher, folder.path(), password);
			OpenClusters.closeAtShutdown(folder);
			return new Installation(binaries, launcher, folder, password);
		}
		catch (RuntimeException ex) {
			folder.close();
			throw ex;
		}
	}

	private static void initialize(Binaries binaries, Launcher launcher, Path folder, String password) {
		try {
			Path work = Files.createDirectory(folder.resolve("template"));
			Path passwordFile = Files.writeString(work.resolve("password"), password);
			launcher.own(work);
			Path log = folder.resolve("initdb.log");
			String initdb = binaries.program("initdb").toString();
			List<String> command = new ArrayList<>(
					List.of(initdb, "-D", work.resolve("data").toString(), "-U", SUPERUSER, "--pwfile=" + passwordFile,
							"--auth=scram-sha-256", "-E", "UTF8", "--no-locale", "--no-sync", "--wal-segsize=1"));
			if (majorVersion(run(launcher, List.of(initdb, "--version"), log)) >= SETTINGS_AT_INITDB) {
				command.addAll(List.of("-c", "scram_iterations=1"));
				// The remains of a killed server are then in the folder, also while it
				// is made.
				command.addAll(List.of("-c", "dynamic_shared_memory_type=mmap"));
			}
			try {
				run(launcher, command, log);
			}
			finally {
				// of a backend that initdb was running when it was interrupted
				new PidFile(work.resolve("data")).sharedMemory().ifPresent((left) -> left.release(launcher, true));
			}
			Files.delete(passwordFile);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("The template of the embedded cluster cannot be made in " + folder, ex);
		}
	}

	private static String run(Launcher launcher, List<String> initdb, Path log) throws IOException {
		int exitCode = Processes.run(launcher.command(initdb), log, INITDB_TIMEOUT);
		String output = Files.readString(log);
		if (exitCode != 0) {
			throw new IllegalStateException("initdb ended with exit code " + exitCode + ":\n" + output);
		}
		return output;
	}

	private static int majorVersion(String output) {
		Matcher version = VERSION.matcher(output);
		return version.find() ? Integer.parseInt(version.group()) : 0;
	}

	/**
	 * The folders of the templates that clusters share until the JVM ends.
	 */
	static Set<Path> sharedTemplates() {
		return installations.values()
			.stream()
			.map((installation) -> installation.template().path())
			.collect(Collectors.toSet());
	}

	/**
	 * Deletes a template that nobody shares.
	 */
	void close() {
		OpenClusters.forget(this.template);
		this.template.close();
	}

	Path data() {
		return this.template.path().resolve("template").resolve("data");
	}

}
