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

package io.github.replication.stub;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Connects to {@link StubServer}s: for URLs such as {@code jdbc:stub://host/database},
 * and for those of PostgreSQL where it is named as the driver.
 */
public final class StubDriver implements Driver {

	private static final Pattern URL = Pattern.compile("jdbc:(?:stub|postgresql)://([^/:?]+).*");

	private static final List<Opened> OPENED = new CopyOnWriteArrayList<>();

	/**
	 * With which URL and properties a server was connected to.
	 */
	public static List<Opened> opened(StubServer server) {
		return OPENED.stream().filter((opened) -> opened.host().equals(server.host())).toList();
	}

	@Override
	public @Nullable Connection connect(String url, Properties info) throws SQLException {
		Matcher matcher = URL.matcher(url);
		if (!matcher.matches()) {
			return null;
		}
		StubServer server = StubServer.find(matcher.group(1));
		if (server == null) {
			throw new SQLException("There is no server " + matcher.group(1), "08001");
		}
		Properties properties = new Properties();
		properties.putAll(info);
		OPENED.add(new Opened(server.host(), url, properties));
		return server.connect();
	}

	@Override
	public boolean acceptsURL(String url) {
		return URL.matcher(url).matches();
	}

	@Override
	public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) {
		return new DriverPropertyInfo[0];
	}

	@Override
	public int getMajorVersion() {
		return 1;
	}

	@Override
	public int getMinorVersion() {
		return 0;
	}

	@Override
	public boolean jdbcCompliant() {
		return false;
	}

	@Override
	public Logger getParentLogger() {
		return Logger.getGlobal();
	}

	/**
	 * An attempt to connect.
	 */
	public record Opened(String host, String url, Properties properties) {

	}

}
