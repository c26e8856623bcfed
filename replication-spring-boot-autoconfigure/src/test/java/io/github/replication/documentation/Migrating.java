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

package io.github.replication.documentation;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The code that applications remove when they add replicas.
 */
@Configuration(proxyBeanMethods = false)
class Migrating {

	@Bean
	DataSource dataSource(DataSource primaryPool, DataSource replicaPool) {
		LazyConnectionDataSourceProxy proxy = new LazyConnectionDataSourceProxy(primaryPool);
		proxy.setReadOnlyDataSource(replicaPool);
		return proxy;
	}

	static class ReadOnlyRouter extends AbstractRoutingDataSource {

		@Override
		protected @Nullable Object determineCurrentLookupKey() {
			return TransactionSynchronizationManager.isCurrentTransactionReadOnly() ? "replica" : "primary";
		}

	}

}
