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

import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class PlainReadsTests {

	@ParameterizedTest
	@ValueSource(strings = { "SELECT 1", "select * from note", "  \n select 1 ; ", "-- hello\nselect 1",
			"/* a /* nested */ comment */ SELECT 1", "(SELECT 1) UNION (SELECT 2)", "VALUES (1), (2)", "TABLE note",
			"SHOW server_version", "EXPLAIN SELECT 1",
			"WITH recent AS (SELECT * FROM note) SELECT count(*) FROM recent", "SELECT 'delete from note; insert'",
			"SELECT E'it\\'s; update'", "SELECT $$update note; delete$$", "SELECT $tag$ insert $$ into $tag$",
			"SELECT \"update\" FROM note", "SELECT id FROM note WHERE id IN (?, ?)",
			"SELECT coalesce(max(id), 0) FROM note WHERE lower(text) LIKE ?",
			"SELECT row_number() OVER (PARTITION BY author ORDER BY id) FROM note",
			"SELECT n.id FROM note n JOIN author a ON (a.id = n.author_id) WHERE EXISTS (SELECT 1 FROM tag)",
			"SELECT CAST(id AS numeric(10, 2)) FROM note", "SELECT x FROM unnest(?) AS t(x)",
			"SELECT inet_server_port(), pg_is_in_recovery()", "SELECT * FROM note LIMIT 5 OFFSET (2)",
			"SELECT id FROM note WHERE created > now() - interval '1 day'" })
	void plainReadIsRecognised(String sql) {
		assertThat(PlainReads.isPlainRead(sql)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "   ", "-- nothing", "/* unterminated", "INSERT INTO note VALUES (1)",
			"UPDATE note SET text = ''", "DELETE FROM note", "MERGE INTO note USING t ON true WHEN MATCHED THEN DELETE",
			"WITH gone AS (DELETE FROM note RETURNING id) SELECT * FROM gone", "SELECT * INTO copy FROM note",
			"SELECT * FROM note FOR UPDATE", "SELECT * FROM note FOR NO KEY UPDATE", "SELECT * FROM note FOR SHARE",
			"SELECT * FROM note FOR KEY SHARE SKIP LOCKED", "SELECT nextval('note_seq')", "SELECT setval('s', 1)",
			"SELECT set_config('a.b', 'c', false)", "SELECT pg_advisory_lock(1)", "SELECT pg_notify('a', 'b')",
			"SELECT my_function()", "SELECT app.lower('a')", "SELECT \"Do\"()", "SELECT lo_create(0)",
			"SELECT pg_current_xact_id()", "SELECT dblink('x', 'y')", "SELECT 1; DELETE FROM note",
			"SELECT 1; SELECT 2", "EXPLAIN ANALYZE DELETE FROM note", "EXPLAIN (ANALYZE) SELECT my()", "CALL archive()",
			"{call archive()}", "{? = call archive()}", "DO $$ BEGIN END $$", "BEGIN", "COMMIT", "SET search_path = x",
			"LOCK TABLE note", "CREATE TEMPORARY TABLE t (id int)", "TRUNCATE note", "COPY note FROM STDIN",
			"LISTEN news", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "FETCH ALL FROM c", "REFRESH MATERIALIZED VIEW v",
			"VACUUM", "PREPARE p AS SELECT 1", "EXECUTE p", "?", "'select 1'", "1", "; select 1",
			"SELECT(my_function())", "SELECT/**/nextval /* x */ ('s')" })
	void everythingElseIsNot(String sql) {
		assertThat(PlainReads.isPlainRead(sql)).isFalse();
	}

	@Test
	void randomTextNeverFailsAndNeverHidesAWrite() {
		Random random = new Random(20261123);
		String[] parts = { "select", "delete", "'", "\"", "$$", "$a$", "--", "\n", "/*", "*/", "(", ")", ";", " ", "e'",
				"\\", ".", "from", "note", "nextval", "1", "ü", "insert into x values (1)" };
		for (int i = 0; i < 200_000; i++) {
			StringBuilder sql = new StringBuilder();
			int length = random.nextInt(12);
			for (int j = 0; j < length; j++) {
				sql.append(parts[random.nextInt(parts.length)]);
			}
			PlainReads.isPlainRead(sql.toString());
			assertThat(PlainReads.isPlainRead("insert into note values (1) " + sql)).isFalse();
		}
	}

}
