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

import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Transactional;

import io.github.replication.Durability;
import io.github.replication.ReadOnly;
import io.github.replication.SynchronousCommit;
import io.github.replication.UsePrimary;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * The errors that developers get when they ask for something that cannot be.
 */
@EmbeddedCluster
@ExtendWith(OutputCaptureExtension.class)
class ErrorMessageTests {

	private static final String REMEDY = "Let it run in a read-write transaction (@Transactional instead of"
			+ " @ReadOnly or @Transactional(readOnly = true)), or move that statement to a method that does.";

	private static TestApplication application;

	@BeforeAll
	static void start(PostgresCluster cluster) {
		TestApplication.createTable(cluster);
		application = TestApplication.on(cluster).withoutJpa().start(Config.class);
	}

	@AfterAll
	static void stop() {
		application.close();
	}

	@BeforeEach
	void newCaller() {
		application.newCaller();
	}

	static Stream<Arguments> mistakes() {
		return Stream.of(
				Arguments.of("INSERT INTO note VALUES (1, 'a')", "25006",
						List.of("Mistakes.run is read-only, but it tried to write; it ran on replica-",
								" (READ_ONLY): ERROR: cannot execute INSERT in a read-only transaction", REMEDY)),
				Arguments.of("SELECT nextval('note_seq')", "25006",
						List.of("Mistakes.run is read-only", "cannot execute nextval() in a read-only transaction",
								REMEDY)),
				Arguments.of("SELECT 1 FROM note FOR UPDATE", "25006",
						List.of("Mistakes.run is read-only", "cannot execute SELECT FOR UPDATE", REMEDY)),
				Arguments.of("SELECT pg_advisory_lock(1)", "25006",
						List.of("Mistakes.run is read-only, but it takes an advisory lock,",
								"excludes only sessions on the same node", REMEDY)),
				Arguments.of("select PG_TRY_ADVISORY_XACT_LOCK (1)", "25006", List.of("takes an advisory lock")),
				Arguments.of("SELECT pg_try_advisory_xact_lock_shared(1)", "25006", List.of("takes an advisory lock")),
				Arguments.of("SET transaction_isolation = 'serializable'", "0A000",
						List.of("Mistakes.run ran on replica-", "a standby does not support everything",
								"SERIALIZABLE declare it (@ReadOnly(isolation = Isolation.SERIALIZABLE))")));
	}

	@ParameterizedTest
	@MethodSource("mistakes")
	void mistakeInAReadOnlyUnitIsExplained(String sql, String state, List<String> texts) {
		DataAccessException failure = catchThrowableOfType(DataAccessException.class,
				() -> application.bean(Mistakes.class).run(sql));
		assertThat(failure).hasRootCauseInstanceOf(SQLException.class);
		SQLException cause = (SQLException) failure.getCause();
		assertThat(cause.getSQLState()).isEqualTo(state);
		assertThat(texts).allSatisfy((text) -> assertThat(cause.getMessage()).contains(text));
	}

	@Test
	void advisoryLockIsTakenOnThePrimaryInAReadWriteTransaction() {
		Boolean taken = application.transaction(false)
			.execute((status) -> application.jdbc()
				.queryForObject("SELECT pg_try_advisory_xact_lock(4711)", Boolean.class));
		assertThat(taken).isTrue();
	}

	@Test
	void unitThatOnlyLooksAtAdvisoryLocksReads() {
		assertThat(application.bean(Mistakes.class)
			.count("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' -- not pg_advisory_lock"))
			.isNotNegative();
	}

	@Test
	void methodThatNoProxyReachesIsLoggedOnce(PostgresCluster cluster, CapturedOutput output) {
		TestApplication.on(cluster).withoutJpa().start(Unreachable.class).close();
		assertThat(output.getOut().lines().filter((line) -> line.contains("has no effect"))).hasSize(3)
			.allMatch((line) -> line.contains(" WARN ") && line.contains("so that no proxy can intercept it. Make it an"
					+ " instance method that can be overridden, or use Replication.readOnly(...)"))
			.anyMatch((line) -> line.contains("@ReadOnly of " + Unreached.class.getName() + ".hidden")
					&& line.contains("the method is private"))
			.anyMatch((line) -> line.contains("@ReadOnly of " + Unreached.class.getName() + ".sealed")
					&& line.contains("the method is final"))
			.anyMatch((line) -> line.contains("@UsePrimary of " + Unreached.class.getName() + ".fixed")
					&& line.contains("the method is static"));
	}

	@Test
	void finalMethodOfAnAnnotatedTypeIsLogged(PostgresCluster cluster, CapturedOutput output) {
		TestApplication.on(cluster).withoutJpa().start(Sealed.class).close();
		assertThat(output.getOut().lines().filter((line) -> line.contains("has no effect"))).hasSize(2)
			.anyMatch((line) -> line
				.contains("@ReadOnly of " + SealedType.class.getName() + ".sealed has no effect: the method is final"))
			.anyMatch((line) -> line.contains("@Durability of " + SealedType.class.getName() + ".durable")
					&& line.endsWith("Make it an instance method that can be overridden."));
	}

	@Configuration(proxyBeanMethods = false)
	static class Sealed {

		@Bean
		SealedType sealedType() {
			return new SealedType();
		}

	}

	@ReadOnly
	static class SealedType {

		public String open() {
			return hidden();
		}

		private String hidden() {
			return "hidden";
		}

		public final String sealed() {
			return hidden();
		}

		@Transactional
		public final String apart() {
			return hidden();
		}

		@Durability(SynchronousCommit.REMOTE_APPLY)
		public final String durable() {
			return hidden();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Config {

		@Bean
		Mistakes mistakes(JdbcTemplate jdbc) {
			return new Mistakes(jdbc);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Unreachable {

		@Bean
		Unreached unreached() {
			return new Unreached();
		}

		@Bean
		Unreached another() {
			return new Unreached();
		}

	}

	static class Unreached {

		@ReadOnly
		public String find() {
			return hidden();
		}

		@ReadOnly
		private String hidden() {
			return sealed();
		}

		@ReadOnly
		public final String sealed() {
			return fixed();
		}

		@UsePrimary
		public static String fixed() {
			return "fixed";
		}

	}

	static class Mistakes {

		private final JdbcTemplate jdbc;

		Mistakes(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		@ReadOnly(retry = false)
		public void run(String sql) {
			this.jdbc.execute(sql);
		}

		@ReadOnly
		public int count(String sql) {
			return this.jdbc.queryForObject(sql, Integer.class);
		}

	}

}
