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

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class HiddenWritesTests {

	@ParameterizedTest
	@ValueSource(strings = { "COMMIT", "commit and chain", " /* x */ COMMIT", "-- x\nCOMMIT",
			"INSERT INTO a VALUES (1); COMMIT", "END", "end transaction", "INSERT INTO a VALUES (1); END",
			"PREPARE TRANSACTION 'x'", "SELECT '--'; COMMIT", "SELECT '/*'; COMMIT",
			"DECLARE c CURSOR WITH HOLD FOR SELECT f()", "declare c cursor with\n hold for select 1",
			"SELECT dblink_exec('x', 'INSERT INTO a VALUES (1)')", "SELECT * FROM DBLINK('x', 'y')" })
	void whatTheCheckDoesNotSee(String sql) {
		assertThat(HiddenWrites.mayContain(sql)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "INSERT INTO a VALUES (1)", "SELECT committed FROM a", "SELECT 'x' AS prepared",
			"UPDATE a SET ended = now()", "SELECT CASE WHEN a THEN 1 END FROM b", "SELECT threshold FROM a",
			"DECLARE c CURSOR FOR SELECT 1", "ROLLBACK", "SELECT hold FROM a" })
	void whatItDoes(String sql) {
		assertThat(HiddenWrites.mayContain(sql)).isFalse();
	}

	@Test
	void batchOfUnknownTextMayContainAnything() {
		assertThat(HiddenWrites.mayContain(null)).isTrue();
	}

	@Test
	void settingOfAsynchronousCommitIsSeen() {
		assertThat(HiddenWrites.isAsynchronous("SET LOCAL Synchronous_Commit = off; INSERT INTO a VALUES (1)"))
			.isTrue();
		assertThat(HiddenWrites.isAsynchronous("INSERT INTO a VALUES (1)")).isFalse();
		assertThat(HiddenWrites.isAsynchronous(null)).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "SET synchronous_commit = off", "set session Synchronous_Commit to off",
			"SELECT set_config('synchronous_commit', 'off', false)", "ALTER ROLE app SET synchronous_commit = off",
			"SET LOCAL synchronous_commit = off; SET synchronous_commit = off" })
	void settingThatOutlivesItsTransactionIsSeen(String sql) {
		assertThat(HiddenWrites.isAsynchronousFromNowOn(sql)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "SET LOCAL synchronous_commit = off", "set local\n synchronous_commit to off", "SELECT 1" })
	void settingOfOneTransactionIsNotOneOfTheSession(String sql) {
		assertThat(HiddenWrites.isAsynchronousFromNowOn(sql)).isFalse();
	}

}
