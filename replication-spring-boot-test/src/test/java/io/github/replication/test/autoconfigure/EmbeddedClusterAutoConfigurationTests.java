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

package io.github.replication.test.autoconfigure;

import java.time.Duration;
import java.util.List;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

import io.github.replication.Consistency;
import io.github.replication.Replication;
import io.github.replication.autoconfigure.ReplicationAutoConfiguration;
import io.github.replication.autoconfigure.ReplicationConnectionDetails;
import io.github.replication.jdbc.ReplicationDataSource;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

class EmbeddedClusterAutoConfigurationTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(EmbeddedClusterAutoConfiguration.class,
				DataSourceAutoConfiguration.class, ReplicationAutoConfiguration.class));

	@Test
	void propertyStartsAClusterThatEndsWithTheApplication() {
		PostgresCluster[] cluster = new PostgresCluster[1];
		this.runner.withPropertyValues("embedded-cluster.enabled=true", "embedded-cluster.replicas=1")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				cluster[0] = context.getBean(PostgresCluster.class);
				assertThat(cluster[0].replicas()).hasSize(1);
				JdbcTemplate jdbc = new JdbcTemplate(context.getBean(DataSource.class));
				int port = Replication.readOnly(Consistency.SESSION,
						() -> jdbc.queryForObject("SELECT inet_server_port()", Integer.class));
				assertThat(port).isEqualTo(cluster[0].node("replica-1").port());
			});
		assertThat(cluster[0].isOpen()).isFalse();
	}

	@Test
	void applyDelayHoldsReplicasBackOnceTheApplicationHasStarted() {
		this.runner.withUserConfiguration(WritesAtTheStart.class)
			.withPropertyValues("embedded-cluster.enabled=true", "embedded-cluster.apply-delay=1h",
					"replication.read-your-writes.mode=off")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
				jdbc.update("INSERT INTO written VALUES ('later')");
				PostgresCluster cluster = context.getBean(PostgresCluster.class);
				assertThat(read(jdbc)).containsExactly("at the start");
				assertThat(cluster.replicas()).extracting(PostgresNode::applyDelay).containsOnly(Duration.ofHours(1));
				cluster.replicas().forEach((replica) -> replica.applyDelay(Duration.ZERO));
				cluster.awaitReplication();
				assertThat(read(jdbc)).containsExactly("at the start", "later");
			});
	}

	@Test
	void applyDelayLeavesTheServersOfAnEarlierApplicationAsTheyAre() {
		try (PostgresCluster earlier = PostgresCluster.builder().start()) {
			earlier.node("replica-1").stop();
			earlier.node("replica-2").pauseReplay();
			this.runner
				.withInitializer((context) -> context.getBeanFactory().registerSingleton("embeddedCluster", earlier))
				.withPropertyValues("embedded-cluster.enabled=true", "embedded-cluster.apply-delay=1h")
				.run((context) -> assertThat(context).hasNotFailed().getBean(PostgresCluster.class).isSameAs(earlier));
			assertThat(earlier.isOpen()).isTrue();
			assertThat(earlier.replicas()).extracting(PostgresNode::applyDelay).containsOnly(Duration.ZERO);
		}
	}

	private static List<String> read(JdbcTemplate jdbc) {
		return Replication.readOnly(Consistency.EVENTUAL,
				() -> jdbc.queryForList("SELECT at FROM written ORDER BY at", String.class));
	}

	@Test
	void negativeApplyDelayStopsTheStart() {
		this.runner.withPropertyValues("embedded-cluster.enabled=true", "embedded-cluster.apply-delay=-1s")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessage("The delay of the replicas must not be negative, but was PT-1S"));
	}

	@Test
	void clusterWithoutReplicaLeavesTheDataSourceAsItIs() {
		this.runner.withPropertyValues("embedded-cluster.enabled=true", "embedded-cluster.replicas=0")
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(ReplicationConnectionDetails.class)
				.getBean(DataSource.class)
				.isExactlyInstanceOf(HikariDataSource.class));
	}

	@Test
	void configuredDataSourceWinsOverTheProperty() {
		this.runner
			.withPropertyValues("embedded-cluster.enabled=true", "spring.datasource.url=jdbc:postgresql://pg-1/app",
					"replication.replicas.replica-1.url=jdbc:postgresql://pg-2/app")
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(PostgresCluster.class)
				.getBean(DataSource.class)
				.isInstanceOf(ReplicationDataSource.class));
	}

	@Test
	void nothingStartsWithoutTheProperty() {
		this.runner.withPropertyValues("spring.datasource.url=jdbc:postgresql://pg-1/app")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(PostgresCluster.class));
	}

	@Configuration(proxyBeanMethods = false)
	static class WritesAtTheStart {

		@Bean
		JdbcTemplate jdbcTemplate(DataSource dataSource) {
			JdbcTemplate jdbc = new JdbcTemplate(dataSource);
			jdbc.execute("CREATE TABLE written AS SELECT 'at the start' AS at");
			return jdbc;
		}

	}

}
