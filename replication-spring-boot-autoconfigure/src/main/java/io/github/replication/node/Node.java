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

package io.github.replication.node;

import org.jspecify.annotations.Nullable;

/**
 * One server of the cluster, as a load balancer sees it. Safe for use by several threads;
 * the numbers are those of the moment.
 *
 * @since 0.1.0
 */
public interface Node {

	/**
	 * The configured name, which stays the same in any role of the node.
	 * @return the name
	 */
	String name();

	/**
	 * The share of reads that this node is to have, relative to the others.
	 * @return the weight, at least 1 for a node that is offered to a load balancer
	 */
	int weight();

	/**
	 * The zone that the node stands in.
	 * @return the zone, {@code null} if none was configured
	 */
	@Nullable String zone();

	/**
	 * How many connections of the node's read pool are in use by this application.
	 * @return the number of units that run on the node or wait for a connection to it
	 */
	int activeConnections();

	/**
	 * How long the node takes to give a connection and to answer a statement: an average
	 * that follows a slow answer at once and forgets it within seconds. Measured from the
	 * first call on.
	 * @return nanoseconds, 0 while nothing is known
	 */
	double responseTime();

}
