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
import java.util.function.Supplier;

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

	private final Supplier<List<ConnectionPreparer>> preparers;

	private final RoutingListeners listeners;

	/**
	 * Creates the callbacks of a data source.
	 * @param preparers yields the preparers in their order
	 * @param listeners yields the listeners in their order
	 */
	public ConnectionCallbacks(Supplier<List<ConnectionPreparer>> preparers,
			Supplier<List<RoutingListener>> listeners) {
		this.preparers = SingletonSupplier.of(preparers);
		this.listeners = new RoutingListeners(listeners);
	}

	boolean hasPreparers() {
		return !this.preparers.get().isEmpty();
	}

	/**
	 * The listeners to notify of decisions.
	 */
	RoutingListeners listeners() {
		return this.listeners;
	}

	void prepare(Connection connection, RouteDecision decision) throws SQLException {
		for (ConnectionPreparer preparer : this.preparers.get()) {
			preparer.prepare(connection, decision);
		}
	}

}
