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

import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

import com.zaxxer.hikari.HikariConfig;

/**
 * Driver settings of a read pool on PostgreSQL: transactions that begin read-only, and
 * attempts to connect that end in time. Timeouts of the URL or of the pool's own
 * properties are kept.
 */
final class PostgresSettings {

	private static final String READ_ONLY_MODE = "readOnlyMode";

	private static final Pattern READ_ONLY_MODE_IN_URL = Pattern.compile("([?&])readOnlyMode=[^&]*&?");

	private static final String CONNECT_TIMEOUT = "connectTimeout";

	private static final String LOGIN_TIMEOUT = "loginTimeout";

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
		properties.setProperty(READ_ONLY_MODE, "transaction");
		config.setJdbcUrl(READ_ONLY_MODE_IN_URL.matcher(config.getJdbcUrl()).replaceAll("$1"));
	}

}
