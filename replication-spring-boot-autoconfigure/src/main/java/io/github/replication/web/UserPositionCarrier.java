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

import org.springframework.security.authentication.AuthenticationTrustResolver;
import org.springframework.security.authentication.AuthenticationTrustResolverImpl;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.util.ClassUtils;

import io.github.replication.store.BoundedPositionStore;
import io.github.replication.store.BoundedPositionStore.Allowance;
import io.github.replication.store.PositionNames;

/**
 * Keeps positions by the name of the logged-in user, so that a user sees the changes made
 * on one device on the other. The store is given a bounded time: all calls of one request
 * together take no longer than the timeout. A request goes on without a store that does
 * not answer.
 *
 * @since 0.1.0
 */
public final class UserPositionCarrier implements PositionCarrier {

	private static final String USER = UserPositionCarrier.class.getName() + ".USER";

	/**
	 * How long the node that a user has read from is remembered. Half of that is left at
	 * least after a read.
	 */
	private static final Duration LIFE_OF_READ = Duration.ofHours(1);

	private static final boolean SPRING_SECURITY = ClassUtils.isPresent(
			"org.springframework.security.core.context.SecurityContextHolder",
			UserPositionCarrier.class.getClassLoader());

	private final BoundedPositionStore store;

	private final Duration window;

	/**
	 * Creates a carrier.
	 * @param store keeps the positions
	 * @param window how long a position is remembered
	 */
	public UserPositionCarrier(BoundedPositionStore store, Duration window) {
		this.store = store;
		this.window = window;
	}

	@Override
	public boolean isServerSide() {
		return true;
	}

	@Override
	public Collection<String> receive(HttpServletRequest request) {
		User user = user(request);
		if (user == null) {
			return List.of();
		}
		Collection<String> found = this.store.find(user.name(), user.allowance());
		List<String> reads = found.stream().filter(SplitToken::isRead).toList();
		reads.forEach((read) -> renew(user.name(), user.allowance(), read, List.of(read)));
		return found;
	}

	@Override
	public void send(HttpServletRequest request, HttpServletResponse response, String token,
			Collection<String> replaced) {
		User user = user(request);
		if (user != null) {
			store(user.name(), user.allowance(), token, replaced);
		}
	}

	private void store(String user, Allowance allowance, String token, Collection<String> replaced) {
		SplitToken split = SplitToken.of(token);
		if (split.position() != null) {
			this.store.put(user, split.position(), SplitToken.positions(replaced), this.window, allowance);
		}
		if (split.read() != null) {
			renew(user, allowance, split.read(), SplitToken.reads(replaced));
		}
	}

	private void renew(String user, Allowance allowance, String read, Collection<String> replaced) {
		this.store.renew(user, read, replaced, longer(LIFE_OF_READ, this.window), allowance);
	}

	private static Duration longer(Duration one, Duration other) {
		return (one.compareTo(other) > 0) ? one : other;
	}

	@Override
	public boolean isCallerKnown(HttpServletRequest request) {
		return user(request) != null;
	}

	@Override
	public @Nullable Memory memoryOf(HttpServletRequest request) {
		User user = user(request);
		return (user != null) ? (token, replaced) -> store(user.name(), this.store.allowance(), token, replaced) : null;
	}

	/**
	 * Returns the user, found once for all threads of the request: some filters report
	 * the user on the request's own thread only.
	 */
	private @Nullable User user(HttpServletRequest request) {
		if (request.getAttribute(USER) instanceof User known) {
			return known;
		}
		Principal principal = request.getUserPrincipal();
		if (principal == null && SPRING_SECURITY) {
			principal = SpringSecurity.principal();
		}
		if (principal == null) {
			return null;
		}
		User user = new User(PositionNames.ofUser(principal.getName()), this.store.allowance());
		request.setAttribute(USER, user);
		return user;
	}

	/**
	 * The user of the current thread, since the request that names the user is not known
	 * in filters behind Spring Security, and in servlets beside Spring MVC.
	 */
	private static final class SpringSecurity {

		private static final AuthenticationTrustResolver TRUST = new AuthenticationTrustResolverImpl();

		/**
		 * Returns the principal that a request has behind Spring Security.
		 */
		static @Nullable Principal principal() {
			Authentication authentication = SecurityContextHolder.getContext().getAuthentication();
			return (TRUST.isAuthenticated(authentication) && authentication.getPrincipal() != null) ? authentication
					: null;
		}

	}

	/**
	 * A user during one request.
	 *
	 * @param name the name in the store
	 * @param allowance how long the store may take
	 */
	private record User(String name, Allowance allowance) {

	}

}
