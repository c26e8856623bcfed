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

package io.github.replication.policy;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import io.github.replication.PoolKind;
import io.github.replication.Reason;
import io.github.replication.RouteDecision;
import io.github.replication.node.ClusterNode;

/**
 * Where a unit of work goes, and why.
 *
 * @param node the node that serves
 * @param pool which of its pools
 * @param reason the rule that decided
 * @since 0.1.0
 */
public record Route(ClusterNode node, PoolKind pool, Reason reason) {

	/**
	 * The pool to take a connection from.
	 * @return the node's pool of the kind that was decided
	 */
	public DataSource dataSource() {
		return this.node.pool(this.pool);
	}

	/**
	 * Returns this route as a decision for listeners.
	 * @param unit the method or transaction that asked
	 * @return the decision
	 */
	public RouteDecision decision(@Nullable String unit) {
		return new RouteDecision(this.node.name(), this.node.role(), this.pool, this.reason, unit);
	}

}
