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

package io.github.replication;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The node and the pool to which a unit of work was sent, and the reason.
 *
 * @param node the name of the node, as configured
 * @param role the role of the node at that moment
 * @param pool which of the node's pools served
 * @param reason the rule that decided
 * @param unit the method or transaction that asked, {@code null} where none is known
 * @since 0.1.0
 */
public record RouteDecision(String node, Role role, PoolKind pool, Reason reason, @Nullable String unit) {

	/**
	 * Creates a decision.
	 * @throws IllegalArgumentException if the node has no name
	 */
	public RouteDecision {
		Assert.hasText(node, () -> "node must have text, but was '" + node + "'");
	}

	/**
	 * Whether a replica serves.
	 * @return {@code true} if the node was a replica at that moment
	 */
	public boolean isReplica() {
		return this.role == Role.REPLICA;
	}

	@Override
	public String toString() {
		return this.node + " (" + this.reason + ")";
	}

}
