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

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

import jakarta.persistence.EntityManager;
import jakarta.persistence.Tuple;
import org.hibernate.Session;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

import io.github.replication.Consistency;
import io.github.replication.ReadOnly;
import io.github.replication.Reason;
import io.github.replication.Replication;
import io.github.replication.RouteDecision;
import io.github.replication.UsePrimary;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests that read and write, with and without the session open in view.
 */
@EmbeddedCluster
class OpenInViewTests {

	@Test
	void oneOpenRequestReadsFromReplicasAndWritesToThePrimary(PostgresCluster cluster) throws Exception {
		List<String> served = request(cluster, true, "/mixed");
		assertThat(served).hasSize(5);
		assertThat(served.get(0)).startsWith("replica-").endsWith("read-only");
		assertThat(served.get(1)).startsWith("replica-").endsWith("read-only");
		assertThat(served.get(2)).isEqualTo("primary read-write");
		assertThat(served.get(3)).isEqualTo("primary read-only");
		assertThat(served.get(4)).isEqualTo("primary read-write");
	}

	@Test
	void requestWithoutOpenSessionReadsOwnWriteFromTheReadPool(PostgresCluster cluster) throws Exception {
		List<String> served = request(cluster, false, "/mixed");
		assertThat(served.get(0)).startsWith("replica-").endsWith("read-only");
		assertThat(served.get(1)).startsWith("replica-").endsWith("read-only");
		assertThat(served.get(2)).isEqualTo("primary read-write");
		assertThat(served.get(3)).isEqualTo("primary read-only");
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void reasonsAreReported(boolean openInView, PostgresCluster cluster) throws Exception {
		List<String> served = request(cluster, openInView, "/reasons");
		assertThat(served).containsExactly(Reason.READ_ONLY.name(), Reason.READ_ONLY.name(), Reason.READ_WRITE.name(),
				(openInView ? Reason.HELD : Reason.RECENT_WRITE).name(), Reason.READ_WRITE.name());
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void supportedReadIsOverBeforeAWriteWhereThePoolHasAutoCommitOff(boolean disabledByProvider,
			PostgresCluster cluster) throws Exception {
		List<String> served = request(TestApplication.on(cluster)
			.with("spring.datasource.hikari.auto-commit", false)
			.with("spring.jpa.properties.hibernate.connection.provider_disables_autocommit", disabledByProvider),
				cluster, true, "/supported");
		assertThat(served).hasSize(3);
		assertThat(served.get(0)).startsWith("replica-").endsWith("read-only");
		assertThat(served.get(1)).isEqualTo("primary read-write");
		assertThat(served.get(2)).isEqualTo("primary read-only");
	}

	@ParameterizedTest
	@ValueSource(strings = { "/unwrapped", "/streamed" })
	void connectionOfAnEarlierReadIsNoHindranceToAStricterScope(String path, PostgresCluster cluster) throws Exception {
		List<String> served = request(cluster, true, path);
		assertThat(served).hasSize(2);
		assertThat(served.get(0)).startsWith("replica-");
		assertThat(served.get(1)).isEqualTo("primary read-write");
	}

	private static List<String> request(PostgresCluster cluster, boolean openInView, String path) throws Exception {
		return request(TestApplication.on(cluster), cluster, openInView, path);
	}

	private static List<String> request(TestApplication.Builder builder, PostgresCluster cluster, boolean openInView,
			String path) throws Exception {
		TestApplication.createTable(cluster);
		try (TestApplication application = builder.with("spring.jpa.open-in-view", openInView).web().start(Web.class);
				HttpClientHandle client = new HttpClientHandle()) {
			application.decisions().clear();
			return client.get("http://localhost:" + application.port() + path).lines().toList();
		}
	}

	/**
	 * A client that is closed where the platform can.
	 */
	private static final class HttpClientHandle implements AutoCloseable {

		private final HttpClient client = HttpClient.newHttpClient();

		String get(String url) throws IOException, InterruptedException {
			return this.client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString()).body();
		}

		@Override
		public void close() {
			if (this.client instanceof AutoCloseable) {
				try {
					((AutoCloseable) this.client).close();
				}
				catch (Exception ex) {
					throw new IllegalStateException(ex);
				}
			}
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EntityScan(basePackageClasses = Note.class)
	@EnableJpaRepositories(basePackageClasses = NoteRepository.class, considerNestedRepositories = false)
	static class Web {

		@Bean
		Notes notes(EntityManager entityManager) {
			return new Notes(entityManager);
		}

		@Bean
		NoteController noteController(Notes notes, Decisions decisions) {
			return new NoteController(notes, decisions);
		}

	}

	@RestController
	static class NoteController {

		private final Notes notes;

		private final Decisions decisions;

		NoteController(Notes notes, Decisions decisions) {
			this.notes = notes;
			this.decisions = decisions;
		}

		@GetMapping("/mixed")
		String mixed() {
			List<String> served = new ArrayList<>();
			served.add(this.notes.read());
			served.add(this.notes.readRepeatable());
			served.add(this.notes.write());
			served.add(this.notes.read());
			served.add(this.notes.write());
			return String.join("\n", served);
		}

		@GetMapping("/supported")
		String supported() {
			return String.join("\n", List.of(this.notes.readSupporting(), this.notes.write(), this.notes.read()));
		}

		@GetMapping("/unwrapped")
		String unwrapped() {
			String replica = this.notes.readUnwrapping();
			return String.join("\n", List.of(replica, this.notes.write(this.notes::onPrimary)));
		}

		@GetMapping("/streamed")
		String streamed() {
			try (Stream<String> nodes = Replication.readOnly(Consistency.SESSION, this.notes::stream)) {
				Iterator<String> rows = nodes.iterator();
				String replica = rows.next();
				return String.join("\n", List.of(replica, this.notes.write(this.notes::onPrimary)));
			}
		}

		@GetMapping("/reasons")
		String reasons() {
			mixed();
			return String.join("\n",
					this.decisions.all().stream().map(RouteDecision::reason).map(Reason::name).toList());
		}

	}

	static class Notes {

		private final EntityManager entityManager;

		Notes(EntityManager entityManager) {
			this.entityManager = entityManager;
		}

		@ReadOnly
		public String read() {
			return served();
		}

		@Transactional(readOnly = true, isolation = Isolation.REPEATABLE_READ)
		public String readRepeatable() {
			assertThat(
					this.entityManager.createNativeQuery("SHOW transaction_isolation", String.class).getSingleResult())
				.isEqualTo("repeatable read");
			return served();
		}

		@Transactional(readOnly = true, propagation = Propagation.SUPPORTS)
		public String readSupporting() {
			return served();
		}

		@ReadOnly
		public String readUnwrapping() {
			this.entityManager.unwrap(Session.class)
				.doWork((connection) -> assertThat(connection.unwrap(PGConnection.class)).isNotNull());
			return served();
		}

		public Stream<String> stream() {
			Stream<?> rows = this.entityManager
				.createNativeQuery("SELECT current_setting('cluster_name') FROM generate_series(1, 3)", String.class)
				.getResultStream();
			return rows.map(String.class::cast);
		}

		@Transactional
		public String write(Supplier<String> inner) {
			return inner.get();
		}

		@UsePrimary
		public String onPrimary() {
			return served();
		}

		@Transactional
		public String write() {
			this.entityManager.persist(new Note("a"));
			this.entityManager.flush();
			return served();
		}

		private String served() {
			Tuple row = (Tuple) this.entityManager
				.createNativeQuery("SELECT current_setting('cluster_name') AS node, pg_is_in_recovery() AS recovery,"
						+ " current_setting('transaction_read_only') AS ro", Tuple.class)
				.getSingleResult();
			String node = row.get("node", String.class);
			assertThat(row.get("recovery", Boolean.class)).isEqualTo(!node.equals("primary"));
			return node + ("on".equals(row.get("ro", String.class)) ? " read-only" : " read-write");
		}

	}

}
