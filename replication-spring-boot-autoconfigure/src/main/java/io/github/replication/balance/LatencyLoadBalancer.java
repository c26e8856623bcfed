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
import java.util.concurrent.ThreadLocalRandom;

import io.github.replication.node.Node;

/**
 * Draws two nodes at random, by their weights, and chooses the better one. A unit would
 * have its answer sooner there, by the response time and the number of units that run
 * there. A node that slows down loses its traffic with its first slow answers, and gets
 * some again as they are forgotten.
 *
 * @since 0.1.0
 */
public final class LatencyLoadBalancer implements LoadBalancer {

	/**
	 * A difference that is worth a move, in nanoseconds.
	 */
	private static final double NOTICEABLE = 1_000_000;

	@Override
	public <N extends Node> N choose(List<N> candidates) {
		long total = Weights.total(candidates);
		N one = Weights.at(candidates, ThreadLocalRandom.current().nextLong(total));
		long rest = total - one.weight();
		N other = Weights.atWithout(candidates, one, ThreadLocalRandom.current().nextLong(rest));
		return (load(other) < load(one)) ? other : one;
	}

	/**
	 * A node that would take more than twice as long as another of which something is
	 * known, and noticeably longer.
	 */
	@Override
	public <N extends Node> boolean isOverloaded(N node, List<N> others) {
		double load = load(node);
		if (load <= NOTICEABLE) {
			return false;
		}
		for (int i = 0; i < others.size(); i++) {
			double other = load(others.get(i));
			if (other > 0 && load > 2 * other + NOTICEABLE) {
				return true;
			}
		}
		return false;
	}

	/**
	 * How long a unit would take there; a node of which nothing is known is tried.
	 */
	private static double load(Node node) {
		return node.responseTime() * (1 + (double) node.activeConnections() / node.weight());
	}

}
