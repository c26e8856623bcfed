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

package io.github.replication.integration;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Driver;
import java.sql.DriverPropertyInfo;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import io.github.replication.node.ReplicaPoolCustomizer;

/**
 * Lets the replicas of an application be such as can wait until they have replayed a
 * position, as those of PostgreSQL 19.
 */
@Configuration(proxyBeanMethods = false)
class WaitingServers {

	/**
	 * How often a replica was told to wait.
	 */
	static final AtomicInteger waits = new AtomicInteger();

	/**
	 * How often a replica was asked for its state.
	 */
	static final AtomicInteger probes = new AtomicInteger();

	private static final Pattern WAIT = Pattern
		.compile("WAIT FOR LSN '([0-9A-F/]+)' WITH \\(TIMEOUT '(\\d+)ms', NO_THROW\\)");

	@Bean
	ReplicaPoolCustomizer driverOfWaitingServers() {
		return (node, config) -> {
			if (node.startsWith("replica")) {
				config.setDriverClassName(WaitingDriver.class.getName());
			}
		};
	}

	private static <T> T intercepted(Class<T> type, T target, Interception interception) {
		return type
			.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type }, (proxy, method, args) -> {
				Object instead = interception.instead(method.getName(), args);
				if (instead != null) {
					return instead;
				}
				try {
					return method.invoke(target, args);
				}
				catch (InvocationTargetException ex) {
					throw ex.getCause();
				}
			}));
	}

	private static Connection waiting(Connection connection) {
		return intercepted(Connection.class, connection, (method, args) -> switch (method) {
			case "createStatement" -> (args == null) ? waiting(connection.createStatement()) : null;
			case "getMetaData" -> intercepted(DatabaseMetaData.class, connection.getMetaData(),
					(called, values) -> called.equals("getDatabaseMajorVersion") ? 19 : null);
			case "prepareStatement" -> {
				if (((String) args[0]).contains("pg_stat_wal_receiver")) {
					probes.incrementAndGet();
				}
				yield null;
			}
			default -> null;
		});
	}

	private static Statement waiting(Statement statement) {
		return intercepted(Statement.class, statement, (method, args) -> {
			Matcher matcher = WAIT.matcher(method.equals("executeQuery") ? (String) args[0] : "");
			if (!matcher.matches()) {
				return null;
			}
			waits.incrementAndGet();
			return awaitReplay(statement, matcher.group(1), Long.parseLong(matcher.group(2)));
		});
	}

	private static ResultSet awaitReplay(Statement statement, String lsn, long millis) throws SQLException {
		long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
		while (!hasReplayed(statement, lsn)) {
			if (System.nanoTime() - deadline > 0) {
				return statement.executeQuery("SELECT 'timeout'");
			}
			LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
		}
		return statement.executeQuery("SELECT 'success'");
	}

	private static boolean hasReplayed(Statement statement, String lsn) throws SQLException {
		try (ResultSet row = statement.executeQuery("SELECT pg_last_wal_replay_lsn() >= '" + lsn + "'::pg_lsn")) {
			row.next();
			return row.getBoolean(1);
		}
	}

	/**
	 * What to do instead of a call.
	 */
	@FunctionalInterface
	private interface Interception {

		@Nullable Object instead(String method, @Nullable Object[] args) throws SQLException;

	}

	/**
	 * Public, because pools create drivers by the names of their classes.
	 */
	public static final class WaitingDriver implements Driver {

		private final Driver driver = new org.postgresql.Driver();

		@Override
		public @Nullable Connection connect(String url, Properties info) throws SQLException {
			Connection connection = this.driver.connect(url, info);
			return (connection != null) ? waiting(connection) : null;
		}

		@Override
		public boolean acceptsURL(String url) throws SQLException {
			return this.driver.acceptsURL(url);
		}

		@Override
		public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) throws SQLException {
			return this.driver.getPropertyInfo(url, info);
		}

		@Override
		public int getMajorVersion() {
			return this.driver.getMajorVersion();
		}

		@Override
		public int getMinorVersion() {
			return this.driver.getMinorVersion();
		}

		@Override
		public boolean jdbcCompliant() {
			return this.driver.jdbcCompliant();
		}

		@Override
		public Logger getParentLogger() {
			return Logger.getGlobal();
		}

	}

}
