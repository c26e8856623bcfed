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

package io.github.replication.cache;

import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * The loads of a cache that are too many to be remembered one by one. A value that comes
 * from no known load may come from any of them.
 *
 * @param began the least number of the last watermark when they began
 * @param at the time when the eldest began, in nanoseconds of the monotonic clock
 * @param last the time when one of them was lost, in nanoseconds of the monotonic clock
 */
record LostLoads(long began, long at, long last) {

	/**
	 * Adds a load.
	 * @param before the loads that were lost before, {@code null} for none
	 * @param load the load
	 * @param now the time, in nanoseconds of the monotonic clock
	 * @param life how long lost loads count, in nanoseconds
	 */
	static LostLoads add(@Nullable LostLoads before, Load load, long now, long life) {
		if (before == null || before.isOver(now, life)) {
			return new LostLoads(load.began(), load.at(), now);
		}
		return new LostLoads(Math.min(before.began, load.began()), (before.at - load.at() < 0) ? before.at : load.at(),
				now);
	}

	/**
	 * Whether no load can be among them any longer.
	 * @param now the time, in nanoseconds of the monotonic clock
	 * @param life how long lost loads count, in nanoseconds
	 */
	private boolean isOver(long now, long life) {
		return now - this.last > life;
	}

	/**
	 * The load of a key that may be among lost loads.
	 * @param lost the lost loads, {@code null} for none
	 * @param key the key
	 * @param now the time, in nanoseconds of the monotonic clock
	 * @param life how long lost loads count, in nanoseconds
	 * @return the load, {@code null} if none can be among them
	 */
	static @Nullable Load find(@Nullable LostLoads lost, Object key, long now, long life) {
		return (lost != null && !lost.isOver(now, life)) ? new Load(key, lost.began, lost.at, Set.of(), null) : null;
	}

}
