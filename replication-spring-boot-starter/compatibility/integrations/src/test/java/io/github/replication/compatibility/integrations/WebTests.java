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

package io.github.replication.compatibility.integrations;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import jakarta.servlet.http.HttpSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

import io.github.replication.ReadOnly;
import io.github.replication.compatibility.integrations.Application.Feature;
import io.github.replication.store.InMemoryPositionStore;
import io.github.replication.store.PositionStore;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests in the company of Spring Security and Spring Session, and at the end.
 */
@EmbeddedCluster(dedicated = true)
@Tag("long")
class WebTests {

	private static final PositionStore sharedStore = new InMemoryPositionStore(System::nanoTime);

	private final HttpClient http = HttpClient.newHttpClient();

	@AfterEach
	void reset(PostgresCluster cluster) {
		cluster.reset();
	}

	@Test
	void userOfSpringSecurityIsTheCallerOnEveryInstance(PostgresCluster cluster) throws Exception {
		Application.Builder builder = Application.on(cluster)
			.with(Feature.SECURITY)
			.with("replication.read-your-writes.carrier", "user")
			.web();
		try (Application one = builder.start(Web.class, Secured.class);
				Application other = builder.start(Web.class, Secured.class)) {
			cluster.awaitReplication();
			cluster.replicas().forEach(PostgresNode::pauseReplay);
			assertThat(send(one, "/notes/1", "ada", true)).isEqualTo("written");
			assertThat(send(one, "/notes/1", "ada", false)).isEqualTo("found");
			assertThat(send(other, "/notes/1", "ada", false)).isEqualTo("found");
			assertThat(send(other, "/notes/1", "ben", false)).isEqualTo("absent");
		}
	}

	@Test
	void sessionsAreReadFromThePrimary(PostgresCluster cluster) throws Exception {
		try (Application application = Application.on(cluster)
			.with(Feature.SESSION)
			.with("spring.session.jdbc.initialize-schema", "always")
			.web()
			.start(Web.class)) {
			cluster.awaitReplication();
			cluster.replicas().forEach(PostgresNode::pauseReplay);
			HttpResponse<String> first = this.http.send(request(application, "/visits").build(),
					BodyHandlers.ofString());
			assertThat(first.body()).isEqualTo("1");
			String session = first.headers()
				.allValues("Set-Cookie")
				.stream()
				.filter((cookie) -> cookie.startsWith("SESSION="))
				.findFirst()
				.orElseThrow();
			HttpResponse<String> second = this.http.send(
					request(application, "/visits").header("Cookie", session.split(";")[0]).build(),
					BodyHandlers.ofString());
			assertThat(second.body()).as("known though no replica knows the session").isEqualTo("2");
		}
	}

	@Test
	void requestUnderWayEndsBeforeThePoolsClose(PostgresCluster cluster) throws Exception {
		Application application = Application.on(cluster)
			.with("server.shutdown", "graceful")
			.with("spring.lifecycle.timeout-per-shutdown-phase", "20s")
			.web()
			.start(Web.class);
		// the writes of the start count for all reads
		cluster.awaitReplication();
		CompletableFuture<HttpResponse<String>> slow = this.http.sendAsync(request(application, "/slow").build(),
				BodyHandlers.ofString());
		assertThat(application.bean(Notes.class).begun().await(20, TimeUnit.SECONDS)).isTrue();
		CompletableFuture<Void> closing = CompletableFuture.runAsync(application::close);
		assertThat(slow.get(20, TimeUnit.SECONDS).body()).startsWith("replica-");
		closing.get(20, TimeUnit.SECONDS);
	}

	private String send(Application application, String path, String user, boolean post) throws Exception {
		String credentials = Base64.getEncoder().encodeToString((user + ":x").getBytes(StandardCharsets.UTF_8));
		HttpRequest.Builder request = request(application, path).header("Authorization", "Basic " + credentials);
		if (post) {
			request.POST(BodyPublishers.noBody());
		}
		return this.http.send(request.build(), BodyHandlers.ofString()).body();
	}

	private static HttpRequest.Builder request(Application application, String path) {
		return HttpRequest.newBuilder(URI.create("http://localhost:" + application.port() + path));
	}

	@Configuration(proxyBeanMethods = false)
	static class Web {

		@Bean
		Notes notes(JdbcTemplate jdbc) {
			jdbc.execute("CREATE TABLE IF NOT EXISTS web_note (id bigint)");
			return new Notes(jdbc);
		}

		@Bean
		NoteController noteController(Notes notes) {
			return new NoteController(notes);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Secured {

		@Bean
		PositionStore positionStore() {
			return sharedStore;
		}

		@Bean
		SecurityFilterChain security(HttpSecurity http) throws Exception {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().authenticated())
				.httpBasic(Customizer.withDefaults())
				.csrf((csrf) -> csrf.disable())
				.build();
		}

		@Bean
		UserDetailsService users() {
			return new InMemoryUserDetailsManager(User.withUsername("ada").password("{noop}x").roles("USER").build(),
					User.withUsername("ben").password("{noop}x").roles("USER").build());
		}

	}

	static class Notes {

		private final CountDownLatch begun = new CountDownLatch(1);

		private final JdbcTemplate jdbc;

		Notes(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		@ReadOnly
		public String find(long id) {
			return this.jdbc.queryForList("SELECT id FROM web_note WHERE id = ?", id).isEmpty() ? "absent" : "found";
		}

		@Transactional
		public void write(long id) {
			this.jdbc.update("INSERT INTO web_note VALUES (?)", id);
		}

		CountDownLatch begun() {
			return this.begun;
		}

		@ReadOnly
		public String slow() {
			this.begun.countDown();
			this.jdbc.queryForList("SELECT pg_sleep(1)");
			return this.jdbc.queryForObject(Application.SERVER, String.class);
		}

	}

	@RestController
	static class NoteController {

		private final Notes notes;

		NoteController(Notes notes) {
			this.notes = notes;
		}

		@GetMapping("/notes/{id}")
		String find(@PathVariable long id) {
			return this.notes.find(id);
		}

		@PostMapping("/notes/{id}")
		String write(@PathVariable long id) {
			this.notes.write(id);
			return "written";
		}

		@GetMapping("/visits")
		String visits(HttpSession session) {
			Integer visits = (Integer) session.getAttribute("visits");
			session.setAttribute("visits", (visits != null) ? visits + 1 : 1);
			return String.valueOf(session.getAttribute("visits"));
		}

		@GetMapping("/slow")
		String slow() {
			return this.notes.slow();
		}

	}

}
