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

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

import org.springframework.util.ClassUtils;

/**
 * Reads facts from a JDBC URL, without a connection.
 *
 * @since 0.1.0
 */
public final class JdbcUrls {

	private static final Pattern POSTGRES = Pattern.compile("jdbc:postgresql:(?://([^/?]*))?/?([^?]*)(\\?.*)?");

	private static final Pattern WRAPPED_POSTGRES = Pattern.compile("jdbc:(?:[\\w-]+:)*postgresql:");

	private static final Pattern ANY = Pattern.compile("jdbc:\\S*");

	/**
	 * The text between the names of protocols and the last {@code @}, as in
	 * {@code postgres://user:password@host} and
	 * {@code jdbc:oracle:thin:user/password@host}.
	 */
	private static final Pattern USER_INFO = Pattern.compile("^((?:\\w+:)*(?://)?)\\S*@");

	private static final Pattern SEPARATOR = Pattern.compile("[?;]");

	private static final boolean DRIVER = ClassUtils.isPresent("org.postgresql.Driver",
			JdbcUrls.class.getClassLoader());

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
	 * Whether a URL leads to PostgreSQL by its own driver, alone or wrapped by another,
	 * as in {@code jdbc:p6spy:postgresql://host/database}.
	 * @param url a JDBC URL
	 * @return {@code true} if the last of its drivers is that of PostgreSQL
	 */
	public static boolean leadsToPostgres(String url) {
		return WRAPPED_POSTGRES.matcher(url).lookingAt();
	}

	/**
	 * The value of a parameter, {@code null} if the URL does not have it. The last one of
	 * several counts, as it does for the driver.
	 */
	static @Nullable String parameter(String url, String name) {
		Matcher matcher = parameter(name).matcher(url);
		String value = null;
		while (matcher.find()) {
			value = matcher.group(1);
		}
		return value;
	}

	/**
	 * A URL without a parameter.
	 */
	static String withoutParameter(String url, String name) {
		return parameter(name).matcher(url).replaceAll("");
	}

	/**
	 * The parameters of a URL that leads to PostgreSQL, decoded. The last one of several
	 * counts, as it does for the driver.
	 */
	static Map<String, String> parameters(String url) {
		Map<String, String> parameters = new LinkedHashMap<>();
		int begin = url.indexOf('?');
		if (begin < 0 || !leadsToPostgres(url)) {
			return parameters;
		}
		for (String parameter : url.substring(begin + 1).split("&")) {
			String[] parts = parameter.split("=", 2);
			if (!parts[0].isEmpty()) {
				parameters.put(parts[0], (parts.length == 2) ? decoded(parts[1]) : "");
			}
		}
		return parameters;
	}

	private static String decoded(String value) {
		try {
			return URLDecoder.decode(value, StandardCharsets.UTF_8);
		}
		catch (IllegalArgumentException ex) {
			// the driver refuses this URL anyway
			return value;
		}
	}

	private static Pattern parameter(String name) {
		return Pattern.compile("(?<=[?&])" + Pattern.quote(name) + "=([^&]*)&?");
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
	 * Whether the driver can read a URL, as it could not with a port that is no number or
	 * a percent sign that stands for itself.
	 * @param url a JDBC URL
	 * @return {@code false} if it is one of PostgreSQL and the driver refuses it
	 */
	public static boolean isReadable(String url) {
		if (!isPostgres(url)) {
			return true;
		}
		Matcher matcher = POSTGRES.matcher(url);
		// the driver has no user there, and would log the text that it takes for a port
		boolean user = matcher.matches() && matcher.group(1) != null && matcher.group(1).contains("@");
		return !user && (!DRIVER || PostgresDriver.reads(url));
	}

	/**
	 * Returns a URL without the parts that may hold credentials: its parameters and its
	 * user.
	 * @param url a URL
	 * @return the part that names the server and the database
	 */
	public static String withoutSecrets(String url) {
		String withoutParameters = SEPARATOR.split(url, 2)[0];
		return USER_INFO.matcher(withoutParameters).replaceFirst("$1");
	}

	/**
	 * A text in which no JDBC URL has parameters or a user.
	 * @param text a text, such as a driver's message
	 * @return the text with nothing but servers and databases in its URLs
	 */
	static String withoutSecretsIn(String text) {
		return ANY.matcher(text).replaceAll((url) -> Matcher.quoteReplacement(withoutSecrets(url.group())));
	}

	/**
	 * The server and the database that a URL names, for a message.
	 * @param url a JDBC URL
	 * @return host, port and database
	 */
	public static String target(String url) {
		return POSTGRES.matcher(url).matches() ? normalized(url) : withoutSecrets(url);
	}

	/**
	 * Whether two URLs name the same database of the same server.
	 * @param one a JDBC URL
	 * @param other another one
	 * @return {@code true} if they differ at most in parameters and in default values
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
			throw new IllegalArgumentException(withoutSecrets(url) + " names no host");
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
			throw new IllegalArgumentException("The URL of " + name + " is '" + withoutSecrets(url)
					+ "', which is not a JDBC URL: it must start with 'jdbc:', for example"
					+ " jdbc:postgresql://host/database.");
		}
		if (isMultiHost(url)) {
			throw new IllegalArgumentException("The URL of " + name + " is '" + withoutSecrets(url)
					+ "', which names several servers: add each server as a replica of its own.");
		}
		if (!isReadable(url)) {
			throw new IllegalArgumentException("The URL of " + name + " is '" + withoutSecrets(url)
					+ "', which the driver cannot read: look at its port, and write % as %25 in its parameters.");
		}
	}

	private static String normalized(String url) {
		Matcher matcher = POSTGRES.matcher(url);
		if (!matcher.matches()) {
			return url.split("\\?", 2)[0];
		}
		String server = (matcher.group(1) != null && !matcher.group(1).isEmpty()) ? matcher.group(1) : "localhost";
		boolean port = server.lastIndexOf(':') > server.lastIndexOf(']');
		return server.toLowerCase(Locale.ROOT) + (port ? "" : ":5432") + "/" + matcher.group(2);
	}

	private static final class PostgresDriver {

		static boolean reads(String url) {
			return Driver.parseURL(url, new Properties()) != null;
		}

	}

}
