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

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * The settings of replicas that are found by name.
 *
 * @param url the JDBC URL, whose host is a name that stands for all replicas
 * @param username the user, {@code null} for the primary's
 * @param password the password, {@code null} for the primary's
 * @param weight the share of the reads that each of them has
 * @param group the group of each of them, {@code null} for none
 * @param zone the zone of each of them, {@code null} for none
 * @param interval how often the name is resolved
 * @param drain how long units of work may go on at a replica that is gone from the answer
 * @since 0.1.0
 */
public record DiscoverySettings(String url, @Nullable String username, @Nullable String password, int weight,
		@Nullable String group, @Nullable String zone, Duration interval, Duration drain) {

	/**
	 * Creates settings.
	 * @throws IllegalArgumentException if the URL is not that of a server of PostgreSQL
	 * which has a name
	 */
	public DiscoverySettings {
		if (JdbcUrls.isMultiHost(url) || JdbcUrls.hostOf(url) == null || !JdbcUrls.isReadable(url)) {
			throw new IllegalArgumentException(
					"The URL '" + JdbcUrls.withoutSecrets(url) + "' names no host, or cannot be read.");
		}
	}

	@Override
	public String toString() {
		return JdbcUrls.withoutSecrets(this.url);
	}

}
