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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * A server's data folder: how one is made from another, and the files written into it
 * before the server starts.
 */
final class DataFolder {

	/**
	 * The version in which the functions for backups were renamed.
	 */
	private static final int RENAMED_BACKUP = 15;

	private static final Path CONTROL_FILE = Path.of("global", "pg_control");

	/**
	 * The files that a base backup leaves out; see "Making a Base Backup Using the Low
	 * Level API" in PostgreSQL's manual. The folders themselves are needed.
	 */
	private static final Set<String> CONTENT_LEFT_OUT = Set.of("pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify",
			"pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_subtrans");

	private static final Set<String> LEFT_OUT = Set.of("postmaster.pid", "postmaster.opts", "standby.signal",
			"backup_label", "tablespace_map", "pg_internal.init", "postgresql.auto.conf");

	private final Path path;

	DataFolder(Path path) {
		this.path = path;
	}

	/**
	 * Fills this folder with a copy of one whose server was stopped cleanly.
	 * @param source the other folder
	 */
	void copyOfStopped(Path source) {
		Folders.delete(this.path);
		Folders.copy(source, this.path, (file) -> LEFT_OUT.contains(file.getFileName().toString()));
	}

	/**
	 * Fills this folder with a copy of one whose server runs.
	 * @param source the other folder
	 * @param connection a superuser's connection to that server, used for nothing else
	 * meanwhile
	 * @throws SQLException if the server refuses the backup
	 */
	void copyOfRunning(Path source, Connection connection) throws SQLException {
		Folders.delete(this.path);
		try (Statement statement = connection.createStatement()) {
			boolean renamed = connection.getMetaData().getDatabaseMajorVersion() >= RENAMED_BACKUP;
			statement.execute(renamed ? "SELECT pg_backup_start('embedded-cluster', fast => true)"
					: "SELECT pg_start_backup('embedded-cluster', true, false)");
			Folders.copy(source, this.path, DataFolder::isLeftOutOfBackup);
			Files.createDirectories(this.path.resolve("pg_wal").resolve("archive_status"));
			Folders.copyFile(source.resolve(CONTROL_FILE), this.path.resolve(CONTROL_FILE));
			try (ResultSet backup = statement.executeQuery("SELECT labelfile, spcmapfile FROM "
					+ (renamed ? "pg_backup_stop(wait_for_archive => false)" : "pg_stop_backup(false, false)"))) {
				backup.next();
				write("backup_label", backup.getString(1));
				String tablespaces = backup.getString(2);
				if (tablespaces != null && !tablespaces.isBlank()) {
					write("tablespace_map", tablespaces);
				}
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException("No copy of " + source + " can be made", ex);
		}
	}

	private static boolean isLeftOutOfBackup(Path file) {
		String name = file.getFileName().toString();
		Path parent = file.getParent();
		return LEFT_OUT.contains(name) || name.startsWith("pgsql_tmp") || file.equals(CONTROL_FILE)
				|| (parent != null && parent.getNameCount() == 1 && CONTENT_LEFT_OUT.contains(parent.toString()));
	}

	/**
	 * Appends settings to the configuration.
	 * @param settings values by name
	 */
	void configure(Map<String, String> settings) {
		StringBuilder lines = new StringBuilder("\n");
		settings.forEach((name, value) -> lines.append(name).append(" = ").append(quote(value)).append('\n'));
		try {
			Files.writeString(this.path.resolve("postgresql.conf"), lines, StandardOpenOption.APPEND);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("The configuration in " + this.path + " cannot be written", ex);
		}
	}

	/**
	 * Makes the server a standby, or not.
	 * @param upstream the {@code primary_conninfo}, {@code null} for a primary
	 */
	void follow(@Nullable String upstream) {
		try {
			Files.deleteIfExists(this.path.resolve("standby.signal"));
			if (upstream != null) {
				write("standby.signal", "");
			}
			write("postgresql.auto.conf", (upstream != null) ? "primary_conninfo = " + quote(upstream) + "\n" : "");
		}
		catch (IOException ex) {
			throw new UncheckedIOException("The role of the server in " + this.path + " cannot be written", ex);
		}
	}

	private void write(String file, String content) throws IOException {
		Files.writeString(this.path.resolve(file), content, StandardCharsets.UTF_8);
	}

	static String quote(String value) {
		return "'" + value.replace("'", "''") + "'";
	}

}
