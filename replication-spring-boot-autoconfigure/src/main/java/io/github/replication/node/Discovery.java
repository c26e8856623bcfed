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
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
 *
 * @since 0.1.0
 */
public final class Discovery implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(Discovery.class);

	private final ReplicationCluster cluster;

	private final DiscoverySettings settings;

	private final Resolver resolver;

	private final String host;

	private final ScheduledThreadPoolExecutor executor;

	/**
	 * The addresses that are nodes of the cluster.
	 */
	private final Set<String> known = ConcurrentHashMap.newKeySet();

	/**
	 * The addresses whose nodes are being removed, which takes as long as units are under
	 * way.
	 */
	private final Set<String> leaving = ConcurrentHashMap.newKeySet();

	/**
	 * The reasons why addresses could not be added or removed, as logged last.
	 */
	private final Map<String, String> refusals = new ConcurrentHashMap<>();

	private @Nullable String failure;

	/**
	 * Creates a discovery that resolves as Java does.
	 * @param cluster the cluster to change
	 * @param settings the settings of the discovery
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
		this.executor = new ScheduledThreadPoolExecutor(1, threads, new ThreadPoolExecutor.DiscardPolicy());
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
		catch (Error ex) {
			// the executor would not run this again
			reportFailure(ex.toString());
		}
	}

	private void reportFailure(String failure) {
		if (!failure.equals(this.failure)) {
			this.failure = failure;
			logger.warn("The replicas stay as they are, since the name '" + this.host
					+ "' of replication.discovery.url names none: " + failure);
		}
	}

	private void follow(Set<String> found) {
		for (String address : this.known) {
			if (!found.contains(address) && this.leaving.add(address)) {
				this.executor.setCorePoolSize(1 + this.leaving.size());
				this.executor.execute(() -> remove(address));
			}
		}
		for (String address : found) {
			if (!this.known.contains(address)) {
				add(address);
			}
		}
		this.refusals.keySet().removeIf((address) -> !found.contains(address) && !this.known.contains(address));
	}

	/**
	 * Adds a node. One that is refused is tried again with each answer: another node may
	 * have had its name or its address.
	 */
	private void add(String address) {
		try {
			this.cluster.add(new NodeDefinition(nameOf(address), JdbcUrls.withHost(this.settings.url(), address),
					this.settings.username(), this.settings.password(), this.settings.weight(), this.settings.group(),
					this.settings.zone()));
			this.known.add(address);
			this.refusals.remove(address);
		}
		catch (IllegalArgumentException ex) {
			warn(address, "The replica at " + address + " is not added: " + ex.getMessage());
		}
		catch (RuntimeException | Error ex) {
			failed(address, "The replica at " + address + " is not added", ex);
		}
	}

	/**
	 * Removes a node. The primary stays, until it is not that any more.
	 */
	private void remove(String address) {
		try {
			this.cluster.remove(nameOf(address), this.settings.drain());
			this.known.remove(address);
		}
		catch (IllegalArgumentException ex) {
			logger.debug("The replica at " + address + " was not there", ex);
			this.known.remove(address);
		}
		catch (IllegalStateException ex) {
			warn(address, nameOf(address) + " stays although its address is gone from the answer: " + ex.getMessage());
		}
		catch (RuntimeException | Error ex) {
			failed(address, nameOf(address) + " is not removed", ex);
		}
		finally {
			this.leaving.remove(address);
		}
	}

	/**
	 * Reports a failure that is no refusal, one of each class for an address.
	 */
	private void failed(String address, String failure, Throwable cause) {
		if (isNew(address, cause.getClass().getName())) {
			logger.error(failure, cause);
		}
	}

	private void warn(String address, String refusal) {
		if (isNew(address, refusal)) {
			logger.warn(refusal);
		}
	}

	private boolean isNew(String address, String refusal) {
		return !refusal.equals(this.refusals.put(address, refusal));
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
