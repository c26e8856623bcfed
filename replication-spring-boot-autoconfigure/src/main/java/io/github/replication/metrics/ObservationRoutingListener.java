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
package io.github.replication.metrics;

import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;

import io.github.replication.RouteDecision;
import io.github.replication.RoutingListener;

/**
 * Adds node and reason to the current observation, and so to its span.
 *
 * @since 0.1.0
 */
public final class ObservationRoutingListener implements RoutingListener {

	private final ObservationRegistry registry;

	/**
	 * Creates a listener.
	 * @param registry knows the observation of the current thread
	 */
	public ObservationRoutingListener(ObservationRegistry registry) {
		this.registry = registry;
	}

	@Override
	public void routed(RouteDecision decision) {
		name(decision);
	}

	/**
	 * A prepared statement is routed before the observation of its query begins.
	 */
	@Override
	public void executing(RouteDecision decision) {
		name(decision);
	}

	private void name(RouteDecision decision) {
		Observation observation = this.registry.getCurrentObservation();
		if (observation != null) {
			observation.highCardinalityKeyValue(KeyValue.of("replication.node", decision.node()));
			observation.highCardinalityKeyValue(KeyValue.of("replication.reason", decision.reason().name()));
		}
	}

}
