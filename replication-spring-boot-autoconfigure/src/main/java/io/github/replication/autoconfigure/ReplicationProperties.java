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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.unit.DataSize;

import io.github.replication.policy.Fallback;
import io.github.replication.position.ReadYourWritesMode;

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
	 * How a read is handled if no replica is in rotation or fresh enough.
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

	/**
	 * Whether a caller never reads less than it has read before, on any replica.
	 */
	private boolean monotonicReads = true;

	/**
	 * How far a replica may be behind before it is taken out of rotation.
	 */
	private Duration maxLag = Duration.ofSeconds(30);

	/**
	 * How much WAL a replica may be behind before it is taken out of rotation. By default
	 * no limit.
	 */
	private @Nullable DataSize maxLagSize;

	/**
	 * How the nodes are watched.
	 */
	private final Monitor monitor = new Monitor();

	/**
	 * Whether to follow when a replica is promoted.
	 */
	private boolean failover = true;

	/**
	 * Replicas that are found by a name which stands for their addresses.
	 */
	private final Discovery discovery = new Discovery();

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

	public boolean isMonotonicReads() {
		return this.monotonicReads;
	}

	public void setMonotonicReads(boolean monotonicReads) {
		this.monotonicReads = monotonicReads;
	}

	public Duration getMaxLag() {
		return this.maxLag;
	}

	public void setMaxLag(Duration maxLag) {
		this.maxLag = maxLag;
	}

	public @Nullable DataSize getMaxLagSize() {
		return this.maxLagSize;
	}

	public void setMaxLagSize(@Nullable DataSize maxLagSize) {
		this.maxLagSize = maxLagSize;
	}

	public Monitor getMonitor() {
		return this.monitor;
	}

	public boolean isFailover() {
		return this.failover;
	}

	public void setFailover(boolean failover) {
		this.failover = failover;
	}

	public Discovery getDiscovery() {
		return this.discovery;
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
		 * HikariCP settings of this replica's pool. By default the settings of the
		 * primary's pool, with a connection timeout of at most 1s and a validation
		 * timeout of at most 500ms.
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
		 * How a caller sees its own writes.
		 */
		private ReadYourWritesMode mode = ReadYourWritesMode.POSITION;

		/**
		 * How long a write keeps its caller's reads on the primary by time, or its
		 * position is remembered at most.
		 */
		private Duration window = Duration.ofSeconds(10);

		/**
		 * How long a read may wait for a replica before it goes to the primary.
		 */
		private Duration wait = Duration.ZERO;

		/**
		 * How long the store of positions may take for the calls of one request; after
		 * that the request goes on without it.
		 */
		private Duration storeTimeout = Duration.ofMillis(100);

		/**
		 * Whether misses of Spring's caches see the write of the last eviction.
		 */
		private boolean caches = true;

		/**
		 * Names of caches that instances of the application share. Caches in Redis are
		 * known to be shared without being named.
		 */
		private List<String> sharedCaches = new ArrayList<>();

		/**
		 * Whether positions travel with messages, where messages are observed.
		 */
		private boolean messages = true;

		/**
		 * The carrier of a caller's position from one request to the next.
		 */
		private Carrier carrier = Carrier.COOKIE;

		/**
		 * The cookie that takes the position along.
		 */
		private final Cookie cookie = new Cookie();

		/**
		 * The header that takes the position along.
		 */
		private final Header header = new Header();

		public ReadYourWritesMode getMode() {
			return this.mode;
		}

		public void setMode(ReadYourWritesMode mode) {
			this.mode = mode;
		}

		public Duration getWindow() {
			return this.window;
		}

		public void setWindow(Duration window) {
			this.window = window;
		}

		public Duration getStoreTimeout() {
			return this.storeTimeout;
		}

		public void setStoreTimeout(Duration storeTimeout) {
			this.storeTimeout = storeTimeout;
		}

		public Duration getWait() {
			return this.wait;
		}

		public void setWait(Duration wait) {
			this.wait = wait;
		}

		public boolean isCaches() {
			return this.caches;
		}

		public void setCaches(boolean caches) {
			this.caches = caches;
		}

		public List<String> getSharedCaches() {
			return this.sharedCaches;
		}

		public void setSharedCaches(List<String> sharedCaches) {
			this.sharedCaches = sharedCaches;
		}

		public boolean isMessages() {
			return this.messages;
		}

		public void setMessages(boolean messages) {
			this.messages = messages;
		}

		public Carrier getCarrier() {
			return this.carrier;
		}

		public void setCarrier(Carrier carrier) {
			this.carrier = carrier;
		}

		public Cookie getCookie() {
			return this.cookie;
		}

		public Header getHeader() {
			return this.header;
		}

	}

	/**
	 * The cookie that takes a position along.
	 */
	public static class Cookie {

		/**
		 * Beginning of the cookies' names. The cluster and a number follow.
		 */
		private String name = "replication-position";

		/**
		 * Path of the cookie. By default the context path of the application.
		 */
		private @Nullable String path;

		/**
		 * Domain of the cookie. By default the host alone.
		 */
		private @Nullable String domain;

		/**
		 * Whether the cookie is sent over https only. By default if the request came over
		 * https.
		 */
		private @Nullable Boolean secure;

		/**
		 * When a browser sends the cookie with requests that another site has caused.
		 */
		private SameSite sameSite = SameSite.LAX;

		public String getName() {
			return this.name;
		}

		public void setName(String name) {
			this.name = name;
		}

		public @Nullable String getPath() {
			return this.path;
		}

		public void setPath(@Nullable String path) {
			this.path = path;
		}

		public @Nullable String getDomain() {
			return this.domain;
		}

		public void setDomain(@Nullable String domain) {
			this.domain = domain;
		}

		public @Nullable Boolean getSecure() {
			return this.secure;
		}

		public void setSecure(@Nullable Boolean secure) {
			this.secure = secure;
		}

		public SameSite getSameSite() {
			return this.sameSite;
		}

		public void setSameSite(SameSite sameSite) {
			this.sameSite = sameSite;
		}

	}

	/**
	 * The header that takes a position along.
	 */
	public static class Header {

		/**
		 * Name of the header, of requests and responses alike.
		 */
		private String name = "Replication-Position";

		public String getName() {
			return this.name;
		}

		public void setName(String name) {
			this.name = name;
		}

	}

	/**
	 * How the nodes are watched.
	 */
	public static class Monitor {

		/**
		 * How often each node is asked for its state.
		 */
		private Duration interval = Duration.ofSeconds(1);

		/**
		 * How long a node may take to answer.
		 */
		private Duration timeout = Duration.ofMillis(500);

		/**
		 * How long a node may be silent before the connections are aborted that run units
		 * which may run again elsewhere.
		 */
		private Duration abortAfter = Duration.ofSeconds(3);

		public Duration getInterval() {
			return this.interval;
		}

		public void setInterval(Duration interval) {
			this.interval = interval;
		}

		public Duration getTimeout() {
			return this.timeout;
		}

		public void setTimeout(Duration timeout) {
			this.timeout = timeout;
		}

		public Duration getAbortAfter() {
			return this.abortAfter;
		}

		public void setAbortAfter(Duration abortAfter) {
			this.abortAfter = abortAfter;
		}

	}

	/**
	 * Replicas that are found by a name which stands for their addresses.
	 */
	public static class Discovery {

		/**
		 * JDBC URL whose host stands for the addresses of all replicas. Each address
		 * becomes a node.
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
		 * Share of the reads that each replica has.
		 */
		private int weight = 1;

		/**
		 * Group of the replicas, which then serve only reads that ask for this group.
		 */
		private @Nullable String group;

		/**
		 * Zone that the replicas stand in.
		 */
		private @Nullable String zone;

		/**
		 * How often the name is resolved.
		 */
		private Duration interval = Duration.ofSeconds(10);

		/**
		 * How long units of work may go on at a replica whose address is gone.
		 */
		private Duration drain = Duration.ofSeconds(30);

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

		public Duration getInterval() {
			return this.interval;
		}

		public void setInterval(Duration interval) {
			this.interval = interval;
		}

		public Duration getDrain() {
			return this.drain;
		}

		public void setDrain(Duration drain) {
			this.drain = drain;
		}

	}

	/**
	 * The carrier of a caller's position from one request to the next.
	 */
	public enum Carrier {

		/**
		 * A cookie.
		 */
		COOKIE,

		/**
		 * The HTTP session, if there is one or the caller has written.
		 */
		SESSION,

		/**
		 * A header of requests and responses.
		 */
		HEADER,

		/**
		 * The name of the logged-in user, in a position store.
		 */
		USER,

		/**
		 * Nothing: positions end with the request.
		 */
		NONE

	}

	/**
	 * When a browser sends a cookie with requests that another site has caused.
	 */
	public enum SameSite {

		/**
		 * Always, over https.
		 */
		NONE,

		/**
		 * When a link is followed.
		 */
		LAX,

		/**
		 * Never.
		 */
		STRICT

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
		RANDOM,

		/**
		 * The better of two that are drawn at random, by response time and load.
		 */
		LATENCY

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
