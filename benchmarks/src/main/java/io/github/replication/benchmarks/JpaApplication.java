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

package io.github.replication.benchmarks;

import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.zaxxer.hikari.HikariDataSource;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.Version;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * A web application with JPA on one of the data sources that are compared, and a browser
 * that keeps its cookies.
 */
final class JpaApplication implements AutoCloseable {

	/**
	 * Creates the tables of the entities.
	 */
	static final List<String> TABLES = List.of("CREATE TABLE author (id bigint PRIMARY KEY, name text NOT NULL)",
			"CREATE TABLE article (id bigint PRIMARY KEY, title text NOT NULL, body text NOT NULL,"
					+ " author_id bigint NOT NULL REFERENCES author, version int NOT NULL)",
			"INSERT INTO author SELECT id, 'author ' || id FROM generate_series(0, 49) id",
			"INSERT INTO article SELECT id, 'title ' || id, repeat('text ', 40), id % 50, 1"
					+ " FROM generate_series(0, 999) id",
			"GRANT SELECT, UPDATE ON author, article TO PUBLIC");

	private static final String REPLICA = "benchmark.replica";

	private final ConfigurableApplicationContext context;

	private final HttpClient browser = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();

	private final HttpRequest get;

	private JpaApplication(ConfigurableApplicationContext context) {
		this.context = context;
		this.get = request().GET().build();
	}

	/**
	 * Starts the application.
	 * @param contender one that needs no choice by hand
	 * @param openInView whether each request has one session of Hibernate
	 */
	static JpaApplication of(Contender contender, Servers servers, boolean openInView) {
		Map<String, Object> all = new HashMap<>();
		all.put("spring.datasource.url", servers.primary());
		all.put("spring.datasource.username", servers.username());
		all.put("spring.datasource.password", servers.password());
		all.put("spring.datasource.hikari.maximum-pool-size", Application.CONNECTIONS);
		all.put("spring.jpa.open-in-view", openInView);
		all.put("server.port", 0);
		all.put("server.address", "127.0.0.1");
		all.put("replication.read-your-writes.window", "1h");
		if (contender == Contender.REPLICATION) {
			all.put("replication.replicas.replica-1.url", servers.replicas().get(0));
		}
		else if (contender == Contender.LAZY_PROXY) {
			all.put(REPLICA, servers.replicas().get(0));
		}
		return new JpaApplication(new SpringApplicationBuilder(Beans.class).web(WebApplicationType.SERVLET)
			.bannerMode(Banner.Mode.OFF)
			.initializers((created) -> created.getEnvironment()
				.getPropertySources()
				.addFirst(new MapPropertySource("benchmark", all)))
			.run());
	}

	Articles articles() {
		return this.context.getBean(Articles.class);
	}

	private HttpRequest.Builder request() {
		return HttpRequest.newBuilder(URI.create(
				"http://127.0.0.1:" + this.context.getEnvironment().getProperty("local.server.port") + "/articles/7"));
	}

	/**
	 * Has the browser's user write, so that a cookie may come of it.
	 */
	void put() throws IOException, InterruptedException {
		send(request().PUT(HttpRequest.BodyPublishers.noBody()).build());
	}

	/**
	 * Has the browser read an article.
	 */
	void get() throws IOException, InterruptedException {
		send(this.get);
	}

	private void send(HttpRequest request) throws IOException, InterruptedException {
		int status = this.browser.send(request, BodyHandlers.ofString()).statusCode();
		if (status != 200) {
			throw new IllegalStateException(request + " was answered by " + status);
		}
	}

	@Override
	public void close() {
		this.context.close();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ Articles.class, Endpoint.class })
	static class Beans {

		@Bean
		static LazyProxies lazyProxies(Environment environment) {
			return new LazyProxies(environment.getProperty(REPLICA));
		}

	}

	/**
	 * Puts Spring's proxy over the pool where a replica is named.
	 */
	private static final class LazyProxies implements BeanPostProcessor, DisposableBean {

		private final HikariDataSource replica = new HikariDataSource();

		private final @Nullable String url;

		LazyProxies(@Nullable String url) {
			this.url = url;
		}

		@Override
		public Object postProcessAfterInitialization(Object bean, String name) {
			if (this.url == null || !(bean instanceof HikariDataSource primary)) {
				return bean;
			}
			primary.copyStateTo(this.replica);
			this.replica.setJdbcUrl(this.url);
			LazyConnectionDataSourceProxy proxy = new LazyConnectionDataSourceProxy(primary);
			proxy.setReadOnlyDataSource(this.replica);
			return proxy;
		}

		@Override
		public void destroy() {
			this.replica.close();
		}

	}

	/**
	 * The units of work.
	 */
	static class Articles {

		private final EntityManager entities;

		Articles(EntityManager entities) {
			this.entities = entities;
		}

		@Transactional(readOnly = true)
		public Article find(long id) {
			return this.entities.find(Article.class, id);
		}

		@Transactional(readOnly = true)
		public int findByAuthor(String name) {
			return this.entities
				.createQuery("select a from Article a join fetch a.author w where w.name = :name", Article.class)
				.setParameter("name", name)
				.getResultList()
				.size();
		}

		@Transactional(readOnly = true)
		public long findPage(int page) {
			int size = this.entities.createQuery("select a from Article a order by a.id", Article.class)
				.setFirstResult(20 * page)
				.setMaxResults(20)
				.getResultList()
				.size();
			return size + this.entities.createQuery("select count(a) from Article a", Long.class).getSingleResult();
		}

		@Transactional
		public void update(long id) {
			Article article = this.entities.find(Article.class, id);
			article.title = "title " + article.version;
		}

	}

	@RestController
	static class Endpoint {

		private final Articles articles;

		Endpoint(Articles articles) {
			this.articles = articles;
		}

		@GetMapping("/articles/{id}")
		String get(@PathVariable("id") long id) {
			return this.articles.find(id).title;
		}

		@PutMapping("/articles/{id}")
		String put(@PathVariable("id") long id) {
			this.articles.update(id);
			return "written";
		}

	}

	@Entity(name = "Article")
	static class Article {

		@Id
		private long id;

		private String title = "";

		private String body = "";

		@ManyToOne(fetch = FetchType.LAZY)
		private @Nullable Author author;

		@Version
		private int version;

	}

	@Entity(name = "Author")
	static class Author {

		@Id
		private long id;

		private String name = "";

	}

}
