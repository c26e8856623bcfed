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
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Metadata that decides nothing and holds no physical connection beyond the call, or the
 * rows that the call returns. Values that are the same for every node are asked for once.
 */
final class LogicalMetaData implements InvocationHandler {

	/**
	 * Answers that depend on the node, the user or the server's settings of the moment.
	 */
	private static final Set<String> CHANGING = Set.of("getURL", "getUserName", "getDefaultTransactionIsolation",
			"getMaxConnections", "getSQLKeywords", "getDatabaseProductVersion", "getDatabaseMajorVersion",
			"getDatabaseMinorVersion", "getResultSetHoldability");

	private final LogicalConnection connection;

	private final Map<Method, Optional<Object>> answers;

	private LogicalMetaData(LogicalConnection connection, Map<Method, Optional<Object>> answers) {
		this.connection = connection;
		this.answers = answers;
	}

	static DatabaseMetaData of(LogicalConnection connection, Map<Method, Optional<Object>> answers) {
		return (DatabaseMetaData) Proxy.newProxyInstance(LogicalMetaData.class.getClassLoader(),
				new Class<?>[] { DatabaseMetaData.class }, new LogicalMetaData(connection, answers));
	}

	@Override
	public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] args) throws Throwable {
		switch (method.getName()) {
			case "equals":
				return args != null && proxy == args[0];
			case "hashCode":
				return System.identityHashCode(proxy);
			case "toString":
				return "Metadata of " + this.connection;
			case "getConnection":
				return this.connection;
			case "isReadOnly":
				return this.connection.isReadOnly();
			case "unwrap":
				return isWrapped(proxy, args) ? proxy
						: call(this.connection.session().expose(), method, args).orElse(null);
			case "isWrapperFor":
				return isWrapped(proxy, args) || Boolean.TRUE.equals(answer(method, args));
			default:
				return answer(method, args);
		}
	}

	private static boolean isWrapped(Object proxy, @Nullable Object @Nullable [] args) {
		return args != null && args[0] instanceof Class<?> type && type.isInstance(proxy);
	}

	private @Nullable Object answer(Method method, @Nullable Object @Nullable [] args) throws Throwable {
		if (ResultSet.class.isAssignableFrom(method.getReturnType())) {
			return rows(method, args);
		}
		if (method.getParameterCount() > 0 || CHANGING.contains(method.getName())) {
			return this.connection.session().ask((connection) -> call(connection, method, args)).orElse(null);
		}
		Optional<Object> answer = this.answers.get(method);
		if (answer == null) {
			answer = this.connection.session().ask((connection) -> call(connection, method, args));
			this.answers.put(method, answer);
		}
		return answer.orElse(null);
	}

	private ResultSet rows(Method method, @Nullable Object @Nullable [] args) throws SQLException {
		RoutingSession session = this.connection.session();
		PhysicalConnection physical = session.connectionForMetadata();
		try {
			ResultSet rows = (ResultSet) call(physical.connection(), method, args).orElseThrow();
			return new MetaDataRows(rows, this.connection, physical);
		}
		catch (SQLException ex) {
			session.leave(physical);
			throw session.noteFailure(physical, ex);
		}
		catch (RuntimeException | Error ex) {
			session.leave(physical);
			throw ex;
		}
	}

	private static Optional<Object> call(Connection connection, Method method, @Nullable Object @Nullable [] args)
			throws SQLException {
		try {
			return Optional.ofNullable(method.invoke(connection.getMetaData(), args));
		}
		catch (InvocationTargetException ex) {
			if (ex.getTargetException() instanceof SQLException failure) {
				throw failure;
			}
			throw new SQLException(ex.getTargetException());
		}
		catch (IllegalAccessException ex) {
			throw new SQLException(ex);
		}
	}

}
