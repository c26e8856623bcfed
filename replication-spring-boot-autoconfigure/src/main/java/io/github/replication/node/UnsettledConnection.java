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

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

import io.github.replication.postgres.SqlState;

/**
 * A connection of a pool that has yet to learn its default isolation level. HikariCP asks
 * the first connection that it opens, and never again. If that connection is lost
 * meanwhile, the level is missing for good, and every later connection fails with
 * "Transaction isolation level -1 not supported" (HikariCP issues 887 and 1944). HikariCP
 * does ask the next connection after a failure that does not look like a lost connection.
 */
final class UnsettledConnection implements InvocationHandler {

	private final Connection connection;

	private final Runnable settled;

	private volatile boolean answered;

	private UnsettledConnection(Connection connection, Runnable settled) {
		this.connection = connection;
		this.settled = settled;
	}

	/**
	 * Lets a pool ask again if it loses a connection with its first question.
	 * @param connection the physical connection
	 * @param settled called when it has reported its isolation level
	 */
	static Connection of(Connection connection, Runnable settled) {
		return (Connection) Proxy.newProxyInstance(UnsettledConnection.class.getClassLoader(),
				new Class<?>[] { Connection.class }, new UnsettledConnection(connection, settled));
	}

	@Override
	public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] args) throws Throwable {
		return switch (method.getName()) {
			case "equals" -> args != null && proxy == args[0];
			case "hashCode" -> System.identityHashCode(proxy);
			case "isWrapperFor" -> isSelf(args) ? true : forward(method, args);
			case "unwrap" -> isSelf(args) ? proxy : forward(method, args);
			case "getTransactionIsolation" -> this.answered ? forward(method, args) : isolation();
			default -> forward(method, args);
		};
	}

	private static boolean isSelf(@Nullable Object @Nullable [] args) {
		return args != null && args[0] == Connection.class;
	}

	private int isolation() throws SQLException {
		try {
			int isolation = this.connection.getTransactionIsolation();
			this.answered = true;
			this.settled.run();
			return isolation;
		}
		catch (SQLException ex) {
			throw new SQLException(
					"The first connection of the pool did not report its isolation level: " + ex.getMessage(),
					SqlState.IO_ERROR, ex);
		}
	}

	private @Nullable Object forward(Method method, @Nullable Object @Nullable [] args) throws Throwable {
		try {
			return method.invoke(this.connection, args);
		}
		catch (InvocationTargetException ex) {
			throw ex.getTargetException();
		}
	}

}
