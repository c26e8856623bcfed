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
package io.github.replication.interceptor;

import java.io.IOException;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

import org.springframework.dao.DataAccessResourceFailureException;

import io.github.replication.Role;
import io.github.replication.interceptor.NodeFailures.Extent;
import io.github.replication.node.NodeUnavailableException;
import io.github.replication.node.Nodes;
import io.github.replication.policy.NoReplicaException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

class NodeFailuresTests {

	@ParameterizedTest
	@ValueSource(strings = { "08000", "08001", "08003", "08006", "08P01", "53000", "53100", "53200", "53300", "57P01",
			"57P02", "57P03", "57P05", "58000", "58030", "58P01", "XX000", "XX001", "XX002", "40001", "40P01" })
	void failureOfTheNodeConcernsThatNode(String state) {
		assertThat(extent(state)).isEqualTo(Extent.NODE);
	}

	@Test
	void unloggedRelationConcernsEveryReplica() {
		assertThat(extent("0A000")).isEqualTo(Extent.EVERY_REPLICA);
	}

	@ParameterizedTest
	@ValueSource(strings = { "42P01", "42703", "42883" })
	void unknownTableColumnOrFunctionConcernsReplicasThatAreBehind(String state) {
		assertThat(extent(state)).isEqualTo(Extent.REPLICAS_BEHIND);
	}

	@Test
	void outdatedPlanConcernsNoNode() {
		SQLException failure = new PSQLException(new ServerErrorMessage(
				"SERROR\0C0A000\0Mcached plan must not change result type\0RRevalidateCachedQuery\0"));
		assertThat(of(new IllegalStateException(failure))).isEqualTo(Extent.PLAN);
	}

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = { "", "08", "080061", "00000", "01000", "0A001", "22012", "23505", "25006", "25P02", "25P03",
			"40002", "40003", "42601", "42P02", "54001", "55P03", "57014", "57P04", "57000", "P0001", "S1000" })
	void errorOfTheApplicationConcernsNobody(String state) {
		assertThat(extent(state)).isEqualTo(Extent.NOBODY);
	}

	@Test
	void stateIsFoundAlongTheCauses() {
		SQLException failure = new SQLException("x", "57P01");
		assertThat(of(new IllegalStateException(new DataAccessResourceFailureException("x", failure))))
			.isEqualTo(Extent.NODE);
		assertThat(of(new SQLException("x", "25000", failure))).isEqualTo(Extent.NODE);
		assertThat(of(new IllegalStateException(new IOException("57P01")))).isEqualTo(Extent.NOBODY);
	}

	@Test
	void stateIsFoundAmongTheNextExceptions() {
		SQLException batch = new BatchUpdateException("x", "S1000", 0, new int[0]);
		batch.setNextException(new SQLException("x", "22012"));
		batch.setNextException(new SQLException("x", "23505", new SQLException("x", "08006")));
		assertThat(of(new IllegalStateException(batch))).isEqualTo(Extent.NODE);
	}

	@Test
	void messagesAndSuppressedExceptionsDoNotCount() {
		SQLException failure = new SQLException("terminating connection due to administrator command 57P01", "42601");
		failure.addSuppressed(new SQLException("x", "57P01"));
		assertThat(of(failure)).isEqualTo(Extent.NOBODY);
	}

	@Test
	void causesThatFormARingAreFollowedOnce() {
		Throwable first = new IllegalStateException("a");
		Throwable second = new IllegalStateException("b", first);
		first.initCause(second);
		assertThat(of(first)).isEqualTo(Extent.NOBODY);
	}

	@Test
	void callThatTheDriverRefusesConcernsNobody() {
		assertThat(of(new SQLFeatureNotSupportedException("x", "0A000"))).isEqualTo(Extent.NOBODY);
	}

	@Test
	void failureToFindANodeConcernsNobody() {
		Throwable unavailable = catchThrowable(() -> Nodes.lost("replica-1").readPool().getConnection());
		assertThat(unavailable).isInstanceOf(NodeUnavailableException.class)
			.hasFieldOrPropertyWithValue("SQLState", "08001");
		assertThat(of(new IllegalStateException(unavailable))).isEqualTo(Extent.NOBODY);
		NoReplicaException none = Mockito.mock(NoReplicaException.class);
		BDDMockito.given(none.getSQLState()).willReturn("08001");
		assertThat(of(none)).isEqualTo(Extent.NOBODY);
	}

	private static Extent extent(String state) {
		return of(new SQLException("x", state));
	}

	@Test
	void errorOfAnotherDatabaseOfTheApplicationConcernsNobody() {
		SQLException other = new SQLException("x", "08006");
		assertThat(NodeFailures.extent(new IllegalStateException(other), Role.REPLICA, (link) -> false))
			.isEqualTo(Extent.NOBODY);
	}

	@Test
	void errorsBelowThatOfAConnectionCount() {
		SQLException cause = new SQLException("x", "57P01");
		SQLException failure = new SQLException("x", "25000", cause);
		assertThat(NodeFailures.extent(new IllegalStateException(failure), Role.REPLICA, (link) -> link == failure))
			.isEqualTo(Extent.NODE);
		assertThat(
				NodeFailures.extent(new SQLException("x", "57P01", failure), Role.REPLICA, (link) -> link == failure))
			.isEqualTo(Extent.NODE);
	}

	private static Extent of(Throwable failure) {
		return NodeFailures.extent(failure, Role.REPLICA, (link) -> true);
	}

}
