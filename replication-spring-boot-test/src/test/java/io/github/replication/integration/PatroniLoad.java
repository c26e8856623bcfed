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

package io.github.replication.integration;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.replication.integration.PatroniRoute.Row;

/**
 * Readers and writers over one route who remember what they were shown.
 */
final class PatroniLoad {

	static final int READERS = 2;

	static final int WRITERS = 2;

	private static final AtomicLong ids = new AtomicLong();

	private final ExecutorService executor = Executors.newFixedThreadPool(READERS + WRITERS);

	private final List<Future<?>> users = new ArrayList<>();

	private final AtomicBoolean ended = new AtomicBoolean();

	private final Map<Long, String> violations = new ConcurrentHashMap<>();

	private final AtomicInteger reads = new AtomicInteger();

	private final Queue<String> failedReads = new ConcurrentLinkedQueue<>();

	private final Queue<Acknowledged> acknowledged = new ConcurrentLinkedQueue<>();

	private final AtomicInteger failedWrites = new AtomicInteger();

	/**
	 * When the leader was seen to accept writes, 0 for not yet.
	 */
	private volatile long accepted;

	private final AtomicLong resumed = new AtomicLong();

	private final AtomicLong longestWrite = new AtomicLong();

	private final AtomicLong known = new AtomicLong(-1);

	/**
	 * Reads by the port of the server that served them, since the cluster is complete
	 * again.
	 */
	private final Map<Integer, AtomicInteger> served = new ConcurrentHashMap<>();

	private final PatroniRoute route;

	PatroniLoad(PatroniRoute route) {
		this.route = route;
		for (int i = 0; i < READERS; i++) {
			this.users.add(this.executor.submit(() -> use(this::read)));
		}
		for (int i = 0; i < WRITERS; i++) {
			this.users.add(this.executor.submit(() -> use((browser, seen) -> write(browser))));
		}
	}

	private void use(BiConsumer<Browser, AtomicLong> step) {
		Browser browser = new Browser();
		AtomicLong seen = new AtomicLong(-1);
		while (!this.ended.get()) {
			step.accept(browser, seen);
			LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
		}
	}

	/**
	 * Writes a row and reads it at once.
	 */
	private void write(Browser browser) {
		long id = ids.incrementAndGet();
		long start = System.nanoTime();
		var response = browser.post(this.route.application(), "/rows/" + id);
		long now = System.nanoTime();
		if (response.statusCode() != 200) {
			this.failedWrites.incrementAndGet();
			return;
		}
		this.acknowledged.add(new Acknowledged(Row.parse(response.body()), now));
		if (this.accepted != 0 && start > this.accepted) {
			this.resumed.compareAndSet(0, now);
		}
		this.longestWrite.accumulateAndGet(now - start, Math::max);
		this.known.set(id);
		find(browser, id, (found, answer) -> {
			if (!found) {
				this.violations.put(id, "own write " + response.body() + " is missed by " + answer);
			}
		});
	}

	/**
	 * Reads the newest row again and again: once seen, it stays.
	 */
	private void read(Browser browser, AtomicLong seen) {
		long last = seen.get();
		if (last >= 0) {
			find(browser, last, (found, answer) -> {
				if (!found) {
					this.violations.put(last, "row " + last + " was seen and is gone from " + answer);
				}
			});
		}
		long id = this.known.get();
		find(browser, id, (found, answer) -> {
			if (found) {
				seen.set(id);
			}
		});
	}

	/**
	 * Looks for a row.
	 * @param check called with whether it is there, and a description of the answer
	 */
	private void find(Browser browser, long id, BiConsumer<Boolean, String> check) {
		String tokens = "at " + Instant.now() + " with " + browser.tokens();
		var response = browser.get(this.route.application(), "/rows/" + id);
		this.reads.incrementAndGet();
		if (response.statusCode() != 200) {
			this.failedReads.add(response.body());
			return;
		}
		String[] answer = response.body().split(" ");
		this.served.computeIfAbsent(Integer.valueOf(answer[1]), (port) -> new AtomicInteger()).incrementAndGet();
		check.accept(answer[0].equals("t"), answer[1] + " " + tokens);
	}

	void awaitStart() {
		PatroniCluster.await(30).until(() -> this.acknowledged.size() > 20 && this.reads.get() > 50);
	}

	/**
	 * Counts from now on how long writes take to go on.
	 */
	void leaderAccepts(long now) {
		this.accepted = now;
	}

	void awaitWrites() {
		PatroniCluster.await(40).until(() -> this.resumed.get() != 0);
		awaitWrites(this.acknowledged.size() + 20);
	}

	void awaitWrites(int count) {
		PatroniCluster.await(30).until(() -> this.acknowledged.size() > count);
	}

	/**
	 * Counts from now on who serves.
	 */
	void clusterIsComplete() {
		this.served.clear();
	}

	int servedBy(int port) {
		AtomicInteger count = this.served.get(port);
		return (count != null) ? count.get() : 0;
	}

	PatroniRoute route() {
		return this.route;
	}

	List<Acknowledged> acknowledged() {
		return List.copyOf(this.acknowledged);
	}

	/**
	 * The violations, but for rows that the servers have lost.
	 */
	List<String> violations(Set<Long> lost) {
		return this.violations.entrySet()
			.stream()
			.filter((violation) -> !lost.contains(violation.getKey()))
			.map(Map.Entry::getValue)
			.toList();
	}

	List<String> failedReads() {
		return List.copyOf(this.failedReads);
	}

	/**
	 * How long writes took to go on, in milliseconds.
	 */
	long resumedAfter() {
		return TimeUnit.NANOSECONDS.toMillis(this.resumed.get() - this.accepted);
	}

	/**
	 * The figures as cells of a table.
	 */
	String figures(Set<Long> lost, int returned) {
		return Stream
			.of(resumedAfter(), TimeUnit.NANOSECONDS.toMillis(this.longestWrite.get()), this.acknowledged.size(),
					this.failedWrites,
					this.acknowledged.stream().filter((write) -> lost.contains(write.row().id())).count(), this.reads,
					this.failedReads.size(), servedBy(returned))
			.map(String::valueOf)
			.collect(Collectors.joining(" | "));
	}

	/**
	 * Lets the requests in flight end.
	 */
	void end() throws ExecutionException, InterruptedException, TimeoutException {
		this.ended.set(true);
		this.executor.shutdown();
		for (Future<?> user : this.users) {
			user.get(60, TimeUnit.SECONDS);
		}
	}

	/**
	 * A write that its client knows to be done.
	 *
	 * @param row the row as the server answered
	 * @param time when the answer came, of {@link System#nanoTime()}
	 */
	record Acknowledged(Row row, long time) {

	}

}
