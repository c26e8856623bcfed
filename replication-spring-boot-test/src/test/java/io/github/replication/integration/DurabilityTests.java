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

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.FilterType;
import org.springframework.data.annotation.Id;
import org.springframework.data.jdbc.repository.config.EnableJdbcRepositories;
import org.springframework.data.jdbc.repository.query.Modifying;
import org.springframework.data.jdbc.repository.query.Query;
import org.springframework.data.relational.core.mapping.Table;
import org.springframework.data.repository.Repository;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.Durability;
import io.github.replication.Reason;
import io.github.replication.SynchronousCommit;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The server itself says what a commit waits for: a deferred constraint trigger runs
 * within the commit and notes the setting that is in force then.
 */
@EmbeddedCluster
class DurabilityTests {

	private static final AtomicLong ids = new AtomicLong(7_000_000);

	private final long id = ids.addAndGet(10);

	private TestApplication application;

	private Orders orders;

	@BeforeEach
	void start(PostgresCluster cluster) {
		TestApplication.createTable(cluster);
		this.application = TestApplication.exactly(cluster).withoutJpa().start(Beans.class);
		this.orders = this.application.bean(Orders.class);
		this.application.newCaller();
		this.orders.createTable();
	}

	@AfterEach
	void stop() {
		this.application.close();
	}

	@Test
	void commitWaitsForWhatItsMethodAsks() {
		this.orders.place(this.id);
		assertThat(levelOf(this.id)).isEqualTo("remote_apply");
	}

	@Test
	void nextTransactionHasTheServersDefault() {
		this.orders.place(this.id);
		this.orders.note(this.id + 1);
		assertThat(levelOf(this.id + 1)).isEqualTo("on");
	}

	@Test
	void strictestOfSeveralInOneTransactionCounts() {
		this.orders.placeFromLogger(this.id);
		assertThat(levelOf(this.id)).isEqualTo("remote_apply");
		this.orders.logFromPlace(this.id + 1);
		assertThat(levelOf(this.id + 1)).isEqualTo("remote_apply");
		this.orders.placeFromPlain(this.id + 2);
		assertThat(levelOf(this.id + 2)).isEqualTo("remote_apply");
		this.orders.note(this.id + 3);
		assertThat(levelOf(this.id + 3)).isEqualTo("on");
	}

	@Test
	void methodThatJoinsOnlyRaisesTheLevel() {
		this.orders.joinFromPlain(this.id, "on", SynchronousCommit.OFF);
		assertThat(levelOf(this.id)).isEqualTo("on");
		this.orders.joinFromPlain(this.id + 1, "on", SynchronousCommit.LOCAL);
		assertThat(levelOf(this.id + 1)).isEqualTo("on");
		this.orders.joinFromPlain(this.id + 2, "off", SynchronousCommit.LOCAL);
		assertThat(levelOf(this.id + 2)).isEqualTo("local");
		this.orders.joinFromPlain(this.id + 3, "remote_apply", SynchronousCommit.LOCAL);
		assertThat(levelOf(this.id + 3)).isEqualTo("remote_apply");
		this.orders.joinFromPlain(this.id + 4, "off", SynchronousCommit.OFF);
		assertThat(levelOf(this.id + 4)).isEqualTo("off");
	}

	@Test
	void transactionOfItsOwnInsideIsLeftAlone() {
		this.orders.logAround(this.id, this.id + 1);
		assertThat(levelOf(this.id)).isEqualTo("off");
		assertThat(levelOf(this.id + 1)).isEqualTo("on");
		this.orders.plainAround(this.id + 2, this.id + 3);
		assertThat(levelOf(this.id + 2)).isEqualTo("remote_apply");
		assertThat(levelOf(this.id + 3)).isEqualTo("off");
	}

	@Test
	void transactionInsideOfOneOfAnotherDataSourceHasItsOwnLevel(PostgresCluster cluster) {
		TransactionTemplate other = new TransactionTemplate(new DataSourceTransactionManager(
				new DriverManagerDataSource(cluster.primary().directUrl(), cluster.username(), cluster.password())));
		other.executeWithoutResult((status) -> this.orders.place(this.id));
		assertThat(levelOf(this.id)).isEqualTo("remote_apply");
	}

	@Test
	void commitOfARepositoryWaitsForWhatItsMethodOrItsTypeAsks() {
		PlacedRepository repository = this.application.bean(PlacedRepository.class);
		repository.place(this.id);
		assertThat(levelOf(this.id)).isEqualTo("remote_apply");
		repository.log(this.id + 1);
		assertThat(levelOf(this.id + 1)).isEqualTo("off");
	}

	@Test
	void writeThatWaitsForNothingIsSeenByItsCallerAllTheSame() {
		for (int i = 0; i < 200; i++) {
			long id = ids.addAndGet(10);
			this.orders.log(id);
			String level = this.application.transaction(true).execute((status) -> levelOf(id));
			assertThat(level).isEqualTo("off");
			assertThat(this.application.decisions().last().reason()).isIn(Reason.READ_ONLY, Reason.BEHIND);
		}
	}

	/**
	 * So that a position is needed all the same.
	 */
	@Test
	void writeThatTheSynchronousStandbyShowsMayBeMissingOnAnother(PostgresCluster cluster) {
		cluster.synchronous(SynchronousCommit.ON, "replica-1");
		cluster.node("replica-2").pauseReplay();
		try {
			this.orders.place(this.id);
			for (int i = 0; i < 20; i++) {
				String level = this.application.transaction(true).execute((status) -> levelOf(this.id));
				assertThat(level).isEqualTo("remote_apply");
				assertThat(this.application.decisions().last().node()).isNotEqualTo("replica-2");
			}
		}
		finally {
			cluster.replicas().forEach(PostgresNode::resumeReplay);
			cluster.asynchronous();
		}
	}

	@Test
	void itCostsNoRoundTrip(PostgresCluster cluster) {
		Map<Boolean, Long> trips = new ConcurrentHashMap<>();
		for (int round = 0; round < 10; round++) {
			for (boolean durable : new boolean[] { false, true }) {
				long before = cluster.primary().proxy().roundTrips();
				if (durable) {
					this.orders.place(ids.incrementAndGet());
				}
				else {
					this.orders.note(ids.incrementAndGet());
				}
				trips.merge(durable, cluster.primary().proxy().roundTrips() - before, Math::min);
			}
		}
		assertThat(trips.get(true)).isEqualTo(trips.get(false));
	}

	private String levelOf(long id) {
		return this.application.jdbc().queryForObject("SELECT level FROM placed WHERE id = ?", String.class, id);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableJdbcRepositories(basePackageClasses = DurabilityTests.class, considerNestedRepositories = true,
			includeFilters = @Filter(type = FilterType.ASSIGNABLE_TYPE, classes = PlacedRepository.class))
	static class Beans {

		@Bean
		Orders orders(JdbcTemplate jdbc, ObjectProvider<Orders> self) {
			return new Orders(jdbc, self);
		}

	}

	@Table("placed")
	record Placed(@Id Long id, String level) {

	}

	@Durability(SynchronousCommit.REMOTE_APPLY)
	interface PlacedRepository extends Repository<Placed, Long> {

		@Transactional
		@Modifying
		@Query("INSERT INTO placed (id) VALUES (:id)")
		void place(long id);

		@Transactional
		@Durability(SynchronousCommit.OFF)
		@Modifying
		@Query("INSERT INTO placed (id) VALUES (:id)")
		void log(long id);

	}

	static class Orders {

		private final JdbcTemplate jdbc;

		private final ObjectProvider<Orders> self;

		Orders(JdbcTemplate jdbc, ObjectProvider<Orders> self) {
			this.jdbc = jdbc;
			this.self = self;
		}

		void createTable() {
			this.jdbc.execute("CREATE TABLE IF NOT EXISTS placed (id bigint PRIMARY KEY, level text)");
			this.jdbc.execute("CREATE OR REPLACE FUNCTION note_level() RETURNS trigger LANGUAGE plpgsql AS $$"
					+ " BEGIN IF NEW.level IS NULL THEN UPDATE placed SET level = current_setting('synchronous_commit')"
					+ " WHERE id = NEW.id; END IF; RETURN NULL; END $$");
			this.jdbc.execute("DROP TRIGGER IF EXISTS note_level ON placed");
			this.jdbc.execute("CREATE CONSTRAINT TRIGGER note_level AFTER INSERT ON placed"
					+ " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_level()");
		}

		@Transactional
		@Durability(SynchronousCommit.REMOTE_APPLY)
		public void place(long id) {
			insert(id);
		}

		@Transactional
		@Durability(SynchronousCommit.OFF)
		public void log(long id) {
			insert(id);
		}

		@Transactional
		public void note(long id) {
			insert(id);
		}

		@Transactional(propagation = Propagation.REQUIRES_NEW)
		public void noteApart(long id) {
			insert(id);
		}

		@Transactional(propagation = Propagation.REQUIRES_NEW)
		@Durability(SynchronousCommit.OFF)
		public void logApart(long id) {
			insert(id);
		}

		@Transactional
		@Durability(SynchronousCommit.OFF)
		public void placeFromLogger(long id) {
			this.self.getObject().place(id);
		}

		@Transactional
		@Durability(SynchronousCommit.REMOTE_APPLY)
		public void logFromPlace(long id) {
			this.self.getObject().log(id);
		}

		@Transactional
		public void placeFromPlain(long id) {
			this.self.getObject().place(id);
		}

		@Transactional
		@Durability(SynchronousCommit.LOCAL)
		public void keep(long id) {
			insert(id);
		}

		@Transactional
		public void joinFromPlain(long id, String before, SynchronousCommit level) {
			this.jdbc.execute("SET LOCAL synchronous_commit = " + before);
			if (level == SynchronousCommit.OFF) {
				this.self.getObject().log(id);
			}
			else {
				this.self.getObject().keep(id);
			}
		}

		@Transactional
		@Durability(SynchronousCommit.OFF)
		public void logAround(long id, long inner) {
			this.self.getObject().noteApart(inner);
			insert(id);
		}

		@Transactional
		public void plainAround(long id, long inner) {
			this.self.getObject().placeFromPlain(id);
			this.self.getObject().logApart(inner);
		}

		private void insert(long id) {
			this.jdbc.update("INSERT INTO placed (id) VALUES (?)", id);
		}

	}

}
