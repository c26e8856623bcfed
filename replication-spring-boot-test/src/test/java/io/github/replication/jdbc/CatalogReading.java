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

package io.github.replication.jdbc;

import java.time.Duration;

import javax.sql.DataSource;

import org.awaitility.Awaitility;

import org.springframework.test.util.ReflectionTestUtils;

/**
 * The reading of the catalog that goes on in the background of each application.
 */
public final class CatalogReading {

	private CatalogReading() {
	}

	/**
	 * Waits until it is done, for tests that count what a server is asked.
	 */
	public static void await(DataSource dataSource) {
		ConnectionSource source = (ConnectionSource) ReflectionTestUtils.getField(dataSource, "source");
		FunctionCatalog catalog = (FunctionCatalog) ReflectionTestUtils.getField(source.texts(), "catalog");
		Awaitility.await()
			.pollInterval(Duration.ofMillis(10))
			.atMost(Duration.ofSeconds(30))
			.until(() -> catalog.current().isComplete() && !catalog.isOutdated());
	}

}
