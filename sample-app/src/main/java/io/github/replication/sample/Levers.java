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

package io.github.replication.sample;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

import io.github.replication.NodeDefinition;
import io.github.replication.ReplicationCluster;
import io.github.replication.SynchronousCommit;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * The levers of the embedded cluster's servers, one pulled at a time. Safe for use by
 * several threads.
 */
@Component
class Levers {

	private static final Duration MAXIMUM_DELAY = Duration.ofSeconds(60);

	private static final int MOST_REPLICAS = 4;

	private static final String MODE = "replication.read-your-writes.mode";

	private static final List<String> MODES = List.of("position", "time", "off");

	private final ObjectProvider<PostgresCluster> embedded;

	private final ObjectProvider<ReplicationCluster> cluster;

	private final ObjectProvider<Launcher> launcher;

	private final String mode;

	/**
	 * The delay of the start can be chosen again, however long it is.
	 */
	private final Duration maximumDelay;

	private final LeverMemory memory;

	Levers(ObjectProvider<PostgresCluster> embedded, ObjectProvider<ReplicationCluster> cluster,
			ObjectProvider<Launcher> launcher, Environment environment) {
		this.embedded = embedded;
		this.cluster = cluster;
		this.launcher = launcher;
		this.mode = environment.getProperty(MODE, MODES.get(0)).toLowerCase(Locale.ROOT);
		Duration delay = Binder.get(environment)
			.bind("embedded-cluster.apply-delay", Duration.class)
			.orElse(Duration.ZERO);
		this.maximumDelay = (delay.compareTo(MAXIMUM_DELAY) > 0) ? delay : MAXIMUM_DELAY;
		Launcher own = launcher.getIfAvailable();
		this.memory = (own != null) ? own.levers() : new LeverMemory();
	}

	/**
	 * The state of the levers that are not of one node. Asks no server.
	 */
	State state() {
		boolean own = this.embedded.getIfAvailable() != null;
		return new State(own, own && this.launcher.getIfAvailable() != null, this.mode, this.memory.isSynchronous());
	}

	/**
	 * The state of the levers of one server. Asks no server.
	 * @param name the name of the server
	 * @return the state, {@code null} if the server has no levers
	 */
	@Nullable NodeState state(String name) {
		PostgresCluster servers = this.embedded.getIfAvailable();
		if (servers == null) {
			return null;
		}
		return servers.nodes()
			.stream()
			.filter((node) -> node.name().equals(name))
			.findFirst()
			.map((node) -> new NodeState(node.isRunning(), node.isFrozen(), node.isReplayPaused(),
					node.applyDelay().toMillis()))
			.orElse(null);
	}

	/**
	 * Adds a replica, and has it serve.
	 * @throws ResponseStatusException if there are enough
	 */
	synchronized void addReplica() {
		PostgresCluster servers = servers();
		if (servers.replicas().size() >= MOST_REPLICAS) {
			throw refused("There are " + MOST_REPLICAS + " replicas already.");
		}
		requireRunningPrimary(servers);
		PostgresNode node = servers.addReplica(freeName(servers));
		this.cluster.getObject()
			.add(new NodeDefinition(node.name(), node.jdbcUrl(), node.username(), node.password(), 1, null, null));
		applyCommits(servers);
	}

	private static String freeName(PostgresCluster servers) {
		List<String> taken = servers.nodes().stream().map(PostgresNode::name).toList();
		return IntStream.iterate(1, (number) -> number + 1)
			.mapToObj((number) -> "replica-" + number)
			.filter((name) -> !taken.contains(name))
			.findFirst()
			.orElseThrow();
	}

	private void removeReplica(PostgresCluster servers, PostgresNode node) {
		if (node == servers.primary()) {
			throw refused(node.name() + " is the primary.");
		}
		if (servers.replicas().size() == 1) {
			throw refused(node.name() + " is the last replica.");
		}
		this.cluster.getObject().remove(node.name(), Duration.ofSeconds(2));
		servers.removeReplica(node.name());
		this.memory.forget(node.name());
		applyCommits(servers);
	}

	/**
	 * Has commits wait until every replica has applied them, or not.
	 */
	synchronized void commits(boolean synchronous) {
		PostgresCluster servers = servers();
		requireRunningPrimary(servers);
		this.memory.synchronous(synchronous);
		applyCommits(servers);
	}

	private void applyCommits(PostgresCluster servers) {
		if (this.memory.isSynchronous()) {
			servers.synchronous(SynchronousCommit.REMOTE_APPLY);
		}
		else if (servers.primary().isRunning() && !servers.primary().isFrozen()) {
			servers.asynchronous();
		}
	}

	/**
	 * Starts the application again with read-your-writes of another mode.
	 * @param mode {@code position}, {@code time} or {@code off}
	 */
	void readYourWrites(String mode) {
		Launcher launcher = this.launcher.getIfAvailable();
		if (launcher == null || !MODES.contains(mode)) {
			throw refused("Read-your-writes cannot be changed here to '" + mode + "'.");
		}
		requireRunningPrimary(servers());
		launcher.startAgain(mode);
	}

	private static void requireRunningPrimary(PostgresCluster servers) {
		PostgresNode primary = servers.primary();
		if (!primary.isRunning() || primary.isFrozen()) {
			throw refused(primary.name() + " does not answer: start or thaw it first.");
		}
	}

	private PostgresCluster servers() {
		PostgresCluster servers = this.embedded.getIfAvailable();
		if (servers == null) {
			throw refused("The servers are not the sample's own: their levers are elsewhere.");
		}
		return servers;
	}

	/**
	 * Pulls a lever.
	 * @param name the name of the server
	 * @param lever the lever: {@code delay}, {@code pause}, {@code resume}, {@code kill},
	 * {@code start}, {@code freeze}, {@code thaw}, {@code promote} or {@code remove}
	 * @param seconds the delay
	 * @throws ResponseStatusException if there is no such server or lever, or its state
	 * does not allow it
	 */
	synchronized void pull(String name, String lever, BigDecimal seconds) {
		PostgresCluster cluster = servers();
		PostgresNode node = cluster.nodes()
			.stream()
			.filter((each) -> each.name().equals(name))
			.findFirst()
			.orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND, "There is no server " + name + "."));
		try {
			pull(cluster, node, lever.toLowerCase(Locale.ROOT), seconds);
		}
		catch (IllegalStateException ex) {
			throw refused(String.valueOf(ex.getMessage()));
		}
	}

	private void pull(PostgresCluster cluster, PostgresNode node, String lever, BigDecimal seconds) {
		switch (lever) {
			case "delay" -> requireReplica(node).applyDelay(delay(seconds));
			case "pause" -> requireReplica(node).pauseReplay();
			case "resume" -> requireReplica(node).resumeReplay();
			case "kill" -> requireRunning(node).kill();
			case "freeze" -> requireRunning(node).freeze();
			case "thaw" -> node.thaw();
			case "start" -> start(node);
			case "remove" -> removeReplica(cluster, node);
			case "promote" -> promote(cluster, requireReplica(node));
			default -> throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "There is no lever " + lever + ".");
		}
	}

	private void start(PostgresNode node) {
		if (node.isFrozen()) {
			throw refused(node.name() + " is frozen: thaw it.");
		}
		if (node.isRunning()) {
			throw refused(node.name() + " runs already.");
		}
		if (this.memory.isDemoted(node.name()) && !node.isPrimary()) {
			node.rebuild();
			this.memory.forget(node.name());
		}
		else {
			node.start();
		}
	}

	private void promote(PostgresCluster cluster, PostgresNode node) {
		PostgresNode primary = cluster.primary();
		if (primary.isRunning()) {
			throw refused(primary.name() + " still runs: kill it first, or there are two primaries.");
		}
		node.promote();
		node.applyDelay(Duration.ZERO);
		this.memory.demoted(primary.name());
		this.memory.forget(node.name());
		// Its settings are a copy of those of the old primary.
		this.memory.synchronous(false);
		cluster.asynchronous();
	}

	private Duration delay(BigDecimal seconds) {
		BigDecimal millis = seconds.movePointRight(3);
		if (millis.signum() < 0 || millis.compareTo(BigDecimal.valueOf(this.maximumDelay.toMillis())) > 0) {
			throw refused("The delay must be between 0 and " + this.maximumDelay.toSeconds() + " seconds, but was "
					+ seconds + ".");
		}
		return Duration.ofMillis(millis.longValue());
	}

	private static PostgresNode requireRunning(PostgresNode node) {
		if (!node.isRunning()) {
			throw refused(node.name() + " does not run.");
		}
		return node;
	}

	private static PostgresNode requireReplica(PostgresNode node) {
		if (!node.isRunning() || node.isFrozen() || node.isPrimary()) {
			throw refused(node.name() + " is no running replica at the moment.");
		}
		return node;
	}

	private static ResponseStatusException refused(String message) {
		return new ResponseStatusException(HttpStatus.CONFLICT, message);
	}

	/**
	 * The levers that are not of one node.
	 *
	 * @param servers whether the servers have levers
	 * @param restart whether the mode can be changed
	 * @param mode how a caller sees its writes: {@code position}, {@code time} or
	 * {@code off}
	 * @param synchronous whether commits wait for the replicas
	 */
	record State(boolean servers, boolean restart, String mode, boolean synchronous) {

	}

	/**
	 * The levers of one server.
	 *
	 * @param running whether it runs
	 * @param frozen whether it runs and does not move
	 * @param paused whether it applies no change
	 * @param delayMillis how late it applies each change, in milliseconds
	 */
	record NodeState(boolean running, boolean frozen, boolean paused, long delayMillis) {

	}

}
