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

package io.github.replication.documentation;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.test.context.EmbeddedKafka;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.TestPropertySource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The examples find what they are about, although the replicas are behind.
 */
@Tag("long")
@DirtiesContext
@EmbeddedCluster
@EmbeddedKafka(topics = "orders", bootstrapServersProperty = "spring.kafka.bootstrap-servers")
@SpringBootTest(
		properties = "spring.autoconfigure.exclude=org.springframework.modulith.events.config.EventPublicationAutoConfiguration,"
				+ "org.springframework.modulith.events.config.EventExternalizationAutoConfiguration,"
				+ "org.springframework.modulith.events.jdbc.JdbcEventPublicationAutoConfiguration")
@TestPropertySource("classpath:documentation.properties")
class BeyondTests {

	@Autowired
	JdbcTemplate jdbc;

	@Autowired
	PlatformTransactionManager transactions;

	@Autowired
	ApplicationEventPublisher events;

	@Autowired
	Invoices invoices;

	@Autowired
	Found found;

	private PostgresCluster cluster;

	@BeforeEach
	void holdReplicasBack(PostgresCluster cluster) {
		this.cluster = cluster;
		cluster.replicas().forEach(PostgresNode::pauseReplay);
		this.found.clear();
	}

	@AfterEach
	void release() {
		this.cluster.replicas().forEach(PostgresNode::resumeReplay);
	}

	private void place(long id, String more) {
		new TransactionTemplate(this.transactions).executeWithoutResult((status) -> {
			this.jdbc.update("INSERT INTO documented_order VALUES (?)", id);
			if (more.isEmpty()) {
				this.events.publishEvent(new OrderPlaced(id));
			}
			else {
				this.jdbc.update(more, id);
			}
		});
	}

	@Test
	void consumerFindsTheOrderOfAnEventThatWasSentAfterTheCommit() throws Exception {
		place(1, "");
		assertThat(this.found.next()).isIn("message 1: 1", "event 1: 1");
		assertThat(this.found.next()).isIn("message 1: 1", "event 1: 1");
	}

	@Test
	void consumerFindsTheOrderThatTheOutboxHadAMessageFor() throws Exception {
		place(2, "INSERT INTO outbox VALUES (?)");
		assertThat(this.found.next()).isEqualTo("message 2: 1");
	}

	@Test
	void jobFindsTheOrderThatItWasScheduledFor() throws Exception {
		place(3, "UPDATE documented_order SET id = id WHERE id = ?");
		this.invoices.schedule(3);
		assertThat(this.found.next()).isEqualTo("job 3: 1");
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableScheduling
	@EnableAsync
	@Import({ OrderEvents.class, OutboxRelay.class, Invoices.class, AsynchronousListener.class })
	static class DocumentedApplication {

		@Bean
		Found found(JdbcTemplate jdbc, PlatformTransactionManager transactions, PostgresCluster cluster) {
			jdbc.execute("CREATE TABLE IF NOT EXISTS documented_order (id bigint PRIMARY KEY)");
			jdbc.execute("CREATE TABLE IF NOT EXISTS outbox (id bigint PRIMARY KEY)");
			cluster.awaitReplication();
			return new Found(jdbc, transactions);
		}

		@Bean
		Invoices.Printer printer(Found found) {
			return (order) -> found.find("job", order);
		}

	}

	/**
	 * What consumers have found.
	 */
	static class Found {

		private final BlockingQueue<String> orders = new LinkedBlockingQueue<>();

		private final JdbcTemplate jdbc;

		private final TransactionTemplate transaction;

		Found(JdbcTemplate jdbc, PlatformTransactionManager transactions) {
			this.jdbc = jdbc;
			this.transaction = new TransactionTemplate(transactions);
			this.transaction.setReadOnly(true);
		}

		void clear() {
			this.orders.clear();
		}

		@Nullable String next() throws InterruptedException {
			return this.orders.poll(30, TimeUnit.SECONDS);
		}

		@KafkaListener(id = "documentation", topics = "orders")
		void handle(String id) {
			find("message", Long.parseLong(id));
		}

		@Async
		@TransactionalEventListener
		void handle(OrderPlaced event) {
			find("event", event.id());
		}

		void find(String what, long id) {
			Integer count = this.transaction.execute((status) -> this.jdbc
				.queryForObject("SELECT count(*) FROM documented_order WHERE id = ?", Integer.class, id));
			this.orders.add(what + " " + id + ": " + count);
		}

	}

}
