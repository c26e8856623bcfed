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

package io.github.replication.postgres;

import java.sql.SQLException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The commits whose outcome is unknown.
 */
class SqlStateTests {

	private static SQLException error(String state) {
		return new SQLException("error", state);
	}

	@ParameterizedTest
	@ValueSource(strings = { "08006", "57P01", "58030", "XX000", "40003" })
	void commitIsInDoubt(String state) {
		assertThat(SqlState.leavesCommitInDoubt(error(state))).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "57014", "08003", "23505", "40001" })
	void commitIsNotInDoubt(String state) {
		assertThat(SqlState.leavesCommitInDoubt(error(state))).isFalse();
	}

	@Test
	void cancelledCommitIsInDoubtIfItsConnectionWasLost() {
		SQLException cancelled = error("57014");
		cancelled.setNextException(error("08006"));
		assertThat(SqlState.leavesCommitInDoubt(cancelled)).isTrue();
	}

}
