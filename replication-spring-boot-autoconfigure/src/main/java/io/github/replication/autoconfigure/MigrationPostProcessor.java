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

import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;

/**
 * Notices that a migration has run: it may have had a connection of its own.
 */
final class MigrationPostProcessor implements BeanPostProcessor {

	/**
	 * Classes of beans that change the database while they are initialized.
	 */
	private static final Set<String> MIGRATIONS = Set.of("org.flywaydb.core.Flyway",
			"org.springframework.boot.flyway.autoconfigure.FlywayMigrationInitializer",
			"liquibase.integration.spring.SpringLiquibase",
			"org.springframework.boot.sql.init.AbstractScriptDatabaseInitializer",
			"org.springframework.jdbc.datasource.init.DataSourceInitializer");

	private final ObjectProvider<ClusterFactory> clusterFactory;

	MigrationPostProcessor(ObjectProvider<ClusterFactory> clusterFactory) {
		this.clusterFactory = clusterFactory;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (isMigration(bean.getClass())) {
			this.clusterFactory.getObject().migrated();
		}
		return bean;
	}

	private static boolean isMigration(@Nullable Class<?> type) {
		return type != null && (MIGRATIONS.contains(type.getName()) || isMigration(type.getSuperclass()));
	}

}
