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
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

import jakarta.servlet.http.HttpSession;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.scheduling.annotation.Async;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

import io.github.replication.Reason;
import io.github.replication.RouteDecision;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Callers of applications with Spring Session and Spring Security.
 */
@EmbeddedCluster
class InfrastructureTests {

	private static final AtomicLong ids = new AtomicLong(9_000_000);

	private final long id = ids.addAndGet(100);

	private PostgresCluster cluster;

	private void use(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
	}

	@AfterEach
	void reset() {
		this.cluster.replicas().forEach((replica) -> {
			replica.applyDelay(Duration.ZERO);
			replica.resumeReplay();
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "cookie", "session" })
	void sessionInTheDatabaseIsNotItsUser(String carrier, PostgresCluster cluster) {
		use(cluster);
		try (TestApplication application = TestApplication.exactly(cluster)
			.with("replication.read-your-writes.carrier", carrier)
			.with("spring.session.jdbc.initialize-schema", "always")
			.using("session")
			.withoutJpa()
			.web()
			.start(NoteWeb.class, Sessions.class)) {
			awaitReadOfAReplica(application);
			cluster.replicas().forEach((replica) -> replica.applyDelay(Duration.ofSeconds(1)));
			Browser user = new Browser();
			for (int i = 0; i < 20; i++) {
				assertThat(user.get(application, "/session/" + this.id).body()).isEqualTo(i + " " + NoteWeb.ABSENT);
				assertThat(lastRead(application)).returns(Reason.READ_ONLY, RouteDecision::reason);
			}
			assertThat(user.cookies()).containsKey("SESSION");
			assertThat(application.bean(TransactionTemplate.class)).isNotNull();
			user.post(application, "/notes/" + this.id);
			assertThat(user.get(application, "/session/" + this.id).body()).endsWith("found");
		}
	}

	/**
	 * The schema that the application has made counts for each caller.
	 */
	private void awaitReadOfAReplica(TestApplication application) {
		this.cluster.awaitReplication();
		Awaitility.await().untilAsserted(() -> {
			new Browser().get(application, "/notes/" + this.id);
			assertThat(lastRead(application)).returns(Reason.READ_ONLY, RouteDecision::reason);
		});
	}

	private static RouteDecision lastRead(TestApplication application) {
		List<RouteDecision> reads = application.decisions()
			.all()
			.stream()
			.filter((decision) -> decision.unit() != null && decision.unit().endsWith("find"))
			.toList();
		return reads.get(reads.size() - 1);
	}

	@ParameterizedTest
	@Tag("long")
	@ValueSource(strings = { "tomcat", "jetty" })
	void whatGoesOnAfterTheResponseIsStillItsUsers(String container, PostgresCluster cluster) {
		use(cluster);
		try (TestApplication application = TestApplication.exactly(cluster)
			.with("replication.read-your-writes.carrier", "user")
			.with("replication.read-your-writes.window", "10m")
			.with("spring.task.execution.propagate-context", "true")
			.using("security", container)
			.withoutJpa()
			.web()
			.start(NoteWeb.class, Security.class)) {
			cluster.replicas().forEach(PostgresNode::pauseReplay);
			Browser ann = user("ann");
			assertThat(ann.post(application, "/later/" + this.id).body()).isEqualTo("accepted");
			NoteWeb.Latches latches = application.bean(NoteWeb.Latches.class);
			for (int i = 0; i < 20; i++) {
				user("bob").get(application, "/notes/" + this.id);
			}
			latches.open("begin-" + this.id);
			latches.await("end-" + this.id);
			assertThat(user("ann").get(application, "/notes/" + this.id).body()).isEqualTo("found");
			assertThat(user("bob").get(application, "/notes/" + this.id).body()).isEqualTo(NoteWeb.ABSENT);
		}
	}

	/**
	 * In between, a page has found out the position of the first write.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "user", "session" })
	void eachWriteAfterTheResponseIsSeenNext(String carrier, PostgresCluster cluster) {
		use(cluster);
		try (TestApplication application = TestApplication.exactly(cluster)
			.with("replication.read-your-writes.carrier", carrier)
			.with("replication.read-your-writes.window", "10m")
			.with("spring.task.execution.propagate-context", "true")
			.using("security")
			.withoutJpa()
			.web()
			.start(NoteWeb.class, Security.class)) {
			NoteWeb.Latches latches = application.bean(NoteWeb.Latches.class);
			cluster.replicas().forEach(PostgresNode::pauseReplay);
			Browser ann = user("ann");
			assertThat(ann.post(application, "/later-twice/" + this.id).body()).isEqualTo("accepted");
			latches.open("begin-" + this.id);
			latches.await("end-" + this.id);
			assertThat(ann.get(application, "/notes/" + this.id).body()).isEqualTo("found");
			cluster.replicas().forEach(PostgresNode::resumeReplay);
			cluster.awaitReplication();
			cluster.replicas().forEach(PostgresNode::pauseReplay);
			latches.open("begin-" + (this.id + 1));
			latches.await("end-" + (this.id + 1));
			assertThat(ann.get(application, "/notes/" + (this.id + 1)).body()).isEqualTo("found");
		}
	}

	static Browser user(String name) {
		return new Browser().with("Authorization",
				"Basic " + Base64.getEncoder().encodeToString((name + ":secret").getBytes()));
	}

	@Configuration(proxyBeanMethods = false)
	@Import(Sessions.Pages.class)
	static class Sessions {

		@RestController
		static class Pages {

			private final NoteWeb.Notes notes;

			Pages(NoteWeb.Notes notes) {
				this.notes = notes;
			}

			@GetMapping("/session/{id}")
			String page(@PathVariable("id") long id, HttpSession session) {
				Integer views = (Integer) session.getAttribute("views");
				session.setAttribute("views", (views != null) ? views + 1 : 1);
				return ((views != null) ? views : 0) + " " + this.notes.find(id);
			}

		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableWebSecurity
	@Import({ Security.Later.class, Security.Tasks.class })
	static class Security {

		@Bean
		SecurityFilterChain security(HttpSecurity http) throws Exception {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().authenticated())
				.httpBasic(Customizer.withDefaults())
				.csrf((csrf) -> csrf.disable())
				.build();
		}

		@Bean
		UserDetailsService userDetails() {
			// not the manager itself, which would encode the passwords anew, slowly
			return new InMemoryUserDetailsManager(User.withUsername("ann").password("{noop}secret").build(),
					User.withUsername("bob").password("{noop}secret").build())::loadUserByUsername;
		}

		static class Tasks {

			private final NoteWeb.Notes notes;

			private final NoteWeb.Latches latches;

			Tasks(NoteWeb.Notes notes, NoteWeb.Latches latches) {
				this.notes = notes;
				this.latches = latches;
			}

			@Async
			public CompletableFuture<Void> writeLater(long id) {
				this.latches.await("begin-" + id);
				this.notes.write(id);
				this.latches.open("end-" + id);
				return CompletableFuture.completedFuture(null);
			}

			@Async
			public CompletableFuture<Void> writeTwiceLater(long id) {
				writeLater(id);
				return writeLater(id + 1);
			}

		}

		@RestController
		static class Later {

			private final Tasks tasks;

			Later(Tasks tasks) {
				this.tasks = tasks;
			}

			@PostMapping("/later/{id}")
			String later(@PathVariable("id") long id) {
				this.tasks.writeLater(id);
				return "accepted";
			}

			@PostMapping("/later-twice/{id}")
			String laterTwice(@PathVariable("id") long id, HttpSession session) {
				this.tasks.writeTwiceLater(id);
				return "accepted";
			}

		}

	}

}
