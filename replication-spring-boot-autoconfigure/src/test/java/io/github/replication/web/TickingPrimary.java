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

package io.github.replication.web;

import org.jspecify.annotations.Nullable;

import io.github.replication.position.PositionResolver;
import io.github.replication.position.ReadYourWritesMode;
import io.github.replication.position.SampleClock;
import io.github.replication.position.WalPosition;
import io.github.replication.position.WriteMark;

/**
 * A primary whose position is the tick of the clock.
 */
abstract class TickingPrimary implements PositionResolver {

	private final SampleClock clock;

	TickingPrimary(SampleClock clock) {
		this.clock = clock;
	}

	/**
	 * Takes a sample.
	 */
	WalPosition sample() {
		return new WalPosition(1, this.clock.startSample());
	}

	@Override
	public int cluster() {
		return 0xcafe;
	}

	@Override
	public ReadYourWritesMode mode() {
		return ReadYourWritesMode.POSITION;
	}

	@Override
	public boolean isMonotonic() {
		return true;
	}

	@Override
	public boolean isExact() {
		return true;
	}

	@Override
	public WriteMark lookUp(WriteMark write) {
		return write;
	}

	@Override
	public int indexOf(int node) {
		return 0;
	}

	@Override
	public @Nullable Place placeOf(int node) {
		return null;
	}

}
