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
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

import com.sun.net.httpserver.HttpServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

import io.github.replication.Consistency;
import io.github.replication.NodeState;
import io.github.replication.Replication;
import io.github.replication.ReplicationCluster;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A real HAProxy as the primary's address, which leads to the node that a manager names
 * as the leader.
 */
@EmbeddedCluster(dedicated = true)
@EnabledIf(value = "isInstalled", disabledReason = "there is no haproxy on the PATH")
@Tag("long")
class HaProxyTests {

	private static final AtomicLong ids = new AtomicLong(9_950_000);

	@TempDir
	Path folder;

	private PostgresCluster cluster;

	static boolean isInstalled() {
		return Program.find("haproxy").isPresent();
	}

	@BeforeEach
	void remember(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
	}

	@AfterEach
	void reset() {
		this.cluster.reset();
	}

	@Test
	void writesFollowTheLeaderThatTheProxyLeadsTo() throws IOException {
		HttpServer manager = manager();
		int port = Program.freePort();
		try (Program proxy = start(manager.getAddress().getPort(), port);
				TestApplication application = TestApplication.exactly(this.cluster)
					.with("replication.monitor.interval", "300ms")
					.with("spring.datasource.hikari.connection-timeout", "10000")
					.with("spring.datasource.url",
							"jdbc:postgresql://127.0.0.1:" + port + "/" + this.cluster.database())
					.withoutJpa()
					.start()) {
			ReplicationCluster nodes = application.bean(ReplicationCluster.class);
			await(() -> nodes.nodes().stream().allMatch((node) -> node.state() == NodeState.ONLINE));
			assertThat(writePort(application)).isEqualTo(this.cluster.primary().port());
			this.cluster.primary().stop();
			PostgresNode promoted = this.cluster.node("replica-1");
			promoted.promote();
			await(() -> writePort(application) == promoted.port());
			for (int i = 0; i < 20; i++) {
				assertThat(writePort(application)).isEqualTo(promoted.port());
				assertThat(Replication.readOnly(Consistency.STRONG, () -> port(application)))
					.isEqualTo(promoted.port());
			}
		}
		finally {
			manager.stop(0);
		}
	}

	/**
	 * Answers as the REST interface of a manager does: 200 for the leader.
	 */
	private HttpServer manager() throws IOException {
		HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		server.createContext("/", (exchange) -> {
			boolean leader = exchange.getRequestURI().getPath().equals("/" + this.cluster.primary().name());
			exchange.sendResponseHeaders(leader ? 200 : 503, -1);
			exchange.close();
		});
		server.start();
		return server;
	}

	private Program start(int manager, int port) throws IOException {
		String servers = this.cluster.nodes().stream().map((node) -> """
				backend %1$s
				    option httpchk GET /%1$s
				    http-check expect status 200
				    default-server inter 200ms fall 2 rise 1 on-marked-down shutdown-sessions
				    server %1$s 127.0.0.1:%2$d check port %3$d
				""".formatted(node.name(), node.port(), manager)).collect(Collectors.joining("\n"));
		String choices = this.cluster.nodes()
			.stream()
			.map((node) -> "    use_backend " + node.name() + " if { srv_is_up(" + node.name() + "/" + node.name()
					+ ") }")
			.collect(Collectors.joining("\n"));
		Path configuration = this.folder.resolve("haproxy.cfg");
		Files.writeString(configuration, """
				global
				    maxconn 100
				defaults
				    mode tcp
				    timeout connect 2s
				    timeout client 30m
				    timeout server 30m
				frontend leader
				    bind 127.0.0.1:%d
				%s
				%s
				""".formatted(port, choices, servers));
		return Program.start(this.folder, port, Program.find("haproxy").orElseThrow().toString(), "-db", "-f",
				configuration.toString());
	}

	private static int writePort(TestApplication application) {
		try {
			return application.transaction(false).execute((status) -> {
				application.jdbc().update("INSERT INTO note VALUES (?, 'x')", ids.incrementAndGet());
				return port(application);
			});
		}
		catch (RuntimeException ex) {
			return -1;
		}
	}

	private static int port(TestApplication application) {
		return application.jdbc().queryForObject("SELECT inet_server_port()", Integer.class);
	}

	private static void await(BooleanSupplier condition) {
		Awaitility.await()
			.pollInSameThread()
			.atMost(Duration.ofSeconds(15))
			.pollInterval(Duration.ofMillis(20))
			.until(condition::getAsBoolean);
	}

}
