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

package io.github.replication.twin;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import io.github.replication.twin.Difference.Step;

/**
 * The two sides, on which sequences are run and compared.
 */
final class Twins implements AutoCloseable {

	private static final long SEQUENCE_SECONDS = 45;

	/**
	 * How long a connection may take to go back to its pool.
	 */
	private static final long RETURN_MILLIS = 400;

	/**
	 * How long an eviction is waited for that some calls do not cause here.
	 */
	private static final long EVICTION_MILLIS = 2000;

	/**
	 * How long an eviction is waited for that happens in any case.
	 */
	private static final long CERTAIN_EVICTION_MILLIS = 5000;

	private static final long VIEW = TimeUnit.MILLISECONDS.toNanos(20);

	/**
	 * How long the session of a closed socket is waited for.
	 */
	private static final long SETTLING = TimeUnit.MILLISECONDS.toNanos(200);

	private final Side plain;

	private final Starter starter;

	private Side ours;

	private final Map<OnPurpose, Integer> onPurpose = new EnumMap<>(OnPurpose.class);

	private final ExecutorService plainRunner = runner("plain");

	private final ExecutorService runner = runner("twin");

	private List<Step> plainSteps = List.of();

	private List<Step> ourSteps = List.of();

	private @Nullable OnPurpose endedBy;

	private @Nullable Difference difference;

	private Runnable before = () -> {
	};

	private Runnable after = () -> {
	};

	private long steps;

	private volatile long closedAtBegin;

	Twins(Side plain, Starter starter) throws SQLException {
		this.plain = plain;
		this.starter = starter;
		this.ours = starter.start();
	}

	private static ExecutorService runner(String name) {
		return Executors.newSingleThreadExecutor((task) -> {
			Thread thread = new Thread(task, name);
			thread.setDaemon(true);
			return thread;
		});
	}

	/**
	 * Sets what is done before and after each sequence on the side with the library.
	 */
	void around(Runnable before, Runnable after) {
		this.before = before;
		this.after = after;
	}

	/**
	 * Returns the data source of the side with the library.
	 */
	DataSource ours() {
		return this.ours.dataSource();
	}

	/**
	 * Replaces the connections of both pools, so that nothing is left of what drivers
	 * remember.
	 */
	void freshen() {
		this.plain.pool().evict();
		this.ours.pool().evict();
	}

	long steps() {
		return this.steps;
	}

	/**
	 * Returns the steps of the last comparison without the library.
	 */
	List<Step> plainSteps() {
		return this.plainSteps;
	}

	/**
	 * Returns the steps of the last comparison with the library, up to where it ended.
	 */
	List<Step> ourSteps() {
		return this.ourSteps;
	}

	/**
	 * Returns the difference that has ended the last comparison before its end,
	 * {@code null} if there was none.
	 */
	@Nullable OnPurpose endedBy() {
		return this.endedBy;
	}

	Map<OnPurpose, Integer> onPurpose() {
		return this.onPurpose;
	}

	/**
	 * Runs a sequence on both sides, one after the other.
	 * @return the first difference that is not on purpose, {@code null} if there is none
	 */
	@Nullable Difference compare(Sequence sequence, Scope scope) {
		return compare(sequence, scope, expect(sequence, scope));
	}

	/**
	 * Runs a sequence without the library, in another thread.
	 */
	Future<List<Step>> expect(Sequence sequence, Scope scope) {
		return this.plainRunner.submit(() -> runPlain(sequence.complete(), scope));
	}

	/**
	 * Runs a sequence with the library.
	 * @param expectation what {@link #expect} has returned for it
	 * @return the first difference that is not on purpose, {@code null} if there is none
	 */
	@Nullable Difference compare(Sequence sequence, Scope scope, Future<List<Step>> expectation) {
		this.endedBy = null;
		List<Step> expected = await(expectation);
		this.plainSteps = expected;
		List<Call> calls = sequence.complete();
		this.steps += calls.size();
		return await(this.runner.submit(() -> runOurs(calls, expected, scope)));
	}

	/**
	 * Returns what a sequence has led to, unless it hangs.
	 */
	<T extends @Nullable Object> T await(Future<T> future) {
		try {
			return future.get(SEQUENCE_SECONDS, TimeUnit.SECONDS);
		}
		catch (TimeoutException ex) {
			throw new IllegalStateException("A sequence hangs: plain " + this.plain.activity() + ", ours "
					+ this.ours.activity() + ", " + stacks(), ex);
		}
		catch (ExecutionException ex) {
			throw new IllegalStateException("A sequence cannot be run", ex.getCause());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	private String stacks() {
		return Thread.getAllStackTraces()
			.entrySet()
			.stream()
			.filter((entry) -> entry.getKey().getName().matches("plain|twin"))
			.map((entry) -> entry.getKey().getName() + " " + List.of(entry.getValue()))
			.toList()
			.toString();
	}

	private List<Step> runPlain(List<Call> calls, Scope scope) throws SQLException {
		this.plain.begin();
		List<Step> steps = new ArrayList<>();
		String seen = scope.runPlain(this.plain, () -> runPlain(calls, steps));
		this.plain.end();
		this.plain.cleanPool();
		steps.add(new Step(Outcome.returned(seen), ThirdSession.View.NONE, List.of(), false));
		return steps;
	}

	private void runPlain(List<Call> calls, List<Step> steps) throws SQLException {
		for (Call call : calls) {
			long closed = this.plain.closedSockets();
			Outcome outcome = this.plain.run(call);
			List<String> pool = pool(this.plain, call);
			if (outcome.unsupported() && this.plain.pool().evictsUnsupported()) {
				awaitEviction(this.plain, closed, CERTAIN_EVICTION_MILLIS);
			}
			if (outcome.isConnectionLost() || this.plain.closedSockets() != closed) {
				settle(this.plain);
			}
			steps.add(new Step(outcome, this.plain.look(), pool, this.plain.closedSockets() != closed));
		}
	}

	/**
	 * After an exception with SQLSTATE 0A000 HikariCP closes the connection, a moment
	 * later and in another thread.
	 */
	private static void awaitEviction(Side side, long closedSockets, long millis) {
		long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
		while (side.closedSockets() == closedSockets && System.nanoTime() < end) {
			LockSupport.parkNanos(Side.PAUSE);
		}
	}

	/**
	 * Looks until the session of a socket that was closed has ended. While the pool opens
	 * another socket, the number of sessions does not say so.
	 */
	private static void settle(Side side) throws SQLException {
		long start = System.nanoTime();
		boolean settling = true;
		while (settling) {
			long nanos = System.nanoTime() - start;
			settling = nanos < SETTLING || side.maySettle(nanos);
			settling &= !side.lookAgain().isAtRest();
			if (settling) {
				LockSupport.parkNanos(Side.PAUSE);
			}
		}
	}

	private static List<String> pool(Side side, Call call) throws SQLException {
		boolean closes = SlotType.of(call.target()) == SlotType.CONNECTION
				&& (call.method().equals("close") || call.method().equals("abort"));
		return closes ? side.cleanPool() : List.of();
	}

	private @Nullable Difference runOurs(List<Call> calls, List<Step> expected, Scope scope) throws SQLException {
		this.ours.begin();
		this.before.run();
		this.closedAtBegin = this.ours.closedSockets();
		this.difference = null;
		try {
			History history = new History(this.plain.pool().isAutoCommit());
			List<Step> steps = new ArrayList<>();
			this.ourSteps = steps;
			String seen = scope.runOurs(this.ours, () -> runOurs(calls, expected, steps, history));
			return (this.difference != null) ? this.difference : atEnd(calls, expected, steps, history, seen);
		}
		finally {
			this.after.run();
			this.ours.end();
			this.ours.cleanPool();
			renewIfLeaking();
		}
	}

	private void runOurs(List<Call> calls, List<Step> expected, List<Step> steps, History history) throws SQLException {
		for (int i = 0; i < calls.size(); i++) {
			Call call = calls.get(i);
			Step step = step(call, expected.get(i), history);
			steps.add(step);
			if (!step.matches(expected.get(i))) {
				Difference difference = new Difference(calls, expected, steps, history, this.ours.pool());
				OnPurpose purpose = OnPurpose.of(difference);
				if (purpose == null) {
					this.difference = difference;
					return;
				}
				this.onPurpose.merge(purpose, 1, Integer::sum);
				if (purpose.isLast()) {
					this.endedBy = purpose;
					return;
				}
			}
			history.add(call, expected.get(i));
		}
	}

	/**
	 * Starts the application anew if a connection of its pool is lost.
	 */
	private void renewIfLeaking() throws SQLException {
		if (isInUse()) {
			this.ours.close();
			this.ours = this.starter.start();
		}
	}

	private boolean isInUse() {
		long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RETURN_MILLIS);
		while (this.ours.pool().active() > 0 && System.nanoTime() < end) {
			LockSupport.parkNanos(Side.PAUSE);
		}
		return this.ours.pool().active() > 0;
	}

	private Step step(Call call, Step expected, History history) throws SQLException {
		long closed = this.ours.closedSockets();
		Outcome outcome = this.ours.run(call);
		List<String> pool = pool(this.ours, call);
		if (outcome.unsupported() && expected.closedSocket() && !history.isReadOnly(call)) {
			awaitEviction(this.ours, closed, EVICTION_MILLIS);
		}
		return new Step(outcome, view(expected.view()), pool, this.ours.closedSockets() != closed);
	}

	/**
	 * Looks until the database is as expected, but not for ever, and not for long unless
	 * a session may be ending.
	 */
	private ThirdSession.View view(ThirdSession.View expected) throws SQLException {
		ThirdSession.View view = this.ours.look();
		long start = System.nanoTime();
		boolean changing = true;
		while (!view.equals(expected) && changing) {
			LockSupport.parkNanos(Side.PAUSE);
			changing = mayChange(System.nanoTime() - start);
			view = this.ours.lookAgain();
		}
		return view;
	}

	/**
	 * Whether the database may be another one in a moment. While the pool opens a socket
	 * in place of a closed one, the number of sessions does not say so.
	 */
	private boolean mayChange(long nanos) throws SQLException {
		return nanos < VIEW || (this.ours.closedSockets() != this.closedAtBegin
				&& (nanos < SETTLING || this.ours.maySettle(nanos)));
	}

	/**
	 * Whatever has happened, nothing is left, and a transaction around has seen what was
	 * committed.
	 */
	private @Nullable Difference atEnd(List<Call> calls, List<Step> expected, List<Step> ourSteps, History history,
			String seen) throws SQLException {
		List<Step> plainSteps = expected.subList(0, ourSteps.size());
		boolean complete = this.endedBy == null && ourSteps.size() == calls.size();
		this.ours.end();
		ThirdSession.View view = this.ours.look();
		ThirdSession.View rested = new ThirdSession.View(view.rows(), "idle", "");
		List<String> pool = this.ours.cleanPool().stream().filter((one) -> !this.ours.pool().isAtRest(one)).toList();
		view = view(rested);
		String active = isInUse() ? "connections in use" : "no connection in use";
		String seenByPlain = complete ? expected.get(calls.size()).outcome().value() : "";
		Step plain = new Step(Outcome.returned("no connection in use" + seenByPlain), rested, List.of(), false);
		Step ours = new Step(Outcome.returned(active + (complete ? seen : "")), view, pool, false);
		if (plain.matches(ours)) {
			return null;
		}
		List<Step> allPlain = new ArrayList<>(plainSteps);
		allPlain.add(plain);
		ourSteps.add(ours);
		Difference atEnd = new Difference(calls.subList(0, ourSteps.size() - 1), allPlain, ourSteps, history,
				this.ours.pool());
		if (OnPurpose.ISOLATION_LEFT_BY_A_TEXT.explains(atEnd)) {
			this.onPurpose.merge(OnPurpose.ISOLATION_LEFT_BY_A_TEXT, 1, Integer::sum);
			return null;
		}
		return atEnd;
	}

	@Override
	public void close() throws Exception {
		this.plainRunner.shutdownNow();
		this.runner.shutdownNow();
		this.plain.close();
		this.ours.close();
	}

	/**
	 * Starts the side with the library.
	 */
	@FunctionalInterface
	interface Starter {

		Side start() throws SQLException;

	}

}
