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

package io.github.replication.compatibility.tenants;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

import javax.sql.DataSource;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.filter.OncePerRequestFilter;

import io.github.replication.Reason;
import io.github.replication.RouteDecision;
import io.github.replication.compatibility.twin.Twin;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.routing.RoutingRecorder;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Each tenant is answered with the data of its own schema, with replicas as without, in a
 * pool so small that the tenants take turns on its connections.
 */
@EmbeddedCluster
@Tag("long")
class TenantTwinTests {

	private static final String SCHEMA = """
			DROP SCHEMA IF EXISTS %1$s CASCADE;
			DROP SCHEMA IF EXISTS %1$s_a CASCADE;
			DROP SCHEMA IF EXISTS %1$s_b CASCADE;
			CREATE SCHEMA %1$s;
			CREATE SCHEMA %1$s_a;
			CREATE SCHEMA %1$s_b;
			CREATE TABLE %1$s_a.memo (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL UNIQUE);
			CREATE TABLE %1$s_b.memo (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL UNIQUE)""";

	@ParameterizedTest
	@CsvSource({ "true, primary by-statement", "false, primary" })
	void tenantsAreAnsweredAsWithoutReplicas(boolean openInView, String withoutTransactions, PostgresCluster cluster)
			throws Exception {
		List<String> requests = requests(new Random(31));
		Twin twin = new Twin(cluster, TenantApplication.class, SCHEMA,
				Map.of("spring.jpa.open-in-view", openInView, "spring.datasource.hikari.maximum-pool-size", 2));
		List<String> expected = twin.answersWithoutReplicas(requests);
		for (String withoutTransaction : withoutTransactions.split(" ")) {
			List<RouteDecision> decisions;
			try (ConfigurableApplicationContext application = twin
				.startWithReplicas(Map.of("replication.without-transaction", withoutTransaction));
					RoutingRecorder.Recording recording = twin.record()) {
				assertThat(Twin.answers(application, requests)).as(withoutTransaction).isEqualTo(expected);
				decisions = recording.decisions();
			}
			Twin.report("the tenants with without-transaction=" + withoutTransaction, decisions);
			assertThat(decisions).as(withoutTransaction).extracting(RouteDecision::reason).contains(Reason.READ_ONLY);
		}
	}

	private static List<String> requests(Random random) {
		List<String> requests = new ArrayList<>();
		for (int i = 0; i < 120; i++) {
			String tenant = random.nextBoolean() ? "a" : "b";
			requests.add(switch (random.nextInt(7)) {
				case 0 -> "POST /" + tenant + "/memos/text-" + random.nextInt(40);
				case 1 -> "POST /" + tenant + "/replace/" + random.nextInt(9) + "/" + i;
				case 2, 3 -> "GET /" + tenant + "/memos";
				case 4 -> "GET /" + tenant + "/find/" + random.nextInt(10);
				default -> "GET /" + tenant + "/count";
			});
		}
		return requests;
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EntityScan(basePackageClasses = Memo.class)
	@EnableJpaRepositories(basePackageClasses = Memo.class)
	@Import({ Memos.class, MemoController.class })
	static class TenantApplication {

		@Bean
		Tenants tenants(DataSource dataSource) {
			return new Tenants(dataSource);
		}

		@Bean
		OncePerRequestFilter tenantFilter(Tenants tenants, @Value("${twin.schema}") String schema) {
			return new TenantFilter(tenants, schema);
		}

	}

	/**
	 * The first part of the path is the tenant.
	 */
	static class TenantFilter extends OncePerRequestFilter {

		private final Tenants tenants;

		private final String schema;

		TenantFilter(Tenants tenants, String schema) {
			this.tenants = tenants;
			this.schema = schema;
		}

		@Override
		protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
				throws ServletException, IOException {
			this.tenants.enter(this.schema + "_" + request.getRequestURI().charAt(1));
			try {
				chain.doFilter(request, response);
			}
			finally {
				this.tenants.leave();
			}
		}

	}

	@Transactional(readOnly = true)
	static class Memos {

		private final MemoRepository memos;

		Memos(MemoRepository memos) {
			this.memos = memos;
		}

		public List<String> all() {
			return this.memos.findAll().stream().map(Memo::describe).sorted().toList();
		}

		@Transactional
		public String add(String text) {
			return this.memos.saveAndFlush(new Memo(text)).describe();
		}

		@Transactional
		public String replace(long id, String text) {
			Memo memo = this.memos.findById(id).orElseThrow();
			memo.text(text);
			return memo.describe();
		}

	}

	@RestController
	static class MemoController {

		private final Memos memos;

		private final MemoRepository repository;

		MemoController(Memos memos, MemoRepository repository) {
			this.memos = memos;
			this.repository = repository;
		}

		@GetMapping("/{tenant}/memos")
		List<String> all() {
			return this.memos.all();
		}

		@GetMapping("/{tenant}/find/{part}")
		List<String> find(@PathVariable String part) {
			return this.repository.findByTextContainingOrderById(part).stream().map(Memo::describe).toList();
		}

		@GetMapping("/{tenant}/count")
		long count() {
			return this.repository.count();
		}

		@PostMapping("/{tenant}/memos/{text}")
		String add(@PathVariable String text) {
			return this.memos.add(text) + " of " + this.repository.count();
		}

		@PostMapping("/{tenant}/replace/{id}/{text}")
		String replace(@PathVariable long id, @PathVariable String text) {
			return this.memos.replace(id, text) + " " + this.memos.all();
		}

		@ExceptionHandler
		ProblemDetail problem(RuntimeException ex) {
			return ProblemDetail.forStatusAndDetail(HttpStatus.CONFLICT, ex.getClass().getSimpleName());
		}

	}

}
