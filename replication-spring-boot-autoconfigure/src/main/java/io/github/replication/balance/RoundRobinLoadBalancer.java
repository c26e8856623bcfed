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
 * Takes the nodes in turn. One cycle has as many choices as the weights add up to. Each
 * node serves exactly as often as its weight says, and the turns of a heavy node are
 * spread over the cycle.
 *
 * @since 0.1.0
 */
public final class RoundRobinLoadBalancer implements LoadBalancer {

	private static final double GOLDEN_RATIO = 0.6180339887498949;

	private final AtomicLong turn = new AtomicLong();

	@Override
	public <N extends Node> N choose(List<N> candidates) {
		long total = Weights.total(candidates);
		long turn = Math.floorMod(this.turn.getAndIncrement(), total);
		return Weights.at(candidates, (total == candidates.size()) ? turn : turn * stride(total) % total);
	}

	/**
	 * A step that is coprime to the cycle, so that walking it visits every point once,
	 * and near the golden section, so that neighbours are visited far apart.
	 */
	private static long stride(long total) {
		long stride = Math.max(1, Math.round(total * GOLDEN_RATIO));
		while (gcd(stride, total) != 1) {
			stride++;
		}
		return stride;
	}

	private static long gcd(long a, long b) {
		return (b == 0) ? a : gcd(b, a % b);
	}

}
