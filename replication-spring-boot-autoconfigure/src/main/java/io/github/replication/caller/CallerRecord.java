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

package io.github.replication.caller;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import io.github.replication.position.ReadMark;
import io.github.replication.position.SampleClock;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WriteMark;

/**
 * Remembers the writes and reads of one caller. Shared by all threads that work for the
 * caller; their parallel records are merged and never lost.
 *
 * @since 0.1.0
 */
public final class CallerRecord {

	/**
	 * Finds no rotation: the reads of the caller are spread.
	 */
	static final IntUnaryOperator SPREAD = (node) -> ReadMark.SPREAD;

	private final SampleClock clock;

	private final long window;

	private final @Nullable CallerRecord outer;

	private final boolean tracked;

	private final IntUnaryOperator rotations;

	private final Origin origin;

	private final AtomicReference<SessionGuarantee> guarantee = new AtomicReference<>(SessionGuarantee.NONE);

	private final AwaitedWrites required;

	/**
	 * The units that are served later than they have begun, {@code null} for none.
	 */
	private final AtomicReference<@Nullable Delay> delay = new AtomicReference<>();

	private volatile long lastOwnWrite;

	private volatile boolean written;

	private volatile boolean used;

	private volatile boolean reading;

	private volatile boolean kept;

	private volatile boolean behind;

	private volatile int successor = ReadMark.PRIMARY;

	private volatile boolean announcing;

	private volatile boolean asynchronousCommitExpected;

	private volatile @Nullable CallerListener listener;

	/**
	 * Creates the record of a new caller.
	 * @param clock the clock of samples
	 * @param window how long a write counts, in nanoseconds
	 * @param rotations yields the rotation of a node's id, {@link #SPREAD} for a caller
	 * that does not stay with a node
	 * @param origin finds the guarantee that the caller has brought along, {@code null}
	 * for none
	 */
	CallerRecord(SampleClock clock, long window, IntUnaryOperator rotations, @Nullable CallerOrigin origin) {
		this(clock, window, rotations, new AwaitedWrites(null), origin);
	}

	/**
	 * Creates the record of a new caller.
	 * @param clock the clock of samples
	 * @param window how long a write counts, in nanoseconds
	 * @param rotations yields the rotation of a node's id, {@link #SPREAD} for a caller
	 * that does not stay with a node
	 * @param required the writes of others that the caller's reads wait for
	 * @param origin finds the guarantee that the caller has brought along, {@code null}
	 * for none
	 */
	CallerRecord(SampleClock clock, long window, IntUnaryOperator rotations, AwaitedWrites required,
			@Nullable CallerOrigin origin) {
		this.clock = clock;
		this.window = window;
		this.rotations = rotations;
		this.required = required;
		this.origin = new Origin(origin);
		this.outer = null;
		this.tracked = false;
	}

	private CallerRecord(CallerRecord outer, boolean tracked) {
		this.clock = outer.clock;
		this.window = outer.window;
		this.rotations = outer.rotations;
		this.required = outer.required.inner();
		this.origin = new Origin(null);
		this.outer = outer;
		this.tracked = tracked;
	}

	/**
	 * Creates a record with the guarantee of this one and more. Reads count for both.
	 * @param more an additional guarantee of its caller
	 * @param tracked whether writes count for this record as well
	 */
	CallerRecord inner(SessionGuarantee more, boolean tracked) {
		CallerRecord inner = new CallerRecord(this, tracked);
		inner.guarantee.set(guaranteeOfTransaction().and(more));
		return inner;
	}

	/**
	 * Sets the listener to notify of writes.
	 * @param listener the listener, called by the threads that write
	 */
	public void listener(CallerListener listener) {
		this.listener = listener;
	}

	/**
	 * Adds a guarantee of the caller from elsewhere. It leaves with this caller's token
	 * as if it had been written and read here.
	 * @param more an additional guarantee of the caller
	 */
	public void add(SessionGuarantee more) {
		this.guarantee.updateAndGet((guarantee) -> guarantee.and(more));
		if (more.read() != null) {
			this.reading = true;
		}
		if (this.outer != null) {
			this.outer.add(this.tracked ? more : more.withWrite(null));
		}
		CallerListener listener = this.listener;
		if (more.write() != null && listener != null) {
			this.announcing = true;
			listener.learnt();
		}
	}

	/**
	 * Requires the caller's reads to see a write for a while. It is not the caller's own
	 * and does not leave with its token.
	 * @param write the write to see
	 * @return ends the requirement; it ends with the window of the write at the latest
	 */
	public Requirement require(WriteMark write) {
		return this.required.add(write, this.clock.nanoTime() - this.window);
	}

	/**
	 * Returns the present state, to be compared by identity.
	 * @return another object after each change
	 */
	public Object state() {
		return known();
	}

	/**
	 * Whether the guarantee was asked for, as every unit of work does.
	 * @return {@code false} if nothing has been read or written
	 */
	public boolean isUsed() {
		return this.used;
	}

	/**
	 * Returns the guarantee of the caller. Writes that are older than the window do not
	 * count any longer.
	 * @return the guarantee in force
	 */
	public SessionGuarantee guarantee() {
		use();
		return inForce(this.required.extend(known(), this));
	}

	/**
	 * Returns the guarantee of the caller for a transaction that goes on. The loads of
	 * others do not count, since a thread does not begin to work for one in a
	 * transaction.
	 * @return the guarantee in force
	 */
	public SessionGuarantee guaranteeOfTransaction() {
		use();
		return inForce(this.required.extendByOwn(known(), this));
	}

	private void use() {
		if (!this.used) {
			this.used = true;
		}
		this.origin.recall();
	}

	private SessionGuarantee inForce(SessionGuarantee guarantee) {
		WriteMark write = guarantee.write();
		return (write == null || counts(write)) ? guarantee : guarantee.withWrite(null);
	}

	/**
	 * Whether a write is not older than the window.
	 */
	boolean counts(WriteMark write) {
		Delay delay = this.delay.get();
		long now = (delay != null) ? delay.since() : this.clock.nanoTime();
		return now - write.at() <= this.window;
	}

	/**
	 * Lets the writes count that counted at a moment, since a unit that began then is
	 * still to be served.
	 * @param since when it began, in nanoseconds of the monotonic clock
	 * @return ends this, once the unit is served or has failed
	 */
	public Requirement delayedSince(long since) {
		this.delay.updateAndGet((delay) -> (delay != null) ? delay.with(since) : new Delay(1, since));
		AtomicBoolean released = new AtomicBoolean();
		return () -> {
			if (released.compareAndSet(false, true)) {
				this.delay.updateAndGet((delay) -> (delay != null && delay.units() > 1) ? delay.without() : null);
			}
		};
	}

	/**
	 * Returns the last write that the caller has made or brought along.
	 * @return the write, without the writes that its reads are required to see;
	 * {@code null} if none counts
	 */
	public @Nullable WriteMark write() {
		this.origin.recall();
		WriteMark write = known().write();
		return (write != null && counts(write)) ? write : null;
	}

	/**
	 * Finds out the caller and its guarantee, since its work goes on in another thread,
	 * where that may not be possible any longer.
	 */
	void identify() {
		this.origin.recall();
	}

	private SessionGuarantee known() {
		return Objects.requireNonNull(this.guarantee.get());
	}

	/**
	 * Remembers that the caller has written, or may have. To be called after the commit.
	 * @param asynchronous whether the commit did not wait for the log to be flushed
	 */
	public void recordWrite(boolean asynchronous) {
		long now = this.clock.nanoTime();
		WriteMark write = WriteMark.unresolved(this.clock.now(), asynchronous, now);
		this.guarantee.updateAndGet((guarantee) -> guarantee.withWrite(write.and(guarantee.write())));
		this.lastOwnWrite = now;
		this.written = true;
		if (this.outer != null && this.tracked) {
			this.outer.recordWrite(asynchronous);
		}
		notifyOfWrite();
	}

	/**
	 * Remembers that a commit to come may not wait for the log to be flushed.
	 */
	public void expectAsynchronousCommit() {
		this.asynchronousCommitExpected = true;
		if (this.outer != null && this.tracked) {
			this.outer.expectAsynchronousCommit();
		}
	}

	/**
	 * Whether a commit to come may not wait for the log to be flushed.
	 */
	boolean isAsynchronousCommitExpected() {
		return this.asynchronousCommitExpected;
	}

	/**
	 * Ignores writes while the caller is being identified: they are not the caller's, and
	 * the listener may wait for the same answer.
	 */
	private void notifyOfWrite() {
		CallerListener listener = this.listener;
		if (listener != null && !this.origin.isAsked()) {
			this.announcing = true;
			listener.written();
		}
	}

	/**
	 * Notes that a connection has gone back to its pool. To be called by the thread that
	 * has used the connection. The writes before are stored now at the earliest, so that
	 * no thread waits for a store while it holds a connection.
	 */
	public void connectionReturned() {
		CallerListener listener = this.listener;
		if (this.announcing && listener != null && !this.origin.isAsked()) {
			this.announcing = false;
			listener.connectionReturned();
		}
		if (this.outer != null) {
			this.outer.connectionReturned();
		}
	}

	/**
	 * Remembers that the caller has read.
	 * @param node the id of the node that served, {@link ReadMark#PRIMARY} for the
	 * primary
	 * @param decidedBy the mark that the node was chosen by, {@code null} for none
	 */
	public void recordRead(int node, @Nullable ReadMark decidedBy) {
		ReadMark known = known().read();
		long tick = this.clock.now();
		if (known == null || known.node() != node || known.tick() != tick || !this.reading) {
			ReadMark mark = new ReadMark(node, tick, this.clock.coarseNanoTime(), rotation(node, decidedBy));
			this.guarantee.updateAndGet((guarantee) -> guarantee.withRead(follow(guarantee.read(), mark, decidedBy)));
			this.reading = true;
		}
		if (this.outer != null) {
			this.outer.recordRead(node, decidedBy);
		}
	}

	private int rotation(int node, @Nullable ReadMark decidedBy) {
		boolean keeps = this.kept && decidedBy != null && decidedBy.isStaying() && decidedBy.node() == node;
		return keeps ? ReadMark.ANY : this.rotations.applyAsInt(node);
	}

	/**
	 * A read whose node was chosen in view of the mark before supersedes it. One that was
	 * chosen at the same time as another is neither ahead nor behind.
	 */
	private static ReadMark follow(@Nullable ReadMark before, ReadMark mark, @Nullable ReadMark decidedBy) {
		return (before == null || before.equals(decidedBy) || before.node() == mark.node()) ? mark : mark.and(before);
	}

	/**
	 * Remembers that the caller stays with its node although it should move, because no
	 * other node fulfils its guarantee. It does not try again before it comes back.
	 */
	public void keepNode() {
		this.kept = true;
		this.guarantee.updateAndGet((guarantee) -> {
			ReadMark read = guarantee.read();
			return (read != null && read.isStaying()) ? guarantee.withRead(read.inAnyRotation()) : guarantee;
		});
	}

	/**
	 * Remembers that no replica was known to fulfil the guarantee of the caller.
	 * @param successor the id of the replica that the caller is to use once it has caught
	 * up, {@link ReadMark#PRIMARY} for none
	 */
	public void recordBehind(int successor) {
		this.successor = successor;
		this.behind = true;
		if (this.outer != null) {
			this.outer.recordBehind(successor);
		}
	}

	/**
	 * Replaces the caller's write by the same write with more knowledge.
	 * @param found yields the same write with more knowledge
	 */
	public void updateWrite(UnaryOperator<WriteMark> found) {
		this.guarantee.updateAndGet((guarantee) -> {
			WriteMark write = guarantee.write();
			return (write != null) ? guarantee.withWrite(found.apply(write)) : guarantee;
		});
		this.required.update(found);
	}

	/**
	 * Whether the caller has written here and that still counts.
	 * @return {@code true} until the window after the last write has passed
	 */
	public boolean hasWritten() {
		return this.written && this.clock.nanoTime() - this.lastOwnWrite <= this.window;
	}

	/**
	 * Whether the caller has written here since a moment.
	 * @param time the moment, in nanoseconds of the monotonic clock
	 * @return {@code true} if a commit came later
	 */
	public boolean hasWrittenSince(long time) {
		return this.written && this.lastOwnWrite - time >= 0;
	}

	/**
	 * Returns the mark of the reads through this record.
	 * @return the mark, {@code null} if nothing was
	 */
	@Nullable ReadMark ownRead() {
		return this.reading ? known().read() : null;
	}

	/**
	 * Whether the caller has stayed with a node that it should leave.
	 */
	boolean isKept() {
		return this.kept;
	}

	/**
	 * Whether a read went to the primary because no replica was known to be as far.
	 */
	boolean isBehind() {
		return this.behind;
	}

	/**
	 * The id of the replica to use from now on, {@link ReadMark#PRIMARY} for none.
	 */
	int successor() {
		return this.successor;
	}

	/**
	 * A write that reads have to see for a while.
	 */
	@FunctionalInterface
	public interface Requirement {

		/**
		 * Ends the requirement. May be called by any thread, and more than once.
		 */
		void release();

	}

	/**
	 * Units that wait, or run again after a failure.
	 *
	 * @param units their number
	 * @param since when the first of them has begun
	 */
	private record Delay(int units, long since) {

		Delay with(long another) {
			return new Delay(this.units + 1, (another - this.since < 0) ? another : this.since);
		}

		Delay without() {
			return new Delay(this.units - 1, this.since);
		}

	}

	/**
	 * The guarantee that the caller has brought along. Other threads wait while one
	 * thread asks for it. The asking thread does not wait: its own reads need a decision
	 * as well.
	 */
	private final class Origin {

		private final ReentrantLock lock = new ReentrantLock();

		private @Nullable CallerOrigin source;

		private volatile boolean recalled;

		Origin(@Nullable CallerOrigin source) {
			this.source = source;
			this.recalled = source == null;
		}

		/**
		 * Whether this thread is asking for it.
		 */
		boolean isAsked() {
			return this.lock.isHeldByCurrentThread();
		}

		void recall() {
			if (this.recalled) {
				return;
			}
			this.lock.lock();
			try {
				CallerOrigin source = this.source;
				if (source != null && this.lock.getHoldCount() == 1) {
					recall(source);
				}
			}
			finally {
				this.lock.unlock();
			}
		}

		private void recall(CallerOrigin source) {
			boolean open = false;
			try {
				SessionGuarantee brought = source.recall();
				CallerRecord.this.guarantee.updateAndGet((guarantee) -> guarantee.and(brought));
				open = source.isOpen();
			}
			finally {
				if (!open) {
					this.source = null;
					this.recalled = true;
				}
			}
		}

	}

}
