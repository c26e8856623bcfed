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

package io.github.replication.compatibility.beyond;

import java.util.concurrent.atomic.AtomicLong;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

import io.github.replication.message.MessagePositions;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No message outruns the data that it is about, although consumers read from replicas
 * that are behind.
 */
@EmbeddedCluster
@TestInstance(Lifecycle.PER_CLASS)
abstract class MessageContract {

	private static final AtomicLong IDS = new AtomicLong();

	private PostgresCluster cluster;

	private Application application;

	/**
	 * Adds the properties that lead to the broker.
	 */
	abstract Application.Builder connect(Application.Builder builder);

	/**
	 * The listeners.
	 */
	abstract Class<?> listeners();

	abstract void send(Application application, long id);

	@BeforeAll
	void start(PostgresCluster cluster) throws Exception {
		this.cluster = cluster;
		Application.admin(cluster.primary()).execute("CREATE TABLE IF NOT EXISTS purchase (id bigint PRIMARY KEY)");
		cluster.awaitReplication();
		this.application = connect(Application.on(cluster)).start(Base.class, listeners());
	}

	@AfterAll
	void stop() {
		this.application.close();
	}

	@AfterEach
	void release() {
		this.cluster.replicas().forEach(PostgresNode::resumeReplay);
		this.cluster.awaitReplication();
	}

	Application application() {
		return this.application;
	}

	void holdReplicasBack() {
		this.cluster.replicas().forEach(PostgresNode::pauseReplay);
	}

	static long newId() {
		return IDS.incrementAndGet();
	}

	@Test
	void consumerFindsWhatNoReplicaHasYet() throws Exception {
		Orders orders = this.application.bean(Orders.class);
		holdReplicasBack();
		for (int i = 0; i < 5; i++) {
			long id = newId();
			this.application.asNewCaller(() -> {
				orders.place(id);
				send(this.application, id);
				return null;
			});
			assertThat(orders.await(id)).isEqualTo(new Orders.Found(id, true, "primary"));
		}
	}

	@Test
	void consumerReadsFromReplicasAsSoonAsTheyHaveIt() throws Exception {
		Orders orders = this.application.bean(Orders.class);
		holdReplicasBack();
		long id = newId();
		this.application.asNewCaller(() -> {
			orders.place(id);
			send(this.application, id);
			return null;
		});
		assertThat(orders.await(id).node()).isEqualTo("primary");
		release();
		Awaitility.await().untilAsserted(() -> {
			long next = newId();
			this.application.asNewCaller(() -> {
				orders.place(next);
				this.cluster.awaitReplication();
				send(this.application, next);
				return null;
			});
			Orders.Found found = orders.await(next);
			assertThat(found.present()).isTrue();
			assertThat(found.node()).startsWith("replica-");
		});
	}

	@Test
	void messageOfACallerThatHasNeitherWrittenNorReadCarriesNothing() throws Exception {
		MessagePositions positions = this.application.bean(MessagePositions.class);
		assertThat(this.application.asNewCaller(positions::outgoing)).isNull();
	}

	@Test
	void consumerMissesTheDataWithoutPositions() throws Exception {
		this.application.close();
		try (Application plain = connect(Application.on(this.cluster))
			.with("replication.read-your-writes.messages", "false")
			.start(Base.class, listeners())) {
			Orders orders = plain.bean(Orders.class);
			holdReplicasBack();
			long id = newId();
			plain.asNewCaller(() -> {
				orders.place(id);
				send(plain, id);
				return null;
			});
			assertThat(orders.await(id).present()).isFalse();
		}
		finally {
			this.application = connect(Application.on(this.cluster)).start(Base.class, listeners());
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class Base {

		@Bean
		Orders orders(JdbcTemplate jdbc) {
			return new Orders(jdbc);
		}

	}

}
