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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariCredentialsProvider;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import com.zaxxer.hikari.util.Credentials;
import com.zaxxer.hikari.util.DriverDataSource;
import org.jspecify.annotations.Nullable;

import io.github.replication.NodeDefinition;
import io.github.replication.node.FirstUse.PoolStatement;
import io.github.replication.node.PhysicalDataSource.CredentialsSource;
import io.github.replication.postgres.SqlState;

/**
 * Builds read pools whose settings are derived from the primary's pool.
 */
final class ReadPoolFactory {

	private static final long CONNECTION_TIMEOUT = 1_000;

	private static final long VALIDATION_TIMEOUT = 500;

	/**
	 * How long the login of a writer may take at most, in milliseconds.
	 */
	private static final long WRITE_LOGIN_TIMEOUT = 5_000;

	private static final String TARGET_SERVER_TYPE = "targetServerType";

	/**
	 * With this system property HikariCP asks the getters of the user and the password.
	 */
	private static final String OVERRIDDEN_GETTERS = "com.zaxxer.hikari.legacy.supportUserPassDataSourceOverride";

	/**
	 * Parameters in the URL of a server that say how to get to that one.
	 */
	private static final Set<String> OF_ONE_SERVER = Set.of(TARGET_SERVER_TYPE, "service", "socketFactory",
			"socketFactoryArg");

	/**
	 * Parameters that may be right only because a connector encrypts by itself.
	 */
	private static final Set<String> OF_CONNECTORS = Set.of("ssl", "sslmode", "gssEncMode");

	/**
	 * Parameters for which reads have values of their own.
	 */
	private static final Set<String> OF_WRITERS = Set.of("connectTimeout", "loginTimeout");

	private final Supplier<? extends HikariConfig> primary;

	private final @Nullable Integer fallbackMaxConnections;

	private final List<ReplicaPoolCustomizer> customizers;

	private final Supplier<@Nullable Integer> restingMinimumIdle;

	/**
	 * Creates a factory.
	 * @param primary yields the settings of the application's pool
	 * @param fallbackMaxConnections how many reads the primary serves at a time,
	 * {@code null} for half as many as the application's pool has connections
	 * @param customizers change the settings of the read pools
	 * @param restingMinimumIdle yields the configured number of idle connections while
	 * the application's pool rests, else {@code null}
	 */
	ReadPoolFactory(Supplier<? extends HikariConfig> primary, @Nullable Integer fallbackMaxConnections,
			List<ReplicaPoolCustomizer> customizers, Supplier<@Nullable Integer> restingMinimumIdle) {
		this.primary = primary;
		this.restingMinimumIdle = restingMinimumIdle;
		this.fallbackMaxConnections = fallbackMaxConnections;
		this.customizers = List.copyOf(customizers);
	}

	ReadPool replica(NodeDefinition node, NodeHealth health, Inspection inspection) {
		PrimaryConfigCopy config = derive(node.name(), node.url());
		config.getDataSourceProperties().keySet().removeAll(OF_WRITERS);
		takeParameters(config, OF_WRITERS);
		if (node.username() != null || node.password() != null) {
			config.useOwnCredentials(node.username(), node.password());
		}
		return create(node, config, health, inspection);
	}

	/**
	 * The pool of reads on the primary. There is nowhere else to go, so that a read may
	 * wait for a connection as long as the application's own pool lets it wait.
	 */
	ReadPool primary(NodeDefinition node, NodeHealth health, Inspection inspection) {
		PrimaryConfigCopy config = derive(node.name() + "-read", this.primary.get().getJdbcUrl());
		ReadPool.Size size = ReadPool.Size.of(config);
		ReadPool.Size onPrimary = sizeOnPrimary();
		config.setMinimumIdle(onPrimary.minimumIdle());
		config.setMaximumPoolSize(onPrimary.maximum());
		// it may be one that only a session that writes can execute
		config.setConnectionTestQuery(null);
		ReadPool pool = create(node, config, health, inspection);
		pool.sizeOfReplica(size);
		pool.maxWait(this.primary.get().getConnectionTimeout());
		return pool;
	}

	/**
	 * The size of a pool of reads on the primary.
	 */
	ReadPool.Size sizeOnPrimary() {
		Integer configured = this.fallbackMaxConnections;
		return new ReadPool.Size(
				(configured != null) ? configured : Math.max(1, this.primary.get().getMaximumPoolSize() / 2), 0);
	}

	/**
	 * A pool of read-write connections to a node that has become the primary: as the
	 * application's own, but for the URL.
	 */
	HikariDataSource writes(NodeDefinition node) {
		PrimaryConfigCopy config = connectTo(node.name() + "-write", node.url());
		takeParameters(config, Set.of());
		HikariDataSource pool = new HikariDataSource();
		config
			.setDataSource(physical(config, pool, null, Math.min(config.getConnectionTimeout(), WRITE_LOGIN_TIMEOUT)));
		copyTo(pool, config);
		return pool;
	}

	/**
	 * Gives a pool its settings. A node may have the name of an IPv6 address, which JMX
	 * does not accept.
	 */
	private static void copyTo(HikariDataSource pool, HikariConfig config) {
		if (config.isRegisterMbeans()) {
			config.setPoolName(config.getPoolName().replace(':', '_'));
		}
		config.copyStateTo(pool);
	}

	/**
	 * Adds the parameters of the application's URL to the properties of the driver, as
	 * which they yield to those of the node's own URL and to a customizer.
	 */
	private void takeParameters(HikariConfig config, Set<String> except) {
		Map<String, String> parameters = JdbcUrls.parameters(this.primary.get().getJdbcUrl());
		takeCredentials(config, parameters.remove("user"), parameters.remove("password"));
		parameters.keySet().removeAll(except);
		if (parameters.containsKey("socketFactory")) {
			parameters.keySet().removeAll(OF_CONNECTORS);
		}
		parameters.keySet().removeAll(OF_ONE_SERVER);
		parameters.forEach(config::addDataSourceProperty);
		// of the primary's pool, for which it may be right
		config.getDataSourceProperties().remove(TARGET_SERVER_TYPE);
	}

	private static void takeCredentials(HikariConfig config, @Nullable String username, @Nullable String password) {
		if (username != null && config.getUsername() == null) {
			config.setUsername(username);
		}
		if (password != null && config.getPassword() == null) {
			config.setPassword(password);
		}
	}

	private PrimaryConfigCopy connectTo(String poolName, String url) {
		// before and after the copy: the pool may begin or end to rest meanwhile
		Integer resting = this.restingMinimumIdle.get();
		PrimaryConfigCopy config = new PrimaryConfigCopy(this.primary.get());
		Integer minimumIdle = (resting != null) ? resting : this.restingMinimumIdle.get();
		if (minimumIdle != null) {
			config.setMinimumIdle(minimumIdle);
		}
		config.setPoolName(poolName);
		config.setDataSource(null);
		config.setDataSourceClassName(null);
		config.setDataSourceJNDI(null);
		config.setJdbcUrl(url);
		config.setInitializationFailTimeout(-1);
		return config;
	}

	private PrimaryConfigCopy derive(String poolName, String url) {
		PrimaryConfigCopy config = connectTo(poolName, url);
		config.setReadOnly(true);
		config.setConnectionTimeout(Math.min(config.getConnectionTimeout(), CONNECTION_TIMEOUT));
		config.setValidationTimeout(Math.min(config.getValidationTimeout(), VALIDATION_TIMEOUT));
		return config;
	}

	private ReadPool create(NodeDefinition node, PrimaryConfigCopy config, NodeHealth health, Inspection inspection) {
		this.customizers.forEach((customizer) -> customizer.customize(node.name(), config));
		boolean postgres = JdbcUrls.leadsToPostgres(config.getJdbcUrl());
		if (postgres) {
			PostgresSettings.readOnly(config);
		}
		config.setExceptionOverride(new KeepUnlessBroken(config.getExceptionOverride()));
		HikariDataSource pool = new HikariDataSource();
		PhysicalDataSource physical = physical(config, pool, postgres ? inspection : null,
				config.getConnectionTimeout());
		config.setDataSource(physical);
		copyTo(pool, config);
		return new ReadPool(node.name(), pool, physical, health);
	}

	/**
	 * Creates the data source that opens the connections of a pool. It executes the
	 * pool's statements on each new connection, and notices a refusal at once. The pool
	 * itself would try again and again until its callers have waited long enough.
	 */
	private PhysicalDataSource physical(PrimaryConfigCopy config, HikariDataSource pool,
			@Nullable Inspection inspection, long timeout) {
		Integer networkTimeout = JdbcUrls.leadsToPostgres(config.getJdbcUrl())
				? PostgresSettings.boundLogin(config, timeout) : null;
		DriverDataSource driver = new DriverDataSource(config.getJdbcUrl(), config.getDriverClassName(),
				config.getDataSourceProperties(), config.getUsername(), config.getPassword());
		List<PoolStatement> statements = new ArrayList<>();
		if (inspection != null && config.getConnectionInitSql() != null) {
			statements.add(new PoolStatement("connection-init-sql", config.getConnectionInitSql()));
			config.setConnectionInitSql(null);
		}
		if (inspection != null && config.getConnectionTestQuery() != null) {
			statements.add(new PoolStatement("connection-test-query", config.getConnectionTestQuery()));
		}
		return new PhysicalDataSource(driver, credentials(config, pool),
				new FirstUse(statements, inspection, timeout, networkTimeout));
	}

	/**
	 * Returns the credentials of a pool. They are the credentials of the primary's pool,
	 * also after a change there, unless the node or a customizer has set others or the
	 * pool was given new ones itself. A provider is asked here alone: the pool would ask
	 * it as well.
	 */
	private CredentialsSource credentials(PrimaryConfigCopy config, HikariDataSource pool) {
		boolean shared = config.hasCopiedCredentials();
		Credentials configured = config.getCredentials();
		HikariCredentialsProvider provider = config.getCredentialsProvider();
		config.setCredentialsProvider(null);
		return () -> {
			if (provider != null && !shared) {
				return provided(provider::getCredentials);
			}
			Credentials ofPool = pool.getCredentials();
			return (shared && PrimaryConfigCopy.isSame(ofPool, configured)) ? provided(this::ofPrimary) : ofPool;
		};
	}

	/**
	 * The credentials of the application's pool as that itself looks them up: a subclass
	 * may have its own.
	 */
	private Credentials ofPrimary() {
		HikariConfig primary = this.primary.get();
		HikariCredentialsProvider provider = primary.getCredentialsProvider();
		if (provider != null) {
			return provider.getCredentials();
		}
		return Boolean.getBoolean(OVERRIDDEN_GETTERS) ? Credentials.of(primary.getUsername(), primary.getPassword())
				: primary.getCredentials();
	}

	private static Credentials provided(Supplier<Credentials> source) throws SQLException {
		try {
			return source.get();
		}
		catch (RuntimeException ex) {
			throw new SQLException("No credentials were provided", SqlState.INVALID_AUTHORIZATION, ex);
		}
	}

	/**
	 * Keeps a connection on which a standby refused an unlogged table. PostgreSQL reports
	 * that with a SQLSTATE that HikariCP takes for a broken connection.
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
