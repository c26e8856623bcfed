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

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariConfigMXBean;
import com.zaxxer.hikari.HikariDataSource;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jdbc.DataSourceUnwrapper;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * Reads how the application's own pool reaches the primary. A pool that keeps that to
 * itself is taken to be made of {@code spring.datasource}.
 */
final class PrimaryPool implements DisposableBean {

	private final ObjectProvider<DataSourceProperties> properties;

	private final ObjectProvider<SslBundles> sslBundles;

	private @Nullable SslBundles shared;

	PrimaryPool(ObjectProvider<DataSourceProperties> properties, ObjectProvider<SslBundles> sslBundles) {
		this.properties = properties;
		this.sslBundles = sslBundles;
	}

	/**
	 * The settings of a pool, live if it is one of HikariCP.
	 * @param primary the data source as the application has defined it
	 * @param beanName the name of its bean
	 */
	HikariConfig configOf(DataSource primary, String beanName) {
		HikariDataSource hikari = DataSourceUnwrapper.unwrap(primary, HikariConfigMXBean.class, HikariDataSource.class);
		HikariConfig pool = (hikari != null) ? hikari : derivedFrom(primary, beanName);
		shareSslBundles();
		if (pool.getJdbcUrl() == null) {
			throw new InvalidReplicationConfigurationException("replication.data-source", beanName,
					"The data source does not tell the JDBC URL of the primary.",
					"Configure it by URL (spring.datasource.url).");
		}
		return pool;
	}

	private void shareSslBundles() {
		SslBundles bundles = this.sslBundles.getIfAvailable();
		if (bundles != null && ClassUtils.isPresent("org.postgresql.ssl.WrappedFactory", null)) {
			SslBundleSocketFactory.add(bundles);
			this.shared = bundles;
		}
	}

	@Override
	public void destroy() {
		if (this.shared != null) {
			SslBundleSocketFactory.remove(this.shared);
		}
	}

	private HikariConfig derivedFrom(DataSource primary, String beanName) {
		try {
			return DataSourceBuilder.derivedFrom(primary).type(HikariDataSource.class).build();
		}
		catch (RuntimeException ex) {
			HikariConfig configured = configured();
			if (configured != null) {
				return configured;
			}
			InvalidReplicationConfigurationException invalid = new InvalidReplicationConfigurationException(
					"replication.data-source", beanName,
					"The URL and the credentials of a " + primary.getClass().getName() + " cannot be read: "
							+ ex.getMessage() + ".",
					"Set spring.datasource.url, .username and .password to those of the primary, or use HikariCP.");
			invalid.initCause(ex);
			throw invalid;
		}
	}

	private @Nullable HikariConfig configured() {
		DataSourceProperties properties = this.properties.getIfAvailable();
		return (properties != null && StringUtils.hasText(properties.getUrl()))
				? properties.initializeDataSourceBuilder().type(HikariDataSource.class).build() : null;
	}

}
