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

import java.sql.SQLException;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * Whether a node can be reached, as far as the attempts to open a connection tell.
 */
final class Reachability {

	private final Consumer<@Nullable SQLException> onLoss;

	private volatile boolean reachable = true;

	/**
	 * Creates a state that begins as reachable.
	 * @param onLoss called once when the node is lost, with the cause
	 */
	Reachability(Consumer<@Nullable SQLException> onLoss) {
		this.onLoss = onLoss;
	}

	boolean isReachable() {
		return this.reachable;
	}

	void lost(@Nullable SQLException cause) {
		synchronized (this) {
			if (!this.reachable) {
				return;
			}
			this.reachable = false;
		}
		this.onLoss.accept(cause);
	}

	void found() {
		synchronized (this) {
			this.reachable = true;
		}
	}

}
