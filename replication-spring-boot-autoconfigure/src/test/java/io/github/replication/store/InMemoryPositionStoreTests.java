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
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class InMemoryPositionStoreTests extends PositionStoreContract {

	private static final Duration MINUTE = Duration.ofMinutes(1);

	/**
	 * Overflows while a test runs, as a nanosecond source may.
	 */
	private final AtomicLong nanoTime = new AtomicLong(Long.MAX_VALUE - 1_000_000);

	private final InMemoryPositionStore store = new InMemoryPositionStore(this.nanoTime::get);

	@Override
	PositionStore store() {
		return this.store;
	}

	@Override
	void letPass(Duration duration) {
		this.nanoTime.addAndGet(duration.toNanos());
	}

	@Test
	void tokenLivesToTheNanosecond() {
		this.store.put("alice", "a", Set.of(), MINUTE);
		letPass(MINUTE.minusNanos(1));
		assertThat(this.store.find("alice")).containsExactly("a");
		letPass(Duration.ofNanos(1));
		assertThat(this.store.find("alice")).isEmpty();
	}

	@Test
	void usersWhoNeverComeBackAreForgottenByPutsOfOthers() {
		putUsers("gone", 1000);
		letPass(MINUTE);
		for (int i = 0; i < 500; i++) {
			this.store.put("alice", "a", Set.of(), MINUTE);
		}
		assertThat(this.store.tokens()).isOne();
	}

	@Test
	void usersWhoNeverComeBackAreForgottenByFindsOfOthers() {
		putUsers("gone", 1000);
		letPass(MINUTE);
		for (int i = 0; i < 500; i++) {
			this.store.find("alice");
		}
		assertThat(this.store.tokens()).isZero();
	}

	@Test
	void noCallForgetsManyUsersAtOnce() {
		putUsers("gone", 1000);
		letPass(MINUTE);
		this.store.find("alice");
		assertThat(this.store.tokens()).isEqualTo(998);
		this.store.put("alice", "a", Set.of(), MINUTE);
		assertThat(this.store.tokens()).isEqualTo(997);
	}

	@Test
	void onlyActiveUsersAreHeld() {
		for (int i = 0; i < 100; i++) {
			putUsers("visitor-" + i + "-", 100);
			letPass(MINUTE.dividedBy(10));
			assertThat(this.store.tokens()).isLessThanOrEqualTo(2 * 10 * 100);
		}
	}

	@Test
	void activeUserIsHeldWhileOthersAreForgotten() {
		for (int i = 0; i < 100; i++) {
			this.store.put("alice", "a" + i, List.of("a" + (i - 1)), MINUTE);
			putUsers("visitor-" + i + "-", 100);
			letPass(MINUTE.minusNanos(1));
			assertThat(this.store.find("alice")).containsExactly("a" + i);
		}
		letPass(MINUTE);
		for (int i = 0; i < 500; i++) {
			this.store.find("bob");
		}
		assertThat(this.store.tokens()).isZero();
	}

	@Test
	void expiredTokensOfActiveUserAreForgottenByTheNextPut() {
		this.store.put("alice", "a", Set.of(), MINUTE.multipliedBy(2));
		this.store.put("alice", "b", Set.of(), MINUTE);
		letPass(MINUTE);
		this.store.put("alice", "c", Set.of(), MINUTE);
		assertThat(this.store.tokens()).isEqualTo(2);
	}

	@Test
	void userWhoPutsOftenDoesNotDelayThatOthersAreForgotten() {
		for (int i = 0; i < 1000; i++) {
			this.store.put("alice", "a", Set.of(), MINUTE);
		}
		this.store.put("bob", "b", Set.of(), MINUTE);
		letPass(MINUTE);
		this.store.find("carol");
		assertThat(this.store.tokens()).isZero();
	}

	@Test
	void usersAreForgottenAlthoughTheClockOverflows() {
		this.nanoTime.set(Long.MAX_VALUE - MINUTE.toNanos());
		this.store.put("alice", "a", Set.of(), MINUTE);
		letPass(MINUTE.plusNanos(1));
		this.store.find("bob");
		assertThat(this.store.tokens()).isZero();
	}

	private void putUsers(String prefix, int number) {
		for (int i = 0; i < number; i++) {
			this.store.put(prefix + i, "a", Set.of(), MINUTE);
		}
	}

}
