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

package io.github.replication.benchmarks;

/**
 * The data sources that are compared.
 */
enum Contender {

	/**
	 * One pool, no routing.
	 */
	HIKARI("HikariCP alone"),

	/**
	 * Spring's proxy with a data source for read-only transactions.
	 */
	LAZY_PROXY("Spring LazyConnectionDataSourceProxy"),

	/**
	 * This library.
	 */
	REPLICATION("this library"),

	/**
	 * The AWS Advanced JDBC Wrapper with its plugin for read/write splitting.
	 */
	AWS("AWS Advanced JDBC Wrapper"),

	/**
	 * ShardingSphere-JDBC with read/write splitting, the replica chosen for each query.
	 */
	SHARDINGSPHERE("ShardingSphere-JDBC"),

	/**
	 * A dynamic data source whose group is chosen by hand, as its annotation does.
	 */
	DYNAMIC("dynamic-datasource");

	private final String label;

	Contender(String label) {
		this.label = label;
	}

	String label() {
		return this.label;
	}

}
