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

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * What a JDBC URL tells without a connection.
 */
public final class JdbcUrls {

	private static final Pattern POSTGRES = Pattern.compile("jdbc:postgresql:(?://([^/?]*))?/?([^?]*)(\\?.*)?");

	private static final Pattern PARAMETERS = Pattern.compile("(jdbc:[^\\s?]*)\\?\\S*");

	private JdbcUrls() {
	}

	/**
	 * Whether a text is the URL of a JDBC driver at all.
	 * @param url the text
	 * @return {@code true} if it begins as one does
	 */
	public static boolean isJdbc(String url) {
		return url.startsWith("jdbc:");
	}

	/**
	 * Whether a URL is one of PostgreSQL's own driver.
	 * @param url a JDBC URL
	 * @return {@code true} if pgjdbc accepts it
	 */
	public static boolean isPostgres(String url) {
		return url.startsWith("jdbc:postgresql:");
	}

	/**
	 * Whether a URL of PostgreSQL names more than one server.
	 * @param url a JDBC URL
	 * @return {@code true} if it has a list of hosts
	 */
	public static boolean isMultiHost(String url) {
		Matcher matcher = POSTGRES.matcher(url);
		return matcher.matches() && matcher.group(1) != null && matcher.group(1).contains(",");
	}

	/**
	 * A URL without its parameters, which may hold credentials.
	 * @param url a URL
	 * @return what stands before the question mark
	 */
	public static String withoutParameters(String url) {
		int parameters = url.indexOf('?');
		return (parameters < 0) ? url : url.substring(0, parameters);
	}

	/**
	 * A text in which no JDBC URL has parameters.
	 * @param text a text, such as a driver's message
	 * @return the text without what follows a question mark in a URL
	 */
	static String withoutParametersIn(String text) {
		return PARAMETERS.matcher(text).replaceAll("$1");
	}

	/**
	 * The server and the database that a URL names, for a message.
	 * @param url a JDBC URL
	 * @return host, port and database
	 */
	public static String target(String url) {
		return POSTGRES.matcher(url).matches() ? normalized(url) : withoutParameters(url);
	}

	/**
	 * Whether two URLs name the same database of the same server.
	 * @param one a JDBC URL
	 * @param other another one
	 * @return {@code true} if they differ at most in parameters and in what is the
	 * default
	 */
	public static boolean isSame(String one, String other) {
		return normalized(one).equals(normalized(other));
	}

	/**
	 * A URL with another host in its place.
	 * @param url the URL of one server of PostgreSQL
	 * @param host the host to put in
	 */
	static String withHost(String url, String host) {
		Matcher matcher = POSTGRES.matcher(url);
		String server = host.contains(":") ? "[" + host + "]" : host;
		if (!matcher.matches() || matcher.group(1) == null) {
			throw new IllegalArgumentException(withoutParameters(url) + " names no host");
		}
		return url.substring(0, matcher.start(1)) + server + port(matcher.group(1)) + url.substring(matcher.end(1));
	}

	/**
	 * The host in the URL of one server of PostgreSQL, {@code null} if there is none.
	 */
	static @Nullable String hostOf(String url) {
		Matcher matcher = POSTGRES.matcher(url);
		if (!matcher.matches() || matcher.group(1) == null || matcher.group(1).isEmpty()) {
			return null;
		}
		String server = matcher.group(1);
		return server.substring(0, server.length() - port(server).length());
	}

	private static String port(String server) {
		int colon = server.lastIndexOf(':');
		return (colon > server.lastIndexOf(']')) ? server.substring(colon) : "";
	}

	/**
	 * Requires that a URL is one that a replica can have.
	 * @throws IllegalArgumentException if it is not the JDBC URL of one server
	 */
	static void requireOneServer(String name, String url) {
		if (!isJdbc(url)) {
			throw new IllegalArgumentException("The URL of " + name + " is '" + withoutParameters(url)
					+ "', which is not a JDBC URL: it must start with 'jdbc:', for example"
					+ " jdbc:postgresql://host/database.");
		}
		if (isMultiHost(url)) {
			throw new IllegalArgumentException("The URL of " + name + " is '" + withoutParameters(url)
					+ "', which names several servers: add each server as a replica of its own.");
		}
	}

	private static String normalized(String url) {
		Matcher matcher = POSTGRES.matcher(url);
		if (!matcher.matches()) {
			return withoutParameters(url);
		}
		String server = (matcher.group(1) != null && !matcher.group(1).isEmpty()) ? matcher.group(1) : "localhost";
		boolean port = server.lastIndexOf(':') > server.lastIndexOf(']');
		return server.toLowerCase(Locale.ROOT) + (port ? "" : ":5432") + "/" + matcher.group(2);
	}

}
