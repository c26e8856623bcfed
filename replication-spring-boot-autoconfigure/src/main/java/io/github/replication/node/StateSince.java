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

import java.time.Instant;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import io.github.replication.NodeState;

/**
 * The state of a node.
 *
 * @param state whether it serves
 * @param since since when
 * @param cause why, {@code null} if it serves
 */
record StateSince(NodeState state, Instant since, @Nullable String cause) {

	/**
	 * The state of a node that was not judged yet.
	 */
	static final StateSince UNKNOWN = new StateSince(NodeState.ONLINE, Instant.EPOCH, null);

	/**
	 * The state that follows this one. It lasts since then, unless it is the same state
	 * for another cause.
	 * @param state the state
	 * @param cause why, {@code null} if it serves
	 * @param now the time of day
	 * @return this state if nothing has changed
	 */
	StateSince followedBy(NodeState state, @Nullable String cause, Instant now) {
		boolean lasts = !this.since.equals(Instant.EPOCH) && state == this.state;
		if (lasts && Objects.equals(cause, this.cause)) {
			return this;
		}
		return new StateSince(state, lasts ? this.since : now, cause);
	}

	@Override
	public String toString() {
		return (this.cause != null) ? this.state + ": " + this.cause : this.state.toString();
	}

}
