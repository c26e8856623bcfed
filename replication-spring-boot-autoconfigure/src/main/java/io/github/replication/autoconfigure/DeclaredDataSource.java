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

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.util.StringUtils;

import io.github.replication.node.JdbcUrls;

/**
 * The settings under {@code spring.datasource}, for a pool that keeps its password to
 * itself. They count only if the pool has their URL and their user.
 *
 * @param details the details with which Spring Boot connects to the primary
 * @param properties the properties
 */
record DeclaredDataSource(ObjectProvider<JdbcConnectionDetails> details,
		ObjectProvider<DataSourceProperties> properties) {

	/**
	 * The settings that a pool is made of.
	 * @param pool the pool
	 * @return the settings, {@code null} if the pool is not known to be made of them
	 */
	@Nullable HikariConfig of(OtherPool pool) {
		HikariDataSource configured = configured();
		if (configured == null || configured.getJdbcUrl() == null) {
			return null;
		}
		String url = pool.url();
		String username = pool.username();
		boolean same = url != null && JdbcUrls.isSame(url, configured.getJdbcUrl())
				&& (username == null || username.equals(configured.getUsername()));
		return same ? configured : null;
	}

	private @Nullable HikariDataSource configured() {
		JdbcConnectionDetails details = this.details.getIfAvailable();
		if (details != null) {
			return DataSourceBuilder.create()
				.type(HikariDataSource.class)
				.url(details.getJdbcUrl())
				.username(details.getUsername())
				.password(details.getPassword())
				.driverClassName(details.getDriverClassName())
				.build();
		}
		DataSourceProperties properties = this.properties.getIfAvailable();
		return (properties != null && StringUtils.hasText(properties.getUrl()))
				? properties.initializeDataSourceBuilder().type(HikariDataSource.class).build() : null;
	}

}
