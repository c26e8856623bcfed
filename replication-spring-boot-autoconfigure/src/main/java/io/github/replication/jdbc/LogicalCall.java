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

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.CallableStatement;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;

/**
 * Makes a call of a prepared statement: passes on the methods that only a
 * {@link CallableStatement} has.
 */
final class LogicalCall implements InvocationHandler {

	private final LogicalPreparedStatement statement;

	LogicalCall(LogicalPreparedStatement statement) {
		this.statement = statement;
	}

	@Override
	public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] args) throws Throwable {
		if (method.getDeclaringClass() == CallableStatement.class) {
			return callPhysical(method, args);
		}
		return switch (method.getName()) {
			case "equals" -> args != null && proxy == args[0];
			case "hashCode" -> System.identityHashCode(proxy);
			case "unwrap" -> isWrapped(args) ? proxy : call(this.statement, method, args);
			case "isWrapperFor" -> isWrapped(args) ? true : call(this.statement, method, args);
			default -> call(this.statement, method, args);
		};
	}

	private static boolean isWrapped(@Nullable Object @Nullable [] args) {
		return args != null && args[0] == CallableStatement.class;
	}

	/**
	 * Parameters that are registered or named are set again if the call moves.
	 */
	private @Nullable Object callPhysical(Method method, @Nullable Object @Nullable [] args) throws Throwable {
		Object result = callTranslated(this.statement.delegate(), method, args);
		if (method.getReturnType() == void.class) {
			this.statement.record(Arrays.asList(method.getName(), (args != null) ? args[0] : null),
					(statement) -> setAgain(statement, method, args));
		}
		return (result != null) ? this.statement.own(result) : null;
	}

	/**
	 * The driver reads the rows of a cursor when it returns them.
	 */
	private @Nullable Object callTranslated(Object target, Method method, @Nullable Object @Nullable [] args)
			throws Throwable {
		try {
			return call(target, method, args);
		}
		catch (SQLException ex) {
			throw this.statement.translate(ex);
		}
	}

	private static void setAgain(PreparedStatement statement, Method method, @Nullable Object @Nullable [] args)
			throws SQLException {
		try {
			call(statement, method, args);
		}
		catch (SQLException ex) {
			throw ex;
		}
		catch (Throwable ex) {
			throw new SQLException(ex);
		}
	}

	private static @Nullable Object call(Object target, Method method, @Nullable Object @Nullable [] args)
			throws Throwable {
		try {
			return method.invoke(target, args);
		}
		catch (InvocationTargetException ex) {
			throw ex.getTargetException();
		}
	}

}
