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
package io.github.replication.node;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.github.replication.position.SampleClock;

import static org.assertj.core.api.Assertions.assertThat;

class ReplayWaiterTests {

	private static final Duration GRACE = Duration.ofMillis(500);

	private final AtomicLong time = new AtomicLong();

	private final Queue<Runnable> tasks = new ArrayDeque<>();

	private final List<String> asked = new ArrayList<>();

	private final List<Integer> networkTimeouts = new ArrayList<>();

	private int opened;

	private int aborted;

	private @Nullable String status = "success";

	private final ReplayWaiter waiter = new ReplayWaiter(this::open, this.tasks::add, new SampleClock(this.time::get),
			GRACE);

	@Test
	void standbyIsAskedOnAConnectionOfItsOwnUntilTheTimeIsOver() {
		CompletableFuture<Boolean> first = replayed(0x16_B374D848L, Duration.ofMillis(250));
		assertThat(first).isNotDone();
		this.tasks.remove().run();
		assertThat(first).isCompletedWithValue(true);
		this.status = "timeout";
		CompletableFuture<Boolean> second = replayed(-1, Duration.ofNanos(1));
		this.tasks.remove().run();
		assertThat(second).isCompletedWithValue(true);
		assertThat(this.asked).containsExactly("WAIT FOR LSN '16/B374D848' WITH (TIMEOUT '250ms', NO_THROW)",
				"WAIT FOR LSN 'FFFFFFFF/FFFFFFFF' WITH (TIMEOUT '1ms', NO_THROW)");
		assertThat(this.networkTimeouts).containsExactly(750, 501);
		assertThat(this.opened).isEqualTo(1);
	}

	@Test
	void onlyThoseWhoNeedAsMuchShareAWait() {
		CompletableFuture<Boolean> first = replayed(500, GRACE);
		assertThat(replayed(500, GRACE)).isSameAs(first);
		assertThat(replayed(-1, GRACE)).as("unsigned").isSameAs(first);
		assertThat(replayed(499, GRACE)).isNull();
		this.tasks.remove().run();
		assertThat(this.tasks).isEmpty();
		assertThat(replayed(499, GRACE)).isNotNull().isNotSameAs(first);
	}

	/**
	 * As one that has been promoted, or whose server does not know the statement after
	 * all.
	 */
	@Test
	void standbyThatCannotSayItIsLeftAloneForAWhile() {
		for (String answer : new String[] { "not in recovery", null }) {
			this.status = answer;
			CompletableFuture<Boolean> one = replayed(500, GRACE);
			this.tasks.remove().run();
			assertThat(one).isCompletedWithValue(false);
			assertThat(replayed(500, GRACE)).isNull();
			this.time.addAndGet(Duration.ofMinutes(1).toNanos());
		}
		assertThat(this.aborted).as("only the one that failed").isEqualTo(1);
		this.status = "success";
		CompletableFuture<Boolean> next = replayed(500, GRACE);
		this.tasks.remove().run();
		assertThat(next).isCompletedWithValue(true);
		assertThat(this.opened).isEqualTo(2);
	}

	@Test
	void nobodyWaitsForAWaiterThatIsClosed() {
		CompletableFuture<Boolean> underway = replayed(500, GRACE);
		this.waiter.close();
		this.tasks.remove().run();
		assertThat(underway).isCompletedWithValue(false);
		assertThat(replayed(500, GRACE)).isNull();
		assertThat(this.asked).isEmpty();
		assertThat(this.aborted).isEqualTo(1);
	}

	@Test
	void nobodyWaitsForAnExecutorThatTakesNothing() {
		ReplayWaiter over = new ReplayWaiter(this::open, (task) -> {
			throw new RejectedExecutionException();
		}, new SampleClock(this.time::get), GRACE);
		assertThat(over.replayed(500, 1)).isNull();
		assertThat(over.replayed(500, 1)).isNull();
	}

	private @Nullable CompletableFuture<Boolean> replayed(long lsn, Duration patience) {
		return this.waiter.replayed(lsn, patience.toNanos());
	}

	private Connection open() {
		this.opened++;
		return proxy(Connection.class, this::connection);
	}

	private @Nullable Object connection(Object proxy, Method method, @Nullable Object[] args) {
		return switch (method.getName()) {
			case "createStatement" -> proxy(Statement.class, this::statement);
			case "setNetworkTimeout" -> this.networkTimeouts.add((Integer) args[1]) ? null : proxy;
			case "abort" -> {
				this.aborted++;
				yield null;
			}
			default -> throw new IllegalStateException(method.getName());
		};
	}

	private @Nullable Object statement(Object proxy, Method method, @Nullable Object[] args) throws SQLException {
		if (method.getName().equals("close")) {
			return null;
		}
		this.asked.add((String) args[0]);
		if (this.status == null) {
			throw new SQLException("syntax error", "42601");
		}
		return proxy(ResultSet.class, (row, called, values) -> switch (called.getName()) {
			case "next" -> true;
			case "getString" -> this.status;
			case "close" -> null;
			default -> throw new IllegalStateException(called.getName());
		});
	}

	private static <T> T proxy(Class<T> type, InvocationHandler handler) {
		return type
			.cast(Proxy.newProxyInstance(ReplayWaiterTests.class.getClassLoader(), new Class<?>[] { type }, handler));
	}

}
