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

import org.jspecify.annotations.Nullable;

import io.github.replication.node.PrimaryHistory.Lag;

/**
 * Whether a replica is further behind than {@code max-lag} and {@code max-lag-size}
 * allow. Several answers in a row change that, so that one that was late does not. One
 * thread at a time notes answers.
 */
final class LagLimit {

	/**
	 * How long a replica may take to reach the first state of the primary that is known.
	 */
	private static final Duration FIRST_STATE = Duration.ofSeconds(1);

	private final MonitorSettings settings;

	private final int turns;

	private int turning;

	private boolean exceeded;

	/**
	 * The time of the newest state of the primary that the replica was seen to have
	 * reached, by the monotonic clock in nanoseconds, if there was one.
	 */
	private long caughtUpTo;

	private boolean caughtUp;

	/**
	 * Creates the limit of a replica that keeps it.
	 * @param settings the limits
	 * @param turns how many answers in a row it takes
	 */
	LagLimit(MonitorSettings settings, int turns) {
		this.settings = settings;
		this.turns = turns;
	}

	/**
	 * Whether the replica is too far behind.
	 */
	boolean isExceeded() {
		return this.exceeded;
	}

	/**
	 * Notes the lag, after an answer of the replica.
	 * @param lag the lag, {@code null} if that is not known
	 * @param now the time, by the monotonic clock in nanoseconds
	 */
	void note(@Nullable Lag lag, long now) {
		boolean beyond = lag != null && isBeyond(lag, now);
		this.turning = (beyond != this.exceeded) ? this.turning + 1 : 0;
		if (this.turning >= this.turns) {
			this.exceeded = beyond;
			this.turning = 0;
		}
	}

	/**
	 * A lower bound says only that the replica has not come further since it was seen to
	 * be near enough. Nothing is assumed about a replica that never was near enough.
	 */
	private boolean isBeyond(Lag lag, long now) {
		long asked = now - (lag.now() - lag.known());
		long behind = lag.known();
		if (lag.atLeast()) {
			behind = atMost(behind, asked);
		}
		else {
			this.caughtUp = true;
			this.caughtUpTo = asked - behind;
		}
		Long maxSize = this.settings.maxLagSize();
		return behind > this.settings.maxLag().toNanos() || (maxSize != null && lag.size() > maxSize);
	}

	/**
	 * Returns the greatest possible lag of a replica if only a lower bound is known.
	 */
	private long atMost(long behind, long asked) {
		if (this.caughtUp) {
			return Math.max(behind, asked - this.caughtUpTo);
		}
		return (behind > FIRST_STATE.toNanos()) ? Long.MAX_VALUE : behind;
	}

}
