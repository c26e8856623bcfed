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

package io.github.replication.balance;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import io.github.replication.node.Node;

/**
 * Chooses the node with the fewest active connections for its weight. Nodes that are
 * equally loaded take turns.
 *
 * @since 0.1.0
 */
public final class LeastConnectionsLoadBalancer implements LoadBalancer {

	private static final int COINCIDENCE = 2;

	private final AtomicLong turn = new AtomicLong();

	@Override
	public <N extends Node> N choose(List<N> candidates) {
		N chosen = Weights.at(candidates, Math.floorMod(this.turn.getAndIncrement(), Weights.total(candidates)));
		for (int i = 0; i < candidates.size(); i++) {
			N candidate = candidates.get(i);
			if (load(candidate, chosen) < load(chosen, candidate)) {
				chosen = candidate;
			}
		}
		return chosen;
	}

	/**
	 * A node with more than twice the load of another, as long as that is more than a few
	 * units that happen to coincide.
	 */
	@Override
	public <N extends Node> boolean isOverloaded(N node, List<N> others) {
		if (node.activeConnections() <= COINCIDENCE) {
			return false;
		}
		for (int i = 0; i < others.size(); i++) {
			if (load(node, others.get(i)) > 2 * load(others.get(i), node)
					+ COINCIDENCE * (long) others.get(i).weight()) {
				return true;
			}
		}
		return false;
	}

	/**
	 * The load of a node for its weight, in units that it shares with the other.
	 */
	private static long load(Node node, Node other) {
		return (long) node.activeConnections() * other.weight();
	}

}
