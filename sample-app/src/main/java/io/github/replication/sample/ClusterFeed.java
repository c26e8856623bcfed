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

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

import io.github.replication.NodeStatus;
import io.github.replication.ReplicationCluster;

/**
 * Sends the state of the cluster to the pages that are open, twice a second. Safe for use
 * by several threads.
 */
@Component
class ClusterFeed {

	private static final Log logger = LogFactory.getLog(ClusterFeed.class);

	private final ObjectProvider<ReplicationCluster> cluster;

	private final DecisionLog decisions;

	private final Newsletter newsletter;

	private final Load load;

	private final Levers levers;

	private final List<SseEmitter> pages = new CopyOnWriteArrayList<>();

	private final ScheduledExecutorService executor = Executors.newScheduledThreadPool(2, (work) -> {
		Thread thread = new Thread(work, "newsroom-feed");
		thread.setDaemon(true);
		return thread;
	});

	ClusterFeed(ObjectProvider<ReplicationCluster> cluster, DecisionLog decisions, Newsletter newsletter, Load load,
			Levers levers) {
		this.cluster = cluster;
		this.decisions = decisions;
		this.newsletter = newsletter;
		this.load = load;
		this.levers = levers;
		this.executor.scheduleWithFixedDelay(this::send, 500, 500, TimeUnit.MILLISECONDS);
	}

	/**
	 * Adds a page, which gets the present state at once.
	 */
	SseEmitter open() {
		SseEmitter page = new SseEmitter(0L);
		page.onCompletion(() -> this.pages.remove(page));
		this.pages.add(page);
		this.executor.execute(() -> send(page, snapshot()));
		return page;
	}

	private void send() {
		if (this.pages.isEmpty()) {
			return;
		}
		try {
			Snapshot snapshot = snapshot();
			this.pages.forEach((page) -> send(page, snapshot));
		}
		catch (RuntimeException ex) {
			logger.debug("No state is sent this time", ex);
		}
	}

	private void send(SseEmitter page, Snapshot snapshot) {
		try {
			page.send(snapshot);
		}
		catch (Exception ex) {
			this.pages.remove(page);
		}
	}

	Snapshot snapshot() {
		ReplicationCluster cluster = this.cluster.getIfAvailable();
		List<Node> nodes = (cluster != null) ? cluster.nodes().stream().map(this::node).toList() : List.of();
		return new Snapshot(nodes, this.decisions.last(), this.newsletter.last(), this.load.state(),
				this.levers.state());
	}

	private Node node(NodeStatus status) {
		Long lag = (status.lag() != null) ? status.lag().toMillis() : null;
		return new Node(status.name(), status.role().name(), status.state().name(), status.cause(), lag,
				status.lagSize(), status.position(), this.decisions.reads(status.name()),
				this.decisions.writes(status.name()), this.levers.state(status.name()));
	}

	/**
	 * Ends the responses of open pages before the web server waits for them.
	 */
	@EventListener(ContextClosedEvent.class)
	void close() {
		this.executor.shutdownNow();
		this.pages.forEach(SseEmitter::complete);
	}

	/**
	 * The cluster as a page shows it.
	 *
	 * @param nodes the nodes, the configured primary first
	 * @param decisions the last decisions, the newest first
	 * @param letters the last letters to subscribers, the newest first
	 * @param load the imaginary readers and editors
	 * @param levers the levers that are not of one node
	 */
	record Snapshot(List<Node> nodes, List<DecisionLog.Decision> decisions, List<Newsletter.Letter> letters,
			Load.State load, Levers.State levers) {

	}

	/**
	 * A node as a page shows it.
	 *
	 * @param name its name
	 * @param role its role
	 * @param state its state
	 * @param cause the cause of its state, {@code null} if it is online
	 * @param lagMillis its lag in milliseconds, {@code null} if that is not known
	 * @param lagBytes its lag in bytes, {@code null} if that is not known
	 * @param position its position, {@code null} if that is not known
	 * @param reads the reads that it has served
	 * @param writes the transactions that may write
	 * @param lever the state of its levers, {@code null} if it has none
	 */
	record Node(String name, String role, String state, @Nullable String cause, @Nullable Long lagMillis,
			@Nullable Long lagBytes, @Nullable String position, long reads, long writes,
			Levers.@Nullable NodeState lever) {

	}

}
