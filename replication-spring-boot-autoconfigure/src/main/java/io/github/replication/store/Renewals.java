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

package io.github.replication.store;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

/**
 * When tokens were put lately. Where there are too many, some are forgotten and count as
 * due. Safe for use by several threads; asking takes no lock.
 */
final class Renewals {

	private static final int MOST = 1 << 16;

	private final ReentrantLock lock = new ReentrantLock();

	private volatile Map<Integer, Long> recent = new ConcurrentHashMap<>();

	private volatile Map<Integer, Long> old = Map.of();

	private long recentSince;

	/**
	 * Whether a token was not put lately.
	 * @param user the name of the user
	 * @param token the token
	 * @param now the monotonic time in nanoseconds
	 * @param pause how long ago counts as lately, in nanoseconds
	 */
	boolean isDue(String user, String token, long now, long pause) {
		Integer key = Objects.hash(user, token);
		Long at = find(key);
		return at == null || now - at >= pause;
	}

	private @Nullable Long find(Integer key) {
		Long at = this.recent.get(key);
		return (at != null) ? at : this.old.get(key);
	}

	/**
	 * Notes that a token is put.
	 */
	void note(String user, String token, long now, long pause) {
		this.lock.lock();
		try {
			if (this.recent.isEmpty()) {
				this.recentSince = now;
			}
			if (this.recent.size() >= MOST || now - this.recentSince > pause) {
				this.old = this.recent;
				this.recent = new ConcurrentHashMap<>();
				this.recentSince = now;
			}
			this.recent.put(Objects.hash(user, token), now);
		}
		finally {
			this.lock.unlock();
		}
	}

}
