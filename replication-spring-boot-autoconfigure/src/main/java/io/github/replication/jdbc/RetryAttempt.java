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

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.replication.Role;
import io.github.replication.node.ClusterNode;
import io.github.replication.node.Topology;
import io.github.replication.position.SampleClock;

/**
 * A unit of work that may run again when a node fails under it, and the events in it so
 * far. In force on the thread that runs the unit, from the beginning of each attempt to
 * its end. It does not see work that the unit hands to other threads.
 *
 * @since 0.1.0
 */
public final class RetryAttempt {

	private static final ThreadLocal<@Nullable RetryAttempt> CURRENT = new ThreadLocal<>();

	private static final PhysicalConnection[] NONE = {};

	private List<ClusterNode> excluded = List.of();

	private boolean replicasExcluded;

	private volatile boolean prevented;

	/**
	 * The connections in use, also by units within this one. Replaced by the thread of
	 * the unit alone.
	 */
	private volatile PhysicalConnection[] connections = NONE;

	private @Nullable ClusterNode node;

	private boolean behind;

	private boolean preparedAnew;

	private int runs;

	/**
	 * When the unit has asked for its first connection, 0 for not yet.
	 */
	private long began;

	private final List<Throwable> failures = new ArrayList<>(0);

	/**
	 * Whether the current thread attempts such a unit.
	 * @return {@code true} between {@link #enter()} and {@link #exit}
	 */
	public static boolean isOpen() {
		return CURRENT.get() != null;
	}

	/**
	 * Begins an attempt on the current thread. To be called in pairs with {@link #exit}.
	 * @return the attempt that was in force, {@code null} for none
	 */
	public @Nullable RetryAttempt enter() {
		RetryAttempt previous = CURRENT.get();
		CURRENT.set(this);
		this.failures.clear();
		this.behind = false;
		this.runs++;
		SilentNodeAborter.watch(this);
		return previous;
	}

	/**
	 * Ends an attempt.
	 * @param previous the result of {@link #enter()}
	 */
	public static void exit(@Nullable RetryAttempt previous) {
		RetryAttempt attempt = CURRENT.get();
		if (attempt != null) {
			attempt.connections = NONE;
			SilentNodeAborter.unwatch(attempt);
		}
		CURRENT.set(previous);
	}

	/**
	 * The connections in use by a unit that may run elsewhere if they fail.
	 * @return the connections, none once the unit must not run again
	 */
	List<PhysicalConnection> replaceableConnections() {
		return this.prevented ? List.of() : List.of(this.connections);
	}

	/**
	 * The nodes that must not serve the current thread because its unit has failed on
	 * them before.
	 */
	static List<ClusterNode> excluded(Topology topology) {
		RetryAttempt attempt = CURRENT.get();
		if (attempt == null) {
			return List.of();
		}
		return attempt.replicasExcluded ? topology.replicas() : attempt.excluded;
	}

	/**
	 * When the unit of the current thread has begun, if it runs again.
	 * @param clock yields the time
	 * @return the moment of its first connection, 0 if this is its first run or the
	 * thread attempts no unit
	 */
	static long runsAgainSince(SampleClock clock) {
		RetryAttempt attempt = CURRENT.get();
		if (attempt == null) {
			return 0;
		}
		if (attempt.began == 0) {
			attempt.began = clock.coarseNanoTime();
		}
		return (attempt.runs > 1) ? attempt.began : 0;
	}

	/**
	 * Notes the node that the unit of the current thread asks for a connection.
	 */
	static void uses(ClusterNode node) {
		RetryAttempt attempt = CURRENT.get();
		if (attempt != null) {
			attempt.node = node;
		}
	}

	/**
	 * Notes an error of a connection to a node.
	 */
	static void failed(ClusterNode node, SQLException failure) {
		RetryAttempt attempt = CURRENT.get();
		if (attempt != null) {
			attempt.node = node;
			attempt.failures.add(failure);
		}
	}

	/**
	 * Notes that a replica has failed that may lack data of the primary.
	 */
	static void failedBehind() {
		RetryAttempt attempt = CURRENT.get();
		if (attempt != null) {
			attempt.behind = true;
		}
	}

	/**
	 * Notes a connection that is about to be made ready for the unit of the current
	 * thread, for which the server may be asked already.
	 */
	static void takes(PhysicalConnection connection) {
		RetryAttempt attempt = CURRENT.get();
		if (attempt != null && !Arrays.asList(attempt.connections).contains(connection)) {
			PhysicalConnection[] connections = Arrays.copyOf(attempt.connections, attempt.connections.length + 1);
			connections[connections.length - 1] = connection;
			attempt.connections = connections;
		}
	}

	/**
	 * Notes a connection that has gone back.
	 */
	static void returns(PhysicalConnection connection) {
		RetryAttempt attempt = CURRENT.get();
		if (attempt != null && attempt.connections.length > 0) {
			attempt.connections = (attempt.connections.length == 1 && attempt.connections[0] == connection) ? NONE
					: Arrays.stream(attempt.connections)
						.filter((other) -> other != connection)
						.toArray(PhysicalConnection[]::new);
		}
	}

	/**
	 * Notes that the unit of the current thread begins a transaction or a statement in
	 * auto-commit.
	 */
	static void begins(UnitOfWork unit) {
		RetryAttempt attempt = CURRENT.get();
		if (attempt != null) {
			attempt.node = unit.route().node();
			attempt.prevented |= !unit.isReadOnly();
		}
	}

	/**
	 * Notes that the unit of the current thread, if there is one, has begun something
	 * that must not be done twice.
	 */
	public static void preventRetry() {
		RetryAttempt attempt = CURRENT.get();
		if (attempt != null) {
			attempt.prevented = true;
		}
	}

	/**
	 * The node that may be the reason why the attempt has failed.
	 * @return the node that was used last; {@code null} if that is excluded already, if
	 * there was none, or if the unit must not run again
	 */
	public @Nullable ClusterNode suspect() {
		ClusterNode node = this.node;
		return (node != null && !this.prevented && !isExcluded(node)) ? node : null;
	}

	private boolean isExcluded(ClusterNode node) {
		return this.excluded.contains(node) || (this.replicasExcluded && node.role() == Role.REPLICA);
	}

	/**
	 * Whether the unit of the current thread has lost a connection to a node before, so
	 * that others of its pool may be broken as well.
	 */
	static boolean hasFailedOn(ClusterNode node) {
		RetryAttempt attempt = CURRENT.get();
		return attempt != null && attempt.excluded.contains(node);
	}

	/**
	 * Whether the replica on which the attempt has failed may have lacked writes of the
	 * primary.
	 * @return {@code false} if it is known to have had all of them
	 */
	public boolean isBehind() {
		return this.behind;
	}

	/**
	 * Lets the unit run again on the same node, with its statements prepared again.
	 * @return {@code false} if that has been done
	 */
	public boolean prepareAnew() {
		boolean first = !this.preparedAnew;
		this.preparedAnew = true;
		return first;
	}

	/**
	 * Whether an error came from a connection of this attempt. The application may have
	 * other databases, and its own mistakes.
	 * @param failure an error in the chain of causes of the unit's exception
	 * @return {@code true} if a connection has thrown it in this attempt
	 */
	public boolean hasSeen(Throwable failure) {
		for (Throwable seen : this.failures) {
			if (seen == failure) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Excludes a node from the attempts to come. A primary goes on serving the statements
	 * that no other node may serve, but a unit that fails there once more has failed.
	 * @param node the node that failed
	 */
	public void exclude(ClusterNode node) {
		List<ClusterNode> more = new ArrayList<>(this.excluded);
		more.add(node);
		this.excluded = more;
	}

	/**
	 * Excludes every replica from the attempts to come.
	 */
	public void excludeReplicas() {
		this.replicasExcluded = true;
	}

}
