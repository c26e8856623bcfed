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

package io.github.replication.web;

import java.security.Principal;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import io.github.replication.store.PositionStore;

/**
 * Keeps positions by the name of the user who is logged in, so that whatever a user does
 * on one device is seen on the other.
 *
 * @since 0.1.0
 */
public final class UserPositionCarrier implements PositionCarrier {

	private static final String USER = UserPositionCarrier.class.getName() + ".USER";

	private final PositionStore store;

	private final Duration window;

	/**
	 * Creates a carrier.
	 * @param store keeps the positions
	 * @param window how long a position is remembered
	 */
	public UserPositionCarrier(PositionStore store, Duration window) {
		this.store = store;
		this.window = window;
	}

	@Override
	public boolean isServerSide() {
		return true;
	}

	@Override
	public Collection<String> receive(HttpServletRequest request) {
		String user = user(request);
		return (user != null) ? this.store.find(user) : List.of();
	}

	@Override
	public void send(HttpServletRequest request, HttpServletResponse response, String token,
			Collection<String> replaced) {
		String user = user(request);
		if (user != null) {
			this.store.put(user, token, replaced, this.window);
		}
	}

	@Override
	public boolean isCallerKnown(HttpServletRequest request) {
		return user(request) != null;
	}

	/**
	 * The user, who is known once for all threads of the request: some tell who it is on
	 * the request's own thread only.
	 */
	private static @Nullable String user(HttpServletRequest request) {
		if (request.getAttribute(USER) instanceof String known) {
			return known;
		}
		Principal principal = request.getUserPrincipal();
		if (principal == null) {
			return null;
		}
		request.setAttribute(USER, principal.getName());
		return principal.getName();
	}

}
