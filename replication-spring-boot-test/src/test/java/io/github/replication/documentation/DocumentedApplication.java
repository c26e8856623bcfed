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

package io.github.replication.documentation;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;

import io.github.replication.test.PostgresCluster;

/**
 * The application of the examples.
 */
@SpringBootConfiguration
@EnableAutoConfiguration
@Import(Articles.class)
class DocumentedApplication {

	@Bean
	ApplicationRunner table(JdbcClient jdbc, ObjectProvider<PostgresCluster> cluster) {
		return (arguments) -> {
			jdbc.sql("CREATE TABLE IF NOT EXISTS article"
					+ " (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title text NOT NULL)")
				.update();
			cluster.ifAvailable(PostgresCluster::awaitReplication);
		};
	}

}
