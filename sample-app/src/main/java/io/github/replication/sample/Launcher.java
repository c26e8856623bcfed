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

package io.github.replication.sample;

import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;

import io.github.replication.test.PostgresCluster;

/**
 * Starts the newsroom, and starts it again with other properties on the same servers,
 * which run until the JVM ends. Safe for use by several threads.
 */
class Launcher {

	private static final String SERVERS = "embeddedCluster";

	private final String[] arguments;

	/**
	 * The properties that come before all others.
	 */
	private Map<String, Object> properties = Map.of();

	private @Nullable ConfigurableApplicationContext context;

	private @Nullable PostgresCluster servers;

	private final LeverMemory levers = new LeverMemory();

	Launcher(String... arguments) {
		this.arguments = arguments.clone();
	}

	LeverMemory levers() {
		return this.levers;
	}

	/**
	 * Starts the newsroom.
	 * @return its context
	 */
	synchronized ConfigurableApplicationContext start() {
		ConfigurableApplicationContext context = run();
		this.servers = context.getBeanProvider(PostgresCluster.class).getIfAvailable();
		if (this.servers != null) {
			SpringApplication.getShutdownHandlers().add(this.servers::close);
		}
		return context;
	}

	/**
	 * Starts the newsroom again, at the same port, with read-your-writes of another mode.
	 * Returns at once.
	 */
	void startAgain(String mode) {
		Thread thread = new Thread(() -> replace(mode), "newsroom-start");
		// A request's thread would hand on its own: no reason for the JVM to live, and a
		// class loader that ends with the context.
		thread.setDaemon(false);
		thread.setContextClassLoader(Launcher.class.getClassLoader());
		thread.start();
	}

	private synchronized void replace(String mode) {
		ConfigurableApplicationContext context = this.context;
		if (context == null || !context.isActive()) {
			return;
		}
		Map<String, Object> properties = new HashMap<>();
		properties.put("server.port", context.getEnvironment().getRequiredProperty("local.server.port"));
		properties.put("replication.read-your-writes.mode", mode);
		if (this.servers != null) {
			// A promotion may have made another one the primary.
			properties.put("replication.primary.name", this.servers.primary().name());
		}
		this.properties = Map.copyOf(properties);
		context.close();
		run();
	}

	private ConfigurableApplicationContext run() {
		SpringApplication application = new SpringApplication(NewsroomApplication.class);
		application.setMainApplicationClass(NewsroomApplication.class);
		application.addInitializers(this::prepare);
		ConfigurableApplicationContext context = application.run(this.arguments);
		this.context = context;
		return context;
	}

	private void prepare(ConfigurableApplicationContext context) {
		context.getEnvironment()
			.getPropertySources()
			.addFirst(new MapPropertySource("newsroom-start", this.properties));
		ConfigurableListableBeanFactory beans = context.getBeanFactory();
		beans.registerSingleton("launcher", this);
		if (this.servers != null) {
			beans.registerSingleton(SERVERS, this.servers);
		}
		context.addBeanFactoryPostProcessor(Launcher::keepServers);
	}

	/**
	 * The servers outlive the context.
	 */
	private static void keepServers(ConfigurableListableBeanFactory beans) {
		if (beans.containsBeanDefinition(SERVERS)
				&& beans.getBeanDefinition(SERVERS) instanceof AbstractBeanDefinition definition) {
			definition.setDestroyMethodName("");
		}
	}

	/**
	 * Ends the newsroom and its servers.
	 */
	synchronized void close() {
		if (this.context != null) {
			this.context.close();
		}
		if (this.servers != null) {
			this.servers.close();
		}
	}

}
