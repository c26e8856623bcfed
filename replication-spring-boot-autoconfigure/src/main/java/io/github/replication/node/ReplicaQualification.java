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

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

import io.github.replication.node.PrimaryHistory.Point;
import io.github.replication.node.ReplicaPosition.Known;
import io.github.replication.position.ReadMark;
import io.github.replication.position.ReadYourWritesMode;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WalPosition;
import io.github.replication.position.WriteMark;

/**
 * Read your writes and monotonic reads: decides which replicas may serve a caller, by the
 * positions known at one moment. Asks no server.
 *
 * @param settings the settings of positions
 * @param history the samples of the primary
 * @param exact whether positions decide, and not only time
 * @param serving whether the primary serves although it counts as silent
 * @param topology where the nodes that marks name are found, {@code null} for nowhere
 */
record ReplicaQualification(PositionSettings settings, PrimaryHistory history, boolean exact, boolean serving,
		@Nullable Topology topology) {

	/**
	 * The replicas that fulfil a guarantee, in the same order.
	 */
	List<ClusterNode> qualifying(List<ClusterNode> replicas, SessionGuarantee guarantee) {
		if (guarantee.isEmpty()) {
			return replicas;
		}
		List<ClusterNode> qualifying = only(replicas, (node) -> hasReached(node, guarantee));
		if (!qualifying.isEmpty() || guarantee.read() == null || isExactFor(replicas)) {
			return qualifying;
		}
		return only(replicas, (node) -> mayStandIn(node, guarantee));
	}

	/**
	 * Whether one replica fulfils a guarantee. Where its position does not decide, it may
	 * stand in for the node that the caller has read from.
	 */
	boolean qualifies(ClusterNode replica, SessionGuarantee guarantee) {
		return hasReached(replica, guarantee)
				|| (guarantee.read() != null && !isExactFor(replica) && mayStandIn(replica, guarantee));
	}

	/**
	 * Whether a replica may serve a caller although nothing proves that it has all that
	 * the caller has read. The write of the guarantee is enough, but if the primary has
	 * gone silent, only the replica that is furthest is as likely as any to have the
	 * rest: it is the one to be promoted. None is needed where the node of the read is a
	 * primary that serves.
	 */
	private boolean mayStandIn(ClusterNode replica, SessionGuarantee guarantee) {
		return hasReached(replica, guarantee.write())
				&& (this.history.last() == null || this.settings.mode() != ReadYourWritesMode.POSITION || this.exact
						|| isFurthest(replica, guarantee.read()));
	}

	private boolean isFurthest(ClusterNode replica, @Nullable ReadMark read) {
		Topology topology = this.topology;
		if (topology == null) {
			return true;
		}
		if (read != null && isOfServingPrimary(topology.primary(), read)) {
			return false;
		}
		for (ClusterNode other : topology.replicas()) {
			if (other != replica && inRotation(other.id()) != null && isFurther(other, replica)) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Whether a node is known to be further than another. One that was promoted is,
	 * although it reports no position of a standby any longer.
	 */
	private static boolean isFurther(ClusterNode node, ClusterNode other) {
		ReplicaPosition position = node.inquiry().position();
		ReplicaPosition least = other.inquiry().position();
		if (position.isPromoted() || least.isPromoted()) {
			return position.isPromoted();
		}
		Known known = position.known();
		Known leastKnown = least.known();
		return known != null && (leastKnown == null || known.isFurtherThan(leastKnown));
	}

	private boolean isOfServingPrimary(ClusterNode primary, ReadMark read) {
		return (read.node() == ReadMark.PRIMARY) ? this.serving
				: MonotonicReads.isNodeOf(read, primary) && primary.inquiry().failure() == null;
	}

	/**
	 * Whether positions decide about some of the replicas.
	 */
	boolean isExactFor(List<ClusterNode> replicas) {
		for (int i = 0; i < replicas.size(); i++) {
			if (isExactFor(replicas.get(i))) {
				return true;
			}
		}
		return false;
	}

	private boolean isExactFor(ClusterNode replica) {
		return this.exact && replica.inquiry().position().isUsable();
	}

	/**
	 * The replicas that are within a limit of staleness, in the same order.
	 */
	List<ClusterNode> fresh(List<ClusterNode> replicas, MaxStaleness limit) {
		return only(replicas, (node) -> limit.isKeptBy(node, this));
	}

	private static List<ClusterNode> only(List<ClusterNode> replicas, Predicate<ClusterNode> condition) {
		int count = 0;
		while (count < replicas.size() && condition.test(replicas.get(count))) {
			count++;
		}
		if (count == replicas.size()) {
			return replicas;
		}
		List<ClusterNode> some = (count == 1) ? List.of(replicas.get(0)) : List.copyOf(replicas.subList(0, count));
		for (int i = count + 1; i < replicas.size(); i++) {
			if (condition.test(replicas.get(i))) {
				some = with(some, replicas.get(i));
			}
		}
		return some;
	}

	/**
	 * Adds a replica. One alone, which is what most callers have after a read, needs no
	 * array.
	 */
	private static List<ClusterNode> with(List<ClusterNode> replicas, ClusterNode replica) {
		if (replicas.isEmpty()) {
			return List.of(replica);
		}
		List<ClusterNode> more = (replicas instanceof ArrayList) ? replicas : new ArrayList<>(replicas);
		more.add(replica);
		return more;
	}

	/**
	 * Whether a replica is known to fulfil a guarantee.
	 */
	boolean hasReached(ClusterNode node, SessionGuarantee guarantee) {
		return hasReached(node, guarantee.write()) && hasReached(node, guarantee.read());
	}

	private boolean hasReached(ClusterNode node, @Nullable WriteMark write) {
		if (write == null || this.settings.mode() == ReadYourWritesMode.OFF) {
			return true;
		}
		if (this.settings.mode() == ReadYourWritesMode.TIME) {
			return false;
		}
		WalPosition position = write.position();
		return (write.isResolved() || hasReachedSampleAfter(node, write.tick(), write.asynchronous()))
				&& (position == null || hasReplayed(node, position));
	}

	private boolean hasReached(ClusterNode node, @Nullable ReadMark read) {
		return read == null || !this.settings.monotonic() || MonotonicReads.hasReached(node, read, this);
	}

	@Nullable ClusterNode inRotation(int id) {
		return (this.topology != null) ? this.topology.inRotation(id) : null;
	}

	boolean hasReachedSampleAfter(ClusterNode node, long tick, boolean asynchronous) {
		Point point = this.history.firstAfter(tick);
		return point != null && hasReplayed(node, new WalPosition(this.history.timeline(),
				point.covering(asynchronous || this.history.asynchronousCommit())));
	}

	boolean hasReplayed(ClusterNode node, WalPosition position) {
		Known known = node.inquiry().position().known();
		return known != null && isComparable(known, position.timeline())
				&& Long.compareUnsigned(known.lsn(), position.lsn()) >= 0;
	}

	/**
	 * Positions can be compared within one timeline of one cluster. A standby whose
	 * timeline is not known may follow one that the primary has left.
	 */
	boolean isComparable(Known known, int timeline) {
		boolean sameCluster = known.system() == 0 || this.history.system() == 0
				|| known.system() == this.history.system();
		return sameCluster && timeline != 0 && known.timeline() == timeline;
	}

}
