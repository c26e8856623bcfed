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

package io.github.replication.node;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.mockito.invocation.Invocation;
import org.postgresql.PGConnection;
import org.postgresql.jdbc.PgConnection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link UnsettledConnection}.
 */
class UnsettledConnectionTests {

	private static final Set<String> DEFAULTS = Set.of("beginRequest", "endRequest", "setShardingKey",
			"setShardingKeyIfValid");

	private final Connection physical = Mockito.mock(Connection.class);

	private final AtomicBoolean settled = new AtomicBoolean();

	private final UnsettledConnection connection = new UnsettledConnection(this.physical, this.settled);

	/**
	 * The default methods of JDK 17 included, since those of the driver count. A later
	 * JDK may have more.
	 */
	static Stream<Method> methods() {
		return Arrays.stream(Connection.class.getDeclaredMethods())
			.filter((method) -> !Modifier.isStatic(method.getModifiers()))
			.filter((method) -> !method.isDefault() || DEFAULTS.contains(method.getName()));
	}

	@ParameterizedTest
	@MethodSource("methods")
	void everyMethodIsThatOfTheConnection(Method method) throws Exception {
		Object[] arguments = Arrays.stream(method.getParameterTypes()).map(UnsettledConnectionTests::value).toArray();
		Object answer = method.invoke(this.connection, arguments);
		Invocation invocation = Mockito.mockingDetails(this.physical).getInvocations().iterator().next();
		assertThat(invocation.getMethod()).isEqualTo(method);
		assertThat(invocation.getRawArguments()).isEqualTo(arguments);
		assertThat(answer).isEqualTo(method.invoke(this.physical, arguments));
	}

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = { "08003", "08006" })
	void lossWithTheFirstQuestionDoesNotLookLikeOne(String state) throws SQLException {
		SQLException lost = new SQLException("gone", state);
		BDDMockito.given(this.physical.getTransactionIsolation()).willThrow(lost).willReturn(2);
		assertThatExceptionOfType(SQLException.class).isThrownBy(this.connection::getTransactionIsolation)
			.withMessageContaining("gone")
			.withCause(lost)
			.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("58030"));
		assertThat(this.settled).isFalse();
		assertThat(this.connection.getTransactionIsolation()).isEqualTo(2);
		assertThat(this.settled).isTrue();
	}

	@Test
	void otherErrorIsTheServersOwn() throws SQLException {
		SQLException shutdown = new SQLException("shut down", "57P01");
		BDDMockito.given(this.physical.getTransactionIsolation()).willThrow(shutdown);
		assertThatExceptionOfType(SQLException.class).isThrownBy(this.connection::getTransactionIsolation)
			.isSameAs(shutdown);
		assertThat(this.settled).isFalse();
	}

	/**
	 * Another connection has answered, whose pool was given this one before.
	 */
	@Test
	void lossOfAConnectionInUseIsALoss() throws SQLException {
		SQLException lost = new SQLException("gone", "08006");
		BDDMockito.given(this.physical.getTransactionIsolation()).willThrow(lost);
		this.settled.set(true);
		assertThatExceptionOfType(SQLException.class).isThrownBy(this.connection::getTransactionIsolation)
			.isSameAs(lost);
	}

	@Test
	void driverIsFoundAlsoAfterItsConnectionIsClosed() throws SQLException {
		PgConnection driver = Mockito.mock(PgConnection.class);
		BDDMockito.given(driver.unwrap(ArgumentMatchers.any())).willThrow(new SQLException("closed", "08003"));
		UnsettledConnection connection = new UnsettledConnection(driver, this.settled);
		assertThat(connection.unwrap(PGConnection.class)).isSameAs(driver);
		assertThat(connection.isWrapperFor(PGConnection.class)).isTrue();
		assertThat(connection.unwrap(Connection.class)).isSameAs(connection);
		assertThat(connection).hasToString(driver.toString());
	}

	@Test
	void objectInsideTheDriversConnectionIsFound() throws SQLException {
		Statement wrapped = Mockito.mock(Statement.class);
		BDDMockito.given(this.physical.unwrap(Statement.class)).willReturn(wrapped);
		BDDMockito.given(this.physical.isWrapperFor(Statement.class)).willReturn(true);
		assertThat(this.connection.unwrap(Statement.class)).isSameAs(wrapped);
		assertThat(this.connection.isWrapperFor(Statement.class)).isTrue();
	}

	private static Object value(Class<?> type) {
		if (type == int.class) {
			return 7;
		}
		if (type == boolean.class) {
			return true;
		}
		if (type == String.class) {
			return "x";
		}
		return type.isArray() ? java.lang.reflect.Array.newInstance(type.componentType(), 1) : Mockito.mock(type);
	}

}
