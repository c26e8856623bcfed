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

import org.jspecify.annotations.Nullable;

import org.springframework.beans.BeanWrapper;
import org.springframework.beans.PropertyAccessorFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.env.Environment;

import io.github.replication.jdbc.ReplicationDataSource;

/**
 * Notices that a migration has run on connections of its own. The writes of others pass
 * the data source with the replicas.
 */
final class MigrationPostProcessor implements BeanPostProcessor {

	private static final String FLYWAY = "org.flywaydb.core.Flyway";

	private static final String FLYWAY_INITIALIZER = "org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer";

	private static final String LIQUIBASE = "liquibase.integration.spring.SpringLiquibase";

	private static final String SCRIPTS = "org.springframework.boot.sql.init.AbstractScriptDatabaseInitializer";

	private static final String USER_OF_SCRIPTS = "spring.sql.init.username";

	private final ObjectProvider<ClusterFactory> clusterFactory;

	private final Environment environment;

	private volatile boolean flywayConnects;

	MigrationPostProcessor(ObjectProvider<ClusterFactory> clusterFactory, Environment environment) {
		this.clusterFactory = clusterFactory;
		this.environment = environment;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (hasMigrated(bean)) {
			this.clusterFactory.getObject().migrated();
		}
		return bean;
	}

	/**
	 * Flyway's own bean may migrate as it is initialized, and Spring Boot's initializer
	 * has it migrate afterwards.
	 */
	private boolean hasMigrated(Object bean) {
		if (isA(FLYWAY, bean.getClass())) {
			this.flywayConnects = connects(bean, "configuration.dataSource");
			return this.flywayConnects;
		}
		return (this.flywayConnects && isA(FLYWAY_INITIALIZER, bean.getClass()))
				|| (isA(LIQUIBASE, bean.getClass()) && connects(bean, "dataSource"))
				|| (isA(SCRIPTS, bean.getClass()) && this.environment.containsProperty(USER_OF_SCRIPTS));
	}

	private static boolean connects(Object migration, String property) {
		BeanWrapper values = PropertyAccessorFactory.forBeanPropertyAccess(migration);
		Object dataSource = values.isReadableProperty(property) ? values.getPropertyValue(property) : null;
		return !(dataSource instanceof ReplicationDataSource);
	}

	/**
	 * Whether a class has an ancestor of a name, without loading that.
	 */
	private static boolean isA(String name, @Nullable Class<?> type) {
		return type != null && (type.getName().equals(name) || isA(name, type.getSuperclass()));
	}

}
