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
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * What every position store does.
 */
abstract class PositionStoreContract {

	private static final Duration LONG = Duration.ofHours(1);

	private static final Duration SHORT = Duration.ofMillis(100);

	private static final int THREADS = 8;

	/**
	 * The store under test.
	 * @return the same store within one test, without anything that another test has put
	 */
	abstract PositionStore store();

	/**
	 * Returns when the clock of the store is later by a duration, or by more.
	 * @param duration how much later
	 */
	abstract void letPass(Duration duration);

	@Test
	void nothingIsFoundOfUnknownUser() {
		assertThat(store().find("alice")).isEmpty();
	}

	@Test
	void whatWasPutIsFound() {
		store().put("alice", "a", Set.of(), LONG);
		assertThat(store().find("alice")).containsExactly("a");
	}

	@Test
	void tokensThatReplaceNothingAllStay() {
		store().put("alice", "a", Set.of(), LONG);
		store().put("alice", "b", Set.of(), LONG);
		store().put("alice", "c", Set.of(), LONG);
		assertThat(store().find("alice")).containsExactlyInAnyOrder("a", "b", "c");
	}

	@Test
	void replacedAreGoneAndUnseenStay() {
		store().put("alice", "a", Set.of(), LONG);
		store().put("alice", "b", Set.of(), LONG);
		Collection<String> found = store().find("alice");
		store().put("alice", "parallel", Set.of(), LONG);
		store().put("alice", "c", found, LONG);
		assertThat(store().find("alice")).containsExactlyInAnyOrder("parallel", "c");
	}

	@Test
	void replacedThatAreNotKeptAreIgnored() {
		store().put("alice", "a", Set.of("x"), LONG);
		store().put("alice", "b", List.of("x", "y", "x"), LONG);
		assertThat(store().find("alice")).containsExactlyInAnyOrder("a", "b");
	}

	@Test
	void tokenThatReplacesItselfStays() {
		store().put("alice", "a", Set.of(), LONG);
		store().put("alice", "b", Set.of(), LONG);
		store().put("alice", "a", Set.of("a", "b"), LONG);
		assertThat(store().find("alice")).containsExactly("a");
	}

	@Test
	void tokenPutTwiceIsFoundOnce() {
		store().put("alice", "a", Set.of(), LONG);
		store().put("alice", "a", Set.of(), LONG);
		assertThat(store().find("alice")).containsExactly("a");
	}

	@Test
	void whatWasFoundDoesNotChange() {
		store().put("alice", "a", Set.of(), LONG);
		Collection<String> found = store().find("alice");
		store().put("alice", "b", found, LONG);
		assertThat(found).containsExactly("a");
	}

	@Test
	void tokensComeBackAsTheyWere() {
		String printable = IntStream.rangeClosed(' ', '~').collect(StringBuilder::new, (all, character) -> {
			all.append((char) character);
		}, StringBuilder::append).toString();
		List<String> tokens = List.of(printable, printable.repeat(3).substring(0, 200), "0", "-1", "00", "a", "A",
				"nan");
		tokens.forEach((token) -> store().put("alice", token, Set.of(), LONG));
		assertThat(store().find("alice")).containsExactlyInAnyOrderElementsOf(tokens);
		store().put("alice", "b", tokens, LONG);
		assertThat(store().find("alice")).containsExactly("b");
	}

	@Test
	void tokenLivesAsLongAsItWasPutFor() {
		store().put("alice", "a", Set.of(), LONG);
		letPass(SHORT);
		assertThat(store().find("alice")).containsExactly("a");
	}

	@Test
	void lastTokenExpires() {
		store().put("alice", "a", Set.of(), SHORT);
		letPass(SHORT);
		assertThat(store().find("alice")).isEmpty();
	}

	@Test
	void olderTokenExpiresAlthoughItsUserStaysActive() {
		store().put("alice", "a", Set.of(), SHORT);
		store().put("alice", "b", Set.of(), LONG);
		letPass(SHORT);
		assertThat(store().find("alice")).containsExactly("b");
		store().put("alice", "c", Set.of(), LONG);
		assertThat(store().find("alice")).containsExactlyInAnyOrder("b", "c");
	}

	@Test
	void laterTokenWithShorterLifeDoesNotEndThatOfAnother() {
		store().put("alice", "a", Set.of(), LONG);
		store().put("alice", "b", Set.of(), SHORT);
		letPass(SHORT);
		assertThat(store().find("alice")).containsExactly("a");
	}

	@Test
	void lifeOfReplacedDoesNotPassToTheTokenThatReplacesIt() {
		store().put("alice", "a", Set.of(), LONG);
		store().put("alice", "b", Set.of("a"), SHORT);
		letPass(SHORT);
		assertThat(store().find("alice")).isEmpty();
	}

	@Test
	void expiredTokenMayBePutAgain() {
		store().put("alice", "a", Set.of(), SHORT);
		letPass(SHORT);
		store().put("alice", "a", Set.of(), LONG);
		assertThat(store().find("alice")).containsExactly("a");
	}

	@Test
	void tokenPutAgainLivesLonger() {
		store().put("alice", "a", Set.of(), SHORT);
		store().put("alice", "b", Set.of(), SHORT);
		store().put("alice", "a", Set.of(), LONG);
		store().put("alice", "b", Set.of("b"), LONG);
		letPass(SHORT);
		assertThat(store().find("alice")).containsExactlyInAnyOrder("a", "b");
	}

	@Test
	void tokenPutAgainDoesNotLiveShorter() {
		store().put("alice", "a", Set.of(), LONG);
		store().put("alice", "b", Set.of(), LONG);
		store().put("alice", "a", Set.of(), SHORT);
		store().put("alice", "b", Set.of("b"), SHORT);
		letPass(SHORT);
		assertThat(store().find("alice")).containsExactlyInAnyOrder("a", "b");
	}

	@ParameterizedTest
	@ValueSource(strings = { "PT0S", "PT-0.001S" })
	void timeToLiveThatIsNotPositiveIsRejected(Duration timeToLive) {
		store().put("alice", "a", Set.of(), LONG);
		assertThatIllegalArgumentException().isThrownBy(() -> store().put("alice", "b", Set.of("a"), timeToLive))
			.withMessageContaining("timeToLive")
			.withMessageContaining(timeToLive.toString());
		assertThat(store().find("alice")).containsExactly("a");
	}

	@Test
	void shortestTimeToLiveIsAccepted() {
		store().put("alice", "a", Set.of(), Duration.ofNanos(1));
		letPass(SHORT);
		assertThat(store().find("alice")).isEmpty();
	}

	@Test
	void usersAreApart() {
		List<String> users = Stream
			.of("alice", "Alice", "alice ", " alice", "alice:", ":", "::", "", " ", "*", "a?ice", "{alice}", "{}", "%s",
					"DOMAIN\\alice", "alice@example.org", "cn=Alice Smith,o=\"x\"", "a\nb", "a\0b", "\u001Fcache:alice",
					"\u001F\u001Fcache:alice", "žlutý kůň", "用户", "\uD83D\uDC18", "x".repeat(1000),
					"x".repeat(999) + "y", "用".repeat(1000))
			.toList();
		users.forEach((user) -> store().put(user, token(user), Set.of(), LONG));
		assertThat(users).allSatisfy((user) -> assertThat(store().find(user)).containsExactly(token(user)));
		users.forEach((user) -> store().put(user, "new", List.of(token(user)), LONG));
		assertThat(users).allSatisfy((user) -> assertThat(store().find(user)).containsExactly("new"));
	}

	@Test
	void parallelPutsLoseNothing() throws Exception {
		inParallel((thread) -> {
			for (int i = 0; i < 50; i++) {
				store().put("alice", thread + "-" + i, (i > 0) ? Set.of(thread + "-" + (i - 1)) : Set.of(), LONG);
			}
		});
		assertThat(store().find("alice")).containsExactlyInAnyOrder(
				IntStream.range(0, THREADS).mapToObj((thread) -> thread + "-49").toArray(String[]::new));
	}

	@Test
	void latestOfParallelRequestsNeverGetsLost() throws Exception {
		AtomicInteger position = new AtomicInteger();
		inParallel((thread) -> {
			for (int i = 0; i < 200; i++) {
				Collection<String> found = store().find("alice");
				int written = position.incrementAndGet();
				store().put("alice", Integer.toString(Math.max(latest(found), written)), found, LONG);
				assertThat(latest(store().find("alice"))).isGreaterThanOrEqualTo(written);
			}
		});
		Collection<String> left = store().find("alice");
		assertThat(latest(left)).isEqualTo(THREADS * 200);
		assertThat(left).hasSizeLessThanOrEqualTo(THREADS);
	}

	private static String token(String user) {
		return Integer.toHexString(user.hashCode()) + "-" + user.length();
	}

	private static int latest(Collection<String> tokens) {
		return tokens.stream().mapToInt(Integer::parseInt).max().orElse(0);
	}

	private static void inParallel(Work work) throws Exception {
		CyclicBarrier start = new CyclicBarrier(THREADS);
		ExecutorService threads = Executors.newFixedThreadPool(THREADS);
		try {
			List<Callable<Void>> tasks = IntStream.range(0, THREADS).<Callable<Void>>mapToObj((thread) -> () -> {
				start.await();
				work.run(thread);
				return null;
			}).toList();
			for (Future<Void> done : threads.invokeAll(tasks)) {
				done.get();
			}
		}
		finally {
			threads.shutdownNow();
		}
	}

	private interface Work {

		void run(int thread);

	}

}
