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

import java.time.Duration;
import java.util.List;

/**
 * The nodes of a running application with their states, and changes without a restart.
 * Changes hold for this instance of the application until it ends.
 * <p>
 * Safe for use by several threads. Looking asks no server.
 *
 * @since 0.1.0
 */
public interface ReplicationCluster {

	/**
	 * Returns the known state of every node.
	 * @return the primary first, then the replicas in the order in which they were added
	 */
	List<NodeStatus> nodes();

	/**
	 * Returns the known state of a node.
	 * @param name the name of the node
	 * @return its status
	 * @throws IllegalArgumentException if there is no node of that name
	 */
	NodeStatus node(String name);

	/**
	 * Adds a replica. It serves as soon as a connection to it can be opened, with a small
	 * share of the reads at first.
	 * @param replica the replica to connect to
	 * @throws IllegalArgumentException if the name is taken, or the URL is not the JDBC
	 * URL of one server or is that of another node
	 */
	void add(NodeDefinition replica);

	/**
	 * Removes a replica: no unit of work begins there any more, units under way may end,
	 * then its connections are closed. Waits for that.
	 * @param name the name of the replica
	 * @param deadline how long units under way may take; after that their connections are
	 * closed under them
	 * @return {@code true} if all of them have ended in time
	 * @throws IllegalArgumentException if there is no node of that name
	 * @throws IllegalStateException if the node is the primary
	 */
	boolean remove(String name, Duration deadline);

	/**
	 * Takes a replica out of rotation. Units under way end there.
	 * @param name the name of the replica
	 * @throws IllegalArgumentException if there is no node of that name
	 * @throws IllegalStateException if the node is the primary
	 */
	void drain(String name);

	/**
	 * Puts a replica that was {@linkplain #drain drained} into rotation again, as far as
	 * its state lets it. Does nothing if it was not drained.
	 * @param name the name of the replica
	 * @throws IllegalArgumentException if there is no node of that name
	 */
	void resume(String name);

}
