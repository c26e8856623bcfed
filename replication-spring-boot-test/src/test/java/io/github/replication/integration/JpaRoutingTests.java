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

import java.util.function.Supplier;

import jakarta.persistence.EntityManager;
import jakarta.persistence.Tuple;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.Consistency;
import io.github.replication.PoolKind;
import io.github.replication.ReadOnly;
import io.github.replication.Reason;
import io.github.replication.Replication;
import io.github.replication.UsePrimary;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Every row of the contract's table with JPA, but {@code HELD}, which takes a session
 * that outlives a transaction: {@link OpenInViewTests}.
 */
@EmbeddedCluster
class JpaRoutingTests {

	private static PostgresCluster cluster;

	private static TestApplication application;

	private static Reader reader;

	private static Decisions decisions;

	@BeforeAll
	static void start(PostgresCluster shared) {
		cluster = shared;
		TestApplication.createTable(cluster);
		application = TestApplication.on(cluster).start(Services.class);
		reader = application.bean(Reader.class);
		decisions = application.decisions();
	}

	@AfterAll
	static void stop() {
		application.close();
	}

	@BeforeEach
	void clear() {
		decisions.clear();
		application.newCaller();
	}

	@Test
	void usePrimaryGoesToTheWritePool() {
		assertThat(assertServedByPrimary(reader.onPrimary(), PoolKind.WRITE, Reason.FORCED).readOnly()).isFalse();
		assertThat(assertServedByPrimary(reader.readOnlyOnPrimary(), PoolKind.WRITE, Reason.FORCED).readOnly())
			.isTrue();
		assertServedByPrimary(Replication.onPrimary(() -> reader.find()), PoolKind.WRITE, Reason.FORCED);
	}

	@Test
	void readWriteTransactionGoesToTheWritePool() {
		Served served = assertServedByPrimary(reader.write(), PoolKind.WRITE, Reason.READ_WRITE);
		assertThat(served.readOnly()).isFalse();
	}

	@Test
	void noTransactionGoesToTheWritePool() {
		assertServedByPrimary(reader.plain(), PoolKind.WRITE, Reason.NO_TRANSACTION);
	}

	@Test
	void readOnlyTransactionIsServedByAReplica() {
		assertServedByReplica(reader.find());
		assertServedByReplica(reader.findTransactional());
		assertServedByReplica(reader.findRepeatable());
		assertServedByReplica(reader.findWithoutTransaction());
		assertServedByReplica(Replication.readOnly(Consistency.SESSION, () -> reader.plain()));
	}

	@Test
	void serializableReadGoesToThePrimary() {
		Served served = assertServedByPrimary(reader.findSerializable(), PoolKind.READ, Reason.SERIALIZABLE);
		assertThat(served.readOnly()).isTrue();
	}

	@Test
	void strongReadGoesToThePrimary() {
		Served served = assertServedByPrimary(reader.findStrong(), PoolKind.READ, Reason.STRONG);
		assertThat(served.readOnly()).isTrue();
	}

	@Test
	void readForWhichNoReplicaQualifiesGoesToThePrimary() {
		assertServedByPrimary(reader.findInGroup(), PoolKind.READ, Reason.NO_REPLICA);
		Awaitility.await().pollInSameThread().untilAsserted(() -> assertServedByReplica(reader.findFresh()));
	}

	@Test
	void readAfterOwnWriteGoesToThePrimary() {
		reader.write();
		assertServedByPrimary(reader.find(), PoolKind.READ, Reason.RECENT_WRITE);
		assertServedByReplica(reader.findEventual());
		application.newCaller();
		assertServedByReplica(reader.find());
	}

	@Test
	void stricterScopeOnATransactionThatReadFromAReplicaFails() {
		assertThatExceptionOfType(IllegalTransactionStateException.class)
			.isThrownBy(() -> reader.findThen(reader::onPrimary))
			.withMessageContaining("Reader.findThen")
			.withMessageContaining("Reader.onPrimary");
		assertServedByPrimary(reader.findThen(reader::findStrongInNew), PoolKind.READ, Reason.STRONG);
	}

	@Test
	void unitThatJoinsHasTheGroupOfItsTransaction() {
		assertServedByReplica(application.transaction(true).execute((status) -> reader.findInGroup()));
		decisions.clear();
		TransactionTemplate other = new TransactionTemplate(new DataSourceTransactionManager(
				new DriverManagerDataSource(cluster.primary().directUrl(), cluster.username(), cluster.password())));
		assertServedByPrimary(other.execute((status) -> reader.findInGroup()), PoolKind.READ, Reason.NO_REPLICA);
	}

	private static Served assertServedByReplica(Served served) {
		assertThat(served.byReplica()).as("%s is a replica", served).isTrue();
		assertThat(served.readOnly()).isTrue();
		assertThat(served.port()).isEqualTo(cluster.node(decisions.last().node()).port());
		assertThat(decisions.lastReason()).isEqualTo(Reason.READ_ONLY);
		return served;
	}

	private static Served assertServedByPrimary(Served served, PoolKind pool, Reason reason) {
		assertThat(served.byReplica()).as("%s is the primary", served).isFalse();
		assertThat(served.port()).isEqualTo(cluster.primary().port());
		assertThat(decisions.last().pool()).isEqualTo(pool);
		assertThat(decisions.lastReason()).isEqualTo(reason);
		return served;
	}

	@Configuration(proxyBeanMethods = false)
	@EntityScan(basePackageClasses = Note.class)
	static class Services {

		@Bean
		Reader reader(EntityManager entityManager) {
			return new Reader(entityManager);
		}

	}

	static class Reader {

		private final EntityManager entityManager;

		Reader(EntityManager entityManager) {
			this.entityManager = entityManager;
		}

		public Served plain() {
			Tuple row = (Tuple) this.entityManager.createNativeQuery(Served.QUERY, Tuple.class).getSingleResult();
			return new Served(row.get("node", String.class), row.get("port", Integer.class),
					row.get("in_recovery", Boolean.class), row.get("read_only", Boolean.class),
					row.get("backend", Integer.class));
		}

		@ReadOnly
		public Served find() {
			return plain();
		}

		@ReadOnly
		public Served findThen(Supplier<Served> inner) {
			plain();
			return inner.get();
		}

		@Transactional(readOnly = true)
		public Served findTransactional() {
			return plain();
		}

		@ReadOnly(isolation = Isolation.REPEATABLE_READ)
		public Served findRepeatable() {
			return plain();
		}

		@ReadOnly(isolation = Isolation.SERIALIZABLE)
		public Served findSerializable() {
			return plain();
		}

		@ReadOnly(propagation = Propagation.SUPPORTS)
		public Served findWithoutTransaction() {
			return plain();
		}

		@ReadOnly(consistency = Consistency.EVENTUAL)
		public Served findEventual() {
			return plain();
		}

		@ReadOnly(consistency = Consistency.STRONG)
		public Served findStrong() {
			return plain();
		}

		@ReadOnly(consistency = Consistency.STRONG, propagation = Propagation.REQUIRES_NEW)
		public Served findStrongInNew() {
			return plain();
		}

		@ReadOnly(maxStaleness = "1s")
		public Served findFresh() {
			return plain();
		}

		@ReadOnly(group = "reports")
		public Served findInGroup() {
			return plain();
		}

		@UsePrimary
		public Served onPrimary() {
			return plain();
		}

		@UsePrimary
		@ReadOnly
		public Served readOnlyOnPrimary() {
			return plain();
		}

		@Transactional
		public Served write() {
			this.entityManager.persist(new Note("a"));
			this.entityManager.flush();
			return plain();
		}

	}

}
