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

package io.github.replication.jdbc;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.util.function.SingletonSupplier;

import io.github.replication.RouteDecision;
import io.github.replication.RoutingListener;

/**
 * Notifies the application's listeners of decisions, and traces them. An error of a
 * listener concerns nobody else.
 */
final class RoutingListeners {

	private static final Log logger = LogFactory.getLog(RoutingListeners.class);

	private final Supplier<List<RoutingListener>> listeners;

	/**
	 * Creates the listeners of a data source.
	 * @param listeners yields them in their order, asked at the first decision
	 */
	RoutingListeners(Supplier<List<RoutingListener>> listeners) {
		this.listeners = SingletonSupplier.of(listeners);
	}

	/**
	 * Whether decisions are traced or listened to.
	 */
	boolean isAny() {
		return logger.isTraceEnabled() || !this.listeners.get().isEmpty();
	}

	void inform(RouteDecision decision) {
		if (logger.isTraceEnabled()) {
			logger.trace(((decision.unit() != null) ? decision.unit() : "A statement") + " goes to " + decision);
		}
		inform(decision, RoutingListener::routed);
	}

	void executing(RouteDecision decision) {
		inform(decision, RoutingListener::executing);
	}

	private void inform(RouteDecision decision, BiConsumer<RoutingListener, RouteDecision> event) {
		for (RoutingListener listener : this.listeners.get()) {
			try {
				event.accept(listener, decision);
			}
			catch (RuntimeException | Error ex) {
				logger.debug(listener + " failed on " + decision, ex);
			}
		}
	}

}
