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
 * The tables that sequences run on, in a database of each side.
 */
final class TwinDatabase {

	private static final String SCHEMA = """
			CREATE SCHEMA %1$s AUTHORIZATION app;
			SET ROLE app;
			SET search_path = %1$s;
			CREATE TABLE item (id int PRIMARY KEY, name text NOT NULL, amount int NOT NULL DEFAULT 0 CHECK (amount >= 0));
			CREATE TABLE entry (id serial PRIMARY KEY, item int, note text,
				CONSTRAINT entry_item FOREIGN KEY (item) REFERENCES item DEFERRABLE INITIALLY DEFERRED);
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
			""";

	private static final String RESET = """
			CREATE FUNCTION public.twin_reset() RETURNS void LANGUAGE plpgsql AS $$
			DECLARE name text;
			BEGIN
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
			END $$;
			""";

	private TwinDatabase() {
	}

	static void create(PostgresCluster cluster, String database) throws SQLException {
		try (Connection connection = connect(cluster, "postgres"); Statement statement = connection.createStatement()) {
			// logins cost less
			statement.execute("SET scram_iterations = 1; ALTER ROLE app PASSWORD '" + cluster.password() + "'");
			statement.execute("CREATE DATABASE " + database + " OWNER app");
			statement.execute("ALTER DATABASE " + database + " SET search_path = a");
			statement.execute("ALTER DATABASE " + database + " SET lock_timeout = '150ms'");
		}
		try (Connection connection = connect(cluster, database); Statement statement = connection.createStatement()) {
			statement.execute(SCHEMA.formatted("a"));
			statement.execute(SCHEMA.formatted("b"));
			statement.execute(RESET);
		}
		cluster.awaitReplication();
	}

	private static Connection connect(PostgresCluster cluster, String database) throws SQLException {
		return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + cluster.primary().port() + "/" + database,
				cluster.adminUsername(), cluster.adminPassword());
	}

}
