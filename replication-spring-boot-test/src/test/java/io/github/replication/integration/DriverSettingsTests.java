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

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

import javax.sql.DataSource;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Settings of the driver that change how statements and transactions are sent. Each needs
 * an application of its own, since they are settings of its pools.
 */
@EmbeddedCluster
@Tag("long")
class DriverSettingsTests {

	private TestApplication application;

	@AfterEach
	void stop() {
		this.application.close();
	}

	@ParameterizedTest
	@CsvSource({ "prepareThreshold,-1", "preferQueryMode,simple", "preferQueryMode,extendedForPrepared",
			"preferQueryMode,extendedCacheEverything", "autosave,always", "readOnlyMode,ignore", "readOnlyMode,always",
			"targetServerType,primary" })
	void readOnlyUnitsReadFromReplicasAndNeverWrite(String property, String value, PostgresCluster cluster)
			throws SQLException {
		TestApplication.createTable(cluster);
		this.application = TestApplication.on(cluster)
			.withoutJpa()
			.with("spring.datasource.hikari.data-source-properties." + property, value)
			.start();
		this.application.newCaller();
		assertThat(this.application.transaction(true)
			.<Served>execute((status) -> Served.by(this.application.jdbc()))
			.byReplica()).isTrue();
		try (Connection connection = this.application.bean(DataSource.class).getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("SET application_name = 'held'");
			connection.setReadOnly(true);
			assertThatWriteIsRefused(statement);
			connection.setAutoCommit(false);
			assertThatWriteIsRefused(statement);
			connection.rollback();
			connection.setReadOnly(false);
			statement.executeUpdate("DELETE FROM note WHERE id = -1");
			connection.commit();
		}
	}

	private static void assertThatWriteIsRefused(Statement statement) {
		assertThatExceptionOfType(SQLException.class)
			.isThrownBy(() -> statement.executeUpdate("INSERT INTO note VALUES (-1, 'x')"))
			.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("25006"));
	}

}
