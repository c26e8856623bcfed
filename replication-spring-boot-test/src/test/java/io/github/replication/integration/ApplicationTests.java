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

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.annotation.Id;
import org.springframework.data.jdbc.repository.config.EnableJdbcRepositories;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.data.relational.core.mapping.Table;
import org.springframework.data.repository.CrudRepository;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import io.github.replication.Consistency;
import io.github.replication.PoolKind;
import io.github.replication.ReadOnly;
import io.github.replication.Reason;
import io.github.replication.RouteDecision;
import io.github.replication.jdbc.ConnectionPreparer;
import io.github.replication.node.ReplicaPoolCustomizer;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What real applications do to a data source.
 */
@EmbeddedCluster
class ApplicationTests {

	private PostgresCluster cluster;

	@BeforeEach
	void remember(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
	}

	@AfterEach
	void restore() {
		this.cluster.nodes().forEach((node) -> node.proxy().restore());
	}

	@Test
	void withoutReplicaTheDataSourceIsTheApplicationsOwn() {
		TestApplication.Builder builder = TestApplication.on(this.cluster);
		this.cluster.replicas()
			.forEach((replica) -> builder.without("replication.replicas." + replica.name() + ".url"));
		try (TestApplication application = builder.withoutJpa().start()) {
			assertThat(application.bean(DataSource.class)).isExactlyInstanceOf(HikariDataSource.class);
			assertThat(readOnly(application).byReplica()).isFalse();
			assertThat(application.decisions().all()).isEmpty();
		}
	}

	@Test
	void wrapperThatReadsMetadataOnEveryConnectionDecidesNothing() {
		try (TestApplication application = TestApplication.on(this.cluster).withoutJpa().start(MetadataReader.class)) {
			Wrapper wrapper = (Wrapper) application.bean(DataSource.class);
			wrapper.seen.clear();
			application.decisions().clear();
			for (int i = 0; i < 5; i++) {
				application.newCaller();
				assertThat(readOnly(application).byReplica()).isTrue();
			}
			assertThat(wrapper.seen).hasSize(5).containsOnly(this.cluster.primary().jdbcUrl());
			assertThat(application.decisions().all()).hasSize(5)
				.allSatisfy((decision) -> assertThat(decision.reason()).isEqualTo(Reason.READ_ONLY));
			assertThat(application.transaction(false).execute((status) -> Served.by(application.jdbc())).readOnly())
				.isFalse();
		}
	}

	@Test
	void wrapperThatReadsMetadataDoesNotWaitForAPrimaryThatIsDown() {
		this.cluster.primary().proxy().refuse();
		try (TestApplication application = TestApplication.on(this.cluster).withoutJpa().start(MetadataReader.class)) {
			for (int i = 0; i < 5; i++) {
				assertThat(readOnly(application).byReplica()).isTrue();
			}
		}
	}

	@Test
	void metadataRowsAreReadWithoutADecision() throws SQLException {
		try (TestApplication application = TestApplication.on(this.cluster).withoutJpa().start();
				Connection connection = application.bean(DataSource.class).getConnection()) {
			application.decisions().clear();
			DatabaseMetaData metadata = connection.getMetaData();
			List<String> tables = new ArrayList<>();
			try (ResultSet rows = metadata.getTables(null, "public", "note", null)) {
				while (rows.next()) {
					tables.add(rows.getString("TABLE_NAME"));
				}
			}
			assertThat(tables).containsExactly("note");
			assertThat(metadata.getConnection()).isSameAs(connection);
			assertThat(metadata.getDatabaseProductName()).isEqualTo("PostgreSQL");
			assertThat(application.decisions().all()).isEmpty();
			connection.setReadOnly(true);
			assertThat(new JdbcTemplate(new SingleConnectionDataSource(connection, true))
				.queryForObject("SELECT pg_is_in_recovery()", Boolean.class)).isTrue();
		}
	}

	@Test
	void statementsAreRoutedByTheirTextWhereAskedFor() throws SQLException {
		try (TestApplication application = TestApplication.on(this.cluster)
			.with("replication.without-transaction", "by-statement")
			.withoutJpa()
			.start()) {
			application.newCaller();
			JdbcTemplate jdbc = application.jdbc();
			assertThat(Served.by(jdbc).byReplica()).isTrue();
			assertThat(application.decisions().lastReason()).isEqualTo(Reason.READ_ONLY);
			jdbc.update("INSERT INTO note VALUES (800, 'a') ON CONFLICT DO NOTHING");
			assertThat(application.decisions().lastReason()).isEqualTo(Reason.STATEMENT);
			assertThat(Served.by(jdbc).byReplica()).isFalse();
			assertThat(application.decisions().lastReason()).isEqualTo(Reason.RECENT_WRITE);
			application.newCaller();
			assertThat(jdbc.queryForObject(
					"SELECT count(*) FROM note WHERE id = 800 FOR UPDATE".replace("count(*)", "id"), Long.class))
				.isEqualTo(800);
			assertThat(application.decisions().lastReason()).isEqualTo(Reason.STATEMENT);
			try (Connection connection = application.bean(DataSource.class).getConnection()) {
				JdbcTemplate held = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
				application.newCaller();
				assertThat(Served.by(held).byReplica()).isTrue();
				held.execute("CREATE TEMPORARY TABLE basket (id int)");
				assertThat(held.queryForObject("SELECT count(*) FROM basket", Integer.class)).isZero();
				assertThat(application.decisions().lastReason()).isEqualTo(Reason.HELD);
			}
		}
	}

	@Test
	void springDataJpaReadsFromReplicasAndWritesToThePrimary() {
		try (TestApplication application = TestApplication.on(this.cluster).start(Jpa.class)) {
			application.newCaller();
			NoteRepository notes = application.bean(NoteRepository.class);
			notes.count();
			assertServedByReplica(application);
			Note saved = notes.save(new Note("a"));
			assertThat(application.decisions().last())
				.satisfies((decision) -> assertThat(decision.pool()).isEqualTo(PoolKind.WRITE));
			assertThat(notes.findById(saved.getId())).isPresent();
			assertThat(application.decisions().lastReason()).isEqualTo(Reason.RECENT_WRITE);
			this.cluster.awaitReplication();
			application.newCaller();
			assertThat(notes.findById(saved.getId())).isPresent();
			assertServedByReplica(application);
		}
	}

	@Test
	void springDataJdbcReadsFromReplicasAndWritesToThePrimary() {
		try (TestApplication application = TestApplication.on(this.cluster).withoutJpa().start(Jdbc.class)) {
			application.newCaller();
			TextRepository texts = application.bean(TextRepository.class);
			texts.count();
			assertServedByReplica(application);
			application.jdbc().update("INSERT INTO note VALUES (900, 'a') ON CONFLICT (id) DO NOTHING");
			texts.save(new Text(900L, "b"));
			assertThat(application.decisions().lastReason()).isEqualTo(Reason.READ_WRITE);
			assertThat(texts.findById(900L)).contains(new Text(900L, "b"));
			assertThat(application.decisions().lastReason()).isEqualTo(Reason.RECENT_WRITE);
			this.cluster.awaitReplication();
			application.newCaller();
			assertThat(texts.findById(900L)).contains(new Text(900L, "b"));
			assertServedByReplica(application);
		}
	}

	@Test
	void annotationOnARepositoryCounts() {
		try (TestApplication application = TestApplication.on(this.cluster).withoutJpa().start(Jdbc.class)) {
			application.newCaller();
			application.bean(StrongRepository.class).count();
			assertThat(application.decisions().last())
				.satisfies((decision) -> assertThat(decision.reason()).isEqualTo(Reason.STRONG));
		}
	}

	@Test
	void preparerIsCalledOnEveryNodeBeforeTheFirstStatement() {
		try (TestApplication application = TestApplication.on(this.cluster).withoutJpa().start(Preparing.class)) {
			application.newCaller();
			Set<String> nodes = new HashSet<>();
			for (int i = 0; i < 6; i++) {
				nodes.add(application.transaction(true).execute((status) -> tenantAndNode(application.jdbc())));
			}
			nodes.add(application.transaction(false).execute((status) -> tenantAndNode(application.jdbc())));
			assertThat(nodes).containsExactlyInAnyOrder("replica-1 on replica-1", "replica-2 on replica-2",
					"primary on primary");
		}
	}

	@Test
	void poolsAreNamedAfterTheirNodesAndCustomized() {
		try (TestApplication application = TestApplication.on(this.cluster).withoutJpa().start(Customizing.class)) {
			readOnly(application.awaitQuiet());
			assertThat(application.bean(Customizing.class).seen).containsExactlyInAnyOrder("replica-1:replica-1",
					"replica-2:replica-2", "primary:primary-read");
			Awaitility.await()
				.untilAsserted(() -> assertThat(application.jdbc()
					.queryForObject("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'customized'",
							Integer.class))
					.as("connections to the primary: none but that of the probe")
					.isLessThanOrEqualTo(1));
			String applicationName = application.transaction(true)
				.execute((status) -> application.jdbc()
					.queryForObject("SELECT current_setting('application_name')", String.class));
			assertThat(applicationName).isEqualTo("customized");
		}
	}

	@Test
	void groupsZonesAndWeightsDecideWhoServes() {
		try (TestApplication application = TestApplication.on(this.cluster)
			.with("replication.replicas.replica-1.group", "reports")
			.withoutJpa()
			.start(Grouped.class)) {
			assertThat(nodesOf(application, 6)).containsExactly("replica-2");
			assertThat(application.bean(Reports.class).find().node()).isEqualTo("replica-1");
		}
		try (TestApplication application = TestApplication.on(this.cluster)
			.with("replication.zone", "b")
			.with("replication.replicas.replica-1.zone", "a")
			.with("replication.replicas.replica-2.zone", "b")
			.withoutJpa()
			.start()) {
			assertThat(nodesOf(application, 6)).containsExactly("replica-2");
			this.cluster.node("replica-2").proxy().refuse();
			this.cluster.node("replica-2").proxy().resetConnections();
			Awaitility.await().ignoreExceptions().until(() -> readOnly(application).node().equals("replica-1"));
			this.cluster.node("replica-2").proxy().restore();
		}
		try (TestApplication application = TestApplication.on(this.cluster)
			.with("replication.replicas.replica-1.weight", "0")
			.withoutJpa()
			.start()) {
			assertThat(nodesOf(application, 6)).containsExactly("replica-2");
		}
	}

	@Test
	void eachLoadBalancerUsesEveryReplica() {
		for (String balancer : List.of("least-connections", "round-robin", "random")) {
			try (TestApplication application = TestApplication.on(this.cluster)
				.with("replication.load-balancer", balancer)
				.withoutJpa()
				.start()) {
				assertThat(nodesOf(application, 40)).containsExactlyInAnyOrder("replica-1", "replica-2");
			}
		}
	}

	@Test
	void connectionPoolsAreClosedWithTheApplication() throws SQLException {
		String name = "closing";
		try (TestApplication application = TestApplication.on(this.cluster)
			.with("spring.datasource.hikari.data-source-properties.ApplicationName", name)
			.withoutJpa()
			.start()) {
			nodesOf(application, 4);
			assertThat(connections(name)).isPositive();
		}
		Awaitility.await().until(() -> connections(name) == 0);
	}

	private int connections(String applicationName) throws SQLException {
		int connections = 0;
		for (PostgresNode node : this.cluster.nodes()) {
			try (Connection connection = node.adminConnection();
					PreparedStatement statement = connection
						.prepareStatement("SELECT count(*) FROM pg_stat_activity WHERE application_name = ?")) {
				statement.setString(1, applicationName);
				try (ResultSet rows = statement.executeQuery()) {
					rows.next();
					connections += rows.getInt(1);
				}
			}
		}
		return connections;
	}

	private static Set<String> nodesOf(TestApplication application, int reads) {
		Set<String> nodes = new HashSet<>();
		for (int i = 0; i < reads; i++) {
			nodes.add(readOnly(application).node());
		}
		return nodes;
	}

	private static String tenantAndNode(JdbcTemplate jdbc) {
		return jdbc.queryForObject("SELECT current_setting('app.tenant') || ' on ' || current_setting('cluster_name')",
				String.class);
	}

	private void assertServedByReplica(TestApplication application) {
		RouteDecision last = application.decisions().last();
		assertThat(last.isReplica()).as("%s", last).isTrue();
	}

	private static Served readOnly(TestApplication application) {
		application.newCallerIfReplicated();
		return application.transaction(true).execute((status) -> Served.by(application.jdbc()));
	}

	@Configuration(proxyBeanMethods = false)
	static class MetadataReader {

		@Bean
		static BeanPostProcessor wrapper() {
			return new BeanPostProcessor() {

				@Override
				public Object postProcessAfterInitialization(Object bean, String beanName) {
					return (bean instanceof DataSource dataSource) ? new Wrapper(dataSource) : bean;
				}

			};
		}

	}

	static class Wrapper extends DelegatingDataSource {

		private final List<String> seen = new ArrayList<>();

		Wrapper(DataSource target) {
			super(target);
		}

		@Override
		public Connection getConnection() throws SQLException {
			Connection connection = super.getConnection();
			this.seen.add(connection.getMetaData().getURL());
			return connection;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Preparing {

		@Bean
		ConnectionPreparer tenant() {
			return (connection, decision) -> {
				try (PreparedStatement statement = connection
					.prepareStatement("SELECT set_config('app.tenant', ?, false)")) {
					statement.setString(1, decision.node());
					statement.execute();
				}
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Customizing {

		private final List<String> seen = new ArrayList<>();

		@Bean
		ReplicaPoolCustomizer customizer() {
			return (node, config) -> {
				this.seen.add(node + ":" + config.getPoolName());
				config.addDataSourceProperty("ApplicationName", "customized");
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Grouped {

		@Bean
		Reports reports(JdbcTemplate jdbc) {
			return new Reports(jdbc);
		}

	}

	static class Reports {

		private final JdbcTemplate jdbc;

		Reports(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		@ReadOnly(group = "reports")
		public Served find() {
			return Served.by(this.jdbc);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EntityScan(basePackageClasses = Note.class)
	@EnableJpaRepositories(basePackageClasses = NoteRepository.class)
	static class Jpa {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableJdbcRepositories(basePackageClasses = ApplicationTests.class, considerNestedRepositories = true)
	static class Jdbc {

	}

	@Table("note")
	record Text(@Id Long id, String text) {

	}

	interface TextRepository extends CrudRepository<Text, Long> {

	}

	@ReadOnly(consistency = Consistency.STRONG)
	interface StrongRepository extends CrudRepository<Text, Long> {

	}

}
