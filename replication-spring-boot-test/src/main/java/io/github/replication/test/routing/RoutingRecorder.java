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

package io.github.replication.test.routing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.replication.RouteDecision;
import io.github.replication.RoutingListener;

/**
 * Records decisions while it is asked to. A bean of the application under test: there is
 * one with {@code @EmbeddedCluster}; elsewhere import it with
 * {@code @Import(RoutingRecorder.class)}. Safe for use by several threads.
 *
 * @since 0.1.0
 * @see RoutingAssertions
 */
public final class RoutingRecorder implements RoutingListener {

	private final List<Recording> recordings = new CopyOnWriteArrayList<>();

	@Override
	public void routed(RouteDecision decision) {
		for (Recording recording : this.recordings) {
			recording.decisions.add(decision);
		}
	}

	/**
	 * Begins to record the decisions of all threads.
	 * @return the recording, to be closed where it ends
	 */
	public Recording start() {
		Recording recording = new Recording();
		this.recordings.add(recording);
		return recording;
	}

	/**
	 * The decisions between a beginning and an end.
	 *
	 * @since 0.1.0
	 */
	public final class Recording implements AutoCloseable {

		private final List<RouteDecision> decisions = new CopyOnWriteArrayList<>();

		private Recording() {
		}

		/**
		 * The decisions recorded up to now.
		 * @return the decisions in the order in which they were made
		 */
		public List<RouteDecision> decisions() {
			return List.copyOf(this.decisions);
		}

		/**
		 * Ends the recording. The recorded decisions stay.
		 */
		@Override
		public void close() {
			RoutingRecorder.this.recordings.remove(this);
		}

	}

}
