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

import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Ports}.
 */
class PortsTests {

	private static final int MANY = 150;

	@Test
	void portsAreFreeAndDifferFromEachOther() throws Exception {
		Set<Integer> ports = new HashSet<>();
		List<Ports> taken = take(MANY);
		try {
			for (Ports pair : taken) {
				assertThat(ports.add(pair.server())).isTrue();
				assertThat(ports.add(pair.proxy())).isTrue();
				Ports.listen(pair.server()).close();
			}
		}
		finally {
			taken.forEach(Ports::giveBack);
		}
	}

	@Test
	void portOnWhichSomebodyListensIsPassedOver() throws Exception {
		Ports ports = Ports.take();
		ports.giveBack();
		try (ServerSocket stranger = Ports.listen(ports.server())) {
			List<Ports> taken = take(MANY);
			taken.forEach(Ports::giveBack);
			assertThat(taken).noneMatch((pair) -> pair.server() == stranger.getLocalPort())
				.noneMatch((pair) -> pair.proxy() == stranger.getLocalPort());
		}
	}

	@Test
	void anotherJvmTakesPortsOfOtherBlocks() throws Exception {
		Ports own = Ports.take();
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
				System.getProperty("java.class.path"), PortsOfAnotherJvm.class.getName())
			.redirectErrorStream(true)
			.start();
		String output = new String(process.getInputStream().readAllBytes()).trim();
		own.giveBack();
		assertThat(process.waitFor()).as(output).isZero();
		assertThat(output.lines().map(Integer::valueOf).map(PortsTests::block)).isNotEmpty()
			.doesNotContain(block(own.server()));
	}

	private static int block(int port) {
		return port / Ports.BLOCK_SIZE;
	}

	private static List<Ports> take(int count) {
		List<Ports> taken = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			taken.add(Ports.take());
		}
		return taken;
	}

	/**
	 * Takes ports, while the JVM of the test has its own.
	 */
	static final class PortsOfAnotherJvm {

		private PortsOfAnotherJvm() {
		}

		public static void main(String[] args) {
			take(MANY).forEach((ports) -> System.out.println(ports.server()));
		}

	}

}
