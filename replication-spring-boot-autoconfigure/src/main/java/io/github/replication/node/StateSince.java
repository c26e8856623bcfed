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

	@Override
	public String toString() {
		return (this.cause != null) ? this.state + ": " + this.cause : this.state.toString();
	}

}
