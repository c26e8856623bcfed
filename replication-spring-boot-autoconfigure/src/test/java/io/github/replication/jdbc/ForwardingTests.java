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

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.sql.Blob;
import java.sql.CallableStatement;
import java.sql.Clob;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.Answers;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import io.github.replication.jdbc.UnitOfWork.Execution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Each method of a statement, result set or large object calls its own twin, with the
 * same arguments, and returns the answer.
 */
class ForwardingTests {

	/**
	 * Methods that are about the logical object itself.
	 */
	private static final Set<String> OWN = Set.of("getConnection", "getStatement", "close", "isClosed", "unwrap",
			"isWrapperFor", "isCloseOnCompletion");

	/**
	 * The types that come back as objects of the logical connection.
	 */
	private static final Map<Class<?>, Class<?>> WRAPPERS = Map.of(ResultSet.class, LogicalResultSet.class, Blob.class,
			LogicalBlob.class, Clob.class, LogicalClob.class);

	private static final Map<Class<?>, Object> VALUES = Map.of(int.class, 7, long.class, 8L, boolean.class, true,
			short.class, (short) 9, byte.class, (byte) 10, float.class, 11f, double.class, 12d, String.class, "x",
			Class.class, Integer.class);

	private final List<Call> calls = new ArrayList<>();

	private final SQLException failure = new SQLException("x", "57P01");

	private final SQLException noted = new SQLException("y", "57P01");

	static Stream<Method> methodsOfResultSets() {
		return methods(ResultSet.class);
	}

	static Stream<Method> methodsOfLargeObjects() {
		return Stream.concat(methods(Blob.class), methods(Clob.class));
	}

	static Stream<Method> methodsOfStatements() {
		return methods(Statement.class).filter((method) -> !method.getName().equals("addBatch"));
	}

	static Stream<Method> methodsOfPreparedStatements() {
		return methods(PreparedStatement.class).filter((method) -> !isGivenText(method));
	}

	static Stream<Method> methodsOfCalls() {
		return methods(CallableStatement.class).filter((method) -> !isGivenText(method));
	}

	static Stream<Method> methodsThatAreGivenText() {
		return methods(PreparedStatement.class).filter(ForwardingTests::isGivenText);
	}

	private static boolean isGivenText(Method method) {
		return method.getName().matches("execute(Query|Update)?|addBatch")
				&& Arrays.equals(method.getParameterTypes(), new Class<?>[] { String.class });
	}

	private static Stream<Method> methods(Class<?> type) {
		return Arrays.stream(type.getMethods())
			.filter((method) -> !Modifier.isStatic(method.getModifiers()) && !OWN.contains(method.getName()))
			.filter((method) -> !method.isDefault() || isWrittenOut(method));
	}

	private static boolean isWrittenOut(Method method) {
		return Stream.of(LogicalResultSet.class, LogicalPreparedStatement.class)
			.flatMap((type) -> Arrays.stream(type.getMethods()))
			.anyMatch((written) -> written.getName().equals(method.getName())
					&& Arrays.equals(written.getParameterTypes(), method.getParameterTypes())
					&& !written.getDeclaringClass().isInterface());
	}

	@ParameterizedTest
	@MethodSource("methodsOfResultSets")
	void resultSetCallsItsTwin(Method method) throws Exception {
		ResultSet rows = twin(ResultSet.class);
		UnitOfWork unit = unit();
		LogicalStatement statement = new LogicalStatement(connection(unit), (connection) -> twin(Statement.class));
		statement.execute(text(), (executed) -> 1);
		this.calls.clear();
		assertForwards(new LogicalResultSet(rows, statement, unit), method);
	}

	@ParameterizedTest
	@MethodSource("methodsOfStatements")
	void statementCallsItsTwin(Method method) throws Exception {
		LogicalStatement statement = new LogicalStatement(connection(unit()), (connection) -> twin(Statement.class));
		statement.execute(text(), (executed) -> 1);
		this.calls.clear();
		assertForwards(statement, method);
	}

	@ParameterizedTest
	@MethodSource("methodsOfPreparedStatements")
	void preparedStatementCallsItsTwin(Method method) throws Exception {
		PreparedStatement statement = LogicalPreparedStatement.prepare(connection(unit()), "SELECT 1",
				(connection) -> twin(PreparedStatement.class));
		statement.execute();
		this.calls.clear();
		assertForwards(statement, method);
	}

	@ParameterizedTest
	@MethodSource("methodsOfCalls")
	void callCallsItsTwin(Method method) throws Exception {
		CallableStatement statement = LogicalPreparedStatement.prepareCall(connection(unit()), "{call f()}",
				(connection) -> twin(CallableStatement.class));
		statement.execute();
		this.calls.clear();
		assertForwards(statement, method);
	}

	@ParameterizedTest
	@MethodSource("methodsOfLargeObjects")
	void largeObjectCallsItsTwin(Method method) throws Exception {
		UnitOfWork unit = unit();
		assertForwards((method.getDeclaringClass() == Blob.class) ? new LogicalBlob(twin(Blob.class), unit)
				: new LogicalClob(twin(Clob.class), unit), method);
	}

	@ParameterizedTest
	@MethodSource("methodsOfLargeObjects")
	void unitNotesTheErrorOfALargeObject(Method method) throws Exception {
		UnitOfWork unit = unit();
		assertNotes(unit, (method.getDeclaringClass() == Blob.class) ? new LogicalBlob(failing(Blob.class), unit)
				: new LogicalClob(failing(Clob.class), unit), method);
	}

	@Test
	void unitNotesTheErrorOfAStream() throws Exception {
		UnitOfWork unit = unit();
		IOException lost = new IOException("x", this.failure);
		InputStream input = Mockito.mock(InputStream.class, (call) -> {
			throw lost;
		});
		Blob blob = Mockito.mock(Blob.class);
		BDDMockito.given(blob.getBinaryStream()).willReturn(input);
		InputStream stream = new LogicalBlob(blob, unit).getBinaryStream();
		BDDMockito.given(unit.translate(this.failure)).willReturn(this.noted);
		assertThatIOException().isThrownBy(stream::read).withCause(this.noted);
		BDDMockito.given(unit.translate(this.failure)).willReturn(this.failure);
		assertThatIOException().isThrownBy(() -> stream.read(new byte[1])).isSameAs(lost);
		Mockito.verify(unit, Mockito.atLeast(2)).translate(this.failure);
	}

	@ParameterizedTest
	@ValueSource(strings = { "next", "isLast", "getBlob", "getClob", "getObject" })
	void unitNotesTheErrorOfAResultSetThatAsksTheServer(String name) throws Exception {
		UnitOfWork unit = unit();
		LogicalStatement statement = new LogicalStatement(connection(unit), (connection) -> twin(Statement.class));
		List<Method> methods = methodsOfResultSets()
			.filter((method) -> method.getName().equals(name) && !hasParameter(method, Map.class))
			.toList();
		assertThat(methods).isNotEmpty();
		for (Method method : methods) {
			assertNotes(unit, new LogicalResultSet(failing(ResultSet.class), statement, unit), method);
		}
	}

	@Test
	void unitNotesTheErrorOfACall() throws Exception {
		UnitOfWork unit = unit();
		CallableStatement statement = LogicalPreparedStatement.prepareCall(connection(unit), "{call f()}",
				(connection) -> failing(CallableStatement.class));
		assertNotes(unit, statement, CallableStatement.class.getMethod("getObject", int.class));
	}

	private static boolean hasParameter(Method method, Class<?> type) {
		return Arrays.asList(method.getParameterTypes()).contains(type);
	}

	private void assertNotes(UnitOfWork unit, Object logical, Method method) throws Exception {
		BDDMockito.given(unit.translate(this.failure)).willReturn(this.noted);
		Object[] arguments = Arrays.stream(method.getParameterTypes()).map(ForwardingTests::value).toArray();
		assertThatThrownBy(() -> method.invoke(logical, arguments)).cause().isSameAs(this.noted);
	}

	private <T> T failing(Class<T> type) {
		return Mockito.mock(type, (call) -> {
			if (call.getMethod().getName().equals("toString")) {
				return "failing";
			}
			throw this.failure;
		});
	}

	/**
	 * As the driver does it, which needs no connection for that.
	 */
	@ParameterizedTest
	@MethodSource("methodsThatAreGivenText")
	void preparedStatementRefusesAnotherText(Method method) throws Exception {
		PreparedStatement statement = LogicalPreparedStatement.prepare(connection(unit()), "SELECT 1",
				(connection) -> twin(PreparedStatement.class));
		this.calls.clear();
		assertThatThrownBy(() -> method.invoke(statement, "SELECT 2")).cause()
			.isInstanceOfSatisfying(SQLException.class, (ex) -> assertThat(ex.getSQLState()).isEqualTo("42809"));
		assertThat(this.calls).isEmpty();
	}

	private void assertForwards(Object logical, Method method) throws Exception {
		Object[] arguments = Arrays.stream(method.getParameterTypes()).map(ForwardingTests::value).toArray();
		Object answer = invoke(logical, method, arguments);
		Call call = this.calls.get(this.calls.size() - 1);
		assertThat(call.method().getName()).isEqualTo(method.getName());
		assertThat(call.method().getParameterTypes()).isEqualTo(method.getParameterTypes());
		assertThat(call.arguments()).isEqualTo(arguments);
		Class<?> wrapper = WRAPPERS.get(method.getReturnType());
		if (wrapper != null) {
			assertThat(answer).isInstanceOf(wrapper);
		}
		else if (logical instanceof LogicalBlob || logical instanceof LogicalClob) {
			assertThat(answer).satisfiesAnyOf((same) -> assertThat(same).isEqualTo(call.answer()),
					(stream) -> assertThat(stream).isInstanceOfAny(FilterInputStream.class, FilterOutputStream.class,
							FilterReader.class));
		}
		else {
			assertThat(answer).isEqualTo(call.answer());
		}
	}

	private static Object invoke(Object target, Method method, Object[] arguments) throws Exception {
		try {
			return method.invoke(target, arguments);
		}
		catch (InvocationTargetException ex) {
			throw new AssertionError(method + " failed", ex.getCause());
		}
	}

	private static Object value(Class<?> type) {
		if (VALUES.containsKey(type)) {
			return VALUES.get(type);
		}
		if (type.isArray()) {
			return java.lang.reflect.Array.newInstance(type.componentType(), 1);
		}
		return (type == Object.class) ? "any" : Mockito.mock(type);
	}

	@SuppressWarnings("unchecked")
	private <T> T twin(Class<T> type) {
		return (T) Proxy.newProxyInstance(ForwardingTests.class.getClassLoader(), new Class<?>[] { type },
				(proxy, method, arguments) -> {
					Object answer = answer(method);
					this.calls.add(new Call(method, (arguments != null) ? arguments : new Object[0], answer));
					return answer;
				});
	}

	private Object answer(Method method) {
		Class<?> type = method.getReturnType();
		if (type == void.class) {
			return null;
		}
		if (method.getName().equals("isClosed")) {
			return false;
		}
		return (type == ResultSet.class) ? twin(ResultSet.class) : value(type);
	}

	private static StatementText text() {
		return StatementText.UNKNOWN;
	}

	@SuppressWarnings("unchecked")
	private UnitOfWork unit() throws SQLException {
		PhysicalConnection physical = Mockito.mock(PhysicalConnection.class);
		UnitOfWork unit = Mockito.mock(UnitOfWork.class);
		BDDMockito.given(unit.physical()).willReturn(physical);
		BDDMockito.given(unit.execute(ArgumentMatchers.any(), ArgumentMatchers.any(), ArgumentMatchers.any()))
			.willAnswer((call) -> call.<Execution<Object>>getArgument(2).on(call.getArgument(1)));
		return unit;
	}

	private LogicalConnection connection(UnitOfWork unit) throws SQLException {
		RoutingSession session = Mockito.mock(RoutingSession.class);
		ConnectionSource source = Mockito.mock(ConnectionSource.class, Answers.RETURNS_MOCKS);
		BDDMockito.given(session.source()).willReturn(source);
		BDDMockito.given(session.settings()).willReturn(new SessionSettings(true));
		BDDMockito.given(session.unitFor(ArgumentMatchers.any())).willReturn(unit);
		BDDMockito.given(session.unitToExecute(ArgumentMatchers.any(), ArgumentMatchers.any(), ArgumentMatchers.any()))
			.willReturn(unit);
		LogicalConnection connection = Mockito.mock(LogicalConnection.class);
		BDDMockito.given(connection.session()).willReturn(session);
		return connection;
	}

	/**
	 * A call that has arrived at the physical object.
	 */
	private record Call(Method method, Object[] arguments, Object answer) {

	}

}
