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

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

import io.github.replication.store.PositionStore;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests while the store of positions does not answer.
 */
@EmbeddedCluster
class StoreTests {

	private static final AtomicLong ids = new AtomicLong(9_500_000);

	@Test
	void storeThatHangsCostsARequestItsTimeoutAndNoConnection(PostgresCluster cluster) throws Exception {
		TestApplication.createTable(cluster);
		try (TestApplication application = TestApplication.exactly(cluster)
			.with("replication.read-your-writes.carrier", "user")
			.with("replication.read-your-writes.store-timeout", "200ms")
			.with("login.order", 0)
			.with("login.lookup", false)
			.withoutJpa()
			.web()
			.start(NoteWeb.class, Stores.class, CarrierChoiceTests.Login.class)) {
			Hanging store = application.bean(Hanging.class);
			HikariDataSource pool = application.bean(DataSource.class).unwrap(HikariDataSource.class);
			Browser user = new Browser().with("User", "ann");
			long id = ids.addAndGet(100);
			user.post(application, "/notes/" + id);
			store.watch(() -> pool.getHikariPoolMXBean().getActiveConnections());
			for (int i = 1; i <= 8; i++) {
				long start = System.nanoTime();
				assertThat(user.post(application, "/notes/" + (id + i)).statusCode()).isEqualTo(200);
				assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(900));
				assertThat(user.get(application, "/notes/" + (id + i)).body()).isEqualTo("found");
			}
			assertThat(store.calls).hasPositiveValue();
			assertThat(store.mostConnections).hasValue(0);
			store.latch.countDown();
		}
	}

	/**
	 * A transaction inside another, and one after the commit of another: the connection
	 * around them is still in use when theirs goes back.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "nested", "after-commit" })
	void transactionWithinAnotherLetsNoConnectionWaitForTheStore(String path, PostgresCluster cluster)
			throws Exception {
		TestApplication.createTable(cluster);
		long id = ids.addAndGet(100);
		try (TestApplication application = TestApplication.exactly(cluster)
			.with("replication.read-your-writes.carrier", "user")
			.with("login.order", 0)
			.with("login.lookup", false)
			.withoutJpa()
			.web()
			.start(NoteWeb.class, Stores.class, Nested.class, CarrierChoiceTests.Login.class)) {
			Hanging store = application.bean(Hanging.class);
			HikariDataSource pool = application.bean(DataSource.class).unwrap(HikariDataSource.class);
			Browser user = new Browser().with("User", "ann");
			user.post(application, "/notes/" + id);
			store.latch.countDown();
			store.watch(() -> pool.getHikariPoolMXBean().getActiveConnections());
			assertThat(user.post(application, "/" + path + "/" + (id + 1)).statusCode()).isEqualTo(200);
			assertThat(store.calls).hasPositiveValue();
			assertThat(store.mostConnections).hasValue(0);
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class Nested {

		@RestController
		static class Writes {

			private final NoteWeb.Notes notes;

			private final TransactionTemplate outer;

			private final TransactionTemplate inner;

			Writes(NoteWeb.Notes notes, PlatformTransactionManager transactions) {
				this.notes = notes;
				this.outer = new TransactionTemplate(transactions);
				this.inner = new TransactionTemplate(transactions);
				this.inner.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
			}

			@PostMapping("/nested/{id}")
			void nested(@PathVariable("id") long id) {
				this.outer.executeWithoutResult((transaction) -> {
					this.notes.write(id);
					write(id + 1);
				});
			}

			@PostMapping("/after-commit/{id}")
			void afterCommit(@PathVariable("id") long id) {
				this.outer.executeWithoutResult((transaction) -> {
					this.notes.write(id);
					TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

						@Override
						public void afterCommit() {
							write(id + 1);
						}

					});
				});
			}

			private void write(long id) {
				this.inner.executeWithoutResult((transaction) -> this.notes.write(id));
			}

		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Stores {

		@Bean
		Hanging store() {
			return new Hanging();
		}

	}

	/**
	 * Does not answer while it is watched.
	 */
	static final class Hanging implements PositionStore {

		private final CountDownLatch latch = new CountDownLatch(1);

		private final AtomicInteger calls = new AtomicInteger();

		private final AtomicInteger mostConnections = new AtomicInteger();

		private volatile IntSupplier connections = () -> -1;

		void watch(IntSupplier connections) {
			this.connections = connections;
		}

		@Override
		public Collection<String> find(String user) {
			hang();
			return List.of();
		}

		@Override
		public void put(String user, String token, Collection<String> replaced, Duration timeToLive) {
			hang();
		}

		private void hang() {
			int connections = this.connections.getAsInt();
			if (connections >= 0) {
				this.calls.incrementAndGet();
				this.mostConnections.accumulateAndGet(connections, Math::max);
				await();
			}
		}

		private void await() {
			try {
				this.latch.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

	}

}
