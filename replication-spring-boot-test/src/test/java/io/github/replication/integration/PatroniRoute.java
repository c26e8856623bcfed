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
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.util.FileSystemUtils;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

import io.github.replication.NodeState;
import io.github.replication.ReadOnly;
import io.github.replication.ReplicationCluster;
import io.github.replication.integration.PatroniCluster.Member;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application, and the way by which it reaches the members of a cluster.
 */
final class PatroniRoute implements AutoCloseable {

	private final String name;

	private final Path folder;

	private final List<Program> programs = new ArrayList<>();

	private TestApplication application;

	private PatroniRoute(String name) throws IOException {
		this.name = name;
		this.folder = Files.createTempDirectory("route",
				PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
	}

	/**
	 * Each member by its own address.
	 */
	static PatroniRoute direct(PatroniCluster cluster, String interval) throws IOException {
		PatroniRoute route = new PatroniRoute("each member by its own address");
		return route.start(urls(cluster.members()), interval);
	}

	/**
	 * The leader through HAProxy, which asks the managers, and each member by its own
	 * address. The application's own pool leads to the old leader and to the new one.
	 */
	static PatroniRoute haProxy(PatroniCluster cluster, String interval) throws IOException {
		PatroniRoute route = new PatroniRoute("the leader through HAProxy");
		int port = Program.freePort();
		Path configuration = route.folder.resolve("haproxy.cfg");
		Files.writeString(configuration,
				"""
						global
						    maxconn 200
						defaults
						    mode tcp
						    timeout connect 2s
						    timeout client 30m
						    timeout server 30m
						frontend leader
						    bind 127.0.0.1:%d
						    default_backend leader
						backend leader
						    option httpchk GET /primary
						    http-check expect status 200
						    default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
						%s
						""".formatted(port,
						cluster.members()
							.stream()
							.map((member) -> "    server " + member.name() + " 127.0.0.1:" + member.port()
									+ " check port " + member.managerPort())
							.collect(Collectors.joining("\n"))));
		route.programs.add(Program.start(route.folder, port, Program.find("haproxy").orElseThrow().toString(), "-db",
				"-f", configuration.toString()));
		Map<String, String> urls = new LinkedHashMap<>();
		urls.put("leader", "jdbc:postgresql://127.0.0.1:" + port + "/" + PatroniCluster.USER);
		urls.putAll(urls(cluster.members()));
		return route.start(urls, interval);
	}

	/**
	 * A PgBouncer before each member.
	 */
	static PatroniRoute pgBouncer(PatroniCluster cluster, String mode, String interval) throws IOException {
		PatroniRoute route = new PatroniRoute("a PgBouncer before each member, " + mode + " pooling");
		Map<String, String> urls = new LinkedHashMap<>();
		for (Member member : cluster.members()) {
			Path folder = Files.createDirectory(route.folder.resolve(member.name()));
			int port = Program.freePort();
			Path users = folder.resolve("users.txt");
			Files.writeString(users, "\"" + PatroniCluster.USER + "\" \"" + PatroniCluster.USER + "\"\n");
			Path configuration = folder.resolve("pgbouncer.ini");
			Files.writeString(configuration, """
					[databases]
					%1$s = host=127.0.0.1 port=%2$d
					[pgbouncer]
					listen_addr = 127.0.0.1
					listen_port = %3$d
					unix_socket_dir =
					auth_type = scram-sha-256
					auth_file = %4$s
					pool_mode = %5$s
					ignore_startup_parameters = extra_float_digits
					""".formatted(PatroniCluster.USER, member.port(), port, users, mode));
			route.programs.add(Program.start(folder, port, Program.find("pgbouncer").orElseThrow().toString(),
					configuration.toString()));
			urls.put(member.name(),
					"jdbc:postgresql://127.0.0.1:" + port + "/" + PatroniCluster.USER + "?prepareThreshold=0");
		}
		return route.start(urls, interval);
	}

	private static Map<String, String> urls(List<Member> members) {
		Map<String, String> urls = new LinkedHashMap<>();
		members.forEach((member) -> urls.put(member.name(), member.jdbcUrl(PatroniCluster.USER)));
		return urls;
	}

	/**
	 * Starts the application with the first of some nodes as its primary.
	 */
	private PatroniRoute start(Map<String, String> urls, String interval) {
		Map<String, Object> properties = new LinkedHashMap<>();
		urls.forEach((node, url) -> {
			if (properties.isEmpty()) {
				properties.put("spring.datasource.url", url);
				properties.put("replication.primary.name", node);
			}
			else {
				properties.put("replication.replicas." + node + ".url", url);
			}
		});
		properties.put("spring.datasource.username", PatroniCluster.USER);
		properties.put("spring.datasource.password", PatroniCluster.USER);
		properties.put("spring.datasource.hikari.maximum-pool-size", "5");
		properties.put("spring.main.banner-mode", "off");
		properties.put("replication.monitor.interval", interval);
		this.application = TestApplication.with(properties).withoutJpa().web().start(Web.class);
		return this;
	}

	String name() {
		return this.name;
	}

	TestApplication application() {
		return this.application;
	}

	void awaitAllInRotation() {
		ReplicationCluster nodes = this.application.bean(ReplicationCluster.class);
		PatroniCluster.await(60)
			.untilAsserted(
					() -> assertThat(nodes.nodes()).as(this.name).allMatch((node) -> node.state() == NodeState.ONLINE));
	}

	@Override
	public void close() {
		if (this.application != null) {
			this.application.close();
		}
		this.programs.forEach(Program::close);
		try {
			FileSystemUtils.deleteRecursively(this.folder);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * A row, and the server that wrote it as it says itself.
	 *
	 * @param id the row's number
	 * @param port the server's port
	 * @param timeline the server's timeline
	 * @param written the time of the server's clock, in microseconds
	 */
	record Row(long id, int port, int timeline, long written) {

		static final String CREATE = "CREATE TABLE note (id bigint PRIMARY KEY,"
				+ " port int NOT NULL DEFAULT inet_server_port(), timeline int NOT NULL DEFAULT"
				+ " ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int,"
				+ " written bigint NOT NULL DEFAULT extract(epoch FROM clock_timestamp()) * 1000000)";

		static Row parse(String text) {
			String[] parts = text.split(" ");
			return new Row(Long.parseLong(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]),
					Long.parseLong(parts[3]));
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Web {

		@Bean
		Notes notes(JdbcTemplate jdbc) {
			return new Notes(jdbc);
		}

		static class Notes {

			private final JdbcTemplate jdbc;

			Notes(JdbcTemplate jdbc) {
				this.jdbc = jdbc;
			}

			/**
			 * Whether a row is there, and the port of the server that says so.
			 */
			@ReadOnly
			public String find(long id) {
				return this.jdbc.queryForObject(
						"SELECT concat_ws(' ', EXISTS (SELECT 1 FROM note WHERE id = ?), inet_server_port())",
						String.class, id);
			}

			@Transactional
			public String write(long id) {
				return this.jdbc.queryForObject(
						"INSERT INTO note (id) VALUES (?) RETURNING concat_ws(' ', id, port, timeline, written)",
						String.class, id);
			}

		}

		@RestController
		static class Pages {

			private final Notes notes;

			Pages(Notes notes) {
				this.notes = notes;
			}

			@GetMapping("/rows/{id}")
			String find(@PathVariable("id") long id) {
				return this.notes.find(id);
			}

			@PostMapping("/rows/{id}")
			String write(@PathVariable("id") long id) {
				return this.notes.write(id);
			}

		}

	}

}
