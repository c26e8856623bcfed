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

import java.util.List;

import io.github.replication.Reason;
import io.github.replication.RouteDecision;
import io.github.replication.RoutingListener;
import io.github.replication.test.routing.RoutingRecorder;

/**
 * The decisions since the last {@link #clear()}, to be compared with the answers of the
 * servers.
 */
class Decisions implements RoutingListener {

	private final RoutingRecorder recorder = new RoutingRecorder();

	private volatile RoutingRecorder.Recording recording = this.recorder.start();

	@Override
	public void routed(RouteDecision decision) {
		this.recorder.routed(decision);
	}

	void clear() {
		RoutingRecorder.Recording previous = this.recording;
		this.recording = this.recorder.start();
		previous.close();
	}

	List<RouteDecision> all() {
		return this.recording.decisions();
	}

	RouteDecision last() {
		List<RouteDecision> all = all();
		return all.get(all.size() - 1);
	}

	Reason lastReason() {
		return last().reason();
	}

}
