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

import java.io.InputStream;
import java.io.Reader;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import javax.sql.DataSource;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import io.github.replication.Replication;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * A read-only unit writes no large objects. Before PostgreSQL 16 a primary lets a
 * read-only transaction do so, and a standby fails with an internal error.
 */
@EmbeddedCluster
class LargeObjectTests {

	private static TestApplication application;

	private static DataSource dataSource;

	private static JdbcTemplate admin;

	private static long existing;

	@BeforeAll
	static void start(PostgresCluster cluster) {
		admin = new JdbcTemplate(
				new DriverManagerDataSource(cluster.primary().directUrl(), cluster.username(), cluster.password()));
		existing = admin.queryForObject("SELECT lo_from_bytea(0, 'ab')", Long.class);
		cluster.awaitReplication();
		application = TestApplication.exactly(cluster)
			.withoutJpa()
			.with("replication.replicas.replica-2.weight", "0")
			.with("spring.datasource.hikari.maximum-pool-size", 1)
			.start();
		dataSource = application.bean(DataSource.class);
	}

	@AfterAll
	static void stop() {
		application.close();
		admin.queryForList("SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
	}

	private static int count() {
		return admin.queryForObject("SELECT count(*) FROM pg_largeobject_metadata", Integer.class);
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT lo_creat(-1)", "SELECT lo_create(0)", "SELECT lo_from_bytea(0, 'x')",
			"SELECT lo_put(%d, 0, 'x')", "SELECT lo_unlink(%d)", "SELECT lowrite(lo_open(%d, 131072), 'x')",
			"SELECT lo_truncate(lo_open(%d, 131072), 0)", "DO $$ BEGIN PERFORM lo_create(0); END $$" })
	void readOnlyUnitDoesNotWriteALargeObject(String text) throws SQLException {
		String sql = text.formatted(existing);
		requireRefused(sql, false);
		requireRefused(sql, true);
		Replication.onPrimary(() -> requireRefused(sql, false));
		Replication.onPrimary(() -> requireRefused(sql, true));
		assertThat(count()).isEqualTo(1);
		assertThat(admin.queryForObject("SELECT lo_get(?)", byte[].class, existing)).isEqualTo(new byte[] { 'a', 'b' });
	}

	private static void requireRefused(String sql, boolean autoCommit) throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setReadOnly(true);
			connection.setAutoCommit(autoCommit);
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> execute(connection, sql))
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("25006"));
			if (!autoCommit) {
				connection.commit();
			}
		}
	}

	@Test
	void readOnlyUnitReadsALargeObject() throws SQLException {
		try (Connection connection = dataSource.getConnection()) {
			connection.setReadOnly(true);
			connection.setAutoCommit(false);
			assertThatNoException().isThrownBy(() -> execute(connection, "SELECT lo_get(" + existing + ")"));
			assertThatNoException()
				.isThrownBy(() -> execute(connection, "SELECT loread(lo_open(" + existing + ", 262144), 2)"));
		}
	}

	@Test
	void largeObjectOfAReadOnlyUnitIsNotReadInTheTransactionOfAnother() throws Exception {
		try (Connection first = beginReadOnly(); Connection next = beginReadOnly()) {
			int backend;
			Blob blob;
			Blob byType;
			Clob clob;
			InputStream stream;
			Reader reader;
			try (Statement statement = first.createStatement();
					ResultSet row = statement.executeQuery("SELECT " + existing + "::oid, pg_backend_pid()")) {
				row.next();
				blob = row.getBlob(1);
				byType = row.getObject(1, Blob.class);
				clob = row.getClob(1);
				backend = row.getInt(2);
				stream = blob.getBinaryStream();
				reader = clob.getCharacterStream();
				assertThat(blob.getBytes(1, 2)).asString().isEqualTo("ab");
			}
			first.commit();
			assertThat(backend(next)).isEqualTo(backend);
			requireEnded(blob::length);
			requireEnded(() -> byType.getBytes(1, 1));
			requireEnded(() -> clob.getSubString(1, 1));
			assertThatIOException().isThrownBy(stream::read).havingCause().isInstanceOf(SQLException.class);
			assertThatIOException().isThrownBy(reader::read).havingCause().isInstanceOf(SQLException.class);
			stream.close();
			reader.close();
			blob.free();
			clob.free();
			assertThat(backend(next)).isEqualTo(backend);
		}
	}

	@Test
	void rowsOfACursorOfAReadOnlyUnitAreNotReadInTheTransactionOfAnother() throws SQLException {
		try (Connection first = beginReadOnly(); Connection next = beginReadOnly()) {
			int backend = backend(first);
			ResultSet rows;
			try (Statement statement = first.createStatement()) {
				statement.execute("DECLARE numbers CURSOR FOR SELECT generate_series(1, 10)");
				statement.setFetchSize(2);
				ResultSet row = statement.executeQuery("SELECT 'numbers'::refcursor");
				row.next();
				rows = (ResultSet) row.getObject(1);
				assertThat(rows.next()).isTrue();
			}
			first.commit();
			assertThat(backend(next)).isEqualTo(backend);
			requireEnded(rows::next);
			rows.close();
			assertThat(backend(next)).isEqualTo(backend);
		}
	}

	private static Connection beginReadOnly() throws SQLException {
		Connection connection = dataSource.getConnection();
		connection.setReadOnly(true);
		connection.setAutoCommit(false);
		return connection;
	}

	private static int backend(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
			row.next();
			return row.getInt(1);
		}
	}

	private static void requireEnded(ThrowingCallable use) {
		assertThatExceptionOfType(SQLException.class).isThrownBy(use)
			.withMessageContaining("replica-1")
			.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("55000"));
	}

	private static void execute(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
	}

}
