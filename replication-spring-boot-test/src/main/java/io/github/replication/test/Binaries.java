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

import java.io.BufferedInputStream;
import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * PostgreSQL's programs: those of a folder that the user names, or those of the artifact
 * on the class path that fits the platform, unpacked once for each content.
 */
record Binaries(Path bin) {

	private static final Log logger = LogFactory.getLog(Binaries.class);

	private static final String CACHE = "replication-embedded-postgres";

	private static final Duration UNFINISHED_AGE = Duration.ofHours(1);

	private static final int HASH_LENGTH = 16;

	private static final int BUFFER_SIZE = 1 << 16;

	Path program(String name) {
		return this.bin.resolve(name);
	}

	/**
	 * Takes the programs of an installation, or those of an artifact like the one on the
	 * class path.
	 * @param path the installation's folder or its {@code bin}, or the artifact's jar
	 * @param launcher knows which user has to reach the programs
	 * @return the programs
	 * @throws IllegalArgumentException if there is no server in it
	 */
	static Binaries in(Path path, Launcher launcher) {
		return Files.isRegularFile(path) ? unpacked(ofJar(path), launcher) : in(path);
	}

	private static Archive ofJar(Path jar) {
		String name = "postgres-" + platform() + ".txz";
		return () -> {
			ZipFile file = new ZipFile(jar.toFile());
			ZipEntry entry = file.getEntry(name);
			if (entry == null) {
				file.close();
				throw new FileNotFoundException(jar + " holds no " + name);
			}
			return new FilterInputStream(file.getInputStream(entry)) {

				@Override
				public void close() throws IOException {
					file.close();
				}

			};
		};
	}

	private static Binaries in(Path folder) {
		for (Path bin : new Path[] { folder.resolve("bin"), folder }) {
			if (Files.isExecutable(bin.resolve("postgres")) && Files.isExecutable(bin.resolve("initdb"))) {
				return new Binaries(bin.toAbsolutePath());
			}
		}
		throw new IllegalArgumentException("No PostgreSQL in '" + folder
				+ "': expected the programs bin/postgres and bin/initdb, as in /usr/lib/postgresql/18");
	}

	/**
	 * Takes the programs from the class path.
	 * @param launcher knows the user that has to reach them
	 * @return the programs
	 * @throws IllegalStateException if there are none for this platform
	 */
	static Binaries ofClasspath(Launcher launcher) {
		String resource = "postgres-" + platform() + ".txz";
		return unpacked(() -> open(resource), launcher);
	}

	private static Binaries unpacked(Archive archive, Launcher launcher) {
		Path cache = cache(launcher);
		removeUnfinished(cache);
		Path unpacked = cache.resolve(hash(archive));
		if (!isComplete(unpacked)) {
			unpack(archive, unpacked);
		}
		return new Binaries(unpacked.resolve("bin"));
	}

	private static String platform() {
		String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
		String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
		String system = (os.contains("linux")) ? "linux" : (os.contains("mac")) ? "darwin" : null;
		String processor = switch (arch) {
			case "amd64", "x86_64" -> "x86_64";
			case "aarch64", "arm64" -> "arm_64";
			default -> null;
		};
		if (system == null || processor == null) {
			throw unsupported("postgres-*.txz");
		}
		return system + "-" + processor;
	}

	private static IllegalStateException unsupported(String resource) {
		return new IllegalStateException("No PostgreSQL for " + System.getProperty("os.name") + " on "
				+ System.getProperty("os.arch") + " on the class path (" + resource
				+ "). Add the io.zonky.test.postgres:embedded-postgres-binaries-* artifact of this platform (Linux and "
				+ "macOS, amd64 and arm64), or install PostgreSQL 14 or newer and name its folder with -D"
				+ PostgresCluster.BINARIES_PROPERTY + "=/usr/lib/postgresql/18");
	}

	private static InputStream open(String resource) {
		ClassLoader loader = Thread.currentThread().getContextClassLoader();
		InputStream stream = (loader != null) ? loader.getResourceAsStream(resource) : null;
		if (stream == null) {
			stream = Binaries.class.getClassLoader().getResourceAsStream(resource);
		}
		if (stream == null) {
			throw unsupported(resource);
		}
		return stream;
	}

	private static String hash(Archive archive) {
		try (DigestInputStream stream = new DigestInputStream(archive.open(), MessageDigest.getInstance("SHA-256"))) {
			byte[] buffer = new byte[BUFFER_SIZE];
			while (stream.read(buffer) != -1) {
				continue;
			}
			return HexFormat.of().formatHex(stream.getMessageDigest().digest()).substring(0, HASH_LENGTH);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("The archive of PostgreSQL cannot be read", ex);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static boolean isComplete(Path unpacked) {
		return Files.isExecutable(unpacked.resolve("bin/postgres"))
				&& Files.isReadable(unpacked.resolve("share/postgresql/postgres.bki"));
	}

	private static Path cache(Launcher launcher) {
		if (launcher != Launcher.NOBODY_USER) {
			Path cache = writable(userCache());
			if (cache != null) {
				return cache;
			}
		}
		Path temporary = Path.of(System.getProperty("java.io.tmpdir"),
				CACHE + "-" + System.getProperty("user.name").replaceAll("[^A-Za-z0-9._-]", "_"));
		Path cache = writable(temporary);
		if (cache == null) {
			throw new IllegalStateException("PostgreSQL can be unpacked neither to " + userCache() + " nor to "
					+ temporary + ": this user cannot write there");
		}
		try {
			letEverybodyRead(cache);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("The permissions of " + cache + " cannot be set", ex);
		}
		return cache;
	}

	private static Path userCache() {
		String home = System.getProperty("user.home", "/");
		if (System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac")) {
			return Path.of(home, "Library", "Caches", CACHE);
		}
		String xdg = System.getenv("XDG_CACHE_HOME");
		return (xdg != null && Path.of(xdg).isAbsolute()) ? Path.of(xdg, CACHE) : Path.of(home, ".cache", CACHE);
	}

	private static @Nullable Path writable(Path folder) {
		try {
			Files.createDirectories(folder,
					PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
			Path probe = Files.createTempFile(folder, "probe", null);
			boolean own = Files.getOwner(probe).equals(Files.getOwner(folder));
			Files.delete(probe);
			return (own) ? folder : null;
		}
		catch (IOException ex) {
			return null;
		}
	}

	private static void unpack(Archive archive, Path target) {
		try {
			Path unfinished = Files.createTempDirectory(target.getParent(), "unfinished-");
			letEverybodyRead(unfinished);
			try {
				extract(archive, unfinished);
				if (Files.exists(target) && !isComplete(target)) {
					Folders.delete(target);
				}
				moveUnlessPresent(unfinished, target);
				logger.info("Unpacked PostgreSQL to " + target);
			}
			finally {
				Folders.delete(unfinished);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException("PostgreSQL cannot be unpacked to " + target + ": " + ex.getMessage(), ex);
		}
	}

	private static void moveUnlessPresent(Path unfinished, Path target) throws IOException {
		try {
			Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
		}
		catch (IOException ex) {
			if (!isComplete(target)) {
				throw ex;
			}
		}
	}

	/**
	 * Removes the unfinished folders of JVMs that were killed while they unpacked.
	 */
	private static void removeUnfinished(Path cache) {
		try (DirectoryStream<Path> folders = Files.newDirectoryStream(cache, "unfinished-*")) {
			for (Path folder : folders) {
				if (Files.getLastModifiedTime(folder).toInstant().isBefore(Instant.now().minus(UNFINISHED_AGE))) {
					Folders.delete(folder);
				}
			}
		}
		catch (IOException | DirectoryIteratorException ex) {
			logger.debug("Unfinished folders stay in " + cache, ex);
		}
	}

	private static void createFolders(@Nullable Path folder) throws IOException {
		if (folder != null && !Files.isDirectory(folder)) {
			createFolders(folder.getParent());
			Files.createDirectory(folder);
			letEverybodyRead(folder);
		}
	}

	/**
	 * Whatever the umask of this JVM: the servers may run as another user.
	 */
	private static void letEverybodyRead(Path folder) throws IOException {
		Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
	}

	private static void extract(Archive source, Path folder) throws IOException {
		try (TarArchiveInputStream archive = new TarArchiveInputStream(
				new XZInputStream(new BufferedInputStream(source.open(), BUFFER_SIZE)))) {
			for (TarArchiveEntry entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
				extract(entry, archive, folder);
			}
		}
	}

	private static void extract(TarArchiveEntry entry, InputStream content, Path folder) throws IOException {
		Path target = inside(folder, folder.resolve(entry.getName()));
		if (entry.isDirectory()) {
			createFolders(target);
			return;
		}
		createFolders(target.getParent());
		if (entry.isSymbolicLink()) {
			inside(folder, target.resolveSibling(entry.getLinkName()));
			Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
		}
		else if (entry.isLink()) {
			Files.createLink(target, inside(folder, folder.resolve(entry.getLinkName())));
		}
		else {
			Files.copy(content, target);
			Files.setPosixFilePermissions(target, permissions(entry.getMode()));
		}
	}

	private static Path inside(Path folder, Path target) throws IOException {
		if (!target.normalize().startsWith(folder)) {
			throw new IOException("The archive points outside of its folder: " + target);
		}
		return target.normalize();
	}

	private static Set<PosixFilePermission> permissions(int mode) {
		Set<PosixFilePermission> permissions = new HashSet<>(PosixFilePermissions.fromString("rw-r--r--"));
		if ((mode & 0100) != 0) {
			permissions.addAll(PosixFilePermissions.fromString("--x--x--x"));
		}
		return permissions;
	}

	/**
	 * The packed programs.
	 */
	@FunctionalInterface
	private interface Archive {

		InputStream open() throws IOException;

	}

}
