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

import java.util.function.Supplier;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariConfigMXBean;
import com.zaxxer.hikari.HikariDataSource;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.jdbc.DataSourceUnwrapper;

/**
 * Reads how the application's own pool reaches the primary. A data source that may lead
 * to several databases, or whose database is not known, is refused.
 */
final class PrimaryPoolConfig {

	private static final String PROPERTY = DataSourceFinder.PROPERTY;

	private final DeclaredDataSource settings;

	private final UnsupportedDataSources unsupported;

	PrimaryPoolConfig(DeclaredDataSource settings, UnsupportedDataSources unsupported) {
		this.settings = settings;
		this.unsupported = unsupported;
	}

	/**
	 * The settings of a pool. Those of one of HikariCP are the pool itself, and those of
	 * a scoped proxy its target of the moment.
	 * @param primary the data source as the application has defined it
	 * @param beanName the name of its bean
	 * @return yields the settings
	 * @throws InvalidReplicationConfigurationException if it cannot be one database with
	 * replicas
	 */
	Supplier<HikariConfig> configOf(DataSource primary, String beanName) {
		HikariDataSource hikari = hikariOf(primary);
		this.unsupported.refuse(primary, beanName, hikari != null);
		HikariConfig pool = (hikari != null) ? hikari : derivedFrom(primary, beanName);
		if (pool.getJdbcUrl() == null) {
			throw new InvalidReplicationConfigurationException(PROPERTY, beanName,
					"The pool does not have the JDBC URL of the primary.",
					"Configure it by URL (spring.datasource.url), not by data-source-class-name or another data"
							+ " source.");
		}
		return (hikari != null) ? new CurrentPool(primary, hikari) : () -> pool;
	}

	private static @Nullable HikariDataSource hikariOf(DataSource primary) {
		return DataSourceUnwrapper.unwrap(primary, HikariConfigMXBean.class, HikariDataSource.class);
	}

	private HikariConfig derivedFrom(DataSource primary, String beanName) {
		OtherPool pool = new OtherPool(primary);
		HikariConfig config = addressOf(primary, pool, beanName);
		pool.copyTo(config);
		return config;
	}

	private HikariConfig addressOf(DataSource primary, OtherPool pool, String beanName) {
		try {
			return DataSourceBuilder.derivedFrom(primary).type(HikariDataSource.class).build();
		}
		catch (RuntimeException ex) {
			HikariConfig same = this.settings.of(pool);
			if (same != null) {
				return same;
			}
			InvalidReplicationConfigurationException invalid = new InvalidReplicationConfigurationException(PROPERTY,
					beanName,
					"The URL and the credentials of a " + primary.getClass().getName() + " cannot be read, and it is"
							+ " not known to be made of spring.datasource.",
					"Use HikariCP, or make the pool of spring.datasource (url, username and password). The isWrapperFor"
							+ " and unwrap of a wrapper must lead to the pool.");
			invalid.initCause(ex);
			throw invalid;
		}
	}

	/**
	 * The pool of HikariCP behind a data source: another one after the scope of a bean
	 * has closed the first.
	 */
	private static final class CurrentPool implements Supplier<HikariConfig> {

		private final DataSource primary;

		private volatile HikariDataSource last;

		CurrentPool(DataSource primary, HikariDataSource first) {
			this.primary = primary;
			this.last = first;
		}

		@Override
		public HikariConfig get() {
			HikariDataSource last = this.last;
			HikariDataSource now = last.isClosed() ? next() : null;
			if (now == null) {
				return last;
			}
			this.last = now;
			return now;
		}

		private @Nullable HikariDataSource next() {
			try {
				return hikariOf(this.primary);
			}
			catch (RuntimeException ex) {
				// the application ends, or cannot create the pool: its own users see why
				return null;
			}
		}

	}

}
