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

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronizationManager;

import io.github.replication.ReadOnly;
import io.github.replication.RoutedConnection;
import io.github.replication.RoutingScope;
import io.github.replication.UsePrimary;
import io.github.replication.jdbc.Attempts;
import io.github.replication.jdbc.RetryAttempt;
import io.github.replication.node.ClusterNode;
import io.github.replication.node.Nodes;
import io.github.replication.node.Topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Which units run again, on nodes that fail as they are set.
 */
class RetryTests {

	private final Topology topology = Nodes.topology(Nodes.primary(),
			List.of(Nodes.replica("replica-1"), Nodes.replica("replica-2"), Nodes.replica("replica-3")), null);

	private final Map<String, Throwable> failures = new HashMap<>();

	private final List<String> served = new ArrayList<>();

	private final Units units = proxy(new Units());

	@Test
	void unitRunsOnceWhereNothingFails() {
		assertThat(this.units.read(this::serve)).isEqualTo("replica-1");
		assertThat(this.served).containsExactly("replica-1");
		assertNothingLeftBehind();
	}

	@Test
	void unitRunsOnEachReplicaOnceAndAtLastOnThePrimary() {
		failOn("replica-1", "57P01");
		failOn("replica-2", "08006");
		failOn("replica-3", "40001");
		assertThat(this.units.read(this::serve)).isEqualTo("primary");
		assertThat(this.served).containsExactly("replica-1", "replica-2", "replica-3", "primary");
		assertNothingLeftBehind();
	}

	@Test
	void lastFailureIsThrownAndTheOnesBeforeAreSuppressedInTheirOrder() {
		failOn("replica-1", "57P01");
		failOn("replica-2", "57P02");
		failOn("replica-3", "57P03");
		failOn("primary", "08001");
		Throwable thrown = catchThrowable(() -> this.units.read(this::serve));
		assertThat(thrown).isSameAs(this.failures.get("primary"));
		assertThat(thrown.getSuppressed()).containsExactly(this.failures.get("replica-1"),
				this.failures.get("replica-2"), this.failures.get("replica-3"));
		assertThat(this.served).endsWith("primary", "primary").hasSize(5);
		assertNothingLeftBehind();
	}

	@Test
	void failureThatIsThrownEachTimeDoesNotSuppressItself() {
		failOn("replica-1", "57P01");
		this.topology.replicas()
			.forEach((replica) -> this.failures.put(replica.name(), this.failures.get("replica-1")));
		this.failures.put("primary", this.failures.get("replica-1"));
		Throwable thrown = catchThrowable(() -> this.units.read(this::serve));
		assertThat(thrown).isSameAs(this.failures.get("primary")).hasNoSuppressedExceptions();
		assertThat(this.served).hasSize(5);
	}

	@Test
	void errorOfTheMethodInALaterAttemptIsItsOutcome() {
		failOn("replica-1", "57P01");
		this.failures.put("replica-2", new IllegalArgumentException("x"));
		assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> this.units.read(this::serve));
		assertThat(this.served).containsExactly("replica-1", "replica-2");
	}

	@ParameterizedTest
	@ValueSource(strings = { "23505", "42601", "57014", "25006" })
	void errorOfTheApplicationIsThrownAtOnce(String state) {
		failOn("replica-1", state);
		assertThatUnitFailsOnce(this.units::read);
	}

	@Test
	void unloggedRelationIsReadOnThePrimaryAtOnce() {
		failOn("replica-1", "0A000");
		assertThat(this.units.read(this::serve)).isEqualTo("primary");
		assertThat(this.served).containsExactly("replica-1", "primary");
	}

	@ParameterizedTest
	@ValueSource(strings = { "40001", "40P01", "0A000", "53300", "XX000" })
	void errorOnThePrimaryIsThrown(String state) {
		failOn("primary", state);
		Throwable thrown = catchThrowable(() -> this.units.read(() -> serveOnPrimary()));
		assertThat(thrown).isSameAs(this.failures.get("primary"));
		assertThat(this.served).containsExactly("primary");
	}

	@ParameterizedTest
	@ValueSource(strings = { "57P01", "57P02", "08006" })
	void unitThatLosesItsConnectionToThePrimaryRunsThereOnceMore(String state) {
		failOn("primary", state);
		assertThat(this.units.read(() -> {
			try {
				return serveOnPrimary();
			}
			finally {
				this.failures.clear();
			}
		})).isEqualTo("primary");
		assertThat(this.served).containsExactly("primary", "primary");
	}

	@Test
	void unitThatLosesItsConnectionToThePrimaryTwiceHasFailed() {
		failOn("primary", "08006");
		Throwable thrown = catchThrowable(() -> this.units.read(() -> serveOnPrimary()));
		assertThat(thrown).isSameAs(this.failures.get("primary"));
		assertThat(this.served).containsExactly("primary", "primary");
	}

	@Test
	void failureBeforeAnyNodeWasUsedIsThrown() {
		assertThatUnitFailsOnce((work) -> this.units.read(() -> {
			this.served.add("none");
			throw failure("08006");
		}));
	}

	@Test
	void failureThatNoConnectionHasThrownIsThrown() {
		assertThatUnitFailsOnce((work) -> this.units.read(() -> {
			work.get();
			throw failure("08006");
		}));
	}

	@Test
	void failureOfAnEarlierAttemptIsNotBlamedOnALaterOne() {
		failOn("replica-1", "57P01");
		List<String> attempts = new ArrayList<>();
		assertThatExceptionOfType(RuntimeException.class).isThrownBy(() -> this.units.read(() -> {
			attempts.add("a");
			if (attempts.size() > 1) {
				throw failure("08006");
			}
			return serve();
		}));
		assertThat(attempts).hasSize(2);
	}

	@Test
	void unitThatHasBegunToWriteIsNotRepeated() {
		failOn("replica-1", "57P01");
		assertThatUnitFailsOnce((work) -> this.units.read(() -> {
			Attempts.write();
			return work.get();
		}));
	}

	@Test
	void writeOfALaterAttemptIsNotRepeatedEither() {
		failOn("replica-1", "57P01");
		failOn("replica-2", "57P01");
		assertThatExceptionOfType(RuntimeException.class).isThrownBy(() -> this.units.read(() -> {
			if (!this.served.isEmpty()) {
				Attempts.write();
			}
			return serve();
		}));
		assertThat(this.served).containsExactly("replica-1", "replica-2");
	}

	@Test
	void unitThatForbidsItIsNotRepeated() {
		failOn("replica-1", "57P01");
		assertThatUnitFailsOnce(this.units::readOnce);
	}

	@Test
	void unitWithoutTheAnnotationIsNotRepeated() {
		failOn("replica-1", "57P01");
		assertThatUnitFailsOnce(this.units::transactional);
		assertThatUnitFailsOnce(this.units::primary);
	}

	@Test
	void unitThatReturnsItsResultLateIsNotRepeated() {
		failOn("replica-1", "57P01");
		assertThatUnitFailsOnce(this.units::stream);
	}

	@Test
	void unitOfARunningTransactionIsNotRepeated() throws SQLException {
		failOn("replica-1", "57P01");
		inTransactionOf(connection(true, false), () -> assertThatUnitFailsOnce(this.units::read));
	}

	@Test
	void unitInATransactionOfSomethingElseIsRepeated() throws SQLException {
		failOn("replica-1", "57P01");
		for (Connection other : List.of(connection(false, false), connection(true, true))) {
			this.served.clear();
			inTransactionOf(other, () -> assertThat(this.units.read(this::serve)).isEqualTo("replica-2"));
			assertThat(this.served).containsExactly("replica-1", "replica-2");
			assertNothingLeftBehind();
		}
	}

	@Test
	void unitInATransactionWithoutAConnectionIsRepeated() {
		failOn("replica-1", "57P01");
		inTransaction(() -> assertThat(this.units.read(this::serve)).isEqualTo("replica-2"));
	}

	@Test
	void onlyTheOutermostUnitIsRepeated() {
		failOn("replica-1", "57P01");
		List<String> outer = new ArrayList<>();
		assertThat(this.units.read(() -> {
			outer.add("a");
			return this.units.read(this::serve);
		})).isEqualTo("replica-2");
		assertThat(outer).hasSize(2);
		assertThat(this.served).containsExactly("replica-1", "replica-2");
	}

	@Test
	void unitThatHasCalledOneThatForbidsItIsNotRepeated() {
		assertThat(this.units.read(() -> this.units.readOnce(this::serve))).isEqualTo("replica-1");
		this.served.clear();
		failOn("replica-1", "57P01");
		assertThatUnitFailsOnce((work) -> this.units.read(() -> this.units.readOnce(work)));
		this.served.clear();
		assertThatUnitFailsOnce((work) -> this.units.read(() -> {
			this.units.readOnce(() -> "a");
			return work.get();
		}));
	}

	@Test
	void unitThatCallsOneWithALateResultIsRepeated() {
		failOn("replica-1", "57P01");
		assertThat(this.units.read(() -> this.units.stream(this::serve).findFirst().orElseThrow()))
			.isEqualTo("replica-2");
	}

	@Test
	void interruptedThreadRepeatsNothing() {
		failOn("replica-1", "57P01");
		try {
			assertThatUnitFailsOnce((work) -> this.units.read(() -> {
				Thread.currentThread().interrupt();
				return work.get();
			}));
		}
		finally {
			assertThat(Thread.interrupted()).isTrue();
		}
	}

	@Test
	void eachAttemptHasTheScopeAndTheArgumentsOfTheFirst() {
		failOn("replica-1", "57P01");
		List<RoutingScope> scopes = new ArrayList<>();
		this.units.read(() -> {
			scopes.add(RoutingScope.current());
			return serve();
		});
		assertThat(scopes).hasSize(2).allSatisfy((scope) -> {
			assertThat(scope.readOnly()).isTrue();
			assertThat(scope.unit()).endsWith("Units.read");
		});
	}

	private static Connection connection(boolean routed, boolean autoCommit) throws SQLException {
		Connection connection = Mockito.mock(Connection.class);
		BDDMockito.given(connection.isWrapperFor(RoutedConnection.class)).willReturn(routed);
		BDDMockito.given(connection.getAutoCommit()).willReturn(autoCommit);
		return connection;
	}

	private static void inTransactionOf(Connection connection, Runnable work) {
		TransactionSynchronizationManager.bindResource(connection, new ConnectionHolder(connection));
		try {
			inTransaction(work);
		}
		finally {
			TransactionSynchronizationManager.unbindResource(connection);
		}
	}

	private static void inTransaction(Runnable work) {
		TransactionSynchronizationManager.setActualTransactionActive(true);
		try {
			work.run();
		}
		finally {
			TransactionSynchronizationManager.setActualTransactionActive(false);
		}
	}

	private void assertThatUnitFailsOnce(Unit unit) {
		this.served.clear();
		Throwable thrown = catchThrowable(() -> unit.run(this::serve));
		assertThat(thrown).isInstanceOf(DataAccessResourceFailureException.class).hasNoSuppressedExceptions();
		assertThat(this.served).hasSize(1);
		assertNothingLeftBehind();
	}

	private static void assertNothingLeftBehind() {
		assertThat(RetryAttempt.isOpen()).isFalse();
		assertThat(RoutingScope.current()).isSameAs(RoutingScope.NONE);
	}

	private String serve() {
		return failIfAsked(Attempts.use(this.topology));
	}

	private String serveOnPrimary() {
		return failIfAsked(Attempts.use(Nodes.topology(this.topology.primary(), List.of(), null)));
	}

	private String failIfAsked(ClusterNode node) {
		this.served.add(node.name());
		Throwable failure = this.failures.get(node.name());
		if (failure != null) {
			Attempts.fail(node, failure);
			sneak(failure);
		}
		return node.name();
	}

	private void failOn(String node, String state) {
		this.failures.put(node, failure(state));
	}

	private static RuntimeException failure(String state) {
		return new DataAccessResourceFailureException("x", new SQLException("x", state));
	}

	@SuppressWarnings("unchecked")
	private static <E extends Throwable> void sneak(Throwable failure) throws E {
		throw (E) failure;
	}

	private static Units proxy(Units target) {
		ProxyFactory factory = new ProxyFactory(target);
		factory.setProxyTargetClass(true);
		factory.addAdvisor(new RouteAdvisor(() -> 0, (group, unit) -> {
		}));
		return (Units) factory.getProxy();
	}

	@FunctionalInterface
	private interface Unit {

		Object run(Supplier<String> work);

	}

	static class Units {

		@ReadOnly
		public String read(Supplier<String> work) {
			return work.get();
		}

		@ReadOnly(retry = false)
		public String readOnce(Supplier<String> work) {
			return work.get();
		}

		@ReadOnly
		public Stream<String> stream(Supplier<String> work) {
			return Stream.of(work.get());
		}

		@Transactional(readOnly = true)
		public String transactional(Supplier<String> work) {
			return work.get();
		}

		@UsePrimary
		public String primary(Supplier<String> work) {
			return work.get();
		}

	}

}
