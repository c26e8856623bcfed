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

package io.github.replication.compatibility.shop;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.data.domain.AuditorAware;
import org.springframework.data.jpa.repository.config.EnableJpaAuditing;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.scheduling.annotation.EnableAsync;

import io.github.replication.Reason;
import io.github.replication.RouteDecision;
import io.github.replication.compatibility.twin.Twin;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;
import io.github.replication.test.routing.RoutingRecorder;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The shop answers with replicas as it does without, request by request.
 */
@EmbeddedCluster
@Tag("long")
class ShopTwinTests {

	private static final String SCHEMA = """
			DROP SCHEMA IF EXISTS %1$s CASCADE;
			CREATE SCHEMA %1$s;
			CREATE SEQUENCE %1$s.product_seq INCREMENT BY 5;
			CREATE TABLE %1$s.product (id bigint PRIMARY KEY, version int NOT NULL, name text NOT NULL UNIQUE,
				price bigint NOT NULL, stock int NOT NULL, created_by text, modified_at timestamptz);
			CREATE TABLE %1$s.sale (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
				product_id bigint NOT NULL REFERENCES %1$s.product, number int NOT NULL);
			CREATE TABLE %1$s.ledger (text text NOT NULL)""";

	private static final List<String> REQUESTS = Stream.of(17, 4)
		.flatMap((seed) -> requests(new Random(seed)).stream())
		.toList();

	private static Twin twin;

	private static List<String> expected;

	@BeforeAll
	static void answerWithoutReplicas(PostgresCluster cluster) throws Exception {
		twin = new Twin(cluster, ShopApplication.class, SCHEMA, Map.of());
		expected = twin.answersWithoutReplicas(REQUESTS);
	}

	@ParameterizedTest
	@ValueSource(strings = { "primary", "by-statement" })
	void shopAnswersAsWithoutReplicas(String withoutTransaction) throws Exception {
		List<RouteDecision> decisions;
		try (ConfigurableApplicationContext shop = twin
			.startWithReplicas(Map.of("replication.without-transaction", withoutTransaction));
				RoutingRecorder.Recording recording = twin.record()) {
			assertThat(Twin.answers(shop, REQUESTS)).isEqualTo(expected);
			decisions = recording.decisions();
		}
		Twin.report("the shop with without-transaction=" + withoutTransaction, decisions);
		assertThat(decisions).extracting(RouteDecision::reason).contains(Reason.READ_ONLY);
	}

	@Test
	void lateReplicasDoNotChangeWhatACallerSees(PostgresCluster cluster) throws Exception {
		try (ConfigurableApplicationContext shop = twin
			.startWithReplicas(Map.of("replication.without-transaction", "by-statement"))) {
			cluster.awaitReplication();
			cluster.replicas().forEach(PostgresNode::pauseReplay);
			assertThat(Twin.answers(shop, REQUESTS)).isEqualTo(expected);
		}
		finally {
			cluster.replicas().forEach(PostgresNode::resumeReplay);
		}
	}

	/**
	 * A walk through the shop of one visitor, with more reads than writes.
	 */
	private static List<String> requests(Random random) {
		List<String> requests = new ArrayList<>();
		List<String> names = List.of("apple", "bread", "cheese", "dates", "eggs", "flour");
		names.forEach((name) -> requests.add("POST /products/" + name + "/" + name.length() + "/10"));
		for (int i = 0; i < 150; i++) {
			String name = names.get(random.nextInt(names.size()));
			requests.add(switch (random.nextInt(14)) {
				case 0 -> "POST /sales/" + name + "/" + random.nextInt(4);
				case 1 -> "POST /products/" + name + "/1/1";
				case 2 -> "POST /raise/" + random.nextInt(3);
				case 3 -> "POST /fail/new-" + i;
				case 4 -> "POST /products/new-" + i + "/" + (random.nextInt(9) - 1) + "/5";
				case 5 -> "GET /ledger";
				case 6, 7 -> "GET /products";
				case 8 -> "GET /cheaper/" + random.nextInt(12) + "/" + random.nextInt(3);
				case 9 -> "GET /stock/" + random.nextInt(10);
				case 10 -> "GET /stream";
				case 11 -> "GET /sales/" + name;
				default -> "GET /products/" + name;
			});
		}
		return requests;
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableJpaAuditing
	@EnableAsync
	@EntityScan(basePackageClasses = Product.class)
	@EnableJpaRepositories(basePackageClasses = Product.class)
	@Import({ Shop.class, Shop.Ledger.class, ShopController.class })
	static class ShopApplication {

		@Bean
		AuditorAware<String> auditor() {
			return () -> Optional.of("clerk");
		}

	}

}
