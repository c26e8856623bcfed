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

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The positions that were sent to clients lately, for as long as a response may be on its
 * way. Used by one thread at a time.
 */
final class SentPositions {

	private static final int ENTRIES = 1024;

	private Map<Key, Sent> recent = new HashMap<>();

	private Map<Key, Sent> old = Map.of();

	private long recentSince;

	/**
	 * Forgets positions that no longer count, and more where there are too many.
	 * @param now the monotonic time in nanoseconds
	 * @param life how long a position counts in nanoseconds
	 */
	void forget(long now, long life) {
		if (this.recent.isEmpty()) {
			this.recentSince = now;
		}
		if (now - this.recentSince > life || this.recent.size() > ENTRIES) {
			this.old = this.recent;
			this.recent = new HashMap<>();
			this.recentSince = now;
		}
	}

	/**
	 * Returns the positions that were sent to a lane of a client, {@code null} for none.
	 */
	@Nullable Sent get(int client, int lane) {
		Key of = new Key(client, lane);
		Sent sent = this.recent.get(of);
		return (sent != null) ? sent : this.old.get(of);
	}

	/**
	 * Returns the positions that were sent to a lane of a client, to note more.
	 */
	Sent getOrCreate(int client, int lane) {
		Sent sent = get(client, lane);
		Sent anew = (sent != null) ? sent : new Sent();
		this.recent.put(new Key(client, lane), anew);
		return anew;
	}

	private record Key(int client, int lane) {

	}

	/**
	 * The position that each cookie has got last, in which response, and when. Also when
	 * that was last while another one may have been on its way, and the mark that the
	 * client knows this by.
	 */
	static final class Sent {

		private final int[] positions = new int[PositionSlots.COUNT];

		private final int[] responses = new int[PositionSlots.COUNT];

		private final long[] times = new long[PositionSlots.COUNT];

		private final @Nullable Long[] overwrittenAt = new Long[PositionSlots.COUNT];

		private final String[] doubts = new String[PositionSlots.COUNT];

		Sent() {
			Arrays.fill(this.doubts, "");
		}

		void note(int slot, int position, int response, long at) {
			this.positions[slot] = position;
			this.responses[slot] = response;
			this.times[slot] = at;
		}

		/**
		 * Notes that an earlier response may arrive later.
		 */
		void noteOverwritten(int slot, long at) {
			this.overwrittenAt[slot] = at;
			this.doubts[slot] = "";
		}

		/**
		 * Notes the mark by which the client gets to know that.
		 */
		void doubt(int slot, String mark) {
			this.doubts[slot] = mark;
		}

		/**
		 * Returns that mark, empty for none.
		 */
		String doubt(int slot) {
			return this.doubts[slot];
		}

		boolean isOverwritten(int slot, long since) {
			Long at = this.overwrittenAt[slot];
			return at != null && at - since >= 0;
		}

		boolean isAnother(int slot, int position) {
			return this.positions[slot] != position;
		}

		boolean isLatest(int slot, int response) {
			return this.responses[slot] == response;
		}

		/**
		 * Whether the latest response was sent since, and is not the one that the client
		 * has brought back.
		 */
		boolean isOnItsWay(int slot, int brought, long since) {
			return this.responses[slot] != 0 && this.responses[slot] != brought && this.times[slot] - since >= 0;
		}

	}

}
