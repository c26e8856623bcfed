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

import java.sql.SQLException;
import java.util.List;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import com.zaxxer.hikari.util.DriverDataSource;
import org.jspecify.annotations.Nullable;

import io.github.replication.NodeDefinition;
import io.github.replication.postgres.SqlState;

/**
 * Builds read pools whose settings are derived from the primary's pool.
 */
final class ReadPoolFactory {

	private static final long CONNECTION_TIMEOUT = 1_000;

	private static final long VALIDATION_TIMEOUT = 500;

	private final HikariConfig primary;

	private final List<ReplicaPoolCustomizer> customizers;

	ReadPoolFactory(HikariConfig primary, List<ReplicaPoolCustomizer> customizers) {
		this.primary = primary;
		this.customizers = List.copyOf(customizers);
	}

	ReadPool replica(NodeDefinition node, Reachability reachability, Inspection inspection) {
		HikariConfig config = derive(node.name(), node.url());
		// of the primary's pool, for which it may be right
		config.getDataSourceProperties().remove("targetServerType");
		if (node.username() != null) {
			config.setUsername(node.username());
		}
		if (node.password() != null) {
			config.setPassword(node.password());
		}
		return create(node.name(), config, reachability, inspection);
	}

	/**
	 * The pool of reads on the primary. There is nowhere else to go, so that a read may
	 * wait for a connection as long as the application's own pool lets it wait.
	 */
	ReadPool primary(String name, int maximumPoolSize, Reachability reachability, Inspection inspection) {
		HikariConfig config = derive(name + "-read", this.primary.getJdbcUrl());
		ReadPool.Size size = ReadPool.Size.of(config);
		config.setMinimumIdle(0);
		config.setMaximumPoolSize(maximumPoolSize);
		ReadPool pool = create(name, config, reachability, inspection);
		pool.sizeOfReplica(size);
		pool.patience(this.primary.getConnectionTimeout());
		return pool;
	}

	/**
	 * A pool of read-write connections to a node that has become the primary: as the
	 * application's own, but for the URL.
	 */
	HikariDataSource writes(NodeDefinition node) {
		HikariDataSource pool = new HikariDataSource();
		connectTo(node.name() + "-write", node.url()).copyStateTo(pool);
		return pool;
	}

	private HikariConfig connectTo(String poolName, String url) {
		HikariConfig config = new DerivedConfig(this.primary);
		config.setPoolName(poolName);
		config.setDataSource(null);
		config.setDataSourceClassName(null);
		config.setDataSourceJNDI(null);
		config.setJdbcUrl(url);
		config.setInitializationFailTimeout(-1);
		return config;
	}

	private HikariConfig derive(String poolName, String url) {
		HikariConfig config = connectTo(poolName, url);
		config.setReadOnly(true);
		config.setConnectionTimeout(Math.min(config.getConnectionTimeout(), CONNECTION_TIMEOUT));
		config.setValidationTimeout(Math.min(config.getValidationTimeout(), VALIDATION_TIMEOUT));
		return config;
	}

	private ReadPool create(String node, HikariConfig config, Reachability reachability, Inspection inspection) {
		this.customizers.forEach((customizer) -> customizer.customize(node, config));
		boolean postgres = JdbcUrls.isPostgres(config.getJdbcUrl());
		if (postgres) {
			PostgresSettings.apply(config);
		}
		config.setExceptionOverride(new KeepUnlessBroken(config.getExceptionOverride()));
		DriverDataSource driver = new DriverDataSource(config.getJdbcUrl(), config.getDriverClassName(),
				config.getDataSourceProperties(), config.getUsername(), config.getPassword());
		PhysicalDataSource physical = new PhysicalDataSource(driver, postgres ? inspection : null,
				config.getConnectionTimeout());
		config.setDataSource(physical);
		HikariDataSource pool = new HikariDataSource();
		config.copyStateTo(pool);
		return new ReadPool(node, pool, physical, reachability);
	}

	/**
	 * Keeps a connection on which a standby refused an unlogged table, which PostgreSQL
	 * tells with the same SQLSTATE that HikariCP takes for a broken connection.
	 */
	static final class KeepUnlessBroken implements SQLExceptionOverride {

		private final @Nullable SQLExceptionOverride configured;

		KeepUnlessBroken(@Nullable SQLExceptionOverride configured) {
			this.configured = configured;
		}

		@java.lang.Override
		public Override adjudicate(SQLException ex) {
			Override configured = (this.configured != null) ? this.configured.adjudicate(ex) : Override.CONTINUE_EVICT;
			return (configured == Override.CONTINUE_EVICT && SqlState.isUnsupported(ex)) ? Override.DO_NOT_EVICT
					: configured;
		}

	}

}
