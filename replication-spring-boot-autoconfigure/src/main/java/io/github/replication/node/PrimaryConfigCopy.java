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

import java.util.Objects;
import java.util.Properties;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariCredentialsProvider;
import com.zaxxer.hikari.util.Credentials;
import org.jspecify.annotations.Nullable;

/**
 * The settings of the primary's pool, to be changed for a read pool.
 * {@link HikariConfig#copyStateTo} would let both share the driver's properties, which
 * have no setter that replaces them.
 */
final class PrimaryConfigCopy extends HikariConfig {

	private final Properties driverProperties = new Properties();

	private final @Nullable HikariCredentialsProvider provider;

	private final Credentials credentials;

	private boolean ownCredentials;

	PrimaryConfigCopy(HikariConfig primary) {
		primary.copyStateTo(this);
		this.provider = getCredentialsProvider();
		this.credentials = getCredentials();
		this.driverProperties.putAll(primary.getDataSourceProperties());
	}

	/**
	 * Sets the credentials of a node, which stay its own even if they are those of the
	 * primary.
	 * @param username the user, {@code null} for the primary's
	 * @param password the password, {@code null} for the primary's
	 */
	void useOwnCredentials(@Nullable String username, @Nullable String password) {
		this.ownCredentials = true;
		// it would have precedence
		setCredentialsProvider(null);
		if (username != null) {
			setUsername(username);
		}
		if (password != null) {
			setPassword(password);
		}
	}

	/**
	 * Whether the credentials, and the source of them, are those that were copied.
	 */
	boolean hasCopiedCredentials() {
		return !this.ownCredentials && getCredentialsProvider() == this.provider
				&& isSame(getCredentials(), this.credentials);
	}

	static boolean isSame(Credentials one, Credentials other) {
		return Objects.equals(one.getUsername(), other.getUsername())
				&& Objects.equals(one.getPassword(), other.getPassword());
	}

	@Override
	public Properties getDataSourceProperties() {
		return this.driverProperties;
	}

	@Override
	public void setDataSourceProperties(Properties properties) {
		this.driverProperties.putAll(properties);
	}

	@Override
	public void addDataSourceProperty(String name, Object value) {
		this.driverProperties.put(name, value);
	}

}
