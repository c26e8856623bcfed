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

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;

import io.github.replication.policy.Fallback;

/**
 * Configuration properties for reading from replicas.
 *
 * @since 0.1.0
 */
@ConfigurationProperties(prefix = ReplicationProperties.PREFIX, ignoreUnknownFields = false)
public class ReplicationProperties {

	static final String PREFIX = "replication";

	/**
	 * Whether to read from replicas.
	 */
	private boolean enabled = true;

	/**
	 * Name of the data source bean to add replicas to. By default the only one, or the
	 * primary one.
	 */
	private @Nullable String dataSource;

	/**
	 * The configured primary.
	 */
	private final Primary primary = new Primary();

	/**
	 * Replicas by name.
	 */
	private final Map<String, Replica> replicas = new LinkedHashMap<>();

	/**
	 * Zone that the application runs in. Replicas of the same zone are preferred while
	 * one of them qualifies.
	 */
	private @Nullable String zone;

	/**
	 * How to choose among the replicas that qualify.
	 */
	private LoadBalancerType loadBalancer = LoadBalancerType.LEAST_CONNECTIONS;

	/**
	 * Where a statement goes that is neither in a transaction nor in a read-only scope.
	 */
	private WithoutTransaction withoutTransaction = WithoutTransaction.PRIMARY;

	/**
	 * What happens to a read for which no replica is in rotation or fresh enough.
	 */
	private Fallback fallback = Fallback.PRIMARY;

	/**
	 * Maximum number of connections for reads on the primary. By default half of the
	 * primary's pool, at least 1.
	 */
	private @Nullable Integer fallbackMaxConnections;

	/**
	 * How a caller gets to see its own writes.
	 */
	private final ReadYourWrites readYourWrites = new ReadYourWrites();

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public @Nullable String getDataSource() {
		return this.dataSource;
	}

	public void setDataSource(@Nullable String dataSource) {
		this.dataSource = dataSource;
	}

	public Primary getPrimary() {
		return this.primary;
	}

	public Map<String, Replica> getReplicas() {
		return this.replicas;
	}

	public @Nullable String getZone() {
		return this.zone;
	}

	public void setZone(@Nullable String zone) {
		this.zone = zone;
	}

	public LoadBalancerType getLoadBalancer() {
		return this.loadBalancer;
	}

	public void setLoadBalancer(LoadBalancerType loadBalancer) {
		this.loadBalancer = loadBalancer;
	}

	public WithoutTransaction getWithoutTransaction() {
		return this.withoutTransaction;
	}

	public void setWithoutTransaction(WithoutTransaction withoutTransaction) {
		this.withoutTransaction = withoutTransaction;
	}

	public Fallback getFallback() {
		return this.fallback;
	}

	public void setFallback(Fallback fallback) {
		this.fallback = fallback;
	}

	public @Nullable Integer getFallbackMaxConnections() {
		return this.fallbackMaxConnections;
	}

	public void setFallbackMaxConnections(@Nullable Integer fallbackMaxConnections) {
		this.fallbackMaxConnections = fallbackMaxConnections;
	}

	public ReadYourWrites getReadYourWrites() {
		return this.readYourWrites;
	}

	/**
	 * The configured primary.
	 */
	public static class Primary {

		/**
		 * Name of the configured primary as a node.
		 */
		private String name = "primary";

		public String getName() {
			return this.name;
		}

		public void setName(String name) {
			this.name = name;
		}

	}

	/**
	 * A replica.
	 */
	public static class Replica {

		/**
		 * JDBC URL of one server.
		 */
		private @Nullable String url;

		/**
		 * User name. By default the primary's.
		 */
		private @Nullable String username;

		/**
		 * Password. By default the primary's.
		 */
		private @Nullable String password;

		/**
		 * Share of the reads, relative to the other replicas. 0 keeps the replica out of
		 * rotation.
		 */
		private int weight = 1;

		/**
		 * Group of the replica, which then serves only reads that ask for this group.
		 */
		private @Nullable String group;

		/**
		 * Zone that the replica stands in.
		 */
		private @Nullable String zone;

		/**
		 * HikariCP settings of this replica's pool. By default those of the primary's
		 * pool, with a connection timeout of at most 1s and a validation timeout of at
		 * most 500ms.
		 */
		private final Map<String, String> hikari = new LinkedHashMap<>();

		public @Nullable String getUrl() {
			return this.url;
		}

		public void setUrl(@Nullable String url) {
			this.url = url;
		}

		public @Nullable String getUsername() {
			return this.username;
		}

		public void setUsername(@Nullable String username) {
			this.username = username;
		}

		public @Nullable String getPassword() {
			return this.password;
		}

		public void setPassword(@Nullable String password) {
			this.password = password;
		}

		public int getWeight() {
			return this.weight;
		}

		public void setWeight(int weight) {
			this.weight = weight;
		}

		public @Nullable String getGroup() {
			return this.group;
		}

		public void setGroup(@Nullable String group) {
			this.group = group;
		}

		public @Nullable String getZone() {
			return this.zone;
		}

		public void setZone(@Nullable String zone) {
			this.zone = zone;
		}

		public Map<String, String> getHikari() {
			return this.hikari;
		}

	}

	/**
	 * How a caller gets to see its own writes.
	 */
	public static class ReadYourWrites {

		/**
		 * How long a write counts outside of a web request.
		 */
		private Duration window = Duration.ofSeconds(10);

		public Duration getWindow() {
			return this.window;
		}

		public void setWindow(Duration window) {
			this.window = window;
		}

	}

	/**
	 * How to choose among the replicas that qualify.
	 */
	public enum LoadBalancerType {

		/**
		 * The one with the fewest active connections for its weight.
		 */
		LEAST_CONNECTIONS,

		/**
		 * One after the other, each as often as its weight says.
		 */
		ROUND_ROBIN,

		/**
		 * At random, each as often as its weight says.
		 */
		RANDOM

	}

	/**
	 * Where a statement goes that is neither in a transaction nor in a read-only scope.
	 */
	public enum WithoutTransaction {

		/**
		 * To the primary.
		 */
		PRIMARY,

		/**
		 * To a replica if it is known only to read, else to the primary.
		 */
		BY_STATEMENT

	}

}
