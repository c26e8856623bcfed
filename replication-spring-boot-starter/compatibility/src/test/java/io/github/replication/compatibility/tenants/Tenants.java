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

package io.github.replication.compatibility.tenants;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;

import javax.sql.DataSource;

import org.hibernate.cfg.MultiTenancySettings;
import org.hibernate.context.spi.CurrentTenantIdentifierResolver;
import org.hibernate.engine.jdbc.connections.spi.MultiTenantConnectionProvider;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.hibernate.autoconfigure.HibernatePropertiesCustomizer;

/**
 * Gives each tenant its schema, by the means of Hibernate.
 */
class Tenants implements MultiTenantConnectionProvider<String>, CurrentTenantIdentifierResolver<String>,
		HibernatePropertiesCustomizer {

	private static final String NONE = "public";

	private final ThreadLocal<@Nullable String> current = new ThreadLocal<>();

	private final DataSource dataSource;

	Tenants(DataSource dataSource) {
		this.dataSource = dataSource;
	}

	void enter(String tenant) {
		this.current.set(tenant);
	}

	void leave() {
		this.current.remove();
	}

	@Override
	public String resolveCurrentTenantIdentifier() {
		String tenant = this.current.get();
		return (tenant != null) ? tenant : NONE;
	}

	@Override
	public boolean validateExistingCurrentSessions() {
		return false;
	}

	@Override
	public Connection getAnyConnection() throws SQLException {
		return this.dataSource.getConnection();
	}

	@Override
	public void releaseAnyConnection(Connection connection) throws SQLException {
		connection.close();
	}

	@Override
	public Connection getConnection(String tenant) throws SQLException {
		Connection connection = this.dataSource.getConnection();
		connection.setSchema(tenant);
		return connection;
	}

	@Override
	public void releaseConnection(String tenant, Connection connection) throws SQLException {
		connection.setSchema(NONE);
		connection.close();
	}

	@Override
	public boolean supportsAggressiveRelease() {
		return false;
	}

	@Override
	public boolean isUnwrappableAs(Class<?> type) {
		return type.isInstance(this);
	}

	@Override
	public <T> T unwrap(Class<T> type) {
		return type.cast(this);
	}

	@Override
	public void customize(Map<String, Object> properties) {
		properties.put(MultiTenancySettings.MULTI_TENANT_CONNECTION_PROVIDER, this);
		properties.put(MultiTenancySettings.MULTI_TENANT_IDENTIFIER_RESOLVER, this);
	}

}
