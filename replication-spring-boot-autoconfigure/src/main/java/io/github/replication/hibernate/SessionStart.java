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

package io.github.replication.hibernate;

import org.hibernate.cache.spi.CacheTransactionSynchronization;

import io.github.replication.position.SampleClock;
import io.github.replication.position.WriteMark;

/**
 * Notes when the transaction of a session has begun, or the session itself outside of
 * one. Its values may be as old as that.
 */
final class SessionStart implements CacheTransactionSynchronization {

	private final CacheTransactionSynchronization target;

	private final SampleClock clock;

	private long tick;

	private long at;

	SessionStart(CacheTransactionSynchronization target, SampleClock clock) {
		this.target = target;
		this.clock = clock;
		note();
	}

	private void note() {
		this.tick = this.clock.now();
		this.at = this.clock.nanoTime();
	}

	/**
	 * The tick of the clock of samples.
	 */
	long tick() {
		return this.tick;
	}

	/**
	 * Whether a write was committed, or known, before.
	 */
	boolean isAfter(WriteMark write) {
		return this.at - write.at() > 0;
	}

	@Override
	public void transactionJoined() {
		this.target.transactionJoined();
		note();
	}

	@Override
	public long getCachingTimestamp() {
		return this.target.getCachingTimestamp();
	}

	@Override
	public void transactionCompleting() {
		this.target.transactionCompleting();
	}

	@Override
	public void transactionCompleted(boolean successful) {
		this.target.transactionCompleted(successful);
	}

	@Override
	public void transactionSuspended() {
		this.target.transactionSuspended();
	}

	@Override
	public void transactionResumed() {
		this.target.transactionResumed();
	}

}
