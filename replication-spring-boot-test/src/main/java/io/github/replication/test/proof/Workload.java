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

package io.github.replication.test.proof;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/**
 * Threads that let sessions proceed, one request at a time, each session on whichever
 * thread comes by.
 */
final class Workload {

	private final Queue<Actor> sessions;

	private final List<Thread> threads = new ArrayList<>();

	private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

	private final CountDownLatch over;

	/**
	 * Creates a workload.
	 * @param sessions the sessions, more than threads
	 * @param threads the number of threads
	 * @param over ends it
	 */
	Workload(List<? extends Actor> sessions, int threads, CountDownLatch over) {
		this.sessions = new ConcurrentLinkedQueue<>(sessions);
		this.over = over;
		for (int i = 1; i <= threads; i++) {
			Thread thread = new Thread(this::work, "proof-" + i);
			thread.setDaemon(true);
			this.threads.add(thread);
		}
	}

	void start() {
		this.threads.forEach(Thread::start);
	}

	private void work() {
		try {
			while (this.over.getCount() > 0) {
				Actor session = this.sessions.remove();
				session.proceed();
				this.sessions.add(session);
			}
		}
		catch (RuntimeException | Error ex) {
			this.failures.add(ex);
		}
	}

	/**
	 * Waits until all threads have ended.
	 * @throws IllegalStateException if one has failed or does not end
	 */
	void join(long millis) throws InterruptedException {
		for (Thread thread : this.threads) {
			thread.join(millis);
			if (thread.isAlive()) {
				IllegalStateException endless = new IllegalStateException(thread.getName() + " does not end");
				endless.setStackTrace(thread.getStackTrace());
				throw endless;
			}
		}
		Throwable failure = this.failures.peek();
		if (failure != null) {
			throw new IllegalStateException("A session has failed outside of its operations", failure);
		}
	}

}
