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
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;
import org.springframework.util.StringUtils;

import io.github.replication.position.Bound;
import io.github.replication.position.PositionResolver;
import io.github.replication.position.PositionToken;
import io.github.replication.position.ReadMark;
import io.github.replication.position.SampleClock;
import io.github.replication.position.WalPosition;
import io.github.replication.position.Write;

/**
 * Turns what is remembered of a caller into a token, and a token that somebody has
 * brought back into what a caller must not fall behind.
 */
public final class CallerTokens {

	private static final String SEPARATOR = ",";

	private final PositionTraffic traffic = new PositionTraffic();

	private final SampleClock clock;

	private final Clock wallClock;

	private final Duration window;

	private final long process = RandomGenerator.getDefault().nextLong();

	private final long begin;

	private volatile @Nullable PositionResolver resolver;

	/**
	 * Creates the tokens of an application.
	 * @param clock the clock of samples
	 * @param wallClock the time of day, for writes whose position is not known
	 * @param window how long a write counts
	 */
	public CallerTokens(SampleClock clock, Clock wallClock, Duration window) {
		Assert.isTrue(!window.isNegative() && !window.isZero(), () -> "window must be positive, but was " + window);
		this.clock = clock;
		this.wallClock = wallClock;
		this.window = window;
		this.begin = clock.nanoTime();
	}

	/**
	 * Counts the tokens that requests and responses carry.
	 * @return the counts of this application
	 */
	public PositionTraffic traffic() {
		return this.traffic;
	}

	/**
	 * Tells where positions can be asked for.
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
	 * The token of a caller, after asking for the position of its last write if that is
	 * not known.
	 * @param record the caller's record
	 * @return the token, empty if nothing counts
	 */
	PositionToken resolved(CallerRecord record) {
		resolve(record);
		return write(record.bound());
	}

	/**
	 * Asks for the position of a caller's last write if that is not known. Waits no
	 * longer than the timeout of a probe.
	 * @param record the caller's record
	 */
	public void resolve(CallerRecord record) {
		PositionResolver resolver = this.resolver;
		if (resolver != null) {
			resolve(record, resolver::resolve);
		}
	}

	/**
	 * Finds the position of a caller's last write in what is known already.
	 * @param record the caller's record
	 */
	public void lookUp(CallerRecord record) {
		PositionResolver resolver = this.resolver;
		if (resolver != null) {
			resolve(record, resolver::lookUp);
		}
	}

	private void resolve(CallerRecord record, UnaryOperator<Write> resolver) {
		Write write = record.bound().write();
		if (write != null && !write.isResolved()) {
			Write resolved = resolver.apply(write);
			if (resolved.isResolved()) {
				record.updateWrite((current) -> supersede(current, write, resolved));
			}
		}
	}

	/**
	 * What has been found out about a write holds for the caller's write only if that was
	 * not followed by another. A position that was learnt meanwhile counts besides.
	 */
	private static Write supersede(Write current, Write asked, Write resolved) {
		if (current.equals(asked)) {
			return resolved;
		}
		WalPosition position = resolved.position();
		boolean covered = current.tick() <= asked.tick() && (asked.asynchronous() || !current.asynchronous());
		return (covered && position != null) ? current.resolvedAt(position) : current;
	}

	/**
	 * The token of what is known now. While positions do not decide it tells when was
	 * written, because a position would begin to count anew each time it comes back.
	 * @param bound what the caller must not fall behind
	 * @return the token, empty if there is nothing
	 */
	public PositionToken write(Bound bound) {
		PositionResolver resolver = this.resolver;
		Write write = bound.write();
		WalPosition position = (write != null && write.isResolved() && resolver != null && resolver.isExact())
				? write.position() : null;
		return new PositionToken((resolver != null) ? resolver.cluster() : 0, position,
				(write != null && position == null) ? instantOf(write) : null, mark(bound.read()));
	}

	private Instant instantOf(Write write) {
		return this.wallClock.instant().minusNanos(Math.max(0, this.clock.nanoTime() - write.at()));
	}

	private PositionToken.@Nullable Read mark(@Nullable ReadMark mark) {
		return (mark != null) ? new PositionToken.Read(mark.node(), this.process, mark.tick(), second()) : null;
	}

	private int second() {
		return (int) TimeUnit.NANOSECONDS.toSeconds(this.clock.nanoTime() - this.begin);
	}

	/**
	 * Whether a token's mark was written by this process less than half of the window
	 * ago, so that it need not be written again.
	 * @param read the mark
	 * @return {@code false} if it is older, or its age is not known
	 */
	public boolean isFresh(PositionToken.Read read) {
		long age = (long) second() - read.second();
		return read.process() == this.process && age >= 0
				&& TimeUnit.SECONDS.toMillis(age) < this.window.toMillis() / 2;
	}

	/**
	 * What tokens tell that have just come.
	 * @param texts the tokens, from whomever
	 * @return what their maximum tells; what is malformed, of another version or of
	 * another cluster is absent
	 */
	public Bound read(Collection<String> texts) {
		Bound bound = Bound.NONE;
		for (String text : texts) {
			PositionToken token = PositionToken.parse(text);
			if (token != null) {
				bound = bound.and(read(token));
			}
		}
		return bound;
	}

	/**
	 * What a list of tokens tells that has just come.
	 * @param texts tokens, separated by commas
	 * @return what their maximum tells
	 */
	public Bound read(String texts) {
		return read(List.of(StringUtils.tokenizeToStringArray(texts, SEPARATOR)));
	}

	private Bound read(PositionToken token) {
		PositionResolver resolver = this.resolver;
		int cluster = (resolver != null) ? resolver.cluster() : 0;
		if (token.cluster() != 0 && cluster != 0 && token.cluster() != cluster) {
			return Bound.NONE;
		}
		return new Bound(written(token, cluster != 0), read(token.read()));
	}

	private @Nullable Write written(PositionToken token, boolean comparable) {
		long now = this.clock.nanoTime();
		long arrival = this.clock.now();
		WalPosition position = token.position();
		if (position != null) {
			return comparable ? new Write(0, false, position, arrival, now) : Write.unresolved(arrival, false, now);
		}
		Instant instant = token.writtenAt();
		return (instant != null) ? written(instant, arrival, now) : null;
	}

	/**
	 * A write whose position was not known when its token left. Where the primary can be
	 * asked, the clocks of those who have written the token do not matter.
	 */
	private @Nullable Write written(Instant instant, long arrival, long now) {
		PositionResolver resolver = this.resolver;
		if (resolver != null && resolver.isExact()) {
			return Write.unresolved(arrival, false, now);
		}
		Duration age = Duration.between(instant, this.wallClock.instant());
		if (age.compareTo(this.window) >= 0) {
			return null;
		}
		return Write.unresolved(arrival, false, now - (age.isNegative() ? 0 : age.toNanos()));
	}

	/**
	 * A tick of this process is known to it; for any other the read was some time before
	 * now.
	 */
	private @Nullable ReadMark read(PositionToken.@Nullable Read read) {
		if (read == null) {
			return null;
		}
		long now = this.clock.now();
		boolean own = read.process() == this.process && read.tick() > 0 && read.tick() < now;
		return new ReadMark(read.node(), own ? read.tick() : now, this.clock.nanoTime());
	}

}
