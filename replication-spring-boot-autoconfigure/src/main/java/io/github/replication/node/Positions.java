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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.replication.Reason;
import io.github.replication.caller.CallerRecord;
import io.github.replication.node.PrimaryHistory.Lag;
import io.github.replication.node.PrimaryHistory.Point;
import io.github.replication.node.ReplicaPosition.Known;
import io.github.replication.position.Bound;
import io.github.replication.position.PositionResolver;
import io.github.replication.position.ReadMark;
import io.github.replication.position.ReadYourWrites;
import io.github.replication.position.SampleClock;
import io.github.replication.position.WalPosition;
import io.github.replication.position.Write;

/**
 * Knows which replica has replayed what a caller must see. Looking costs no more than
 * reading what is known; asking again is bounded in time and in number.
 */
public final class Positions implements PositionResolver {

	private static final Log logger = LogFactory.getLog(Positions.class);

	private static final long SHORTEST_BUDGET = Duration.ofMillis(50).toNanos();

	private static final int INDEXES = 8;

	private static final long POLL = Duration.ofMillis(2).toNanos();

	private final PositionSettings settings;

	private final SampleClock clock;

	private volatile PrimaryHistory history = PrimaryHistory.EMPTY;

	private volatile Supplier<@Nullable Topology> topology = () -> null;

	private volatile @Nullable NodeMonitor primary;

	private volatile boolean promoted;

	private volatile boolean told = true;

	private int failures;

	private volatile @Nullable Requirement requiredForAll;

	private final LongAdder waits = new LongAdder();

	private final LongAdder waitedNanos = new LongAdder();

	Positions(PositionSettings settings, SampleClock clock) {
		this.settings = settings;
		this.clock = clock;
	}

	/**
	 * Sets where the nodes that marks name are found.
	 */
	void within(Supplier<@Nullable Topology> topology) {
		this.topology = topology;
	}

	/**
	 * Sets whom to ask for positions of the primary.
	 */
	void follow(NodeMonitor primary) {
		this.primary = primary;
	}

	/**
	 * The primary has answered, or failed to. One failure alone says nothing: until the
	 * next question whoever needs to know more than is known is served by the primary.
	 */
	void primaryAnswered(@Nullable Sample sample, @Nullable Exception failure) {
		this.failures = (sample != null) ? 0 : this.failures + 1;
		if (this.failures == 1) {
			return;
		}
		boolean tells = sample != null && sample.state().hasPosition() && !sample.state().inRecovery();
		if (sample != null && tells) {
			PrimaryHistory before = this.history;
			PrimaryHistory history = before.with(sample);
			if (before.timeline() != 0 && history.timeline() != before.timeline()) {
				this.promoted = true;
			}
			this.history = history;
		}
		if (tells != this.told) {
			this.told = tells;
			if (this.settings.mode() == ReadYourWrites.POSITION) {
				report(sample, failure);
			}
		}
	}

	private void report(@Nullable Sample sample, @Nullable Exception failure) {
		if (this.told) {
			logger.info("The primary tells its position again");
			return;
		}
		String cause = (failure != null) ? String.valueOf(failure.getMessage())
				: (sample != null && sample.state().inRecovery()) ? "it is a standby"
						: "the user may not ask, or the server is not PostgreSQL";
		logger.warn("The primary does not tell its position (" + cause + "): until it does, reads of a caller who has"
				+ " written go to the primary for the length of replication.read-your-writes.window (RECENT_WRITE)");
	}

	/**
	 * How far a replica is behind, {@code null} if that cannot be told.
	 */
	@Nullable Lag lagOf(ClusterNode node) {
		Known known = node.monitor().position().known();
		return (known != null) ? this.history.lagOf(known.lsn(), known.timeline(), this.clock.nanoTime()) : null;
	}

	/**
	 * Asks the primary once if it has never told, so that what it is decides whether a
	 * replica belongs to it. Waits no longer than a probe may take.
	 */
	void knowPrimary() {
		NodeMonitor primary = this.primary;
		if (this.history.last() == null && primary != null && primary.failure() == null) {
			answered(primary.sampleAfter(0), this.clock.nanoTime() + this.settings.timeout().toNanos());
		}
	}

	/**
	 * The timeline of the primary, 0 while it is not known.
	 */
	int timelineOfPrimary() {
		return this.history.timeline();
	}

	/**
	 * The system identifier of the primary, 0 while it is not known.
	 */
	long systemOfPrimary() {
		return this.history.system();
	}

	/**
	 * How often a read had to find out whether a replica has what it must see.
	 * @return the number
	 */
	public long waits() {
		return this.waits.sum();
	}

	/**
	 * How long that has taken in all.
	 * @return the time in nanoseconds
	 */
	public double waitedNanos() {
		return this.waitedNanos.sum();
	}

	/**
	 * What is configured.
	 * @return the settings
	 */
	public PositionSettings settings() {
		return this.settings;
	}

	@Override
	public ReadYourWrites mode() {
		return this.settings.mode();
	}

	@Override
	public boolean isMonotonic() {
		return this.settings.monotonic();
	}

	/**
	 * The replica that a caller has read from and stays with.
	 * @param bound what the caller must not fall behind
	 * @return the replica, {@code null} if it is not in rotation or the caller's reads
	 * are spread
	 */
	public @Nullable ClusterNode nodeOf(Bound bound) {
		ReadMark read = bound.read();
		return (read != null && read.isStaying() && this.settings.monotonic()) ? inRotation(read.node()) : null;
	}

	private @Nullable ClusterNode inRotation(int id) {
		Topology topology = this.topology.get();
		return (topology != null) ? topology.inRotation(id) : null;
	}

	@Override
	public @Nullable Place placeOf(int node) {
		Topology topology = this.topology.get();
		ClusterNode replica = (topology != null) ? topology.inRotation(node) : null;
		return (topology != null && replica != null)
				? new Place(1 + topology.rank(replica) % INDEXES, topology.rotation(replica.group()).hash()) : null;
	}

	@Override
	public boolean isExact() {
		return this.settings.mode() == ReadYourWrites.POSITION && this.told;
	}

	/**
	 * Why a replica that does not qualify does not.
	 * @return {@link Reason#BEHIND} where positions decide
	 */
	public Reason reason() {
		return isExact() ? Reason.BEHIND : Reason.RECENT_WRITE;
	}

	/**
	 * The replicas that may serve a caller.
	 * @param replicas replicas in rotation
	 * @param bound what the caller must not fall behind
	 * @return those known to have reached it, in the same order
	 */
	public List<ClusterNode> qualifying(List<ClusterNode> replicas, Bound bound) {
		if (bound.isEmpty()) {
			return replicas;
		}
		List<ClusterNode> qualifying = only(replicas, (node) -> hasReached(node, bound));
		if (!qualifying.isEmpty() || isExact() || bound.read() == null) {
			return qualifying;
		}
		return only(replicas, (node) -> hasReached(node, bound.write()));
	}

	/**
	 * Has every read of the application see what was written up to now.
	 * @param asynchronous whether a commit has not waited for the log
	 * @param window how long that counts at most
	 */
	void requireForAll(boolean asynchronous, Duration window) {
		Write write = Write.unresolved(this.clock.now(), asynchronous, this.clock.nanoTime());
		this.requiredForAll = new Requirement(write, this.clock.nanoTime() + window.toNanos());
	}

	/**
	 * The replicas that have what every read of the application must see.
	 * @param replicas replicas in rotation
	 * @return those known to have it, in the same order
	 */
	public List<ClusterNode> upToDate(List<ClusterNode> replicas) {
		Requirement requirement = this.requiredForAll;
		if (requirement == null) {
			return replicas;
		}
		if (this.clock.nanoTime() - requirement.until() >= 0) {
			this.requiredForAll = null;
			return replicas;
		}
		return only(replicas, (node) -> hasReached(node, requirement.write()));
	}

	/**
	 * Whether a replica may not have replayed all that the primary has written by now.
	 * Asks the primary, and waits no longer than a probe may take.
	 * @param node the replica
	 * @return {@code false} if it is known to have
	 */
	public boolean mayBeBehind(ClusterNode node) {
		NodeMonitor primary = this.primary;
		if (!isExact() || primary == null) {
			return true;
		}
		long tick = this.clock.now();
		answered(primary.sampleAfter(tick), this.clock.nanoTime() + this.settings.timeout().toNanos());
		return !hasReachedSampleAfter(node, tick, false);
	}

	/**
	 * The replicas that are known to be fresh enough.
	 * @param replicas replicas in rotation
	 * @param maxStaleness how old the data may be
	 * @return those that had replayed within that time what the primary had flushed then
	 */
	public List<ClusterNode> fresh(List<ClusterNode> replicas, Duration maxStaleness) {
		return only(replicas, (node) -> isFresh(node, maxStaleness));
	}

	private static List<ClusterNode> only(List<ClusterNode> replicas, Predicate<ClusterNode> condition) {
		List<ClusterNode> some = new ArrayList<>(replicas.size());
		for (int i = 0; i < replicas.size(); i++) {
			if (condition.test(replicas.get(i))) {
				some.add(replicas.get(i));
			}
		}
		return (some.size() == replicas.size()) ? replicas : some;
	}

	/**
	 * Whether a replica is known to have reached what a caller must see.
	 * @param node the replica
	 * @param bound what the caller must not fall behind
	 * @return {@code false} also if that is not known
	 */
	public boolean hasReached(ClusterNode node, Bound bound) {
		return hasReached(node, bound.write()) && hasReached(node, bound.read());
	}

	private boolean hasReached(ClusterNode node, @Nullable Write write) {
		if (write == null || this.settings.mode() == ReadYourWrites.OFF) {
			return true;
		}
		if (this.settings.mode() == ReadYourWrites.TIME) {
			return false;
		}
		WalPosition position = write.position();
		return (write.isResolved() || hasReachedSampleAfter(node, write.tick(), write.asynchronous()))
				&& (position == null || hasReplayed(node, position));
	}

	private boolean hasReached(ClusterNode node, @Nullable ReadMark read) {
		return read == null || !this.settings.monotonic() || isOf(node, read)
				|| hasReachedSampleAfter(node, read.tick(), false) || hasReachedNodeOf(node, read);
	}

	/**
	 * Whether a replica is as far as the one read from was in a sample after the read.
	 */
	private boolean hasReachedNodeOf(ClusterNode node, ReadMark read) {
		ClusterNode other = inRotation(read.node());
		Known seen = (other != null) ? other.monitor().position().known() : null;
		if (seen == null || seen.tick() <= read.tick()) {
			return false;
		}
		int timeline = (seen.timeline() != 0) ? seen.timeline() : this.history.timeline();
		return hasReplayed(node, new WalPosition(timeline, seen.lsn()));
	}

	private static boolean isOf(ClusterNode node, ReadMark read) {
		return read.node() != ReadMark.PRIMARY && read.node() == node.id();
	}

	private boolean hasReachedSampleAfter(ClusterNode node, long tick, boolean asynchronous) {
		PrimaryHistory history = this.history;
		Point point = history.firstAfter(tick);
		return point != null && hasReplayed(node,
				new WalPosition(history.timeline(), point.covering(asynchronous || history.asynchronousCommit())));
	}

	private boolean hasReplayed(ClusterNode node, WalPosition position) {
		Known known = node.monitor().position().known();
		return known != null && isComparable(known, position.timeline())
				&& Long.compareUnsigned(known.lsn(), position.lsn()) >= 0;
	}

	/**
	 * A standby that does not tell its timeline follows that of the primary, as long as
	 * no other has been seen.
	 */
	private boolean isComparable(Known known, int timeline) {
		PrimaryHistory history = this.history;
		boolean sameCluster = known.system() == 0 || history.system() == 0 || known.system() == history.system();
		boolean sameTimeline = (known.timeline() != 0) ? known.timeline() == timeline
				: !this.promoted && timeline == history.timeline();
		return sameCluster && sameTimeline;
	}

	private boolean isFresh(ClusterNode node, Duration maxStaleness) {
		PrimaryHistory history = this.history;
		Known known = node.monitor().position().known();
		if (known == null || !isComparable(known, history.timeline())) {
			return false;
		}
		Point reached = history.newestReached(known.lsn());
		return reached != null && this.clock.nanoTime() - reached.until() <= maxStaleness.toNanos();
	}

	/**
	 * Asks replicas again, and the primary if need be, until one of them qualifies. Waits
	 * no longer than configured.
	 * @param replicas the replicas that may be asked
	 * @param record the caller's record, in which what is found out is kept
	 * @return {@code true} if one of them qualifies now
	 */
	public boolean catchUp(List<ClusterNode> replicas, CallerRecord record) {
		boolean reached = isWorthAsking(replicas, record) && new CatchUp(asked(replicas, record),
				new Demand(() -> settle(replicas, record), (node) -> required(node, record.bound())),
				() -> isReached(replicas, record))
			.run();
		if (!reached) {
			record.recordBehind(successor(replicas, record.bound()));
		}
		return reached;
	}

	/**
	 * While the primary is silent a replica can still be found to have a position that is
	 * known.
	 */
	private boolean isWorthAsking(List<ClusterNode> replicas, CallerRecord record) {
		return isExact() || (this.settings.mode() == ReadYourWrites.POSITION && settle(replicas, record) < 0);
	}

	/**
	 * The replicas to ask: also the one that the caller has read from, which may be one
	 * that it is to leave, since to be as far as that one is enough.
	 */
	private List<ClusterNode> asked(List<ClusterNode> replicas, CallerRecord record) {
		ClusterNode left = nodeOf(record.bound());
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
	private int successor(List<ClusterNode> replicas, Bound bound) {
		ClusterNode node = nodeOf(bound);
		if (node != null && replicas.contains(node)) {
			return node.id();
		}
		int total = replicas.stream().mapToInt(ClusterNode::weight).sum();
		int point = (total > 0) ? ThreadLocalRandom.current().nextInt(total) : 0;
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
		return new CatchUp(replicas, new Demand(() -> tick, (node) -> flushed(this.history.last())),
				() -> !fresh(replicas, maxStaleness).isEmpty())
			.run();
	}

	/**
	 * How far a replica has to get to serve a caller, 0 while that is not known.
	 */
	private long required(ClusterNode node, Bound bound) {
		Write write = bound.write();
		ReadMark read = bound.read();
		long written = (write != null) ? positionOf(lookUp(write)) : 0;
		if (read == null || !this.settings.monotonic() || isOf(node, read) || (write != null && written == 0)) {
			return written;
		}
		PrimaryHistory history = this.history;
		Point point = history.firstAfter(read.tick());
		long seen = (point != null) ? point.covering(history.asynchronousCommit()) : 0;
		return (seen == 0 || Long.compareUnsigned(seen, written) > 0) ? seen : written;
	}

	private static long positionOf(Write write) {
		WalPosition position = write.isResolved() ? write.position() : null;
		return (position != null) ? position.lsn() : 0;
	}

	private static long flushed(@Nullable Point point) {
		return (point != null) ? point.flushed() : 0;
	}

	private boolean isReached(List<ClusterNode> replicas, CallerRecord record) {
		Bound bound = record.bound();
		for (int i = 0; i < replicas.size(); i++) {
			if (hasReached(replicas.get(i), bound)) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Corrects what is not to be believed of a caller's position, as far as it is known.
	 * @return the tick that a sample of the primary must exceed to know more, -1 if it
	 * need not be asked
	 */
	private long settle(List<ClusterNode> replicas, CallerRecord record) {
		record.updateWrite(this::believable);
		Bound bound = record.bound();
		Write write = bound.write();
		long tick = -1;
		if (write != null) {
			tick = write.isResolved() ? doubtful(write) : write.tick();
		}
		ReadMark read = bound.read();
		if (read != null && this.settings.monotonic() && replicas.stream().noneMatch((node) -> isOf(node, read))) {
			tick = Math.max(tick, read.tick());
		}
		return (tick >= 0 && this.history.firstAfter(tick) == null) ? tick : -1;
	}

	/**
	 * The arrival of a position above everything known.
	 */
	private long doubtful(Write write) {
		Point last = this.history.last();
		WalPosition position = write.position();
		boolean known = write.arrival() == 0 || position == null
				|| (last != null && position.timeline() == this.history.timeline()
						&& Long.compareUnsigned(position.lsn(), last.inserted()) <= 0);
		return known ? -1 : write.arrival();
	}

	private Write believable(Write write) {
		PrimaryHistory history = this.history;
		Point last = history.last();
		WalPosition position = write.position();
		if (position == null || last == null) {
			return write;
		}
		if (position.timeline() != history.timeline()) {
			return write.unknownSince((write.arrival() != 0) ? write.arrival() : this.clock.now());
		}
		boolean impossible = Long.compareUnsigned(position.lsn(), last.inserted()) > 0 && last.tick() > write.arrival();
		return impossible ? write.correctedTo(new WalPosition(history.timeline(), last.flushed())) : write;
	}

	@Override
	public int cluster() {
		return Long.hashCode(this.history.system());
	}

	@Override
	public Write resolve(Write write) {
		NodeMonitor primary = this.primary;
		if (isExact() && primary != null && this.history.firstAfter(write.tick()) == null) {
			long timeout = this.settings.timeout().toNanos();
			answered(primary.sampleAfter(write.tick()), this.clock.nanoTime() + timeout);
		}
		return lookUp(write);
	}

	@Override
	public Write lookUp(Write write) {
		if (!isExact()) {
			return write;
		}
		PrimaryHistory history = this.history;
		Write believed = believable(write);
		Point point = history.firstAfter(believed.tick());
		if (believed.isResolved() || point == null) {
			return believed;
		}
		long lsn = point.covering(believed.asynchronous() || history.asynchronousCommit());
		return believed.resolvedAt(new WalPosition(history.timeline(), lsn));
	}

	/**
	 * Waits for an answer.
	 * @return {@code true} if there was one in time
	 */
	private boolean answered(CompletableFuture<?> answer, long deadline) {
		try {
			answer.get(Math.max(0, deadline - this.clock.nanoTime()), TimeUnit.NANOSECONDS);
			return true;
		}
		catch (ExecutionException | TimeoutException ex) {
			return false;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	/**
	 * One read's attempt to find a replica that qualifies.
	 */
	private final class CatchUp {

		private final List<ClusterNode> replicas;

		private final Demand demand;

		private final BooleanSupplier reached;

		private final boolean patient;

		private final long deadline;

		CatchUp(List<ClusterNode> replicas, Demand demand, BooleanSupplier reached) {
			this.replicas = replicas;
			this.demand = demand;
			this.reached = reached;
			long wait = Positions.this.settings.patience().toNanos();
			this.patient = wait > 0;
			this.deadline = Positions.this.clock.nanoTime() + Math.max(wait, SHORTEST_BUDGET);
		}

		boolean run() {
			long start = Positions.this.clock.nanoTime();
			boolean reached = ask();
			while (!reached && this.patient && isTimeLeft()) {
				pause();
				reached = this.reached.getAsBoolean() || ask();
			}
			Positions.this.waits.increment();
			Positions.this.waitedNanos.add(Positions.this.clock.nanoTime() - start);
			return reached;
		}

		/**
		 * Lets time pass: until one of the replicas says that it has got there, if all of
		 * them can say so, else for a moment.
		 */
		private void pause() {
			long start = Positions.this.clock.nanoTime();
			List<CompletableFuture<?>> replays = replays(this.deadline - start);
			if (!replays.isEmpty()) {
				answered(CompletableFuture.anyOf(replays.toArray(new CompletableFuture<?>[0])), this.deadline);
			}
			long passed = Positions.this.clock.nanoTime() - start;
			if (passed < POLL) {
				LockSupport.parkNanos(POLL - passed);
			}
		}

		private List<CompletableFuture<?>> replays(long nanos) {
			List<CompletableFuture<?>> replays = new ArrayList<>();
			for (ClusterNode replica : this.replicas) {
				if (replica.monitor().isAnswering()) {
					long lsn = this.demand.lsn().applyAsLong(replica);
					CompletableFuture<?> replay = (lsn != 0) ? replica.monitor().sampleAtReplayOf(lsn, nanos) : null;
					if (replay == null) {
						return List.of();
					}
					replays.add(replay);
				}
			}
			return replays;
		}

		private boolean isTimeLeft() {
			return Positions.this.clock.nanoTime() - this.deadline < 0 && !Thread.currentThread().isInterrupted();
		}

		private boolean ask() {
			List<NodeMonitor> monitors = this.replicas.stream()
				.map(ClusterNode::monitor)
				.filter((monitor) -> monitor.mayBeAsked(this.patient))
				.toList();
			if (monitors.isEmpty() || !askPrimary()) {
				return this.reached.getAsBoolean();
			}
			return this.reached.getAsBoolean() || ask(monitors);
		}

		private boolean askPrimary() {
			long tick = this.demand.tick().getAsLong();
			NodeMonitor primary = Positions.this.primary;
			if (tick < 0) {
				return true;
			}
			boolean answered = primary != null && answered(primary.sampleAfter(tick), this.deadline);
			this.demand.tick().getAsLong();
			return answered;
		}

		private boolean ask(List<NodeMonitor> monitors) {
			long tick = Positions.this.clock.now();
			List<CompletableFuture<Sample>> answers = new ArrayList<>();
			monitors.forEach((monitor) -> answers.add(monitor.sampleAfter(tick)));
			while (!answers.isEmpty() && isTimeLeft()) {
				CompletableFuture<Object> first = CompletableFuture.anyOf(answers.toArray(new CompletableFuture<?>[0]));
				answered(first, this.deadline);
				if (this.reached.getAsBoolean()) {
					return true;
				}
				answers.removeIf(CompletableFuture::isDone);
			}
			return false;
		}

	}

	/**
	 * What every read must see for some time.
	 *
	 * @param write the newest write
	 * @param until when it counts no longer, by the monotonic clock in nanoseconds
	 */
	private record Requirement(Write write, long until) {

	}

	/**
	 * What one read needs.
	 *
	 * @param tick yields the tick that a sample of the primary must exceed to know more,
	 * -1 if it need not be asked
	 * @param lsn yields how far a replica has to get, 0 while that is not known
	 */
	private record Demand(LongSupplier tick, ToLongFunction<ClusterNode> lsn) {

	}

}
