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

import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.util.IsolationLevel;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.beans.BeanWrapper;
import org.springframework.beans.PropertyAccessorFactory;
import org.springframework.boot.context.properties.PropertyMapper;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/**
 * The settings of a pool that is none of HikariCP's, by the names that the pools of
 * Commons DBCP, Tomcat and Oracle (UCP) give them. A setting that a pool keeps to itself,
 * as Commons DBCP does with its {@code connectionProperties}, is not known.
 */
final class OtherPool {

	private static final long SHORTEST_CONNECTION_TIMEOUT = 250;

	private final BeanWrapper values;

	OtherPool(DataSource pool) {
		this.values = PropertyAccessorFactory.forBeanPropertyAccess(unwrapped(pool));
	}

	@Nullable String url() {
		return value(String.class, "url", "jdbcUrl", "URL");
	}

	@Nullable String username() {
		return value(String.class, "username", "userName", "user");
	}

	/**
	 * Adds what connections of this pool are like, and how many there may be.
	 * @param config has the URL and the credentials already, as far as the pool's own
	 * getters say
	 */
	void copyTo(HikariConfig config) {
		PropertyMapper map = PropertyMapper.get();
		// Tomcat's pool answers the question for its password with a sentence
		map.from(value(String.class, "poolProperties.password")).to(config::setPassword);
		map.from(value(Boolean.class, "defaultAutoCommit")).to(config::setAutoCommit);
		map.from(value(Integer.class, "defaultTransactionIsolation"))
			.as(OtherPool::isolation)
			.to(config::setTransactionIsolation);
		map.from(value(String.class, "defaultSchema")).to(config::setSchema);
		map.from(value(String.class, "defaultCatalog")).to(config::setCatalog);
		map.from(initSql()).whenHasText().to(config::setConnectionInitSql);
		driverProperties().forEach(config::addDataSourceProperty);
		map.from(value(Integer.class, "maxTotal", "maxActive", "maxPoolSize"))
			.when((size) -> size > 0)
			.to(config::setMaximumPoolSize);
		map.from(value(Integer.class, "minIdle", "minPoolSize"))
			.when((size) -> size >= 0)
			.as((size) -> Math.min(size, config.getMaximumPoolSize()))
			.to(config::setMinimumIdle);
		map.from(value(Number.class, "maxWaitMillis", "maxWait"))
			.as(Number::longValue)
			.when((timeout) -> timeout > 0)
			.to((timeout) -> config.setConnectionTimeout(Math.max(timeout, SHORTEST_CONNECTION_TIMEOUT)));
	}

	private static @Nullable String isolation(int level) {
		return Arrays.stream(IsolationLevel.values())
			.filter((candidate) -> candidate.getLevelId() == level)
			.map(Enum::name)
			.findFirst()
			.orElse(null);
	}

	private @Nullable String initSql() {
		Collection<?> statements = value(Collection.class, "connectionInitSqls");
		return (statements != null) ? statements.stream().map(Object::toString).collect(Collectors.joining("; "))
				: value(String.class, "initSQL");
	}

	private Map<String, String> driverProperties() {
		Properties properties = value(Properties.class, "dbProperties", "connectionProperties");
		return (properties == null) ? Map.of()
				: properties.stringPropertyNames()
					.stream()
					.filter((name) -> !name.equals("user") && !name.equals("password"))
					.collect(Collectors.toMap((name) -> name, properties::getProperty));
	}

	private <T> @Nullable T value(Class<T> type, String... names) {
		return Stream.of(names)
			.filter(this.values::isReadableProperty)
			.map(this.values::getPropertyValue)
			.filter(type::isInstance)
			.map(type::cast)
			.findFirst()
			.orElse(null);
	}

	private static DataSource unwrapped(DataSource pool) {
		DataSource target = target(pool);
		return (target != null && target != pool) ? unwrapped(target) : pool;
	}

	private static @Nullable DataSource target(DataSource pool) {
		DataSource target = targetOf(pool);
		try {
			return (target == null && pool.isWrapperFor(DataSource.class)) ? pool.unwrap(DataSource.class) : target;
		}
		catch (SQLException | RuntimeException ex) {
			return null;
		}
	}

	/**
	 * The target of one of Spring's wrappers or proxies, {@code null} if it is none.
	 */
	static @Nullable DataSource targetOf(DataSource dataSource) {
		return (dataSource instanceof DelegatingDataSource delegating) ? delegating.getTargetDataSource()
				: (DataSource) AopProxyUtils.getSingletonTarget(dataSource);
	}

}
