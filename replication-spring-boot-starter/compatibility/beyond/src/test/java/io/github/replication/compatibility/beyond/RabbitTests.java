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

package io.github.replication.compatibility.beyond;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.DisabledIf;

import org.springframework.amqp.core.Queue;
import org.springframework.amqp.rabbit.annotation.RabbitListener;
import org.springframework.amqp.rabbit.core.RabbitTemplate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.FileSystemUtils;

/**
 * Messages of RabbitMQ, by the broker of the distribution.
 */
@DisabledIf(value = "isMissing", disabledReason = "no rabbitmq-server is installed")
@Tag("long")
class RabbitTests extends MessageContract {

	private static final Path PROGRAM = Path.of("/usr/lib/rabbitmq/bin/rabbitmq-server");

	private final Path folder;

	private final int port;

	/**
	 * Erlang's, which the broker would start and leave behind.
	 */
	private final Process portMapper;

	private final Process broker;

	private final Thread hook = new Thread(this::kill, "rabbitmq-shutdown");

	RabbitTests() throws IOException {
		this.folder = Files.createTempDirectory("rabbitmq");
		this.port = freePort();
		String mapperPort = Integer.toString(freePort());
		this.portMapper = new ProcessBuilder("epmd", "-port", mapperPort, "-address", "127.0.0.1")
			.redirectErrorStream(true)
			.redirectOutput(Redirect.DISCARD)
			.start();
		Path configuration = Files.writeString(this.folder.resolve("rabbitmq.conf"),
				"listeners.tcp.1 = 127.0.0.1:" + this.port + "\n");
		Path log = this.folder.resolve("broker.log");
		ProcessBuilder builder = new ProcessBuilder(PROGRAM.toString()).redirectErrorStream(true)
			.redirectOutput(log.toFile());
		builder.environment()
			.putAll(Map.of("RABBITMQ_NODENAME", "test" + this.port + "@localhost", "RABBITMQ_CONFIG_FILE",
					configuration.toString(), "RABBITMQ_MNESIA_BASE", this.folder.toString(), "RABBITMQ_LOG_BASE",
					this.folder.toString(), "RABBITMQ_DIST_PORT", Integer.toString(freePort()), "HOME",
					this.folder.toString(), "RABBITMQ_ENABLED_PLUGINS_FILE",
					this.folder.resolve("enabled_plugins").toString(), "ERL_EPMD_ADDRESS", "127.0.0.1", "ERL_EPMD_PORT",
					mapperPort, "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}"));
		this.broker = builder.start();
		Runtime.getRuntime().addShutdownHook(this.hook);
		Awaitility.await()
			.atMost(Duration.ofMinutes(1))
			.until(() -> !this.broker.isAlive() || Files.readString(log).contains("Starting broker... completed"));
		Assumptions.assumeTrue(this.broker.isAlive(), () -> "rabbitmq-server does not start, see " + log);
	}

	static boolean isMissing() {
		return !Files.isExecutable(PROGRAM);
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
			return socket.getLocalPort();
		}
	}

	@AfterAll
	void stopBroker() throws IOException {
		Runtime.getRuntime().removeShutdownHook(this.hook);
		kill();
		FileSystemUtils.deleteRecursively(this.folder);
	}

	private void kill() {
		try {
			List<ProcessHandle> children = this.broker.descendants().toList();
			children.forEach(ProcessHandle::destroyForcibly);
			CompletableFuture.allOf(children.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
				.get(10, TimeUnit.SECONDS);
			this.broker.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
			this.portMapper.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
		}
		catch (ExecutionException | TimeoutException ex) {
			throw new IllegalStateException("The broker does not end", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Override
	Application.Builder connect(Application.Builder builder) {
		return builder.with("spring.rabbitmq.port", this.port).with("spring.kafka.listener.auto-startup", "false");
	}

	@Override
	Class<?> listeners() {
		return Listeners.class;
	}

	@Override
	void send(Application application, long id) {
		application.bean(RabbitTemplate.class).convertAndSend("orders", Long.toString(id));
	}

	@Configuration(proxyBeanMethods = false)
	static class Listeners {

		@Bean
		Queue queue() {
			return new Queue("orders");
		}

		@Bean
		Listener listener(Orders orders) {
			return new Listener(orders);
		}

	}

	static class Listener {

		private final Orders orders;

		Listener(Orders orders) {
			this.orders = orders;
		}

		@RabbitListener(queues = "orders")
		void handle(String id) {
			this.orders.handled(this.orders.find(Long.parseLong(id)));
		}

	}

}
