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

import io.github.replication.caller.CallerRecord.Requirement;

/**
 * A load of one key, from the miss to the put.
 *
 * @param key the key
 * @param began the number of the last watermark of the cache when the load began,
 * {@link #TOO_OLD} if it cannot see the write of that watermark
 * @param at the time when it began, in nanoseconds of the monotonic clock
 * @param found the watermarks that other instances had raised before
 * @param requirement the write that the load has to see, {@code null} for none
 */
record Load(Object key, long began, long at, Set<String> found, @Nullable LoadRequirement requirement) {

	/**
	 * Before every watermark: the value is not put.
	 */
	static final long TOO_OLD = -1;

	/**
	 * Ends the requirement.
	 */
	void release() {
		if (this.requirement != null) {
			this.requirement.ofCaller().release();
			this.requirement.ofThreads().release();
		}
	}

	/**
	 * Ends the requirement for other threads than those of the caller.
	 */
	void releaseThreads() {
		if (this.requirement != null) {
			this.requirement.ofThreads().release();
		}
	}

	/**
	 * The write that the load has to see, in whatever thread it reads.
	 *
	 * @param ofCaller requires it of the caller that has begun the load
	 * @param ofThreads requires it of the threads without a caller
	 */
	record LoadRequirement(Requirement ofCaller, Requirement ofThreads) {

	}

}
