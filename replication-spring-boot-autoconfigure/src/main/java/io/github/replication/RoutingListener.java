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

/**
 * Is notified of every decision, once the connection of the chosen node has been taken,
 * and of the statements that follow. For meters, traces, response headers, tests.
 * <p>
 * Called on the thread that runs the statement, possibly by many threads at once, and
 * before the statement: it must return quickly and must not use the data source. An
 * exception it throws is logged and changes nothing.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface RoutingListener {

	/**
	 * A unit of work has been sent to a node: a transaction, or a statement outside of
	 * one.
	 * @param decision where and why, never {@code null}
	 */
	void routed(RouteDecision decision);

	/**
	 * A statement of a unit of work is about to be executed.
	 * @param decision where the unit runs and why, never {@code null}; the same object
	 * for each statement of the unit
	 */
	default void executing(RouteDecision decision) {
	}

}
