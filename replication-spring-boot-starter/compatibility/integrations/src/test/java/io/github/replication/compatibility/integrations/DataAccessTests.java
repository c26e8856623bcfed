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

import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Mapper;
import org.apache.ibatis.annotations.Select;
import org.jooq.DSLContext;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mybatis.spring.annotation.MapperScan;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Transactional;

import io.github.replication.ReadOnly;
import io.github.replication.Replication;
import io.github.replication.compatibility.integrations.Application.Feature;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Reads are served by replicas and writes by the primary, whatever maps the rows.
 */
@EmbeddedCluster
@Tag("long")
class DataAccessTests {

	@Test
	void jooq(PostgresCluster cluster) {
		try (Application application = Application.on(cluster).with(Feature.JOOQ).start(JooqConfig.class)) {
			check(application.bean(JooqArticles.class));
		}
	}

	@Test
	void mybatis(PostgresCluster cluster) {
		try (Application application = Application.on(cluster).start(MybatisConfig.class)) {
			check(application.bean(MybatisArticles.class));
		}
	}

	private static void check(Articles articles) {
		// the tables have just been created, for which the first reads may not wait long
		Awaitility.await().pollInSameThread().until(() -> articles.read().startsWith("replica-"));
		assertThat(articles.write()).isEqualTo("primary");
	}

	interface Articles {

		String read();

		String write();

	}

	@Configuration(proxyBeanMethods = false)
	static class JooqConfig {

		@Bean
		JooqArticles articles(DSLContext jooq) {
			return new JooqArticles(jooq);
		}

	}

	static class JooqArticles implements Articles {

		private final DSLContext jooq;

		JooqArticles(DSLContext jooq) {
			this.jooq = jooq;
		}

		@Override
		@ReadOnly
		public String read() {
			return this.jooq.fetchOne(Application.SERVER).get(0, String.class);
		}

		@Override
		@Transactional
		public String write() {
			this.jooq.execute("CREATE TABLE IF NOT EXISTS jooq_article (id bigint)");
			this.jooq.execute("INSERT INTO jooq_article VALUES (1)");
			return this.jooq.fetchOne(Application.SERVER).get(0, String.class);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@MapperScan(basePackageClasses = ArticleMapper.class, annotationClass = Mapper.class)
	static class MybatisConfig {

		@Bean
		MybatisArticles articles(ArticleMapper mapper, JdbcTemplate jdbc) {
			Replication.untracked(() -> jdbc.execute("CREATE TABLE IF NOT EXISTS mybatis_article (id bigint)"));
			return new MybatisArticles(mapper);
		}

	}

	@Mapper
	interface ArticleMapper {

		@Select(Application.SERVER)
		String server();

		@Insert("INSERT INTO mybatis_article VALUES (#{id})")
		void insert(long id);

	}

	static class MybatisArticles implements Articles {

		private final ArticleMapper mapper;

		MybatisArticles(ArticleMapper mapper) {
			this.mapper = mapper;
		}

		@Override
		@ReadOnly
		public String read() {
			return this.mapper.server();
		}

		@Override
		@Transactional
		public String write() {
			this.mapper.insert(1);
			return this.mapper.server();
		}

	}

}
