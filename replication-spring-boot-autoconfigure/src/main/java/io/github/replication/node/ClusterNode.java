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

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

import io.github.replication.PoolKind;
import io.github.replication.Role;
import io.github.replication.position.ReadMark;

/**
 * A node with its pools.
 */
public final class ClusterNode implements Node {

	private final NodeDefinition definition;

	private final Role role;

	private final ReadPool readPool;

	private final @Nullable DataSource writePool;

	private final NodeMonitor monitor;

	ClusterNode(NodeDefinition definition, Role role, Pools pools, NodeMonitor monitor) {
		this.definition = definition;
		this.role = role;
		this.readPool = pools.read();
		this.writePool = pools.write();
		this.monitor = monitor;
	}

	@Override
	public String name() {
		return this.definition.name();
	}

	@Override
	public int weight() {
		return this.definition.weight();
	}

	@Override
	public @Nullable String zone() {
		return this.definition.zone();
	}

	@Override
	public int activeConnections() {
		return this.readPool.active();
	}

	/**
	 * The group whose reads alone the node serves.
	 * @return the group, {@code null} for none
	 */
	public @Nullable String group() {
		return this.definition.group();
	}

	/**
	 * What the node is.
	 * @return its role
	 */
	public Role role() {
		return this.role;
	}

	/**
	 * How the node is called in marks of what a caller has read.
	 * @return the id of a replica since it was started last; {@link ReadMark#PRIMARY} for
	 * the primary, whichever node that is, and while nothing is known of the replica
	 */
	public int id() {
		return (this.role == Role.PRIMARY) ? ReadMark.PRIMARY : this.monitor.position().id();
	}

	NodeMonitor monitor() {
		return this.monitor;
	}

	/**
	 * The node's pool of read-only connections.
	 * @return the pool
	 */
	public ReadPool readPool() {
		return this.readPool;
	}

	/**
	 * The pool of a kind.
	 * @param kind which pool
	 * @return the pool as a data source
	 * @throws IllegalStateException if the node has no such pool
	 */
	public DataSource pool(PoolKind kind) {
		DataSource pool = (kind == PoolKind.READ) ? this.readPool : this.writePool;
		Assert.state(pool != null, () -> name() + " has no pool for writes");
		return pool;
	}

	@Override
	public String toString() {
		return name();
	}

	/**
	 * The pools of a node.
	 *
	 * @param read the pool of read-only connections
	 * @param write the application's own pool, {@code null} for a replica
	 */
	record Pools(ReadPool read, @Nullable DataSource write) {

	}

}
