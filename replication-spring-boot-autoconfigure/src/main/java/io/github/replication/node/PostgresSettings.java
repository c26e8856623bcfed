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
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.zaxxer.hikari.HikariConfig;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * Driver settings of a read pool on PostgreSQL: sessions that refuse to write even
 * outside of a transaction, and attempts to connect that end in time. What the URL or the
 * pool's own properties say is kept.
 */
final class PostgresSettings {

	private static final String READ_ONLY = "-c default_transaction_read_only=on";

	private static final String OPTIONS = "options";

	private static final String CONNECT_TIMEOUT = "connectTimeout";

	private static final String LOGIN_TIMEOUT = "loginTimeout";

	private static final Pattern OPTIONS_IN_URL = Pattern.compile("([?&]options=)([^&]*)");

	/**
	 * What belongs to the driver's own data source classes and would be mistaken here.
	 */
	private static final Set<String> OF_DATA_SOURCE_CLASSES = Set.of("url", "URL", "serverName", "serverNames",
			"portNumber", "portNumbers", "databaseName");

	private PostgresSettings() {
	}

	static void apply(HikariConfig config) {
		Properties properties = config.getDataSourceProperties();
		OF_DATA_SOURCE_CLASSES.forEach(properties::remove);
		long seconds = Math.max(1, TimeUnit.MILLISECONDS.toSeconds(config.getConnectionTimeout() + 999));
		properties.putIfAbsent(CONNECT_TIMEOUT, Long.toString(seconds));
		properties.putIfAbsent(LOGIN_TIMEOUT, Long.toString(seconds));
		Matcher inUrl = OPTIONS_IN_URL.matcher(config.getJdbcUrl());
		if (inUrl.find()) {
			String options = readOnly(URLDecoder.decode(inUrl.group(2), StandardCharsets.UTF_8));
			config.setJdbcUrl(inUrl.replaceFirst(
					Matcher.quoteReplacement(inUrl.group(1) + URLEncoder.encode(options, StandardCharsets.UTF_8))));
		}
		else {
			properties.setProperty(OPTIONS, readOnly(properties.getProperty(OPTIONS)));
		}
	}

	private static String readOnly(@Nullable String options) {
		return StringUtils.hasText(options) ? options + " " + READ_ONLY : READ_ONLY;
	}

}
