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
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;

/**
 * A user who goes from instance to instance with a token. Used by one thread at a time.
 */
final class Session implements Actor {

	private final Requests requests;

	private final List<Instance> instances;

	private final History history;

	private final AtomicLong ids;

	private long id;

	private @Nullable String token;

	/**
	 * Creates a session that knows nothing.
	 * @param requests its requests
	 * @param instances where it goes
	 * @param history where its operations are recorded
	 * @param ids yields the numbers of sessions
	 */
	Session(Requests requests, List<Instance> instances, History history, AtomicLong ids) {
		this.requests = requests;
		this.instances = instances;
		this.history = history;
		this.ids = ids;
		this.id = ids.incrementAndGet();
	}

	@Override
	public void proceed() {
		Request request = this.requests.next();
		switch (request.token()) {
			case LOST -> lose();
			case DUPLICATED -> proceedInParts(request, this.requests.next());
			case KEPT -> {
			}
		}
		if (request.token() != Request.Token.DUPLICATED) {
			this.token = run(this.id, this.token, request);
		}
	}

	private void lose() {
		this.history.add(new Event.Lost(this.id));
		this.id = this.ids.incrementAndGet();
		this.token = null;
	}

	private void proceedInParts(Request one, Request other) {
		long part = this.ids.incrementAndGet();
		this.history.add(new Event.Forked(this.id, part));
		String first = run(this.id, this.token, one);
		String second = run(part, this.token, other);
		this.history.add(new Event.Merged(this.id, part));
		this.token = (first != null && second != null) ? first + "," + second : (first != null) ? first : second;
	}

	private @Nullable String run(long session, @Nullable String token, Request request) {
		Instance instance = this.instances.get(request.instance());
		return instance.request(token, () -> request.steps().forEach((step) -> run(session, instance, step)));
	}

	private void run(long session, Instance instance, Request.Step step) {
		Execution execution = new Execution(this.history, session, instance);
		execution.attempt(step.kind(), step.register(),
				() -> execution.run(OperationKind.READ_INSIDE_WRITE, step.inside(), Execution.NOTHING));
	}

}
