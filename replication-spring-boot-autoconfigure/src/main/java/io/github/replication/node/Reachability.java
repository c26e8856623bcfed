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

import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;

/**
 * Whether a node can be reached, as far as the attempts to open a connection tell.
 */
final class Reachability {

	private final Runnable onLoss;

	private final BooleanSupplier answering;

	private volatile boolean reachable = true;

	private volatile @Nullable Exception cause;

	/**
	 * Creates a state that begins as reachable.
	 * @param onLoss called once when the node is lost
	 * @param answering whether the node answers the monitor
	 */
	Reachability(Runnable onLoss, BooleanSupplier answering) {
		this.onLoss = onLoss;
		this.answering = answering;
	}

	/**
	 * Whether the node answers the monitor, on a connection that is open already.
	 */
	boolean isAnswering() {
		return this.answering.getAsBoolean();
	}

	boolean isReachable() {
		return this.reachable;
	}

	/**
	 * Why the node was lost, {@code null} if it was not or nobody knows.
	 */
	@Nullable Exception cause() {
		return this.cause;
	}

	void lost(@Nullable Exception cause) {
		synchronized (this) {
			if (!this.reachable) {
				return;
			}
			this.cause = cause;
			this.reachable = false;
		}
		this.onLoss.run();
	}

	void found() {
		synchronized (this) {
			this.reachable = true;
			this.cause = null;
		}
	}

}
