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

package io.github.replication.compatibility.integrations;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.Driver;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobExecutionContext;
import org.quartz.Trigger;
import org.quartz.TriggerBuilder;

import org.springframework.batch.core.repository.JobRepository;
import org.springframework.batch.core.step.builder.StepBuilder;
import org.springframework.batch.infrastructure.repeat.RepeatStatus;
import org.springframework.boot.flyway.autoconfigure.FlywayDataSource;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;
import org.springframework.transaction.PlatformTransactionManager;

import io.github.replication.Consistency;
import io.github.replication.Replication;
import io.github.replication.RouteDecision;
import io.github.replication.compatibility.integrations.Application.Feature;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Code that runs on its own while an application starts works on the primary: the
 * replicas see nothing of it, and would find nothing.
 */
@EmbeddedCluster(dedicated = true)
@Tag("long")
class StartupTests {

	private PostgresCluster cluster;

	@BeforeEach
	void pause(PostgresCluster cluster) {
		this.cluster = cluster;
		cluster.replicas().forEach(PostgresNode::pauseReplay);
	}

	@AfterEach
	void reset() {
		this.cluster.reset();
	}

	@Test
	void flywayMigratesThePrimary() {
		try (Application application = start(Application.on(this.cluster)
			.with(Feature.FLYWAY)
			.with("spring.flyway.locations", "classpath:migration")
			.with("spring.flyway.baseline-on-migrate", "true")
			.with("spring.flyway.baseline-version", "0"))) {
			assertThat(application.jdbc().queryForObject("SELECT count(*) FROM migrated_article", Integer.class))
				.isZero();
			application.jdbc().execute("DROP TABLE migrated_article, flyway_schema_history");
		}
	}

	@Test
	void flywayMigratesThePrimaryAsAnotherUser() throws Exception {
		admin("CREATE ROLE migrator LOGIN PASSWORD 'migrates'", "GRANT ALL ON SCHEMA public TO migrator");
		try (Application application = Application.on(this.cluster)
			.with(Feature.FLYWAY)
			.with("spring.flyway.locations", "classpath:migration")
			.with("spring.flyway.baseline-on-migrate", "true")
			.with("spring.flyway.baseline-version", "0")
			.with("spring.flyway.user", "migrator")
			.with("spring.flyway.password", "migrates")
			.start()) {
			assertThat(application.jdbc()
				.queryForObject("SELECT tableowner FROM pg_tables WHERE tablename = 'migrated_article'", String.class))
				.isEqualTo("migrator");
			assertThat(application.startDecisions()).as("a connection of its own").isEmpty();
			assertThat(isSeenByReads(application)).isTrue();
		}
		admin("DROP TABLE migrated_article, flyway_schema_history");
	}

	@Test
	void migrationOnADataSourceOfItsOwnIsSeenByReads() throws Exception {
		try (Application application = Application.on(this.cluster)
			.with(Feature.FLYWAY)
			.with("spring.flyway.locations", "classpath:migration")
			.with("spring.flyway.baseline-on-migrate", "true")
			.with("spring.flyway.baseline-version", "0")
			.start(OwnerConfig.class)) {
			assertThat(application.startDecisions()).as("a connection of its own").isEmpty();
			assertThat(isSeenByReads(application)).isTrue();
		}
		admin("DROP TABLE migrated_article, flyway_schema_history");
	}

	/**
	 * Not retried elsewhere, as a method with {@code @ReadOnly} would be.
	 */
	private static boolean isSeenByReads(Application application) {
		return Replication.readOnly(Consistency.SESSION, () -> application.jdbc()
			.queryForObject("SELECT count(*) FROM pg_tables WHERE tablename = 'migrated_article'", Integer.class)) == 1;
	}

	@Test
	void liquibaseChangesThePrimary() {
		try (Application application = start(Application.on(this.cluster)
			.with(Feature.LIQUIBASE)
			.with("spring.liquibase.change-log", "classpath:changelog.sql"))) {
			assertThat(application.jdbc().queryForObject("SELECT count(*) FROM changed_article", Integer.class))
				.isZero();
		}
	}

	@Test
	void scriptsRunOnThePrimary() {
		try (Application application = start(Application.on(this.cluster)
			.with("spring.sql.init.mode", "always")
			.with("spring.sql.init.schema-locations", "classpath:scripted.sql"))) {
			assertThat(application.jdbc().queryForObject("SELECT count(*) FROM scripted_article", Integer.class))
				.isZero();
		}
	}

	@Test
	void batchKeepsItsRecordsOnThePrimary() {
		try (Application application = start(
				Application.on(this.cluster).with(Feature.BATCH).with("spring.batch.jdbc.initialize-schema", "always"),
				BatchConfig.class)) {
			assertThat(application.jdbc().queryForList("SELECT status FROM batch_job_execution", String.class))
				.containsExactly("COMPLETED");
		}
	}

	@Test
	void quartzKeepsItsJobsOnThePrimary() throws Exception {
		try (Application application = start(Application.on(this.cluster)
			.with(Feature.QUARTZ)
			.with("spring.quartz.job-store-type", "jdbc")
			.with("spring.quartz.jdbc.initialize-schema", "always")
			.with("spring.quartz.wait-for-jobs-to-complete-on-shutdown", "true")
			.with("spring.quartz.properties.org.quartz.jobStore.driverDelegateClass",
					"org.quartz.impl.jdbcjobstore.PostgreSQLDelegate"),
				QuartzConfig.class)) {
			assertThat(CountingJob.done.await(20, TimeUnit.SECONDS)).isTrue();
			assertThat(application.jdbc().queryForObject("SELECT count(*) FROM qrtz_job_details", Integer.class))
				.isOne();
		}
	}

	private static Application start(Application.Builder builder, Class<?>... sources) {
		Application application = builder.start(sources);
		assertThat(application.startDecisions()).isNotEmpty().noneMatch(RouteDecision::isReplica);
		return application;
	}

	private void admin(String... statements) throws SQLException {
		try (Connection connection = this.cluster.primary().adminConnection();
				Statement statement = connection.createStatement()) {
			for (String sql : statements) {
				statement.execute(sql);
			}
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class OwnerConfig {

		@Bean(defaultCandidate = false)
		@FlywayDataSource
		SimpleDriverDataSource owner(JdbcConnectionDetails details) {
			return new SimpleDriverDataSource(new Driver(), details.getJdbcUrl(), details.getUsername(),
					details.getPassword());
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class BatchConfig {

		@Bean
		org.springframework.batch.core.job.Job countArticles(JobRepository repository,
				PlatformTransactionManager transactions, JdbcTemplate jdbc) {
			return new org.springframework.batch.core.job.builder.JobBuilder("count-articles", repository)
				.start(new StepBuilder("count", repository).tasklet((contribution, chunk) -> {
					jdbc.queryForObject("SELECT count(*) FROM pg_class", Integer.class);
					return RepeatStatus.FINISHED;
				}, transactions).build())
				.build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class QuartzConfig {

		@Bean
		JobDetail counting() {
			return JobBuilder.newJob(CountingJob.class).withIdentity("counting").storeDurably().build();
		}

		@Bean
		Trigger now(JobDetail counting) {
			return TriggerBuilder.newTrigger().forJob(counting).withIdentity("now").startNow().build();
		}

	}

	public static class CountingJob implements Job {

		static final CountDownLatch done = new CountDownLatch(1);

		@Override
		public void execute(JobExecutionContext context) {
			done.countDown();
		}

	}

}
