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
import java.util.stream.Stream;

import jakarta.persistence.EntityManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.NestedTransactionNotSupportedException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.Consistency;
import io.github.replication.ReadOnly;
import io.github.replication.Replication;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Where an inner unit runs for each propagation, outer transaction and intent. With JDBC
 * and with JPA; each query asks the server who it is.
 */
@EmbeddedCluster
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PropagationTests {

	private static final String REPLICA = "replica read-only";

	private static final String PRIMARY = "primary read-write";

	private PostgresCluster cluster;

	private TestApplication jdbc;

	private TestApplication manualCommit;

	private TestApplication jpa;

	@BeforeAll
	void start(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
		this.jdbc = TestApplication.on(cluster).withoutJpa().start(Beans.class);
		this.manualCommit = TestApplication.on(cluster)
			.withoutJpa()
			.with("spring.datasource.hikari.auto-commit", false)
			.start(Beans.class);
		this.jpa = TestApplication.on(cluster).start(Jpa.class, Beans.class);
	}

	@AfterAll
	void stop() {
		this.jdbc.close();
		this.manualCommit.close();
		this.jpa.close();
	}

	/**
	 * Outer intent, propagation and intent of the inner unit, where the inner unit runs,
	 * and where the outer one runs before and after it.
	 */
	static Stream<Arguments> units() {
		return unitsInTransactions().flatMap((arguments) -> {
			Object[] values = arguments.get();
			return values[0].equals("read")
					? Stream.of(arguments, Arguments.of("@ReadOnly", values[1], values[2], values[3], values[4]))
					: Stream.of(arguments);
		});
	}

	private static Stream<Arguments> unitsInTransactions() {
		return Stream.of(
				// no transaction around
				Arguments.of("none", "REQUIRED", true, REPLICA, PRIMARY),
				Arguments.of("none", "REQUIRED", false, PRIMARY, PRIMARY),
				Arguments.of("none", "REQUIRES_NEW", true, REPLICA, PRIMARY),
				Arguments.of("none", "REQUIRES_NEW", false, PRIMARY, PRIMARY),
				Arguments.of("none", "NESTED", true, REPLICA, PRIMARY),
				Arguments.of("none", "NESTED", false, PRIMARY, PRIMARY),
				Arguments.of("none", "SUPPORTS", true, REPLICA, PRIMARY),
				Arguments.of("none", "SUPPORTS", false, PRIMARY, PRIMARY),
				Arguments.of("none", "NOT_SUPPORTED", true, REPLICA, PRIMARY),
				Arguments.of("none", "NOT_SUPPORTED", false, PRIMARY, PRIMARY),
				// read-only in read-write
				Arguments.of("write", "REQUIRED", true, PRIMARY, PRIMARY),
				Arguments.of("write", "REQUIRES_NEW", true, REPLICA, PRIMARY),
				Arguments.of("write", "NESTED", true, PRIMARY, PRIMARY),
				Arguments.of("write", "SUPPORTS", true, PRIMARY, PRIMARY),
				Arguments.of("write", "NOT_SUPPORTED", true, REPLICA, PRIMARY),
				Arguments.of("write", "REQUIRED", false, PRIMARY, PRIMARY),
				Arguments.of("write", "REQUIRES_NEW", false, PRIMARY, PRIMARY),
				// read-write in read-only
				Arguments.of("read", "REQUIRED", false, REPLICA, REPLICA),
				Arguments.of("read", "REQUIRES_NEW", false, PRIMARY, REPLICA),
				Arguments.of("read", "NESTED", false, REPLICA, REPLICA),
				Arguments.of("read", "SUPPORTS", false, REPLICA, REPLICA),
				Arguments.of("read", "NOT_SUPPORTED", false, PRIMARY, REPLICA),
				Arguments.of("read", "REQUIRED", true, REPLICA, REPLICA),
				Arguments.of("read", "REQUIRES_NEW", true, REPLICA, REPLICA),
				Arguments.of("read", "NOT_SUPPORTED", true, REPLICA, REPLICA));
	}

	@ParameterizedTest
	@MethodSource("units")
	void jdbcUnitRunsWhereItBelongs(String outer, String propagation, boolean readOnly, String inner, String around) {
		assertThat(run(this.jdbc, jdbcUnit(this.jdbc), outer, propagation, readOnly)).containsExactly(around, inner,
				around);
	}

	@ParameterizedTest
	@MethodSource("units")
	void jdbcUnitRunsWhereItBelongsWithAutoCommitOff(String outer, String propagation, boolean readOnly, String inner,
			String around) {
		assertThat(run(this.manualCommit, jdbcUnit(this.manualCommit), outer, propagation, readOnly))
			.containsExactly(around, inner, around);
	}

	private Unit jdbcUnit(TestApplication application) {
		return () -> {
			Served served = Served.by(application.jdbc());
			assertThat(this.cluster.node(served.node()).port()).isEqualTo(served.port());
			return describe(served.byReplica(), served.readOnly());
		};
	}

	@ParameterizedTest
	@MethodSource("units")
	void jpaUnitRunsWhereItBelongs(String outer, String propagation, boolean readOnly, String inner, String around) {
		if (propagation.equals("NESTED") && !outer.equals("none")) {
			assertThatExceptionOfType(NestedTransactionNotSupportedException.class)
				.isThrownBy(() -> run(this.jpa, jpaUnit(), outer, propagation, readOnly));
			return;
		}
		assertThat(run(this.jpa, jpaUnit(), outer, propagation, readOnly)).containsExactly(around, inner, around);
	}

	private Unit jpaUnit() {
		EntityManager entityManager = this.jpa.bean(EntityManager.class);
		return () -> {
			Object[] row = (Object[]) entityManager
				.createNativeQuery("SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'")
				.getSingleResult();
			return describe((Boolean) row[0], (Boolean) row[1]);
		};
	}

	private static List<String> run(TestApplication application, Unit unit, String outer, String propagation,
			boolean readOnly) {
		application.newCaller();
		List<String> served = new ArrayList<>();
		Runnable work = () -> {
			served.add(unit.run());
			inner(application, propagation, readOnly).executeWithoutResult((status) -> served.add(unit.run()));
			served.add(unit.run());
		};
		if (outer.equals("none")) {
			work.run();
		}
		else if (outer.equals("@ReadOnly")) {
			application.bean(Outer.class).run(work);
		}
		else {
			application.transaction(outer.equals("read")).executeWithoutResult((status) -> work.run());
		}
		return served;
	}

	private static TransactionTemplate inner(TestApplication application, String propagation, boolean readOnly) {
		TransactionTemplate template = new TransactionTemplate(application.bean(PlatformTransactionManager.class));
		template.setPropagationBehaviorName("PROPAGATION_" + propagation);
		template.setReadOnly(readOnly);
		assertThat(template.getPropagationBehavior())
			.isGreaterThanOrEqualTo(TransactionDefinition.PROPAGATION_REQUIRED);
		return template;
	}

	private static String describe(boolean replica, boolean readOnly) {
		return (replica ? "replica" : "primary") + (readOnly ? " read-only" : " read-write");
	}

	@Test
	void scopeThatOpensNoTransactionOutlivesASuspendedOne() {
		for (TestApplication application : List.of(this.jdbc, this.jpa)) {
			application.newCaller();
			TransactionTemplate suspending = inner(application, "NOT_SUPPORTED", false);
			assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> Replication.readOnly(Consistency.SESSION,
						() -> application.bean(Outer.class)
							.run(() -> suspending.executeWithoutResult((status) -> insert(application)))))
				.withMessageContaining("read-only");
			application.bean(Outer.class).run(() -> suspending.executeWithoutResult((status) -> insert(application)));
		}
	}

	@Test
	void unitWithoutATransactionIsReadOnlyInOneThatHasNoneEither() {
		for (TestApplication application : List.of(this.jdbc, this.jpa)) {
			application.newCaller();
			inner(application, "SUPPORTS", false)
				.executeWithoutResult((status) -> application.bean(Outer.class).support(() -> {
					assertThat(Served.by(application.jdbc()).byReplica()).isTrue();
					assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> insert(application))
						.withMessageContaining("read-only");
				}));
		}
	}

	private static void insert(TestApplication application) {
		application.jdbc().update("INSERT INTO note SELECT max(id) + 1, 'a' FROM note HAVING max(id) > 0");
	}

	@FunctionalInterface
	private interface Unit {

		String run();

	}

	@Configuration(proxyBeanMethods = false)
	static class Beans {

		@Bean
		Outer outer() {
			return new Outer();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EntityScan(basePackageClasses = Note.class)
	static class Jpa {

	}

	static class Outer {

		@ReadOnly
		void run(Runnable work) {
			work.run();
		}

		@ReadOnly(propagation = Propagation.SUPPORTS)
		void support(Runnable work) {
			work.run();
		}

	}

}
