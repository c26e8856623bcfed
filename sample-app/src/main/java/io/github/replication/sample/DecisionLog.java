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

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

import io.github.replication.PoolKind;
import io.github.replication.RouteDecision;
import io.github.replication.RoutingListener;

/**
 * Counts where statements went, and remembers the last decisions. Safe for use by several
 * threads.
 */
@Component
class DecisionLog implements RoutingListener {

	private static final int REMEMBERED = 12;

	private final Map<String, LongAdder> reads = new ConcurrentHashMap<>();

	private final Map<String, LongAdder> writes = new ConcurrentHashMap<>();

	private final Deque<Decision> last = new ArrayDeque<>();

	private final ThreadLocal<@Nullable Decision> lastOfThread = new ThreadLocal<>();

	@Override
	public void routed(RouteDecision decision) {
		boolean write = decision.pool() == PoolKind.WRITE;
		(write ? this.writes : this.reads).computeIfAbsent(decision.node(), (node) -> new LongAdder()).increment();
		Decision made = new Decision(decision.node(), decision.reason().name());
		this.lastOfThread.set(made);
		synchronized (this.last) {
			this.last.addFirst(made);
			if (this.last.size() > REMEMBERED) {
				this.last.removeLast();
			}
		}
	}

	/**
	 * Leaves out the statements of the start.
	 */
	@EventListener(ApplicationReadyEvent.class)
	void begin() {
		this.reads.clear();
		this.writes.clear();
		synchronized (this.last) {
			this.last.clear();
		}
	}

	long reads(String node) {
		return sum(this.reads, node);
	}

	long writes(String node) {
		return sum(this.writes, node);
	}

	private static long sum(Map<String, LongAdder> counts, String node) {
		LongAdder count = counts.get(node);
		return (count != null) ? count.sum() : 0;
	}

	/**
	 * The last decisions, the newest first.
	 */
	List<Decision> last() {
		synchronized (this.last) {
			return List.copyOf(this.last);
		}
	}

	/**
	 * The last decision for the current thread, {@code null} if there was none.
	 */
	@Nullable Decision lastOfThread() {
		return this.lastOfThread.get();
	}

	/**
	 * One decision.
	 *
	 * @param node the node that served
	 * @param reason the reason, by its constant's name
	 */
	record Decision(String node, String reason) {

	}

}
