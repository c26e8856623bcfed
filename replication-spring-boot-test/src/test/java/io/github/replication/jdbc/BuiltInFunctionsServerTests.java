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

package io.github.replication.jdbc;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Calls every function of PostgreSQL's own that is taken for harmless, and reads every
 * view of its own: as the superuser, so that nothing is refused for want of rights.
 */
@EmbeddedCluster
@Tag("long")
class BuiltInFunctionsServerTests {

	/**
	 * A value for each type, so that functions that are strict do something.
	 */
	private static final Map<String, String> VALUES = Map.ofEntries(Map.entry("boolean", "true"),
			Map.entry("smallint", "1::int2"), Map.entry("integer", "1"), Map.entry("bigint", "1::int8"),
			Map.entry("numeric", "1.0"), Map.entry("real", "0.5::float4"), Map.entry("double precision", "0.5::float8"),
			Map.entry("text", "'a'::text"), Map.entry("character varying", "'a'::varchar"),
			Map.entry("character", "'a'::bpchar"), Map.entry("\"char\"", "'a'::\"char\""),
			Map.entry("name", "'note'::name"), Map.entry("bytea", "'a'::bytea"), Map.entry("bit", "'1'::bit"),
			Map.entry("bit varying", "'1'::varbit"), Map.entry("date", "current_date"),
			Map.entry("interval", "'0'::interval"), Map.entry("timestamp without time zone", "localtimestamp"),
			Map.entry("timestamp with time zone", "now()"), Map.entry("time without time zone", "localtime"),
			Map.entry("time with time zone", "current_time"), Map.entry("oid", "'note'::regclass::oid"),
			Map.entry("regclass", "'note'::regclass"), Map.entry("regtype", "'int'::regtype"),
			Map.entry("regconfig", "'simple'::regconfig"), Map.entry("json", "'{\"a\": 1}'::json"),
			Map.entry("jsonb", "'{\"a\": 1}'::jsonb"), Map.entry("jsonpath", "'$.a'::jsonpath"),
			Map.entry("xml", "'<a/>'::xml"), Map.entry("uuid", "gen_random_uuid()"),
			Map.entry("inet", "'127.0.0.1'::inet"), Map.entry("tsvector", "'a'::tsvector"),
			Map.entry("tsquery", "'a'::tsquery"), Map.entry("anyelement", "1"), Map.entry("anynonarray", "1"),
			Map.entry("anycompatible", "1"), Map.entry("anycompatiblenonarray", "1"), Map.entry("\"any\"", "1"),
			Map.entry("anyarray", "ARRAY[1]"), Map.entry("anycompatiblearray", "ARRAY[1]"),
			Map.entry("anyrange", "int4range(1, 2)"), Map.entry("anymultirange", "int4multirange(int4range(1, 2))"),
			Map.entry("record", "ROW(1)"), Map.entry("text[]", "ARRAY['a']"), Map.entry("integer[]", "ARRAY[1]"),
			Map.entry("money", "1::money"), Map.entry("pg_lsn", "'0/1'::pg_lsn"));

	private static TextDatabase database;

	private static CatalogSnapshot snapshot;

	@BeforeAll
	static void start(PostgresCluster cluster) throws SQLException, IOException {
		database = TextDatabase.create(cluster, "built_in");
		try (Connection connection = database.primary()) {
			snapshot = CatalogSnapshot.of(CatalogQuery.entries(connection));
		}
	}

	@AfterAll
	static void stop() throws SQLException {
		database.drop();
	}

	@Test
	void harmlessFunctionsLeaveNoTraceOnThePrimary() throws SQLException {
		try (Connection connection = database.admin()) {
			List<String> calls = calls(connection);
			assertThat(calls).hasSizeGreaterThan(2000);
			assertThat(requireNoTrace(connection, calls)).as("calls without an error").isGreaterThan(1500);
		}
	}

	@Test
	void harmlessFunctionsAreNotRefusedOnReplica() throws SQLException {
		try (Connection connection = database.replica()) {
			assertThat(requireNotRefused(connection, calls(connection))).as("calls without an error")
				.isGreaterThan(1500);
		}
	}

	@Test
	void viewsOfTheSystemLeaveNoTrace() throws SQLException {
		try (Connection connection = database.admin(); Connection replica = database.replica()) {
			List<String> reads = new ArrayList<>();
			for (String view : list(connection, "SELECT format('%I.%I', nspname, relname) FROM pg_class c"
					+ " JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'v' AND c.oid < 16384")) {
				String read = "SELECT * FROM " + view;
				assertThat(StatementScanner.scan(read, snapshot).has(StatementFacts.PLAIN_READ)).as(read).isTrue();
				reads.add(read);
			}
			assertThat(requireNoTrace(connection, reads)).isGreaterThan(100);
			assertThat(requireNotRefused(replica, reads)).isGreaterThan(80);
		}
	}

	/**
	 * A call of each function that is harmless.
	 */
	private static List<String> calls(Connection connection) throws SQLException {
		List<String> calls = new ArrayList<>();
		try (Statement statement = connection.createStatement();
				ResultSet rows = statement.executeQuery("SELECT proname, prokind, array_to_string(ARRAY("
						+ "SELECT format_type(t, NULL) FROM unnest(proargtypes) WITH ORDINALITY a(t, n) ORDER BY n), ',')"
						+ " FROM pg_proc WHERE oid < 16384 AND pronamespace = 'pg_catalog'::regnamespace"
						+ " AND proname NOT LIKE 'pg_sleep%' ORDER BY proname, oid")) {
			while (rows.next()) {
				if (CatalogSnapshot.isHarmlessInCatalog(snapshot.get(rows.getString(1)))) {
					calls.add(call(rows.getString(1), rows.getString(2), rows.getString(3)));
				}
			}
		}
		return calls;
	}

	private static String call(String name, String kind, String types) {
		List<String> arguments = new ArrayList<>();
		for (String type : (types.isEmpty()) ? new String[0] : types.split(",")) {
			arguments.add(VALUES.getOrDefault(type, "NULL::" + type));
		}
		return "SELECT pg_catalog.\"" + name + "\"(" + String.join(", ", arguments) + ")"
				+ (kind.equals("w") ? " OVER ()" : "");
	}

	/**
	 * Runs statements and requires that none assigns a transaction id or leaves anything
	 * in the session.
	 * @return how many the server has accepted
	 */
	private static int requireNoTrace(Connection connection, List<String> statements) throws SQLException {
		int accepted = 0;
		try (Statement statement = connection.createStatement()) {
			statement.execute("SET statement_timeout = '5s'; SET client_min_messages = error; SELECT '<a/>'::xml");
			String state = Trial.state(connection);
			for (String sql : statements) {
				statement.execute("BEGIN");
				if (run(statement, sql) == null) {
					accepted++;
					assertThat(Trial.hasTransactionId(connection)).as("%s assigns a transaction id", sql).isFalse();
				}
				statement.execute("ROLLBACK");
				if (accepted % 100 == 0) {
					assertThat(Trial.state(connection)).as("before " + sql).isEqualTo(state);
				}
			}
			assertThat(Trial.state(connection)).isEqualTo(state);
		}
		return accepted;
	}

	private static int requireNotRefused(Connection connection, List<String> statements) throws SQLException {
		int accepted = 0;
		try (Statement statement = connection.createStatement()) {
			statement.execute("SET statement_timeout = '5s'; SET client_min_messages = error");
			for (String sql : statements) {
				SQLException error = run(statement, sql);
				assertThat((error != null) ? Objects.toString(error.getSQLState()) : "").as(sql).isNotEqualTo("25006");
				accepted += (error == null) ? 1 : 0;
			}
		}
		return accepted;
	}

	private static @Nullable SQLException run(Statement statement, String sql) {
		try {
			statement.execute(sql);
			return null;
		}
		catch (SQLException ex) {
			return ex;
		}
	}

	private static List<String> list(Connection connection, String sql) throws SQLException {
		List<String> list = new ArrayList<>();
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
			while (rows.next()) {
				list.add(rows.getString(1));
			}
		}
		return list;
	}

}
