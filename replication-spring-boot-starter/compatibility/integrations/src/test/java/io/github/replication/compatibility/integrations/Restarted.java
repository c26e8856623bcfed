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

import java.util.List;
import java.util.function.Function;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Transactional;

import io.github.replication.ReadOnly;
import io.github.replication.test.PostgresCluster;

/**
 * An application whose own classes are loaded anew for each start, while the library's
 * stay, as devtools does it. Reports who has served.
 */
public class Restarted implements Function<PostgresCluster, List<String>> {

	@Override
	public List<String> apply(PostgresCluster cluster) {
		try (Application application = Application.on(cluster).start(Config.class)) {
			Articles articles = application.bean(Articles.class);
			return List.of(articles.read(), articles.write());
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class Config {

		@Bean
		Articles articles(JdbcTemplate jdbc) {
			return new Articles(jdbc);
		}

	}

	static class Articles {

		private final JdbcTemplate jdbc;

		Articles(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		@ReadOnly
		public String read() {
			return this.jdbc.queryForObject(Application.SERVER, String.class);
		}

		@Transactional
		public String write() {
			return this.jdbc.queryForObject(Application.SERVER, String.class);
		}

	}

}
