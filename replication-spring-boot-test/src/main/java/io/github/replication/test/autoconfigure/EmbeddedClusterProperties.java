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

package io.github.replication.test.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.Assert;

import io.github.replication.SynchronousCommit;

/**
 * Properties of the embedded cluster.
 */
@ConfigurationProperties(prefix = "embedded-cluster", ignoreUnknownFields = false)
final class EmbeddedClusterProperties {

	private static final int MOST_REPLICAS = 9;

	/**
	 * Whether to start a PostgreSQL cluster inside the application, for tests and
	 * samples, and to use it as the data source. Counts only if 'spring.datasource.url'
	 * is not set.
	 */
	private boolean enabled;

	/**
	 * Number of replicas, from 0 to 9.
	 */
	private int replicas = 2;

	/**
	 * Folder of the PostgreSQL installation to use, such as '/usr/lib/postgresql/18'.
	 * Default is the one on the class path.
	 */
	private @Nullable Path binaries;

	/**
	 * The state on all replicas that commits wait for. Default is not to wait.
	 */
	private @Nullable SynchronousCommit synchronousCommit;

	/**
	 * How long after a commit the replicas replay it. Counts from the end of the start
	 * on, so that they have all earlier writes, such as migrations. Counts only for a
	 * cluster that the application starts itself.
	 */
	private Duration applyDelay = Duration.ZERO;

	/**
	 * Settings of all servers, as in 'postgresql.conf'.
	 */
	private final Map<String, String> settings = new LinkedHashMap<>();

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public int getReplicas() {
		return this.replicas;
	}

	public void setReplicas(int replicas) {
		Assert.isTrue(replicas >= 0 && replicas <= MOST_REPLICAS,
				() -> "The number of replicas must be from 0 to " + MOST_REPLICAS + ", but was " + replicas);
		this.replicas = replicas;
	}

	public @Nullable Path getBinaries() {
		return this.binaries;
	}

	public void setBinaries(@Nullable Path binaries) {
		this.binaries = binaries;
	}

	public @Nullable SynchronousCommit getSynchronousCommit() {
		return this.synchronousCommit;
	}

	public void setSynchronousCommit(@Nullable SynchronousCommit synchronousCommit) {
		this.synchronousCommit = synchronousCommit;
	}

	public Duration getApplyDelay() {
		return this.applyDelay;
	}

	public void setApplyDelay(Duration applyDelay) {
		Assert.isTrue(!applyDelay.isNegative(),
				() -> "The delay of the replicas must not be negative, but was " + applyDelay);
		this.applyDelay = applyDelay;
	}

	public Map<String, String> getSettings() {
		return this.settings;
	}

}
