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

package io.github.replication.test.routing;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

import org.assertj.core.api.AbstractAssert;
import org.assertj.core.api.Assertions;

import io.github.replication.PoolKind;
import io.github.replication.Reason;
import io.github.replication.Role;
import io.github.replication.RouteDecision;

/**
 * Assertions on decisions. All but {@link #isNotRouted()} and {@link #hasDecisions(int)}
 * fail if there is no decision.
 *
 * @since 0.1.0
 */
public final class RoutingAssert extends AbstractAssert<RoutingAssert, List<RouteDecision>> {

	RoutingAssert(List<RouteDecision> actual) {
		super(actual, RoutingAssert.class);
	}

	/**
	 * Verifies that replicas served everything.
	 * @return this assertion
	 */
	public RoutingAssert isServedByReplica() {
		return allMatch((decision) -> decision.role() == Role.REPLICA, "to be served by a replica");
	}

	/**
	 * Verifies that the primary served everything.
	 * @return this assertion
	 */
	public RoutingAssert isServedByPrimary() {
		return allMatch((decision) -> decision.role() == Role.PRIMARY, "to be served by the primary");
	}

	/**
	 * Verifies that certain nodes served everything. Some of them may have served
	 * nothing; see {@link #isServedByEach(String...)}.
	 * @param nodes the names of the nodes of which each decision chose one
	 * @return this assertion
	 */
	public RoutingAssert isServedBy(String... nodes) {
		return allMatch((decision) -> List.of(nodes).contains(decision.node()),
				"to be served by " + String.join(" or ", nodes));
	}

	/**
	 * Verifies that each of certain nodes served, as often as it may be and in any order,
	 * and that no other one did.
	 * @param nodes the names of the nodes, each of which at least one decision chose
	 * @return this assertion
	 */
	public RoutingAssert isServedByEach(String... nodes) {
		isServedBy(nodes);
		List<String> idle = new ArrayList<>(List.of(nodes));
		this.actual.forEach((decision) -> idle.removeAll(List.of(decision.node())));
		if (!idle.isEmpty()) {
			throw failure("Expecting a unit of work to be served by each of %s, but %s served none of:%n  %s",
					List.of(nodes), idle, this.actual);
		}
		return this;
	}

	/**
	 * Verifies which nodes served, one decision after the other.
	 * @param nodes the names of the nodes, one for each decision
	 * @return this assertion
	 */
	public RoutingAssert isServedInOrderBy(String... nodes) {
		Assertions.assertThat(this.actual)
			.as(info.description())
			.extracting(RouteDecision::node)
			.containsExactly(nodes);
		return this;
	}

	/**
	 * Verifies why the nodes were chosen.
	 * @param reasons the reasons of which each decision has one
	 * @return this assertion
	 */
	public RoutingAssert hasReason(Reason... reasons) {
		return allMatch((decision) -> Set.of(reasons).contains(decision.reason()),
				"to have reason " + List.of(reasons));
	}

	/**
	 * Verifies which of the nodes' pools served.
	 * @param pool the kind of pool
	 * @return this assertion
	 */
	public RoutingAssert usesPool(PoolKind pool) {
		return allMatch((decision) -> decision.pool() == pool, "to use the " + pool + " pool");
	}

	/**
	 * Verifies the number of decisions: one for each transaction, and outside of
	 * transactions one for each statement.
	 * @param count the number of decisions
	 * @return this assertion
	 */
	public RoutingAssert hasDecisions(int count) {
		Assertions.assertThat(this.actual).as(info.description()).hasSize(count);
		return this;
	}

	/**
	 * Verifies that no database was asked.
	 * @return this assertion
	 */
	public RoutingAssert isNotRouted() {
		return hasDecisions(0);
	}

	private RoutingAssert allMatch(Predicate<RouteDecision> predicate, String expectation) {
		isNotNull();
		if (this.actual.isEmpty()) {
			throw failure("Expecting a unit of work %s, but none was routed", expectation);
		}
		if (!this.actual.stream().allMatch(predicate)) {
			throw failure("Expecting each unit of work %s, but the decisions were:%n  %s", expectation, this.actual);
		}
		return this;
	}

}
