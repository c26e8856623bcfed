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

package io.github.replication.compatibility.integrations;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Array;
import java.sql.Blob;
import java.sql.CallableStatement;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLType;
import java.sql.SQLXML;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.temporal.Temporal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Calendar;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import javax.sql.DataSource;

import org.springframework.beans.factory.config.BeanPostProcessor;

/**
 * Writes down the JDBC calls of an application, one a line in the order in which they
 * return, in the form that the twin test of the module for test support reads.
 */
final class JdbcRecorder implements BeanPostProcessor {

	private static final Map<Class<?>, String> PREFIXES = new LinkedHashMap<>();
	static {
		PREFIXES.put(CallableStatement.class, "q");
		PREFIXES.put(PreparedStatement.class, "p");
		PREFIXES.put(Statement.class, "s");
		PREFIXES.put(ResultSet.class, "r");
		PREFIXES.put(Connection.class, "c");
		PREFIXES.put(DatabaseMetaData.class, "m");
		PREFIXES.put(ResultSetMetaData.class, "n");
		PREFIXES.put(ParameterMetaData.class, "k");
		PREFIXES.put(Savepoint.class, "v");
		PREFIXES.put(Array.class, "a");
		PREFIXES.put(Blob.class, "b");
		PREFIXES.put(Clob.class, "t");
		PREFIXES.put(SQLXML.class, "x");
	}

	private final List<String> calls = new ArrayList<>();

	private final Map<String, Integer> numbers = new HashMap<>();

	private final Map<Object, Object> proxies = new HashMap<>();

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		return (bean instanceof DataSource dataSource) ? proxy(DataSource.class, new Recorded(dataSource, "dataSource"))
				: bean;
	}

	/**
	 * Writes the calls up to now.
	 */
	synchronized void write(Path file) {
		try {
			Files.createDirectories(file.getParent());
			Files.write(file, this.calls, StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Object proxy(Class<?> type, InvocationHandler handler) {
		return Proxy.newProxyInstance(JdbcRecorder.class.getClassLoader(), new Class<?>[] { type }, handler);
	}

	private synchronized Object wrap(Object value) {
		for (Map.Entry<Class<?>, String> type : PREFIXES.entrySet()) {
			if (type.getKey().isInstance(value)) {
				return this.proxies.computeIfAbsent(new Identity(value), (key) -> proxy(type.getKey(),
						new Recorded(value, type.getValue() + this.numbers.merge(type.getValue(), 1, Integer::sum))));
			}
		}
		return value;
	}

	private synchronized void record(String target, Method method, List<String> arguments, Object result) {
		String name = nameOf(result);
		this.calls.add(((name != null) ? name + " = " : "") + target + "." + method.getName() + "("
				+ String.join(", ", arguments) + ")");
	}

	private static String nameOf(Object value) {
		return (value != null && Proxy.isProxyClass(value.getClass())
				&& Proxy.getInvocationHandler(value) instanceof Recorded recorded) ? recorded.name : null;
	}

	private static String toJava(Object value) {
		if (value == null) {
			return "null";
		}
		if (value instanceof String text) {
			return quote(text);
		}
		if (value instanceof Integer || value instanceof Boolean || value instanceof Double) {
			return value.toString();
		}
		if (value instanceof Long) {
			return value + "L";
		}
		if (value instanceof Short || value instanceof Byte || value instanceof Float) {
			return value.getClass().getSimpleName() + ".valueOf(\"" + value + "\")";
		}
		if (value instanceof BigDecimal) {
			return "new BigDecimal(\"" + value + "\")";
		}
		if (value instanceof Timestamp || value instanceof Date || value instanceof Time) {
			return value.getClass().getSimpleName() + ".valueOf(\"" + value + "\")";
		}
		if (value instanceof Temporal) {
			return value.getClass().getSimpleName() + ".parse(\"" + value + "\")";
		}
		if (value instanceof UUID) {
			return "UUID.fromString(\"" + value + "\")";
		}
		if (value instanceof Class<?> type) {
			return type.getCanonicalName() + ".class";
		}
		if (value instanceof byte[] bytes) {
			return "Literals.bytes(\"" + Base64.getEncoder().encodeToString(bytes) + "\")";
		}
		if (value instanceof Calendar calendar) {
			return "Literals.calendar(\"" + calendar.getTimeZone().getID() + "\")";
		}
		if (value instanceof SQLType) {
			return "JDBCType." + ((SQLType) value).getName();
		}
		if (value instanceof Executor) {
			return "Runnable::run";
		}
		if (value.getClass().isArray()) {
			return "new " + value.getClass().getComponentType().getSimpleName() + "[] { "
					+ IntStream.range(0, java.lang.reflect.Array.getLength(value))
						.mapToObj((i) -> toJava(java.lang.reflect.Array.get(value, i)))
						.collect(Collectors.joining(", "))
					+ " }";
		}
		throw new IllegalArgumentException("No literal for " + value.getClass() + ": " + value);
	}

	private static String quote(String text) {
		return '"' + text.replace("\\", "\\\\")
			.replace("\"", "\\\"")
			.replace("\n", "\\n")
			.replace("\r", "\\r")
			.replace("\t", "\\t") + '"';
	}

	/**
	 * The calls of one object.
	 */
	private final class Recorded implements InvocationHandler {

		private final Object delegate;

		private final String name;

		private Recorded(Object delegate, String name) {
			this.delegate = delegate;
			this.name = name;
		}

		@Override
		public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
			if (method.getDeclaringClass() == Object.class) {
				return method.getName().equals("equals") ? proxy == arguments[0]
						: method.invoke(this.delegate, arguments);
			}
			Object[] actual = (arguments != null) ? arguments.clone() : new Object[0];
			List<String> literals = new ArrayList<>();
			for (int i = 0; i < actual.length; i++) {
				literals.add(argument(actual, i));
			}
			boolean recorded = this.delegate instanceof Connection || !(this.delegate instanceof DataSource)
					|| method.getName().equals("getConnection");
			try {
				Object result = wrap(method.invoke(this.delegate, actual));
				if (recorded) {
					record(this.name, method, literals, result);
				}
				return result;
			}
			catch (InvocationTargetException ex) {
				if (recorded) {
					record(this.name, method, literals, null);
				}
				throw ex.getCause();
			}
		}

		/**
		 * Returns an argument as Java code, and replaces it by what the delegate is to
		 * get.
		 */
		private String argument(Object[] arguments, int index) throws IOException {
			Object argument = arguments[index];
			String name = nameOf(argument);
			if (name != null) {
				arguments[index] = ((Recorded) Proxy.getInvocationHandler(argument)).delegate;
				return name;
			}
			if (argument instanceof InputStream stream) {
				byte[] bytes = stream.readAllBytes();
				arguments[index] = new ByteArrayInputStream(bytes);
				return "Literals.stream(\"" + Base64.getEncoder().encodeToString(bytes) + "\")";
			}
			if (argument instanceof Reader reader) {
				StringBuilder text = new StringBuilder();
				for (int next = reader.read(); next != -1; next = reader.read()) {
					text.append((char) next);
				}
				arguments[index] = new StringReader(text.toString());
				return "Literals.reader(" + quote(text.toString()) + ")";
			}
			return toJava(argument);
		}

	}

	/**
	 * An object as a key, whatever it is equal to.
	 */
	private record Identity(Object object) {

		@Override
		public boolean equals(Object other) {
			return other instanceof Identity identity && identity.object == this.object;
		}

		@Override
		public int hashCode() {
			return System.identityHashCode(this.object);
		}

		@Override
		public String toString() {
			return Arrays.asList(this.object).toString();
		}

	}

}
