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

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

import io.github.replication.NodeDefinition;
import io.github.replication.ReplicationCluster;

/**
 * Keeps the replicas of a cluster equal to the addresses that a name stands for, such as
 * that of a headless service. Each address is a node of its own. A name that cannot be
 * resolved, or stands for nothing, changes nothing.
 * <p>
 * Java keeps an answer for {@code networkaddress.cache.ttl}, 30 seconds by default.
 */
public final class Discovery implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(Discovery.class);

	private final ReplicationCluster cluster;

	private final DiscoverySettings settings;

	private final Resolver resolver;

	private final String host;

	private final ScheduledThreadPoolExecutor executor;

	private final Set<String> known = new TreeSet<>();

	private @Nullable String failure;

	/**
	 * Creates a discovery that resolves as Java does.
	 * @param cluster the cluster to change
	 * @param settings what is configured
	 */
	public Discovery(ReplicationCluster cluster, DiscoverySettings settings) {
		this(cluster, settings, Discovery::addresses);
	}

	Discovery(ReplicationCluster cluster, DiscoverySettings settings, Resolver resolver) {
		this.cluster = cluster;
		this.settings = settings;
		this.resolver = resolver;
		this.host = String.valueOf(JdbcUrls.hostOf(settings.url()));
		CustomizableThreadFactory threads = new CustomizableThreadFactory("replication-discovery-");
		threads.setDaemon(true);
		this.executor = new ScheduledThreadPoolExecutor(2, threads, new ThreadPoolExecutor.DiscardPolicy());
	}

	private static Set<String> addresses(String host) throws UnknownHostException {
		Set<String> addresses = new LinkedHashSet<>();
		Arrays.stream(InetAddress.getAllByName(host)).map(InetAddress::getHostAddress).forEach(addresses::add);
		return addresses;
	}

	/**
	 * Begins to look, at once and then at intervals.
	 */
	public void start() {
		Duration interval = this.settings.interval();
		this.executor.scheduleWithFixedDelay(this::look, 0, interval.toNanos(), TimeUnit.NANOSECONDS);
	}

	/**
	 * Looks once.
	 */
	void look() {
		try {
			Set<String> found = this.resolver.resolve(this.host);
			if (found.isEmpty()) {
				reportFailure("it stands for no address");
				return;
			}
			this.failure = null;
			follow(found);
		}
		catch (UnknownHostException ex) {
			reportFailure("it cannot be resolved");
		}
		catch (RuntimeException ex) {
			reportFailure(String.valueOf(ex.getMessage()));
		}
	}

	private void reportFailure(String failure) {
		if (!failure.equals(this.failure)) {
			this.failure = failure;
			logger.warn("The replicas stay as they are, since the name '" + this.host
					+ "' of replication.discovery.url tells none: " + failure);
		}
	}

	private void follow(Set<String> found) {
		for (String address : Set.copyOf(this.known)) {
			if (!found.contains(address)) {
				this.known.remove(address);
				this.executor.execute(() -> remove(address));
			}
		}
		for (String address : found) {
			if (this.known.add(address)) {
				add(address);
			}
		}
	}

	private void add(String address) {
		try {
			this.cluster.add(new NodeDefinition(nameOf(address), JdbcUrls.withHost(this.settings.url(), address),
					this.settings.username(), this.settings.password(), this.settings.weight(), this.settings.group(),
					this.settings.zone()));
		}
		catch (IllegalArgumentException ex) {
			logger.warn("The replica at " + address + " is not added: " + ex.getMessage());
		}
	}

	private void remove(String address) {
		try {
			this.cluster.remove(nameOf(address), this.settings.drain());
		}
		catch (IllegalArgumentException ex) {
			logger.debug("The replica at " + address + " was not there", ex);
		}
		catch (IllegalStateException ex) {
			logger.warn(nameOf(address) + " stays although its address is gone from the answer: " + ex.getMessage());
		}
	}

	private String nameOf(String address) {
		return this.host.split("\\.", 2)[0] + "-" + address;
	}

	@Override
	public void close() {
		this.executor.shutdownNow();
	}

	/**
	 * Resolves names.
	 */
	@FunctionalInterface
	interface Resolver {

		Set<String> resolve(String host) throws UnknownHostException;

	}

}
