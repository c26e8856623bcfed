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
package io.github.replication.caller;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the positions that responses carry, and the requests that bring one back.
 * Thread-safe.
 *
 * @since 0.1.0
 */
public final class PositionTraffic {

	private final LongAdder sent = new LongAdder();

	private final LongAdder received = new LongAdder();

	PositionTraffic() {
	}

	/**
	 * Counts a response that carries the position of a write.
	 */
	public void sent() {
		this.sent.increment();
	}

	/**
	 * Counts a request that carries a position.
	 */
	public void received() {
		this.received.increment();
	}

	/**
	 * The number of responses with the position of a write.
	 * @return the number since the start
	 */
	public long sentCount() {
		return this.sent.sum();
	}

	/**
	 * The number of requests with a position, among the requests that needed to know.
	 * @return the number since the start
	 */
	public long receivedCount() {
		return this.received.sum();
	}

}
