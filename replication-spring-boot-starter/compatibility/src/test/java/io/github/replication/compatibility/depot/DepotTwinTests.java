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

package io.github.replication.compatibility.depot;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

import javax.sql.DataSource;

import net.javacrumbs.shedlock.core.LockProvider;
import net.javacrumbs.shedlock.provider.jdbctemplate.JdbcTemplateLockProvider;
import net.javacrumbs.shedlock.spring.annotation.EnableSchedulerLock;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.batch.core.configuration.annotation.StepScope;
import org.springframework.batch.core.job.Job;
import org.springframework.batch.core.job.builder.JobBuilder;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.batch.core.step.builder.StepBuilder;
import org.springframework.batch.infrastructure.item.database.JdbcBatchItemWriter;
import org.springframework.batch.infrastructure.item.database.JdbcCursorItemReader;
import org.springframework.batch.infrastructure.item.database.builder.JdbcBatchItemWriterBuilder;
import org.springframework.batch.infrastructure.item.database.builder.JdbcCursorItemReaderBuilder;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.data.domain.AuditorAware;
import org.springframework.data.jdbc.repository.config.EnableJdbcAuditing;
import org.springframework.data.jdbc.repository.config.EnableJdbcRepositories;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.annotation.EnableScheduling;

import io.github.replication.Reason;
import io.github.replication.RouteDecision;
import io.github.replication.compatibility.twin.Twin;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.routing.RoutingRecorder;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The depot answers with replicas as it does without, request by request.
 */
@EmbeddedCluster
@Tag("long")
class DepotTwinTests {

	private static final String SCHEMA = """
			DROP SCHEMA IF EXISTS %1$s CASCADE;
			CREATE SCHEMA %1$s;
			CREATE TABLE %1$s.item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, version int NOT NULL,
				name text NOT NULL UNIQUE, quantity int NOT NULL, created_by text, modified_at timestamptz);
			CREATE TABLE %1$s.note (text text NOT NULL);
			CREATE TABLE %1$s.beat (id int PRIMARY KEY, number int NOT NULL);
			CREATE TABLE %1$s.counted (run bigint NOT NULL, name text NOT NULL, quantity int NOT NULL);
			CREATE TABLE %1$s.shedlock (name text PRIMARY KEY, lock_until timestamp NOT NULL, locked_at timestamp NOT NULL,
				locked_by text NOT NULL)""";

	private static final Map<String, Object> PROPERTIES = Map.of("spring.batch.job.enabled", false,
			"spring.batch.jdbc.initialize-schema", "always", "spring.quartz.job-store-type", "jdbc",
			"spring.quartz.jdbc.initialize-schema", "always",
			"spring.quartz.properties.org.quartz.jobStore.driverDelegateClass",
			"org.quartz.impl.jdbcjobstore.PostgreSQLDelegate", "spring.autoconfigure.exclude",
			"org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,"
					+ "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration");

	private static final List<String> REQUESTS = requests(new Random(23));

	private static Twin twin;

	private static List<String> expected;

	@BeforeAll
	static void answerWithoutReplicas(PostgresCluster cluster) throws Exception {
		twin = new Twin(cluster, DepotApplication.class, SCHEMA, PROPERTIES);
		expected = twin.answersWithoutReplicas(REQUESTS);
		assertThat(expected).anyMatch((answer) -> answer.contains("COMPLETED"))
			.anyMatch((answer) -> answer.contains("noted"))
			.anyMatch((answer) -> answer.contains("OptimisticLock"))
			.noneMatch((answer) -> answer.contains(" 500 "));
	}

	@ParameterizedTest
	@ValueSource(strings = { "primary", "by-statement" })
	void depotAnswersAsWithoutReplicas(String withoutTransaction) throws Exception {
		List<RouteDecision> decisions;
		try (ConfigurableApplicationContext depot = twin
			.startWithReplicas(Map.of("replication.without-transaction", withoutTransaction));
				RoutingRecorder.Recording recording = twin.record()) {
			assertThat(Twin.answers(depot, REQUESTS)).isEqualTo(expected);
			decisions = recording.decisions();
		}
		Twin.report("the depot with without-transaction=" + withoutTransaction, decisions);
		assertThat(decisions).extracting(RouteDecision::reason).contains(Reason.READ_ONLY);
	}

	private static List<String> requests(Random random) {
		List<String> requests = new ArrayList<>();
		List<String> names = List.of("bolt", "cable", "drill", "easel", "frame");
		names.forEach((name) -> requests.add("POST /items/" + name + "/" + name.length()));
		for (int i = 0; i < 120; i++) {
			String name = names.get(random.nextInt(names.size()));
			requests.add(switch (random.nextInt(15)) {
				case 0, 1 -> "POST /moves/" + name + "/" + random.nextInt(4);
				case 2 -> "POST /items/" + name + "/1";
				case 3 -> "POST /all/" + random.nextInt(2);
				case 4 -> "POST /stale/" + name;
				case 5 -> "POST /tidy";
				case 6 -> (i % 2 == 0) ? "POST /later/later-" + i : "POST /count/" + i;
				case 7 -> "GET /notes";
				case 8, 9 -> "GET /items";
				case 10 -> "GET /fewer/" + random.nextInt(12) + "/" + random.nextInt(2);
				case 11 -> "GET /more/" + random.nextInt(8);
				default -> "GET /items/" + name;
			});
		}
		return requests;
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableJdbcAuditing
	@EnableScheduling
	@EnableSchedulerLock(defaultLockAtMostFor = "PT30S")
	@EnableJdbcRepositories(basePackageClasses = Item.class)
	@Import({ Depot.class, Depot.Tidying.class, Depot.Notes.class, Depot.Later.class, DepotController.class })
	static class DepotApplication {

		@Bean
		AuditorAware<String> auditor() {
			return () -> Optional.of("keeper");
		}

		@Bean
		LockProvider lockProvider(DataSource dataSource) {
			return new JdbcTemplateLockProvider(JdbcTemplateLockProvider.Configuration.builder()
				.withJdbcTemplate(new JdbcTemplate(dataSource))
				.usingDbTime()
				.build());
		}

		@Bean
		@StepScope
		JdbcCursorItemReader<Counted> reader(DataSource dataSource, @Value("#{jobParameters['run']}") Long run) {
			return new JdbcCursorItemReaderBuilder<Counted>().name("reader")
				.dataSource(dataSource)
				.fetchSize(2)
				.sql("SELECT name, quantity FROM item ORDER BY name")
				.rowMapper((row, number) -> new Counted(run, row.getString(1), row.getInt(2)))
				.build();
		}

		@Bean
		JdbcBatchItemWriter<Counted> writer(DataSource dataSource) {
			return new JdbcBatchItemWriterBuilder<Counted>().dataSource(dataSource)
				.sql("INSERT INTO counted VALUES (?, ?, ?)")
				.itemPreparedStatementSetter((item, statement) -> {
					statement.setLong(1, item.run());
					statement.setString(2, item.name());
					statement.setInt(3, item.quantity());
				})
				.build();
		}

		@Bean
		Job count(JobRepository jobs, JdbcCursorItemReader<Counted> reader, JdbcBatchItemWriter<Counted> writer) {
			return new JobBuilder("count", jobs)
				.start(new StepBuilder("step", jobs).<Counted, Counted>chunk(2).reader(reader).writer(writer).build())
				.build();
		}

	}

	/**
	 * An item that was counted.
	 *
	 * @param run the run of the job
	 * @param name the name of the item
	 * @param quantity how many there were
	 */
	record Counted(Long run, String name, int quantity) {

	}

}
