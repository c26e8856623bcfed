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

package io.github.replication.autoconfigure;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a JDBC URL tells without a connection.
 */
final class JdbcUrls {

	private static final Pattern POSTGRES = Pattern.compile("jdbc:postgresql:(?://([^/?]*))?/?([^?]*)(\\?.*)?");

	private JdbcUrls() {
	}

	static boolean isJdbc(String url) {
		return url.startsWith("jdbc:");
	}

	/**
	 * Whether a URL of PostgreSQL names more than one server.
	 */
	static boolean isMultiHost(String url) {
		Matcher matcher = POSTGRES.matcher(url);
		return matcher.matches() && matcher.group(1) != null && matcher.group(1).contains(",");
	}

	/**
	 * A URL without its parameters, which may hold credentials.
	 */
	static String withoutParameters(String url) {
		int parameters = url.indexOf('?');
		return (parameters < 0) ? url : url.substring(0, parameters);
	}

	/**
	 * Whether two URLs name the same database of the same server.
	 */
	static boolean isSame(String one, String other) {
		return normalized(one).equals(normalized(other));
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
