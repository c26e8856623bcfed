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

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.jdbc.test.autoconfigure.AutoConfigureTestDatabase.Replace;
import org.springframework.boot.jdbc.test.autoconfigure.AutoConfigureTestDatabase;
import org.springframework.boot.jdbc.test.autoconfigure.JdbcTest;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.transaction.annotation.Transactional;

import io.github.replication.ReplicationCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A slice has a database of its own, and none of the replicas that the application's
 * properties name.
 */
@JdbcTest(properties = { "replication.replicas.replica-1.url=jdbc:postgresql://nowhere/app",
		"spring.liquibase.enabled=false", "spring.flyway.enabled=false" })
@AutoConfigureTestDatabase(replace = Replace.NONE)
class UnreplicatedSliceTests {

	private static final PostgresCluster cluster = PostgresCluster.builder().replicas(0).start();

	@DynamicPropertySource
	static void dataSource(DynamicPropertyRegistry registry) {
		registry.add("spring.datasource.url", () -> cluster.primary().jdbcUrl());
		registry.add("spring.datasource.username", cluster::username);
		registry.add("spring.datasource.password", cluster::password);
	}

	@AfterAll
	static void stop() {
		cluster.close();
	}

	@Test
	@Transactional(readOnly = true)
	void readOnlyTransactionIsServedByTheOnlyServer(@Autowired JdbcTemplate jdbc,
			@Autowired ApplicationContext context) {
		assertThat(jdbc.queryForObject(Application.SERVER, String.class)).isEqualTo("primary");
		assertThat(context.getBeanNamesForType(ReplicationCluster.class)).isEmpty();
	}

}
