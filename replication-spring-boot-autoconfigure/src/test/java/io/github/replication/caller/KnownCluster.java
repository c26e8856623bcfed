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

import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import io.github.replication.position.PositionResolver;
import io.github.replication.position.ReadYourWritesMode;
import io.github.replication.position.WalPosition;
import io.github.replication.position.WriteMark;

/**
 * A cluster whose positions and replicas a test has said.
 */
final class KnownCluster implements PositionResolver {

	/**
	 * The replicas by their ids.
	 */
	final Map<Integer, Place> places;

	int cluster = 0xcafe;

	ReadYourWritesMode mode = ReadYourWritesMode.POSITION;

	boolean monotonic = true;

	/**
	 * The position that the primary answers, {@code null} if it is silent.
	 */
	@Nullable WalPosition sampled;

	/**
	 * The position of the last sample, {@code null} for none.
	 */
	@Nullable WalPosition known;

	/**
	 * Whether the log is flushed as far as these.
	 */
	boolean flushed = true;

	/**
	 * How often the primary was asked.
	 */
	int asked;

	KnownCluster(Map<Integer, Place> places) {
		this.places = new HashMap<>(places);
	}

	@Override
	public int cluster() {
		return this.cluster;
	}

	@Override
	public ReadYourWritesMode mode() {
		return this.mode;
	}

	@Override
	public boolean isMonotonic() {
		return this.monotonic;
	}

	@Override
	public boolean isExact() {
		return this.mode == ReadYourWritesMode.POSITION;
	}

	@Override
	public WriteMark lookUp(WriteMark write) {
		WalPosition position = this.known;
		return (position != null && !write.isResolved()) ? write.resolvedAt(position, !this.flushed) : write;
	}

	@Override
	public WriteMark resolve(WriteMark write) {
		this.asked++;
		WalPosition position = this.sampled;
		return (position != null && !write.isResolved()) ? write.resolvedAt(position, !this.flushed) : write;
	}

	@Override
	public int indexOf(int node) {
		Place place = placeOf(node);
		return (place != null) ? place.index() : 0;
	}

	@Override
	public @Nullable Place placeOf(int node) {
		return this.places.get(node);
	}

}
