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

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Transactional;

import io.github.replication.Consistency;
import io.github.replication.ReadOnly;

/**
 * Callers who read and write registers while faults come and go. Each register has one
 * writer, who counts it up, so that whoever reads less than before has read the past.
 */
final class Load implements AutoCloseable {

	private static final int READERS = 2;

	private static final int WRITERS = 2;

	private static final long THINK_TIME = TimeUnit.MILLISECONDS.toNanos(5);

	private final TestApplication application;

	private final Registers registers;

	private final List<Thread> threads = new ArrayList<>();

	/**
	 * Reads that asked for no consistency.
	 */
	final Count eventual = new Count();

	/**
	 * Reads of callers who do not write.
	 */
	final Count session = new Count();

	/**
	 * Reads of callers who have just written.
	 */
	final Count own = new Count();

	final Count writes = new Count();

	/**
	 * What a caller has read although it must have seen more.
	 */
	final Queue<String> violations = new ConcurrentLinkedQueue<>();

	private volatile boolean over;

	Load(TestApplication application) {
		this.application = application;
		this.registers = application.bean(Registers.class);
		this.registers.reset(WRITERS);
	}

	Load start() {
		for (int i = 0; i < READERS; i++) {
			run("eventual-" + i, this::readEventually);
			run("session-" + i, this::readInOrder);
		}
		for (int i = 0; i < WRITERS; i++) {
			int register = i;
			run("writer-" + i, () -> writeAndRead(register));
		}
		return this;
	}

	private void run(String name, Runnable work) {
		Thread thread = new Thread(() -> {
			this.application.newCaller();
			work.run();
		}, name);
		this.threads.add(thread);
		thread.start();
	}

	private void readEventually() {
		while (!this.over) {
			this.eventual.count(() -> this.registers.readAny(0));
			think();
		}
	}

	private void readInOrder() {
		AtomicReference<Value> seen = new AtomicReference<>(Value.NONE);
		while (!this.over) {
			this.session.count(() -> check(this.registers.read(0), seen, "a reader"));
			think();
		}
	}

	private void writeAndRead(int register) {
		AtomicReference<Value> seen = new AtomicReference<>(Value.NONE);
		for (long i = 1; !this.over; i++) {
			long value = i;
			if (this.writes.count(() -> this.registers.write(register, value))) {
				seen.set(new Value(value, "a write"));
			}
			this.own.count(() -> check(this.registers.read(register), seen, "the writer"));
			think();
		}
	}

	/**
	 * Leaves the servers some of the processors: one that cannot run has failed.
	 */
	private static void think() {
		LockSupport.parkNanos(THINK_TIME);
	}

	private void check(Value value, AtomicReference<Value> seen, String who) {
		if (value.number() < seen.get().number()) {
			this.violations.add(who + " has read " + value + " after " + seen);
		}
		else {
			seen.set(value);
		}
	}

	@Override
	public void close() {
		this.over = true;
		for (Thread thread : this.threads) {
			try {
				thread.join(TimeUnit.SECONDS.toMillis(30));
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}
	}

	/**
	 * How often something went well, and what was thrown where it did not.
	 */
	static final class Count {

		private final AtomicLong successes = new AtomicLong();

		final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

		private boolean count(Runnable work) {
			try {
				work.run();
				this.successes.incrementAndGet();
				return true;
			}
			catch (RuntimeException ex) {
				this.failures.add(ex);
				return false;
			}
		}

		long successes() {
			return this.successes.get();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Beans {

		@Bean
		Registers registers(JdbcTemplate jdbc) {
			return new Registers(jdbc);
		}

	}

	static class Registers {

		private final JdbcTemplate jdbc;

		Registers(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		void reset(int registers) {
			this.jdbc.execute("CREATE TABLE IF NOT EXISTS register (id int PRIMARY KEY, value bigint NOT NULL)");
			this.jdbc.update("DELETE FROM register");
			for (int i = 0; i < registers; i++) {
				this.jdbc.update("INSERT INTO register VALUES (?, 0)", i);
			}
		}

		@ReadOnly
		public Value read(int register) {
			return value(register);
		}

		@ReadOnly(consistency = Consistency.EVENTUAL)
		public Value readAny(int register) {
			return value(register);
		}

		@Transactional
		public void write(int register, long value) {
			this.jdbc.update("UPDATE register SET value = ? WHERE id = ?", value, register);
		}

		private Value value(int register) {
			return this.jdbc.queryForObject(
					"SELECT value, current_setting('cluster_name') AS server FROM register WHERE id = ?",
					(row, number) -> new Value(row.getLong("value"), row.getString("server")), register);
		}

	}

	/**
	 * A value, and the server that says so.
	 */
	record Value(long number, String server) {

		static final Value NONE = new Value(0, "nowhere");

		@Override
		public String toString() {
			return this.number + " from " + this.server;
		}

	}

}
