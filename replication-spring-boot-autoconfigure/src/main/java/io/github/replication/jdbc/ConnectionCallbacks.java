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

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.util.function.SingletonSupplier;

import io.github.replication.RouteDecision;
import io.github.replication.RoutingListener;

/**
 * The application's callbacks around the taking of a connection. Looked up at the first
 * one, so that callbacks may be made of beans that need the data source.
 *
 * @since 0.1.0
 */
public final class ConnectionCallbacks {

	private static final Log logger = LogFactory.getLog(ConnectionCallbacks.class);

	private final Supplier<List<ConnectionPreparer>> preparers;

	private final Supplier<List<RoutingListener>> listeners;

	/**
	 * Creates the callbacks of a data source.
	 * @param preparers yields the preparers in their order
	 * @param listeners yields the listeners in their order
	 */
	public ConnectionCallbacks(Supplier<List<ConnectionPreparer>> preparers,
			Supplier<List<RoutingListener>> listeners) {
		this.preparers = SingletonSupplier.of(preparers);
		this.listeners = SingletonSupplier.of(listeners);
	}

	boolean hasPreparers() {
		return !this.preparers.get().isEmpty();
	}

	/**
	 * Whether decisions are traced or listened to.
	 */
	boolean hasListeners() {
		return logger.isTraceEnabled() || !this.listeners.get().isEmpty();
	}

	void prepare(Connection connection, RouteDecision decision) throws SQLException {
		for (ConnectionPreparer preparer : this.preparers.get()) {
			preparer.prepare(connection, decision);
		}
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
			catch (RuntimeException ex) {
				logger.debug(listener + " failed on " + decision, ex);
			}
		}
	}

}
