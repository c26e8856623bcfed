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
package io.github.replication.jdbc;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.replication.Role;
import io.github.replication.node.ClusterNode;
import io.github.replication.node.Topology;

/**
 * What has happened so far to a unit of work that may run again on another node when a
 * replica fails under it. In force on the thread that runs the unit, from the beginning
 * of each attempt to its end; what the unit lets other threads do is not known to it.
 */
public final class RepeatableUnit {

	private static final Log logger = LogFactory.getLog(RepeatableUnit.class);

	private static final ThreadLocal<@Nullable RepeatableUnit> CURRENT = new ThreadLocal<>();

	/**
	 * All attempts under way, for those who look from other threads.
	 */
	private static final Set<RepeatableUnit> OPEN = ConcurrentHashMap.newKeySet();

	private List<ClusterNode> failed = List.of();

	private boolean replicasLeftOut;

	private volatile boolean once;

	private volatile @Nullable Binding binding;

	private @Nullable ClusterNode node;

	/**
	 * Whether the current thread attempts such a unit.
	 * @return {@code true} between {@link #enter()} and {@link #leave}
	 */
	public static boolean isOpen() {
		return CURRENT.get() != null;
	}

	/**
	 * Begins an attempt on the current thread. To be called in pairs with {@link #leave}.
	 * @return the unit that was in force, {@code null} for none
	 */
	public @Nullable RepeatableUnit enter() {
		RepeatableUnit previous = CURRENT.get();
		CURRENT.set(this);
		OPEN.add(this);
		return previous;
	}

	/**
	 * Ends an attempt.
	 * @param previous what {@link #enter()} has returned
	 */
	public static void leave(@Nullable RepeatableUnit previous) {
		RepeatableUnit unit = CURRENT.get();
		if (unit != null) {
			unit.binding = null;
			OPEN.remove(unit);
		}
		CURRENT.set(previous);
	}

	/**
	 * Lets the units fail that wait for a silent node and may run again elsewhere.
	 */
	static void abortOn(ClusterNode node) {
		for (RepeatableUnit unit : OPEN) {
			Binding binding = unit.binding;
			if (binding != null && !unit.once && node.role() == Role.REPLICA && binding.route().node() == node) {
				logger.debug(node + " is silent: the connection of a unit that may run elsewhere is aborted");
				binding.abortUnderUnit();
			}
		}
	}

	/**
	 * The nodes that must not serve the current thread because its unit has failed on
	 * them before.
	 */
	static List<ClusterNode> leftOut(Topology topology) {
		RepeatableUnit unit = CURRENT.get();
		if (unit == null) {
			return List.of();
		}
		return unit.replicasLeftOut ? topology.replicas() : unit.failed;
	}

	/**
	 * Remembers which node the unit of the current thread uses: the one that is asked for
	 * a connection, or the one on which a statement has just failed.
	 */
	static void uses(ClusterNode node) {
		RepeatableUnit unit = CURRENT.get();
		if (unit != null) {
			unit.node = node;
		}
	}

	/**
	 * Remembers the connection that is about to be made ready for the unit of the current
	 * thread, for which the server may be asked already.
	 */
	static void takes(Binding binding) {
		RepeatableUnit unit = CURRENT.get();
		if (unit != null) {
			unit.binding = binding;
		}
	}

	/**
	 * Remembers what the unit of the current thread begins: a transaction or a statement
	 * in auto-commit.
	 */
	static void begins(Binding binding) {
		RepeatableUnit unit = CURRENT.get();
		if (unit != null) {
			unit.node = binding.route().node();
			unit.once |= !binding.isReadOnlyUnit();
		}
	}

	/**
	 * Remembers that the unit of the current thread, if there is one, has begun something
	 * that must not be done twice.
	 */
	public static void mustNotRunAgain() {
		RepeatableUnit unit = CURRENT.get();
		if (unit != null) {
			unit.once = true;
		}
	}

	/**
	 * The replica that may be the reason why the attempt has failed.
	 * @return the node that was used last; {@code null} if that was the primary or one
	 * that is left out already, if there was none, or if the unit must not run again
	 */
	public @Nullable ClusterNode suspect() {
		ClusterNode node = this.node;
		return (node != null && node.role() == Role.REPLICA && !this.once && !this.replicasLeftOut
				&& !this.failed.contains(node)) ? node : null;
	}

	/**
	 * Leaves a node out of the attempts to come.
	 * @param node the node that failed
	 */
	public void leaveOut(ClusterNode node) {
		List<ClusterNode> more = new ArrayList<>(this.failed);
		more.add(node);
		this.failed = more;
	}

	/**
	 * Leaves every replica out of the attempts to come.
	 */
	public void leaveOutReplicas() {
		this.replicasLeftOut = true;
	}

}
