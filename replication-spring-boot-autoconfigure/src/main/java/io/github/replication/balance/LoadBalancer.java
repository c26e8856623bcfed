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
 * Chooses which of several replicas serves. A bean of this type replaces the one named by
 * {@code replication.load-balancer}.
 * <p>
 * Called for every read on the thread that asks, by many threads at once: it must not
 * block and should not allocate.
 *
 * @since 0.1.0
 */
public interface LoadBalancer {

	/**
	 * Chooses a node.
	 * @param candidates the replicas that qualify, at least two, each with a weight of at
	 * least 1
	 * @param <N> the type of node
	 * @return one of the candidates
	 */
	<N extends Node> N choose(List<N> candidates);

	/**
	 * Whether a node is so much more loaded, or so much slower, than others that a caller
	 * that stays with it should move. Called for every read of such a caller.
	 * @param node the node that the caller stays with
	 * @param others the replicas in rotation, that node included
	 * @param <N> the type of node
	 * @return {@code false} by default: callers stay while the node is in rotation and
	 * has a connection free
	 */
	default <N extends Node> boolean isOverloaded(N node, List<N> others) {
		return false;
	}

}
