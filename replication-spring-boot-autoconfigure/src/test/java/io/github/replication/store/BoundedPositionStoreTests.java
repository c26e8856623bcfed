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

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.util.StringUtils;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class BoundedPositionStoreTests {

	private static final Duration MINUTE = Duration.ofMinutes(1);

	private static final Duration TIMEOUT = Duration.ofMillis(100);

	/**
	 * What a call may take beyond the timeout on a machine that is busy.
	 */
	private static final Duration TOLERANCE = Duration.ofSeconds(1);

	private static final String WARNING = "does not answer";

	private static final String INFORMATION = "answers again";

	private final Hanging hanging = new Hanging();

	private final BoundedPositionStore store = new BoundedPositionStore(this.hanging, TIMEOUT, System::nanoTime);

	@AfterEach
	void release() {
		this.hanging.latch.countDown();
	}

	@Test
	void callsOfOneRequestTakeNoLongerThanTheTimeoutTogether() {
		Duration timeout = Duration.ofSeconds(2);
		BoundedPositionStore store = new BoundedPositionStore(this.hanging, timeout, System::nanoTime);
		BoundedPositionStore.Allowance allowance = store.allowance();
		long start = System.nanoTime();
		assertThat(store.find("ann", allowance)).isEmpty();
		store.put("ann", "a", Set.of(), MINUTE, allowance);
		store.put("ann", "b", Set.of("a"), MINUTE, allowance);
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(timeout)
			.isLessThan(timeout.multipliedBy(2));
	}

	@Test
	void whatCouldNotBePutIsFoundHere() {
		this.store.put("ann", "a", Set.of(), MINUTE);
		this.store.put("ann", "b", Set.of("a"), MINUTE);
		assertThat(this.store.find("ann")).containsExactly("b");
		assertThat(this.store.find("bob")).isEmpty();
	}

	@Test
	void storeThatFailsIsLeftAloneAndTriedAgain(CapturedOutput output) {
		for (int i = 0; i < 3; i++) {
			this.store.find("ann");
		}
		int calls = this.hanging.calls.get();
		long start = System.nanoTime();
		for (int i = 0; i < 100; i++) {
			this.store.find("ann");
		}
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TIMEOUT.plus(TOLERANCE));
		assertThat(this.hanging.calls.get() - calls).isLessThanOrEqualTo(1);
		assertThat(StringUtils.countOccurrencesOf(output.getOut(), WARNING)).isEqualTo(1);
		this.hanging.latch.countDown();
		Awaitility.await().until(() -> this.store.find("ann").contains("stored"));
		this.store.find("ann");
		assertThat(StringUtils.countOccurrencesOf(output.getOut(), WARNING)).isEqualTo(1);
		assertThat(StringUtils.countOccurrencesOf(output.getOut(), INFORMATION)).isEqualTo(1);
	}

	@Test
	void oneFailureIsNoReasonToLeaveTheStoreAlone(CapturedOutput output) {
		AtomicInteger calls = new AtomicInteger();
		BoundedPositionStore store = new BoundedPositionStore(new PositionStore() {

			@Override
			public Collection<String> find(String user) {
				if (calls.getAndIncrement() % 2 == 0) {
					throw new IllegalStateException("broken");
				}
				return List.of("stored");
			}

			@Override
			public void put(String user, String token, Collection<String> replaced, Duration timeToLive) {
			}

		}, Duration.ofSeconds(10), System::nanoTime);
		for (int i = 0; i < 20; i++) {
			assertThat(store.find("ann")).hasSize(i % 2);
		}
		assertThat(output.getOut()).doesNotContain(WARNING);
	}

	/**
	 * As a request of many transactions, each of which the store answers soon.
	 */
	@Test
	void requestThatHasUsedUpItsTimeIsNoFailureOfTheStore(CapturedOutput output) {
		AtomicInteger calls = new AtomicInteger();
		BoundedPositionStore store = new BoundedPositionStore(new PositionStore() {

			@Override
			public Collection<String> find(String user) {
				return List.of("stored");
			}

			@Override
			public void put(String user, String token, Collection<String> replaced, Duration timeToLive) {
				calls.incrementAndGet();
				LockSupport.parkNanos(TIMEOUT.dividedBy(4).toNanos());
			}

		}, TIMEOUT, System::nanoTime);
		BoundedPositionStore.Allowance allowance = store.allowance();
		for (int i = 0; i < 20; i++) {
			store.put("ann", "token-" + i, Set.of(), MINUTE, allowance);
		}
		assertThat(store.find("ann", allowance)).as("kept here").contains("token-19");
		assertThat(output.getOut()).doesNotContain(WARNING);
		Awaitility.await().untilAsserted(() -> assertThat(calls).as("stored as well").hasValue(20));
		Awaitility.await().until(() -> store.find("bob").contains("stored"));
	}

	@Test
	void callOfARequestThatWasInterruptedKeepsNoThreadForGood() {
		AtomicLong now = new AtomicLong();
		BoundedPositionStore store = new BoundedPositionStore(this.hanging, TIMEOUT, now::get);
		int threads = 8;
		for (int i = 0; i < threads; i++) {
			Thread.currentThread().interrupt();
			store.find("ann");
			assertThat(Thread.interrupted()).isTrue();
		}
		Awaitility.await().until(() -> this.hanging.calls.get() == threads);
		now.addAndGet(Duration.ofSeconds(3).toNanos());
		store.find("ann");
		Awaitility.await().until(() -> this.hanging.calls.get() == threads + 1);
	}

	@Test
	@EnabledIf(value = "io.github.replication.store.RedisServer#isInstalled",
			disabledReason = "there is no redis-server on the PATH")
	void redisThatIsStoppedOrKilledCostsARequestTheTimeoutAndIsUsedAgain(@TempDir Path folder, CapturedOutput output)
			throws Exception {
		RedisServer server = RedisServer.start(folder);
		LettuceConnectionFactory connections = new LettuceConnectionFactory("127.0.0.1", server.port());
		connections.afterPropertiesSet();
		connections.start();
		RedisPositionStore redis = new RedisPositionStore(connections);
		BoundedPositionStore store = new BoundedPositionStore(redis, TIMEOUT, System::nanoTime);
		try {
			awaitStored(store, redis, "before");
			server.freeze();
			assertRequestsAreBounded(store);
			server.thaw();
			awaitStored(store, redis, "after the freeze");
			server.close();
			assertRequestsAreBounded(store);
			server = RedisServer.restart(server, folder);
			awaitStored(store, redis, "after the restart");
			assertThat(StringUtils.countOccurrencesOf(output.getOut(), WARNING)).isEqualTo(2);
			assertThat(StringUtils.countOccurrencesOf(output.getOut(), INFORMATION)).isEqualTo(2);
		}
		finally {
			connections.destroy();
			server.close();
		}
	}

	private static void awaitStored(BoundedPositionStore store, RedisPositionStore redis, String token) {
		await(() -> {
			store.put("ann", token, Set.of(), MINUTE);
			return redis.find("ann").contains(token);
		});
	}

	private static void await(BooleanSupplier condition) {
		Awaitility.await().atMost(Duration.ofSeconds(90)).ignoreExceptions().until(condition::getAsBoolean);
	}

	private static void assertRequestsAreBounded(BoundedPositionStore store) {
		for (int i = 0; i < 10; i++) {
			String token = "token-" + i;
			BoundedPositionStore.Allowance allowance = store.allowance();
			long start = System.nanoTime();
			store.find("bob", allowance);
			store.put("bob", token, Set.of(), MINUTE, allowance);
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TIMEOUT.plus(TOLERANCE));
			assertThat(store.find("bob")).contains(token);
		}
	}

	/**
	 * A store that accepts and does not answer until it is released.
	 */
	private static final class Hanging implements PositionStore {

		private final CountDownLatch latch = new CountDownLatch(1);

		private final AtomicInteger calls = new AtomicInteger();

		@Override
		public Collection<String> find(String user) {
			hang();
			return List.of("stored");
		}

		@Override
		public void put(String user, String token, Collection<String> replaced, Duration timeToLive) {
			hang();
		}

		private void hang() {
			this.calls.incrementAndGet();
			try {
				this.latch.await();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

}
