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

import java.util.Objects;

import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.annotation.DirtiesContext.HierarchyMode;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.TestContextManager;
import org.springframework.transaction.annotation.Transactional;

import io.github.replication.PoolKind;
import io.github.replication.ReadOnly;
import io.github.replication.Reason;
import io.github.replication.test.SharedClusters.Key;
import io.github.replication.test.routing.RoutingRecorder;

import static io.github.replication.test.routing.RoutingAssertions.assertThatRouting;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application under test on the cluster of its test class. Its pools would go on
 * opening connections to the shared cluster if its context were kept.
 */
@DirtiesContext
@EmbeddedCluster
@SpringBootTest(classes = EmbeddedClusterSpringTests.Application.class)
class EmbeddedClusterSpringTests {

	@Autowired
	private Ports ports;

	@Autowired
	private RoutingRecorder recorder;

	@Autowired
	private PostgresCluster bean;

	@Test
	void applicationRunsOnTheClusterOfTheTest(PostgresCluster cluster) {
		assertThat(this.bean).isSameAs(cluster);
		assertThat(this.ports.read()).isIn(cluster.replicas().stream().map(PostgresNode::port).toList());
		assertThat(this.ports.write()).isEqualTo(cluster.primary().port());
	}

	@Test
	void routingOfABlockIsAsserted() {
		assertThatRouting(this.recorder, () -> this.ports.write()).isServedByPrimary()
			.isServedBy("primary")
			.hasReason(Reason.READ_WRITE)
			.usesPool(PoolKind.WRITE)
			.hasDecisions(1);
		assertThatRouting(this.recorder, () -> this.ports.none()).isNotRouted();
	}

	@Test
	void applicationLivesAsLongAsItsClusterAndNoLonger() {
		Key key = Objects.requireNonNull(Key.of(OnAnotherCluster.class));
		SharedClusters.enter(key);
		ConfigurableApplicationContext first = application();
		SharedClusters.leave(key);
		SharedClusters.enter(key);
		assertThat(application()).as("application on the cluster that was reset").isSameAs(first);
		SharedClusters.get(key).close();
		SharedClusters.leave(key);
		assertThat(first.isActive()).as("is there for the end of its class").isTrue();
		SharedClusters.enter(key);
		try {
			assertThat(first.isActive()).isFalse();
			ConfigurableApplicationContext second = application();
			assertThat(second.getBean(PostgresCluster.class)).isSameAs(SharedClusters.get(key));
			assertThat(second.getBean(Ports.class).write()).isEqualTo(SharedClusters.get(key).primary().port());
		}
		finally {
			new TestContextManager(OnAnotherCluster.class).getTestContext()
				.markApplicationContextDirty(HierarchyMode.EXHAUSTIVE);
			SharedClusters.get(key).close();
			SharedClusters.leave(key);
		}
	}

	private static ConfigurableApplicationContext application() {
		return (ConfigurableApplicationContext) new TestContextManager(OnAnotherCluster.class).getTestContext()
			.getApplicationContext();
	}

	@EmbeddedCluster(replicas = 1, settings = "application_name=another")
	@SpringBootTest(classes = Application.class)
	static class OnAnotherCluster {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		Ports ports(JdbcTemplate jdbc) {
			return new Ports(jdbc);
		}

	}

	static class Ports {

		private final JdbcTemplate jdbc;

		Ports(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		@ReadOnly
		public int read() {
			return port();
		}

		@Transactional
		public int write() {
			return port();
		}

		@ReadOnly
		public int none() {
			return 0;
		}

		private int port() {
			return this.jdbc.queryForObject("SELECT inet_server_port()", Integer.class);
		}

	}

}
