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

package io.github.replication.twin;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

import io.github.replication.test.PostgresCluster;

/**
 * The databases of the sides. In schema {@code twin} of each a superuser has a function
 * that shows the committed rows and one that puts everything into its first state.
 */
enum TwinDatabase {

	/**
	 * The same tables in the schemas {@code a}, which is the default, and {@code b}.
	 */
	TABLES("""
			SELECT %s || %s
			|| coalesce((SELECT ' tables: ' || string_agg(n.nspname || '.' || c.relname, ', ' ORDER BY 1)
				FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
				WHERE c.relname LIKE 'extra%%' AND c.relpersistence = 'p' AND c.relkind = 'r'), '')
			|| coalesce((SELECT ' objects: ' || count(*) || ' '
				|| coalesce((SELECT string_agg(encode(data, 'escape'), ',' ORDER BY data) FROM pg_largeobject), '')
				FROM pg_largeobject_metadata HAVING count(*) > 0), '') INTO rows;
			""".formatted(rows("a"), rows("b")),
			"""
					FOR name IN SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
						WHERE c.relname LIKE 'extra%' AND c.relkind = 'r' AND c.relpersistence = 'p' LOOP
						EXECUTE 'DROP TABLE ' || name;
					END LOOP;
					PERFORM lo_unlink(oid) FROM pg_largeobject_metadata;
					DELETE FROM a.entry; DELETE FROM a.item; DELETE FROM b.entry; DELETE FROM b.item;
					INSERT INTO a.item SELECT i, 'a' || i, i * 10 FROM generate_series(1, 5) i;
					INSERT INTO b.item SELECT i, 'b' || i, i * 10 FROM generate_series(1, 5) i;
					PERFORM setval('a.entry_id_seq', 1, false), setval('b.entry_id_seq', 1, false);
					PERFORM setval('a.counter', 1, false), setval('b.counter', 1, false);
					""",
			schema("a") + schema("b")) {

		@Override
		String defaultSchema() {
			return "a";
		}

	},

	/**
	 * An empty database.
	 */
	EMPTY("""
			FOR name IN SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
				WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
				ORDER BY 1 LOOP
				EXECUTE 'SELECT string_agg(regexp_replace(t::text, to_char(now(), ''YYYY-MM-DD'')
					|| '' [0-9:.]+'', ''now'', ''g''), '' '' ORDER BY t::text) FROM ' || name || ' t' INTO part;
				rows := rows || ' ' || name || ': ' || coalesce(part, '');
			END LOOP;
			rows := rows || coalesce((SELECT ' sequences: ' || string_agg(sequencename || ' ' || last_value, ', '
				ORDER BY sequencename) FROM pg_sequences), '');
			""",
			"DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION pg_database_owner;", "") {

		@Override
		String defaultSchema() {
			return "public";
		}

	};

	private final String rows;

	private final String reset;

	private final String schema;

	TwinDatabase(String rows, String reset, String schema) {
		this.rows = rows;
		this.reset = reset;
		this.schema = schema;
	}

	private static String rows(String schema) {
		return """
				' %1$s.item:' || coalesce((SELECT string_agg(' ' || t::text, '' ORDER BY t.id) FROM %1$s.item t), '')
				|| ' %1$s.entry:' || coalesce((SELECT string_agg(' ' || t::text, '' ORDER BY t.id) FROM %1$s.entry t), '')
				|| (SELECT ' %1$s.counter: ' || last_value || is_called FROM %1$s.counter)
				|| (SELECT ' %1$s.entry_id_seq: ' || last_value || is_called FROM %1$s.entry_id_seq)"""
			.formatted(schema);
	}

	/**
	 * An automatic vacuum would cut the tables' files, which has to wait for transactions
	 * on the replica, and commits for that.
	 */
	private static String schema(String schema) {
		return """
				CREATE SCHEMA %1$s AUTHORIZATION app;
				SET ROLE app;
				SET search_path = %1$s;
				CREATE TABLE item (id int PRIMARY KEY, name text NOT NULL, amount int NOT NULL DEFAULT 0 CHECK (amount >= 0))
					WITH (autovacuum_enabled = false);
				CREATE TABLE entry (id serial PRIMARY KEY, item int, note text,
					CONSTRAINT entry_item FOREIGN KEY (item) REFERENCES item DEFERRABLE INITIALLY DEFERRED)
					WITH (autovacuum_enabled = false);
				CREATE SEQUENCE counter;
				CREATE VIEW rich AS SELECT * FROM item WHERE amount > 20;
				CREATE FUNCTION add_one(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
				CREATE FUNCTION log(note text) RETURNS int LANGUAGE plpgsql AS
					'BEGIN INSERT INTO entry (note) VALUES ($1); RETURN 1; END';
				CREATE FUNCTION plus_and_log(int, int) RETURNS int LANGUAGE plpgsql AS
					'BEGIN INSERT INTO entry (note) VALUES ($1 || '' and '' || $2); RETURN $1 + $2; END';
				CREATE PROCEDURE record(note text) LANGUAGE plpgsql AS 'BEGIN INSERT INTO entry (note) VALUES ($1); END';
				CREATE VIEW logging AS SELECT i.id, log(i.name) AS logged FROM item i WHERE i.id = 1;
				RESET ROLE;
				"""
			.formatted(schema);
	}

	/**
	 * Returns the schema that a new session uses.
	 */
	abstract String defaultSchema();

	/**
	 * Creates the database of a side.
	 * @param replicated whether commits wait for the replica
	 */
	void create(PostgresCluster cluster, String name, boolean replicated) throws SQLException {
		try (Connection connection = connect(cluster, "postgres"); Statement statement = connection.createStatement()) {
			// logins cost less
			statement.execute("SELECT set_config(name, '1', false) FROM pg_settings WHERE name = 'scram_iterations'");
			statement.execute("ALTER ROLE app PASSWORD '" + cluster.password() + "'");
			statement.execute("CREATE DATABASE " + name + " OWNER app");
			statement.execute("ALTER DATABASE " + name + " SET search_path = " + defaultSchema());
			statement.execute("ALTER DATABASE " + name + " SET lock_timeout = '150ms'");
			if (!replicated) {
				statement.execute("ALTER DATABASE " + name + " SET synchronous_commit = local");
			}
		}
		try (Connection connection = connect(cluster, name); Statement statement = connection.createStatement()) {
			statement.execute(this.schema);
			statement.execute("CREATE SCHEMA twin");
			statement.execute("CREATE FUNCTION twin.rows() RETURNS text LANGUAGE plpgsql AS $$"
					+ " DECLARE name text; part text; rows text := ''; BEGIN " + this.rows + " RETURN rows; END $$");
			statement.execute("CREATE FUNCTION twin.reset() RETURNS void LANGUAGE plpgsql AS $$"
					+ " DECLARE name text; BEGIN " + this.reset + " END $$");
		}
		cluster.awaitReplication();
	}

	private static Connection connect(PostgresCluster cluster, String database) throws SQLException {
		return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + cluster.primary().port() + "/" + database,
				cluster.adminUsername(), cluster.adminPassword());
	}

}
