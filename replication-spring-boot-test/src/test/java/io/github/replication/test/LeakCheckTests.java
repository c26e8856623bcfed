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

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The check of what is left behind finds each kind of it.
 */
@EnabledOnOs(OS.LINUX)
class LeakCheckTests {

	private final Footprint before = Footprint.now();

	@Test
	void threadIsFoundUntilItEnds() {
		CountDownLatch end = new CountDownLatch(1);
		new Thread(() -> {
			try {
				end.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}, "left-7").start();
		assertLeft("thread left-# (1 of them)");
		end.countDown();
		Awaitility.await().untilAsserted(this::assertLeft);
	}

	@Test
	void connectionIsFoundUntilItIsClosed() throws Exception {
		try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
				Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
				Socket accepted = server.accept()) {
			assertThat(client.isConnected() && accepted.isConnected()).isTrue();
			assertLeft("2 connections");
		}
		assertLeft();
	}

	@Test
	void fileIsFoundUntilItIsClosed(@TempDir Path folder) throws Exception {
		Path file = Files.createFile(folder.resolve("left"));
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
			assertThat(channel.isOpen()).isTrue();
			assertLeft("open file " + file.toRealPath());
		}
		assertLeft();
	}

	@Test
	void processIsFoundUntilItEnds() throws Exception {
		Process process = new ProcessBuilder("sleep", "120").start();
		try {
			assertThat(Footprint.now().since(this.before, Set.of()))
				.anySatisfy((left) -> assertThat(left).startsWith("process ").contains("sleep"));
		}
		finally {
			process.destroyForcibly().waitFor();
		}
		assertLeft();
	}

	@Test
	void clusterIsFoundUnlessItMayStay() {
		try (PostgresCluster cluster = PostgresCluster.builder().replicas(1).start()) {
			assertThat(cluster.primary().isRunning()).isTrue();
			cluster.closeSessions();
			Footprint now = Footprint.now();
			Set<String> folders = now.folders();
			assertThat(now.since(this.before, Set.of())).filteredOn((left) -> left.startsWith("process "))
				.hasSizeGreaterThan(1);
			assertThat(now.since(this.before, Set.of())).anySatisfy((left) -> assertThat(left).startsWith("folder "))
				.anySatisfy((left) -> assertThat(left).startsWith("thread embedded-cluster-"));
			assertThat(now.since(this.before, folders)).isEmpty();
		}
		Awaitility.await().untilAsserted(this::assertLeft);
	}

	private void assertLeft(String... expected) {
		assertThat(Footprint.now().since(this.before, Set.of())).containsExactly(expected);
	}

}
