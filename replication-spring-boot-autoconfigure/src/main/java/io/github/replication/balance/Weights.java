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

import io.github.replication.node.Node;

/**
 * Arithmetic on the weights of candidates.
 */
final class Weights {

	private Weights() {
	}

	static <N extends Node> long total(List<N> candidates) {
		long total = 0;
		for (int i = 0; i < candidates.size(); i++) {
			total += candidates.get(i).weight();
		}
		return total;
	}

	/**
	 * The candidate that owns a point when each but one owns as many points in a row as
	 * its weight says.
	 */
	static <N extends Node> N atWithout(List<N> candidates, N without, long point) {
		long rest = point;
		for (int i = 0; i < candidates.size(); i++) {
			N candidate = candidates.get(i);
			rest -= (candidate != without) ? candidate.weight() : 0;
			if (rest < 0) {
				return candidate;
			}
		}
		throw new IllegalArgumentException("point must be less than the sum of the other weights, but was " + point);
	}

	/**
	 * The candidate that owns a point when each owns as many points in a row as its
	 * weight says.
	 */
	static <N extends Node> N at(List<N> candidates, long point) {
		int i = 0;
		long rest = point - candidates.get(0).weight();
		while (rest >= 0) {
			i++;
			rest -= candidates.get(i).weight();
		}
		return candidates.get(i);
	}

}
