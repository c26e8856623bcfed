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

import com.zaxxer.hikari.HikariConfig;
import org.jspecify.annotations.Nullable;

/**
 * Driver settings of a pool on PostgreSQL: transactions that begin read-only, and
 * attempts to connect that end in time on the thread that makes them. With a
 * {@code loginTimeout} pgjdbc hands the attempt to another thread and forgets it there,
 * where it waits for a silent server without end. Timeouts of the URL or of the pool's
 * own properties are kept.
 */
final class PostgresSettings {

	private static final String READ_ONLY_MODE = "readOnlyMode";

	private static final String CONNECT_TIMEOUT = "connectTimeout";

	private static final String LOGIN_TIMEOUT = "loginTimeout";

	private static final String SOCKET_TIMEOUT = "socketTimeout";

	/**
	 * The settings of the driver's own data source classes, which are mistakes here.
	 */
	private static final Set<String> OF_DATA_SOURCE_CLASSES = Set.of("url", "URL", "serverName", "serverNames",
			"portNumber", "portNumbers", "databaseName");

	private PostgresSettings() {
	}

	/**
	 * Has transactions begin read-only.
	 */
	static void readOnly(HikariConfig config) {
		setting(config, READ_ONLY_MODE);
		config.getDataSourceProperties().setProperty(READ_ONLY_MODE, "transaction");
	}

	/**
	 * Bounds the attempts to connect.
	 * @param config the settings to change
	 * @param millis how long the login may take, where no timeout is configured
	 * @return the network timeout of a connection after the login, in milliseconds
	 */
	static int boundLogin(HikariConfig config, long millis) {
		Properties properties = config.getDataSourceProperties();
		OF_DATA_SOURCE_CLASSES.forEach(properties::remove);
		int connectTimeout = seconds(setting(config, CONNECT_TIMEOUT));
		int loginTimeout = seconds(setting(config, LOGIN_TIMEOUT));
		int socketTimeout = seconds(setting(config, SOCKET_TIMEOUT));
		int bound = (loginTimeout > 0) ? loginTimeout
				: (int) Math.max(1, TimeUnit.MILLISECONDS.toSeconds(millis + 999));
		properties.setProperty(CONNECT_TIMEOUT, Integer.toString((connectTimeout > 0) ? connectTimeout : bound));
		properties.setProperty(LOGIN_TIMEOUT, "0");
		properties.setProperty(SOCKET_TIMEOUT,
				Integer.toString((socketTimeout > 0) ? Math.min(socketTimeout, bound) : bound));
		return (int) Math.min(Integer.MAX_VALUE, TimeUnit.SECONDS.toMillis(socketTimeout));
	}

	/**
	 * Takes a setting out of the URL, which has precedence, and out of the properties.
	 */
	private static @Nullable String setting(HikariConfig config, String name) {
		String url = config.getJdbcUrl();
		String value = JdbcUrls.parameter(url, name);
		if (value != null) {
			config.setJdbcUrl(JdbcUrls.withoutParameter(url, name));
		}
		Object property = config.getDataSourceProperties().remove(name);
		return (value != null || property == null) ? value : property.toString();
	}

	/**
	 * The driver reads whole seconds, and of a {@code loginTimeout} also parts of one.
	 */
	private static int seconds(@Nullable String text) {
		try {
			return (text != null) ? (int) Math.ceil(Double.parseDouble(text)) : 0;
		}
		catch (NumberFormatException ex) {
			return 0;
		}
	}

}
