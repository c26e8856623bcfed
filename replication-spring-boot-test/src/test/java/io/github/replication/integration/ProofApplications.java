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

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.MapPropertySource;

import io.github.replication.test.PostgresCluster;
import io.github.replication.test.proof.ApplicationInstance;
import io.github.replication.test.proof.Instance;
import io.github.replication.test.proof.Proof;
import io.github.replication.test.proof.ProofConfiguration;

/**
 * Two instances of an application that take part in a proof. They differ in what
 * instances may differ in.
 */
final class ProofApplications implements AutoCloseable {

	private final List<ConfigurableApplicationContext> applications = new ArrayList<>();

	private final PostgresCluster cluster;

	private ProofApplications(PostgresCluster cluster) {
		this.cluster = cluster;
	}

	static ProofApplications start(PostgresCluster cluster, Map<String, Object> properties) {
		ProofApplications all = new ProofApplications(cluster);
		all.start(properties, "least-connections", "0ms");
		all.start(properties, "round-robin", "50ms");
		return all;
	}

	private void start(Map<String, Object> properties, String loadBalancer, String wait) {
		Map<String, Object> all = ClusterProperties.ofProof(this.cluster);
		all.put("replication.load-balancer", loadBalancer);
		all.put("replication.read-your-writes.wait", wait);
		all.putAll(properties);
		this.applications.add(new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
			.initializers((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new MapPropertySource("proof", all)))
			.run());
	}

	Proof proof() {
		Instance[] instances = new Instance[this.applications.size()];
		for (int i = 0; i < instances.length; i++) {
			instances[i] = new ApplicationInstance("instance-" + (i + 1), this.applications.get(i));
		}
		return Proof.of(instances).against(this.cluster);
	}

	@Override
	public void close() {
		this.applications.forEach(ConfigurableApplicationContext::close);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(ProofConfiguration.class)
	static class Application {

	}

}
