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

import java.time.Duration;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * The levers of the embedded cluster's servers, one pulled at a time. Safe for use by
 * several threads.
 */
@Component
class Levers {

	private static final int MAXIMUM_DELAY = 60;

	private final ObjectProvider<PostgresCluster> embedded;

	/**
	 * The servers that were the primary before a promotion, and cannot simply go on.
	 */
	private final Set<String> demoted = new HashSet<>();

	Levers(ObjectProvider<PostgresCluster> embedded) {
		this.embedded = embedded;
	}

	/**
	 * Pulls a lever.
	 * @param name the name of the server
	 * @param lever the lever: {@code delay}, {@code pause}, {@code resume}, {@code kill},
	 * {@code start}, {@code freeze}, {@code thaw} or {@code promote}
	 * @param seconds the delay
	 * @throws ResponseStatusException if there is no such server or lever, or its state
	 * does not allow it
	 */
	synchronized void pull(String name, String lever, int seconds) {
		PostgresCluster cluster = this.embedded.getIfAvailable();
		if (cluster == null) {
			throw refused("The servers are not the sample's own: their levers are elsewhere.");
		}
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

	private void pull(PostgresCluster cluster, PostgresNode node, String lever, int seconds) {
		switch (lever) {
			case "delay" -> requireReplica(node).applyDelay(delay(seconds));
			case "pause" -> requireReplica(node).pauseReplay();
			case "resume" -> requireReplica(node).resumeReplay();
			case "kill" -> requireRunning(node).kill();
			case "freeze" -> requireRunning(node).freeze();
			case "thaw" -> node.thaw();
			case "start" -> start(node);
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
		if (this.demoted.contains(node.name())) {
			node.rebuild();
			this.demoted.remove(node.name());
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
		this.demoted.add(primary.name());
	}

	private static Duration delay(int seconds) {
		if (seconds < 0 || seconds > MAXIMUM_DELAY) {
			throw refused("The delay must be between 0 and " + MAXIMUM_DELAY + " seconds, but was " + seconds + ".");
		}
		return Duration.ofSeconds(seconds);
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

}
