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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.Scheduler;
import org.quartz.TriggerBuilder;

import org.springframework.batch.core.job.Job;
import org.springframework.batch.core.job.parameters.JobParameters;
import org.springframework.batch.core.job.parameters.JobParametersBuilder;
import org.springframework.batch.core.launch.JobOperator;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Jobs find what they were created for, although the replicas are behind. Spring Batch
 * keeps its jobs in memory here: what it writes to the database would be a write of the
 * job's thread, and reads after that see everything before.
 */
@EmbeddedCluster
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.NONE, properties = { "spring.batch.job.enabled=false",
		"spring.autoconfigure.exclude=org.springframework.boot.batch.jdbc.autoconfigure.BatchJdbcAutoConfiguration",
		"spring.flyway.enabled=false", "spring.liquibase.enabled=false", "spring.session.jdbc.initialize-schema=never",
		"spring.docker.compose.enabled=false" })
class InvoiceTests {

	@Autowired
	JdbcTemplate jdbc;

	@Autowired
	Scheduler scheduler;

	@Autowired
	JobOperator operator;

	@Autowired
	Job invoice;

	@Autowired
	Printed printed;

	private PostgresCluster cluster;

	@BeforeEach
	void holdReplicasBack(PostgresCluster cluster) {
		this.cluster = cluster;
		this.cluster.replicas().forEach(PostgresNode::pauseReplay);
	}

	@AfterEach
	void release() {
		this.cluster.replicas().forEach(PostgresNode::resumeReplay);
	}

	private void place(long order) {
		this.jdbc.update("INSERT INTO invoiced_order VALUES (?)", order);
	}

	@Test
	void jobOfQuartzFindsTheOrderThatItWasCreatedFor() throws Exception {
		place(1);
		schedule(InvoiceJob.of(1));
		assertThat(this.printed.next()).isEqualTo("1: 1");
		schedule(JobBuilder.newJob(InvoiceJob.class).usingJobData("order", 1L).build());
		assertThat(this.printed.next()).as("without a position").isEqualTo("1: 0");
	}

	private void schedule(JobDetail job) throws Exception {
		this.scheduler.scheduleJob(job, TriggerBuilder.newTrigger().startNow().build());
	}

	@Test
	void jobOfSpringBatchFindsTheOrderThatItWasCreatedFor() throws Exception {
		place(2);
		start(InvoiceBatch.of(2));
		assertThat(this.printed.next()).isEqualTo("2: 1");
		start(new JobParametersBuilder().addLong("order", 2L).addString("run", "again").toJobParameters());
		assertThat(this.printed.next()).as("without a position").isEqualTo("2: 0");
	}

	/**
	 * Starts the job in a thread of its own, that knows nothing of the caller and has
	 * read nothing.
	 */
	private void start(JobParameters parameters) throws Exception {
		CompletableFuture.runAsync(() -> {
			try {
				this.operator.start(this.invoice, parameters);
			}
			catch (Exception ex) {
				throw new IllegalStateException(ex);
			}
		}, (job) -> new Thread(job).start()).get(30, TimeUnit.SECONDS);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(InvoiceBatch.class)
	static class PrintingApplication {

		@Bean
		Printed printed(JdbcTemplate jdbc, PlatformTransactionManager transactions, PostgresCluster cluster) {
			jdbc.execute("CREATE TABLE invoiced_order (id bigint PRIMARY KEY)");
			cluster.awaitReplication();
			return new Printed(jdbc, transactions);
		}

	}

	/**
	 * Looks on a replica for each order that is to be printed.
	 */
	static class Printed implements Printer {

		private final BlockingQueue<String> orders = new LinkedBlockingQueue<>();

		private final JdbcTemplate jdbc;

		private final TransactionTemplate transaction;

		Printed(JdbcTemplate jdbc, PlatformTransactionManager transactions) {
			this.jdbc = jdbc;
			this.transaction = new TransactionTemplate(transactions);
			this.transaction.setReadOnly(true);
		}

		@Nullable String next() throws InterruptedException {
			return this.orders.poll(30, TimeUnit.SECONDS);
		}

		@Override
		public void print(long order) {
			this.orders.add(order + ": " + this.transaction.execute((status) -> this.jdbc
				.queryForObject("SELECT count(*) FROM invoiced_order WHERE id = ?", Integer.class, order)));
		}

	}

}
