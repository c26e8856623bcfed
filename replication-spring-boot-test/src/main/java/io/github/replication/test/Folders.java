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
import java.nio.file.CopyOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * Copies and deletes folders that a server may still be writing to.
 */
final class Folders {

	private static final int DELETE_ATTEMPTS = 5;

	private Folders() {
	}

	/**
	 * Copies a folder. Files that disappear meanwhile are passed over.
	 * @param from the folder
	 * @param to the copy, which must not exist
	 * @param skip the files and folders to leave out, by path relative to the folder
	 */
	static void copy(Path from, Path to, Predicate<Path> skip) {
		try {
			Files.walkFileTree(from, new SimpleFileVisitor<>() {

				@Override
				public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attrs) throws IOException {
					Path relative = from.relativize(dir);
					if (skip.test(relative)) {
						return FileVisitResult.SKIP_SUBTREE;
					}
					Files.createDirectory(to.resolve(relative),
							PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
					return FileVisitResult.CONTINUE;
				}

				@Override
				public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) throws IOException {
					Path relative = from.relativize(file);
					if (!skip.test(relative)) {
						copyFile(file, to.resolve(relative));
					}
					return FileVisitResult.CONTINUE;
				}

				@Override
				public FileVisitResult visitFileFailed(Path file, IOException ex) throws IOException {
					if (ex instanceof NoSuchFileException) {
						return FileVisitResult.CONTINUE;
					}
					throw ex;
				}

			});
		}
		catch (IOException ex) {
			throw new UncheckedIOException("Folder " + from + " cannot be copied to " + to, ex);
		}
	}

	static void copyFile(Path from, Path to, CopyOption... options) throws IOException {
		try {
			Files.copy(from, to,
					(options.length != 0) ? options : new CopyOption[] { StandardCopyOption.COPY_ATTRIBUTES });
		}
		catch (NoSuchFileException ex) {
			Files.deleteIfExists(to);
		}
	}

	/**
	 * Deletes a folder with everything in it.
	 * @param folder the folder, which need not exist
	 * @return whether nothing is left
	 */
	static boolean delete(Path folder) {
		for (int attempt = 0; attempt < DELETE_ATTEMPTS; attempt++) {
			try {
				deleteOnce(folder);
				return true;
			}
			catch (NoSuchFileException ex) {
				if (Files.notExists(folder)) {
					return true;
				}
			}
			catch (IOException ex) {
				// A process that is just ending may have created a file; the next
				// attempt finds it.
			}
		}
		return Files.notExists(folder);
	}

	private static void deleteOnce(Path folder) throws IOException {
		Files.walkFileTree(folder, new SimpleFileVisitor<>() {

			@Override
			public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) throws IOException {
				Files.deleteIfExists(file);
				return FileVisitResult.CONTINUE;
			}

			@Override
			public FileVisitResult visitFileFailed(Path file, IOException ex) throws IOException {
				if (ex instanceof NoSuchFileException && !file.equals(folder)) {
					return FileVisitResult.CONTINUE;
				}
				throw ex;
			}

			@Override
			public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException ex) throws IOException {
				Files.deleteIfExists(dir);
				return FileVisitResult.CONTINUE;
			}

		});
	}

}
