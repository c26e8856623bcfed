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

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
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
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.TestPropertySource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A message of a listener of Spring Modulith finds what it is about, although the
 * replicas are behind.
 */
@DirtiesContext
@EmbeddedCluster
@EmbeddedKafka(topics = "exports", bootstrapServersProperty = "spring.kafka.bootstrap-servers")
@SpringBootTest(properties = "spring.modulith.events.jdbc.schema-initialization.enabled=true")
@TestPropertySource("classpath:documentation.properties")
@Tag("long")
class ModulithTests {

	@Autowired
	JdbcTemplate jdbc;

	@Autowired
	PlatformTransactionManager transactions;

	@Autowired
	ApplicationEventPublisher events;

	@Autowired
	Exports exports;

	@AfterEach
	void release(PostgresCluster cluster) {
		cluster.replicas().forEach(PostgresNode::resumeReplay);
	}

	@Test
	void consumerFindsTheOrderOfAPublishedEvent(PostgresCluster cluster) throws Exception {
		cluster.replicas().forEach(PostgresNode::pauseReplay);
		new TransactionTemplate(this.transactions).executeWithoutResult((status) -> {
			this.jdbc.update("INSERT INTO exported_order VALUES (1)");
			this.events.publishEvent(new OrderPlaced(1));
		});
		assertThat(this.exports.found.poll(30, TimeUnit.SECONDS)).isEqualTo("1: 1");
		Awaitility.await()
			.atMost(Duration.ofSeconds(30))
			.untilAsserted(() -> assertThat(this.jdbc
				.queryForObject("SELECT count(*) FROM event_publication WHERE completion_date IS NOT NULL", Long.class))
				.isEqualTo(1));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableAsync
	@Import(OrderExport.class)
	static class ModularApplication {

		@Bean
		Exports exports(JdbcTemplate jdbc, PlatformTransactionManager transactions, PostgresCluster cluster) {
			jdbc.execute("CREATE TABLE exported_order (id bigint PRIMARY KEY)");
			cluster.awaitReplication();
			return new Exports(jdbc, transactions);
		}

	}

	/**
	 * Looks on a replica for the order of each message.
	 */
	static class Exports {

		private final BlockingQueue<String> found = new LinkedBlockingQueue<>();

		private final JdbcTemplate jdbc;

		private final TransactionTemplate transaction;

		Exports(JdbcTemplate jdbc, PlatformTransactionManager transactions) {
			this.jdbc = jdbc;
			this.transaction = new TransactionTemplate(transactions);
			this.transaction.setReadOnly(true);
		}

		@KafkaListener(id = "exports", topics = "exports")
		void handle(String id) {
			this.found.add(id + ": " + this.transaction.execute((status) -> this.jdbc
				.queryForObject("SELECT count(*) FROM exported_order WHERE id = ?", Integer.class, Long.valueOf(id))));
		}

	}

}
