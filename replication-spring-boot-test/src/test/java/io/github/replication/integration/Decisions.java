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

package io.github.replication.integration;

import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;

import io.github.replication.Reason;
import io.github.replication.RouteDecision;
import io.github.replication.RoutingListener;

/**
 * Records what the library says, to be compared with what the servers say.
 */
class Decisions implements RoutingListener {

	private final ConcurrentLinkedDeque<RouteDecision> decisions = new ConcurrentLinkedDeque<>();

	@Override
	public void routed(RouteDecision decision) {
		this.decisions.add(decision);
	}

	void clear() {
		this.decisions.clear();
	}

	List<RouteDecision> all() {
		return List.copyOf(this.decisions);
	}

	RouteDecision last() {
		return this.decisions.getLast();
	}

	Reason lastReason() {
		return last().reason();
	}

}
