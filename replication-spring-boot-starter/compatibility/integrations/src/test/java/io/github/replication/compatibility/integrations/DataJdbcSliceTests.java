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

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.data.jdbc.test.autoconfigure.DataJdbcTest;
import org.springframework.boot.jdbc.test.autoconfigure.AutoConfigureTestDatabase.Replace;
import org.springframework.boot.jdbc.test.autoconfigure.AutoConfigureTestDatabase;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Transactional;

import io.github.replication.test.EmbeddedCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A slice that asks for the cluster.
 */
@DataJdbcTest(properties = { "spring.liquibase.enabled=false", "spring.flyway.enabled=false" })
@EmbeddedCluster
@AutoConfigureTestDatabase(replace = Replace.NONE)
@Tag("long")
class DataJdbcSliceTests {

	@Autowired
	private JdbcTemplate jdbc;

	@Test
	@Transactional(readOnly = true)
	void readOnlyTransactionIsServedByAReplica() {
		assertThat(this.jdbc.queryForObject(Application.SERVER, String.class)).startsWith("replica-");
	}

	@Test
	void transactionIsServedByThePrimary() {
		assertThat(this.jdbc.queryForObject(Application.SERVER, String.class)).isEqualTo("primary");
	}

}
