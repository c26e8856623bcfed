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

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The operations of one request over HTTP. The instance that the request reaches runs
 * them, so that the history has the time of each.
 *
 * @param history where the operations are recorded
 * @param session the session that they run for, which is a part of that of the client
 * @param ids yields the numbers of sessions
 * @param portions the operations before and after the thread, job or service in between
 */
record Visit(History history, long session, AtomicLong ids, List<List<Request.Step>> portions) {

	private static final Map<Long, Visit> expected = new ConcurrentHashMap<>();

	/**
	 * Lets the instance of this process find it that is asked for it.
	 */
	void expect() {
		expected.put(this.session, this);
	}

	static Visit of(long session) {
		Visit visit = expected.get(session);
		if (visit == null) {
			throw new IllegalArgumentException("Nobody waits for " + session);
		}
		return visit;
	}

	void end() {
		expected.remove(this.session);
	}

	void run(int portion, Instance instance) {
		run(this.session, portion, instance);
	}

	private void run(long session, int portion, Instance instance) {
		Execution execution = new Execution(this.history, session, instance);
		this.portions.get(portion)
			.forEach((step) -> execution.attempt(step.kind(), step.register(),
					() -> execution.run(OperationKind.READ_INSIDE_WRITE, step.inside(), Execution.NOTHING)));
	}

	/**
	 * Runs a portion in a job that knows what the request knows, and that the request
	 * learns nothing of.
	 */
	void runAsJob(int portion, Instance instance, String position) {
		long job = this.ids.incrementAndGet();
		this.history.add(new Event.Forked(this.session, job));
		Thread thread = new Thread(() -> instance.request(position, () -> run(job, portion, instance)), "proof-job");
		thread.start();
		try {
			thread.join();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
		this.history.add(new Event.Lost(job));
	}

}
