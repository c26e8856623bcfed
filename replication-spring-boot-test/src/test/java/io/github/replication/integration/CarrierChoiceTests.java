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
import java.net.http.HttpResponse;
import java.security.Principal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.annotation.Order;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.mock.web.MockHttpSession;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.filter.OncePerRequestFilter;

import io.github.replication.Reason;
import io.github.replication.RouteDecision;
import io.github.replication.position.PositionToken;
import io.github.replication.store.BoundedPositionStore;
import io.github.replication.store.InMemoryPositionStore;
import io.github.replication.store.PositionStore;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;
import io.github.replication.web.CookiePositionCarrier;
import io.github.replication.web.PositionCarrier;
import io.github.replication.web.PositionClientInterceptor;
import io.github.replication.web.UserPositionCarrier;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a user writes is seen by the user's next request, whatever takes the position
 * along.
 */
@EmbeddedCluster
class CarrierChoiceTests {

	private static final String HEADER = "Replication-Position";

	private static final AtomicLong ids = new AtomicLong(3_000_000);

	private final long id = ids.addAndGet(10);

	private final List<TestApplication> started = new ArrayList<>();

	private PostgresCluster cluster;

	@BeforeEach
	void createTable(PostgresCluster cluster) {
		this.cluster = cluster;
		TestApplication.createTable(cluster);
	}

	@AfterEach
	void resume() {
		this.cluster.replicas().forEach(PostgresNode::resumeReplay);
		this.started.forEach(TestApplication::close);
	}

	@Test
	void headerTakesThePositionToAnotherInstance() {
		TestApplication one = start("header", NoteWeb.class);
		TestApplication other = start("header", NoteWeb.class);
		Browser user = new Browser().returning(HEADER);
		HttpResponse<String> response = user.post(one, "/notes/" + this.id);
		assertThat(response.headers().firstValue(HEADER)).isPresent();
		assertThat(response.headers().allValues("Set-Cookie")).isEmpty();
		assertFound(user, one, this.id);
		assertFound(user, other, this.id);
		assertAbsent(new Browser(), one);
	}

	@ParameterizedTest
	@Tag("long")
	@CsvSource({ "header, header", "cookie, header" })
	void writeOfAServiceThatIsCalledIsSeenByTheCaller(String callers, String called) {
		TestApplication caller = start(callers, NoteWeb.class, Calls.class);
		TestApplication service = start(called, NoteWeb.class);
		Browser user = new Browser().returning(HEADER);
		assertThat(user.post(caller, "/remote/" + this.id + "?port=" + service.port()).body()).isEqualTo("found");
		assertThat(caller.decisions().lastReason()).isEqualTo(Reason.BEHIND);
		assertFound(user, caller, this.id);
	}

	/**
	 * The caller's own token holds nothing new of reads, only that write.
	 */
	@ParameterizedTest
	@Tag("long")
	@ValueSource(strings = { "header", "cookie", "session" })
	void writeOfAServiceThatIsCalledRightAfterAnotherIsSeenByTheCaller(String callers) {
		TestApplication caller = start(callers, NoteWeb.class, Calls.class);
		TestApplication service = start("header", NoteWeb.class);
		Browser user = new Browser().returning(HEADER);
		user.post(caller, "/notes/" + (this.id + 1));
		new Browser().post(caller, "/notes/" + (this.id + 2));
		this.cluster.replicas().forEach(PostgresNode::resumeReplay);
		this.cluster.awaitReplication();
		this.cluster.replicas().forEach(PostgresNode::pauseReplay);
		assertThat(user.post(caller, "/remote/" + this.id + "?port=" + service.port()).body()).isEqualTo("found");
		assertFound(user, caller, this.id);
	}

	@Test
	void serviceThatIsCalledSeesTheWriteOfTheCaller() {
		TestApplication caller = start("cookie", NoteWeb.class, Calls.class);
		TestApplication service = start("header", NoteWeb.class);
		Browser user = new Browser();
		assertThat(user.post(caller, "/write-and-ask/" + this.id + "?port=" + service.port()).body())
			.isEqualTo("found");
		assertThat(service.decisions().lastReason()).isEqualTo(Reason.BEHIND);
	}

	@Test
	void sessionTakesThePositionAlong() {
		TestApplication application = start("session", NoteWeb.class);
		Browser user = new Browser();
		user.post(application, "/notes/" + this.id);
		assertThat(user.cookies()).containsOnlyKeys("JSESSIONID");
		assertFound(user, application, this.id);
		assertAbsent(new Browser(), application);
	}

	@Test
	@Tag("long")
	void readMakesNoSession() {
		TestApplication application = start("session", NoteWeb.class);
		Browser user = new Browser();
		assertAbsent(user, application);
		assertThat(user.post(application, "/read-write/" + this.id).statusCode()).isEqualTo(200);
		assertThat(user.post(application, "/rolled-back/" + this.id).statusCode()).isEqualTo(200);
		assertThat(user.cookies()).isEmpty();
	}

	@Test
	void sessionKeepsThePositionsOfParallelRequests() throws Exception {
		TestApplication application = start("session", NoteWeb.class);
		Browser user = new Browser();
		user.post(application, "/notes/" + (this.id + 2));
		assertParallelWritesAreFound(user, application);
	}

	/**
	 * As with Spring Session.
	 */
	@Test
	@Tag("long")
	void sessionIsThatOfTheApplication() {
		TestApplication application = start("session", NoteWeb.class, OwnSessions.class);
		Browser user = new Browser().with("Session", "1");
		user.post(application, "/notes/" + this.id);
		assertThat(user.cookies()).isEmpty();
		assertFound(user, application, this.id);
		assertAbsent(new Browser().with("Session", "2"), application);
	}

	@ParameterizedTest
	@ValueSource(ints = { Integer.MIN_VALUE, 0 })
	void userTakesThePositionToAnotherInstance(int orderOfLogin) {
		SharedStore.store = new InMemoryPositionStore(System::nanoTime);
		TestApplication one = startWithLogin(orderOfLogin, false);
		TestApplication other = startWithLogin(orderOfLogin, false);
		user("ann").post(one, "/notes/" + this.id);
		assertFound(user("ann"), one, this.id);
		assertFound(user("ann"), other, this.id);
		assertAbsent(user("bob"), one);
		assertAbsent(new Browser(), one);
	}

	@ParameterizedTest
	@Tag("long")
	@CsvSource({ "-2147483648, stream-that-writes-late",
			"0, stream-that-writes-late stream-that-writes-first callable deferred stream exception" })
	void userIsKnownToThreadsOfTheRequest(int orderOfLogin, String paths) {
		SharedStore.store = new InMemoryPositionStore(System::nanoTime);
		TestApplication one = startWithLogin(orderOfLogin, false);
		TestApplication other = startWithLogin(orderOfLogin, false);
		long note = this.id;
		for (String path : paths.split(" ")) {
			Browser user = user(path);
			user.post(one, "/" + path + "/" + note);
			assertThat(user.get(other, "/notes/" + note).body()).as(path).isEqualTo("found");
			assertThat(other.decisions().last()).as(path)
				.returns("primary", RouteDecision::node)
				.returns(Reason.BEHIND, RouteDecision::reason);
			note++;
		}
	}

	/**
	 * Neither passes through Spring MVC, which makes the request that Spring Security
	 * hands on known.
	 */
	@ParameterizedTest
	@Tag("long")
	@ValueSource(strings = { "filter", "servlet" })
	void userOfSpringSecurityIsKnownBesideSpringMvc(String path) {
		TestApplication application = start(application("user").using("security"), NoteWeb.class,
				InfrastructureTests.Security.class, BesideMvc.class);
		Browser ann = InfrastructureTests.user("ann");
		ann.post(application, "/notes/" + this.id);
		assertFoundAt("/" + path + "/" + this.id, ann, application);
		ann.post(application, "/" + path + "/" + (this.id + 1));
		assertFound(ann, application, this.id + 1);
		assertFoundAt("/" + path + "/" + (this.id + 1), ann, application);
		assertAbsent(InfrastructureTests.user("bob"), application);
	}

	/**
	 * As with passwords that are looked up in the database for each request.
	 */
	@Test
	@Tag("long")
	void userIsAskedForAgainAfterAReadThatFindsOutWhoItIs() {
		SharedStore.store = new InMemoryPositionStore(System::nanoTime);
		TestApplication application = startWithLogin(0, true);
		user("ann").post(application, "/notes/" + this.id);
		assertFound(user("ann"), application, this.id);
		assertAbsent(user("bob"), application);
	}

	@Test
	void storeKeepsThePositionsOfParallelRequests() throws Exception {
		SharedStore.store = new InMemoryPositionStore(System::nanoTime);
		assertParallelWritesAreFound(user("ann"), startWithLogin(0, false));
	}

	@Test
	void carrierOfTheApplicationReplacesTheConfiguredOne() {
		TestApplication application = start("cookie", NoteWeb.class, OwnCarrier.class);
		Browser user = new Browser().with("Device", "a");
		HttpResponse<String> response = user.post(application, "/notes/" + this.id);
		assertThat(response.headers().allValues("Set-Cookie")).isEmpty();
		assertFound(user, application, this.id);
		assertAbsent(new Browser().with("Device", "b"), application);
	}

	@Test
	@Tag("long")
	void laterPositionOfTwoCarriersCounts() {
		TestApplication application = start("cookie", NoteWeb.class, OwnCarrier.class, OtherCarrier.class);
		Browser user = new Browser().with("Device", "a").with("Account", "ann");
		user.post(application, "/notes/" + (this.id + 1));
		new Browser().with("Device", "other").with("Account", "ann").post(application, "/notes/" + this.id);
		assertFound(user, application, this.id);
		new Browser().with("Device", "a").with("Account", "other").post(application, "/notes/" + (this.id + 2));
		assertFound(user, application, this.id + 2);
	}

	/**
	 * The carriers of the documentation's example. The second is asked before each
	 * statement whether it knows the visitor by now.
	 */
	@Test
	void visitorWhoHasNotLoggedInKeepsThePositionAndIsNotPinnedByAForgedOne() {
		TestApplication application = start("cookie", NoteWeb.class, CookieAndUser.class);
		Browser visitor = new Browser();
		visitor.post(application, "/notes/" + this.id);
		for (int i = 0; i < 3; i++) {
			assertFound(visitor, application, this.id);
			assertThat(visitor.positions()).isNotEmpty()
				.allSatisfy((token) -> assertThat(token.position()).isNotNull());
		}
		PositionToken own = visitor.positions().get(0);
		this.cluster.replicas().forEach(PostgresNode::resumeReplay);
		this.cluster.awaitReplication();
		Browser forger = new Browser().withCookie("replication-position-a-1", "2." + Integer.toHexString(own.cluster())
				+ "." + Integer.toHexString(own.position().timeline()) + "-7fffffffffffffff.");
		for (Browser user : List.of(visitor, forger)) {
			Awaitility.await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> {
				assertThat(user.get(application, "/twice/" + this.id).body()).isEqualTo("foundfound");
				assertThat(application.decisions().last().isReplica()).isTrue();
			});
		}
	}

	@Test
	@Tag("long")
	void carrierThatThrowsFailsNoRequest() {
		TestApplication application = start("cookie", NoteWeb.class, BrokenCarrier.class, OwnCarrier.class);
		Browser user = new Browser().with("Device", "a");
		assertThat(user.post(application, "/notes/" + this.id).statusCode()).isEqualTo(200);
		assertFound(user, application, this.id);
	}

	private TestApplication startWithLogin(int order, boolean lookup) {
		return start(application("user").with("login.order", order).with("login.lookup", lookup), NoteWeb.class,
				SharedStore.class, Login.class);
	}

	private TestApplication start(String carrier, Class<?>... sources) {
		return start(application(carrier), sources);
	}

	/**
	 * Starts an application on replicas that do not go on, once it has seen them where
	 * the primary is.
	 */
	private TestApplication start(TestApplication.Builder builder, Class<?>... sources) {
		this.cluster.replicas().forEach(PostgresNode::resumeReplay);
		this.cluster.awaitReplication();
		TestApplication application = builder.start(sources);
		this.started.add(application);
		application.awaitLags();
		this.cluster.replicas().forEach(PostgresNode::pauseReplay);
		return application;
	}

	private TestApplication.Builder application(String carrier) {
		return TestApplication.exactly(this.cluster)
			.with("replication.read-your-writes.carrier", carrier)
			.with("replication.read-your-writes.window", "10m")
			.with("replication.monitor.interval", "250ms")
			.with("spring.task.execution.propagate-context", "true")
			.withoutJpa()
			.web();
	}

	private static Browser user(String name) {
		return new Browser().with("User", name);
	}

	private void assertParallelWritesAreFound(Browser user, TestApplication application) throws Exception {
		long early = this.id;
		long late = this.id + 1;
		NoteWeb.Latches latches = application.bean(NoteWeb.Latches.class);
		CompletableFuture<HttpResponse<String>> one = user.postAsync(application, "/held/" + early);
		latches.await("written-" + early);
		CompletableFuture<HttpResponse<String>> other = user.postAsync(application, "/held/" + late);
		latches.await("written-" + late);
		latches.open("answer-" + late);
		other.get(20, TimeUnit.SECONDS);
		latches.open("answer-" + early);
		one.get(20, TimeUnit.SECONDS);
		assertFound(user, application, late);
		assertFound(user, application, early);
	}

	private static void assertFound(Browser user, TestApplication application, long id) {
		assertFoundAt("/notes/" + id, user, application);
	}

	private static void assertFoundAt(String path, Browser user, TestApplication application) {
		assertThat(user.get(application, path).body()).isEqualTo("found");
		assertThat(application.decisions().last()).returns("primary", RouteDecision::node)
			.returns(Reason.BEHIND, RouteDecision::reason);
	}

	/**
	 * The replicas are behind, so who reads from one has no position.
	 */
	private void assertAbsent(Browser stranger, TestApplication application) {
		assertThat(stranger.get(application, "/notes/" + this.id).body()).isEqualTo(NoteWeb.ABSENT);
		assertThat(application.decisions().last().isReplica()).isTrue();
	}

	@Configuration(proxyBeanMethods = false)
	@Import(Calls.Caller.class)
	static class Calls {

		@RestController
		static class Caller {

			private final NoteWeb.Notes notes;

			private final RestClient client;

			Caller(NoteWeb.Notes notes, PositionClientInterceptor interceptor) {
				this.notes = notes;
				// the client of Jetty, which would be found, has to be stopped
				this.client = RestClient.builder()
					.requestFactory(new JdkClientHttpRequestFactory())
					.requestInterceptor(interceptor)
					.build();
			}

			@PostMapping("/remote/{id}")
			String writeRemotely(@PathVariable("id") long id, @RequestParam("port") int port) {
				this.client.post().uri("http://localhost:{port}/notes/{id}", port, id).retrieve().toBodilessEntity();
				return this.notes.find(id);
			}

			@PostMapping("/write-and-ask/{id}")
			String writeAndAsk(@PathVariable("id") long id, @RequestParam("port") int port) {
				this.notes.write(id);
				return this.client.get()
					.uri("http://localhost:{port}/notes/{id}", port, id)
					.retrieve()
					.body(String.class);
			}

		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnSessions {

		@Bean
		FilterRegistrationBean<OncePerRequestFilter> ownSessions() {
			Map<String, HttpSession> sessions = new ConcurrentHashMap<>();
			return filter(Integer.MIN_VALUE + 50, (request) -> new HttpServletRequestWrapper(request) {

				@Override
				public HttpSession getSession() {
					return getSession(true);
				}

				@Override
				public HttpSession getSession(boolean create) {
					String name = getHeader("Session");
					return create ? sessions.computeIfAbsent(name, (key) -> new MockHttpSession()) : sessions.get(name);
				}

			});
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Login {

		@Bean
		FilterRegistrationBean<OncePerRequestFilter> login(NoteWeb.Notes notes, @Value("${login.order}") int order,
				@Value("${login.lookup}") boolean lookup) {
			return filter(order, (request) -> {
				String user = request.getHeader("User");
				if (lookup) {
					notes.find(0);
				}
				return (user == null) ? request : new HttpServletRequestWrapper(request) {

					@Override
					public Principal getUserPrincipal() {
						return () -> user;
					}

				};
			});
		}

	}

	/**
	 * A filter behind Spring Security that answers by itself, and a servlet.
	 */
	@Configuration(proxyBeanMethods = false)
	static class BesideMvc {

		@Bean
		FilterRegistrationBean<Filter> answering(NoteWeb.Notes notes) {
			FilterRegistrationBean<Filter> registration = new FilterRegistrationBean<>(
					(request, response, chain) -> answer(notes, (HttpServletRequest) request, response));
			registration.addUrlPatterns("/filter/*");
			return registration;
		}

		@Bean
		ServletRegistrationBean<HttpServlet> servlet(NoteWeb.Notes notes) {
			return new ServletRegistrationBean<>(new HttpServlet() {

				@Override
				protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
					answer(notes, request, response);
				}

			}, "/servlet/*");
		}

		private static void answer(NoteWeb.Notes notes, HttpServletRequest request, ServletResponse response)
				throws IOException {
			String path = request.getRequestURI();
			long id = Long.parseLong(path.substring(path.lastIndexOf('/') + 1));
			if (request.getMethod().equals("POST")) {
				notes.write(id);
				response.getWriter().write("written");
			}
			else {
				response.getWriter().write(notes.find(id));
			}
		}

	}

	private static FilterRegistrationBean<OncePerRequestFilter> filter(int order, Wrapping wrapping) {
		FilterRegistrationBean<OncePerRequestFilter> registration = new FilterRegistrationBean<>(
				new OncePerRequestFilter() {

					@Override
					protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response,
							FilterChain chain) throws ServletException, IOException {
						chain.doFilter(wrapping.wrap(request), response);
					}

				});
		registration.setOrder(order);
		registration.setAsyncSupported(true);
		return registration;
	}

	@FunctionalInterface
	private interface Wrapping {

		HttpServletRequest wrap(HttpServletRequest request);

	}

	@Configuration(proxyBeanMethods = false)
	static class SharedStore {

		private static PositionStore store;

		@Bean
		PositionStore positionStore() {
			return store;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnCarrier {

		@Bean
		PositionCarrier ownCarrier() {
			return new KeyedCarrier("Device");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OtherCarrier {

		@Bean
		PositionCarrier otherCarrier() {
			return new KeyedCarrier("Account");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class CookieAndUser {

		private static final Duration WINDOW = Duration.ofMinutes(10);

		@Bean
		PositionCarrier cookies() {
			return new CookiePositionCarrier("replication-position",
					new CookiePositionCarrier.Attributes(null, null, null, "Lax", WINDOW), System::nanoTime);
		}

		@Bean
		PositionCarrier users() {
			return new UserPositionCarrier(new BoundedPositionStore(new InMemoryPositionStore(System::nanoTime),
					Duration.ofMillis(100), System::nanoTime), WINDOW);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class BrokenCarrier {

		@Bean
		@Order(0)
		PositionCarrier brokenCarrier() {
			return new PositionCarrier() {

				@Override
				public Collection<String> receive(HttpServletRequest request) {
					throw new IllegalStateException("broken");
				}

				@Override
				public void send(HttpServletRequest request, HttpServletResponse response, String token,
						Collection<String> replaced) {
					throw new IllegalStateException("broken");
				}

			};
		}

	}

	/**
	 * Keeps the last token for each value of a header.
	 */
	private static final class KeyedCarrier implements PositionCarrier {

		private final Map<String, String> tokens = new ConcurrentHashMap<>();

		private final String header;

		KeyedCarrier(String header) {
			this.header = header;
		}

		@Override
		public Collection<String> receive(HttpServletRequest request) {
			String token = this.tokens.get(key(request));
			return (token != null) ? List.of(token) : List.of();
		}

		@Override
		public void send(HttpServletRequest request, HttpServletResponse response, String token,
				Collection<String> replaced) {
			this.tokens.put(key(request), token);
		}

		private String key(HttpServletRequest request) {
			return String.valueOf(request.getHeader(this.header));
		}

	}

}
