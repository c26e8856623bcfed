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

package io.github.replication.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

import org.springframework.util.FileSystemUtils;

import io.github.replication.integration.PatroniRoute.Row;

/**
 * Three PostgreSQL servers under Patroni, with etcd, on the loopback interface. All
 * programs are those of the distribution. Root runs them as the user {@code postgres}.
 * <p>
 * Patroni renews its lock by version 2 of etcd's interface, which compares the holder.
 * With version 3, Patroni 3.0 does not: a leader that is thawed takes the lock back from
 * the new one, with its older timeline.
 */
final class PatroniCluster implements AutoCloseable {

	static final String USER = "app";

	private static final Path POSTGRES = Path.of("/usr/lib/postgresql/15/bin");

	private static final HttpClient http = HttpClient.newBuilder()
		.version(HttpClient.Version.HTTP_1_1)
		.connectTimeout(Duration.ofSeconds(2))
		.build();

	private final Path folder;

	private final Process etcd;

	private final List<Member> members = new ArrayList<>();

	private PatroniCluster(Path folder, Process etcd) {
		this.folder = folder;
		this.etcd = etcd;
	}

	static boolean isInstalled() {
		return Program.find("patroni").isPresent() && Program.find("etcd").isPresent()
				&& Files.isExecutable(POSTGRES.resolve("postgres"))
				&& (!isRoot() || Program.find("setpriv").isPresent());
	}

	private static boolean isRoot() {
		return "root".equals(System.getProperty("user.name"));
	}

	/**
	 * Starts the cluster and creates a database of an ordinary user.
	 */
	static PatroniCluster start() throws Exception {
		Path folder = Files.createTempDirectory("patroni",
				PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
		if (isRoot()) {
			run(List.of("chown", "postgres", folder.toString()));
		}
		int client = Program.freePort();
		int peer = Program.freePort();
		Process etcd = start(folder, "etcd",
				List.of("etcd", "--enable-v2", "--data-dir", folder.resolve("etcd").toString(), "--listen-client-urls",
						url(client), "--advertise-client-urls", url(client), "--listen-peer-urls", url(peer),
						"--initial-advertise-peer-urls", url(peer), "--initial-cluster", "default=" + url(peer)));
		PatroniCluster cluster = new PatroniCluster(folder, etcd);
		try {
			for (int i = 1; i <= 3; i++) {
				Member member = cluster.new Member("node" + i, Program.freePort(), Program.freePort());
				member.configure(client);
				cluster.members.add(member);
			}
			cluster.members.forEach(Member::startManager);
			await(90).until(() -> cluster.members.stream().filter(Member::isStreaming).count() == 2);
			cluster.createDatabase();
			return cluster;
		}
		catch (Exception ex) {
			cluster.close();
			throw ex;
		}
	}

	private static String url(int port) {
		return "http://127.0.0.1:" + port;
	}

	private static Process start(Path folder, String name, List<String> command) {
		List<String> full = new ArrayList<>();
		if (isRoot()) {
			full.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"));
		}
		full.addAll(command);
		ProcessBuilder process = new ProcessBuilder(full).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve(name + ".log").toFile()));
		process.environment().put("HOME", folder.toString());
		try {
			return process.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void run(List<String> command) throws Exception {
		if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
			throw new IllegalStateException(command + " has failed");
		}
	}

	static ConditionFactory await(int seconds) {
		return Awaitility.await().atMost(Duration.ofSeconds(seconds)).pollInterval(Duration.ofMillis(200));
	}

	private void createDatabase() throws SQLException {
		execute(leader(), "postgres", "CREATE ROLE " + USER + " LOGIN PASSWORD '" + USER + "'");
		execute(leader(), "postgres", "CREATE DATABASE " + USER + " OWNER " + USER);
	}

	static void execute(Member member, String database, String sql) throws SQLException {
		try (Connection connection = DriverManager.getConnection(member.jdbcUrl(database), "postgres", "postgres")) {
			connection.createStatement().execute(sql);
		}
	}

	List<Member> members() {
		return this.members;
	}

	/**
	 * Waits for the member that accepts writes.
	 */
	Member leader() {
		return awaitPrimary((member) -> true);
	}

	/**
	 * Waits for a leader other than one.
	 */
	Member awaitLeaderOtherThan(Member old) {
		return awaitPrimary((member) -> member != old);
	}

	private Member awaitPrimary(Predicate<Member> condition) {
		return await(90).pollInterval(Duration.ofMillis(20))
			.until(() -> this.members.stream().filter(condition.and(Member::isPrimary)).findFirst(),
					Optional::isPresent)
			.orElseThrow();
	}

	/**
	 * Waits until all but the leader stream from it.
	 */
	void awaitComplete() {
		await(120).until(() -> this.members.stream().filter(Member::isStreaming).count() == 2);
	}

	@Override
	public void close() {
		CompletableFuture<?>[] ends = this.members.stream()
			.flatMap((member) -> member.processes().stream())
			.map(ProcessHandle::onExit)
			.toArray(CompletableFuture[]::new);
		this.members.forEach(Member::kill);
		this.etcd.destroyForcibly();
		try {
			CompletableFuture.allOf(ends).get(10, TimeUnit.SECONDS);
			this.members.forEach(Member::releaseSharedMemory);
			this.etcd.waitFor(10, TimeUnit.SECONDS);
			FileSystemUtils.deleteRecursively(this.folder);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (ExecutionException | TimeoutException ex) {
			throw new IllegalStateException("The servers do not end", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * A server and the Patroni that manages it.
	 */
	final class Member {

		private final String name;

		private final int port;

		private final int managerPort;

		private Process manager;

		Member(String name, int port, int managerPort) {
			this.name = name;
			this.port = port;
			this.managerPort = managerPort;
		}

		String name() {
			return this.name;
		}

		String jdbcUrl(String database) {
			return "jdbc:postgresql://127.0.0.1:" + this.port + "/" + database;
		}

		int managerPort() {
			return this.managerPort;
		}

		int port() {
			return this.port;
		}

		private Path data() {
			return PatroniCluster.this.folder.resolve(this.name);
		}

		private void configure(int etcd) throws IOException {
			Files.writeString(PatroniCluster.this.folder.resolve(this.name + ".yml"),
					"""
							scope: world
							name: %1$s
							restapi: {listen: '127.0.0.1:%2$d', connect_address: '127.0.0.1:%2$d'}
							etcd: {hosts: '127.0.0.1:%3$d'}
							bootstrap:
							  dcs:
							    ttl: 20
							    loop_wait: 1
							    retry_timeout: 3
							    primary_start_timeout: 0
							    postgresql:
							      use_pg_rewind: true
							      parameters: {max_connections: 300, wal_log_hints: 'on', fsync: 'off', wal_retrieve_retry_interval: 100ms, dynamic_shared_memory_type: mmap}
							  initdb: [{encoding: UTF8}, {locale: C}]
							postgresql:
							  listen: 127.0.0.1:%4$d
							  connect_address: 127.0.0.1:%4$d
							  data_dir: %5$s
							  bin_dir: %6$s
							  pgpass: %5$s.pgpass
							  authentication:
							    superuser: {username: postgres, password: postgres}
							    replication: {username: replicator, password: replicator}
							    rewind: {username: rewinder, password: rewinder}
							  parameters: {unix_socket_directories: ''}
							  pg_hba: ['host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust']
							"""
						.formatted(this.name, this.managerPort, etcd, this.port, data(), POSTGRES));
		}

		void startManager() {
			this.manager = PatroniCluster.start(PatroniCluster.this.folder, this.name,
					List.of("patroni", PatroniCluster.this.folder.resolve(this.name + ".yml").toString()));
		}

		/**
		 * What the manager says of itself and its server, empty if it does not answer.
		 */
		private String status() {
			try {
				return http
					.send(HttpRequest.newBuilder(URI.create(url(this.managerPort) + "/patroni"))
						.timeout(Duration.ofSeconds(2))
						.build(), BodyHandlers.ofString())
					.body();
			}
			catch (IOException ex) {
				return "";
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				return "";
			}
		}

		/**
		 * Whether the server itself says that it is no standby.
		 * @return {@code false} also if the server does not answer in time
		 */
		boolean isPrimary() {
			return answersYes("NOT pg_is_in_recovery()");
		}

		/**
		 * Whether the server is a standby that receives from the leader.
		 * @return {@code false} also if the server does not answer in time
		 */
		boolean isStreaming() {
			return answersYes(
					"pg_is_in_recovery() AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')");
		}

		/**
		 * The rows of the application that this server has.
		 */
		List<Row> rows() throws SQLException {
			try (Connection connection = DriverManager.getConnection(jdbcUrl(USER), "postgres", "postgres")) {
				var result = connection.createStatement()
					.executeQuery("SELECT concat_ws(' ', id, port, timeline, written) FROM note");
				List<Row> rows = new ArrayList<>();
				while (result.next()) {
					rows.add(Row.parse(result.getString(1)));
				}
				return rows;
			}
		}

		private boolean answersYes(String condition) {
			try (Connection connection = DriverManager.getConnection(
					jdbcUrl("postgres") + "?connectTimeout=1&socketTimeout=1&loginTimeout=2", "postgres", "postgres")) {
				var row = connection.createStatement().executeQuery("SELECT " + condition);
				row.next();
				return row.getBoolean(1);
			}
			catch (SQLException ex) {
				return false;
			}
		}

		/**
		 * Asks the manager for something.
		 */
		void post(String path, String body) {
			try {
				HttpResponse<String> response = http
					.send(HttpRequest.newBuilder(URI.create(url(this.managerPort) + path))
						.timeout(Duration.ofSeconds(30))
						.POST(BodyPublishers.ofString(body))
						.build(), BodyHandlers.ofString());
				if (response.statusCode() >= 300) {
					throw new IllegalStateException(path + " -> " + response.statusCode() + " " + response.body());
				}
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

		/**
		 * Kills the server and its manager.
		 */
		void kill() {
			if (this.manager != null) {
				this.manager.destroyForcibly();
			}
			killServer();
		}

		/**
		 * Kills the server under its manager.
		 */
		void killServer() {
			processes().forEach(ProcessHandle::destroyForcibly);
		}

		private List<ProcessHandle> processes() {
			return server().stream()
				.flatMap((server) -> Stream.concat(server.descendants(), Stream.of(server)))
				.toList();
		}

		/**
		 * Frees what a killed server cannot free itself.
		 */
		private void releaseSharedMemory() {
			try {
				Path pid = data().resolve("postmaster.pid");
				List<String> lines = Files.exists(pid) ? Files.readAllLines(pid) : List.of();
				if (lines.size() > 6) {
					new ProcessBuilder("ipcrm", "-m", lines.get(6).strip().split(" +")[1]).redirectErrorStream(true)
						.redirectOutput(ProcessBuilder.Redirect.DISCARD)
						.start()
						.waitFor(10, TimeUnit.SECONDS);
				}
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

		/**
		 * Stops the server and its manager in the middle of what they do.
		 */
		void freeze() {
			signal("-STOP");
		}

		void thaw() {
			signal("-CONT");
		}

		private void signal(String signal) {
			List<String> command = new ArrayList<>(List.of("kill", signal, String.valueOf(this.manager.pid())));
			server().ifPresent((server) -> {
				command.add(String.valueOf(server.pid()));
				server.descendants().forEach((process) -> command.add(String.valueOf(process.pid())));
			});
			try {
				run(command);
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		}

		/**
		 * The process of the server, of which there is none while it is stopped.
		 */
		Optional<ProcessHandle> server() {
			try (Stream<String> lines = Files.lines(data().resolve("postmaster.pid"))) {
				return lines.findFirst().map(Long::parseLong).flatMap(ProcessHandle::of);
			}
			catch (NoSuchFileException ex) {
				return Optional.empty();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

		@Override
		public String toString() {
			return this.name + ": " + status();
		}

	}

}
