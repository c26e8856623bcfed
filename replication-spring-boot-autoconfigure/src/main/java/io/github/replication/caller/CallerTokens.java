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

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;
import org.springframework.util.StringUtils;

import io.github.replication.position.PositionResolver;
import io.github.replication.position.PositionResolver.Place;
import io.github.replication.position.PositionToken;
import io.github.replication.position.PositionToken.Reached;
import io.github.replication.position.ReadMark;
import io.github.replication.position.ReadYourWritesMode;
import io.github.replication.position.SampleClock;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WalPosition;
import io.github.replication.position.WriteMark;

/**
 * Encodes the record of a caller as a token, and decodes a token that a caller brings.
 *
 * @since 0.1.0
 */
public final class CallerTokens {

	private static final String SEPARATOR = ",";

	private final PositionTraffic traffic = new PositionTraffic();

	private final SampleClock clock;

	private final Clock wallClock;

	private final Duration window;

	private final SharedMarks sharedMarks;

	private volatile @Nullable PositionResolver resolver;

	/**
	 * Creates the tokens of an application.
	 * @param clock the clock of samples
	 * @param wallClock the time of day, for writes where time decides
	 * @param window how long a write counts
	 */
	public CallerTokens(SampleClock clock, Clock wallClock, Duration window) {
		Assert.isTrue(!window.isNegative() && !window.isZero(), () -> "window must be positive, but was " + window);
		this.clock = clock;
		this.wallClock = wallClock;
		this.window = window;
		this.sharedMarks = new SharedMarks(clock);
	}

	/**
	 * Counts the tokens that requests and responses carry.
	 * @return the counts of this application
	 */
	public PositionTraffic traffic() {
		return this.traffic;
	}

	/**
	 * Sets the resolver of positions.
	 * @param resolver asks the primary
	 */
	public void resolveWith(PositionResolver resolver) {
		this.resolver = resolver;
	}

	/**
	 * The clock of samples.
	 * @return the clock that all records share
	 */
	public SampleClock clock() {
		return this.clock;
	}

	/**
	 * How long a write counts.
	 * @return the window
	 */
	public Duration window() {
		return this.window;
	}

	/**
	 * The cluster that tokens name.
	 * @return a hash of its identifier, 0 while that is not known
	 */
	public int cluster() {
		PositionResolver resolver = this.resolver;
		return (resolver != null) ? resolver.cluster() : 0;
	}

	/**
	 * The read marks that parallel requests have brought.
	 */
	SharedMarks sharedMarks() {
		return this.sharedMarks;
	}

	/**
	 * The rotation that a node belongs to.
	 * @param node the id of a node
	 * @return a hash, never {@link ReadMark#SPREAD}
	 */
	int rotationOf(int node) {
		Place place = placeOf(node);
		return (place != null) ? place.rotation() : ReadMark.ANY;
	}

	@Nullable Place placeOf(int node) {
		PositionResolver resolver = this.resolver;
		return (resolver != null) ? resolver.placeOf(node) : null;
	}

	/**
	 * Whether tokens contain writes.
	 */
	boolean isTracking() {
		PositionResolver resolver = this.resolver;
		return resolver == null || resolver.mode() != ReadYourWritesMode.OFF;
	}

	/**
	 * Whether tokens hold read marks.
	 */
	boolean isMonotonic() {
		PositionResolver resolver = this.resolver;
		return resolver == null || resolver.isMonotonic();
	}

	/**
	 * Whether positions decide at the moment.
	 */
	boolean isExact() {
		PositionResolver resolver = this.resolver;
		return resolver != null && resolver.isExact();
	}

	/**
	 * The token of a caller, after asking for the position of its last write if that is
	 * not known. Waits no longer than the timeout of a probe.
	 * @param record the caller's record
	 * @return the token, empty if nothing counts
	 */
	PositionToken resolved(CallerRecord record) {
		resolve(record);
		SessionGuarantee guarantee = record.guaranteeOfTransaction();
		ReadMark mark = isMonotonic() ? guarantee.read() : null;
		return new PositionToken(cluster(), encode(guarantee.write()), (mark != null) ? read(mark) : null);
	}

	/**
	 * Returns the token of a caller as far as it is known. Asks no server.
	 * @param record the caller's record
	 * @param writing whether the caller may have written in a transaction under way
	 * @return the token, empty if nothing counts; a write whose position is not known
	 * counts as one before the arrival of the token
	 */
	public PositionToken known(CallerRecord record, boolean writing) {
		lookUp(record);
		SessionGuarantee guarantee = record.guaranteeOfTransaction();
		WriteMark write = guarantee.write();
		if (writing) {
			write = WriteMark.unresolved(this.clock.now(), record.isAsynchronousCommitExpected(), this.clock.nanoTime())
				.and(write);
		}
		ReadMark mark = isMonotonic() ? guarantee.read() : null;
		return new PositionToken(cluster(), encode(write), (mark != null) ? read(mark) : null);
	}

	/**
	 * The mark as text. The primary stands for a node that has this id no longer, or has
	 * none at the moment.
	 */
	PositionToken.Read read(ReadMark mark) {
		PositionResolver resolver = this.resolver;
		Place place = placeOf(mark.node());
		int rotation = (mark.rotation() == ReadMark.ANY && place != null) ? place.rotation() : mark.rotation();
		int index = (resolver != null) ? resolver.indexOf(mark.node()) : 0;
		return new PositionToken.Read(index, (index != 0) ? mark.node() : ReadMark.PRIMARY, rotation);
	}

	/**
	 * Asks for the position of a caller's last write if that is not known. Waits no
	 * longer than the timeout of a probe.
	 * @param record the caller's record
	 */
	void resolve(CallerRecord record) {
		resolve(record, this::resolve);
	}

	/**
	 * Finds the position of a caller's last write in the known samples.
	 * @param record the caller's record
	 */
	void lookUp(CallerRecord record) {
		PositionResolver resolver = this.resolver;
		if (resolver != null) {
			resolve(record, resolver::lookUp);
		}
	}

	WriteMark resolve(WriteMark write) {
		PositionResolver resolver = this.resolver;
		return (resolver != null) ? resolver.resolve(write) : write;
	}

	private static void resolve(CallerRecord record, UnaryOperator<WriteMark> resolver) {
		WriteMark write = record.guaranteeOfTransaction().write();
		if (write != null) {
			WriteMark resolved = resolver.apply(write);
			if (!resolved.equals(write)) {
				record.updateWrite((current) -> supersede(current, write, resolved));
			}
		}
	}

	/**
	 * A finding about a write holds for the caller's write only if that was not followed
	 * by another. A position that was learnt meanwhile counts besides.
	 */
	private static WriteMark supersede(WriteMark current, WriteMark asked, WriteMark resolved) {
		if (current.equals(asked)) {
			return resolved;
		}
		if (current.isResolved()) {
			return current;
		}
		WalPosition position = resolved.isResolved() ? resolved.position() : null;
		boolean covered = current.tick() <= asked.tick() && (asked.asynchronous() || !current.asynchronous());
		return (covered && position != null)
				? current.resolvedAt(position, resolved.asynchronous() || current.asynchronous()) : current;
	}

	/**
	 * Encodes a write. A position stays one while the primary is silent. Where a write
	 * has none and positions do not decide, its time is kept, which does not begin to
	 * count again when it comes back.
	 */
	@Nullable Reached encode(@Nullable WriteMark write) {
		PositionResolver resolver = this.resolver;
		if (write == null || !isTracking()) {
			return null;
		}
		if (resolver != null && resolver.mode() == ReadYourWritesMode.POSITION && write.isResolved()) {
			return new Reached(write.position(), null, write.asynchronous());
		}
		return new Reached(null, isExact() ? null : instantOf(write), write.asynchronous());
	}

	/**
	 * Encodes a write for other callers, without asking a server.
	 * @param write the write
	 * @return the token, {@code null} if tokens do not contain writes
	 */
	public @Nullable String writeToken(WriteMark write) {
		PositionResolver resolver = this.resolver;
		Reached reached = encode((resolver != null) ? resolver.lookUp(write) : write);
		return (reached != null) ? new PositionToken(cluster(), reached, null).toString() : null;
	}

	private Instant instantOf(WriteMark write) {
		return this.wallClock.instant().minusNanos(Math.max(0, this.clock.nanoTime() - write.at()));
	}

	/**
	 * Decodes tokens that have just arrived.
	 * @param texts tokens, separated by commas
	 * @return the guarantee of their maximum; tokens that are malformed, of another
	 * version or of another cluster are ignored
	 */
	public SessionGuarantee decode(String texts) {
		return new Arrival(this).add(List.of(StringUtils.tokenizeToStringArray(texts, SEPARATOR)));
	}

	@Nullable WriteMark decode(@Nullable Reached reached) {
		if (reached == null || !isTracking()) {
			return null;
		}
		long now = this.clock.nanoTime();
		long arrival = this.clock.now();
		WalPosition position = reached.position();
		if (position != null && cluster() != 0) {
			return new WriteMark(0, reached.asynchronous(), position, arrival, now);
		}
		Instant instant = reached.at();
		return (instant != null && !isExact()) ? decode(instant, reached.asynchronous(), arrival, now)
				: WriteMark.unresolved(arrival, reached.asynchronous(), now);
	}

	/**
	 * A write of unknown position, where time decides.
	 */
	private @Nullable WriteMark decode(Instant instant, boolean asynchronous, long arrival, long now) {
		Duration age = Duration.between(instant, this.wallClock.instant());
		if (age.compareTo(this.window) >= 0) {
			return null;
		}
		return WriteMark.unresolved(arrival, asynchronous, now - (age.isNegative() ? 0 : age.toNanos()));
	}

	/**
	 * The mark of a caller that has just arrived: it has read from a node up to now.
	 */
	ReadMark arrived(int node, int rotation) {
		return new ReadMark(node, this.clock.now(), this.clock.nanoTime(), rotation);
	}

}
