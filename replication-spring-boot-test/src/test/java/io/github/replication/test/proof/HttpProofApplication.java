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

package io.github.replication.test.proof;

import java.io.IOException;
import java.security.Principal;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.MapPropertySource;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.filter.OncePerRequestFilter;

import io.github.replication.CallerContext;
import io.github.replication.web.PositionClientInterceptor;

/**
 * An instance of an application that takes part in a proof over HTTP.
 */
final class HttpProofApplication implements AutoCloseable {

	private final ConfigurableApplicationContext context;

	/**
	 * Starts an instance.
	 * @param properties its properties
	 */
	HttpProofApplication(Map<String, Object> properties) {
		this.context = new SpringApplicationBuilder(Application.class).web(WebApplicationType.SERVLET)
			.initializers((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new MapPropertySource("proof", properties)))
			.run();
	}

	int port() {
		return this.context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
	}

	Instance instance() {
		return this.context.getBean(Instance.class);
	}

	@Override
	public void close() {
		this.context.close();
	}

	/**
	 * How the operations of a request run.
	 */
	enum Way {

		/**
		 * On the thread of the request.
		 */
		DIRECT,

		/**
		 * The first portion in an {@code @Async} method.
		 */
		ASYNC,

		/**
		 * The first portion in a job that takes the position along.
		 */
		JOB,

		/**
		 * The first portion in another service.
		 */
		CALL

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableAsync
	@Import({ ProofConfiguration.class, Endpoint.class, AsyncPortions.class })
	static class Application {

		@Bean
		Instance instance(BeanFactory beans, @Value("${proof.instance}") String name) {
			return new ApplicationInstance(name, beans);
		}

		/**
		 * Knows users by a header.
		 */
		@Bean
		FilterRegistrationBean<OncePerRequestFilter> login() {
			FilterRegistrationBean<OncePerRequestFilter> login = new FilterRegistrationBean<>(new Login());
			login.setOrder(Integer.MIN_VALUE);
			login.setAsyncSupported(true);
			return login;
		}

	}

	@RestController
	static class Endpoint {

		private final Instance instance;

		private final CallerContext callers;

		private final AsyncPortions portions;

		private final RestClient client;

		Endpoint(Instance instance, CallerContext callers, AsyncPortions portions,
				PositionClientInterceptor interceptor) {
			this.instance = instance;
			this.callers = callers;
			this.portions = portions;
			// the client of Jetty, which would be found, has to be stopped
			this.client = RestClient.builder()
				.requestFactory(new JdkClientHttpRequestFactory())
				.requestInterceptor(interceptor)
				.build();
		}

		@PostMapping("/visits/{id}")
		String visit(@PathVariable("id") long id, @RequestParam("way") Way way, @RequestParam("service") int service) {
			Visit visit = Visit.of(id);
			switch (way) {
				case DIRECT -> visit.run(0, this.instance);
				case ASYNC -> this.portions.run(visit).join();
				case JOB -> {
					String position = this.callers.position();
					visit.runAsJob(0, this.instance, (position != null) ? position : "");
				}
				case CALL -> this.client.post()
					.uri("http://127.0.0.1:{service}/portions/{id}", service, id)
					.retrieve()
					.toBodilessEntity();
			}
			visit.run(1, this.instance);
			return this.instance.name();
		}

		@PostMapping("/portions/{id}")
		void portion(@PathVariable("id") long id) {
			Visit.of(id).run(0, this.instance);
		}

		/**
		 * An application with sessions of HTTP has them for reasons of its own.
		 */
		@PostMapping("/login")
		void login(HttpSession session) {
			session.setAttribute("user", session.getId());
		}

	}

	static class AsyncPortions {

		private final Instance instance;

		AsyncPortions(Instance instance) {
			this.instance = instance;
		}

		@Async
		public CompletableFuture<Void> run(Visit visit) {
			visit.run(0, this.instance);
			return CompletableFuture.completedFuture(null);
		}

	}

	private static final class Login extends OncePerRequestFilter {

		@Override
		protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
				throws ServletException, IOException {
			String user = request.getHeader("User");
			chain.doFilter((user == null) ? request : new HttpServletRequestWrapper(request) {

				@Override
				public Principal getUserPrincipal() {
					return () -> user;
				}

			}, response);
		}

	}

}
