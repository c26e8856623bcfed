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

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Keeps the tokens in the memory of one instance of the application: for tests, and for
 * applications that run once. The tokens are gone with the process.
 *
 * <p>
 * Never fails, and finding takes no lock. Needs no thread to clean up: each call checks a
 * few of the users whose tokens have expired. The memory in use is that of the users with
 * a write within about two times to live; it is not given back while there are no calls.
 *
 * @since 0.1.0
 */
public final class InMemoryPositionStore implements PositionStore {

	/**
	 * More than the one user that a call can add, so that the users to clean up get
	 * fewer.
	 */
	private static final int CHECKS_PER_CALL = 2;

	private final LongSupplier nanoTime;

	private final Map<String, List<Entry>> entries = new ConcurrentHashMap<>();

	/**
	 * Holds each user of {@link #entries} once, and no other user.
	 */
	private final Queue<Check> checks = new ConcurrentLinkedQueue<>();

	/**
	 * Creates an empty store.
	 * @param nanoTime a monotonic clock in nanoseconds
	 */
	public InMemoryPositionStore(LongSupplier nanoTime) {
		this.nanoTime = nanoTime;
	}

	@Override
	public Collection<String> find(String user) {
		long now = this.nanoTime.getAsLong();
		removeExpired(now);
		List<Entry> found = this.entries.getOrDefault(user, List.of());
		return found.stream().filter((entry) -> entry.isAlive(now)).map(Entry::token).toList();
	}

	@Override
	public void put(String user, String token, Collection<String> replaced, Duration timeToLive) {
		Assert.isTrue(timeToLive.compareTo(Duration.ZERO) > 0,
				() -> "timeToLive must be positive, but was " + timeToLive);
		long now = this.nanoTime.getAsLong();
		Entry added = new Entry(token, now + timeToLive.toNanos());
		Set<String> covered = Set.copyOf(replaced);
		this.entries.compute(user, (name, present) -> {
			if (present == null) {
				this.checks.add(new Check(name, added.expiry()));
				return List.of(added);
			}
			return exchange(present, covered, added, now);
		});
		removeExpired(now);
	}

	/**
	 * The number of tokens that take memory, expired or not.
	 * @return the number of tokens of all users
	 */
	int tokens() {
		return this.entries.values().stream().mapToInt(List::size).sum();
	}

	private static List<Entry> exchange(List<Entry> present, Set<String> covered, Entry added, long now) {
		List<Entry> result = new ArrayList<>(present.size() + 1);
		Entry latest = added;
		for (Entry entry : present) {
			if (entry.token().equals(added.token())) {
				latest = latest.orLater(entry);
			}
			else if (entry.isAlive(now) && !covered.contains(entry.token())) {
				result.add(entry);
			}
		}
		result.add(latest);
		return List.copyOf(result);
	}

	private void removeExpired(long now) {
		for (int i = 0; i < CHECKS_PER_CALL; i++) {
			Check next = this.checks.peek();
			if (next == null || next.time() - now > 0) {
				return;
			}
			if (this.checks.remove(next)) {
				this.entries.computeIfPresent(next.user(), (user, present) -> check(user, present, now));
			}
		}
	}

	private @Nullable List<Entry> check(String user, List<Entry> present, long now) {
		List<Entry> alive = present.stream().filter((entry) -> entry.isAlive(now)).toList();
		alive.stream().reduce(Entry::orLater).ifPresent((last) -> this.checks.add(new Check(user, last.expiry())));
		return alive.isEmpty() ? null : alive;
	}

	@Override
	public String toString() {
		return "InMemoryPositionStore[users=" + this.entries.size() + "]";
	}

	private record Entry(String token, long expiry) {

		boolean isAlive(long now) {
			return this.expiry - now > 0;
		}

		Entry orLater(Entry other) {
			return (other.expiry - this.expiry > 0) ? other : this;
		}

	}

	/**
	 * When to look whether anything of a user is left.
	 */
	private record Check(String user, long time) {

	}

}
