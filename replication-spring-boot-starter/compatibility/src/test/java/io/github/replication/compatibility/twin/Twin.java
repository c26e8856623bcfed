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

package io.github.replication.compatibility.twin;

import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import io.github.replication.Reason;
import io.github.replication.RouteDecision;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;
import io.github.replication.test.routing.RoutingRecorder;

/**
 * An application that runs without replicas and with them.
 */
public final class Twin {

	private static final Log logger = LogFactory.getLog(Twin.class);

	private final PostgresCluster cluster;

	private final Class<?> application;

	private final String schema;

	private final Map<String, Object> properties;

	private final RoutingRecorder recorder = new RoutingRecorder();

	/**
	 * Creates a twin.
	 * @param cluster the servers
	 * @param application the configuration of the application
	 * @param schema the statements that create what it needs, with the name of its schema
	 * as {@code %1$s}
	 * @param properties its properties
	 */
	public Twin(PostgresCluster cluster, Class<?> application, String schema, Map<String, Object> properties) {
		this.cluster = cluster;
		this.application = application;
		this.schema = schema;
		this.properties = properties;
	}

	/**
	 * Records the decisions made while it is open.
	 * @return the recording
	 */
	public RoutingRecorder.Recording record() {
		return this.recorder.start();
	}

	/**
	 * Returns what the application answers on the primary alone.
	 * @param requests a method and a path each
	 * @return what is answered to each
	 */
	public List<String> answersWithoutReplicas(List<String> requests) throws Exception {
		try (ConfigurableApplicationContext started = start("without", Map.of("replication.enabled", false))) {
			return answers(started, requests);
		}
	}

	/**
	 * Starts the application with its replicas.
	 * @param more further properties
	 * @return its context
	 */
	public ConfigurableApplicationContext startWithReplicas(Map<String, Object> more) {
		Map<String, Object> properties = new LinkedHashMap<>(more);
		for (PostgresNode replica : this.cluster.replicas()) {
			properties.put("replication.replicas." + replica.name() + ".url", in("with_replicas", replica));
		}
		return start("with_replicas", properties);
	}

	private ConfigurableApplicationContext start(String schema, Map<String, Object> more) {
		JdbcClient
			.create(new DriverManagerDataSource(this.cluster.primary().directUrl(), this.cluster.username(),
					this.cluster.password()))
			.sql(this.schema.formatted(schema))
			.update();
		this.cluster.awaitReplication();
		Map<String, Object> properties = new LinkedHashMap<>(this.properties);
		properties.put("server.port", "0");
		properties.put("spring.main.banner-mode", "off");
		properties.put("spring.jpa.hibernate.ddl-auto", "none");
		properties.put("spring.datasource.url", in(schema, this.cluster.primary()));
		properties.put("spring.datasource.username", this.cluster.username());
		properties.put("spring.datasource.password", this.cluster.password());
		properties.put("twin.schema", schema);
		properties.putAll(more);
		return new SpringApplicationBuilder(this.application).initializers((context) -> {
			context.getEnvironment().getPropertySources().addFirst(new MapPropertySource("twin", properties));
			context.getBeanFactory().registerSingleton("recorder", this.recorder);
		}).run();
	}

	private static String in(String schema, PostgresNode node) {
		return node.jdbcUrl() + (node.jdbcUrl().contains("?") ? "&" : "?") + "currentSchema=" + schema;
	}

	/**
	 * Sends requests one after the other, as one visitor with cookies does.
	 * @param application the application
	 * @param requests a method and a path each
	 * @return what was answered to each
	 */
	public static List<String> answers(ConfigurableApplicationContext application, List<String> requests)
			throws Exception {
		HttpClient http = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
		String port = application.getEnvironment().getRequiredProperty("local.server.port");
		List<String> answers = new ArrayList<>();
		for (String request : requests) {
			String[] parts = request.split(" ");
			HttpResponse<String> response = http
				.send(HttpRequest.newBuilder(URI.create("http://localhost:" + port + parts[1]))
					.method(parts[0], BodyPublishers.noBody())
					.build(), BodyHandlers.ofString());
			answers.add(request + " -> " + response.statusCode() + " " + response.body());
		}
		return answers;
	}

	/**
	 * Logs which share of the reads has run on replicas.
	 * @param name the name of the application
	 * @param decisions its decisions
	 */
	public static void report(String name, List<RouteDecision> decisions) {
		long replicas = decisions.stream().filter((decision) -> decision.reason() == Reason.READ_ONLY).count();
		long writes = decisions.stream().filter((decision) -> decision.reason() == Reason.READ_WRITE).count();
		logger.info("Units of work of " + name + ": " + replicas + " of " + (decisions.size() - writes)
				+ " that are not read-write ran on replicas");
	}

}
