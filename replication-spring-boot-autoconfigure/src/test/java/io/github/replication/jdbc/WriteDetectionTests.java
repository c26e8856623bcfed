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

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import io.github.replication.postgres.DriverConnection;
import io.github.replication.postgres.DriverConnection.TransactionState;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Another thread closes the connection while its transaction commits, as an abort and the
 * end of a pool do.
 */
class WriteDetectionTests {

	private final SQLException closed = new SQLException("x", "08003");

	private final Connection connection = Mockito.mock(Connection.class);

	private final PreparedStatement statement = Mockito.mock(PreparedStatement.class);

	private final ResultSet row = Mockito.mock(ResultSet.class);

	private final DriverConnection driver = Mockito.mock(DriverConnection.class);

	@BeforeEach
	void answer() throws SQLException {
		BDDMockito.given(this.driver.transaction()).willReturn(TransactionState.OPEN);
		BDDMockito.given(this.connection.prepareStatement(ArgumentMatchers.anyString())).willReturn(this.statement);
		BDDMockito.given(this.statement.getResultSet()).willReturn(this.row);
		BDDMockito.given(this.row.next()).willReturn(true);
		BDDMockito.given(this.row.getBoolean(1)).willReturn(true);
		BDDMockito.given(this.row.getString(2)).willReturn("on");
	}

	@Test
	void commitSucceedsAlthoughItsConnectionIsClosedRightAfter() throws SQLException {
		BDDMockito.willThrow(this.closed).given(this.connection).commit();
		BDDMockito.willThrow(this.closed).given(this.statement).close();
		assertThat(commit()).isEqualTo(CommitEffect.WRITTEN);
	}

	@Test
	void commitWhoseEffectCannotBeReadMayHaveWritten() throws SQLException {
		BDDMockito.given(this.row.getBoolean(1)).willThrow(this.closed);
		assertThat(commit()).isEqualTo(CommitEffect.POSSIBLY_WRITTEN);
		BDDMockito.given(this.row.next()).willThrow(this.closed);
		assertThat(commit()).isEqualTo(CommitEffect.POSSIBLY_WRITTEN);
		BDDMockito.given(this.statement.getResultSet()).willThrow(this.closed);
		assertThat(commit()).isEqualTo(CommitEffect.POSSIBLY_WRITTEN);
	}

	@Test
	void commitFailsWithItsOwnError() throws SQLException {
		BDDMockito.given(this.statement.execute()).willThrow(this.closed);
		assertThatExceptionOfType(SQLException.class).isThrownBy(this::commit).isSameAs(this.closed);
		Mockito.verify(this.statement).close();
		Mockito.verify(this.connection, Mockito.never()).commit();
	}

	private CommitEffect commit() throws SQLException {
		return WriteDetection.commit(this.connection, this.driver, null, System::nanoTime);
	}

}
