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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import io.github.replication.Reason;
import io.github.replication.caller.CallerRecord;
import io.github.replication.node.PrimaryHistory.Lag;
import io.github.replication.node.ReplicaPosition.Known;
import io.github.replication.position.PositionResolver;
import io.github.replication.position.PositionToken.Read;
import io.github.replication.position.ReadMark;
import io.github.replication.position.ReadYourWritesMode;
import io.github.replication.position.SampleClock;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WriteMark;

/**
 * The positions of all nodes, by which reads are routed. {@link PrimaryPosition} and
 * {@link ReplicaPosition} keep them, {@link ReplicaQualification} judges them, and
 * {@link ReplicaWait} brings them up to date. Safe for use by several threads.
 *
 * @since 0.1.0
 */
public final class Positions implements PositionResolver {

	private final PositionSettings settings;

	private final SampleClock clock;

	private final PrimaryPosition primary;

	private final ReplicaWait replicaWait;

	private final TimelineMarks marks;

	private volatile Supplier<@Nullable Topology> topology = () -> null;

	private final AtomicReference<@Nullable Requirement> requiredForAll = new AtomicReference<>();

	Positions(PositionSettings settings, SampleClock clock) {
		this.settings = settings;
		this.clock = clock;
		this.primary = new PrimaryPosition(settings.mode());
		this.replicaWait = new ReplicaWait(settings, clock);
		this.marks = new TimelineMarks(this.primary::history, clock::nanoTime);
	}

	/**
	 * Sets where the nodes that marks name are found.
	 */
	void within(Supplier<@Nullable Topology> topology) {
		this.topology = topology;
	}

	/**
	 * Sets the node to ask for positions of the primary.
	 */
	void follow(NodeInquiry primary) {
		this.replicaWait.follow(primary);
		this.marks.follow(primary);
	}

	TimelineMarks marks() {
		return this.marks;
	}

	/**
	 * The primary has answered, or failed to. Once it is silent the replicas get no
	 * further, and are asked how far they have come.
	 */
	void primaryAnswered(@Nullable Sample sample, @Nullable Exception failure) {
		Topology topology = this.topology.get();
		if (this.primary.answered(sample, failure) && topology != null) {
			topology.replicas().forEach((replica) -> replica.inquiry().sampleAfter(this.clock.now()));
		}
	}

	/**
	 * A unit was served by the primary. If that counts as silent, it is asked at once.
	 */
	public void primaryHasServed() {
		NodeInquiry primary = this.replicaWait.primary();
		if (this.primary.served() && primary != null) {
			primary.sampleAfter(this.clock.now());
		}
	}

	private PrimaryHistory history() {
		return this.primary.history();
	}

	/**
	 * How far a replica is behind, {@code null} if that is not known.
	 */
	@Nullable Lag lagOf(ClusterNode node) {
		Known known = node.inquiry().position().known();
		return (known != null) ? lagAt(known.lsn()) : null;
	}

	/**
	 * How far a replica is behind that has replayed a position and nothing more.
	 */
	@Nullable Lag lagAt(long lsn) {
		return history().lagOf(lsn, this.clock.nanoTime());
	}

	/**
	 * Compares a replica's position with later ones of the primary.
	 */
	void compare(ClusterNode replica) {
		replica.inquiry().position().compare(history());
	}

	/**
	 * Whether a replica is of another history than the primary.
	 */
	boolean hasDiverged(ClusterNode replica) {
		return replica.inquiry().position().hasDivergedFrom(history().timeline());
	}

	/**
	 * Asks the primary once if it has never reported a position, so that its identity
	 * decides whether a replica belongs to it. Waits no longer than a probe may take.
	 */
	void knowPrimary() {
		NodeInquiry primary = this.replicaWait.primary();
		if (history().last() == null && primary != null && primary.failure() == null) {
			this.replicaWait.askPrimary(0);
		}
	}

	/**
	 * The timeline of the primary, 0 while it is not known.
	 */
	int timelineOfPrimary() {
		return history().timeline();
	}

	/**
	 * The system identifier of the primary, 0 while it is not known.
	 */
	long systemOfPrimary() {
		return history().system();
	}

	/**
	 * Returns how often a read had to find out whether a replica has reached the required
	 * position.
	 * @return the number
	 */
	public long waits() {
		return this.replicaWait.waits();
	}

	/**
	 * How long that has taken in all.
	 * @return the time in nanoseconds
	 */
	public double waitedNanos() {
		return this.replicaWait.waitedNanos();
	}

	/**
	 * Returns the settings of positions.
	 * @return the settings
	 */
	public PositionSettings settings() {
		return this.settings;
	}

	@Override
	public ReadYourWritesMode mode() {
		return this.settings.mode();
	}

	@Override
	public boolean isMonotonic() {
		return this.settings.monotonic();
	}

	/**
	 * Returns the replica that a caller has read from and stays with.
	 * @param guarantee the guarantee of the caller
	 * @return the replica, {@code null} if it is not in rotation or the caller's reads
	 * are spread
	 */
	public @Nullable ClusterNode nodeOf(SessionGuarantee guarantee) {
		ReadMark read = guarantee.read();
		return (read != null && read.isStaying() && this.settings.monotonic()) ? inRotation(read.node()) : null;
	}

	private @Nullable ClusterNode inRotation(int id) {
		Topology topology = this.topology.get();
		return (topology != null) ? topology.inRotation(id) : null;
	}

	/**
	 * Returns the judgment by the positions known now.
	 */
	private ReplicaQualification now() {
		return new ReplicaQualification(this.settings, history(), isExact(), this.primary.isServing(),
				this.topology.get());
	}

	@Override
	public @Nullable Place placeOf(int node) {
		Topology topology = this.topology.get();
		ClusterNode replica = (topology != null) ? topology.inRotation(node) : null;
		return (topology != null && replica != null)
				? new Place(indexOf(topology, replica), topology.rotation(replica.group()).hash()) : null;
	}

	@Override
	public int indexOf(int node) {
		Topology topology = this.topology.get();
		ClusterNode replica = (topology != null) ? topology.replica(node) : null;
		return (topology != null && replica != null) ? indexOf(topology, replica) : 0;
	}

	private static int indexOf(Topology topology, ClusterNode node) {
		return 1 + topology.rank(node) % (Read.INDEXES - 1);
	}

	@Override
	public boolean isExact() {
		return this.settings.mode() == ReadYourWritesMode.POSITION && this.primary.isReporting();
	}

	/**
	 * Why none of several replicas qualifies.
	 * @param replicas the replicas
	 * @return {@link Reason#BEHIND} where positions decide
	 */
	public Reason reason(List<ClusterNode> replicas) {
		return now().isExactFor(replicas) ? Reason.BEHIND : Reason.RECENT_WRITE;
	}

	/**
	 * Returns the replicas that may serve a caller.
	 * @param replicas replicas in rotation
	 * @param guarantee the guarantee of the caller
	 * @return the replicas known to have reached it, in the same order
	 */
	public List<ClusterNode> qualifying(List<ClusterNode> replicas, SessionGuarantee guarantee) {
		SessionGuarantee required = required(guarantee);
		return required.isEmpty() ? replicas : now().qualifying(replicas, required);
	}

	/**
	 * Whether one replica may serve a caller.
	 * @param replica a replica in rotation
	 * @param guarantee the guarantee of the caller
	 * @return {@code true} if it is known to have reached it
	 */
	public boolean qualifies(ClusterNode replica, SessionGuarantee guarantee) {
		SessionGuarantee required = required(guarantee);
		return required.isEmpty() || isNodeOfRead(replica, required) || now().qualifies(replica, required);
	}

	/**
	 * Whether a caller has only read, and from this replica. Then no position needs to be
	 * looked at.
	 */
	private static boolean isNodeOfRead(ClusterNode replica, SessionGuarantee required) {
		ReadMark read = required.read();
		return required.write() == null && read != null && MonotonicReads.isNodeOf(read, replica);
	}

	/**
	 * Whether positions restrict the replicas that may serve a caller.
	 * @param guarantee the guarantee of the caller
	 * @return {@code false} if any replica in rotation may serve
	 */
	public boolean areRequired(SessionGuarantee guarantee) {
		return !guarantee.isEmpty() || this.requiredForAll.get() != null;
	}

	/**
	 * Has every read of the application see the writes up to now.
	 * @param asynchronous whether a commit has not waited for the log
	 * @param window how long that counts at most
	 */
	void requireForAll(boolean asynchronous, Duration window) {
		WriteMark write = WriteMark.unresolved(this.clock.now(), asynchronous, this.clock.nanoTime());
		this.requiredForAll
			.set(new Requirement(new SessionGuarantee(write, null), this.clock.nanoTime() + window.toNanos()));
	}

	/**
	 * The guarantee of a caller together with the one that counts for every read.
	 */
	private SessionGuarantee required(SessionGuarantee guarantee) {
		return guarantee.and(guaranteeOfAll());
	}

	private SessionGuarantee guaranteeOfAll() {
		Requirement requirement = this.requiredForAll.get();
		if (requirement == null) {
			return SessionGuarantee.NONE;
		}
		if (this.clock.nanoTime() - requirement.until() >= 0) {
			this.requiredForAll.compareAndSet(requirement, null);
			return SessionGuarantee.NONE;
		}
		return requirement.guarantee();
	}

	/**
	 * Has the primary asked for the position that every read must see, without waiting
	 * for it: later writes are not to count.
	 */
	void resolveForAll() {
		WriteMark write = guaranteeOfAll().write();
		NodeInquiry primary = this.replicaWait.primary();
		if (write != null && primary != null) {
			primary.sampleAfter(write.tick());
		}
	}

	/**
	 * Whether a replica may not have replayed all that the primary has written by now.
	 * Asks the primary, and waits no longer than a probe may take.
	 * @param node the replica
	 * @return {@code false} if it is known to have
	 */
	public boolean mayBeBehind(ClusterNode node) {
		if (!isExact()) {
			return true;
		}
		WriteMark now = WriteMark.unresolved(this.clock.now(), false, this.clock.nanoTime());
		this.replicaWait.askPrimary(now.tick());
		return !hasReached(node, new SessionGuarantee(now, null));
	}

	/**
	 * Returns the replicas that are known to be fresh enough.
	 * @param replicas replicas in rotation
	 * @param maxStaleness how old the data may be
	 * @return the replicas that had reached, within that time, the position that the
	 * primary had flushed then
	 */
	public List<ClusterNode> fresh(List<ClusterNode> replicas, Duration maxStaleness) {
		return now().fresh(replicas, new MaxStaleness(maxStaleness, this.clock.nanoTime()));
	}

	/**
	 * Whether one replica is known to be fresh enough.
	 * @param replica a replica in rotation
	 * @param maxStaleness how old the data may be
	 * @return whether it had reached, within that time, the position that the primary had
	 * flushed then
	 */
	public boolean isFresh(ClusterNode replica, Duration maxStaleness) {
		ReplicaQualification known = now();
		return new MaxStaleness(maxStaleness, this.clock.nanoTime()).isKeptBy(replica, known);
	}

	/**
	 * Whether a replica is known to fulfil the guarantee of a caller.
	 * @param node the replica
	 * @param guarantee the guarantee of the caller
	 * @return {@code false} also if that is not known
	 */
	public boolean hasReached(ClusterNode node, SessionGuarantee guarantee) {
		return now().hasReached(node, guarantee);
	}

	/**
	 * Whether a replica was known to have reached a write before a moment. Sends nothing
	 * to any server.
	 * @param node the replica
	 * @param write the write
	 * @param tick the moment, as the clock has noted it
	 * @return {@code false} also if that is not known
	 */
	public boolean hadReached(ClusterNode node, WriteMark write, long tick) {
		boolean reached = hasReached(node, new SessionGuarantee(write, null));
		Known known = node.inquiry().position().known();
		return reached && known != null && known.until() < tick;
	}

	/**
	 * Asks replicas again, and the primary if need be, until one of them qualifies. Waits
	 * no longer than configured.
	 * @param replicas the replicas that may be asked
	 * @param record the caller's record, which keeps the findings
	 * @return {@code true} if one of them qualifies now
	 */
	public boolean catchUp(List<ClusterNode> replicas, CallerRecord record) {
		boolean reached = isWorthAsking(replicas, record) && this.replicaWait.run(asked(replicas, record),
				() -> settle(replicas, record), () -> isReached(replicas, record));
		if (!reached) {
			record.recordBehind(successor(replicas, record.guarantee()));
		}
		return reached;
	}

	/**
	 * While the primary is silent a replica can still be found to have a position that is
	 * known.
	 */
	private boolean isWorthAsking(List<ClusterNode> replicas, CallerRecord record) {
		return isExact() || (this.settings.mode() == ReadYourWritesMode.POSITION && settle(replicas, record) < 0);
	}

	/**
	 * The replicas to ask, and also the one that the caller has read from. The caller may
	 * be about to leave it, but another replica that has come as far as this one is
	 * enough.
	 */
	private List<ClusterNode> asked(List<ClusterNode> replicas, CallerRecord record) {
		ClusterNode left = nodeOf(record.guarantee());
		if (left == null || replicas.contains(left)) {
			return replicas;
		}
		List<ClusterNode> asked = new ArrayList<>(replicas);
		asked.add(left);
		return asked;
	}

	/**
	 * The replica that a caller is to use once it has caught up: its own if that may
	 * serve, else any, as often as the weights say.
	 */
	private int successor(List<ClusterNode> replicas, SessionGuarantee guarantee) {
		ClusterNode node = nodeOf(guarantee);
		if (node != null && replicas.contains(node)) {
			return node.id();
		}
		long total = replicas.stream().mapToLong(ClusterNode::weight).sum();
		long point = (total > 0) ? ThreadLocalRandom.current().nextLong(total) : 0;
		for (ClusterNode replica : replicas) {
			point -= replica.weight();
			if (point < 0) {
				return replica.id();
			}
		}
		return ReadMark.PRIMARY;
	}

	/**
	 * Asks replicas again, and the primary, until one of them is known to be fresh.
	 * @param replicas the replicas that may be asked
	 * @param maxStaleness how old the data may be
	 * @return {@code true} if one of them qualifies now
	 */
	public boolean refresh(List<ClusterNode> replicas, Duration maxStaleness) {
		long tick = this.clock.now();
		return this.replicaWait.run(replicas, () -> tick, () -> !fresh(replicas, maxStaleness).isEmpty());
	}

	private boolean isReached(List<ClusterNode> replicas, CallerRecord record) {
		SessionGuarantee guarantee = required(record.guarantee());
		ReplicaQualification now = now();
		return replicas.stream().anyMatch((node) -> now.hasReached(node, guarantee));
	}

	/**
	 * Corrects a caller's position that is known to be impossible.
	 * @return the tick that a sample of the primary must exceed to know more, -1 if it
	 * need not be asked
	 */
	private long settle(List<ClusterNode> replicas, CallerRecord record) {
		record.updateWrite((write) -> writes().correct(write, this.clock.now()));
		SessionGuarantee guarantee = required(record.guarantee());
		long tick = writes().doubt(guarantee.write());
		ReadMark read = guarantee.read();
		if (read != null && this.settings.monotonic()
				&& replicas.stream().noneMatch((node) -> MonotonicReads.isNodeOf(read, node))) {
			tick = Math.max(tick, read.tick());
		}
		return (tick >= 0 && history().firstAfter(tick) == null) ? tick : -1;
	}

	private WritePositionLookup writes() {
		return new WritePositionLookup(history());
	}

	@Override
	public int cluster() {
		return Long.hashCode(history().system());
	}

	@Override
	public WriteMark resolve(WriteMark write) {
		if (isExact() && history().firstAfter(write.tick()) == null) {
			this.replicaWait.askPrimary(write.tick());
		}
		return lookUp(write);
	}

	@Override
	public WriteMark lookUp(WriteMark write) {
		return isExact() ? writes().resolve(write, this.clock.now()) : write;
	}

	/**
	 * The writes that every read must see for some time.
	 *
	 * @param guarantee the newest write
	 * @param until when it counts no longer, by the monotonic clock in nanoseconds
	 */
	private record Requirement(SessionGuarantee guarantee, long until) {

	}

}
